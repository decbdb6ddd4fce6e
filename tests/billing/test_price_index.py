"""Indexation: prices follow published figures, base and chained agree, floor and cap bound one adjustment."""

import json
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.contract_life.clause import Indexation, IndexMethod
from billing.contract_life.price_index import IndexFigure, IndexNotPublished, indexed

MONTHS = ("2023-12", "2024-12", "2025-12", "2026-12")
SIGNED = date(2024, 1, 1)


def figures(*values: str) -> list[IndexFigure]:
    return [
        IndexFigure(source="CPI", month=month, published_on=date(int(month[:4]) + 1, 1, 5), value=Decimal(value))
        for month, value in zip(MONTHS, values, strict=False)
    ]


def terms(method: IndexMethod = IndexMethod.BASE, **more: object) -> Indexation:
    return Indexation.model_validate({"source": "CPI", "base_month": MONTHS[0], "method": method} | more)


def fee(known: list[IndexFigure], agreed: Indexation, on: date, price: str = "1000.00") -> Decimal:
    found = indexed(agreed, known, since=SIGNED, on=on)
    return Decimal(price) if found is None else found.fee(Decimal(price))


@pytest.mark.shared
@pytest.mark.parametrize("method", list(IndexMethod))
def test_base_and_chained_indexation_agree_in_the_published_case(shared_data: Path, method: IndexMethod) -> None:
    cases = json.loads((shared_data / "billing" / "cases.json").read_text(encoding="utf-8"))
    case = next(one for one in cases if one["id"] == "CPI")
    known = figures(*case["given"]["cpi"])
    first, second = (fee(known, terms(method), date(year, 1, 1), case["given"]["price"]) for year in (2025, 2026))
    assert [first, second] == [Decimal(case["expected"]["year1"]), Decimal(case["expected"]["year2"])]
    assert second != Decimal(case["known_wrong_answer"].split()[0])


def test_before_its_first_anniversary_a_price_is_the_agreed_one() -> None:
    assert indexed(terms(), figures("100", "110"), since=SIGNED, on=date(2024, 12, 31)) is None


def test_a_figure_that_is_not_published_is_asked_for_by_its_month() -> None:
    with pytest.raises(IndexNotPublished, match="CPI of 2025-12"):
        indexed(terms(), figures("100", "110"), since=SIGNED, on=date(2026, 1, 1))


def test_a_later_revision_changes_no_price_that_was_set_before_it() -> None:
    known = figures("100", "110")
    revised = IndexFigure(source="CPI", month="2024-12", published_on=date(2025, 6, 1), value=Decimal(120))
    assert fee([*known, revised], terms(), date(2025, 12, 1)) == Decimal(1100)


def test_what_a_cap_held_back_is_made_up_for_with_base_and_lost_with_chained() -> None:
    known = figures("100", "110", "110")
    capped = {"cap": "5"}
    assert fee(known, terms(**capped), date(2025, 1, 1)) == Decimal(1050)
    assert fee(known, terms(**capped), date(2026, 1, 1)) == Decimal(1100)
    assert fee(known, terms(IndexMethod.CHAINED, **capped), date(2026, 1, 1)) == Decimal(1050)


def test_only_the_share_that_follows_the_index_does() -> None:
    assert fee(figures("100", "110"), terms(share="80"), date(2025, 1, 1)) == Decimal(1080)


@settings(deadline=None, max_examples=50)
@given(
    values=st.lists(st.decimals(min_value=50, max_value=500, places=2), min_size=4, max_size=4),
    price=st.decimals(min_value=0, max_value=100_000, places=2),
)
def test_without_bounds_both_methods_always_agree(values: list[Decimal], price: Decimal) -> None:
    known = figures(*(str(value) for value in values))
    base, chained = (fee(known, terms(method), date(2027, 5, 1), str(price)) for method in IndexMethod)
    assert base == chained


@settings(deadline=None, max_examples=50)
@given(values=st.lists(st.decimals(min_value=50, max_value=500, places=2), min_size=4, max_size=4))
def test_no_chained_step_goes_beyond_floor_and_cap(values: list[Decimal]) -> None:
    known = figures(*(str(value) for value in values))
    bounded = terms(IndexMethod.CHAINED, floor="0", cap="4", digits=6)
    prices = [fee(known, bounded, date(year, 1, 1)) for year in (2024, 2025, 2026, 2027)]
    assert all(before <= after <= before * Decimal("1.04") + Decimal("0.00001") for before, after in pairwise(prices))


def test_the_figures_and_their_publication_stand_in_the_evidence() -> None:
    found = indexed(terms(), figures("105.65", "110.50"), since=SIGNED, on=date(2025, 3, 1))
    assert found is not None
    told = found.evidence()
    assert (told["base_value"], told["value"], told["published_on"]) == ("105.65", "110.5", "2025-01-05")
