"""The page behind the QR code on a thing: anybody says how it fares, without a login, and sees nothing of anybody."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from lifecycle.find_by_label import Labelled, find_by_label
from lifecycle.grade import GRADES
from lifecycle.photo_gateway import Pictures, pictures_of
from lifecycle.queries import UnknownAsset
from lifecycle.take_public_report import PublicReport, take_public_report
from pas import clock
from pas.access import ForeignPage, database, is_foreign, may
from pas.careful import RawRoute
from pas.headers import counted
from pas.rate_limit import RateLimit
from pas.refusals import status_of
from pas.web.page import render
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import TenantRecord

router = APIRouter(include_in_schema=False)
sent = APIRouter(include_in_schema=False, route_class=RawRoute)

_MOST_BYTES = 16 * 1024 * 1024
"""A photo of a phone and a few words; no more is read of a stranger."""
_BAIT = "website"
"""A field that people do not see: only a program fills it in."""


class UnreadableReport(Refusal):
    """The form came in another shape than ours has."""


@router.get("/p/{digital_link:path}")
@may()
def ask(request: Request, digital_link: str) -> Response:
    """Show what the thing is, and ask how it fares."""
    _count(request, request.app.state.requests)
    _, thing = _found(request, digital_link)
    return _page(request, thing)


@sent.post("/p/{digital_link:path}")  # noqa: FAST003 - a raw route reads its own path
@may()
async def take(request: Request) -> Response:
    """Take the form, and thank; a program that fills in everything is thanked too, and nothing is kept of it."""
    _count(request, request.app.state.reports)
    if is_foreign(request):
        raise ForeignPage("another site may not report anything here")
    strict = Request(request.scope, counted(request.scope, request.receive, most=_MOST_BYTES))
    form = await strict.form(max_files=1, max_fields=10)
    try:
        return await run_in_threadpool(_taken, request, form)
    finally:
        await form.close()


def _taken(request: Request, form: FormData) -> Response:
    tenant_id, thing = _found(request, request.path_params["digital_link"])
    try:
        report, photo = _report(form)
        if not form.get(_BAIT):
            with database(request).writing(tenant_id) as session:
                take_public_report(session, asset_id=thing.asset_id, report=report, photo=photo, now=clock.now())
    except UnknownAsset:
        raise
    except Refusal as refusal:
        return _page(request, thing, refusal=refusal, note=_text(form, "note"))
    return RedirectResponse(f"{request.url.path}?sent=1", status_code=303)


def _report(form: FormData) -> tuple[PublicReport, Pictures | None]:
    told = {name: _text(form, name) for name in ("id", "grade", "note")}
    try:
        report = PublicReport.model_validate(told)
    except ValidationError as error:
        raise UnreadableReport("choose how it fares, and send the form as it is") from error
    photo = form.get("photo")
    content = photo.file.read() if isinstance(photo, UploadFile) else b""
    return report, pictures_of(content) if content else None


def _text(form: FormData, name: str) -> str:
    found = form.get(name, "")
    return found if isinstance(found, str) else ""


def _found(request: Request, digital_link: str) -> tuple[int, Labelled]:
    """Find the thing and whose it is: the label does not say which of our tenants made it.

    Raises UnknownAsset.
    """
    for tenant_id in _tenants(request):
        with database(request).reading(tenant_id) as session:
            thing = find_by_label(session, digital_link=digital_link)
        if thing is not None:
            return tenant_id, thing
    raise UnknownAsset("no thing of ours bears that label")


def _tenants(request: Request) -> list[int]:
    with database(request).looking_in() as session:
        return [number for number in session.exec(select(TenantRecord.id).order_by(col(TenantRecord.id))) if number]


def _count(request: Request, limit: RateLimit) -> None:
    limit.count(f"public {request.client.host if request.client else ''}")


def _page(request: Request, thing: Labelled, *, refusal: Refusal | None = None, note: str = "") -> Response:
    return render(
        request,
        "public_report.html",
        caller=None,
        status=status_of(refusal) if refusal else 200,
        thing=thing,
        report_id=new_id(),
        grades=GRADES,
        note=note,
        code=refusal.code() if refusal else None,
        was_sent=refusal is None and request.query_params.get("sent") == "1",
        bait=_BAIT,
    )
