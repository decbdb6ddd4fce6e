"""The names of UBL 2.1, and how its elements are asked for."""

from typing import cast

from lxml import etree

NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
EN16931 = "urn:cen.eu:en16931:2017"
"""What a document calls the rules of Europe alone: for buyers whom the Peppol network cannot reach."""
CII = "CrossIndustryInvoice"
_DOCUMENTS = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": "Invoice",
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": "CreditNote",
    "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice": CII,
}


def kind(root: etree._Element) -> str:
    """Tell an Invoice from a CreditNote of UBL, and both from CII; empty for anything else."""
    return _DOCUMENTS.get(str(root.tag), "")


def elements(root: etree._Element, path: str) -> list[etree._Element]:
    """Find elements by a path of the names of UBL."""
    found = root.xpath(path, namespaces=NAMES)
    return cast("list[etree._Element]", found)  # noqa: SLF001 - the only name that the class has


def text(root: etree._Element, path: str) -> str:
    """Give the text of the first element at a path, without space around it; empty where there is none."""
    return next((str(one.text or "").strip() for one in elements(root, path)), "")
