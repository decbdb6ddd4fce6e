"""Write an issued document as UBL 2.1 for the Peppol network (BIS Billing 3.0): invoice or credit note."""

from datetime import date, timedelta
from decimal import Decimal

from billing.contract.contract import VatCategory
from billing.document.line_words import line_facts, line_title
from billing.einvoice.endpoint import Endpoint, endpoint, enterprise_number, in_compact_form
from billing.einvoice.ubl import EN16931, NAMES
from billing.einvoice.xml_text import digits, document, holding, said
from billing.invoice import Invoice, InvoiceLine, Kind, Party, only_security
from billing.vat import VatShare, why_untaxed

PEPPOL_BILLING = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
EXEMPTION_CODES = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC"}
_CREDIT_TRANSFER, _SEPA_CREDIT_TRANSFER = "30", "58"
_A_DAY = timedelta(days=1)


def travels(invoice: Invoice) -> bool:
    """Tell whether the Peppol network can deliver the document: both sides have an address there."""
    return endpoint(invoice.seller.vat_number) is not None and endpoint(invoice.buyer.vat_number) is not None


def ubl(invoice: Invoice) -> bytes:
    """Give the document as UBL. The amounts of a credit note, kept as less than nothing, are told turned round."""
    credit = invoice.kind is Kind.CREDIT_NOTE
    name = "CreditNote" if credit else "Invoice"
    spaces = [("", f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2"), *NAMES.items()]
    sign = Decimal(-1 if credit else 1)
    return document(
        name,
        spaces,
        *_head(invoice, credit=credit),
        _party("cac:AccountingSupplierParty", invoice.seller),
        _party("cac:AccountingCustomerParty", invoice.buyer),
        _delivery(invoice),
        _payment(invoice, sign),
        _taxes(invoice, sign),
        _totals(invoice, sign),
        *(_line(line, invoice, sign, credit=credit) for line in invoice.lines),
    )


def _head(invoice: Invoice, *, credit: bool) -> tuple[str, ...]:
    span = invoice.span
    due = "" if credit else said("cbc:DueDate", invoice.due_on.isoformat())
    kind = said("cbc:CreditNoteTypeCode", "381") if credit else said("cbc:InvoiceTypeCode", "380")
    return (
        said("cbc:CustomizationID", PEPPOL_BILLING if travels(invoice) else EN16931),
        said("cbc:ProfileID", _PROFILE),
        said("cbc:ID", invoice.number),
        said("cbc:IssueDate", invoice.issued_on.isoformat()),
        due,
        kind,
        said("cbc:Note", _note(invoice)),
        said("cbc:DocumentCurrencyCode", invoice.currency),
        said("cbc:BuyerReference", invoice.order_reference or invoice.customer_code),
        _days(span.start, span.end),
        holding("cac:OrderReference", said("cbc:ID", invoice.order_reference)),
        _preceding(invoice),
        holding("cac:ContractDocumentReference", said("cbc:ID", invoice.contract)),
    )


def _note(invoice: Invoice) -> str:
    """Give the one note that the network allows: what the law wants said, and why money is given back."""
    why = invoice.credited
    return " ".join([*invoice.legal_sentences, *([why.note] if why and why.note else [])])


def _preceding(invoice: Invoice) -> str:
    if invoice.credited is None:
        return ""
    named = (
        said("cbc:ID", invoice.credited.number),
        said("cbc:IssueDate", invoice.credited.issued_on.isoformat()),
    )
    return holding("cac:BillingReference", holding("cac:InvoiceDocumentReference", *named))


def _days(start: date, end: date) -> str:
    """Name the first day and the last one, as invoices do; our own periods are half-open."""
    last = (end - _A_DAY).isoformat()
    return holding("cac:InvoicePeriod", said("cbc:StartDate", start.isoformat()), said("cbc:EndDate", last))


def _party(role: str, party: Party) -> str:
    registered = enterprise_number(party.vat_number)
    return holding(
        role,
        holding(
            "cac:Party",
            _numbered("cbc:EndpointID", endpoint(party.vat_number)),
            holding("cac:PartyName", said("cbc:Name", party.name)),
            _address("cac:PostalAddress", party),
            holding("cac:PartyTaxScheme", *_vat_number(party)),
            holding(
                "cac:PartyLegalEntity",
                said("cbc:RegistrationName", party.name),
                _numbered("cbc:CompanyID", registered),
            ),
            holding("cac:Contact", said("cbc:ElectronicMail", party.email or "")),
        ),
    )


def _numbered(name: str, number: Endpoint | None) -> str:
    return "" if number is None else said(name, number.number, schemeID=number.scheme)


def _vat_number(party: Party) -> tuple[str, ...]:
    number = in_compact_form(party.vat_number)
    return (said("cbc:CompanyID", number), _VAT) if number else ()


def _address(name: str, party: Party) -> str:
    return holding(
        name,
        said("cbc:StreetName", party.street),
        said("cbc:CityName", party.city),
        said("cbc:PostalZone", party.postal_code),
        holding("cac:Country", said("cbc:IdentificationCode", party.country)),
    )


def _delivery(invoice: Invoice) -> str:
    """Say where things stand: an intra-Community supply must name the country."""
    return holding("cac:Delivery", holding("cac:DeliveryLocation", _address("cac:Address", invoice.buyer)))


def _payment(invoice: Invoice, sign: Decimal) -> str:
    if invoice.gross * sign <= 0 and invoice.kind is Kind.INVOICE:
        return ""
    code = _SEPA_CREDIT_TRANSFER if invoice.currency == "EUR" else _CREDIT_TRANSFER
    return holding(
        "cac:PaymentMeans",
        said("cbc:PaymentMeansCode", code),
        said("cbc:PaymentID", invoice.payment_reference),
        holding(
            "cac:PayeeFinancialAccount",
            said("cbc:ID", invoice.iban),
            said("cbc:Name", invoice.seller.name),
            holding("cac:FinancialInstitutionBranch", said("cbc:ID", invoice.bic)),
        ),
    )


def _taxes(invoice: Invoice, sign: Decimal) -> str:
    shares = (_share(part, invoice, sign) for part in invoice.vat_shares)
    return holding("cac:TaxTotal", _amount("cbc:TaxAmount", invoice.vat * sign, invoice.currency), *shares)


def _share(part: VatShare, invoice: Invoice, sign: Decimal) -> str:
    return holding(
        "cac:TaxSubtotal",
        _amount("cbc:TaxableAmount", part.taxable * sign, invoice.currency),
        _amount("cbc:TaxAmount", part.vat * sign, invoice.currency),
        holding("cac:TaxCategory", *_category(part.category.value, part.rate, exemption(invoice, part.category))),
    )


def exemption(invoice: Invoice, category: VatCategory) -> str:
    """Say by which law no VAT is charged, in the buyer's language."""
    security = only_security(invoice.lines, category)
    return why_untaxed(category, language=invoice.language, only_security=security)


def _category(code: str, rate: Decimal, why: str = "") -> tuple[str, ...]:
    reason = said("cbc:TaxExemptionReasonCode", EXEMPTION_CODES.get(code, "")) if why else ""
    return (
        said("cbc:ID", code),
        said("cbc:Percent", digits(rate)),
        reason,
        said("cbc:TaxExemptionReason", why),
        _VAT,
    )


_VAT = holding("cac:TaxScheme", said("cbc:ID", "VAT"))


def _totals(invoice: Invoice, sign: Decimal) -> str:
    amounts = (
        ("cbc:LineExtensionAmount", invoice.net),
        ("cbc:TaxExclusiveAmount", invoice.net),
        ("cbc:TaxInclusiveAmount", invoice.gross),
        ("cbc:PayableAmount", invoice.gross),
    )
    told = (_amount(name, amount * sign, invoice.currency) for name, amount in amounts)
    return holding("cac:LegalMonetaryTotal", *told)


def _line(line: InvoiceLine, invoice: Invoice, sign: Decimal, *, credit: bool) -> str:
    """Write a line: what takes off has a quantity less than nothing, for no rule allows such a price."""
    turned = sign if line.unit_price >= 0 else -sign
    quantity = "cbc:CreditedQuantity" if credit else "cbc:InvoicedQuantity"
    return holding(
        "cac:CreditNoteLine" if credit else "cac:InvoiceLine",
        said("cbc:ID", str(line.position)),
        said("cbc:Note", line.formula),
        said(quantity, digits(line.quantity * turned), unitCode=line.unit),
        _amount("cbc:LineExtensionAmount", line.net * sign, invoice.currency),
        _days(line.period_start, line.period_end),
        _item(line, invoice),
        holding(
            "cac:Price",
            said("cbc:PriceAmount", digits(abs(line.unit_price)), currencyID=invoice.currency),
            said("cbc:BaseQuantity", digits(line.price_base), unitCode=line.unit),
        ),
    )


def _item(line: InvoiceLine, invoice: Invoice) -> str:
    title, described = line_title(line, invoice.language)
    facts = (
        holding("cac:AdditionalItemProperty", said("cbc:Name", name), said("cbc:Value", value))
        for name, value in line_facts(line)
        if value
    )
    return holding(
        "cac:Item",
        said("cbc:Description", described),
        said("cbc:Name", title),
        holding("cac:ClassifiedTaxCategory", *_category(line.vat_category.value, line.vat_rate)),
        *facts,
    )


def _amount(name: str, amount: Decimal, currency: str) -> str:
    return said(name, f"{amount + 0:.2f}", currencyID=currency)
