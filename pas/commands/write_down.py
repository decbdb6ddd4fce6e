"""`pas write-down`: what kept reports propose to write down, and what a person decides on it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pas.terminal import AsJson, TenantSlug, print_json, print_table, refuses

if TYPE_CHECKING:
    from billing.finance_report.write_down import Verdict

app = typer.Typer(no_args_is_help=True, help="Proposals to write down: list, approve, refuse; residuals that are set.")

WriteDownId = Annotated[UUID, typer.Argument(help="The id of the proposal, from `pas write-down list`.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the audit.")]
SHOWN = {"id", "serial", "last_day", "currency", "book_value", "expected", "amount", "evidence"}


@app.command("list")
@refuses
def list_(
    report: Annotated[UUID | None, typer.Option("--report", help="Only those of this kept report.")] = None,
    *,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """List what was proposed and what was decided on it, newest last."""
    from sqlmodel import col

    from billing.end_report_queries import decisions_on, write_downs
    from billing.end_report_tables import WriteDownRecord
    from pas.commands.frame import reading

    with reading(tenant) as work:
        query = write_downs(report_id=report).order_by(col(WriteDownRecord.proposed_at), col(WriteDownRecord.id))
        found = list(work.session.exec(query))
        decided = decisions_on(work.session, [one.id for one in found])
        rows = [
            one.model_dump(mode="json", include=SHOWN)
            | {"verdict": decided[one.id].verdict.value if one.id in decided else None}
            | {"reason": decided[one.id].reason if one.id in decided else None}
            for one in found
        ]
    if as_json:
        print_json({"write_downs": rows})
        return
    print_table("Proposals to write down", rows)


@app.command()
@refuses
def approve(write_down: WriteDownId, *, reason: Reason, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Approve a proposal; the entry itself is for the accountant."""
    from billing.finance_report.write_down import Verdict

    _decide(Verdict.APPROVED, write_down, reason, as_json=as_json, tenant=tenant)


@app.command()
@refuses
def refuse(write_down: WriteDownId, *, reason: Reason, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Refuse a proposal."""
    from billing.finance_report.write_down import Verdict

    _decide(Verdict.REFUSED, write_down, reason, as_json=as_json, tenant=tenant)


@app.command()
@refuses
def residual(
    asset: Annotated[str, typer.Argument(help="Public identifier, serial number or id.")],
    amount: Annotated[str, typer.Argument(help="What it is to be worth at the end, in its product's currency.")],
    *,
    guaranteed: Annotated[str, typer.Option("--guaranteed", help="The part that somebody guarantees.")] = "0",
    guaranteed_by: Annotated[str, typer.Option("--by", help="Who guarantees it.")] = "",
    why: Annotated[str, typer.Option("--why", help="Why, for who reads it later.")] = "",
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Set the residual of a thing: book value falls to it, and the report tells apart what is guaranteed."""
    from billing.finance_report.residual import Residual
    from billing.set_residuals import set_residuals
    from lifecycle.queries import assets_by_reference, known_asset
    from lifecycle.tables import ProductRecord
    from pas.commands.frame import writing
    from pas.commands.value import NothingToValue

    with writing(tenant) as work:
        found = assets_by_reference(work.session, [asset])
        if asset not in found:
            raise NothingToValue(
                f"{asset!r} names no asset, or more than one; try its public identifier", field="asset"
            )
        product_id = known_asset(work.session, asset_id=found[asset], holder_id=None).product_id
        currency = work.session.get_one(ProductRecord, (work.session.info["tenant_id"], product_id)).currency
        told = {"asset_id": found[asset], "set_on": work.now.date(), "currency": currency, "residual": amount}
        wanted = Residual.model_validate(told | {"guaranteed": guaranteed, "guaranteed_by": guaranteed_by, "why": why})
        (record,) = set_residuals(work.session, [wanted], now=work.now, by=work.by)
        row = record.model_dump(mode="json", exclude={"tenant_id"})
    if as_json:
        print_json(row)
        return
    print_table("Residual set", [row])


def _decide(verdict: "Verdict", write_down: UUID, reason: str, *, as_json: bool, tenant: str | None) -> None:
    from billing.decide_write_down import decide_write_down
    from billing.finance_report.write_down import WriteDownDecision
    from pas.commands.frame import writing

    with writing(tenant) as work:
        decision = WriteDownDecision(verdict=verdict, reason=reason)
        made = decide_write_down(work.session, decision, write_down_id=write_down, now=work.now, by=work.by)
        row = made.model_dump(mode="json", exclude={"tenant_id"})
    if as_json:
        print_json(row)
        return
    print_table("Decided", [row])
