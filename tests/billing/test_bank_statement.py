"""Bank statements: what came in is matched by its reference, once; what does not add up or is hostile is refused."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.collection.bank_statement import UnreadableStatement, read_statements
from billing.collection_tables import PaymentRecord
from billing.import_bank_statement import import_bank_statement
from billing.period import Month
from billing.receivable_queries import open_receivables
from billing.tables import InvoiceRecord
from pas.db import Database
from pas.settings import settings as our_settings
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign
from tests.billing.test_record_payments import LATER, NOW
from tests.conftest import Pas

OURS = "BE68539007547034"


def entry(amount: str, text: str, *, structured: str = "", ref: str = "", sign: str = "CRDT", parts: str = "") -> str:
    told = f"<Strd><CdtrRefInf><Ref>{structured}</Ref></CdtrRefInf></Strd>" if structured else f"<Ustrd>{text}</Ustrd>"
    details = parts or (
        "<TxDtls><RltdPties><Dbtr><Nm>Ziekenhuis</Nm></Dbtr><DbtrAcct><Id><IBAN>BE71096123456769</IBAN></Id></DbtrAcct>"
        f"</RltdPties><RmtInf>{told}</RmtInf></TxDtls>"
    )
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>{ref}</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )


def statement(
    *entries: str, opening: str = "100.00", closing: str = "", version: str = "02", name: str = "S1"
) -> bytes:
    def balance(kind: str, amount: str) -> str:
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
            "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
        )

    closed = balance("CLBD", closing) if closing else ""
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<Stmt><Id>{name}</Id><Acct><Id><IBAN>{OURS}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balance('OPBD', opening)}{closed}{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


@pytest.fixture
def invoices(session: Session) -> list[InvoiceRecord]:
    """60.50 each for September and October."""
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], starts_on="2026-09-01")]))
    for month in ("2026-09", "2026-10"):
        bill_month(session, month=Month(month), now=NOW, by=CLERK)
    return list(session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.number))))


def take(session: Session, document: bytes) -> list[tuple[int, int, int]]:
    found = import_bank_statement(session, document=document, now=LATER, by=CLERK)
    return [(one.new, one.known, one.left_out) for one in found]


def owed(session: Session) -> list[Decimal]:
    return [one.open for one in open_receivables(session, as_of=LATER.date())]


def reference(invoice: InvoiceRecord) -> str:
    return "".join(sign for sign in invoice.document["payment_reference"] if sign.isdigit())


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_statement_pays_invoices_by_their_reference_and_lists_the_rest(
    session: Session, invoices: list[InvoiceRecord], version: str
) -> None:
    document = statement(
        entry("60.50", "", structured=reference(invoices[0]), ref="A1"),
        entry("20.00", f"part of {invoices[1].number}", ref="A2"),
        entry("12.34", "who knows", ref="A3"),
        entry("9.99", "bank costs", ref="A4", sign="DBIT"),
        closing="182.85",
        version=version,
    )

    found = import_bank_statement(session, document=document, now=LATER, by=CLERK)[0]

    assert (found.new, found.left_out, found.matched) == (3, 1, Decimal("80.50"))
    assert [(one.left, one.reference) for one in found.unmatched] == [(Decimal("12.34"), "who knows")]
    assert owed(session) == [Decimal("40.50")]


def test_the_same_statement_twice_and_the_same_entry_in_another_change_nothing(
    session: Session, invoices: list[InvoiceRecord]
) -> None:
    first = entry("60.50", invoices[0].number, ref="A1")
    assert take(session, statement(first)) == [(1, 0, 0)]

    assert take(session, statement(first)) == [(0, 1, 0)]
    assert take(session, statement(first, entry("60.50", invoices[1].number, ref="A2"), name="S2")) == [(1, 1, 0)]

    assert owed(session) == []
    assert len(session.exec(select(PaymentRecord)).all()) == 2


def test_payments_that_the_bank_booked_as_one_are_taken_apart(session: Session, invoices: list[InvoiceRecord]) -> None:
    parts = "".join(
        f'<TxDtls><Amt Ccy="EUR">60.50</Amt><RmtInf><Ustrd>{one.number}</Ustrd></RmtInf></TxDtls>' for one in invoices
    )

    assert take(session, statement(entry("121.00", "", ref="B1", parts=parts), closing="221.00")) == [(2, 0, 0)]

    assert owed(session) == []


def test_a_debit_that_the_bank_took_back_opens_the_invoice_again(
    session: Session, invoices: list[InvoiceRecord]
) -> None:
    take(session, statement(entry("60.50", invoices[0].number, ref="A1")))

    back = entry("60.50", f"RETURN {invoices[0].number}", ref="A2", sign="DBIT")
    assert take(session, statement(back, name="S2")) == [(1, 0, 0)]

    assert owed(session) == [Decimal("60.50"), Decimal("60.50")]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (statement(entry("1.00", "x"), closing="100.99"), "does not add up"),
        (b"<html/>", "no bank statement"),
        (b"", "no readable XML"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>', "DOCTYPE"),
        (statement(entry("1.001", "x")), "amount"),
        (statement(entry("NaN", "x")), "amount"),
        (statement(entry("1e99999", "x")), "amount"),
        (statement(entry("1.00", "x").replace("2026-11-20", "2026-13-40")), "day"),
        (statement(entry("1.00", "x").replace("2026-11-20", "9999-01-01")), "cannot be taken over"),
    ],
    ids=["sum", "other", "empty", "doctype", "mills", "nan", "huge", "day", "far"],
)
def test_what_is_no_sound_statement_is_refused_whole(session: Session, document: bytes, why: str) -> None:
    with pytest.raises(UnreadableStatement, match=why):
        import_bank_statement(session, document=document, now=LATER, by=CLERK)

    assert session.exec(select(PaymentRecord)).all() == []


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: statement(entry(text, text, ref=text))))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_break_the_reader(document: bytes) -> None:
    try:
        read_statements(document)
    except UnreadableStatement:
        return


def test_the_command_takes_a_statement_and_shows_the_account(
    database: Database, tenant: int, tmp_path: Path, pas: Pas
) -> None:
    with database.writing(tenant) as session:
        fleet = found_fleet(session)
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], starts_on="2026-10-01")]))
        bill_month(session, month=Month("2026-10"), now=NOW, by=CLERK)
        number = session.exec(select(InvoiceRecord.number)).one()
    file = tmp_path / "statement.xml"
    file.write_bytes(statement(entry("50.50", number, ref="A1")))

    assert pas("bank-statement", str(file), "--json").json[0]["matched"] == "50.50"
    told = pas("account", "K-007", "--json").json

    assert [(row["kind"], row["balance"]) for row in told["lines"]] == [("invoice", "60.50"), ("payment", "10.00")]
    assert (told["closing"], told["unallocated"]) == ("10.00", "0.00")
    file.write_bytes(b"<html/>")
    assert pas("bank-statement", str(file), "--json").exit_code == 1
    assert pas("send", "--json").json["stripe"] is False
    assert pas("reconcile", "--json").json["code"] == "no-stripe"


def test_each_e_invoice_is_laid_into_the_folder_once_as_it_was_issued(
    database: Database, tenant: int, tmp_path: Path, pas: Pas, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing(tenant) as session:
        fleet = found_fleet(session)
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], starts_on="2026-10-01")]))
        bill_month(session, month=Month("2026-10"), now=NOW, by=CLERK)
        number = session.exec(select(InvoiceRecord.number)).one()
    monkeypatch.setenv("PAS_EINVOICE_FOLDER", str(tmp_path / "out"))
    our_settings.cache_clear()

    first, second = (pas("send", "--json").json["files"] for _ in range(2))

    assert (first, second) == (1, 0)
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == f"{number}.xml"
    assert number.encode() in file.read_bytes()
    monkeypatch.undo()
    our_settings.cache_clear()
