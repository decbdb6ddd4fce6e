"""Judge an electronic invoice by all the rules there are; whoever cannot be asked makes it refused, never accepted."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from billing.einvoice.frames import PEPPOL, Asked, Told
from billing.einvoice.legal_rules import LEGAL, break_of_law
from billing.einvoice.rules_process import RulesProcess
from billing.einvoice.safe_xml import UnsafeXml, read_xml
from billing.einvoice.ubl import kind, text
from billing.einvoice.verdict import Finding, RuleSet, Severity, Verdict
from telemetry.refusal import Refusal

_XML = RuleSet("pas safe XML", "1")
_NO_INVOICE = "the root is {}, and an Invoice or a CreditNote of UBL 2.1 is judged here"


class NoPeppolRules(Refusal):
    """The folder of the Peppol rules holds none."""


def rules_in(folder: Path) -> Path:
    """Check that a folder, or one within it, holds the Peppol rules.

    Raises NoPeppolRules.
    """
    if next(folder.rglob(PEPPOL), None) is None:
        raise NoPeppolRules(f"{folder} holds no {PEPPOL}; set PAS_PEPPOL_RULES to the folder that does", field="file")
    return folder


def judge(document: bytes, *, rules: RulesProcess, peppol: Path | None) -> Verdict:
    """Judge any document by the schema, EN 16931, Peppol and the law.

    `peppol` is the folder of the Peppol rules; without it their counterpart in Python judges, and the verdict says so.
    What is no XML, or dangerous, is refused unread. Raises NotJudged.
    """
    sha256 = hashlib.sha256(document).hexdigest()
    try:
        root = _invoice(document)
    except UnsafeXml as error:
        return Verdict("", "", sha256, (Finding(error.rule, Severity.FATAL, str(error)),), (_XML,))
    judged = rules.judge(Asked(document, None if peppol is None else str(peppol)))
    findings, sets = _findings(judged.told), [RuleSet(*one) for one in judged.rule_sets]
    if peppol is None:
        other, by = _by_mock(document)
        findings, sets = findings + other, [*sets, by]
    findings += break_of_law(root)
    return Verdict(kind(root), _number(root), sha256, tuple(findings), (*sets, LEGAL))


def _invoice(document: bytes) -> etree._Element:
    root = read_xml(document)
    if not kind(root):
        raise UnsafeXml("PAS-UBL-ROOT", _NO_INVOICE.format(str(root.tag)[:100]))
    return root


def _findings(told: Iterable[Told]) -> list[Finding]:
    return [Finding(one.rule, _severity(one.severity), one.message, one.where) for one in told]


def _severity(flag: str) -> Severity:
    """Take whatever is not said to be a warning for fatal."""
    return Severity.WARNING if flag in {"warning", "information"} else Severity.FATAL


def _number(root: etree._Element) -> str:
    return text(root, "cbc:ID")[:200]


def _by_mock(document: bytes) -> tuple[list[Finding], RuleSet]:
    from billing.einvoice.mock_gateway import peppol_by_mock  # noqa: PLC0415 - only where there are no rules

    return peppol_by_mock(document)
