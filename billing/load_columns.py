"""Load the plain lines of contracts by column, and tell which contracts owe by more than plain lines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import CTE, ColumnElement, Text, Uuid, and_, cast, func, or_
from sqlmodel import Session, SQLModel, col, select

from billing.contract.contract import Contract
from billing.contract.tariff import PLAIN, Tariff
from billing.contract.unit import CODES
from billing.contract_life_tables import (
    ContractAmendmentRecord,
    ContractChargeRecord,
    ContractClauseRecord,
    ContractPoolRecord,
)
from billing.load_due import NOTICED_MONTHS
from billing.period import LAST_DAY, Month, Period, months_back
from billing.rating.rate_columns import FEE_DIGITS, POLICIES, PRICE_DIGITS, TermColumns
from billing.rating.rated import Component
from billing.read_meter_columns import Shown, read_meter_columns, unread
from billing.read_meters import Reading
from billing.tables import ContractLineRecord, ContractRecord, InvoiceLineRecord, InvoiceRecord
from lifecycle.tables import AssetRecord
from telemetry.asked_rows import asked_rows
from telemetry.find_meters import latest_meters
from telemetry.unit import names

PLAIN_LINE = {"asset_id", "starts_on", "ends_on", "monthly_fee", "meter", "unit_price", "allowance", "tariff"}
PLAIN_CONTRACT = {
    *("code", "customer_id", "currency", "zone", "starts_on", "ends_on", "proration", "vat_category", "vat_rate"),
    *("payment_days", "order_reference"),
}
"""What the road by columns knows; a contract that says anything else beside its default is rated the other way.

Of a tariff it knows that it is empty.
"""
BESIDE = (ContractAmendmentRecord, ContractClauseRecord, ContractPoolRecord, ContractChargeRecord)
"""A contract with a row here owes by more than its lines."""


class PlainLines(NamedTuple):
    """Lines of plain contracts in the order of their invoices; ids as 32 hexadecimal digits."""

    contract: list[str]
    line: list[str]
    asset: list[str]
    terms: TermColumns
    unit: list[str]
    told: list[str | None]
    """What the meter showed, as a draft tells it."""
    unclear: list[bool]
    """Readings of its days are no longer kept."""
    rich: set[UUID]
    """Contracts that are left to the other road, with all their lines."""


class _Row(NamedTuple):
    contract: str
    line: str
    asset: str
    starts_on: str
    ends_on: str | None
    monthly_fee: str
    meter: str | None
    unit_price: str | None
    allowance: str


def load_columns(session: Session, *, month: Month, contracts: Sequence[ContractRecord]) -> PlainLines:
    """Load what some contracts owe a month's bill by, as far as it is plain. Bills nothing."""
    known = {one.id.hex: one for one in contracts}
    rich = _rich_contracts(session, contracts) | {
        one.id for one in contracts if one.proration not in POLICIES or says_more(one, Contract, PLAIN_CONTRACT)
    }
    found = _rows(session, month, known)
    plain = {text: _is_plain(text) for text in {row[-1] for row in found}}
    before = {one.hex for one in _billed_before(session, month, contracts)}
    rich |= {UUID(row[0]) for row in found if not plain[row[-1]] or (row[6] is not None and row[0] in before)}
    out = {one.hex for one in rich}
    rows = [_Row(*row[:-1]) for row in found if row[0] not in out]
    return _columns(session, month, rows, known, rich)


def says_more(one: Any, model: type[SQLModel], plain: set[str]) -> bool:
    """Tell whether anything that is not plain differs from its default."""
    more, defaults = _beyond(model, frozenset(plain))
    return bool(more(one) != defaults)


@cache
def _beyond(model: type[SQLModel], plain: frozenset[str]) -> tuple[Callable[[Any], Any], Any]:
    """Give what reads all that is not plain, and what it reads where nothing is said."""
    more = {name: field for name, field in model.model_fields.items() if name not in plain}
    defaults = {name: field.get_default(call_default_factory=True) for name, field in more.items()}
    reads: Callable[[Any], Any] = attrgetter(*sorted(defaults)) if defaults else lambda _one: None
    return reads, reads(SimpleNamespace(**defaults))


def _rich_contracts(session: Session, contracts: Sequence[ContractRecord]) -> set[UUID]:
    """Give the contracts that were amended, have a clause, a pool or a charge, or once carried something over."""
    found = _carried(session, contracts)
    for record in BESIDE:
        if session.exec(select(record.contract_id).limit(1)).first() is None:
            continue
        asked = _asked(session, contracts)
        query = select(record.contract_id).join(asked, asked.c.id == record.contract_id)
        found |= set(session.exec(query.distinct()).all())
    return found


def _rows(session: Session, month: Month, known: Mapping[str, ContractRecord]) -> Sequence[Any]:
    line = ContractLineRecord
    asked = asked_rows(session, [(one,) for one in known], id=Uuid())
    query = (
        select(  # type: ignore[call-overload]
            _hex(line.contract_id),
            _hex(line.id),
            _hex(line.asset_id),
            *(cast(column, Text) for column in (line.starts_on, line.ends_on, line.monthly_fee)),
            col(line.meter),
            *(cast(column, Text) for column in (line.unit_price, line.allowance)),
            cast(line.tariff, Text),
        )
        .join(AssetRecord, and_(col(AssetRecord.tenant_id) == line.tenant_id, col(AssetRecord.id) == line.asset_id))
        .where(col(line.contract_id).in_(select(asked.c.id)))
        .where(line.starts_on < month.end, or_(col(line.ends_on).is_(None), col(line.ends_on) > month.start))
        .order_by(_hex(line.contract_id), col(AssetRecord.serial), col(line.starts_on))  # by no index: it finds rows
    )
    return session.execute(query).all()


