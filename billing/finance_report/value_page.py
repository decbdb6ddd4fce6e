"""What one thing is still worth, answered on one page that a banker can file."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from billing.finance_report.charts import FanPoint, bars, fan
from billing.finance_report.frozen import Inputs
from billing.finance_report.known_thing import KnownThing, known_things
from billing.finance_report.line import FinanceLine
from billing.finance_report.pages import rules, waterfall_bars
from billing.finance_report.press import press
from billing.finance_report.report import FinanceReport, make_report
from billing.finance_report.spell import DASH, Spell
from billing.finance_report.workbook import evidence
from lifecycle.valuation.value import DAYS_A_YEAR, AssetValue, value

_CHART = 138.0
_SMALL = 2_000
_MOST_POINTS = 16


def value_page(inputs: Inputs, language: str = "en") -> bytes:
    """Set the page of the one thing that the inputs are of; the same inputs give the same bytes."""
    report, (thing,) = make_report(inputs), known_things(inputs)
    return press("value.typ", view(report, thing, language), day=inputs.as_of)


def view(report: FinanceReport, thing: KnownThing, language: str) -> dict[str, Any]:
    """Spell all that is on the page."""
    spell, (line,) = Spell(language), report.lines
    return {
        "language": language,
        "words": spell.say,
        "reporter": report.reporter or DASH,
        "title": f"{line.product_name} · {line.serial}",
        "answer": _answer(line, spell),
        "facts": _facts(report, line, spell),
        "warns": line.engine == "expert",
        "evidence": evidence(report, spell.say),
        "fan": _fan(thing, line, report.data_until),
        "waterfall": _waterfall(line, spell),
        "routes": _routes(line, spell),
        "books": _books(line, spell),
        "basis": _basis(thing, line, spell),
        "rules": rules(report),
        "inputs_sha256": report.inputs_sha256,
        "sha256": report.sha256,
    }


def _waterfall(line: FinanceLine, spell: Spell) -> str:
    if not line.waterfall:
        return ""
    steps = waterfall_bars([(one.step, one.amount) for one in line.waterfall], spell, exact=_is_small(line))
    return bars(steps, height=_CHART)


def _is_small(line: FinanceLine) -> bool:
    """Tell whether cents matter."""
    return line.price_new < _SMALL


def _money(amount: Decimal | None, line: FinanceLine, spell: Spell) -> str:
    return spell.exact(amount, line.currency) if _is_small(line) else spell.whole(amount, line.currency)


def _answer(line: FinanceLine, spell: Spell) -> list[str]:
    say = spell.say

    def whole(amount: Decimal | None) -> str:
        return _money(amount, line, spell)

    why = spell.word("left", line.left_out)
    if line.p50 is None:
        return [say["answer_none"].format(why=why)]
    day = spell.day(line.last_day)
    if line.net_mean is None:
        told = {"gross": whole(line.p50), "low": whole(line.p10), "high": whole(line.p90)}
        return [say["answer_gross_only"].format(day=day, why=why, **told)]
    age = spell.number(line.age_years, 1)
    first = say["answer"].format(day=day, product=line.product_name, age=age, net=whole(line.net_mean))
    told = {"low": whole(line.net_p10), "high": whole(line.net_p90), "gross": whole(line.p50)}
    kind = "answer_same" if told["low"] == told["high"] else "answer_range"
    books = [_against_the_books(line, spell)] if line.book_value is not None else []
    return [first, say[kind].format(**told), *books]


def _against_the_books(line: FinanceLine, spell: Spell) -> str:
    book = _money(line.book_value, line, spell)
    if line.write_down:
        return spell.say["answer_write"].format(book=book, amount=_money(line.write_down, line, spell))
    return spell.say["answer_books"].format(book=book, headroom=_money(line.headroom, line, spell))


def _facts(report: FinanceReport, line: FinanceLine, spell: Spell) -> list[list[list[str]]]:
    say = spell.say
    left = [
        [say["product"], f"{line.product_name} ({line.product})"],
        [say["serial"], line.serial],
        [say["made_on"], spell.day(line.made_on)],
        [say["age_years"], spell.number(line.age_years, 2)],
        [say["grade"], line.grade or say["unknown"]],
    ]
    right = [
        [say["as_of"], spell.day(line.last_day)],
        [say["data_until"], spell.day(report.data_until)],
        [say["premise"], say[report.premise.value]],
        [say["comparables"], str(line.comparables)],
        [say["price_new"], spell.exact(line.price_new, line.currency)],
    ]
    return [left, right]


def _fan(thing: KnownThing, line: FinanceLine, known_on: date) -> str:
    """Draw the value by age, from new to a little beyond the day, with the textbooks beside it."""
    if line.p50 is None or thing.born is None or not line.age_years:
        return ""
    beyond = max(line.age_years * 1.15, 1.0)
    step = max(1, ceil(beyond / _MOST_POINTS))
    ages = list(range(0, ceil(beyond) + step, step))
    days = [thing.born + timedelta(days=round(age * DAYS_A_YEAR)) for age in ages]
    told = [_on(thing, day, known_on) for day in days]
    points = [_point(age, one) for age, one in zip(ages, told, strict=True)]
    nearest = min(range(len(ages)), key=lambda at: abs(ages[at] - (line.age_years or 0)))
    return fan(points, marked=nearest, height=_CHART)


def _on(thing: KnownThing, day: date, known_on: date) -> AssetValue:
    return value([thing.valued(thing.grade_on(day))], as_of=day, today=known_on)[0]


def _point(age: int, one: AssetValue) -> FanPoint:
    low, middle, high = (float(amount or 0) for amount in (one.p10, one.p50, one.p90))
    return FanPoint(str(age), low, middle, high, (float(one.straight_line or 0), float(one.declining_balance or 0)))


def _routes(line: FinanceLine, spell: Spell) -> list[list[str]]:
    ordered = sorted(line.routes.items(), key=lambda one: -one[1])
    return [[spell.word("route", route), spell.exact(Decimal(str(net)), line.currency)] for route, net in ordered]


def _books(line: FinanceLine, spell: Spell) -> list[list[str]]:
    names: Sequence[str] = (
        "p10", "p50", "p90", "net_p10", "net_mean", "net_p90", "book_value", "headroom", "write_down",
        "straight_line", "declining_balance", "ias16_residual", "guaranteed",
    )  # fmt: skip
    shown = {name: getattr(line, name) for name in names}
    gross = {name: f"{spell.say['gross']} {spell.say[name]}" for name in ("p10", "p50", "p90")}
    return [[gross.get(name, spell.say[name]), spell.exact(amount, line.currency)] for name, amount in shown.items()]


def _basis(thing: KnownThing, line: FinanceLine, spell: Spell) -> list[str]:
    condition, lesson, say = thing.frozen.condition, thing.known.lesson, spell.say
    told = [say["condition_none"]]
    if condition is not None:
        low, middle, high = (
            spell.number(one, 0) for one in (condition.index_p10, condition.index_p50, condition.index_p90)
        )
        day = spell.day(condition.assessed_on)
        told = [say["condition_known"].format(day=day, index=middle, low=low, high=high)]
    if lesson is not None:
        told.append(say["sales_learned"].format(sales=lesson.sales, engine=lesson.engine))
    return [*told, say["books_formula"].format(formula=line.book_formula)] if line.book_formula else told
