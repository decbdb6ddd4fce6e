"""The report in its three renderings: the same figures, typed in a workbook, set on pages in three languages."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest

from billing.ending_queries import endings_known
from billing.finance_report.assumptions import Premise
from billing.finance_report.charts import FanPoint, bars, fan, steps
from billing.finance_report.pages import pages
from billing.finance_report.report import FinanceReport, make_report
from billing.finance_report.value_page import value_page
from billing.finance_report.words import LANGUAGES, UnknownLanguage, words
from billing.finance_report.workbook import ADDED, THINGS, workbook
from billing.freeze_inputs import freeze_inputs, freeze_thing
from billing.period import Period
from lifecycle.actor import Actor
from pas.db import Database
from tests.billing.ending_fleet import END, START, ending_fleet


@pytest.fixture
def report(database: Database, tenant: int, now: datetime, actor: Actor) -> FinanceReport:
    with database.writing(tenant) as session:
        ending_fleet(session, now=now, by=actor)
        asked: dict[str, Any] = {
            "period": Period(START, END),
            "as_of": now.date(),
            "premise": Premise.FAIR_MARKET,
            "now": now,
        }
        return make_report(freeze_inputs(session, **asked), draws=500)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def test_a_workbook_holds_numbers_as_numbers_days_as_days_and_sums_as_formulas(report: FinanceReport) -> None:
    made = workbook(report)
    assert made == workbook(report)
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert book.sheetnames[0] == "README"
    told = {row[0]: row[1] for row in book["README"].iter_rows(min_row=3, values_only=True)}
    assert told["As of"].date() == report.as_of
    assert told["SHA-256 of the report"] == report.sha256
    assert told["Evidence"].startswith("Expert only, 0 sales")
    sheet = book["Things"]
    first = dict(zip(THINGS, (cell.value for cell in sheet[2]), strict=True))
    line = report.lines[0]
    assert (first["p50"], first["net_mean"]) == (float(line.p50 or 0), float(line.net_mean or 0))
    assert first["last_day"].date() == line.last_day
    assert sheet.max_row == len(report.lines) + 1
    totals = book["Totals"]
    formulas = [cell.value for cell in totals[2] if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert len(formulas) == len(ADDED) + 1
    assert not any("p10" in str(formula) for formula in formulas)


def test_formulas_hold_the_sums_that_they_will_give(report: FinanceReport) -> None:
    values = openpyxl.load_workbook(io.BytesIO(workbook(report)), data_only=True)["Totals"]
    row = dict(zip((cell.value for cell in values[1]), (cell.value for cell in values[2]), strict=True))
    assert row["Book value"] == float(sum(line.book_value for line in report.lines if line.book_value is not None))
    assert row["Expected net"] == float(sum(line.net_mean for line in report.lines if line.net_mean is not None))


def test_text_of_a_customer_is_never_a_formula(report: FinanceReport) -> None:
    evil = report.lines[0].model_copy(update={"customer_name": "=cmd|' /C calc'!A0"})
    book = openpyxl.load_workbook(io.BytesIO(workbook(report.model_copy(update={"lines": [evil]}))))
    cell = book["Things"].cell(2, THINGS.index("customer_name") + 1)
    assert (cell.data_type, cell.value) == ("s", "=cmd|' /C calc'!A0")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_on_what_they_rest_in_every_language(report: FinanceReport, language: str) -> None:
    made = pages(report, language)
    assert made == pages(report, language)
    said = " ".join(text_of(made).split())
    say = words(language)
    for key in ("title", "ladder", "sensitivity", "write_downs", "fair_market", "stress_grade_down"):
        assert say[key] in said, key
    assert say["expert_only"].split(":")[0] in said
    assert report.sha256[:16] in said


def test_an_unknown_language_is_refused(report: FinanceReport) -> None:
    for form in (pages, workbook):
        with pytest.raises(UnknownLanguage):
            form(report, "de")


def test_every_word_is_said_in_three_languages() -> None:
    keys = [set(words(language)) for language in LANGUAGES]
    assert keys[0] == keys[1] == keys[2]
    assert all(text.strip() for language in LANGUAGES for text in words(language).values())


def test_the_question_of_one_thing_is_answered_on_one_page(
    database: Database, tenant: int, now: datetime, actor: Actor
) -> None:
    with database.writing(tenant) as session:
        asset = ending_fleet(session, now=now, by=actor)[0]
        asked: dict[str, Any] = {
            "asset_id": asset.id,
            "day": now.date() + timedelta(days=900),
            "premise": Premise.FAIR_MARKET,
        }
        inputs = freeze_thing(session, now=now, **asked)
    made = value_page(inputs)
    assert made == value_page(inputs)
    document = pypdfium2.PdfDocument(made)
    assert len(document) == 1
    document.close()
    said = " ".join(text_of(made).split())
    assert "expected to net" in said
    assert "Expert only, 0 sales" in said
    assert asset.serial in said


def test_the_commands_write_the_files(
    database: Database, tenant: int, now: datetime, actor: Actor, pas: Callable[..., Any], tmp_path: Path
) -> None:
    with database.writing(tenant) as session:
        asset = ending_fleet(session, now=now, by=actor)[0]
    sheet, page, leaf = (tmp_path / name for name in ("r.xlsx", "r.pdf", "v.pdf"))
    ran = pas(
        "end-report", "2026/2029", "--xlsx", str(sheet), "--pdf", str(page), "--language", "nl", "--keep", "--json"
    )
    assert ran.exit_code == 0, ran.stderr
    assert sheet.read_bytes()[:2] == b"PK"
    assert page.read_bytes()[:5] == b"%PDF-"
    assert pas("value", asset.serial, "--as-of", "2030-01-01", "--pdf", str(leaf), "--json").exit_code == 0
    assert leaf.read_bytes()[:5] == b"%PDF-"
    set_ = pas("write-down", "residual", asset.serial, "900", "--guaranteed", "400", "--by", "Maker Bank", "--json")
    assert (set_.exit_code, set_.json["guaranteed_by"]) == (0, "Maker Bank")
    listed = pas("write-down", "list", "--report", ran.json["kept"]["id"], "--json").json["write_downs"]
    assert {one["serial"] for one in listed} == {
        line["serial"] for line in ran.json["lines"] if float(line["write_down"])
    }


def test_a_contract_that_was_amended_later_is_read_as_it_stood(
    database: Database, tenant: int, now: datetime, actor: Actor
) -> None:
    with database.writing(tenant) as session:
        ending_fleet(session, now=now, by=actor)
        before = endings_known(session, period=Period(START, END), as_of=now.date(), known_until=now)
        assert len(before) == 3
        unsigned = now - timedelta(days=900)
        assert endings_known(session, period=Period(START, END), as_of=unsigned.date(), known_until=unsigned) == []


def test_charts_are_drawn_of_anything_and_a_waterfall_stands_where_the_last_step_ended() -> None:
    drawn = steps([("new", 100.0, "100"), ("age", -60.0, "-60"), ("gross", 40.0, "40")], wholes=frozenset({0, 2}))
    assert [(one.low, one.high) for one in drawn] == [(0.0, 100.0), (100.0, 40.0), (0.0, 40.0)]
    assert bars(drawn).count("<rect") == 3
    assert "<polygon" in fan([FanPoint(str(at), -5.0, 0.0, 5.0 * at, (1.0, None)) for at in range(3)])
    assert bars([]).startswith("<svg")
    assert "&lt;b&gt;" in bars(steps([("<b>", 1.0, "1")], wholes=frozenset({0})))
