"""`pas portfolio`: what the things of ending contracts may net, against what is booked."""

from pas.commands.end_report import AsOf, PeriodText
from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

GROUPS = (
    "kind",
    "name",
    "things",
    "currency",
    "mean",
    "p10",
    "p50",
    "p90",
    "booked",
    "value_at_risk",
    "expected_shortfall",
)
SETTINGS = ("setting", "currency", "mean", "change", "things_that_flip")


@refuses
def portfolio(period: PeriodText, *, as_of: AsOf = None, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Forecast what the things whose last contract day lies in a period net: the whole, by group, at other prices."""
    from billing.forecast_portfolio import forecast_portfolio
    from billing.period import read_period
    from pas.commands.frame import reading

    asked = read_period(period)
    with reading(tenant) as work:
        known = min(as_of.date() if as_of else work.now.date(), work.now.date())
        made = forecast_portfolio(work.session, start=asked.start, end=asked.end, as_of=known, now=work.now)
    if as_json:
        print_json(made)
        return
    shown = [one.model_dump(include=set(GROUPS)) for one in made.groups if one.kind != "contract"]
    print_table(f"What may be netted, {made.draws:,} draws", shown)
    print_table("At other prices", [one.model_dump(include=set(SETTINGS)) for one in made.settings])
    err.print(
        f"All markets share {made.common_share:.0%} of their variance; quantiles are of each group's own total and do "
        f"not add up. {made.left_out} things are left out, for want of an assessment, a route or a value.",
        highlight=False,
    )
