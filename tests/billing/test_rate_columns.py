"""Rating by column gives to the cent what rating line by line gives."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from billing.contract.contract import Contract, ContractLine, Proration, VatCategory
from billing.draft_columns import odd_contracts
from billing.draft_contracts import draw_up_drafts, draw_up_one_by_one
from billing.load_columns import PLAIN_CONTRACT, PLAIN_LINE, load_columns, says_more
from billing.month.draft import draft_line, scaled
from billing.period import Month
from billing.proof import NO_READINGS, Proof
from billing.rating.rate_columns import (
    FEE_DIGITS,
    POLICIES,
    PRICE_DIGITS,
    USE_DIGITS,
    TermColumns,
    rate_columns,
    too_large,
    vat_cents,
)
from billing.rating.rate_line import fee_lines, fee_slots, use_lines, use_slots
from billing.rating.rated import Meter, Policies, RatedLine, Terms
from billing.vat import Taxed, vat_shares
from tests.billing.billed_fleet import contract, found_fleet, line, read_meter, sign

SOON_AFTER = datetime(2026, 11, 2, 9, tzinfo=UTC)
LINE_ID, ASSET_ID = UUID(int=1), UUID(int=2)

months = st.builds(lambda year, month: Month(f"{year}-{month:02}"), st.integers(2023, 2028), st.integers(1, 12))
amounts = st.decimals(0, 1_000_000, places=4)
prices = st.decimals(0, 1_000, places=8)
uses = st.decimals(0, 1_000_000, places=3)
days = st.integers(-40, 40)


def columns_of(terms: Terms, proration: Proration, used: Decimal) -> TermColumns:
    """One row."""
    meter = terms.meter
    cells: dict[str, Any] = {
        "starts": terms.starts_on.toordinal(),
        "ends": (terms.ends_on or date(2200, 1, 1)).toordinal(),
        "policy": POLICIES[proration],
        "fee": scaled(terms.monthly_fee, FEE_DIGITS),
        "metered": meter is not None,
        "unit_price": scaled(meter.unit_price, PRICE_DIGITS) if meter else 0,
        "allowance": scaled(meter.allowance, FEE_DIGITS) if meter else 0,
        "used": scaled(used, USE_DIGITS),
    }
    return TermColumns(**{name: np.array([cell]) for name, cell in cells.items()})


def _rated(terms: Terms, month: Month, proration: Proration, proof: Proof) -> list[RatedLine]:
    """The lines of one contract line, as a bill has them."""
    policies = Policies(proration=proration)
    fees = [line for slot in fee_slots(terms, policies, month) for line in fee_lines(terms, slot, policies)]
    return fees + [
        line for slot in use_slots(terms, policies, month) for line in use_lines(terms, slot, policies, proof, None)
    ]


@settings(deadline=None, max_examples=300)
@given(
    month=months,
    proration=st.sampled_from(list(POLICIES)),
    starts=days,
    runs=st.none() | st.integers(1, 60),
    fee=amounts,
    meter=st.none() | st.tuples(prices, amounts, uses),
)
def test_a_column_and_a_line_are_rated_alike(
    month: Month, proration: Proration, starts: int, runs: int | None, fee: Decimal, meter: Any
) -> None:
    begins = month.start + timedelta(days=starts)
    ends = None if runs is None else begins + timedelta(days=runs)
    metered = None if meter is None else Meter("lamp_hours", "hour", meter[0], meter[1])
    terms = Terms(LINE_ID, ASSET_ID, "A", "P", begins, ends, fee, metered)
    used = Decimal(0) if meter is None else meter[2]
    proof = NO_READINGS._replace(increase=used, readings=2)

    row = columns_of(terms, proration, used)
    assume(not too_large(row).any())
    one_by_one = [draft_line(rated) for rated in _rated(terms, month, proration, proof)]
    rated = rate_columns(row, month=month)

    assert [
        (
            "use" if rated.is_use[place] else "fee",
            date.fromordinal(rated.starts[place]).isoformat(),
            date.fromordinal(rated.ends[place]).isoformat(),
            rated.quantity[place],
            rated.unit_price[place],
            rated.price_base[place],
            rated.net_cents[place],
        )
        for place in range(len(rated.row))
    ] == [
        (one.component, one.starts_on, one.ends_on, one.quantity, one.unit_price, one.price_base, one.net_cents)
        for one in one_by_one
    ]


def test_what_does_not_fit_into_whole_numbers_is_left_to_the_other_road() -> None:
    meter = Meter("lamp_hours", "hour", Decimal(999_999), Decimal(0))
    terms = Terms(LINE_ID, ASSET_ID, "A", "P", date(2026, 1, 1), None, Decimal(0), meter)

    assert too_large(columns_of(terms, Proration.ACTUAL_DAYS, Decimal(100_000))).all()
    assert not too_large(columns_of(terms, Proration.ACTUAL_DAYS, Decimal(10))).any()


@settings(deadline=None, max_examples=100)
@given(net=st.integers(0, 10**12), rate_=st.decimals(0, 100, places=4))
def test_vat_by_column_is_rounded_as_vat_is(net: int, rate_: Decimal) -> None:
    (share,) = vat_shares([Taxed(VatCategory.STANDARD, rate_, Decimal(net).scaleb(-2))])

    found = vat_cents(np.array([net]), np.array([scaled(rate_, FEE_DIGITS)]))

    assert Decimal(int(found[0])).scaleb(-2) == share.vat


def test_random_contracts_are_drafted_alike_by_column_and_one_by_one(session: Session) -> None:
    chance = Random(20261)
    fleet = found_fleet(session, assets=40)
    contracts = []
    for number, asset in enumerate(fleet.assets):
        if chance.random() < 0.6:
            shown = sorted(round(chance.uniform(0, 500), 3) for _ in range(3))
            moments = ("2026-09-20T10:00:00Z", "2026-10-03T10:00:00Z", "2026-10-28T10:00:00Z")
            read_meter(session, asset, dict(zip(moments, shown, strict=True)), SOON_AFTER)
        contracts.append(_contract(chance, fleet.customer, number, asset))
    records = sign(session, *contracts)

    for month in (Month("2026-10"), Month("2026-09"), Month("2026-02")):
        by_column = draw_up_drafts(session, month=month, contracts=records, now=SOON_AFTER)
        one_by_one = draw_up_one_by_one(session, month=month, contracts=records, now=SOON_AFTER)

        assert sorted(by_column.rows.drafts) == sorted(one_by_one.rows.drafts)
        assert sorted(by_column.rows.lines) == sorted(one_by_one.rows.lines)
        assert by_column.failures == one_by_one.failures
    assert len(load_columns(session, month=Month("2026-10"), contracts=records).rich) == 0


def _contract(chance: Random, customer: Any, number: int, asset: Any) -> Any:
    metered = {"meter": "lamp_hours", "unit_price": str(round(chance.uniform(0, 2), 5)), "allowance": "20"}
    split = date(2026, chance.choice((2, 9, 10)), chance.randint(2, 28))
    fee = {"monthly_fee": str(round(chance.uniform(0, 90), 4))}
    lines = [
        line(asset, ends_on=split, **fee, **(metered if chance.random() < 0.5 else {})),
        line(asset, starts_on=split, monthly_fee=chance.choice(("0", "33.3333")), **metered),
    ]
    vat = chance.choice(({}, {"vat_category": "AE", "vat_rate": "0"}, {"vat_rate": "6"}))
    return contract(customer, f"C-{number:02}", lines, proration=chance.choice(list(POLICIES)).value, **vat)


def test_a_meter_that_ran_back_is_told_by_the_other_road(session: Session) -> None:
    fleet = found_fleet(session, assets=2)
    metered = {"meter": "lamp_hours", "unit_price": "1"}
    records = sign(
        session, *(contract(fleet.customer, f"C-{n}", [line(a, **metered)]) for n, a in enumerate(fleet.assets))
    )
    plain = load_columns(session, month=Month("2026-10"), contracts=records)
    worse = plain._replace(terms=plain.terms._replace(used=np.array([-5, 0])))

    assert odd_contracts(worse) == {worse.contract[0]}


def test_what_a_contract_may_say_is_either_plain_or_left_to_the_other_road() -> None:
    """Of a contract whatever is beside its default takes the other road; a new field of a line must be taught."""
    assert set(ContractLine.model_fields) == PLAIN_LINE
    assert set(Contract.model_fields) >= PLAIN_CONTRACT
    plain = ContractLine(asset_id=ASSET_ID, starts_on=date(2026, 1, 1))
    assert not says_more(plain, ContractLine, PLAIN_LINE)
    assert says_more(plain.model_copy(update={"meter": "x"}), ContractLine, PLAIN_LINE - {"meter"})


@pytest.mark.parametrize("policy", list(POLICIES))
def test_every_policy_here_has_a_number(policy: Proration) -> None:
    assert POLICIES[policy] in range(len(POLICIES))
