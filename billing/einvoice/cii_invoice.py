"""Write an issued document as CII by EN 16931: what a Factur-X file carries inside its PDF."""

from datetime import date, timedelta
from decimal import Decimal

from billing.document.line_words import line_facts, line_title
from billing.einvoice.endpoint import endpoint, enterprise_number, in_compact_form
from billing.einvoice.ubl import EN16931
from billing.einvoice.ubl_invoice import EXEMPTION_CODES, exemption
from billing.einvoice.xml_text import digits, document, holding, said
from billing.invoice import Invoice, InvoiceLine, Kind, Party
from billing.vat import VatShare

_STANDARD = "urn:un:unece:uncefact:data:standard"
SPACES = (
    ("rsm", f"{_STANDARD}:CrossIndustryInvoice:100"),
    ("ram", f"{_STANDARD}:ReusableAggregateBusinessInformationEntity:100"),
    ("udt", f"{_STANDARD}:UnqualifiedDataType:100"),
    ("qdt", f"{_STANDARD}:QualifiedDataType:100"),
)
_DAY_FORMAT = "102"
"""UNTDID 2379: year, month and day without signs between them."""
_A_DAY = timedelta(days=1)


def cii(invoice: Invoice) -> bytes:
    """Give the document as CII. The amounts of a credit note, kept as less than nothing, are told turned round."""
    sign = Decimal(-1 if invoice.kind is Kind.CREDIT_NOTE else 1)
    return document(
        "rsm:CrossIndustryInvoice",
        SPACES,
        holding(
            "rsm:ExchangedDocumentContext",
            holding("ram:GuidelineSpecifiedDocumentContextParameter", said("ram:ID", EN16931)),
        ),
        _head(invoice),
        holding(
            "rsm:SupplyChainTradeTransaction",
            *(_line(line, invoice, sign) for line in invoice.lines),
            _agreement(invoice),
            _delivery(invoice),
            _settlement(invoice, sign),
        ),
    )


def _head(invoice: Invoice) -> str:
    why = invoice.credited
    note = " ".join([*invoice.legal_sentences, *([why.note] if why and why.note else [])])
    return holding(
        "rsm:ExchangedDocument",
        said("ram:ID", invoice.number),
        said("ram:TypeCode", "381" if invoice.kind is Kind.CREDIT_NOTE else "380"),
        _day("ram:IssueDateTime", invoice.issued_on),
        holding("ram:IncludedNote", said("ram:Content", note)),
    )


def _day(name: str, day: date, space: str = "udt") -> str:
    return holding(name, said(f"{space}:DateTimeString", f"{day:%Y%m%d}", format=_DAY_FORMAT))


def _days(start: date, end: date) -> str:
    return holding(
        "ram:BillingSpecifiedPeriod", _day("ram:StartDateTime", start), _day("ram:EndDateTime", end - _A_DAY)
    )


def _line(line: InvoiceLine, invoice: Invoice, sign: Decimal) -> str:
    turned = sign if line.unit_price >= 0 else -sign
    numbered = (said("ram:LineID", str(line.position)), holding("ram:IncludedNote", said("ram:Content", line.formula)))
    priced = (
        said("ram:ChargeAmount", digits(abs(line.unit_price))),
        said("ram:BasisQuantity", digits(line.price_base), unitCode=line.unit),
    )
    total = said("ram:LineTotalAmount", _cents(line.net * sign))
    return holding(
        "ram:IncludedSupplyChainTradeLineItem",
        holding("ram:AssociatedDocumentLineDocument", *numbered),
        _product(line, invoice.language),
        holding("ram:SpecifiedLineTradeAgreement", holding("ram:NetPriceProductTradePrice", *priced)),
        holding(
            "ram:SpecifiedLineTradeDelivery",
            said("ram:BilledQuantity", digits(line.quantity * turned), unitCode=line.unit),
        ),
        holding(
            "ram:SpecifiedLineTradeSettlement",
            _tax(line.vat_category.value, line.vat_rate),
            _days(line.period_start, line.period_end),
            holding("ram:SpecifiedTradeSettlementLineMonetarySummation", total),
        ),
    )


def _product(line: InvoiceLine, language: str) -> str:
    title, described = line_title(line, language)
    facts = (
        holding("ram:ApplicableProductCharacteristic", said("ram:Description", name), said("ram:Value", value))
        for name, value in line_facts(line)
        if value
    )
    return holding("ram:SpecifiedTradeProduct", said("ram:Name", title), said("ram:Description", described), *facts)


