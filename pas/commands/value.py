"""`pas value`: what one asset is worth as of a date, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pas.commands.end_report import Language, PdfFile
from pas.commands.frame import Work, reading
from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses
from telemetry.refusal import Refusal

if TYPE_CHECKING:
    from datetime import date

    from lifecycle.valuation.value import AssetValue


class NoDate(Refusal):
    """A text that is no date."""


class NothingToValue(Refusal):
    """A reference that names no asset, or several."""


@refuses
def value(
    asset: Annotated[str, typer.Argument(help="Public identifier, serial number or id.")],
    *,
    as_of: Annotated[str | None, typer.Option(help="Date, past or to come; today if left out.")] = None,
    pdf_file: PdfFile = None,
    language: Language = "en",
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Print the value of one asset: P10, P50 and P90, the reasons, and the textbook figures beside it."""
    from pas.words import Words

    with reading(tenant) as work:
        worth = _value(work, asset, as_of)
        if pdf_file is not None:
            _write_page(work, worth, pdf_file, language)
    if as_json:
        print_json(worth)
        return
    figures = worth.model_dump(include={"p10", "p50", "p90", "straight_line", "declining_balance", "currency"})
    print_table(f"{worth.product} {worth.serial} as of {worth.as_of} ({worth.evidence})", [figures])
    words = Words("en")
    print_table("why", [{"reason": words.reason(reason), "effect": reason.effect} for reason in worth.reasons])


def _value(work: Work, asset: str, as_of: str | None) -> "AssetValue":
    from lifecycle.queries import assets_by_reference
    from lifecycle.value_assets import value_assets

    day = _date(as_of) if as_of else work.now.date()
    found = assets_by_reference(work.session, [asset])
    if asset not in found:
        raise NothingToValue(f"{asset!r} names no asset, or more than one; try its public identifier", field="asset")
    return value_assets(work.session, asset_ids=[found[asset]], as_of=day, now=work.now)[0]


def _write_page(work: Work, worth: "AssetValue", file: Path, language: str) -> None:
    from billing.finance_report.assumptions import Premise
    from billing.finance_report.value_page import value_page
    from billing.freeze_inputs import freeze_thing

    inputs = freeze_thing(
        work.session, asset_id=worth.asset_id, day=worth.as_of, premise=Premise.FAIR_MARKET, now=work.now
    )
    file.write_bytes(value_page(inputs, language))
    err.print(f"the page is in {file}", highlight=False)


def _date(text: str) -> "date":
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoDate(f"{text!r} is no date such as 2026-01-31", field="as_of") from error
