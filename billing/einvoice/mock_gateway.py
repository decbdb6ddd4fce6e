"""Judge by the Peppol rules as mock-einvoice has written them in Python, where the rules themselves are absent."""

from importlib.metadata import version

from mockeinvoice import Refused, parse_tree
from mockeinvoice.rules import run

from billing.einvoice.verdict import Finding, RuleSet, Severity

_LAYER = "peppol"
_SET = RuleSet("Peppol BIS Billing 3.0, by mock-einvoice", version("mock-einvoice"))


def peppol_by_mock(document: bytes) -> tuple[list[Finding], RuleSet]:
    """Find what breaks the Peppol rules; a document that the package cannot read is refused."""
    try:
        read, _, sent = parse_tree(document)
        found = run(read, _LAYER, sent=sent)
        return [Finding(one.code, _severity(one.level), one.text, one.path) for one in found], _SET
    except Refused as error:
        return [Finding("PAS-PEPPOL-READ", Severity.FATAL, f"mock-einvoice cannot read it: {str(error)[:300]}")], _SET


def _severity(level: str) -> Severity:
    return Severity.FATAL if level in {"fatal", "error"} else Severity.WARNING
