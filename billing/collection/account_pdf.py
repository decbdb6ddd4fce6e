"""A statement of account as a PDF (PDF/A-3), in the customer's language."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from billing.collection.statement_of_account import AccountKind, AccountLine, AccountStatement
from billing.document.speech import Speech, breakable
from billing.period import FIRST_DAY
from billing.seller import Seller
from lifecycle.customer import Customer
from lifecycle.typst_gateway import typeset_for_archives


def account_pdf(statement: AccountStatement, *, keeper: Seller, customer: Customer, language: str) -> bytes:
    """Set a statement in a language (nl, fr, en); the same statement always gives the same bytes.

    Text that no font of ours can show gives a plain PDF.
    """
    shown = json.dumps(view(statement, keeper=keeper, customer=customer, language=language), ensure_ascii=False)
    stamp = datetime.combine(statement.until_day, time(12), UTC)
    return typeset_for_archives("billing/collection/account_statement.typ", {"statement": shown}, stamp=stamp)


@cache
def account_words(language: str) -> dict[str, str]:
    """Give the words of a statement in one language."""
    table = json.loads(files("billing").joinpath("collection/account_words.json").read_text(encoding="utf-8"))
    return {key: by_language[language] for key, by_language in table.items()}


def view(statement: AccountStatement, *, keeper: Seller, customer: Customer, language: str) -> dict[str, Any]:
    """Spell every date and amount of a statement as people of that language read it."""
    say, speech = account_words(language), Speech(language, statement.currency, keeper.zone)
    days = f"{speech.day(str(_first_day(statement)))} – {speech.day(str(statement.until_day))}"
    return {
        "language": language,
        "words": say,
        "days": days,
        "seller": _party(keeper, say),
        "customer": _party(customer, say),
        "facts": [[say["customer_code"], breakable(statement.customer)], [say["days"], days]],
        "lines": [_line(one, statement, say, speech) for one in statement.lines],
        "opening": speech.money(str(statement.opening)),
        "closing_word": _closing_word(statement.closing, say),
        "closing": speech.money(str(abs(statement.closing))),
        "besides": _besides(statement, say, speech),
        "iban": _spaced(keeper.iban) if statement.closing > 0 else "",
    }


def _first_day(statement: AccountStatement) -> date:
    """Give the day from which it tells: of an account from the beginning, that of its first line."""
    if statement.from_day > FIRST_DAY:
        return statement.from_day
    return min((one.on for one in statement.lines), default=statement.until_day)


def _party(whom: Seller | Customer, say: Mapping[str, str]) -> dict[str, Any]:
    place = " ".join(breakable(part) for part in (whom.country, whom.postal_code, whom.city) if part)
    number = f"{say['vat_number']} {whom.vat_number}" if whom.vat_number else ""
    rows = [one for one in (breakable(whom.street), place, number) if one]
    return {"name": breakable(whom.name), "rows": rows, "vat_number": whom.vat_number or ""}


def _line(one: AccountLine, statement: AccountStatement, say: Mapping[str, str], speech: Speech) -> dict[str, Any]:
    still_open = one.open if one.kind is AccountKind.INVOICE else None
    is_late = bool(still_open and still_open > 0 and one.due_on and one.due_on < statement.until_day)
    return {
        "on": speech.day(str(one.on)),
        "kind": say[one.kind.value],
        "number": breakable(one.number),
        "due_on": speech.day(str(one.due_on)) if one.due_on else "",
        "is_late": is_late,
        "amount": speech.money(str(one.amount)),
        "still_open": speech.money(str(still_open)) if still_open else "",
        "balance": speech.money(str(one.balance)),
    }


def _closing_word(closing: Decimal, say: Mapping[str, str]) -> str:
    return say["owed"] if closing > 0 else say["owing"] if closing < 0 else say["even"]


def _besides(statement: AccountStatement, say: Mapping[str, str], speech: Speech) -> list[list[str]]:
    told = {"overdue": statement.overdue, "unallocated": statement.unallocated}
    return [[say[name], speech.money(str(amount))] for name, amount in told.items() if amount]


def _spaced(iban: str) -> str:
    plain = iban.replace(" ", "")
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))
