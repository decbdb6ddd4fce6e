"""Write the drafts of many contracts at once by the driver alone: through the ORM a row takes many times as long."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Text, bindparam, cast, column, delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col

from billing.bill_run_tables import DraftLineRecord, DraftRecord
from billing.period import Month
from telemetry.asked_rows import asked_rows
from telemetry.lots import lots
from telemetry.tables import tenant_of

_DRAFT: Any = DraftRecord.__table__  # type: ignore[attr-defined]
_LINE: Any = DraftLineRecord.__table__  # type: ignore[attr-defined]
_MOMENT = "%Y-%m-%d %H:%M:%S.%f"
DRAFT_COLUMNS = ("contract_id", "net_cents", "vat_cents", "lines", "hash")
LINE_COLUMNS = (
    *("contract_id", "position", "billed_of", "asset_id", "component", "starts_on", "ends_on", "quantity", "unit"),
    *("unit_price", "price_base", "net_cents", "told"),
)
_NUMBERS = ("net_cents", "vat_cents", "lines", "position", "quantity", "unit_price", "price_base")
AT_ONCE = 50_000


class DraftRows(NamedTuple):
    """Drafts and their lines as rows of the columns named above; ids as 32 hexadecimal digits."""

    drafts: list[tuple[Any, ...]]
    lines: list[tuple[Any, ...]]


def write_drafts(session: Session, rows: DraftRows, *, month: Month, now: datetime) -> int:
    """Append drafts; give how many. Those that they replace must be gone: see `drop_drafts`."""
    write = _write_in_sqlite if session.get_bind().dialect.name == "sqlite" else _write_in_postgresql
    write(session, _DRAFT, DRAFT_COLUMNS, rows.drafts, {"period_start": month.start, "drafted_at": now})
    write(session, _LINE, LINE_COLUMNS, rows.lines, {"period_start": month.start})
    return len(rows.drafts)


def drop_drafts(session: Session, *, month: Month, contract_ids: Iterable[str]) -> None:
    """Take away the drafts of some contracts; what was approved of them stays on record."""
    for some in lots(contract_ids, AT_ONCE):
        wanted = asked_rows(session, [(one,) for one in some], contract_id=_DRAFT.c.contract_id.type)
        for record in (DraftLineRecord, DraftRecord):
            mine = col(record.contract_id).in_(select(wanted.c.contract_id))
            session.execute(delete(record).where(col(record.period_start) == month.start, mine))


def _write_in_sqlite(
    session: Session, table: Any, names: Sequence[str], rows: Sequence[tuple[Any, ...]], alike: dict[str, Any]
) -> None:
    """Hand the rows to the driver as they are; days and moments are written as their column types write them."""
    if not rows:
        return
    connection = session.connection()
    fixed = {"tenant_id": tenant_of(session), **{name: _as_kept(value) for name, value in alike.items()}}
    every = (*names, *fixed)
    statement = insert(table).values({name: bindparam(name) for name in every}).compile(dialect=connection.dialect)
    in_order = itemgetter(*(every.index(name) for name in statement.positiontup or []))
    tail = tuple(fixed.values())
    connection.exec_driver_sql(str(statement), [in_order(row + tail) for row in rows])


def _as_kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(_MOMENT)
    return value.isoformat() if isinstance(value, date) else value


def _write_in_postgresql(
    session: Session, table: Any, names: Sequence[str], rows: Sequence[tuple[Any, ...]], alike: dict[str, Any]
) -> None:
    """Send columns as arrays, one each: COPY knows no row-level security."""
    kinds = {name: BigInteger() if name in _NUMBERS else Text() for name in names}
    same = {"tenant_id": tenant_of(session), **alike}
    for some in lots(rows, AT_ONCE):
        columns = zip(*some, strict=True)
        arrays = [
            bindparam(f"all_{name}", list(cells), ARRAY(kinds[name]))
            for name, cells in zip(names, columns, strict=True)
        ]
        parts: list[Any] = [column(name, kinds[name]) for name in names]
        sent = func.unnest(*arrays).table_valued(*parts, name="sent").render_derived()
        picked: list[Any] = [cast(sent.c[name], table.c[name].type) for name in names]
        picked += [literal(value, table.c[name].type) for name, value in same.items()]
        session.connection().execute(insert(table).from_select([*names, *same], select(*picked)))
