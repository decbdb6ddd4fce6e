"""The VAT listing: what was charged by rate and customer, and the three tables that a Belgian return asks for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel

from billing.books.line import NOTHING, total
from billing.contract.contract import VatCategory
from billing.vat import VatShare
from telemetry.refusal import Refusal

VAT_RULE = "vat-listing/1"
HOME = "BE"

LISTED_FROM = Decimal(250)
"""A customer stands on the yearly listing from more than this turnover (art. 53quinquies of the Belgian VAT Code)."""

_GRID_OF_RATE = {Decimal(0): "00", Decimal(6): "01", Decimal(12): "02", Decimal(21): "03"}
_ABROAD = ("44", "46")
_UNION = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI"),
    )
)
"""How VAT numbers of the Union begin: Greece writes EL, Northern Ireland (for goods) XI."""


class ListingDisagrees(Refusal):
    """The VAT of a document is not the sum of its own shares, so that no listing may be made of it."""


class VatDocument(NamedTuple):
    """An issued document with its VAT by category and rate, as it says itself; a credit note is negative."""

    number: str
    issued_on: date
    is_credit: bool
    customer: str
    customer_name: str
    country: str
    vat_number: str | None
    currency: str
    net: Decimal
    vat: Decimal
    shares: Sequence[VatShare]

    @property
    def buyer(self) -> str:
        """Give the buyer's VAT number in compact form with its prefix, empty where there is none."""
        return compact(self.vat_number or "", self.country)


class VatRow(BaseModel):
    """What one customer was charged under one category and rate."""

    customer: str
    customer_name: str
    country: str
    vat_number: str | None
    category: VatCategory
    rate: Decimal
    currency: str
    documents: int
    taxable: Decimal
    vat: Decimal


class VatSum(BaseModel):
    """The sum of one category and rate."""

    category: VatCategory
    rate: Decimal
    currency: str
    documents: int
    taxable: Decimal
    vat: Decimal


class VatGrid(BaseModel):
    """One box of the Belgian periodic return; credit notes stand in boxes of their own."""

    grid: str
    currency: str
    amount: Decimal


class ListedCustomer(BaseModel):
    """A row of the Belgian yearly customer listing."""

    vat_number: str
    customer_name: str
    currency: str
    turnover: Decimal
    vat: Decimal


class IntraCommunity(BaseModel):
    """A row of the intra-Community listing: L for goods, S for services."""

    country: str
    vat_number: str
    code: str
    customer_name: str
    currency: str
    amount: Decimal


class VatReport(BaseModel):
    """The listing of a period by day of issue; its totals are those of the documents issued in it."""

    rule: str = VAT_RULE
    start: date
    end: date
    documents: int
    rows: list[VatRow]
    sums: list[VatSum]
    grids: list[VatGrid]
    customers: list[ListedCustomer]
    intra_community: list[IntraCommunity]


class _Charged(NamedTuple):
    """One share of one document."""

    document: VatDocument
    share: VatShare


def vat_listing(documents: Iterable[VatDocument], *, start: date, end: date) -> VatReport:
    """List the VAT of documents. Raises ListingDisagrees."""
    known = list(documents)
    for document in known:
        _check(document)
    charged = [_Charged(document, share) for document in known for share in document.shares]
    return VatReport(
        start=start,
        end=end,
        documents=len(known),
        rows=_rows(charged),
        sums=_sums(charged),
        grids=_grids(charged),
        customers=_listed(charged),
        intra_community=_abroad(charged),
    )


def compact(number: str, country: str) -> str:
    """Write a VAT number without dots and spaces and with its prefix.

    >>> compact("be 0417.497.106", "BE"), compact("0417497106", "BE"), compact("123456789", "GR")
    ('BE0417497106', 'BE0417497106', 'EL123456789')
    """
    bare = "".join(sign for sign in number.upper() if sign.isascii() and sign.isalnum())
    if not bare or bare[:2].isalpha():
        return bare
    return ("EL" if country == "GR" else country) + bare


def _check(document: VatDocument) -> None:
    taxable, vat = total(one.taxable for one in document.shares), total(one.vat for one in document.shares)
    if (taxable, vat) != (document.net, document.vat):
        sentence = (
            f"{document.number} says {document.net} net and {document.vat} VAT, its parts say {taxable} and {vat}; "
            "verify the backup: an issued document never changes"
        )
        raise ListingDisagrees(sentence, field="period")


