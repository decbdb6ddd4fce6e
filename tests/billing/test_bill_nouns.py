"""The arithmetic of a bill: days, shares, use, VAT, sums and numbers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
import stdnum.iso11649
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from billing.contract.contract import Proration, VatCategory
from billing.contract.tariff import Rounding
from billing.invoice import Invoice, as_document, draw_up, payment_reference
from billing.period import Month, NotAPeriod, Period, local_day, midnight, read_period
from billing.proof import NO_READINGS, Proof
from billing.rating.price_use import beyond
from billing.rating.proration import Share, share
from billing.rating.rated import Meter, MeterRanBack, RatedLine, Terms
from billing.seller import Seller, WrongNumber, checked
from billing.vat import BuyerWithoutVatNumber, Taxed, WrongRate, check_rate, vat_shares
from lifecycle.chain import digest
from lifecycle.customer import Customer
from lifecycle.money import to_cents
from pas.words import Words, catalogue
from tests.billing.billed_fleet import SELLER, contract, line
from tests.billing.rated_lines import rate

OCTOBER = Month("2026-10")
months = st.dates(date(1971, 1, 1), date(2198, 12, 31)).map(lambda day: Month(f"{day:%Y-%m}"))
fees = st.decimals(Decimal("0.01"), Decimal(1_000_000), places=2)
uses = st.decimals(0, 100_000, places=3)


def terms(**changes: object) -> Terms:
    facts = {
        "line_id": uuid4(),
        "asset_id": uuid4(),
        "serial": "PRJ-1",
        "product": "Projector",
        "starts_on": date(1970, 1, 1),
        "ends_on": None,
        "monthly_fee": Decimal(50),
        "meter": None,
    }
    return Terms(**(facts | changes))  # type: ignore[arg-type]


def used(amount: Decimal) -> Proof:
    stamp = datetime(2026, 10, 1, tzinfo=UTC)
    return Proof(amount, 2, Decimal(0), stamp, amount, stamp)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "1969-12", "2200-01", "2026-1", "", "२०२६-१०", "2026-10-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(NotAPeriod):
        Month(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-10/2027-04", "2026-10-01", "2027-05-01"),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, start: str, end: str) -> None:
    assert read_period(text) == Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize("text", ["", "2026-Q5", "2027-01/2026-01", "now", "2026/", "9999"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(NotAPeriod):
        read_period(text)


def test_a_month_with_a_clock_change_is_an_hour_shorter_or_longer_and_has_its_days() -> None:
    start, end = Month("2026-03").instants("Europe/Brussels")
    assert (end - start, Month("2026-03").days) == (timedelta(days=31, hours=-1), 31)
    start, end = OCTOBER.instants("Europe/Brussels")
    assert (end - start, OCTOBER.days) == (timedelta(days=31, hours=1), 31)


def test_a_midnight_that_the_clocks_skip_is_the_moment_they_skip_it() -> None:
    assert midnight(date(2018, 11, 4), "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)


@given(day=st.dates(date(1970, 1, 2), date(2199, 12, 30)), zone=st.sampled_from(["Europe/Brussels", "Asia/Karachi"]))
@settings(deadline=None, max_examples=50)
def test_a_day_begins_at_its_own_midnight(day: date, zone: str) -> None:
    begin = midnight(day, zone)
    assert local_day(begin, zone) == day
    assert local_day(begin - timedelta(microseconds=1), zone) < day


@given(month=months, cut=st.integers(1, 27), policy=st.sampled_from([Proration.ACTUAL_DAYS, Proration.FIXED_30]))
@settings(deadline=None, max_examples=100)
def test_the_shares_of_two_parts_are_one_whole(month: Month, cut: int, policy: Proration) -> None:
    middle = month.start + timedelta(days=cut)
    parts = [Period(month.start, middle), Period(middle, month.end)]

    shares = [share(policy, part=part, whole=month) for part in parts]

    assert sum(Fraction(one.days, one.of) for one in shares) == 1
    assert all(one.days >= 0 for one in shares)


@given(month=months, cut=st.integers(1, 27), fee=fees)
@settings(deadline=None, max_examples=100)
def test_two_parts_of_a_month_cost_the_month_within_a_cent(month: Month, cut: int, fee: Decimal) -> None:
    middle = month.start + timedelta(days=cut)
    halves = [terms(monthly_fee=fee, ends_on=middle), terms(monthly_fee=fee, starts_on=middle)]

    nets = [rate(one, month=month, proration=Proration.ACTUAL_DAYS, proof=NO_READINGS)[0].net for one in halves]

    assert abs(sum(nets) - fee) <= Decimal("0.01")


def test_any_day_of_a_full_month_policy_owes_the_whole_fee() -> None:
    one_day = terms(starts_on=date(2026, 10, 31))

    (fee,) = rate(one_day, month=OCTOBER, proration=Proration.FULL_MONTH, proof=NO_READINGS)

    assert (fee.net, fee.unit, fee.period_start) == (Decimal("50.00"), "MON", date(2026, 10, 31))


def test_a_line_that_does_not_run_in_the_month_owes_nothing() -> None:
    for one in (terms(ends_on=date(2026, 10, 1)), terms(starts_on=date(2026, 11, 1))):
        assert rate(one, month=OCTOBER, proration=Proration.FULL_MONTH, proof=NO_READINGS) == []


def test_a_line_can_be_checked_by_hand() -> None:
    meter = Meter("lamp_hours", "hour", Decimal("0.125"), Decimal(62))
    one = terms(starts_on=date(2026, 10, 17), meter=meter)

    fee, use = rate(one, month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=used(Decimal("345.5")))

    assert fee.formula == "50.00 × 15 / 31 = 24.19"
    assert (fee.quantity, fee.unit, fee.unit_price, fee.price_base) == (15, "DAY", Decimal("50.00"), 31)
    assert use.formula == "max(0, 345.5 − 30) = 315.5; 315.5 × 0.125 = 39.44"
    assert (use.quantity, use.unit, use.net) == (Decimal("315.5"), "HUR", Decimal("39.44"))
    assert [reason.code for reason in use.reasons] == ["bill.readings", "bill.allowance", "bill.price"]
    assert use.reasons[0].inputs["closing"] == "345.5"


def test_a_month_without_use_still_shows_the_meter() -> None:
    one = terms(monthly_fee=Decimal(0), meter=Meter("lamp_hours", "hour", Decimal("0.125"), Decimal(0)))

    (use,) = rate(one, month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=NO_READINGS)

    assert (use.quantity, use.net, use.reasons[0].code) == (0, Decimal("0.00"), "bill.no_readings")


def test_a_meter_that_ran_back_is_refused() -> None:
    one = terms(meter=Meter("lamp_hours", "hour", Decimal(1), Decimal(0)))
    with pytest.raises(MeterRanBack):
        rate(one, month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=used(Decimal(-1)))


@given(amount=uses, more=uses, allowance=uses, days=st.integers(1, 31))
@settings(deadline=None, max_examples=100)
def test_more_use_is_never_cheaper(amount: Decimal, more: Decimal, allowance: Decimal, days: int) -> None:
    owed = Share(days, 31)
    included = owed.part_of(allowance)
    for rounding in Rounding:
        assert 0 <= beyond(amount, included, rounding) <= beyond(amount + more, included, rounding)


def test_vat_is_counted_on_the_sum_and_not_by_line() -> None:
    (one,) = vat_shares([Taxed(VatCategory.STANDARD, Decimal(21), Decimal("0.33"))] * 30)
    assert (one.taxable, one.vat) == (Decimal("9.90"), Decimal("2.08"))


def test_one_rate_written_in_two_ways_is_one_rate() -> None:
    shares = vat_shares(Taxed(VatCategory.STANDARD, Decimal(rate), Decimal(1)) for rate in ("21", "21.00"))
    assert [(one.rate, one.taxable) for one in shares] == [(Decimal(21), Decimal(2))]


@given(st.lists(st.tuples(st.sampled_from([6, 12, 21]), st.decimals(0, 10_000, places=2)), min_size=1, max_size=30))
@settings(deadline=None, max_examples=100)
def test_vat_on_the_sum_is_off_the_exact_tax_by_half_a_cent_at_most(lines: list[tuple[int, Decimal]]) -> None:
    shares = vat_shares(Taxed(VatCategory.STANDARD, Decimal(rate), net) for rate, net in lines)

    assert sum(one.taxable for one in shares) == sum(net for _, net in lines)
    for one in shares:
        assert abs(one.vat - one.taxable * one.rate / 100) <= Decimal("0.005")
        assert one.vat == to_cents(one.taxable * one.rate / 100)


@pytest.mark.parametrize(("category", "rate"), [("S", 0), ("AE", 21), ("K", 6), ("E", 1), ("Z", 21)])
def test_a_rate_goes_with_its_category(category: str, rate: int) -> None:
    with pytest.raises(WrongRate):
        check_rate(VatCategory(category), Decimal(rate))


BUYER = Customer(code="K-1", name="Ziekenhuis", vat_number="NL004495445B01", language="nl", country="NL")


def invoice_of(lines: list[RatedLine], *, buyer: Customer = BUYER, **changes: object) -> Invoice:
    signed = contract(uuid4(), "C-1", [line(uuid4())], **changes)
    return draw_up(
        number="INV-2026-000001",
        seller=checked(SELLER),
        buyer=buyer,
        contract=signed,
        period=OCTOBER,
        lines=lines,
        issued_on=date(2026, 11, 1),
        payment_reference=payment_reference("BE", 2026, 1),
    )


@given(st.lists(st.tuples(fees, uses, st.integers(1, 31)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_a_document_adds_up(cases: list[tuple[Decimal, Decimal, int]]) -> None:
    lines = [
        priced
        for fee, use, day in cases
        for priced in rate(
            terms(
                monthly_fee=fee,
                starts_on=date(2026, 10, day),
                meter=Meter("lamp_hours", "hour", Decimal("0.0371"), Decimal(10)),
            ),
            month=OCTOBER,
            proration=Proration.ACTUAL_DAYS,
            proof=used(use),
        )
    ]

    made = invoice_of(lines)

    assert made.net + made.vat == made.gross
    assert made.net == sum(one.net for one in made.lines)
    assert "-0.00" not in str(as_document(made))


def test_a_document_that_does_not_add_up_cannot_exist() -> None:
    lines = rate(terms(), month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=NO_READINGS)
    right = invoice_of(lines).model_dump()
    for field in ("net", "vat", "gross"):
        with pytest.raises(ValidationError, match="do not add up"):
            Invoice.model_validate(right | {field: right[field] + Decimal("0.01")})


def test_a_document_keeps_its_hash_through_json() -> None:
    lines = rate(terms(), month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=NO_READINGS)
    document = as_document(invoice_of(lines))
    assert digest(as_document(Invoice.model_validate(document))) == digest(document)


def test_reverse_charge_names_the_law_in_the_buyers_language_and_needs_a_vat_number() -> None:
    lines = rate(terms(), month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=NO_READINGS)

    made = invoice_of(lines, vat_category="AE", vat_rate=0)

    assert (made.vat, made.gross) == (Decimal("0.00"), made.net)
    assert made.legal_sentences == ["Btw verlegd, art. 196 Richtlijn 2006/112/EG."]
    with pytest.raises(BuyerWithoutVatNumber):
        invoice_of(lines, vat_category="AE", vat_rate=0, buyer=BUYER.model_copy(update={"vat_number": None}))


@given(sequence=st.integers(1, 999_999), year=st.integers(1970, 2199))
@settings(deadline=None, max_examples=50)
def test_a_payment_reference_passes_its_own_check(sequence: int, year: int) -> None:
    belgian = "".join(filter(str.isdigit, payment_reference("BE", year, sequence)))
    assert len(belgian) == 12
    assert (int(belgian[:10]) % 97 or 97) == int(belgian[10:])
    assert stdnum.iso11649.is_valid(payment_reference("NL", year, sequence))


@pytest.mark.parametrize(
    "wrong", [{"vat_number": "BE0203430577"}, {"iban": "BE68539007547035"}, {"bic": "NOBIC"}, {"vat_number": "x"}]
)
def test_a_seller_with_a_wrong_number_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(WrongNumber) as refused:
        checked(Seller.model_validate(SELLER.model_dump() | wrong))
    assert refused.value.field == next(iter(wrong))


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_every_reason_of_a_line_is_a_sentence(language: str) -> None:
    one = terms(meter=Meter("lamp_hours", "hour", Decimal("0.125"), Decimal(62)))
    lines = [
        made
        for proof in (NO_READINGS, used(Decimal("345.5")))
        for made in rate(one, month=OCTOBER, proration=Proration.ACTUAL_DAYS, proof=proof)
    ]

    told = {reason.code: Words(language).reason(reason) for made in lines for reason in made.reasons}

    assert len(told) == 5
    assert all(f"reason.{code}" in catalogue() and "–" not in sentence for code, sentence in told.items())
