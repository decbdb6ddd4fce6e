"""`pas harvest`: which things to take apart, for whom."""

from decimal import Decimal
from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

LINES = (
    "donor",
    "product",
    "part",
    "quantity",
    "for_serial",
    "needed_in_months",
    "chance_needed",
    "chance_good",
    "net",
)
DONORS = ("serial", "product", "parts", "minutes", "setup", "forgone", "net", "currency")


@refuses
def harvest(
    horizon_days: Annotated[int, typer.Option("--horizon-days", min=30, max=3_650, help="Needs within so long.")] = 365,
    wage: Annotated[
        float | None, typer.Option("--wage", min=0, help="An hour of labour; else the products' own.")
    ] = None,
    product: Annotated[str | None, typer.Option("--product", help="Only things of the product of this code.")] = None,
    *,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Plan which things near their end give which parts to which things in service; nothing is changed."""
    from lifecycle.plan_harvest import plan_harvest
    from pas.commands.frame import reading

    paid = None if wage is None else Decimal(str(wage))
    with reading(tenant) as work:
        plan = plan_harvest(work.session, horizon_days=horizon_days, wage=paid, product=product, now=work.now)
    if as_json:
        print_json(plan)
        return
    print_table("To take apart", [donor.model_dump(include=set(DONORS)) for donor in plan.donors])
    print_table("Parts, and for which things", [line.model_dump(include=set(LINES)) for line in plan.lines])
    print_table("By product", [total.model_dump() for total in plan.totals])
    if any(total.gap for total in plan.totals):
        err.print("The search was stopped: a plan may net more by the share under gap.", highlight=False)