def _tax(category: str, rate: Decimal) -> str:
    return holding(
        "ram:ApplicableTradeTax",
        said("ram:TypeCode", "VAT"),
        said("ram:CategoryCode", category),
        said("ram:RateApplicablePercent", digits(rate)),
    )


def _agreement(invoice: Invoice) -> str:
    return holding(
        "ram:ApplicableHeaderTradeAgreement",
        said("ram:BuyerReference", invoice.order_reference or invoice.customer_code),
        _party("ram:SellerTradeParty", invoice.seller),
        _party("ram:BuyerTradeParty", invoice.buyer),
        holding("ram:BuyerOrderReferencedDocument", said("ram:IssuerAssignedID", invoice.order_reference)),
        holding("ram:ContractReferencedDocument", said("ram:IssuerAssignedID", invoice.contract)),
    )


def _party(role: str, party: Party) -> str:
    registered, address = enterprise_number(party.vat_number), endpoint(party.vat_number)
    number = said("ram:ID", registered.number, schemeID=registered.scheme) if registered else ""
    reached = said("ram:URIID", address.number, schemeID=address.scheme) if address else ""
    return holding(
        role,
        said("ram:Name", party.name),
        holding("ram:SpecifiedLegalOrganization", number),
        _address(party),
        holding("ram:URIUniversalCommunication", reached),
        holding("ram:SpecifiedTaxRegistration", said("ram:ID", in_compact_form(party.vat_number), schemeID="VA")),
    )


def _address(party: Party) -> str:
    return holding(
        "ram:PostalTradeAddress",
        said("ram:PostcodeCode", party.postal_code),
        said("ram:LineOne", party.street),
        said("ram:CityName", party.city),
        said("ram:CountryID", party.country),
    )


def _delivery(invoice: Invoice) -> str:
    to = holding("ram:ShipToTradeParty", said("ram:Name", invoice.buyer.name), _address(invoice.buyer))
    return holding("ram:ApplicableHeaderTradeDelivery", to)


def _settlement(invoice: Invoice, sign: Decimal) -> str:
    span = invoice.span
    due = _day("ram:DueDateDateTime", invoice.due_on)
    return holding(
        "ram:ApplicableHeaderTradeSettlement",
        said("ram:PaymentReference", invoice.payment_reference),
        said("ram:InvoiceCurrencyCode", invoice.currency),
        _payment(invoice),
        *(_share(part, invoice, sign) for part in invoice.vat_shares),
        _days(span.start, span.end),
        holding("ram:SpecifiedTradePaymentTerms", due),
        _totals(invoice, sign),
        _preceding(invoice),
    )


def _payment(invoice: Invoice) -> str:
    return holding(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        said("ram:TypeCode", "58" if invoice.currency == "EUR" else "30"),
        holding(
            "ram:PayeePartyCreditorFinancialAccount",
            said("ram:IBANID", invoice.iban),
            said("ram:AccountName", invoice.seller.name),
        ),
        holding("ram:PayeeSpecifiedCreditorFinancialInstitution", said("ram:BICID", invoice.bic)),
    )


def _share(part: VatShare, invoice: Invoice, sign: Decimal) -> str:
    why = exemption(invoice, part.category)
    code = said("ram:ExemptionReasonCode", EXEMPTION_CODES.get(part.category.value, "")) if why else ""
    return holding(
        "ram:ApplicableTradeTax",
        said("ram:CalculatedAmount", _cents(part.vat * sign)),
        said("ram:TypeCode", "VAT"),
        said("ram:ExemptionReason", why),
        said("ram:BasisAmount", _cents(part.taxable * sign)),
        said("ram:CategoryCode", part.category.value),
        code,
        said("ram:RateApplicablePercent", digits(part.rate)),
    )


def _totals(invoice: Invoice, sign: Decimal) -> str:
    return holding(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        said("ram:LineTotalAmount", _cents(invoice.net * sign)),
        said("ram:TaxBasisTotalAmount", _cents(invoice.net * sign)),
        said("ram:TaxTotalAmount", _cents(invoice.vat * sign), currencyID=invoice.currency),
        said("ram:GrandTotalAmount", _cents(invoice.gross * sign)),
        said("ram:DuePayableAmount", _cents(invoice.gross * sign)),
    )


def _preceding(invoice: Invoice) -> str:
    if invoice.credited is None:
        return ""
    return holding(
        "ram:InvoiceReferencedDocument",
        said("ram:IssuerAssignedID", invoice.credited.number),
        _day("ram:FormattedIssueDateTime", invoice.credited.issued_on, "qdt"),
    )


def _cents(amount: Decimal) -> str:
    return f"{amount + 0:.2f}"
