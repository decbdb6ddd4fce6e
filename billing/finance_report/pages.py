"""The report as pages: figures that matter first, charts, tables, and what makes it again at the foot."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billing.finance_report.charts import Bar, FanPoint, bars, fan, steps
from billing.finance_report.line import GROSS, STEPS, FinanceLine, sum_of
from billing.finance_report.press import press
from billing.finance_report.realised import Realised
from billing.finance_report.report import FinanceReport
from billing.finance_report.spell import DASH, Spell
from billing.finance_report.sums import CurrencySums, GroupSums, StressedTotal
from billing.finance_report.workbook import evidence

DAY = timedelta(days=1)
MOST_THINGS = 400
MOST_WRITE_DOWNS = 20
MOST_GROUPS = 8
SHOWN_GROUPS = ("product", "customer")


def pages(report: FinanceReport, language: str = "en") -> bytes:
    """Set the report; the same report gives the same bytes. Raises UnknownLanguage."""
    return press("report.typ", view(report, language), day=report.as_of)


def view(report: FinanceReport, language: str) -> dict[str, Any]:
    """Spell all of the report that is on pages."""
    spell = Spell(language)
    return {
        "language": language,
        "words": spell.say,
        "reporter": report.reporter or DASH,
        "period": f"{report.start} – {report.end - DAY}",
        "facts": _facts(report, spell),
        "warns": report.expert_only or any(line.engine == "expert" for line in report.lines),
        "evidence": evidence(report, spell.say),
        "currencies": [_currency(one, report, spell) for one in report.totals],
        "write_downs": _write_downs(report.lines, spell),
        "realised": _realised(report.realised, spell),
        "things": _things(report.lines, spell),
        "rules": rules(report),
        "engine": "; ".join(f"{code}: {by}" for code, by in report.engine.learned_by.items())
        or evidence(report, spell.say),
        "inputs_sha256": report.inputs_sha256,
        "sha256": report.sha256,
    }


def rules(report: FinanceReport) -> str:
    """Name the rules, and how the scenarios were drawn."""
    engine = report.engine
    named = f"{engine.report}, {engine.value}, {engine.route}, {engine.portfolio}"
    return f"{named}; {engine.draws} × {engine.seed}"


def _facts(report: FinanceReport, spell: Spell) -> list[list[list[str]]]:
    say = spell.say
    factor = "" if report.price_factor == 1 else f" (× {spell.number(report.price_factor, 2)})"
    left = [
        [say["period"], f"{spell.day(report.start)} – {spell.day(report.end - DAY)}"],
        [say["as_of"], spell.day(report.as_of)],
        [say["data_until"], spell.day(report.data_until)],
    ]
    right = [
        [say["premise"], say[report.premise.value] + factor],
        [say["currency"], ", ".join(one.currency for one in report.totals) or DASH],
        [say["comparables"], f"{spell.plain(report.comparables)} · {len(report.lines)} {say['things'].lower()}"],
    ]
    return [left, right]


def _currency(one: CurrencySums, report: FinanceReport, spell: Spell) -> dict[str, Any]:
    lines = [line for line in report.lines if line.currency == one.currency]
    missing = one.things - one.netted
    return {
        "currency": one.currency,
        "cards": _cards(one, spell),
        "left_out": spell.say["left_out_count"].format(count=missing, things=one.things) if missing else "",
        "waterfall": _waterfall([line for line in lines if line.waterfall], spell),
        "fan": _fan(one),
        "fan_beside": f"{spell.say['book_value']}: – – –",
        "ladder": _ladder(one, spell),
        "accounting": _accounting(one, spell),
        "groups": [_groups(one, kind, spell) for kind in SHOWN_GROUPS],
        "premises": _stressed(one.premises, "", spell),
        "sensitivity": _stressed(one.sensitivities, "stress", spell),
        "routes": {
            "head": [spell.say["route"], spell.say["things"]],
            "rows": [[spell.word("route", route), str(count)] for route, count in one.routes.items()],
        },
    }


def _cards(one: CurrencySums, spell: Spell) -> list[list[str]]:
    say, whole = spell.say, one.whole
    if whole is None:
        return [
            [say["things"], str(one.things), ""],
            [say["book_value"], spell.whole(one.book_value, one.currency), ""],
        ]
    band = f"P10 {spell.plain(whole.p10)} · P90 {spell.plain(whole.p90)}"
    loss = f"{say['expected_shortfall']} {spell.plain(whole.expected_shortfall)}"
    told = [
        ("net_mean", whole.mean, band),
        ("book_value", one.book_value, f"{say['straight_line']} {spell.plain(one.straight_line)}"),
        ("headroom", one.headroom, ""),
        ("write_down", one.write_down, say["write_downs"]),
        ("value_at_risk", whole.value_at_risk, loss),
        ("crr_amount", one.crr_amount, f"{say['unguaranteed']} {spell.plain(one.unguaranteed)}"),
        ("ias16_residual", one.ias16_residual, ""),
        ("ifrs16_fall", one.ifrs16_fall, ""),
    ]
    return [[say[name], spell.whole(amount, one.currency), under] for name, amount, under in told]


def _waterfall(lines: Sequence[FinanceLine], spell: Spell) -> str:
    if not lines:
        return ""
    return bars(waterfall_bars([(step, _step_sum(lines, at)) for at, step in enumerate(STEPS)], spell))


def _step_sum(lines: Sequence[FinanceLine], at: int) -> Decimal:
    return sum_of([line.waterfall[at].amount for line in lines])


def waterfall_bars(told: Sequence[tuple[str, Decimal]], spell: Spell, *, exact: bool = False) -> list[Bar]:
    """Give the bars of a waterfall with its two wholes, gross and net; steps of nothing are left out."""
    gross = sum((amount for _, amount in told[:GROSS]), Decimal(0))
    whole = sum((amount for _, amount in told), Decimal(0))
    shown = [(name, amount) for at, (name, amount) in enumerate(told) if at == 0 or amount]
    first = [one for one in shown if one[0] in STEPS[:GROSS]]
    rows = [(spell.word("step", name), amount) for name, amount in first] + [(spell.say["gross"], gross)]
    rows += [(spell.word("step", name), amount) for name, amount in shown[len(first) :]]
    rows += [(spell.say["net_mean"], whole)]
    wholes = frozenset({0, len(first), len(rows) - 1})
    write = spell.cents if exact else spell.plain
    return steps([(label, float(amount), write(amount)) for label, amount in rows], wholes=wholes)


def _fan(one: CurrencySums) -> str:
    points = [
        FanPoint(str(year.on.year), float(year.p10), float(year.p50), float(year.p90), (float(year.book_value),))
        for year in one.fan
    ]
    return fan(points) if len(points) > 1 else ""


def _ladder(one: CurrencySums, spell: Spell) -> dict[str, Any]:
    names = ("book_value", "guaranteed", "unguaranteed", "crr_amount", "mean")
    head = [spell.say[name] for name in ("year", "things", *names)]
    rows = [
        [str(step.year), str(step.things), *(spell.plain(getattr(step, name)) for name in names)] for step in one.ladder
    ]
    return {"head": head, "rows": rows}


def _accounting(one: CurrencySums, spell: Spell) -> dict[str, Any]:
    names = ("guaranteed", "unguaranteed", "ifrs16_fall", "ias16_residual", "straight_line", "declining_balance")
    return {
        "head": [spell.say["currency"], *(spell.say[name] for name in names)],
        "rows": [[one.currency, *(spell.plain(getattr(one, name)) for name in names)]],
    }


def _groups(one: CurrencySums, kind: str, spell: Spell) -> dict[str, Any]:
    names = ("mean", "p10", "p50", "p90", "book_value", "headroom", "value_at_risk")
    some = sorted((group for group in one.groups if group.kind == kind), key=lambda group: -abs(group.mean))
    return {
        "title": spell.word("by", kind),
        "head": [spell.word("by", kind), *(spell.say[name] for name in ("things", *names, "share"))],
        "rows": [_group(group, names, spell) for group in some[:MOST_GROUPS]],
    }


def _group(group: GroupSums, names: Sequence[str], spell: Spell) -> list[str]:
    figures = [spell.plain(getattr(group, name)) for name in names]
    return [group.name, str(group.things), *figures, spell.percent(group.share)]


def _stressed(some: Sequence[StressedTotal], kind: str, spell: Spell) -> dict[str, Any]:
    shown = ("mean", "change") if not kind else ("mean", "p10", "p90", "change", "things_that_flip")
    rows = [
        [
            spell.word(kind, one.name) if kind else spell.say[one.name],
            *(spell.plain(getattr(one, name)) for name in shown),
        ]
        for one in some
    ]
    return {"head": ["", *(spell.say[name] for name in shown)], "rows": rows}


def _write_downs(lines: Sequence[FinanceLine], spell: Spell) -> dict[str, Any]:
    some = sorted((line for line in lines if line.write_down), key=lambda line: -(line.write_down or 0))
    names = ("book_value", "net_mean", "write_down")
    rows = [
        [line.serial, line.product, line.contract, spell.day(line.last_day)]
        + [spell.exact(getattr(line, name), line.currency) for name in names]
        for line in some[:MOST_WRITE_DOWNS]
    ]
    more = len(some) - len(rows)
    return {
        "head": [spell.say[name] for name in ("serial", "product", "contract", "last_day", *names)],
        "rows": rows,
        "more": spell.say["write_downs_more"].format(count=more) if more > 0 else "",
    }


def _realised(some: Sequence[Realised], spell: Spell) -> dict[str, Any]:
    head = [spell.say[name] for name in ("product", "sales", "told", "bias", "mdape", "coverage80", "booked_less_paid")]
    rows = [
        [
            one.product or spell.say["all"],
            str(one.sales),
            str(one.told),
            spell.percent(one.bias),
            spell.percent(one.mdape),
            spell.percent(one.coverage80),
            spell.whole(one.booked_less_paid, one.currency),
        ]
        for one in some
    ]
    return {"head": head, "rows": rows}


def _things(lines: Sequence[FinanceLine], spell: Spell) -> dict[str, Any]:
    names = ("p10", "p50", "p90", "net_mean", "book_value", "headroom", "straight_line", "declining_balance")
    rows = [
        [line.serial, line.product, line.contract]
        + [spell.word("route", line.route) if line.route else spell.word("left", line.left_out)]
        + [str(line.last_day), line.grade or DASH]
        + [spell.plain(getattr(line, name)) for name in names]
        for line in lines[:MOST_THINGS]
    ]
    more = len(lines) - len(rows)
    head = [spell.say[name] for name in ("serial", "product", "contract", "route", "last_day", "grade", *names)]
    return {
        "head": head,
        "rows": rows,
        "more": spell.say["write_downs_more"].format(count=more) if more > 0 else "",
    }
