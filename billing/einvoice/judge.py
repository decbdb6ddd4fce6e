"""Judge an electronic invoice by all the rules there are; whoever cannot be asked makes it refused, never accepted."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from billing.einvoice.frames import PEPPOL, Asked, Judged, Told
from billing.einvoice.legal_rules import LEGAL, break_of_law
from billing.einvoice.rules_process import NotJudged, RulesProcess, not_judged
from billing.einvoice.safe_xml import UnsafeXml, read_xml
from billing.einvoice.ubl import CII, kind, text
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
    verdict = judge_all([Question(document)], rules=rules, peppol=peppol)[0]
    if isinstance(verdict, NotJudged):
        raise verdict
    return verdict


class Question(NamedTuple):
    """A document to judge; one that will not travel on the Peppol network need not keep its rules."""

    document: bytes
    by_peppol: bool = True


def judge_all(questions: Sequence[Question], *, rules: RulesProcess, peppol: Path | None) -> list[Verdict | NotJudged]:
    """Judge documents together, each as `judge` does; one that cannot be judged keeps no other from its verdict."""
    read = [_read(question) for question in questions]
    asked = [one for one in read if isinstance(one, _Read)]
    folder = None if peppol is None else str(peppol)
    answers = iter(rules.judge_all([Asked(one.document, folder if one.by_peppol else None) for one in asked]))
    return [one if isinstance(one, Verdict) else _verdict(one, next(answers), peppol) for one in read]


class _Read(NamedTuple):
    """A document that may be judged."""

    document: bytes
    by_peppol: bool
    root: etree._Element
    sha256: str


def _read(question: Question) -> _Read | Verdict:
    sha256 = hashlib.sha256(question.document).hexdigest()
    try:
        return _Read(*question, _invoice(question.document), sha256)
    except UnsafeXml as error:
        return Verdict("", "", sha256, (Finding(error.rule, Severity.FATAL, str(error)),), (_XML,))


def _verdict(read: _Read, judged: Judged, peppol: Path | None) -> Verdict | NotJudged:
    if judged.failed:
        return not_judged(judged.failed)
    findings, sets = _findings(judged.told), [RuleSet(*one) for one in judged.rule_sets]
    if peppol is None and read.by_peppol:
        other, by = _by_mock(read.document)
        findings, sets = findings + other, [*sets, by]
    findings += break_of_law(read.root)
    return Verdict(kind(read.root), _number(read.root), read.sha256, tuple(findings), (*sets, LEGAL))


def _invoice(document: bytes) -> etree._Element:
    root = read_xml(document)
    if kind(root) in {"", CII}:
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
