"""A bank statement (CAMT.053) as the bank wrote it: what was booked, from whom, with what text; it must add up."""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import NamedTuple

from lxml import etree

from billing.einvoice.safe_xml import UnsafeXml, read_xml
from telemetry.refusal import Refusal

_NOTHING = Decimal("0.00")
_MOST = Decimal(10) ** 12
_MOST_ENTRIES = 100_000
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


class UnreadableStatement(Refusal):
    """A file is no bank statement of the kind CAMT.053, or it does not add up."""


class Entry(NamedTuple):
    """One amount on the account: more than nothing came in."""

    booked_on: date
    amount: Decimal
    currency: str
    text: str
    party: str
    iban: str
    name: str
    """Under which the same entry is known again, in whatever statement it stands."""


class Statement(NamedTuple):
    """The entries of one account, with its balances where the bank gives them."""

    id: str
    iban: str
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    closed_on: date | None
    entries: list[Entry]


def read_statements(document: bytes) -> list[Statement]:
    """Read a file of one or more statements. Raises UnreadableStatement."""
    try:
        root = read_xml(document)
    except UnsafeXml as unsafe:
        raise UnreadableStatement(str(unsafe), field="file") from unsafe
    found = _all(root, "BkToCstmrStmt/Stmt")
    if not found:
        raise UnreadableStatement("this is no bank statement of the kind CAMT.053; ask the bank for that", field="file")
    try:
        return [_statement(one) for one in found]
    except (InvalidOperation, ValueError) as error:
        raise UnreadableStatement(
            f"an amount or a day in the statement cannot be read: {error}"[:300], field="file"
        ) from error


def _statement(stmt: etree._Element) -> Statement:
    iban = _first(stmt, "Acct/Id/IBAN") or _first(stmt, "Acct/Id/Othr/Id")
    opening, _ = _balance(stmt, _OPENING)
    closing, closed_on = _balance(stmt, _CLOSING)
    currency = _first(stmt, "Acct/Ccy") or next((amount.get("Ccy", "") for amount in _all(stmt, "Ntry/Amt")), "EUR")
    booked = [one for one in _all(stmt, "Ntry") if (_first(one, "Sts/Cd") or _first(one, "Sts") or "BOOK") == "BOOK"]
    if len(booked) > _MOST_ENTRIES:
        raise UnreadableStatement(f"the statement has more than {_MOST_ENTRIES:,} entries; split it", field="file")
    entries = [entry for place, one in enumerate(booked) for entry in _entries(one, iban, _first(stmt, "Id"), place)]
    moved = sum((_signed(one, "Amt") for one in booked), _NOTHING)
    if opening is not None and closing is not None and opening + moved != closing:
        sentence = (
            f"the statement does not add up: {opening} and {moved} booked are not {closing}; get it anew from the bank"
        )
        raise UnreadableStatement(sentence, field="file")
    return Statement(_line(_first(stmt, "Id"), 80), _line(iban, 34), currency[:3], opening, closing, closed_on, entries)


def _entries(ntry: etree._Element, iban: str, statement: str, place: int) -> Iterator[Entry]:
    """Give an entry, or its parts where the bank booked several payments as one and their amounts add up to it."""
    details = _all(ntry, "NtryDtls/TxDtls")
    amounts = [_part(one) for one in details]
    whole = _signed(ntry, "Amt")
    parts = len(details) > 1 and None not in amounts and sum(filter(None, amounts)) == abs(whole)
    sign = 1 if whole >= 0 else -1
    booked_on = date.fromisoformat(
        (_first(ntry, "BookgDt/Dt") or _first(ntry, "BookgDt/DtTm") or _first(ntry, "ValDt/Dt"))[:10]
    )
    currency = next(iter(_all(ntry, "Amt"))).get("Ccy", "EUR")[:3]
    bank = _first(ntry, "AcctSvcrRef")
    own = bank or f"{statement}/{place}"
    chosen: Sequence[etree._Element] = details if parts else [details[0] if details else ntry]
    for number, one in enumerate(chosen):
        amount = sign * (amounts[number] or _NOTHING) if parts else whole
        if not amount:
            continue
        text, party, account = _text(one, ntry), _line(_party(one, sign), 200), _line(_account(one, sign), 34)
        seed = "|".join((iban, own, str(number), str(booked_on), str(amount), "" if bank else text))
        yield Entry(booked_on, amount, currency, text, party, account, sha256(seed.encode()).hexdigest()[:40])


def _part(detail: etree._Element) -> Decimal | None:
    text = _first(detail, "Amt") or _first(detail, "AmtDtls/TxAmt/Amt")
    return _amount(text) if text else None


def _text(detail: etree._Element, ntry: etree._Element) -> str:
    """Give what the payer wrote: the structured reference first, then the rest."""
    structured = [one.text or "" for one in _all(detail, "RmtInf/Strd/CdtrRefInf/Ref")]
    free = [one.text or "" for one in _all(detail, "RmtInf/Ustrd")]
    extra = [] if structured or free else [_first(ntry, "AddtlNtryInf")]
    return _line(" ".join([*structured, *free, *extra]), 200)


def _party(detail: etree._Element, sign: int) -> str:
    side = "Dbtr" if sign > 0 else "Cdtr"
    return _first(detail, f"RltdPties/{side}/Nm") or _first(detail, f"RltdPties/{side}/Pty/Nm")


def _account(detail: etree._Element, sign: int) -> str:
    return _first(detail, f"RltdPties/{'Dbtr' if sign > 0 else 'Cdtr'}Acct/Id/IBAN")


def _balance(stmt: etree._Element, kinds: Sequence[str]) -> tuple[Decimal | None, date | None]:
    for kind in kinds:
        for one in _all(stmt, "Bal"):
            if _first(one, "Tp/CdOrPrtry/Cd") == kind:
                day = _first(one, "Dt/Dt")
                return _signed(one, "Amt"), date.fromisoformat(day[:10]) if day else None
    return None, None


def _signed(one: etree._Element, path: str) -> Decimal:
    amount = _amount(_first(one, path))
    return -amount if _first(one, "CdtDbtInd") == "DBIT" else amount


def _amount(text: str) -> Decimal:
    """Read an amount of whole cents. Raises ValueError and InvalidOperation."""
    amount = Decimal(text)
    if not amount.is_finite() or not 0 <= amount < _MOST or amount != amount.quantize(Decimal("0.01")):
        msg = f"{text[:40]!r} is no amount in cents"
        raise ValueError(msg)
    return amount.quantize(Decimal("0.01"))


def _all(one: etree._Element, path: str) -> list[etree._Element]:
    """Find elements by their names, of whatever version of the standard."""
    found = [one]
    for step in path.split("/"):
        found = [child for parent in found for child in parent if etree.QName(child).localname == step]
    return found


def _first(one: etree._Element, path: str) -> str:
    return next((" ".join((found.text or "").split()) for found in _all(one, path)), "")


def _line(text: str, most: int) -> str:
    """Give a text as one line without what cannot be seen."""
    plain = "".join(
        " " if unicodedata.category(sign)[0] in "CZ" else sign for sign in unicodedata.normalize("NFC", text)
    )
    return " ".join(plain.split())[:most].strip()
