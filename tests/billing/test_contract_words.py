"""What happens to a contract is told in every language: reasons of its lines, kinds of amendments, ways of counting."""

import ast
import re
from pathlib import Path
from typing import get_args

from billing.contract_life.amendment import Amendment
from billing.contract_life.charge import ChargeKind
from billing.contract_life.clause import IndexMethod, Quantile
from billing.plan_way_out import NAMES
from billing.rating.pool import Counting
from pas.words import LANGUAGES, catalogue

BILLING = Path(__file__).parent.parent.parent / "billing"
MINE = [
    "pool",
    "charge",
    "way_out",
    "service_credit",
    "price_index",
    "index_prices",
    "correct_pools",
    "measure_downtime",
]


def test_every_reason_beside_the_tariff_has_words() -> None:
    codes = {
        node.value
        for name in MINE
        for node in ast.walk(ast.parse(next(BILLING.rglob(f"{name}.py")).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"bill\.[a-z_]+", node.value)
    }
    assert len(codes) == 11
    assert {code for code in codes if f"reason.{code}" not in catalogue()} == set()


def test_every_choice_of_a_contracts_life_has_words() -> None:
    kinds = [one.model_fields["kind"].default for one in get_args(get_args(Amendment)[0])]
    wanted = {f"amendment.{kind}" for kind in kinds}
    for name, choices in (("counting", Counting), ("index_method", IndexMethod), ("quantile", Quantile)):
        wanted |= {f"{name}.{choice.value}" for choice in choices}
    assert {key for key in wanted if key not in catalogue()} == set()


def test_charges_that_follow_from_an_amendment_are_named_in_the_customers_language() -> None:
    assert set(NAMES) == set(LANGUAGES)
    named = {ChargeKind.TERMINATION.value, ChargeKind.BUY_OUT.value, ChargeKind.DEPOSIT.value}
    assert all(set(names) == named for names in NAMES.values())
