"""Bill a month: a numbered invoice for each contract that ran in it, a reason for each that could not be billed."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from billing.bill_run import BillFailure, BillRun
from billing.due import Due
from billing.issue_invoice import Issuing, issue_invoice
from billing.load_due import load_due
from billing.period import Month, local_day, midnight
from billing.queries import contracts_invoiced, contracts_running, held_seller
from billing.rate_contract import rate_contract
from billing.tables import BillFailureRecord, BillRunRecord, ContractRecord, InvoiceRecord
from lifecycle.actor import Actor
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

NOTHING = Decimal("0.00")


class MonthNotOver(Refusal):
    """The month has days left, at least in one zone."""


class Outcomes(NamedTuple):
    """What became of the contracts of a run."""

    invoices: list[InvoiceRecord]
    failures: list[BillFailure]
    nothing_owed: int


def bill_month(session: Session, *, month: Month, now: datetime, by: Actor) -> BillRun:
    """Issue what is missing of a month. A second run finds it all issued; a contract that fails stops no other.

    Two runs at once wait for each other on the seller's row. Sends nothing, corrects nothing that was issued.
    Raises NoSeller and MonthNotOver.
    """
    seller = held_seller(session)
    running = contracts_running(session, period=month)
    _check_over(month, {contract.zone for contract in running} or {seller.zone}, now)
    issued_before = contracts_invoiced(session, month=month)
    waiting = [contract for contract in running if contract.id not in issued_before]
    due = load_due(session, month=month, contracts=waiting, now=now)

    issuing = Issuing(new_id(), month, seller, local_day(now, seller.zone), now)
    outcomes = _bill_each(session, issuing, due)

    run = _news(issuing, outcomes, already_issued=len(running) - len(due), by=by, currency=_currency(running))
    _save(session, run)
    return run


def _check_over(month: Month, zones: set[str], now: datetime) -> None:
    over_at = max(midnight(month.end, zone) for zone in zones)
    if now < over_at:
        raise MonthNotOver(f"{month} is over at {over_at:%Y-%m-%d %H:%M} UTC; bill it after that", field="month")


def _bill_each(session: Session, issuing: Issuing, due: Sequence[Due]) -> Outcomes:
    """Bill each contract behind its own savepoint, so that a failure undoes its own work only."""
    outcomes = Outcomes([], [], 0)
    for one in due:
        try:
            with session.begin_nested():
                invoice = _bill(session, issuing, one)
        except (Refusal, ValueError, ArithmeticError, LookupError, IntegrityError) as why:
            outcomes.failures.append(_failure(one.contract, why))
            continue
        if invoice is None:
            outcomes = outcomes._replace(nothing_owed=outcomes.nothing_owed + 1)
        else:
            outcomes.invoices.append(invoice)
    return outcomes


def _bill(session: Session, issuing: Issuing, due: Due) -> InvoiceRecord | None:
    """Issue the invoice of one contract, or none where it would owe nothing."""
    lines = rate_contract(due, month=issuing.month)
    if not any(line.net for line in lines):
        return None
    return issue_invoice(session, issuing=issuing, contract=due.contract, buyer=due.buyer, lines=lines)


def _failure(contract: ContractRecord, why: Exception) -> BillFailure:
    if isinstance(why, Refusal):
        code, sentence = why.code(), why.sentence
    else:
        code, sentence = "unexpected", f"{type(why).__name__}: {f'{why} '.splitlines()[0][:300].strip()}"
    return BillFailure(contract_id=contract.id, contract=contract.code, code=code, sentence=sentence)


def _currency(running: Sequence[ContractRecord]) -> str:
    """Give the currency of the sums; signing keeps a tenant to one."""
    return running[0].currency if running else "EUR"


def _news(issuing: Issuing, outcomes: Outcomes, *, already_issued: int, by: Actor, currency: str) -> BillRun:
    invoices = outcomes.invoices
    return BillRun(
        id=issuing.run_id,
        month=str(issuing.month),
        period_start=issuing.month.start,
        period_end=issuing.month.end,
        ran_at=issuing.now,
        ran_by=by.name,
        issued=len(invoices),
        already_issued=already_issued,
        nothing_owed=outcomes.nothing_owed,
        failed=len(outcomes.failures),
        currency=currency,
        net=sum((invoice.net for invoice in invoices), NOTHING),
        vat=sum((invoice.vat for invoice in invoices), NOTHING),
        gross=sum((invoice.gross for invoice in invoices), NOTHING),
        first_number=invoices[0].number if invoices else None,
        last_number=invoices[-1].number if invoices else None,
        failures=outcomes.failures,
    )


def _save(session: Session, run: BillRun) -> None:
    own = {"tenant_id": tenant_of(session)}
    session.add(BillRunRecord.model_validate(run.model_dump(include=set(BillRunRecord.model_fields)), update=own))
    session.flush()
    session.add_all(
        BillFailureRecord(run_id=run.id, contract_id=why.contract_id, code=why.code, sentence=why.sentence, **own)
        for why in run.failures
    )
    session.flush()
