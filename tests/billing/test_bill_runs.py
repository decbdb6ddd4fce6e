"""A month is drafted, looked at, approved and only then issued; a run goes on where it was left."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func
from sqlmodel import Session, col, select

from billing.approve_drafts import DraftDiffers, approve_drafts, approve_month
from billing.begin_bill_run import SignOffWanted, begin_bill_run
from billing.bill_month import bill_month
from billing.bill_run_queries import UnknownBillRun, bill_run, missed_months, tasks_under_way
from billing.bill_run_tables import BillTaskRecord, DraftApprovalRecord, DraftLineRecord, DraftRecord
from billing.carry_on_bill_run import carry_on_bill_run
from billing.contract.contract import VatCategory
from billing.draft_queries import DraftReport, draft_report, drafts, shown
from billing.keep_bill_policy import keep_bill_policy
from billing.month.bill_difference import ChangeKind
from billing.month.bill_policy import BillPolicy
from billing.month.bill_run import BillRun, Deed, RunState
from billing.period import Month
from billing.tables import ContractRecord, InvoiceRecord
from lifecycle.tables import AuditRecord
from telemetry.identity import new_id
from tests.billing.billed_fleet import CLERK, Fleet, contract, found_fleet, line, read_meter, sign

SEPTEMBER, OCTOBER = Month("2026-09"), Month("2026-10")
SOON_AFTER = datetime(2026, 11, 2, 9, tzinfo=UTC)
METERED = {"meter": "lamp_hours", "unit_price": "0.125", "allowance": "10"}


def run(session: Session, deed: Deed = Deed.ISSUE, month: Month = OCTOBER, *, only_failed: bool = False) -> BillRun:
    return bill_month(session, month=month, deed=deed, only_failed=only_failed, now=SOON_AFTER, by=CLERK)


def report(session: Session, month: Month = OCTOBER) -> DraftReport:
    return draft_report(session, month=month)


def approve(session: Session, month: Month = OCTOBER) -> int:
    seen = report(session, month).hash
    return approve_month(session, month=month, shown=seen, now=SOON_AFTER, by=CLERK).approved


def count(session: Session, record: type) -> int:
    return session.exec(select(func.count()).select_from(record)).one()


@pytest.fixture
def fleet(session: Session) -> Fleet:
    """Three contracts of one projector each; the first is metered, by 90 hours in October."""
    found = found_fleet(session)
    terms = (METERED, {}, {"starts_on": "2026-10-08"})
    sign(
        session,
        *(contract(found.customer, f"C-{n}", [line(found.assets[n], **terms[n])]) for n in range(3)),
    )
    read_meter(session, found.assets[0], {"2026-10-01T12:00:00Z": 0.0, "2026-10-20T12:00:00Z": 90.0}, SOON_AFTER)
    return found


def test_a_draft_says_what_the_invoice_will_say_and_has_no_number(session: Session, fleet: Fleet) -> None:
    drafted = run(session, Deed.DRAFT)
    seen = report(session)
    assert count(session, InvoiceRecord) == 0

    assert (drafted.drafted, drafted.issued, drafted.first_number) == (3, 0, None)
    approve(session)
    issued = run(session, Deed.ISSUE_APPROVED)

    assert (issued.issued, issued.failed, issued.not_approved) == (3, 0, 0)
    assert (issued.net, issued.vat, issued.gross) == (drafted.net, drafted.vat, drafted.gross)
    assert (seen.net, seen.vat, seen.gross, seen.drafts) == (issued.net, issued.vat, issued.gross, 3)
    assert (count(session, DraftRecord), count(session, DraftLineRecord)) == (0, 0)


def test_a_draft_is_replaced_when_readings_change_and_its_approval_holds_no_more(
    session: Session, fleet: Fleet
) -> None:
    run(session, Deed.DRAFT)
    assert approve(session) == 3
    read_meter(session, fleet.assets[0], {"2026-10-25T12:00:00Z": 190.0}, SOON_AFTER)

    run(session, Deed.DRAFT)

    assert (count(session, DraftRecord), report(session).approved) == (3, 2)
    assert approve(session) == 1
    assert run(session, Deed.ISSUE_APPROVED).issued == 3
    assert count(session, DraftApprovalRecord) == 4


def test_what_changed_after_its_approval_is_not_issued_but_told(session: Session, fleet: Fleet) -> None:
    run(session, Deed.DRAFT)
    approve(session)
    read_meter(session, fleet.assets[0], {"2026-10-25T12:00:00Z": 190.0}, SOON_AFTER)

    issued = run(session, Deed.ISSUE_APPROVED)

    assert (issued.issued, issued.failed) == (2, 1)
    assert [(why.contract, why.code) for why in issued.failures] == [("C-0", "draft-outdated")]
    run(session, Deed.DRAFT)
    approve(session)
    assert run(session, Deed.ISSUE_APPROVED).issued == 1


def test_what_is_not_approved_waits(session: Session, fleet: Fleet) -> None:
    run(session, Deed.DRAFT)
    (first, *_) = shown(session, session.exec(drafts(month=OCTOBER)).all())
    chosen = {first.contract_id: first.hash}
    done = approve_drafts(session, month=OCTOBER, chosen=chosen, now=SOON_AFTER, by=CLERK)

    issued = run(session, Deed.ISSUE_APPROVED)

    assert (done.approved, issued.issued, issued.not_approved) == (1, 1, 2)
    assert approve_drafts(session, month=OCTOBER, chosen={}, now=SOON_AFTER, by=CLERK) == (0, 0)
    assert count(session, DraftRecord) == 2


def test_an_approval_is_of_exactly_what_was_shown(session: Session, fleet: Fleet) -> None:
    run(session, Deed.DRAFT)
    seen = report(session)
    read_meter(session, fleet.assets[0], {"2026-10-25T12:00:00Z": 190.0}, SOON_AFTER)
    run(session, Deed.DRAFT)

    with pytest.raises(DraftDiffers):
        approve_month(session, month=OCTOBER, shown=seen.hash, now=SOON_AFTER, by=CLERK)
    with pytest.raises(DraftDiffers):
        approve_drafts(session, month=OCTOBER, chosen={new_id(): seen.hash}, now=SOON_AFTER, by=CLERK)
    assert count(session, DraftApprovalRecord) == 0


def test_who_approved_what_stands_in_the_audit(session: Session, fleet: Fleet) -> None:
    run(session, Deed.DRAFT)
    approve(session)

    approvals = session.exec(select(AuditRecord).where(AuditRecord.action == "drafts-approved")).all()
    assert [(one.actor, one.subject) for one in approvals] == [(CLERK.name, "month 2026-10")]


def test_where_finance_signs_off_nothing_is_issued_that_was_not_approved(session: Session, fleet: Fleet) -> None:
    keep_bill_policy(session, BillPolicy(sign_off=True), now=SOON_AFTER, by=CLERK)

    with pytest.raises(SignOffWanted):
        run(session)

    assert run(session, Deed.DRAFT).drafted == 3
    assert run(session, Deed.ISSUE_APPROVED).not_approved == 3


def test_a_draft_of_what_was_issued_is_never_made(session: Session, fleet: Fleet) -> None:
    run(session)

    drafted = run(session, Deed.DRAFT)

    assert (drafted.drafted, drafted.already_issued) == (0, 3)
    assert count(session, DraftRecord) == 0


def test_the_report_tells_what_is_new_gone_and_changed_and_why(session: Session, fleet: Fleet) -> None:
    short = line(fleet.assets[2], starts_on="2026-09-01", ends_on="2026-09-20")
    sign(session, contract(fleet.customer, "C-9", [short], starts_on="2026-09-01", ends_on="2026-09-20"))
    run(session, month=SEPTEMBER)
    run(session, Deed.DRAFT)

    told = report(session)

    by_code = {one.contract: one for one in told.differences}
    assert {code: one.kind for code, one in by_code.items()} == {
        "C-0": ChangeKind.CHANGED,
        "C-2": ChangeKind.NEW,
        "C-9": ChangeKind.GONE,
    }
    assert (told.new, told.gone, told.changed, told.compared_with) == (1, 1, 1, "2026-09")
    assert by_code["C-0"].after - by_code["C-0"].before == Decimal("10.00")
    assert by_code["C-0"].percent == Decimal("20.00")
    (why,) = by_code["C-0"].reasons
    assert (why.code, why.inputs["was"], why.inputs["is"], why.effect) == ("bill.use_changed", "0", "80", 10.0)
    for one in told.differences:
        assert sum(Decimal(str(why.effect)) for why in one.reasons) == one.after - one.before


def test_the_report_tells_only_changes_from_the_share_on_that_finance_wishes(session: Session, fleet: Fleet) -> None:
    run(session, month=SEPTEMBER)
    run(session, Deed.DRAFT)
    keep_bill_policy(session, BillPolicy(tell_from_percent=Decimal("20.01")), now=SOON_AFTER, by=CLERK)

    assert report(session).changed == 0


def test_a_run_left_half_way_goes_on_where_it_was(session: Session, fleet: Fleet) -> None:
    task = begin_bill_run(session, month=OCTOBER, now=SOON_AFTER, by=CLERK)
    part = carry_on_bill_run(session, run_id=task.id, now=SOON_AFTER, at_once=2)
    assert (part.state, part.issued, part.done, part.to_do) == (RunState.RUNNING, 2, 2, 3)
    assert bill_run(session, task.id) == part
    assert tasks_under_way(session) == [task.id]

    again = run(session)

    assert (again.id, again.state, again.issued, again.done) == (part.id, RunState.DONE, 3, 3)
    assert bill_run(session, again.id) == again
    assert count(session, BillTaskRecord) == 0
    sequences = session.exec(select(InvoiceRecord.sequence).order_by(col(InvoiceRecord.sequence))).all()
    assert list(sequences) == [1, 2, 3]


def test_only_what_failed_is_tried_again(session: Session, fleet: Fleet) -> None:
    read_meter(session, fleet.assets[1], {"2026-10-02T12:00:00Z": 5.0}, SOON_AFTER)
    buyer = fleet.customer
    spoilt, buyer.vat_number = buyer.vat_number, None
    sign_again = contract(buyer, "C-8", [line(fleet.assets[2], starts_on="2026-09-01", ends_on="2026-10-08")])
    sign(session, sign_again)
    for one in session.exec(_contracts("C-8")).all():
        one.vat_category = VatCategory.REVERSE_CHARGE
        one.vat_rate = Decimal(0)
    session.flush()
    first = run(session)
    assert (first.issued, [why.contract for why in first.failures]) == (3, ["C-8"])

    buyer.vat_number = spoilt
    session.flush()
    retried = run(session, only_failed=True)

    assert (retried.only_failed, retried.to_do, retried.issued, retried.failed) == (True, 1, 1, 0)
    assert run(session, only_failed=True).to_do == 0


def _contracts(code: str):  # noqa: ANN202 - a select of records
    return select(ContractRecord).where(ContractRecord.code == code)


def test_missed_months_are_those_over_that_lack_invoices(session: Session, fleet: Fleet) -> None:
    run(session, month=SEPTEMBER)

    missed = missed_months(session, since=Month("2026-07"), until=SOON_AFTER.date())

    assert [str(month) for month in missed] == ["2026-07", "2026-08", "2026-10"]


def test_an_unknown_run_is_refused(session: Session) -> None:
    with pytest.raises(UnknownBillRun):
        bill_run(session, new_id())
