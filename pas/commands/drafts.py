"""`pas drafts`: what a month would bill, what differs from the month before, and the word of finance."""

from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

app = typer.Typer(no_args_is_help=True, help="The drafts of a month: look at them, then approve them.")
MonthText = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month, drafted by `pas bill-month --draft`.")]
Language = Annotated[str, typer.Option("--language", help="nl, fr or en: of the reasons.")]


@app.command()
@refuses
def report(month: MonthText, *, language: Language = "en", as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Show what the drafts add up to and what differs from the month before, with the reasons."""
    from billing.draft_queries import draft_report
    from billing.period import Month
    from pas.commands.frame import reading
    from pas.words import Words

    with reading(tenant) as work:
        told = draft_report(work.session, month=Month(month))
    if as_json:
        print_json(told)
        return
    sums = told.model_dump(exclude={"differences", "failures"})
    print_table(f"Drafts of {month}", [{"": key.replace("_", " "), "is": value} for key, value in sums.items()])
    words = Words(language)
    print_table(
        f"Differs from {told.compared_with}",
        [
            {
                "contract": one.contract,
                "how": one.kind.value,
                "before": one.before,
                "after": one.after,
                "why": "; ".join(words.reason(why) for why in one.reasons),
            }
            for one in told.differences
        ],
    )
    if told.failures:
        print_table("Not drawn up", [why.model_dump(include={"contract", "sentence"}) for why in told.failures])


@app.command()
@refuses
def approve(
    month: MonthText,
    *,
    shown: Annotated[str, typer.Option("--shown", help="The hash of the report that you looked at.")],
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Approve all drafts of a month, exactly as the report with this hash showed them."""
    from billing.approve_drafts import approve_month
    from billing.period import Month
    from pas.commands.frame import writing

    with writing(tenant) as work:
        done = approve_month(work.session, month=Month(month), shown=shown, now=work.now, by=work.by)
    if as_json:
        print_json(done._asdict())
        return
    err.print(f"approved {done.approved} drafts; {done.already_approved} were approved before", highlight=False)
