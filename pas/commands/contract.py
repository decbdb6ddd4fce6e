"""`pas contract`: price an offer, amend a contract, preview a month, and see which contracts must be decided about."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pas.commands.frame import reading, writing
from pas.terminal import AsJson, TenantSlug, out, print_json, print_table, refuses
from telemetry.refusal import Refusal

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from billing.contract_life.amendment import Amendment
    from billing.preview_contract import MonthPreview
    from billing.rate_offer import RatedOffer

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True, help="Contracts: offer, amend, preview a month, renew, and what must be decided."
)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The contract's code.")]
MonthText = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month; it need not be over.")]
ChangeFile = Annotated[
    Path | None,
    typer.Option("--change", help="An amendment as JSON: preview the month with it.", exists=True, dir_okay=False),
]
WantedFile = Annotated[Path, typer.Argument(metavar="FILE", help="The amendment as JSON.", exists=True, dir_okay=False)]
OfferFile = Annotated[Path, typer.Argument(metavar="FILE", help="The offer as JSON.", exists=True, dir_okay=False)]
Days = Annotated[int, typer.Option("--days", min=0, max=3650, help="So many days are looked ahead.")]


class UnreadableAmendment(Refusal):
    """The file holds no amendment that we know."""


class UnreadableOffer(Refusal):
    """The file holds no offer that we know."""


@app.command("preview")
@refuses
def preview(
    code: Code, month: MonthText, *, change: ChangeFile = None, as_json: AsJson = False, tenant: TenantSlug = None
) -> None:
    """Tell what the bill of a month would be, as the contract stands or with an amendment; nothing is changed."""
    from billing.contract_life_queries import contract_by_code
    from billing.period import Month
    from billing.preview_contract import preview_amended, preview_contract

    wanted = Month(month)
    if change is None:
        with reading(tenant) as work:
            of = contract_by_code(work.session, code=code)
            seen = preview_contract(work.session, contract_id=of.id, month=wanted, customer_id=None, now=work.now)
        print_json(seen) if as_json else _print(seen)
        return
    amendment = _amendment(change)
    with writing(tenant) as work:
        of = contract_by_code(work.session, code=code)
        both = preview_amended(
            work.session, contract_id=of.id, month=wanted, amendment=amendment, now=work.now, by=work.by
        )
    if as_json:
        print_json(both)
        return
    _print(both.before)
    _print(both.after)
    print_table("The amendment itself charges", [{"what": one.name, "net": one.net} for one in both.charges])
    out.print(f"difference: {both.difference} {both.after.currency}", highlight=False)


@app.command("amend")
@refuses
def amend(code: Code, file: WantedFile, *, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Amend a contract from a day on; invoices stay as they are, the next one corrects what reaches back."""
    from billing.amend_contract import amend_contract
    from billing.contract_life_queries import contract_by_code

    amendment = _amendment(file)
    with writing(tenant) as work:
        of = contract_by_code(work.session, code=code)
        made = amend_contract(work.session, contract_id=of.id, amendment=amendment, now=work.now, by=work.by)
        told = made.model_dump(mode="json", exclude={"tenant_id", "actor_kind"})
    if as_json:
        print_json(told)
        return
    out.print(f"{code} is at version {told['version']}: {told['kind']} from {told['from_day']}", highlight=False)


@app.command("renew")
@refuses
def renew(*, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Renew the contracts whose day of notice has passed without notice; the worker does so every hour."""
    from billing.renew_contracts import renew_contracts

    with writing(tenant) as work:
        done = renew_contracts(work.session, now=work.now)
        renewed = [{"contract_id": str(one.contract_id), "ends_on": str(one.ends_on)} for one in done.renewed]
    told = {"renewed": renewed, "failed": [one._asdict() for one in done.failed]}
    if as_json:
        print_json(told)
        return
    print_table("Renewed", renewed)
    print_table("Could not be renewed", told["failed"])


@app.command("decisions")
@refuses
def decisions(*, days: Days = 60, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """List the contracts that somebody must decide about in the next days, the most pressing first."""
    from billing.decisions import decisions as listed

    with reading(tenant) as work:
        found = listed(work.session, today=work.now.date(), days=days)
    told = [one.model_dump(mode="json", exclude={"contract_id", "customer_id"}) for one in found]
    if as_json:
        print_json({"days": days, "decisions": told})
        return
    print_table(f"To be decided within {days} days", told)


@app.command("offer")
@refuses
def offer(file: OfferFile, *, as_json: AsJson = False) -> None:
    """Work out what terms would cost, month by month, at an assumed use; nothing is signed or kept."""
    from pydantic import TypeAdapter

    from billing.contract.offer import Offer
    from billing.rate_offer import rate_offer

    rated = rate_offer(_read(file, TypeAdapter(Offer), UnreadableOffer, "offer"))
    print_json(rated) if as_json else _print_offer(rated)


def _amendment(file: Path) -> "Amendment":
    from billing.contract_life.amendment import AMENDMENT

    return _read(file, AMENDMENT, UnreadableAmendment, "amendment")


def _read(file: Path, adapter: "TypeAdapter[T]", refusal: type[Refusal], what: str) -> T:
    from pydantic import ValidationError

    try:
        return adapter.validate_json(file.read_bytes())
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise refusal(f"{file.name} holds no {what}: {where}: {first['msg']}", field=where) from wrong


def _print_offer(rated: "RatedOffer") -> None:
    rows = [
        {"month": month.month, "thing": line.product, "what": line.component.value, "formula": line.formula}
        | {"net": line.net}
        for month in rated.months
        for line in month.lines
    ]
    print_table("The offer, month by month", rows)
    out.print(f"net {rated.net}, VAT {rated.vat}, total {rated.gross} {rated.currency}", highlight=False)


def _print(seen: "MonthPreview") -> None:
    state = f"billed as {seen.invoice}" if seen.invoice else "over" if seen.is_over else "not over"
    rows = [
        {
            "thing": line.serial or line.name,
            "what": line.component.value,
            "from": line.period_start,
            "until": line.period_end,
            "formula": line.formula,
            "net": line.net,
        }
        for line in seen.lines
    ]
    print_table(f"{seen.contract}, {seen.month} ({state})", rows)
    sums = f"net {seen.net}, VAT {seen.vat}, total {seen.gross} {seen.currency}; so far {seen.net_so_far}"
    out.print(sums, highlight=False)
