"""`pas meter`: what a meter counted of one asset, and the readings that show it."""

from typing import TYPE_CHECKING, Annotated

import typer

from pas.commands.frame import Work, reading
from pas.commands.value import NoDate, NothingToValue
from pas.terminal import AsJson, TenantSlug, print_json, print_table, refuses

if TYPE_CHECKING:
    from datetime import datetime

    from pas.api.meters import EvidenceAnswer


@refuses
def meter(
    asset: Annotated[str, typer.Argument(help="Public identifier, serial number or id.")],
    code: Annotated[str, typer.Argument(help="Code of the meter, such as operating_hours.")],
    *,
    since: Annotated[str, typer.Option("--from", help="From this moment or UTC day on.")],
    until: Annotated[str | None, typer.Option("--to", help="Up to but without it; else until now.")] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Print what a meter counted of one asset in a span, day by day, with the meaning and version of the meter."""
    with reading(tenant) as work:
        found = _counted(work, asset, code, since, until)
    if as_json:
        print_json(found)
        return
    figure = found.figure
    told = figure.model_dump(exclude={"meter", "versions"}, exclude_none=True)
    print_table(f"{code} of {asset}, version {figure.meter.version}, {figure.meter.means}", [told])
    print_table("days (UTC)", [day.model_dump(exclude_none=True) for day in found.days])
    print_table("on", [one.model_dump(include={"start", "end", "ended_at"}) for one in found.on])


def _counted(work: Work, asset: str, code: str, since: str, until: str | None) -> "EvidenceAnswer":
    from lifecycle.queries import assets_by_reference
    from pas.api.meters import evidence_answer
    from telemetry.span import span

    start, end = _moment(since, "from"), _moment(until, "to") if until else work.now
    span(start, end)
    found = assets_by_reference(work.session, [asset])
    if asset not in found:
        raise NothingToValue(f"{asset!r} names no asset, or more than one; try its public identifier", field="asset")
    return evidence_answer(
        work.session, asset_id=found[asset], code=code, start=start, end=max(start, min(end, work.now))
    )


def _moment(text: str, field: str) -> "datetime":
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise NoDate(f"{text!r} is no moment such as 2026-01-31 or 2026-01-31T08:00:00Z", field=field) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
