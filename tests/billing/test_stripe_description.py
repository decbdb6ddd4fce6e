"""The Stripe-compatible server and what we ask of Stripe, held against Stripe's own description of its API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billing.collection.collecting import MandateKind
from billing.collection.stripe_form import spelled
from billing.collection.till import (
    AddLines,
    AskMandate,
    Deed,
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
from tests.stripe_server.serve import StripeServer

DESCRIBED = json.loads((Path(__file__).parents[1] / "stripe_server" / "openapi.json").read_text())
KINDS = {"null": type(None), "string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
LINE = TillLine("fee", 5000, Tax(1050, 5000, "21", "S", "BE"))
DEEDS: list[Deed] = [
    MakeCustomer("c1", "Ziekenhuis", "a@b.example", "nl"),
    DraftInvoice("cus_1", "INV-2026-000001", "EUR", "pm_card_ok", "0" * 64),
    AddLines("in_1", (LINE,)),
    FinalizeInvoice("in_1"),
    PayInvoice("in_1", "pm_card_ok"),
    SettleOutside("in_1"),
    VoidInvoice("in_1"),
    GiveBack("pi_1", 100, "r1"),
    AskMandate("cus_1", MandateKind.SEPA_DEBIT, "m1", "nl", "https://pas.example"),
]


def unknown(told: Any, described: Any, path: str = "") -> Iterator[str]:
    """Find what we say that Stripe's description does not know."""
    if isinstance(told, list) and isinstance(described, list):
        for one in told:
            yield from unknown(one, described[0], path)
    elif isinstance(told, dict) and isinstance(described, dict) and "enum" not in described:
        for name, value in told.items():
            if name not in described:
                yield f"{path}.{name}"
            else:
                yield from unknown(value, described[name], f"{path}.{name}")
    elif isinstance(described, dict) and "enum" in described and told not in described["enum"]:
        yield f"{path}={told}"


@pytest.mark.parametrize("deed", DEEDS, ids=[type(deed).__name__ for deed in DEEDS])
def test_we_say_to_stripe_only_what_it_knows(deed: Deed) -> None:
    name = type(deed).__name__.replace("SettleOutside", "PayInvoice")

    assert list(unknown(spelled(deed), DESCRIBED["requests"][name]["parameters"])) == []


def test_the_check_would_notice_a_word_that_stripe_does_not_know() -> None:
    described = DESCRIBED["requests"]["DraftInvoice"]["parameters"]
    assert list(unknown({"numbr": 1, "collection_method": "by_pigeon"}, described)) == [
        ".numbr",
        ".collection_method=by_pigeon",
    ]


def wrong(thing: dict[str, Any]) -> list[str]:
    """Find in what a thing of the server differs from Stripe's description of it."""
    described = DESCRIBED["things"][thing["object"]]
    found = [f"{thing['object']} lacks {name}" for name in described["required"] if name not in thing]
    for name, value in thing.items():
        known = described["properties"].get(name)
        if known is None:
            continue
        fits = any(kind not in KINDS or type(value) is KINDS[kind] for kind in known["types"])
        if not fits or (known.get("enum") and value is not None and value not in known["enum"]):
            found.append(f"{thing['object']}.{name} is {value!r}")
    return found


@pytest.mark.parametrize("method", ["pm_card_ok", "pm_card_bad", "pm_sepa"])
def test_every_thing_of_the_server_is_as_stripe_describes_it(method: str) -> None:
    server = StripeServer()
    book = server.book
    customer = book.make_customer({"name": "Ziekenhuis"})
    page = book.make_session({"mode": "setup", "customer": customer["id"], "payment_method_types": ["sepa_debit"]})
    book.visit(page["id"], method)
    invoice = book.make_invoice({"customer": customer["id"], "number": "INV-1", "currency": "eur"})
    tax = {"amount": "21", "taxable_amount": "100"}
    book.add_lines(invoice["id"], {"lines": [{"amount": "100", "description": "fee", "tax_amounts": [tax]}]})
    book.finalize(invoice["id"], {})
    server.answer("POST", f"/v1/invoices/{invoice['id']}/pay", {"payment_method": method}, "key")
    book.settle_debits()
    intents = book.all("payment_intent")
    if intents[0]["status"] == "succeeded":
        book.make_refund({"payment_intent": intents[0]["id"], "amount": "21"})
        book.take_back(intents[0]["id"])

    kinds = {thing["object"] for thing in book.things.values()}
    assert {"customer", "invoice", "line_item", "invoice_payment", "payment_intent", "event", "setup_intent"} <= kinds
    assert [fault for thing in book.things.values() for fault in wrong(thing)] == []
