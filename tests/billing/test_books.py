"""The books tie out: every table of them, on whatever was billed, served, signed and paid."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.books.aged import OpenItem, aged
from billing.books.group import By
from billing.books.line import BookedLine, first_of, months_of
from billing.books.recurring import Fee, recurring
from billing.books.revenue import deposits, earned_by, roll_forward, spread
from billing.books.spreadsheet import written
from billing.books.vat_listing import VatDocument, compact, vat_listing
from billing.contract.contract import VatCategory
from billing.period import Period, months_later
from billing.vat import Taxed, vat_shares

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
DAYS = st.dates(date(2025, 6, 1), date(2027, 6, 1))
CENTS = st.integers(-1_000_000, 1_000_000).map(lambda cents: Decimal(cents) / 100)
NAMES = st.sampled_from(["K-1", "K-2", "K-3"])


@st.composite
def booked(draw: st.DrawFn) -> BookedLine:
    start = draw(DAYS)
    return BookedLine(
        document=draw(st.sampled_from(["INV-1", "INV-2"])),
        issued_on=draw(st.none() | DAYS),
        customer=draw(NAMES),
        contract="C-1",
        product=draw(st.sampled_from(["projector", "chair"])),
        component=draw(st.sampled_from(["fee", "use", "deposit", "deposit_return"])),
        start=start,
        end=start + timedelta(days=draw(st.integers(1, 400))),
        net=draw(CENTS),
        currency="EUR",
    )


@st.composite
def fees(draw: st.DrawFn) -> Fee:
    start = draw(DAYS)
    return Fee(
        customer=draw(NAMES),
        contract=draw(st.sampled_from(["C-1", "C-2", "C-3", "C-4"])),
        product=draw(st.sampled_from(["projector", "chair"])),
        monthly=Decimal(draw(st.integers(0, 100_000))) / 100,
        currency="EUR",
        start=start,
        end=draw(st.none() | st.integers(1, 500).map(lambda days: start + timedelta(days=days))),
    )


@settings(deadline=None, max_examples=200)
@given(net=CENTS, start=DAYS, days=st.integers(1, 900))
def test_the_months_of_a_line_add_up_to_it_and_its_credit_is_their_inverse(
    net: Decimal, start: date, days: int
) -> None:
    end = start + timedelta(days=days)

    parts = spread(net, start, end)

    assert sum(parts.values()) == net
    assert list(parts) == months_of(start, end)
    assert {month: -part for month, part in parts.items()} == spread(-net, start, end)
    for month, part in parts.items():
        served = (min(end, months_later(month, 1)) - max(start, month)).days
        assert abs(part - net * served / days) < Decimal("0.01")


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(booked(), max_size=12), by=st.sampled_from(list(By)))
def test_the_roll_forward_ties_out(lines: list[BookedLine], by: By) -> None:
    rows = roll_forward(lines, period=YEAR, by=by)

    revenue = [line for line in lines if "deposit" not in line.component]
    assert sum(row.billed for row in rows) == sum(
        line.net for line in revenue if line.issued_on and YEAR.meet(line.issued_on, line.issued_on + timedelta(1))
    )
    groups = defaultdict(list)
    for row in rows:
        assert row.opening + row.billed - row.recognised == row.closing == row.deferred - row.accrued
        groups[row.group].append(row)
    for group, of in groups.items():
        assert [row.month for row in of] == [f"2026-{month:02}" for month in range(1, 13)]
        assert [row.opening for row in of[1:]] == [row.closing for row in of[:-1]]
        own = [line for line in revenue if line.group(by) == group]
        assert (of[0].opening, of[-1].closing) == (balance(own, YEAR.start), balance(own, YEAR.end))


def balance(lines: list[BookedLine], day: date) -> Decimal:
    """What was billed before the first day of a month, less what was served before it."""
    billed = sum((line.net for line in lines if line.issued_on and line.issued_on < day), Decimal(0))
    served = (part for line in lines for at, part in spread(line.net, line.start, line.end).items() if at < day)
    return billed - sum(served, Decimal(0))


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(booked(), max_size=12))
def test_deferred_and_accrued_are_each_the_sum_of_their_lines(lines: list[BookedLine]) -> None:
    revenue = [line for line in lines if "deposit" not in line.component]
    for row in roll_forward(lines, period=YEAR, by=By.ALL):
        after = months_later(date.fromisoformat(f"{row.month}-01"), 1)
        parts = [(balance([line], after), line.issued_on and line.issued_on < after) for line in revenue]
        assert row.deferred == sum(part for part, issued in parts if issued)
        assert row.accrued == -sum(part for part, issued in parts if not issued)


def test_a_year_billed_ahead_is_deferred_and_a_month_billed_after_is_accrued() -> None:
    ahead = line(date(2026, 1, 5), date(2026, 1, 1), date(2027, 1, 1), "365.00")
    after = line(date(2026, 2, 2), date(2026, 1, 1), date(2026, 2, 1), "50.00")

    january, february = roll_forward([ahead, after], period=YEAR, by=By.ALL)[:2]

    assert (january.recognised, january.deferred, january.accrued) == (Decimal(81), Decimal(334), Decimal(50))
    assert (february.billed, february.recognised, february.deferred, february.accrued) == (50, 28, 306, 0)


def test_a_credit_note_takes_back_what_was_deferred() -> None:
    bill = line(date(2026, 1, 5), date(2026, 1, 1), date(2027, 1, 1), "365.00")
    credit = line(date(2026, 3, 5), date(2026, 1, 1), date(2027, 1, 1), "-365.00")
    rows = roll_forward([bill, credit], period=YEAR, by=By.ALL)
    assert [row.closing for row in rows[2:]] == [0] * 10
    assert sum(row.recognised for row in rows) == 0


def test_deposits_are_never_revenue_and_roll_forward_by_themselves() -> None:
    taken = line(date(2026, 1, 5), date(2026, 1, 1), date(2026, 1, 2), "100.00")._replace(component="deposit")
    back = line(date(2026, 6, 5), date(2026, 6, 1), date(2026, 6, 2), "-40.00")._replace(component="deposit_return")

    rows = deposits([taken, back], period=YEAR)

    assert roll_forward([taken, back], period=YEAR, by=By.ALL) == []
    assert [(row.month, row.taken, row.returned, row.closing) for row in rows if row.taken or row.returned] == [
        ("2026-01", 100, 0, 100),
        ("2026-06", 0, 40, 60),
    ]


def test_a_fee_under_way_is_earned_by_the_day_and_use_when_it_is_measured() -> None:
    fee = line(None, date(2026, 3, 1), date(2026, 4, 1), "31.00")
    half = earned_by(fee, date(2026, 3, 16))
    assert half is not None
    assert (half.net, half.end) == (15, date(2026, 3, 16))
    use = earned_by(fee._replace(component="use"), date(2026, 3, 16))
    assert use is not None
    assert use.net == 31
    assert earned_by(fee, date(2026, 3, 1)) is None
    assert earned_by(fee, date(2026, 4, 1)) == fee


def line(issued_on: date | None, start: date, end: date, net: str) -> BookedLine:
    return BookedLine("INV-1", issued_on, "K-1", "C-1", "chair", "fee", start, end, Decimal(net), "EUR")


@settings(deadline=None, max_examples=60)
@given(signed=st.lists(fees(), max_size=10), by=st.sampled_from(list(By)))
def test_recurring_revenue_ties_out_in_money_and_in_contracts(signed: list[Fee], by: By) -> None:
    groups = defaultdict(list)
    for row in recurring(signed, period=YEAR, by=by):
        gained, lost = row.new + row.reactivated + row.expansion, row.contraction + row.churned
        assert row.opening + gained - lost == row.closing
        assert min(row.new, row.reactivated, row.expansion, row.contraction, row.churned) >= 0
        assert row.contracts_opening + row.contracts_started - row.contracts_ended == row.contracts_closing
        groups[row.group].append(row)
    for group, rows in groups.items():
        assert [row.opening for row in rows[1:]] == [row.closing for row in rows[:-1]]
        for row in rows:
            last = months_later(date.fromisoformat(f"{row.month}-01"), 1) - timedelta(days=1)
            running = [fee for fee in signed if fee.group(by) == group and fee.start <= last]
            assert row.closing == sum(fee.monthly for fee in running if fee.end is None or fee.end > last)


@settings(deadline=None, max_examples=60)
@given(signed=st.lists(fees(), max_size=10), by=st.sampled_from([By.CUSTOMER, By.PRODUCT, By.CONTRACT]))
def test_the_groups_add_up_to_the_whole(signed: list[Fee], by: By) -> None:
    parts, whole = recurring(signed, period=YEAR, by=by), recurring(signed, period=YEAR, by=By.ALL)
    for row in whole:
        assert row.closing == sum(part.closing for part in parts if part.month == row.month)


def test_who_comes_back_is_not_new_and_who_grows_is_expansion() -> None:
    first = Fee("K-1", "C-1", "chair", Decimal(10), "EUR", date(2026, 1, 5), date(2026, 3, 1))
    again = first._replace(contract="C-2", start=date(2026, 5, 1), end=None)
    more = again._replace(contract="C-3", start=date(2026, 6, 1), monthly=Decimal(5), end=date(2026, 8, 1))

    rows = recurring([first, again, more], period=YEAR, by=By.ALL)

    moved = {row.month[-2:]: (row.new, row.reactivated, row.expansion, row.contraction, row.churned) for row in rows}
    assert {month: amounts for month, amounts in moved.items() if any(amounts)} == {
        "01": (10, 0, 0, 0, 0),
        "03": (0, 0, 0, 0, 10),
        "05": (0, 10, 0, 0, 0),
        "06": (0, 0, 5, 0, 0),
        "08": (0, 0, 0, 5, 0),
    }
    assert (rows[2].money_churn, rows[2].contract_churn, rows[5].retention) == (1, 1, Decimal("1.5"))


@settings(deadline=None, max_examples=60)
@given(
    owed=st.lists(st.tuples(NAMES, DAYS, CENTS), max_size=15),
    as_of=DAYS,
)
def test_every_open_cent_has_its_age_and_its_customer(owed: list[tuple[str, date, Decimal]], as_of: date) -> None:
    items = [
        OpenItem(customer, customer, f"INV-{number}", due, due, "EUR", amount, amount)
        for number, (customer, due, amount) in enumerate(owed)
    ]

    report = aged(items, as_of=as_of)

    for row in (*report.customers, *report.totals):
        assert row.not_due + row.days_1_30 + row.days_31_60 + row.days_61_90 + row.over_90 == row.open
    assert sum(row.open for row in report.customers) == sum(amount for _, _, amount in owed)
    assert sum(row.open for row in report.totals) == sum(amount for _, _, amount in owed)
    for item in report.items:
        assert item.days_overdue == (as_of - item.due_on).days


BUYERS = st.sampled_from(
    [("BE", "BE0417497106"), ("BE", None), ("NL", "NL123456782B12"), ("DE", "DE 136695976"), ("GB", "GB123456789")]
)


@st.composite
def documents(draw: st.DrawFn) -> VatDocument:
    country, number = draw(BUYERS)
    taxed = draw(
        st.lists(
            st.tuples(
                st.sampled_from(
                    [
                        (VatCategory.STANDARD, Decimal(21)),
                        (VatCategory.STANDARD, Decimal(6)),
                        (VatCategory.REVERSE_CHARGE, Decimal(0)),
                        (VatCategory.INTRA_COMMUNITY, Decimal(0)),
                        (VatCategory.EXEMPT, Decimal(0)),
                    ]
                ),
                CENTS,
            ),
            min_size=1,
            max_size=4,
        )
    )
    shares = vat_shares(Taxed(category, rate, net) for (category, rate), net in taxed)
    net = sum((share.taxable for share in shares), Decimal(0))
    return VatDocument(
        number=f"INV-{draw(st.integers(1, 10**6))}",
        issued_on=date(2026, 3, 1),
        is_credit=net < 0,
        customer=f"{country}-{number}",
        customer_name="Ziekenhuis",
        country=country,
        vat_number=number,
        currency="EUR",
        net=net,
        vat=sum((share.vat for share in shares), Decimal(0)),
        shares=shares,
    )


@settings(deadline=None, max_examples=60)
@given(issued=st.lists(documents(), max_size=12))
def test_the_vat_listing_says_what_the_documents_say(issued: list[VatDocument]) -> None:
    listing = vat_listing(issued, start=YEAR.start, end=YEAR.end)

    net, vat = sum(one.net for one in issued), sum(one.vat for one in issued)
    assert (sum(row.taxable for row in listing.rows), sum(row.vat for row in listing.rows)) == (net, vat)
    assert (sum(row.taxable for row in listing.sums), sum(row.vat for row in listing.sums)) == (net, vat)
    boxes = {box.grid: box.amount for box in listing.grids}
    assert boxes.pop("54", 0) - boxes.pop("64", 0) == vat
    assert sum(-amount if grid in {"48", "49"} else amount for grid, amount in boxes.items()) == net
    abroad = sum(row.amount for row in listing.intra_community)
    shifted = {VatCategory.REVERSE_CHARGE, VatCategory.INTRA_COMMUNITY}
    union = [one for one in issued if one.country in {"NL", "DE"}]
    assert abroad == sum(share.taxable for one in union for share in one.shares if share.category in shifted)


def test_the_yearly_listing_names_belgian_customers_above_what_the_law_leaves_out() -> None:
    def document(number: str, net: str) -> VatDocument:
        shares = vat_shares([Taxed(VatCategory.STANDARD, Decimal(21), Decimal(net))])
        facts = (number, date(2026, 3, 1), Decimal(net) < 0, "K-1", "School", "BE", "be 0417.497.106", "EUR")
        return VatDocument(*facts, shares[0].taxable, shares[0].vat, shares)

    whole = vat_listing([document("INV-1", "300.00")], start=YEAR.start, end=YEAR.end).customers
    credited = [document("INV-1", "300.00"), document("CN-1", "-50.00")]

    assert [(row.vat_number, row.turnover, row.vat) for row in whole] == [("0417497106", 300, 63)]
    assert vat_listing(credited, start=YEAR.start, end=YEAR.end).customers == []
    assert compact("123456789", "GR") == "EL123456789"


def test_no_cell_of_a_csv_is_a_formula() -> None:
    rows = [["=1+1", Decimal("-1.50"), None, "\tx", "+32 9", "plain"]]
    assert written(["a", "b", "c", "d", "e", "f"], rows).splitlines()[1] == "'=1+1,-1.50,,'\tx,'+32 9,plain"


def test_a_month_has_one_name() -> None:
    assert first_of(date(2026, 2, 28)) == date(2026, 2, 1)
