"""Files in and out over HTTP."""

import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import PurePath
from typing import IO, Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import StreamingResponse

from pas import clock
from pas.access import STAFF, Asking, Caller, NotAllowed, Reading, Writing, may
from pas.api.problems import problems
from pas.exchange import ImportReport, Options, export_rows, import_rows
from pas.role import Role

router = APIRouter(tags=["exchange"])

_IN_MEMORY = 4 * 1024 * 1024
_CHUNK = 256 * 1024


class KindName(StrEnum):
    """What goes in and out."""

    MATERIALS = "materials"
    PRODUCTS = "products"
    PARTS = "parts"
    CHECKLISTS = "checklists"
    SITES = "sites"
    CUSTOMERS = "customers"
    ASSETS = "assets"
    CONTRACTS = "contracts"
    INDICES = "indices"
    INSPECTIONS = "inspections"
    SALES = "sales"
    OPINIONS = "opinions"
    READINGS = "readings"


class FormatName(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


MEDIA = {
    FormatName.CSV: "text/csv",
    FormatName.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FormatName.PARQUET: "application/vnd.apache.parquet",
}

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()},
    }
}
_FINANCE_MAY = {KindName.CONTRACTS, KindName.INDICES, KindName.SALES}


@router.post("/imports/{kind}", status_code=201, responses=problems(403, 413, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def import_file(
    kind: KindName,
    file: Annotated[UploadFile, File(description="A .csv, .csv.gz, .xlsx or .parquet file.")],
    caller: Asking,
    session: Writing,
    *,
    dry_run: Annotated[bool, Query(description="Tell what would happen and change nothing.")] = False,
    missing: Annotated[list[str] | None, Query(max_length=10, description="Numbers that mean missing.")] = None,
    dates: Annotated[str, Query(description="dmy or mdy: how 4/5/2026 is meant.")] = "",
    zone: Annotated[str, Query(description="Time zone of moments that name none.")] = "UTC",
    source: Annotated[str, Query(max_length=40, description="Where it comes from; else the file's name.")] = "",
    asset: Annotated[str, Query(max_length=200, description="Readings: whose they are.")] = "",
    metric: Annotated[list[str] | None, Query(max_length=100, description="Readings: COLUMN=METRIC[:UNIT].")] = None,
) -> ImportReport:
    """Take a file: good rows go in, bad ones are listed in words. The same file again changes nothing."""
    _refuse_role(caller, kind)
    return import_rows(
        session,
        kind=kind.value,
        file=file.file,
        file_name=PurePath(file.filename or "nameless").name,
        dry_run=dry_run,
        now=clock.now(),
        by=caller.actor,
        options=Options(tuple(missing or ()), dates, zone, source, asset, tuple(metric or ())),
    )


@router.get(
    "/exports/{kind}.{format}",
    response_class=StreamingResponse,
    responses={**_FILES, **problems(422)},
)
@may(*STAFF)
def export_file(kind: KindName, format: FormatName, _caller: Asking, session: Reading) -> StreamingResponse:  # noqa: A002 - what people call it
    """Give all rows of a kind as a file that imports again with no change."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when the last piece is sent
    try:
        export_rows(session, kind=kind.value, file=cast("BinaryIO", file), format=format.value)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    named = {"Content-Disposition": f'attachment; filename="{kind.value}.{format.value}"'}
    return StreamingResponse(_pieces(file), media_type=MEDIA[format], headers=named)


def _refuse_role(caller: Caller, kind: KindName) -> None:
    if caller.role is Role.FINANCE and kind not in _FINANCE_MAY:
        raise NotAllowed("finance imports contracts and sales; ask a fleet manager for the rest")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece
