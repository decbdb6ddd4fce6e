"""Write the conclusions of many things at once by the driver alone: through the ORM a row takes five times as long."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Float, String, Text, Uuid, bindparam, cast, column, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

from lifecycle.condition.assessment import Assessment
from lifecycle.tables import AssetRecord, ConditionRecord
from telemetry.identity import new_ids
from telemetry.lots import ROWS, lots
from telemetry.tables import tenant_of

_CONDITION: Any = ConditionRecord.__table__  # type: ignore[attr-defined]
_ASSET: Any = AssetRecord.__table__  # type: ignore[attr-defined]
_MOMENT = "%Y-%m-%d %H:%M:%S.%f"
_TEXT = ("id", "asset_id", "grade", "layer", "reasons", "detail", "rule", "input_hash")
_NUMBERS = (
    *("index_p10", "index_p50", "index_p90", "usage"),
    *("remaining_use_p10", "remaining_use_p50", "remaining_use_p90"),
    *("remaining_days_p10", "remaining_days_p50", "remaining_days_p90"),
)
_NAMES = (*_TEXT, *_NUMBERS)
AT_ASSET = _NAMES.index("asset_id")
"""Where the thing stands in the cells, as 32 hexadecimal digits."""
_SENT = dict.fromkeys(_TEXT, Text()) | dict.fromkeys(_NUMBERS, Float())


Cells = tuple[Any, ...]
"""A condition as the driver takes it, all but its moment and its tenant."""


def cells_of(told: Sequence[Assessment]) -> list[Cells]:
    """Turn conclusions into what the driver takes; this needs no database, and nobody waits for it."""
    return [_cells(one, id_) for one, id_ in zip(told, new_ids(len(told)), strict=True)]


def write_conditions(session: Session, cells: Iterable[Cells], *, now: datetime) -> int:
    """Append conditions and move the present of their assets to them; give how many.

    Compares nothing with what was concluded before: the caller hands over what is new.
    """
    written = 0
    in_sqlite = session.get_bind().dialect.name == "sqlite"
    write, move = (_write_in_sqlite, _move_in_sqlite) if in_sqlite else (_write_in_postgresql, _move_in_postgresql)
    for rows in lots(cells, ROWS):
        write(session, rows, now)
        move(session, rows)
        written += len(rows)
    return written


def _cells(one: Assessment, id_: str) -> Cells:
    return (
        id_,
        one.asset_id.hex,
        one.grade,
        one.layer,
        to_json(one.account).decode(),
        to_json(one.detail).decode(),
        one.rule,
        one.input_hash,
        one.index_p10,
        one.index_p50,
        one.index_p90,
        one.usage,
        *one.remaining_use,
        *one.remaining_days,
    )


def _write_in_sqlite(session: Session, rows: Sequence[Cells], now: datetime) -> None:
    """Hand the rows to the driver as they are; a moment is written as `UtcDateTime` writes it."""
    connection = session.connection()
    names = [*_NAMES, "tenant_id", "assessed_at"]
    statement = insert(_CONDITION).values({name: bindparam(name) for name in names}).compile(dialect=connection.dialect)
    alike = (tenant_of(session), now.astimezone(UTC).strftime(_MOMENT))
    in_order = itemgetter(*(names.index(name) for name in statement.positiontup or []))
    connection.exec_driver_sql(str(statement), [in_order(row + alike) for row in rows])


def _move_in_sqlite(session: Session, rows: Sequence[Cells]) -> None:
    connection = session.connection()
    own = (_ASSET.c.tenant_id == bindparam("of_tenant")) & (_ASSET.c.id == bindparam("of_asset"))
    moved: dict[str, Any] = {
        "condition_id": bindparam("is_condition"),
        "index": bindparam("is_index"),
        "grade": bindparam("is_grade"),
    }
    statement = update(_ASSET).where(own).values(moved).compile(dialect=connection.dialect)
    tenant, at = tenant_of(session), {name: _NAMES.index(name) for name in ("id", "asset_id", "grade", "index_p50")}
    cells = {
        "of_tenant": [tenant] * len(rows),
        "of_asset": [row[at["asset_id"]] for row in rows],
        "is_condition": [row[at["id"]] for row in rows],
        "is_index": [row[at["index_p50"]] for row in rows],
        "is_grade": [row[at["grade"]] for row in rows],
    }
    order = statement.positiontup or []
    connection.exec_driver_sql(str(statement), list(zip(*(cells[name] for name in order), strict=True)))


def _sent(rows: Sequence[Cells], names: Sequence[str]) -> Any:
    """Send columns as arrays, one each: a statement a row keeps the line busy, and COPY knows no row-level security."""
    columns: Mapping[str, list[Any]] = {name: [row[_NAMES.index(name)] for row in rows] for name in names}
    arrays = [bindparam(f"all_{name}", some, ARRAY(_SENT[name])) for name, some in columns.items()]
    parts: list[Any] = [column(name, _SENT[name]) for name in names]
    return func.unnest(*arrays).table_valued(*parts, name="sent").render_derived()


def _write_in_postgresql(session: Session, rows: Sequence[Cells], now: datetime) -> None:
    sent = _sent(rows, _NAMES)
    alike = {"tenant_id": tenant_of(session), "assessed_at": now}
    picked: list[Any] = [cast(sent.c[name], _CONDITION.c[name].type) for name in _NAMES]
    picked += [literal(value, _CONDITION.c[name].type) for name, value in alike.items()]
    session.connection().execute(insert(_CONDITION).from_select([*_NAMES, *alike], select(*picked)))


def _move_in_postgresql(session: Session, rows: Sequence[Cells]) -> None:
    sent = _sent(rows, ("id", "asset_id", "grade", "index_p50"))
    own = (_ASSET.c.tenant_id == tenant_of(session)) & (_ASSET.c.id == cast(sent.c.asset_id, Uuid))
    moved: dict[str, Any] = {
        "condition_id": cast(sent.c.id, Uuid),
        "index": sent.c.index_p50,
        "grade": cast(sent.c.grade, String),
    }
    session.connection().execute(update(_ASSET).where(own).values(moved))
