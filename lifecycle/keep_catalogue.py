"""Keep the catalogue (materials, products, parts, sites, customers) as it is told: by code, new or changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from lifecycle.actor import Actor
from lifecycle.queries import NotInCatalogue, UnknownReference, chunks, refuse_unknown
from lifecycle.record_audit import Change, record_changes
from lifecycle.tables import CustomerRecord, MaterialRecord, PartRecord, ProductRecord, SiteRecord
from telemetry.find_meters import latest_meters
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

Kept_ = MaterialRecord | ProductRecord | SiteRecord | CustomerRecord | PartRecord
Record = TypeVar("Record", MaterialRecord, ProductRecord, SiteRecord, CustomerRecord, PartRecord)
Key = tuple[UUID | None, str]


class Kept(NamedTuple):
    """How many rows were new, changed, and the same as before."""

    new: int
    changed: int
    unchanged: int


class CodeTaken(Refusal):
    """Another one bears that code already."""


def keep(session: Session, kind: type[Record], values: Sequence[SQLModel], *, now: datetime, by: Actor) -> Kept:
    """Add what has a new code and change what differs; what is not mentioned stays. Parts are told by product and code.

    Raises UnknownReference for a part of an unknown product or material, and for a product worn by an unknown meter.
    """
    wanted = {_key(value): value for value in values}
    _refuse_unknown(session, kind, wanted.values())
    known = _known(session, kind, list(wanted))

    news = [value for key, value in wanted.items() if key not in known]
    differ = [(known[key], value) for key, value in wanted.items() if key in known and _differ(known[key], value)]
    _refuse_unknown_meters(session, kind, news + [value for _, value in differ])
    changes = [_change(None, value, kind) for value in news]
    changes += [_change(record, value, kind) for record, value in differ]

    session.add_all(kind.model_validate(value, update={"tenant_id": tenant_of(session)}) for value in news)
    for record, value in differ:
        record.sqlmodel_update(_told(value))
        session.add(record)
    record_changes(session, changes, now=now, by=by)
    session.flush()
    return Kept(len(news), len(differ), len(wanted) - len(news) - len(differ))


def add(session: Session, kind: type[Record], value: SQLModel, *, now: datetime, by: Actor) -> Record:
    """Add one under a new code.

    Raises CodeTaken and UnknownReference.
    """
    _refuse_unknown(session, kind, [value])
    _refuse_unknown_meters(session, kind, [value])
    _refuse_taken(session, kind, value, own=None)

    record = kind.model_validate(value, update={"tenant_id": tenant_of(session)})

    session.add(record)
    record_changes(session, [_change(None, value, kind)], now=now, by=by)
    session.refresh(record)
    return record


def replace(
    session: Session, kind: type[Record], identity: UUID, value: SQLModel, *, now: datetime, by: Actor
) -> Record:
    """Put a value in the place of what stood under an id; the same value again changes nothing.

    Raises NotInCatalogue, CodeTaken and UnknownReference.
    """
    record = session.exec(select(kind).where(kind.id == identity).with_for_update()).first()
    if record is None:
        raise NotInCatalogue(f"there is no such {kind.__tablename__}")
    _refuse_unknown(session, kind, [value])
    _refuse_taken(session, kind, value, own=identity)
    if not _differ(record, value):
        return record
    _refuse_unknown_meters(session, kind, [value])

    change = _change(record, value, kind)

    record.sqlmodel_update(_told(value))
    session.add(record)
    record_changes(session, [change], now=now, by=by)
    session.refresh(record)
    return record


def _key(value: Any) -> Key:
    return getattr(value, "product_id", None), value.code


def _told(value: SQLModel) -> dict[str, Any]:
    return value.model_dump()


def _differ(record: SQLModel, value: SQLModel) -> bool:
    return record.model_dump(include=set(type(value).model_fields)) != _told(value)


def _change(record: SQLModel | None, value: Any, kind: type[SQLModel]) -> Change:
    before = record.model_dump(include=set(type(value).model_fields)) if record else None
    word = f"{kind.__tablename__}"
    return Change(f"{word}.{'changed' if record else 'added'}", f"{word} {value.code}", before, _told(value))


def _known(session: Session, kind: type[Record], keys: Sequence[Key]) -> dict[Key, Record]:
    """Find what is there under some keys, held until the transaction ends."""
    wanted, found = set(keys), {}
    for some in chunks(sorted({code for _, code in keys})):
        query = select(kind).where(col(kind.code).in_(some)).order_by(col(kind.id))
        for record in session.exec(query.with_for_update()):
            if _key(record) in wanted:
                found[_key(record)] = record
    return found


def _refuse_taken(session: Session, kind: type[Record], value: Any, *, own: UUID | None) -> None:
    other = _known(session, kind, [_key(value)]).get(_key(value))
    if other is not None and other.id != own:
        raise CodeTaken(f"{kind.__tablename__} {value.code} is there already", field="code")


def _refuse_unknown(session: Session, kind: type[Record], values: Any) -> None:
    if issubclass(kind, PartRecord):
        parts = list(values)
        refuse_unknown(session, ProductRecord, (part.product_id for part in parts), field="product_id")
        refuse_unknown(session, MaterialRecord, (part.material_id for part in parts), field="material_id")


def _refuse_unknown_meters(session: Session, kind: type[Record], values: Sequence[Any]) -> None:
    if not issubclass(kind, ProductRecord) or not values:
        return
    known = latest_meters(session)
    for product in values:
        if product.usage_metric is not None and product.usage_metric not in known:
            sentence = (
                f"product {product.code} is worn by '{product.usage_metric[:60]}', which is no meter; "
                f"there are {', '.join(known) or 'none yet'}"
            )
            raise UnknownReference(sentence, field="usage_metric")
