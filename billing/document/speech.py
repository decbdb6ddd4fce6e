"""How one language writes days, numbers and money on an invoice."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from billing.rating.rated import as_price

LOCALES = {"nl": "nl_BE", "fr": "fr_BE", "en": "en_GB"}
FULL = "#,##0.##########"
_NUMBER = re.compile(r"\d+(\.\d+)?")
_LONG_WORD = re.compile(r"[^\s\u200b]{28,}")
_PIECE = re.compile(r".{14}(?=.)")


class Speech:
    """Spells for one language, currency and time zone."""

    def __init__(self, language: str, currency: str, zone: str) -> None:
        """Choose how to spell."""
        self.locale, self.currency, self.zone = LOCALES[language], currency, ZoneInfo(zone)

    def to_date(self, text: str) -> date:
        """Read a day as documents keep it."""
        return date.fromisoformat(text)

    def day(self, text: str) -> str:
        """Write a day."""
        return format_date(self.to_date(text), "d MMM y", locale=self.locale)

    def span(self, start: str, end: str) -> str:
        """Write days from the first to the last, naming a month or year once where they share it."""
        first, last = date.fromisoformat(start), date.fromisoformat(end) - timedelta(days=1)
        if first == last:
            return self.day(start)
        same_month = (first.year, first.month) == (last.year, last.month)
        begin = "d" if same_month else "d MMM" if first.year == last.year else "d MMM y"
        return f"{format_date(first, begin, locale=self.locale)} – {self.day(last.isoformat())}"

    def moment(self, text: str) -> str:
        """Write a moment in the contract's own time."""
        return format_datetime(datetime.fromisoformat(text), "d MMM y HH:mm", tzinfo=self.zone, locale=self.locale)

    def number(self, text: str) -> str:
        """Write a number with all its decimals."""
        return format_decimal(Decimal(text), FULL, locale=self.locale, decimal_quantization=False)

    def money(self, text: str) -> str:
        """Write an amount in the document's currency."""
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


def breakable(text: str) -> str:
    """Let a very long word break anywhere, so that it stays within its column.

    >>> breakable("a" * 30).count("\u200b"), breakable("Sint-Élisabeth")
    (2, 'Sint-Élisabeth')
    """
    return _LONG_WORD.sub(lambda word: _PIECE.sub("\\g<0>\u200b", word[0]), text)
