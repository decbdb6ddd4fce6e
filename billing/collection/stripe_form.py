"""How we spell to Stripe what we ask of it: our number, all our lines, our VAT."""

from functools import singledispatch
from typing import Any

from billing.collection.collecting import MandateKind
from billing.collection.till import (
    AddLines,
    AskMandate,
    DraftInvoice,
    FinalizeInvoice,
    GiveBack,
    MakeCustomer,
    PayInvoice,
    SettleOutside,
    Tax,
    TillLine,
    VoidInvoice,
)

_TYPES = {MandateKind.SEPA_DEBIT: "sepa_debit", MandateKind.CARD: "card"}


@singledispatch
def spelled(deed: Any) -> dict[str, Any]:
    """Give the parameters of a deed."""
    msg = f"there is no way to say {type(deed).__name__} to Stripe"
    raise TypeError(msg)


@spelled.register
def _(deed: MakeCustomer) -> dict[str, Any]:
    told = {"name": deed.name, "preferred_locales": [deed.language], "metadata": {"pas_customer": deed.code}}
    return told | ({"email": deed.email} if deed.email else {})


@spelled.register
def _(deed: DraftInvoice) -> dict[str, Any]:
    return {
        "customer": deed.customer,
        "number": deed.number,
        "currency": deed.currency.lower(),
        "collection_method": "charge_automatically",
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "default_payment_method": deed.payment_method,
        "metadata": {"pas_invoice": deed.number, "pas_hash": deed.hash},
    }


@spelled.register
def _(deed: AddLines) -> dict[str, Any]:
    return {"lines": [_line(one) for one in deed.lines]}


def _line(one: TillLine) -> dict[str, Any]:
    return {"amount": one.amount, "description": one.text, "discountable": False, "tax_amounts": [_tax(one.tax)]}


def _tax(tax: Tax) -> dict[str, Any]:
    rate = {
        "display_name": f"VAT {tax.category}",
        "inclusive": False,
        "percentage": float(tax.percent),
        "country": tax.country,
        "tax_type": "vat",
    }
    return {"amount": tax.amount, "taxable_amount": tax.taxable, "tax_rate_data": rate}


@spelled.register
def _(_deed: FinalizeInvoice) -> dict[str, Any]:
    return {"auto_advance": False}


@spelled.register
def _(deed: PayInvoice) -> dict[str, Any]:
    return {"payment_method": deed.payment_method, "off_session": True}


@spelled.register
def _(_deed: SettleOutside) -> dict[str, Any]:
    return {"paid_out_of_band": True}


@spelled.register
def _(_deed: VoidInvoice) -> dict[str, Any]:
    return {}


@spelled.register
def _(deed: GiveBack) -> dict[str, Any]:
    return {"payment_intent": deed.payment_intent, "amount": deed.amount, "metadata": {"pas_refund": deed.refund}}


@spelled.register
def _(deed: AskMandate) -> dict[str, Any]:
    return {
        "mode": "setup",
        "customer": deed.customer,
        "currency": "eur",
        "payment_method_types": [_TYPES[deed.kind]],
        "locale": deed.language,
        "success_url": deed.back_to,
        "cancel_url": deed.back_to,
        "metadata": {"pas_mandate": deed.mandate},
    }
