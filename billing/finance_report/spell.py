"""Spells amounts, days and shares of the report in one language."""

from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from billing.document.speech import LOCALES
from billing.finance_report.words import words

DASH = "–"


class Spell:
    """Writes for one language; estimates in whole units, for cents would say more than we know."""

    def __init__(self, language: str) -> None:
        """Choose the language. Raises UnknownLanguage."""
        self.say, self.language, self.locale = words(language), language, LOCALES[language]
        self._whole = Locale.parse(self.locale).currency_formats["standard"].pattern.replace(".00", "")

    def whole(self, amount: Decimal | float | None, currency: str) -> str:
        """Write an estimate; a dash where there is none."""
        if amount is None:
            return DASH
        rounded = Decimal(str(amount)).quantize(Decimal(1))
        return format_currency(rounded, currency, format=self._whole, locale=self.locale, currency_digits=False)

    def plain(self, amount: Decimal | float | None) -> str:
        """Write an estimate without its currency, as in a column that is headed by it."""
        if amount is None:
            return DASH
        return format_decimal(Decimal(str(amount)).quantize(Decimal(1)), "#,##0", locale=self.locale)

    def cents(self, amount: Decimal) -> str:
        """Write an amount to the cent without its currency."""
        return format_decimal(amount, "#,##0.00", locale=self.locale)

    def exact(self, amount: Decimal | None, currency: str) -> str:
        """Write an amount to the cent."""
        return DASH if amount is None else format_currency(amount, currency, locale=self.locale)

    def number(self, value: float | None, digits: int = 1) -> str:
        """Write a number with at most so many decimals."""
        return DASH if value is None else format_decimal(round(value, digits), "#,##0." + "#" * digits, self.locale)

    def percent(self, share: float | None) -> str:
        """Write a fraction."""
        return DASH if share is None else format_percent(share, "#,##0.0 %", locale=self.locale)

    def day(self, day: date | None) -> str:
        """Write a day."""
        return DASH if day is None else format_date(day, "d MMM y", locale=self.locale)

    def word(self, kind: str, code: str | None) -> str:
        """Give the word for a code; the code itself where we have none."""
        return DASH if not code else self.say.get(f"{kind}_{code}", code)