def _rows(charged: Sequence[_Charged]) -> list[VatRow]:
    grouped: dict[tuple[str, ...], list[_Charged]] = defaultdict(list)
    for one in charged:
        of, share = one.document, one.share
        grouped[of.customer, of.buyer, share.category, f"{share.rate:08.4f}", of.currency].append(one)
    return [
        VatRow(
            customer=of[0].document.customer,
            customer_name=of[-1].document.customer_name,
            country=of[-1].document.country,
            vat_number=of[0].document.buyer or None,
            **_sum(of).model_dump(),
        )
        for _, of in sorted(grouped.items())
    ]


def _sums(charged: Sequence[_Charged]) -> list[VatSum]:
    grouped: dict[tuple[str, ...], list[_Charged]] = defaultdict(list)
    for one in charged:
        grouped[one.document.currency, one.share.category, f"{one.share.rate:08.4f}"].append(one)
    return [_sum(of) for _, of in sorted(grouped.items())]


def _sum(of: Sequence[_Charged]) -> VatSum:
    return VatSum(
        category=of[0].share.category,
        rate=of[0].share.rate,
        currency=of[0].document.currency,
        documents=len({one.document.number for one in of}),
        taxable=total(one.share.taxable for one in of),
        vat=total(one.share.vat for one in of),
    )


def _grids(charged: Sequence[_Charged]) -> list[VatGrid]:
    """Fill the boxes of the return: turnover by rate, credit notes apart, VAT owed in 54 and VAT to get back in 64."""
    boxes: dict[tuple[str, str], Decimal] = defaultdict(lambda: NOTHING)
    for document, share in charged:
        grid, currency = _grid(document, share), document.currency
        if document.is_credit:
            boxes[currency, "48" if grid in _ABROAD else "49"] -= share.taxable
            boxes[currency, "64"] -= share.vat
        else:
            boxes[currency, grid] += share.taxable
            boxes[currency, "54"] += share.vat
    kept = sorted((key, amount) for key, amount in boxes.items() if amount)
    return [VatGrid(grid=grid, currency=currency, amount=amount) for (currency, grid), amount in kept]


def _grid(document: VatDocument, share: VatShare) -> str:
    """Give the box of a turnover; a rate that Belgium does not have stands with 21 %."""
    if share.category is VatCategory.REVERSE_CHARGE:
        prefix = document.buyer[:2]
        return "45" if prefix == HOME else "44" if prefix in _UNION else "47"
    if share.category is VatCategory.INTRA_COMMUNITY:
        return "46"
    return _GRID_OF_RATE.get(share.rate.normalize(), "03")


def _listed(charged: Sequence[_Charged]) -> list[ListedCustomer]:
    """Give the Belgian customers with a VAT number and more turnover than the law leaves out."""
    grouped: dict[tuple[str, str], list[_Charged]] = defaultdict(list)
    for one in charged:
        if one.document.buyer.startswith(HOME):
            grouped[one.document.buyer, one.document.currency].append(one)
    rows = [
        ListedCustomer(
            vat_number=number.removeprefix(HOME),
            customer_name=of[-1].document.customer_name,
            currency=currency,
            turnover=total(one.share.taxable for one in of),
            vat=total(one.share.vat for one in of),
        )
        for (number, currency), of in sorted(grouped.items())
    ]
    return [row for row in rows if row.turnover > LISTED_FROM]


def _abroad(charged: Sequence[_Charged]) -> list[IntraCommunity]:
    """Give what customers elsewhere in the Union account for themselves, goods and services apart."""
    grouped: dict[tuple[str, str, str], list[_Charged]] = defaultdict(list)
    for one in charged:
        code = _code(one)
        if code:
            grouped[one.document.buyer, code, one.document.currency].append(one)
    return [
        IntraCommunity(
            country=number[:2],
            vat_number=number[2:],
            code=code,
            customer_name=of[-1].document.customer_name,
            currency=currency,
            amount=total(one.share.taxable for one in of),
        )
        for (number, code, currency), of in sorted(grouped.items())
    ]


def _code(one: _Charged) -> str:
    """Tell goods (L) from services (S); nothing for what is not on this listing."""
    prefix = one.document.buyer[:2]
    if prefix == HOME or prefix not in _UNION:
        return ""
    return {VatCategory.INTRA_COMMUNITY: "L", VatCategory.REVERSE_CHARGE: "S"}.get(one.share.category, "")
