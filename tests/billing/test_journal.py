"""The journal: debit is credit in every entry, nothing is exported twice, and its balances are those of the books."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.book_queries import open_items
from billing.books.accounts import Accounts, Role
from billing.books.group import By
from billing.books.journal import Journal, Posting, SoldDocument, Unbalanced, entry, entry_of_document
from billing.books.journal_batch import csv_of, entry_rows
from billing.books.line import NOTHING
from billing.collection.payment import NewPayment, PaymentSource, Received
from billing.contract.contract import VatCategory
from billing.export_journal import BooksStillOpen, export_journal
from billing.journal_queries import lines_of_batch
from billing.journal_tables import JournalLineRecord
from billing.keep_accounts import keep_accounts
from billing.period import Month
from billing.read_books import revenue_report
from billing.record_payments import record_payments
from billing.tables import InvoiceRecord
from billing.vat import Taxed, vat_shares
from lifecycle.tables import AuditRecord
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign

OCTOBER = datetime(2026, 10, 2, 9, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 2, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 2, 9, tzinfo=UTC)
CENTS = st.integers(-1_000_000, 1_000_000).map(lambda cents: Decimal(cents) / 100)


@settings(deadline=None, max_examples=100)
@given(nets=st.dictionaries(st.sampled_from(["fee", "use", "charge", "deposit", "credit", "buy_out"]), CENTS))
def test_debit_is_credit_in_the_entry_of_every_document(nets: dict[str, Decimal]) -> None:
    shares = vat_shares(Taxed(VatCategory.STANDARD, Decimal(21), net) for net in nets.values())
    net = sum(nets.values(), Decimal(0))
    gross = net + sum((one.vat for one in shares), Decimal(0))

    made = entry_of_document(SoldDocument("INV-1", date(2026, 1, 1), "K-1", "School", "EUR", gross, nets, shares))

    assert sum(posting.amount for posting in made.postings) == 0
    assert sum(posting.amount for posting in made.postings if posting.role is Role.RECEIVABLE) == gross
    assert all(posting.amount for posting in made.postings)


def test_an_entry_out_of_balance_is_not_made() -> None:
    with pytest.raises(Unbalanced):
        entry(
            "x",
            Journal.SALES,
            on=date(2026, 1, 1),
            document="",
            text="",
            currency="EUR",
            postings=[Posting(Role.BANK, Decimal(1))],
        )


@pytest.fixture
def leased(session: Session) -> None:
    """Two customers' worth of contracts: billed in arrears."""
    fleet = found_fleet(session)
    ours = [line(fleet.assets[0]), line(fleet.assets[1], starts_on="2026-10-11", monthly_fee="31.00")]
    sign(session, contract(fleet.customer, "C-1", ours, starts_on="2026-01-01"))
    sign(session, contract(fleet.customer, "C-2", [line(fleet.assets[2], monthly_fee="19.95", starts_on="2026-09-15")]))


def _bill(session: Session, month: str, now: datetime) -> None:
    run = bill_month(session, month=Month(month), now=now, by=CLERK)
    assert run.failed == 0


