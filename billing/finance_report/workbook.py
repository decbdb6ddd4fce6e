"""The report as a workbook: numbers as numbers, days as days, sums as formulas, and a sheet that says what it is."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.finance_report.line import STEPS
from billing.finance_report.report import FinanceReport
from billing.finance_report.words import heading, words

THINGS = (
    "contract", "customer", "customer_name", "serial", "public_id", "asset_id", "product", "product_name", "category",
    "made_on", "last_day", "age_years", "years_left", "grade", "currency", "price_new", "p10", "p50", "p90", "route",
    "route_cost", "net_mean", "net_p10", "net_p50", "net_p90", "book_value", "headroom", "write_down",
    "straight_line", "declining_balance", "residual_set", "guaranteed", "guaranteed_by", "unguaranteed",
    "ias16_residual", "ifrs16_fall", "crr_years", "crr_amount", "evidence", "comparables", "engine", "book_formula",
    "left_out", "rule",
)  # fmt: skip
ADDED = (
    "price_new", "net_mean", "book_value", "headroom", "write_down", "straight_line", "declining_balance",
    "guaranteed", "unguaranteed", "ias16_residual", "ifrs16_fall", "crr_amount",
)  # fmt: skip
"""What adds up over things; quantiles never do."""
GROUPS = (
    "currency", "kind", "name", "things", "mean", "p10", "p50", "p90", "book_value", "headroom", "write_down",
    "value_at_risk", "expected_shortfall", "share",
)  # fmt: skip
STRESSED = ("currency", "name", "mean", "p10", "p50", "p90", "change", "things_that_flip")
LADDER = ("currency", "year", "things", "book_value", "guaranteed", "unguaranteed", "crr_amount", "mean")
FAN = ("currency", "years", "on", "p10", "p50", "p90", "book_value")
REALISED = ("product", "currency", "sales", "told", "bias", "mdape", "coverage80", "booked_less_paid")
SOLD = ("sale", "serial", "product", "sold_on", "currency", "price", "p10", "p50", "p90", "book_value", "told_by")
_WIDE = {"customer_name", "product_name", "public_id", "asset_id", "evidence", "book_formula", "guaranteed_by", "sale"}
_MOST_NAME = 31


def workbook(report: FinanceReport, language: str = "en") -> bytes:
    """Write the workbook; the same report gives the same bytes. Raises UnknownLanguage."""
    import xlsxwriter  # noqa: PLC0415 - heavy, and only for this form

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made = datetime(report.as_of.year, report.as_of.month, report.as_of.day)  # noqa: DTZ001 - a day has no zone
    book.set_properties({"title": words(language)["title"], "author": report.reporter, "created": made})
    sheets = _Sheets(book, language)
    sheets.readme(report)
    sheets.table("things", THINGS, [line.model_dump() for line in report.lines])
    sheets.totals(report)
    sheets.table("groups", GROUPS, _groups(report))
    sheets.table("waterfall", ("serial", "currency", *STEPS, "net_mean"), _waterfalls(report), _step)
    sheets.table("ladder", LADDER, _of_each(report, "ladder"))
    sheets.table("fan", FAN, _of_each(report, "fan"))
    sheets.table("premises", STRESSED, _of_each(report, "premises"))
    sheets.table("sensitivity", STRESSED, _of_each(report, "sensitivities"))
    sheets.table("realised", REALISED, [one.model_dump() for one in report.realised])
    sheets.table("sale", SOLD, [one.model_dump() for one in report.realised_sales])
    book.close()
    return buffer.getvalue()


def _step(language: str, name: str) -> str:
    return words(language).get(f"step_{name}", heading(language, name))


def _groups(report: FinanceReport) -> list[dict[str, Any]]:
    return [
        {"currency": one.currency} | group.model_dump()
        for one in report.totals
        for group in ([one.whole] if one.whole else []) + one.groups
    ]


def _of_each(report: FinanceReport, part: str) -> list[dict[str, Any]]:
    return [{"currency": one.currency} | row.model_dump() for one in report.totals for row in getattr(one, part)]


def _waterfalls(report: FinanceReport) -> list[dict[str, Any]]:
    return [
        {"serial": line.serial, "currency": line.currency, "net_mean": line.net_mean}
        | {step.step: step.amount for step in line.waterfall}
        for line in report.lines
        if line.waterfall
    ]


class _Sheets:
    """The sheets of one book, in one language."""

    def __init__(self, book: Any, language: str) -> None:
        self.book, self.language = book, language
        self.bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def readme(self, report: FinanceReport) -> None:
        """Say what was asked, as of when, by which rules, and how to make it again."""
        say, sheet = words(self.language), self._sheet("readme")
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        sheet.write_string(0, 0, say["title"], self.bold)
        for row, (name, value) in enumerate(_facts(report, say), start=2):
            sheet.write_string(row, 0, name)
            self._cell(sheet, row, 1, value)

    def table(
        self,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Mapping[str, Any]],
        head: Callable[[str, str], str] = heading,
    ) -> None:
        """Write one table, its headings kept in sight."""
        sheet = self._sheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 30 if column in _WIDE else 14)
            sheet.write_string(0, place, head(self.language, column), self.bold)
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                self._cell(sheet, last, place, row.get(column))
        sheet.autofilter(0, 0, last, len(columns) - 1)

    def totals(self, report: FinanceReport) -> None:
        """Add up by formulas what adds up; what does not is given as it was simulated."""
        sheet, things = self._sheet("totals"), len(report.lines) + 1
        simulated = ("mean", "p10", "p50", "p90", "value_at_risk", "expected_shortfall")
        columns = ("currency", "things", *ADDED, *simulated)
        sheet.freeze_panes(1, 1)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 16)
            sheet.write_string(0, place, heading(self.language, column), self.bold)
        for row, one in enumerate(report.totals, start=1):
            sheet.write_string(row, 0, one.currency)
            ours = f"{self._ref('currency', things)},$A{row + 1}"
            sheet.write_formula(row, 1, f"=COUNTIF({ours})", None, one.things)
            for place, column in enumerate(ADDED, start=2):
                told = one.whole.mean if column == "net_mean" and one.whole else getattr(one, column, Decimal(0))
                formula = f"=SUMIF({ours},{self._ref(column, things)})"
                sheet.write_formula(row, place, formula, self.money, float(told))
            for place, column in enumerate(simulated, start=2 + len(ADDED)):
                self._cell(sheet, row, place, getattr(one.whole, column) if one.whole else None)

    def _ref(self, column: str, last: int) -> str:
        from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - as above

        letter = xl_col_to_name(THINGS.index(column))
        return f"'{self._name('things')}'!${letter}$2:${letter}${last}"

    def _sheet(self, name: str) -> Any:
        return self.book.add_worksheet(self._name(name))

    def _name(self, name: str) -> str:
        return words(self.language)[name][:_MOST_NAME].replace("'", "’").replace("/", "-")

    def _cell(self, sheet: Any, row: int, place: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, date):
            sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), self.day)  # noqa: DTZ001
        elif isinstance(value, Decimal):
            sheet.write_number(row, place, float(value), self.money)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            sheet.write_number(row, place, value)
        else:
            sheet.write_string(row, place, str(value))


def _facts(report: FinanceReport, say: dict[str, str]) -> list[tuple[str, Any]]:
    engine = report.engine
    rules = f"{engine.report}; {engine.value}; {engine.route}; {engine.portfolio}"
    learned = "; ".join(f"{product}: {by}" for product, by in engine.learned_by.items()) or say["expert_only"]
    return [
        (say["reporter"], report.reporter),
        (say["period"], f"{report.start} – {report.end}"),
        (say["as_of"], report.as_of),
        (say["data_until"], report.data_until),
        (say["premise"], say[report.premise.value]),
        (say["price_factor"], report.price_factor),
        (say["things"], len(report.lines)),
        (say["comparables"], report.comparables),
        (say["evidence"], evidence(report, say)),
        (say["rules"], rules),
        (say["engine"], learned),
        (say["draws"], engine.draws),
        (say["seed"], engine.seed),
        (say["inputs_hash"], report.inputs_sha256),
        (say["hash"], report.sha256),
        ("", say["note"]),
        ("", say["note_means"]),
        ("", say["ladder_note"]),
        ("", say["method"]),
    ]


def evidence(report: FinanceReport, say: dict[str, str]) -> str:
    """Say in words on how much the values rest."""
    experts = sum(line.engine == "expert" for line in report.lines)
    seen = max((line.sales_seen for line in report.lines), default=0)
    if experts == len(report.lines):
        return say["expert_seen"].format(seen=seen) if seen else say["expert_only"]
    if experts:
        return say["expert_some"].format(count=experts, things=len(report.lines))
    return say["learned_all"]
