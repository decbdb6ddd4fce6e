"""A reminder of an overdue invoice in the customer's language: what is open, what the law adds, how to pay."""

from collections.abc import Mapping
from typing import Any

from billing.seller import Seller
from billing.take_dunning_steps import Step
from pas.alert_letter import Letter, Part
from pas.words import Words

Content = dict[str, Any]


def payment_content(step: Step, seller: Seller) -> Content:
    """Say what a reminder tells, in codes and figures."""
    owed, claim = step.owed, step.claim
    return {
        "kind": "payment",
        "step": claim.step.value,
        "items": [],
        "name": step.customer.name,
        "organisation": seller.name,
        "number": owed.number,
        "issued_on": owed.issued_on.isoformat(),
        "due_on": owed.due_on.isoformat(),
        "currency": owed.currency,
        "open": str(claim.open),
        "interest": str(claim.interest),
        "compensation": str(claim.compensation),
        "total": str(claim.total),
        "pay_before": claim.pay_before.isoformat(),
        "iban": " ".join(seller.iban[place : place + 4] for place in range(0, len(seller.iban), 4)),
        "bic": seller.bic,
        "reference": owed.document_reference,
        "contact": seller.email,
        "reasons": [reason.model_dump(mode="json") for reason in claim.reasons],
    }


def payment_letter(content: Mapping[str, Any], words: Words) -> Letter:
    """Write a reminder."""
    facts = {key: value for key, value in content.items() if key not in {"reasons", "items"}}
    step = content["step"]
    parts = [
        Part("", [words.say("payment.greeting", **facts)]),
        Part("", [words.say(f"payment.{step}", **facts)]),
        Part(words.say("payment.owed"), _owed(content, words)),
        Part(words.say("payment.how"), [words.say("payment.pay", **facts), words.say("payment.contest", **facts)]),
    ]
    return Letter(words.say(f"payment.{step}_subject", **facts), parts, (), ())


def _owed(content: Mapping[str, Any], words: Words) -> list[str]:
    """Say what is asked for, line by line, each with its reason."""
    currency = content["currency"]
    told = [{**reason, "inputs": {**reason["inputs"], "currency": currency}} for reason in content["reasons"]]
    lines = [words.reason(reason) for reason in told]
    return [*lines, words.say("payment.total", total=content["total"], currency=currency)]
