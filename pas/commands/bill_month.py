"""`pas bill-month`: draw up and number a month, or draft it, retry what failed, catch up on what was missed."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas.terminal import AsJson, TenantSlug, err, print_json, print_table, refuses

if TYPE_CHECKING:
    from billing.month.bill_run import BillRun, Deed
    from billing.period import Month
    from pas.db import Database

MonthText = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month, which must be over.")]
Draft = Annotated[bool, typer.Option("--draft", help="Only draw up, without numbers, for finance to look at.")]
Approved = Annotated[bool, typer.Option("--approved", help="Issue what finance approved, and nothing else.")]
Retry = Annotated[bool, typer.Option("--retry", help="Only the contracts that failed in former runs of the month.")]
CatchUp = Annotated[
    bool, typer.Option("--catch-up", help="From this month on, each month that is over and lacks invoices.")
]
HIDDEN = {"id", "period_start", "period_end", "ran_at", "ran_by", "failures"}


@refuses
def bill_month(
    month: MonthText,
    *,
    draft: Draft = False,
    approved: Approved = False,
    retry: Retry = False,
    catch_up: CatchUp = False,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Issue an invoice for each contract that ran in a month; what is issued already stays.

    It is committed in bites: killed and run again it goes on where it was, and two at once share the work.
    """
    from billing.month.bill_run import Deed
    from billing.period import Month
    from pas.commands.frame import opened, tenant_id

    if draft and approved:
        raise typer.BadParameter("a month is drafted or issued, not both", param_hint="--approved")
    deed = Deed.DRAFT if draft else Deed.ISSUE_APPROVED if approved else Deed.ISSUE
    with opened() as database:
        whose = tenant_id(database, tenant)
        months = _missed(database, whose, Month(month)) if catch_up else [Month(month)]
        runs = [_bill(database, whose, one, deed, only_failed=retry) for one in months]
    if as_json:
        print_json({"runs": runs} if catch_up else runs[0])
        return
    if not runs:
        err.print(f"nothing was missed from {month} on", highlight=False)
    for run in runs:
        _show(run)


def _missed(database: "Database", tenant_id: int, since: "Month") -> "list[Month]":
    from billing.bill_run_queries import missed_months
    from billing.period import local_day
    from billing.queries import seller
    from pas import clock

    with database.reading(tenant_id) as session:
        today = local_day(clock.now(), seller(session).zone)
        return missed_months(session, since=since, until=today)


def _bill(database: "Database", tenant_id: int, month: "Month", deed: "Deed", *, only_failed: bool) -> "BillRun":
    """Begin a run, or join the one under way, and carry it on, bite by bite."""
    from pas.carry_on_bill_runs import begin, finish_bill_run
    from pas.commands.frame import operator

    run = begin(database, tenant_id, month, deed, only_failed=only_failed, by=operator())
    return finish_bill_run(database, tenant_id, run.id, tell=_tell)


def _tell(run: "BillRun") -> None:
    """Say on stderr how far it is."""
    failed = f", {run.failed} failed" if run.failed else ""
    sys.stderr.write(f"{run.month}: {run.done} of {run.to_do} contracts{failed}\n")


def _show(run: "BillRun") -> None:
    shown: dict[str, Any] = run.model_dump(exclude=HIDDEN)
    print_table(
        f"Billing of {run.month}", [{"": key.replace("_", " "), "so many": text} for key, text in shown.items()]
    )
    if run.failures:
        print_table(
            "Could not be billed", [failure.model_dump(include={"contract", "sentence"}) for failure in run.failures]
        )
