"""The files of a document before it may be issued: its electronic form with the verdict on it, and its PDF."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from billing.document.document import MADE_BY, pdf
from billing.einvoice.judge import Question, judge_all
from billing.einvoice.mending import refused
from billing.einvoice.rules_process import NotJudged, RulesProcess
from billing.einvoice.ubl_invoice import travels, ubl
from billing.einvoice.verdict import Verdict
from billing.invoice import Invoice, as_document
from telemetry.refusal import Refusal


class Files(NamedTuple):
    """What proves a document: its e-invoice, the digests of both files, and the verdict that lets it be issued."""

    xml: bytes
    pdf_sha256: str
    pdf_bytes: int
    made_by: str
    verdict: Verdict

    @property
    def xml_sha256(self) -> str:
        """Give the digest of the e-invoice, which is what was judged."""
        return self.verdict.sha256


def make_files(invoices: Sequence[Invoice], *, rules: RulesProcess, peppol: Path | None) -> list[Files | Refusal]:
    """Write, judge and typeset documents, the rules in their own process while the pages are set in this one.

    Gives a refusal for each that breaks a fatal rule or could not be judged: what has no verdict is not issued.
    """
    written = [ubl(invoice) for invoice in invoices]
    questions = [Question(xml, travels(invoice)) for xml, invoice in zip(written, invoices, strict=True)]
    with ThreadPoolExecutor(1) as beside:
        judging = beside.submit(judge_all, questions, rules=rules, peppol=peppol)
        pages = [pdf(as_document(invoice)) for invoice in invoices]
        verdicts = judging.result()
    return [_files(*one) for one in zip(invoices, written, pages, verdicts, strict=True)]


def _files(invoice: Invoice, xml: bytes, pages: bytes, verdict: Verdict | NotJudged) -> Files | Refusal:
    if isinstance(verdict, NotJudged):
        return verdict
    if not verdict.accepted:
        return refused(verdict, invoice.contract)
    return Files(xml, hashlib.sha256(pages).hexdigest(), len(pages), MADE_BY, verdict)
