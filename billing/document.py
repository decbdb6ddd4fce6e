"""The invoice as a PDF (PDF/A-3, for archives), in the customer's language."""

import json
import re
import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import typst
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from billing.line_words import words
from billing.rating import as_price

LOCALES = {"nl": "nl_BE", "fr": "fr_BE", "en": "en_GB"}
Standard = Literal["a-3b", "1.7"]
FULL = "#,##0.##########"
MADE_BY = f"typst {version('typst')}; invoice.typ 2"
"""What makes the PDF: where it changes, the same document gives other bytes."""
_PRESSES = threading.local()
_NUMBER = re.compile(r"\d+(\.\d+)?")


def pdf(document: dict[str, Any], language: str | None = None) -> bytes:
    """Set an issued document, in its own language unless another is asked for (nl, fr, en).

    The same document always gives the same bytes. Text that no font of ours can show gives a plain PDF.
    """
    shown = json.dumps(view(document, language or document["language"]), ensure_ascii=False)
    stamp = datetime.fromisoformat(f"{document['issued_on']}T12:00:00+00:00")
    try:
        return _typeset(shown, stamp, "a-3b")
    except typst.TypstError:
        return _typeset(shown, stamp, "1.7")


def _typeset(shown: str, stamp: datetime, standard: Standard) -> bytes:
    made = _press().compile(format="pdf", sys_inputs={"invoice": shown}, pdf_standards=standard, timestamp=stamp)
    return cast("bytes", made)


def _press() -> typst.Compiler:
    """Give this thread's typesetter, which keeps its fonts and what pages have in common: three times as fast."""
    if not hasattr(_PRESSES, "press"):
        _PRESSES.press = typst.Compiler(str(files("billing").joinpath("invoice.typ")), ignore_system_fonts=True)
    press: typst.Compiler = _PRESSES.press
    return press


def view(document: dict[str, Any], language: str) -> dict[str, Any]:
    """Spell every date, number and amount of a document as people of that language read it."""
    say, speech = words(language), _Speech(language, document["currency"], document["zone"])
    facts = {
        "number": document["number"],
        "issued_on": speech.day(document["issued_on"]),
        "due_on": speech.day(document["due_on"]),
        "period": speech.span(document["period_start"], document["period_end"]),
        "contract": document["contract"],
        "customer_code": document["customer_code"],
        "order_reference": document["order_reference"],
    }
    return {
        "language": language,
        "title": f"{say['invoice']} {document['number']}",
        "words": say,
        "facts": [[say[key], text] for key, text in facts.items() if text],
        "seller": document["seller"],
        "buyer": document["buyer"],
        "lines": [_line(line, language, speech) for line in document["lines"]],
        "vat_shares": [
            [
                f"{speech.number(part['rate'])} % ({part['category']})",
                speech.money(part["taxable"]),
                speech.money(part["vat"]),
            ]
            for part in document["vat_shares"]
        ],
        "net": speech.money(document["net"]),
        "vat": speech.money(document["vat"]),
        "gross": speech.money(document["gross"]),
        "due_on": facts["due_on"],
        "iban": " ".join(document["iban"][start : start + 4] for start in range(0, len(document["iban"]), 4)),
        "bic": document["bic"],
        "reference": document["payment_reference"],
        "sentences": [
            *document["legal_sentences"],
            f"{say['proration']} {say['proration_' + document['proration']]} {document['zone']}.",
        ],
    }


