"""The invoice as a PDF (PDF/A-3, for archives), in the customer's language."""

import json
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from billing.document.line_words import words
from billing.document.payment_qr import payment_qr, payment_text
from billing.document.proof_annex import annex
from billing.document.speech import Speech, breakable
from billing.invoice import Kind
from billing.rating.rated import Component
from lifecycle.typst_gateway import typeset_for_archives

MADE_BY = f"typst {version('typst')}; invoice.typ 2"
"""What makes the PDF: where it changes, the same document gives other bytes."""


def pdf(document: dict[str, Any], language: str | None = None) -> bytes:
    """Set an issued document, in its own language unless another is asked for (nl, fr, en).

    The same document always gives the same bytes. Text that no font of ours can show gives a plain PDF.
    """
    shown = json.dumps(view(document, language or document["language"]), ensure_ascii=False)
    stamp = datetime.fromisoformat(f"{document['issued_on']}T12:00:00+00:00")
    return typeset_for_archives("billing/document/invoice.typ", {"invoice": shown}, stamp=stamp)


def view(document: dict[str, Any], language: str) -> dict[str, Any]:
    """Spell every date, number and amount of a document as people of that language read it."""
    shown = _turned_round(document) if _is_credit(document) else document
    say, speech = words(language), Speech(language, document["currency"], document["zone"])
    return {
        "language": language,
        "kind": say["credit_note"] if _is_credit(document) else say["invoice"],
        "number": document["number"],
        "words": say,
        "facts": _facts(document, say, speech),
        "credited": _credited(document, say, speech),
        "seller": _party(document["seller"]),
        "buyer": _party(document["buyer"]),
        "lines": [_line(line, language, speech) for line in shown["lines"]],
        "vat_shares": [_vat_share(part, speech) for part in shown["vat_shares"]],
        "net": speech.money(shown["net"]),
        "vat": speech.money(shown["vat"]),
        "gross": speech.money(shown["gross"]),
        "gross_word": say["total_credited"] if _is_credit(document) else say["total_gross"],
        "payment": None if Decimal(document["gross"]) <= 0 else _payment(document, say, speech),
        "sentences": _sentences(document, say),
        "annex": annex(document, language, speech),
    }


def _is_credit(document: dict[str, Any]) -> bool:
    return document.get("kind") == Kind.CREDIT_NOTE


def _turned_round(document: dict[str, Any]) -> dict[str, Any]:
    """Show the amounts of a credit note, kept as less than nothing, as people read them: what they get back."""
    turn = ("net", "vat", "gross")
    lines = [line | {name: _minus(line[name]) for name in ("quantity", "net")} for line in document["lines"]]
    shares = [part | {name: _minus(part[name]) for name in ("taxable", "vat")} for part in document["vat_shares"]]
    return document | {name: _minus(document[name]) for name in turn} | {"lines": lines, "vat_shares": shares}


def _minus(text: str) -> str:
    return str(Decimal(0) - Decimal(text))


def _facts(document: dict[str, Any], say: dict[str, str], speech: Speech) -> list[list[str]]:
    facts = {
        "number": document["number"],
        "issued_on": speech.day(document["issued_on"]),
        "due_on": "" if _is_credit(document) else speech.day(document["due_on"]),
        "period": speech.span(document["period_start"], document["period_end"]),
        "contract": breakable(document["contract"]),
        "customer_code": breakable(document["customer_code"]),
        "order_reference": breakable(document["order_reference"]),
    }
    return [[say[key], text] for key, text in facts.items() if text]


def _credited(document: dict[str, Any], say: dict[str, str], speech: Speech) -> str:
    """Name the invoice that is taken back and say why, as the law wants it on a credit note."""
    credited = document.get("credited")
    if credited is None:
        return ""
    named = f"{say['credits']} {credited['number']} ({speech.day(credited['issued_on'])})"
    note = f" {breakable(credited['note'])}" if credited["note"] else ""
    return f"{named}: {say['why_' + credited['why']]}.{note}"


def _party(party: dict[str, Any]) -> dict[str, Any]:
    shown = {name: breakable(text) if isinstance(text, str) else text for name, text in party.items()}
    place = [party["country"], party["postal_code"], party["city"]]
    return shown | {"place": " ".join(breakable(part) for part in place if part)}


def _payment(document: dict[str, Any], say: dict[str, str], speech: Speech) -> dict[str, Any]:
    scanned = payment_text(
        name=document["seller"]["name"],
        iban=document["iban"],
        bic=document["bic"],
        amount=Decimal(document["gross"]),
        currency=document["currency"],
        reference=document["payment_reference"],
    )
    return {
        "due_on": speech.day(document["due_on"]),
        "iban": " ".join(document["iban"][start : start + 4] for start in range(0, len(document["iban"]), 4)),
        "bic": document["bic"],
        "reference": document["payment_reference"],
        "qr": payment_qr(scanned) if scanned else "",
        "scan": say["scan"],
    }


def _sentences(document: dict[str, Any], say: dict[str, str]) -> list[str]:
    policy = say.get(f"proration_{document['proration']}")
    parts = [f"{say['proration']} {policy} {document['zone']}."] if policy else []
    return [*document["legal_sentences"], " ".join([*parts, *_policies(document, say)])]


def _policies(document: dict[str, Any], say: dict[str, str]) -> list[str]:
    """Say how the contract charges, as far as it matters for these lines."""
    told = document.get("policies", {})
    fees = any(line["component"] == Component.FEE for line in document["lines"])
    metered = any(line["meter"] for line in document["lines"])
    wanted = [("fee_timing", fees), ("zero_use", metered), ("negative_month", True)]
    sentences = [say.get(f"policy_{name}_{told.get(name)}") for name, matters in wanted if matters]
    late = [say["policy_late_months"].format(months=told["late_months"])] if metered and "late_months" in told else []
    return [one for one in sentences if one] + late


def _vat_share(part: dict[str, Any], speech: Speech) -> list[str]:
    rate = f"{speech.number(part['rate'])} % ({part['category']})"
    return [rate, speech.money(part["taxable"]), speech.money(part["vat"])]


def _line(line: dict[str, Any], language: str, speech: Speech) -> dict[str, Any]:
    say = words(language)
    unit = say.get(f"unit_{line['unit']}", line["unit"])
    per = "" if line["price_base"] == "1" else f"{say['per']} {speech.number(line['price_base'])} {unit}"
    title = line.get("text", {}).get(language) or line.get("name") or line["product"] or say[line["component"]]
    return {
        "position": str(line["position"]),
        "product": breakable(title),
        "serial": f"{say['serial']} {breakable(line['serial'])}" if line["serial"] else "",
        "notes": [_what(line, say, speech)],
        "quantity": f"{speech.number(line['quantity'])} {unit}",
        "price": speech.price(line["unit_price"]),
        "per": per,
        "net": speech.money(line["net"]),
    }


def _what(line: dict[str, Any], say: dict[str, str], speech: Speech) -> str:
    meter = line["meter"]
    what = say[line["component"]] + (f": {say.get('meter_' + meter, meter.replace('_', ' '))}" if meter else "")
    return f"{what}, {speech.span(line['period_start'], line['period_end'])}"