def _hex(column: Any) -> ColumnElement[str]:
    return func.replace(cast(column, Text), "-", "")


def _billed_before(session: Session, month: Month, contracts: Sequence[ContractRecord]) -> set[UUID]:
    """Give the contracts whose former bills may still be corrected by late readings."""
    since = months_back(month.start, max((one.late_months for one in contracts), default=0) + NOTICED_MONTHS)
    one, asked = InvoiceRecord, _asked(session, contracts)
    query = select(one.contract_id).join(asked, asked.c.id == one.contract_id).where(one.period_start >= since)
    return set(session.exec(query.distinct()).all())


def _carried(session: Session, contracts: Sequence[ContractRecord]) -> set[UUID]:
    """Give the contracts of which a bill once carried something over."""
    one, asked = InvoiceLineRecord, _asked(session, contracts)
    query = select(one.billed_of).join(asked, asked.c.id == one.billed_of)
    return set(session.exec(query.where(one.component == Component.CARRIED_OVER.value).distinct()).all())


def _asked(session: Session, contracts: Sequence[ContractRecord]) -> CTE:
    return asked_rows(session, [(one.id.hex,) for one in contracts], id=Uuid())


def _is_plain(text: str) -> bool:
    """Tell a tariff, as it is kept, that charges a fee and a price per unit and nothing else."""
    return Tariff.model_validate_json(text) == PLAIN


def _columns(
    session: Session, month: Month, rows: Sequence[_Row], known: Mapping[str, ContractRecord], rich: set[UUID]
) -> PlainLines:
    days, fees, prices = _days(rows), _scaled(rows, 5, FEE_DIGITS), _scaled(rows, 7, PRICE_DIGITS)
    allowances = _scaled(rows, 8, FEE_DIGITS)
    ends = [row.ends_on or known[row.contract].ends_on or LAST_DAY for row in rows]
    units = {code: meter.unit for code, meter in latest_meters(session).items()}
    metered = [row.meter is not None and row.unit_price is not None for row in rows]
    shown = _shown(session, month, rows, metered, known, units)
    codes = {code: CODES.get(names().get(unit, ""), "") for code, unit in units.items()}
    return PlainLines(
        [row.contract for row in rows],
        [row.line for row in rows],
        [row.asset for row in rows],
        TermColumns(
            starts=_whole(days[row.starts_on] for row in rows),
            ends=_whole(days[end] if isinstance(end, str) else end.toordinal() for end in ends),
            policy=_whole(POLICIES[known[row.contract].proration] for row in rows),
            fee=_whole(fees[row.monthly_fee] for row in rows),
            metered=np.array(metered, dtype=bool),
            unit_price=_whole(prices[row.unit_price or "0"] for row in rows),
            allowance=_whole(allowances[row.allowance] for row in rows),
            used=_whole(0 if one is None else one.used for one in shown),
        ),
        [codes.get(row.meter or "", "") for row in rows],
        [None if one is None else one.told for one in shown],
        [one is not None and one.odd for one in shown],
        rich,
    )


def _whole(cells: Iterable[int]) -> Any:
    return np.fromiter(cells, dtype=np.int64)


def _days(rows: Sequence[_Row]) -> dict[str, int]:
    texts = {row.starts_on for row in rows} | {row.ends_on for row in rows if row.ends_on}
    return {text: date.fromisoformat(text).toordinal() for text in texts}


def _scaled(rows: Sequence[_Row], place: int, digits: int) -> dict[str, int]:
    texts = {row[place] for row in rows} - {None} | {"0"}
    return {text: int(Decimal(text).scaleb(digits)) for text in texts if text is not None}


def _shown(
    session: Session,
    month: Month,
    rows: Sequence[_Row],
    metered: Sequence[bool],
    known: Mapping[str, ContractRecord],
    units: Mapping[str, str],
) -> list[Shown | None]:
    """Read the meters of the metered lines; None for the others."""
    wanted = dict[int, Reading]()
    for place, row in enumerate(rows):
        days = _days_of(row, known[row.contract], month) if metered[place] else None
        if days is not None and row.meter is not None and row.meter in units:
            wanted[place] = Reading(UUID(row.line), UUID(row.asset), row.meter, known[row.contract].zone, days)
    read = dict(zip(wanted, read_meter_columns(session, list(wanted.values())), strict=True))
    return [(read.get(place) or unread(row.meter or "")) if metered[place] else None for place, row in enumerate(rows)]


def _days_of(row: _Row, contract: ContractRecord, month: Month) -> Period | None:
    ends_on = date.fromisoformat(row.ends_on) if row.ends_on else contract.ends_on
    return month.meet(date.fromisoformat(row.starts_on), ends_on)