class _Speech:
    """How one language writes days, numbers and money."""

    def __init__(self, language: str, currency: str, zone: str) -> None:
        self.locale, self.currency, self.zone = LOCALES[language], currency, ZoneInfo(zone)

    def day(self, text: str) -> str:
        return format_date(date.fromisoformat(text), "d MMM y", locale=self.locale)

    def span(self, start: str, end: str) -> str:
        """Write days from the first to the last, naming a month or year once where they share it."""
        first, last = date.fromisoformat(start), date.fromisoformat(end) - timedelta(days=1)
        if first == last:
            return self.day(start)
        same_month = (first.year, first.month) == (last.year, last.month)
        begin = "d" if same_month else "d MMM" if first.year == last.year else "d MMM y"
        return f"{format_date(first, begin, locale=self.locale)} – {self.day(last.isoformat())}"

    def moment(self, text: str) -> str:
        return format_datetime(datetime.fromisoformat(text), "d MMM y HH:mm", tzinfo=self.zone, locale=self.locale)

    def number(self, text: str) -> str:
        return format_decimal(Decimal(text), FULL, locale=self.locale, decimal_quantization=False)

    def money(self, text: str) -> str:
        return format_currency(Decimal(text), self.currency, locale=self.locale)

    def price(self, text: str) -> str:
        """Write a price with two decimals, and with more where it has more."""
        return format_currency(
            as_price(Decimal(text)),
            self.currency,
            locale=self.locale,
            currency_digits=False,
            decimal_quantization=False,
        )

    def sum(self, formula: str) -> str:
        """Write the numbers of a formula as the language does."""
        return _NUMBER.sub(lambda found: self._as_written(found[0]), formula)

    def _as_written(self, digits: str) -> str:
        decimals = len(digits.partition(".")[2])
        return format_decimal(Decimal(digits), "#,##0." + "0" * decimals if decimals else "#,##0", locale=self.locale)


def _vat_share(part: dict[str, Any], speech: _Speech) -> list[str]:
    rate = f"{speech.number(part['rate'])} % ({part['category']})"
    return [rate, speech.money(part["taxable"]), speech.money(part["vat"])]


def _line(line: dict[str, Any], language: str, speech: _Speech) -> dict[str, Any]:
    say = words(language)
    unit = say.get(f"unit_{line['unit']}", line["unit"])
    per = "" if line["price_base"] == "1" else f"{say['per']} {speech.number(line['price_base'])} {unit}"
    return {
        "product": line.get("text", {}).get(language) or line.get("name") or line["product"] or say[line["component"]],
        "serial": f"{say['serial']} {line['serial']}" if line["serial"] else "",
        "notes": [_what(line, say, speech), *_readings(line, say, speech), *_sum(line, speech)],
        "quantity": f"{speech.number(line['quantity'])} {unit}",
        "price": speech.price(line["unit_price"]),
        "per": per,
        "net": speech.money(line["net"]),
    }


def _what(line: dict[str, Any], say: dict[str, str], speech: _Speech) -> str:
    meter = line["meter"]
    what = say[line["component"]] + (f": {say.get('meter_' + meter, meter.replace('_', ' '))}" if meter else "")
    return f"{what}, {speech.span(line['period_start'], line['period_end'])}"


def _sum(line: dict[str, Any], speech: _Speech) -> list[str]:
    """Show the sum where it is more than quantity times price."""
    return [speech.sum(line["formula"])] if "/" in line["formula"] or ";" in line["formula"] else []


def _readings(line: dict[str, Any], say: dict[str, str], speech: _Speech) -> list[str]:
    """Show what the meter's readings were, and by which version of it they were counted."""
    if line["meter"] is None:
        return []
    why = {reason["code"]: reason["inputs"] for reason in line["reasons"]}
    if "bill.no_readings" in why:
        return [say["no_readings"]]
    version = next((inputs["version"] for code, inputs in why.items() if code.startswith("bill.meter_")), None)
    counted = "" if version is None else f" ({say['meter_version']} {version})"
    if "bill.measured" in why:
        covered, gap = (speech.number(why["bill.measured"][name]) for name in ("covered", "longest_gap"))
        return [
            f"{say['measured']}{counted}: {covered} {say['unit_HUR']}, {say['longest_gap']} {gap} {say['unit_HUR']}"
        ]
    ends = (("opening", "opening_at"), ("closing", "closing_at"))
    shown = [
        f"{speech.number(line[value])} ({speech.moment(line[at])})" for value, at in ends if line[value] is not None
    ]
    return [f"{say['meter']}{counted}: {' → '.join(shown)}"]
