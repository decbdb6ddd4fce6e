"""Random contracts, seeded: each of their invoices and credit notes is accepted by all rules and adds up.

`make prove` takes ten thousand (PAS_TEST_DOCUMENTS).
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from lxml import etree

from billing.contract.contract import Contract, VatCategory
from billing.document.credit_note import CreditWanted, draw_credit_note
from billing.document.formula import holds
from billing.einvoice.cii_invoice import cii
from billing.einvoice.frames import Asked
from billing.einvoice.judge import Question, judge_all, rules_in
from billing.einvoice.rules_process import RulesProcess
from billing.einvoice.ubl import elements, text
from billing.einvoice.ubl_invoice import travels, ubl
from billing.einvoice.verdict import Severity, Verdict
from billing.invoice import Invoice, draw_up, payment_reference
from billing.period import Month
from billing.rating.rated import RatedLine
from billing.seller import checked
from lifecycle.customer import Customer
from lifecycle.money import to_cents
from tests.billing.billed_fleet import SELLER
from tests.faults.killing import tell

DOCUMENTS = int(os.environ.get("PAS_TEST_DOCUMENTS", "300"))
OCTOBER = Month("2026-10")
COUNTRIES = {
    "NL": "NL004495445B01",
    "FR": "FR40303265045",
    "DE": "DE136695976",
    "SE": "SE123456789701",
    "ES": "ESB58378431",
}
NAMES = ("Ziekenhuis Élisabeth", 'Café & <Bar> "Zuid"', "Société des Eaux d’Œudeghien", "Łódź 🏥 株式会社", "A")
TAXES = (
    (VatCategory.STANDARD, 21),
    (VatCategory.STANDARD, 6),
    (VatCategory.STANDARD, 12),
    (VatCategory.EXEMPT, 0),
    (VatCategory.ZERO, 0),
)
UNITS = ("HUR", "KWH", "C62", "KMT", "DAY", "LTR")


def random_invoice(seed: int) -> Invoice:
    """Draw up an invoice of a random contract: any buyer, tax, language, tiers, late use, credits, odd prices."""
    chance = Random(seed)
    country = chance.choice(["BE", "BE", "BE", *COUNTRIES])
    number = _belgian(chance) if country == "BE" else COUNTRIES[country]
    abroad = country != "BE" and chance.random() < 0.7
    category, rate = (
        (chance.choice((VatCategory.REVERSE_CHARGE, VatCategory.INTRA_COMMUNITY)), 0)
        if abroad
        else chance.choice(TAXES)
    )
    consumer = not abroad and chance.random() < 0.1
    buyer = Customer(
        code=f"K-{seed}", name=chance.choice(NAMES), vat_number=None if consumer else number, country=country,
        street=chance.choice(("", "Kaai 1")), postal_code=chance.choice(("", "9000")), city=chance.choice(("", "Gent")),
        language=chance.choice(("nl", "fr", "en")), email=chance.choice((None, "a@b.example")),
    )  # fmt: skip
    contract = Contract(
        code=f"C-{seed}", customer_id=UUID(int=1), starts_on=date(2026, 1, 1),
        vat_category=category, vat_rate=Decimal(rate),
        payment_days=chance.choice((0, 14, 30)), order_reference=chance.choice(("", "PO & 7")),
    )  # fmt: skip
    return draw_up(
        number=f"INV-2026-{seed:06}",
        seller=checked(SELLER),
        buyer=buyer,
        contract=contract,
        period=OCTOBER,
        lines=list(_lines(chance, category)),
        issued_on=date(2026, 11, 2),
        payment_reference=payment_reference(chance.choice(("BE", "NL")), 2026, seed),
    )


def _belgian(chance: Random) -> str:
    digits = chance.randint(2_000_000, 9_999_999)
    return f"BE0{digits}{97 - digits % 97:02}"


def _lines(chance: Random, category: VatCategory) -> Iterator[RatedLine]:
    total = Decimal(0)
    for place in range(chance.randint(1, 12)):
        line = _line(chance, place, category)
        total += line.net
        yield line
    if total < 0 and chance.random() < 0.5:
        yield _line(chance, 99, category, quantity=Decimal(1), price=Decimal(9_000_000), base=Decimal(1))


def _line(
    chance: Random,
    place: int,
    category: VatCategory,
    *,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    base: Decimal | None = None,
) -> RatedLine:
    own = category is VatCategory.STANDARD and chance.random() < 0.2
    quantity = quantity or Decimal(chance.choice((0, 1, 1, -1, chance.randint(-50_000, 900_000)))) / chance.choice(
        (1, 1, 1000)
    )
    price = price or Decimal(chance.randint(0, 10**7)) / chance.choice((100, 100, 10**4, 10**8))
    base = base or Decimal(chance.choice((1, 1, 1, 30, 31)))
    net = to_cents(quantity * price / base)
    start = OCTOBER.start - timedelta(days=chance.choice((0, 0, 0, 31, 400)))
    return RatedLine(
        billed_of=UUID(int=place + 1),
        contract_line_id=UUID(int=place + 1),
        asset_id=UUID(int=place + 1),
        serial=f"S-{place}",
        product=chance.choice(NAMES),
        component=chance.choice(("fee", "use", "discount", "credit", "correction", "charge")),
        meter=chance.choice((None, "lamp_hours")),
        period_start=start,
        period_end=start + timedelta(days=chance.randint(1, 31)),
        quantity=quantity,
        unit=chance.choice(UNITS),
        unit_price=price,
        price_base=base,
        net=net,
        vat_category=VatCategory.STANDARD if own else None,
        vat_rate=Decimal(chance.choice((6, 12))) if own else None,
        formula=f"{quantity:f} × {price:f} / {base} = {net}",
        opening=Decimal("1.5"),
        opening_at=datetime(2026, 9, 30, tzinfo=UTC),
        reasons=[],
    )


def credited(invoice: Invoice, seed: int) -> Invoice:
    """Take back a random part of an invoice, or all of it."""
    chance = Random(seed)
    wanted: dict[str, object] = {"why": "goodwill", "note": "Excuses & <groeten>"}
    own = [line for line in invoice.lines if line.net > 0]
    if own and chance.random() < 0.6:
        line = chance.choice(own)
        amount = to_cents(line.net * chance.randint(1, 100) / 100)
        wanted["lines"] = [{"position": line.position, "amount": max(amount, Decimal("0.01"))}]
    return draw_credit_note(
        invoice, [], CreditWanted.model_validate(wanted), number=f"CN-2026-{seed:06}", issued_on=date(2026, 11, 3)
    )


@pytest.mark.parametrize("by_mock", [False, True], ids=["rules", "stand-in"])
def test_each_is_accepted_by_all_rules_and_adds_up(shared_data: Path, *, by_mock: bool) -> None:
    folder = None if by_mock else rules_in(shared_data / "billing" / "peppol-bis-3.0.19")
    refused: list[tuple[str, list[str]]] = []
    with RulesProcess() as rules:
        wanted = DOCUMENTS // 10 if by_mock else DOCUMENTS
        for start in range(0, wanted, 100):
            seeds = range(start, min(start + 100, wanted))
            invoices = [random_invoice(seed) for seed in seeds]
            notes = [credited(one, seed) for one, seed in zip(invoices, seeds, strict=True) if one.net > 0][:20]
            for one in (*invoices, *notes):
                _adds_up(one)
            documents = [*invoices, *notes]
            questions = [Question(ubl(one), travels(one)) for one in documents]
            for one, verdict in zip(documents, judge_all(questions, rules=rules, peppol=folder), strict=True):
                assert isinstance(verdict, Verdict)
                assert len(verdict.rule_sets) == (4 if travels(one) else 3)
                if not verdict.accepted:
                    refused.append((one.number, verdict.rules(Severity.FATAL)))
            refused += _refused_as_cii(rules, documents[:10])
            tell(f"{seeds.stop} of {wanted} random contracts judged, {len(refused)} refused")
    assert refused == []


def _refused_as_cii(rules: RulesProcess, documents: list[Invoice]) -> Iterator[tuple[str, list[str]]]:
    """Hold what a hybrid would carry against its own schema and rules."""
    for one, judged in zip(documents, rules.judge_all([Asked(cii(one)) for one in documents]), strict=True):
        broken = [told.rule for told in judged.told if told.severity == "fatal"]
        if broken or judged.failed:
            yield one.number, [*broken, judged.failed]


def _adds_up(one: Invoice) -> None:
    """Read the amounts from the e-invoice itself and add them up, to the cent."""
    root = etree.fromstring(ubl(one))
    nets = [
        Decimal(text(line, "cbc:LineExtensionAmount"))
        for line in elements(root, "cac:InvoiceLine | cac:CreditNoteLine")
    ]
    vat = [Decimal(text(part, "cbc:TaxAmount")) for part in elements(root, "cac:TaxTotal/cac:TaxSubtotal")]
    total = {
        name: Decimal(text(root, f"cac:LegalMonetaryTotal/cbc:{name}"))
        for name in ("TaxExclusiveAmount", "PayableAmount")
    }
    assert total["TaxExclusiveAmount"] == sum(nets)
    assert total["PayableAmount"] == sum(nets) + sum(vat)
    assert not re.search(rb">-0(\.0*)?<", ubl(one))
    assert all(holds(line.formula) for line in one.lines)
