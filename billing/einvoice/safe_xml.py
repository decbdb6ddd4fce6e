"""XML from strangers, read without following anything that it points to."""

from lxml import etree

MOST_BYTES = 20_000_000


class UnsafeXml(ValueError):
    """The XML must not be read further; `rule` says why in a code."""

    def __init__(self, rule: str, sentence: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(sentence)
        self.rule = rule


def read_xml(document: bytes) -> etree._Element:
    """Read a document and give its root.

    Raises UnsafeXml for what is too large, is no XML, or carries a document type, in which entities hide.
    """
    if len(document) > MOST_BYTES:
        raise UnsafeXml("PAS-XML-SIZE", f"the document has {len(document):,} bytes; at most {MOST_BYTES:,} are read")
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise UnsafeXml("PAS-XML-READ", f"the document is no readable XML: {str(error)[:200]}") from error
    told = root.getroottree().docinfo
    if told.internalDTD is not None or told.doctype:
        raise UnsafeXml(
            "PAS-XML-DOCTYPE", "the document carries a document type (DOCTYPE), which an invoice never does"
        )
    return root