def _balances(session: Session) -> dict[tuple[str, str], Decimal]:
    """Add up debit less credit by role and month."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: NOTHING)
    for one in session.exec(select(JournalLineRecord)):
        sums[one.role.value, f"{one.booked_on:%Y-%m}"] += one.debit - one.credit
    return sums


def test_the_income_of_a_month_is_what_was_recognised_in_it(session: Session, leased: None) -> None:
    _bill(session, "2026-09", OCTOBER)
    export_journal(session, month=Month("2026-09"), now=OCTOBER, by=CLERK)
    _bill(session, "2026-10", NOVEMBER)
    export_journal(session, month=Month("2026-10"), now=NOVEMBER, by=CLERK)
    export_journal(session, month=Month("2026-11"), now=DECEMBER, by=CLERK)

    balances = _balances(session)
    for month in ("2026-09", "2026-10", "2026-11"):
        report = revenue_report(session, period=Month(month), by=By.ALL, as_of=date(2026, 12, 2), now=DECEMBER)
        (row,) = report.months
        assert -balances["revenue", month] == row.recognised, month
    assert balances["revenue", "2026-09"] == Decimal("-60.64")
    assert balances["accrued", "2026-09"] + balances["accrued", "2026-10"] == Decimal("90.95")


def test_every_document_balances_and_the_debtors_account_is_the_sum_of_the_invoices(
    session: Session, leased: None
) -> None:
    _bill(session, "2026-09", OCTOBER)
    _bill(session, "2026-10", NOVEMBER)
    for month in ("2026-10", "2026-11"):
        made = export_journal(session, month=Month(month), now=DECEMBER, by=CLERK)
        assert all(batch.debit == batch.credit for batch in made.batches)

    by_entry: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for one in session.exec(select(JournalLineRecord)):
        by_entry[one.entry] += one.debit - one.credit
    assert set(by_entry.values()) == {NOTHING}
    invoices = session.exec(select(InvoiceRecord)).all()
    assert {f"document:{one.number}" for one in invoices} <= set(by_entry)
    balances = _balances(session)
    debtors = sum(amount for (role, _), amount in balances.items() if role == "receivable")
    assert debtors == sum(one.gross for one in invoices)
    assert debtors == sum(item.open for item in open_items(session, as_of=date(2026, 12, 2)))
    assert -sum(amount for (role, _), amount in balances.items() if role == "vat") == sum(one.vat for one in invoices)


def test_exported_again_nothing_is_new_and_every_byte_is_the_same(session: Session, leased: None) -> None:
    _bill(session, "2026-09", OCTOBER)
    first = export_journal(session, month=Month("2026-10"), now=NOVEMBER, by=CLERK)
    text = _csv(session, first.batches[0].id)

    again = export_journal(session, month=Month("2026-10"), now=DECEMBER, by=CLERK)

    assert (first.made, again.made) == (1, 0)
    assert again.batches == first.batches
    assert _csv(session, again.batches[0].id) == text
    assert sha256(text.encode()).hexdigest() == first.batches[0].sha256


def _csv(session: Session, batch_id: Any) -> str:
    return csv_of(entry_rows(lines_of_batch(session, batch_id=batch_id)))


def test_a_payment_told_later_is_a_batch_of_its_own(session: Session, leased: None) -> None:
    _bill(session, "2026-09", OCTOBER)
    export_journal(session, month=Month("2026-10"), now=NOVEMBER, by=CLERK)
    invoice = session.exec(select(InvoiceRecord)).first()
    assert invoice is not None
    _pay(session, invoice)

    late = export_journal(session, month=Month("2026-10"), now=NOVEMBER, by=CLERK)

    assert (late.made, [batch.sequence for batch in late.batches]) == (1, [1, 2])
    assert (late.batches[1].entries, late.batches[1].debit) == (1, invoice.gross)
    lines = list(lines_of_batch(session, batch_id=late.batches[1].id))
    assert [(one.account, one.debit, one.credit) for one in lines] == [
        ("550000", invoice.gross, 0),
        ("400000", 0, invoice.gross),
    ]


def _pay(session: Session, invoice: InvoiceRecord) -> None:
    told = NewPayment(paid_on=date(2026, 10, 20), amount=invoice.gross, reference=invoice.document["payment_reference"])
    received = Received(payment=told, source=PaymentSource.BANK, external_id="bank:1")
    assert record_payments(session, [received], now=NOVEMBER, by=CLERK)[0].is_new


def test_months_are_exported_in_turn(session: Session, leased: None) -> None:
    with pytest.raises(BooksStillOpen, match="not over"):
        export_journal(session, month=Month("2026-11"), now=NOVEMBER, by=CLERK)
    export_journal(session, month=Month("2026-09"), now=NOVEMBER, by=CLERK)
    with pytest.raises(BooksStillOpen, match="2026-10 first"):
        export_journal(session, month=Month("2026-11"), now=DECEMBER, by=CLERK)
    with pytest.raises(BooksStillOpen, match="begins with 2026-09"):
        export_journal(session, month=Month("2026-08"), now=DECEMBER, by=CLERK)


def test_accounts_are_named_with_an_audit_and_serve_from_then_on(session: Session, leased: None) -> None:
    _bill(session, "2026-09", OCTOBER)
    other = Accounts(revenue="704100")

    keep_accounts(session, other, now=NOVEMBER, by=CLERK)
    keep_accounts(session, other, now=NOVEMBER, by=CLERK)

    made = export_journal(session, month=Month("2026-10"), now=NOVEMBER, by=CLERK)
    used = {one.account for one in lines_of_batch(session, batch_id=made.batches[0].id)}
    assert "704100" in used
    assert "700000" not in used
    audited = select(AuditRecord).where(AuditRecord.action == "ledger-accounts-kept")
    assert len(session.exec(audited).all()) == 1


@pytest.mark.parametrize("number", ["", "4 0", "=1", "-1", "x" * 21, "４"])
def test_what_is_no_account_number_is_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        Accounts.model_validate({"revenue": number})
