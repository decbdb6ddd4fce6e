"""Keep readings that were not believed, each as it came and with its reason, for a person to repair."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

from sqlalchemy import BigInteger, Connection, Float, Integer, Text, bindparam, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, delete, insert

from telemetry.doubt import DoubtState
from telemetry.doubted_columns import DoubtedColumns, doubted_columns
from telemetry.identity import new_ids
from telemetry.lots import KEYS, ROWS, lots
from telemetry.metric import Metric
from telemetry.tables import QuarantinedReadingRecord, tenant_of
from telemetry.write_journal import Settled

Columns = Mapping[str, Sequence[Any]]

_TABLE = QuarantinedReadingRecord.__table__  # type: ignore[attr-defined]
_SENT = {"row": Integer, "at": BigInteger, "value": Float} | dict.fromkeys(
    ("id", "reason", "sentence", "as_received"), Text
)
"""As what a column is sent."""


def quarantine_readings(
    session: Session, batches: Sequence[Settled], *, metrics: Mapping[str, Metric], now: datetime
) -> None:
    """Keep the doubted readings of some batches; those of an earlier try of a batch are kept anew, or are settled."""
    settled = _forget_waiting(session, [batch.claim.key for batch in batches if batch.claim.before is not None])
    for batch in batches:
        key, arrived = batch.claim.key, batch.claim.delivery.arrived
        for doubted in lots((one for one in batch.doubted if (key, one[0]) not in settled), ROWS):
            _keep(session, key, doubted_columns(arrived, doubted, metrics), now=now)


def _keep(session: Session, key: str, doubted: DoubtedColumns, *, now: datetime) -> None:
    """Write rows by the driver alone: through the ORM a row takes five times as long."""
    columns: dict[str, Sequence[Any]] = {"id": new_ids(len(doubted.row)), **doubted._asdict()}
    alike = {
        "tenant_id": tenant_of(session),
        "batch_key": key,
        "received_at": now,
        "state": DoubtState.WAITING.value,
        "settled_by": "",
    }
    write = _write_in_sqlite if session.get_bind().dialect.name == "sqlite" else _write_in_postgresql
    write(session.connection(), columns, alike)


def _write_in_sqlite(connection: Connection, columns: Columns, alike: Mapping[str, Any]) -> None:
    """Hand the rows to the driver as they are; moments are written as `UtcDateTime` writes them."""
    names = [*columns, *alike]
    written = insert(_TABLE).values({name: bindparam(name) for name in names}).compile(dialect=connection.dialect)
    same = {name: _as_text(value) for name, value in alike.items()}
    order = written.positiontup or []
    rows = zip(*(columns[name] if name in columns else repeat(same[name]) for name in order), strict=False)
    connection.exec_driver_sql(str(written), list(rows))


def _as_text(value: Any) -> Any:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _write_in_postgresql(connection: Connection, columns: Columns, alike: Mapping[str, Any]) -> None:
    """Send each column as one array: a statement a row keeps the line busy, and COPY knows no row-level security."""
    arrays: list[Any] = [
        cast(bindparam(name, _array(some), Text), ARRAY(_SENT[name])) for name, some in columns.items()
    ]
    sent: list[Any] = [column(name, _SENT[name]) for name in columns]
    rows = func.unnest(*arrays).table_valued(*sent, name="sent").render_derived()
    picked: list[Any] = [cast(rows.c[name], _TABLE.c[name].type) for name in columns]
    picked += [literal(value, _TABLE.c[name].type) for name, value in alike.items()]
    connection.execute(insert(_TABLE).from_select([*columns, *alike], select(*picked)))


def _array(column: Sequence[Any]) -> str:
    """Write a column as PostgreSQL reads an array.

    >>> _array(["a, b", None, 1.5])
    '{"a, b",NULL,1.5}'
    """
    cells = ("NULL" if one is None else _quoted(one) if isinstance(one, str) else repr(one) for one in column)
    return f"{{{','.join(cells)}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _forget_waiting(session: Session, again: Sequence[str]) -> set[tuple[str, int]]:
    """Forget what still waits of batches that are tried again, and give the rows that a person settled."""
    one, settled = QuarantinedReadingRecord, set[tuple[str, int]]()
    for keys in lots(again, KEYS):
        of_them = col(one.batch_key).in_(keys)
        session.execute(delete(one).where(of_them, col(one.state) == DoubtState.WAITING.value))
        settled |= {(key, row) for key, row in session.execute(select(col(one.batch_key), col(one.row)).where(of_them))}
    return settled
