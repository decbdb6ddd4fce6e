"""`pas passport`: what one asset was at a moment, read from its history."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from pas.commands.frame import Work, reading
from pas.terminal import AsJson, TenantSlug, print_json, print_table, refuses
from telemetry.refusal import Refusal

if TYPE_CHECKING:
    from lifecycle.passport import Passport


class BadDate(Refusal):
    """A text that is neither a date nor a moment."""


class NoSuchAsset(Refusal):
    """A reference that names no asset, or more than one."""


@refuses
def passport(
    asset: Annotated[str, typer.Argument(help="Public identifier, serial number or id.")],
    *,
    as_of: Annotated[str | None, typer.Option(help="Date (the whole day counts) or moment; now if left out.")] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Print the passport of one asset as of a date."""
    with reading(tenant) as work:
        read = _read(work, asset, as_of)
    if as_json:
        print_json(read)
        return
    print_table(f"{read.public_id} as of {read.as_of:%Y-%m-%d}", _lines(read))
    print_table("materials (kg)", [share.model_dump() for share in read.materials])
    print_table("places", [stay.model_dump() for stay in read.stays])


def _read(work: Work, asset: str, as_of: str | None) -> "Passport":
    from lifecycle.queries import assets_by_reference
    from lifecycle.read_passport import read_passport

    found = assets_by_reference(work.session, [asset])
    if asset not in found:
        raise NoSuchAsset(f"{asset!r} names no asset, or more than one; try its public identifier", field="asset")
    moment = _moment(as_of, work.now) if as_of else work.now
    return read_passport(work.session, asset_id=found[asset], as_of=moment)


def _moment(text: str, now: datetime) -> datetime:
    """Read a moment; a bare date means its end, but never later than now.

    Raises BadDate.
    """
    try:
        if len(text) == len("2026-01-31"):
            return min(datetime.combine(date.fromisoformat(text), time.max, UTC), now)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        sentence = f"{text!r} is no date such as 2026-01-31 and no moment such as 2026-01-31T12:00Z"
        raise BadDate(sentence, field="as_of") from error


def _lines(read: "Passport") -> list[dict[str, object]]:
    shown = ("serial", "product", "product_name", "maker", "owner", "made_on", "in_service_on", "mass", "recycled_mass")
    lines: list[dict[str, object]] = [{"what": field, "is": getattr(read, field)} for field in shown]
    lines.append({"what": "status", "is": read.place.status})
    if read.condition:
        lines.append({"what": "condition", "is": f"{read.condition.grade} ({read.condition.index:.0f})"})
    lines += [{"what": "previous life", "is": life.public_id} for life in read.previous_lives]
    return lines
