"""What people read, in Dutch, French or English: words for codes, sentences for reasons, numbers, money and dates."""

import json
import string
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from lifecycle.reason import Reason
from telemetry import meter
from telemetry.metric import CATALOGUE, Metric

LANGUAGES = {"nl": "Nederlands", "fr": "Français", "en": "English"}
"""The languages we speak, each under its own name."""

_LOCALES = {"nl": "nl_BE", "fr": "fr_BE", "en": "en_GB"}
_CATALOGUES = Path(__file__).parent / "locale"
_ZONE = ZoneInfo("Europe/Brussels")
"""Moments are shown in this zone where no place says otherwise."""
_UNITS = {one.code: one.unit for one in meter.CATALOGUE} | {metric.code: metric.unit for metric in CATALOGUE}


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read every catalogue: a key, and under it the sentence in each language."""
    entries: dict[str, Mapping[str, str]] = {}
    for file in sorted(_CATALOGUES.glob("*.json")):
        entries.update(json.loads(file.read_text(encoding="utf-8")))
    return entries


class Words:
    """Everything that is said in one language."""

    def __init__(self, language: str) -> None:
        """Speak a language of ours; English where we do not speak the one asked for."""
        self.language = language if language in LANGUAGES else "en"
        self.locale = Locale.parse(_LOCALES[self.language])

    def say(self, key: str, **inputs: Any) -> str:
        """Give the sentence of a key, filled in; a key without words gives its last part, readable."""
        entry = catalogue().get(key)
        if entry is None:
            return _readable(key.rpartition(".")[2])
        return _Filling(self, str(inputs.get("currency", "EUR"))).vformat(entry[self.language], (), inputs)

    def word(self, kind: str, code: object) -> str:
        """Give the word for a code, such as `word("status", "in_service")`."""
        return self.say(f"{kind}.{code}")

    def reason(self, reason: Reason | Mapping[str, Any]) -> str:
        """Tell a reason in a sentence. Its effect is not in it."""
        told = reason if isinstance(reason, Reason) else Reason.model_validate(reason)
        return self.say(f"reason.{told.code}", **told.inputs)

    def metric(self, metric: Metric) -> str:
        """Name a metric: in the reader's language where it is one of ours, else as the tenant named it."""
        return self.say(f"metric.{metric.code}") if f"metric.{metric.code}" in catalogue() else metric.name

    def unit(self, unit: str) -> str:
        """Give the sign of a unit; nothing for a mere count."""
        return "" if unit == "count" else self.say(f"unit.{unit}") if f"unit.{unit}" in catalogue() else unit

    def number(self, value: float | Decimal, digits: int = 1) -> str:
        """Write a number with at most so many digits behind the comma."""
        rounded = round(float(value), digits)
        return str(numbers.format_decimal(rounded, format=_pattern(digits), locale=self.locale))

    def signed(self, value: float, digits: int = 1) -> str:
        """Write a number with its sign, zero too."""
        sign = "−" if round(value, digits) < 0 else "+"
        return sign + self.fixed(abs(value), digits)

    def fixed(self, value: float, digits: int = 1) -> str:
        """Write a number with exactly so many digits behind the comma, as in a column that adds up."""
        return str(numbers.format_decimal(value, format=f"#,##0.{'0' * digits}", locale=self.locale))

    def percent(self, value: float) -> str:
        """Write a fraction as a percentage."""
        return str(numbers.format_percent(round(value, 3), format="#,##0.#%", locale=self.locale))

    def money(self, amount: Decimal | float | str, currency: str) -> str:
        """Write a sum with its currency, as the language places it."""
        return str(numbers.format_currency(Decimal(str(amount)), currency, locale=self.locale))

    def round_money(self, amount: Decimal | float | str, currency: str) -> str:
        """Write an estimate in whole units: cents would say more than we know."""
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        return str(
            numbers.format_currency(
                Decimal(str(amount)), currency, format=pattern, locale=self.locale, currency_digits=False
            )
        )

    def day(self, value: date | str | None) -> str:
        """Write a date."""
        if value is None:
            return "–"
        return str(dates.format_date(_as_date(value), format="medium", locale=self.locale))

    def month(self, value: date) -> str:
        """Write a month and its year."""
        return str(dates.format_skeleton("yMMMM", value, locale=self.locale))

    def moment(self, value: datetime | str | None, zone: str | None = None) -> str:
        """Write a moment as a clock shows it at a place."""
        if value is None:
            return "–"
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return str(dates.format_datetime(moment, "short", tzinfo=ZoneInfo(zone) if zone else _ZONE, locale=self.locale))

    def span(self, days: float) -> str:
        """Write a number of days as people would say it: days, months or years."""
        for unit, length, least in (("years", 365.25, 730), ("months", 30.4375, 90)):
            if days >= least:
                return self.say(f"span.{unit}", count=self.number(days / length, 1 if unit == "years" else 0))
        return self.say("span.days", count=self.number(days, 0))


class _Filling(string.Formatter):
    """Fill a sentence: numbers, dates and codes are written in the sentence's language."""

    def __init__(self, words: Words, currency: str) -> None:
        self.words = words
        self.currency = currency

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """Give an input, or a dash for one that is missing: a sentence with a gap is better than none."""
        return super().get_value(key, args, kwargs) if key in kwargs else "–"

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one input; `@kind` looks its word up, `unit` is that of a metric, the others say what the input is."""
        if value is None or value == "–":
            return "–"
        if format_spec.startswith("@"):
            return self.words.word(format_spec[1:], value)
        if format_spec in _WAYS:
            return _WAYS[format_spec](self, value)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return self.words.number(value, int(format_spec or 1))
        return str(value)

    def unit_of(self, metric: str) -> str:
        """Give the sign of a metric's unit as it stands behind a number; nothing for what is only counted."""
        sign = self.words.unit(_UNITS.get(metric, "count"))
        return f"\u00a0{sign}" if sign else ""


_WAYS: Mapping[str, Callable[[_Filling, Any], str]] = {
    "unit": lambda filling, value: filling.unit_of(str(value)),
    "money": lambda filling, value: filling.words.money(str(value), filling.currency),
    "day": lambda filling, value: filling.words.day(value),
    "moment": lambda filling, value: filling.words.moment(value),
    "percent": lambda filling, value: filling.words.percent(value),
    "span": lambda filling, value: filling.words.span(value),
}


def _readable(code: str) -> str:
    return code.replace("_", " ").replace("-", " ")


def _pattern(digits: int) -> str:
    return f"#,##0.{'#' * digits}" if digits else "#,##0"


def _as_date(value: date | str) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.date() if isinstance(value, datetime) else value
