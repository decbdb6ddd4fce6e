"""Give all rows of a kind as a file that imports again with no change."""

from typing import BinaryIO

from sqlmodel import Session

from pas.exchange.kinds import kind_named
from pas.exchange.write_sheet import write_sheet


def export_rows(session: Session, *, kind: str, file: BinaryIO, format: str) -> int:  # noqa: A002 - what people call it
    """Write a file in one of the formats csv, csv.gz, xlsx and parquet; give how many rows. Raises UnknownKind."""
    if kind == "readings":
        from pas.exchange.export_readings import export_readings  # noqa: PLC0415 - heavy, and only for readings

        return export_readings(session, file=file, form=format)
    chosen = kind_named(kind)
    columns = [column for column in chosen.columns if column.exported]
    return write_sheet(columns, chosen.stored(session), file, format)
