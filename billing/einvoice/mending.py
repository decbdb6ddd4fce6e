"""A refusal of our own invoice in a clerk's words: which rules it would break, and what to put right."""

from billing.einvoice.verdict import Severity, Verdict
from telemetry.refusal import Refusal

_SHOWN = 3
_LONGEST = 160

_MEND = {
    "BR-09": "the country of the seller",
    "BR-11": "the country of the customer",
    "BR-CL-14": "the country code of the customer or of the seller",
    "BR-CO-09": "the VAT number of the customer, which begins with its country",
    "BR-CO-26": "the VAT number of the seller",
    "BR-S-02": "the VAT number of the seller",
    "BR-AE-02": "the VAT number of the customer",
    "BR-IC-02": "the VAT number of the customer",
    "PAS-BUYER-VAT": "the VAT number of the customer",
    "PEPPOL-COMMON-R043": "the Belgian VAT number of the customer, whose last two digits are a check on the others",
    "PEPPOL-COMMON-R049": "the Swedish VAT number of the customer",
    "PEPPOL-EN16931-CL008": "the VAT number of the customer",
    "NL-R-003": "the seller: in the Netherlands the number in the register of companies is asked for",
}
"""The rules that the master data can break, and where it is put right."""


class InvoiceRefused(Refusal):
    """The document breaks rules by which invoices are judged, so it was not issued."""


def refused(verdict: Verdict, contract: str) -> InvoiceRefused:
    """Say which rules an invoice would break, and what to put right."""
    broken = verdict.rules(Severity.FATAL)
    told = {one.rule: " ".join(one.message.split())[:_LONGEST] for one in verdict.findings}
    named = "; ".join(f"{rule} ({told[rule]})" for rule in broken[:_SHOWN])
    more = f" and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    mend = " and ".join(dict.fromkeys(_MEND[rule] for rule in broken if rule in _MEND))
    sentence = (
        f"the invoice of {contract} is not issued, for it would break {named}{more}; "
        f"correct {mend or 'the contract or the customer'} and bill it again"
    )
    return InvoiceRefused(sentence, field="contract", rules=broken)
