"""`pas rerate` and `pas late-use`: hold a past month against its bills, and show what was read too late to bill."""

from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

MonthText = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month that was billed.")]
SHOWN = {"contract", "serial", "billed_as", "period_start", "was", "now", "difference", "because", "formula"}
REFUSED = {"period_start", "meter", "billed_use", "use_now", "refused_use", "refused_net", "found_at"}


@refuses
def rerate(month: MonthText, *, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Rate a past month again by what is known now, and explain each difference from what was billed. Bills nothing."""
    from billing.period import Month
    from billing.rerate_month import rerate_month
    from pas.commands.frame import reading

    with reading(tenant) as work:
        again = rerate_month(work.session, month=Month(month))
    if as_json:
        print_json(again)
        return
    err.print(f"{again.same} of {again.held} are as they were billed ({again.contracts} contracts)", highlight=False)
    if again.differences:
        print_table(f"What differs in {month}", [one.model_dump(include=SHOWN) for one in again.differences])


@refuses
def late_use(*, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """List the use that was read too late to be billed."""
    from sqlmodel import col

    from billing.late_use_queries import late_use_refused
    from billing.late_use_tables import LateUseRefusedRecord
    from pas.commands.frame import reading

    with reading(tenant) as work:
        found = work.session.exec(late_use_refused().order_by(col(LateUseRefusedRecord.found_at))).all()
        rows = [one.model_dump(exclude={"tenant_id"}, mode="json") for one in found]
    if as_json:
        print_json({"refused": rows})
        return
    print_table("Read too late to be billed", [{key: row[key] for key in sorted(REFUSED)} for row in rows])
