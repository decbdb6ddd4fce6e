"""What it costs to write e-invoices and chain their digests without judging them: the road that issues, up to there."""

import os
from hashlib import sha256
from time import perf_counter
from typing import NamedTuple

from sqlmodel import Session, col, select

from billing.einvoice.ubl_invoice import ubl
from billing.invoice import as_document, draw_up, invoice_number, payment_reference
from billing.issue_invoice import Issuing, Owed
from billing.queries import seller
from billing.ready_to_issue import ready_to_issue
from billing.tables import ContractRecord
from lifecycle.chain import digest
from pas.bench.bill_fleet import MONTH, NEXT, STAMP
from pas.bench.process import cpu_seconds
from pas.db import Database
from telemetry.identity import new_id
from telemetry.lots import KEYS, lots


class Written(NamedTuple):
    """So many e-invoices rated, drawn up, written and chained, in so many seconds; the last link proves them all."""

    documents: int
    seconds: float
    cpu_seconds: float
    head: str


def write_and_chain(database: Database, tenant_id: int, most: int) -> Written:
    """Write the e-invoices of the first contracts; stores nothing, for what has no verdict is not issued."""
    began, spent = perf_counter(), cpu_seconds(os.getpid())
    done, head = 0, ""
    with database.reading(tenant_id) as session:
        issuing = Issuing(new_id(), MONTH, seller(session), NEXT.end, STAMP)
        query = select(ContractRecord).order_by(col(ContractRecord.code)).limit(most)
        for some in lots(session.exec(query).all(), KEYS):
            for owed in _owed(session, issuing, some):
                done += 1
                head = _chained(head, issuing, owed, done)
    return Written(done, perf_counter() - began, cpu_seconds(os.getpid()) - spent, head)


def _owed(session: Session, issuing: Issuing, contracts: list[ContractRecord]) -> list[Owed]:
    return ready_to_issue(session, issuing=issuing, contracts=contracts, only_approved=False).owed


def _chained(head: str, issuing: Issuing, owed: Owed, sequence: int) -> str:
    named, year = issuing.seller, issuing.issued_on.year
    invoice = draw_up(
        number=invoice_number(named.series, year, sequence),
        seller=named,
        buyer=owed.buyer,
        contract=owed.contract,
        period=issuing.month,
        lines=owed.lines,
        issued_on=issuing.issued_on,
        payment_reference=payment_reference(named.country, year, sequence),
    )
    written = ubl(invoice)
    return digest([head, invoice.number, digest(as_document(invoice)), sha256(written).hexdigest()])
