"""Everything that people may read has words in every language."""

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lifecycle.alert import AlertKind, AlertState
from lifecycle.alert_rules import rules
from lifecycle.asset import AssetStatus
from lifecycle.inspection import InspectionSource
from lifecycle.reason import Reason
from pas.refusals import STATUS
from pas.role import Role
from pas.words import LANGUAGES, Words, catalogue
from telemetry.equal_use import Unplaced
from telemetry.metric import CATALOGUE
from telemetry.refusal import Refusal

ROOT = Path(__file__).parent.parent.parent
A_REASON = re.compile(r"(condition|alert|route|value|invoice|bill)\.[a-z_]+")
A_KEY = re.compile(r"""_\(\s*"([a-z_.]+)"(?: if [^)]*? else "([a-z_.]+)")?""")
NOT_REASONS = {"alert.id", "condition.id"}


def _literals(package: str) -> Iterator[str]:
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_entry_is_there_in_every_language() -> None:
    assert {
        key for key, entry in catalogue().items() if set(entry) != set(LANGUAGES) or not all(entry.values())
    } == set()


def test_every_language_fills_in_the_same_inputs() -> None:
    def inputs(sentence: str) -> set[tuple[str | None, str | None]]:
        return {(name, way) for _, name, way, _ in string.Formatter().parse(sentence) if name}

    differ = [
        key
        for key, entry in catalogue().items()
        if len({frozenset(inputs(entry[language])) for language in LANGUAGES}) > 1
    ]
    assert differ == []


def test_every_reason_has_words() -> None:
    codes = {text for package in ("lifecycle",) for text in _literals(package) if A_REASON.fullmatch(text)}
    assert codes
    assert {code for code in codes - NOT_REASONS if f"reason.{code}" not in catalogue()} == set()


def test_every_problem_has_words() -> None:
    codes = {type(name, (Refusal,), {}).code() for name in STATUS}
    codes |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+|busy|unexpected|unreadable)"', (ROOT / "pas/errors.py").read_text()))
    assert {code for code in codes - {"retry-after"} if f"problem.{code}" not in catalogue()} == set()


def test_every_choice_has_words() -> None:
    kinds = {
        "status": AssetStatus,
        "alert": AlertKind,
        "alert_state": AlertState,
        "role": Role,
        "source": InspectionSource,
        "unplaced": Unplaced,
    }
    wanted = {f"{kind}.{choice}" for kind, choices in kinds.items() for choice in choices}
    wanted |= {f"metric.{metric.code}" for metric in CATALOGUE}
    wanted |= {f"action.{rule['action']}" for rule in rules().values() if isinstance(rule, dict) and "action" in rule}
    assert {key for key in wanted if key not in catalogue()} == set()


def test_every_key_of_a_page_has_words() -> None:
    used = {
        key
        for file in (ROOT / "pas" / "web" / "templates").iterdir()
        for found in A_KEY.findall(file.read_text(encoding="utf-8"))
        for key in found
        if key
    }
    assert len(used) > 50
    assert {key for key in used if key not in catalogue()} == set()


def test_numbers_and_money_are_written_as_the_language_does() -> None:
    written = {language: Words(language).money("1234.5", "EUR") for language in LANGUAGES}
    assert written == {
        "nl": "€\N{NO-BREAK SPACE}1.234,50",
        "fr": "1\N{NARROW NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}€",
        "en": "€1,234.50",
    }
    assert Words("nl").number(1234.56) == "1.234,6"
    assert Words("fr").percent(0.215) == "21,5%" or Words("fr").percent(0.215).startswith("21,5")


def test_a_moment_is_told_by_the_clock_of_the_place() -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert Words("en").moment(moment, "Europe/Brussels").endswith("00:30")
    assert Words("en").moment(moment, "Atlantic/Azores").endswith("22:30")


def test_a_reason_is_told_with_its_inputs() -> None:
    heat = Reason(code="condition.heat", rule="condition/1", inputs={"ambient": 31.04, "rated": 25, "factor": 1.516})
    assert Words("en").reason(heat) == "Heat: 31 °C where 25 °C is rated, so each hour counts 1.52 times"
    assert Words("nl").reason(heat) == "Warmte: 31 °C waar 25 °C toegelaten is, dus telt elk uur 1,52 keer"


def test_a_reason_without_words_or_inputs_is_still_told() -> None:
    assert Words("en").reason(Reason(code="condition.brand_new", rule="x/1")) == "brand new"
    assert "–" in Words("en").reason(Reason(code="condition.heat", rule="condition/1"))
