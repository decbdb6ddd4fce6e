"""Quote what it would cost on a day to leave, to buy a thing, and what going on would cost; writes nothing."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session

from billing.amend_contract import held_contract
from billing.contract_life.clause import ClauseKind, Renewal
from billing.contract_life.planned_change import HeldLine
from billing.contract_life.way_out import Price
from billing.period import LAST_DAY
from billing.plan_way_out import Held, buying_price, leaving_prices, renewal_prices
from lifecycle.reason import Reason


class QuoteKind(StrEnum):
    """What is quoted."""

    TERMINATION = "termination"
    BUY_OUT = "buy_out"
    RENEWAL_FEE = "renewal_fee"


class Quote(BaseModel):
    """A price by its clause, with its formula and the reason that holds its figures."""

    kind: QuoteKind
    asset_id: UUID
    on: date
    currency: str
    amount: Decimal
    formula: str
    reason: Reason


def quote_way_out(
    session: Session, *, contract_id: UUID, customer_id: UUID | None, day: date, now: datetime
) -> list[Quote]:
    """Quote for each thing under the contract on a day what its clauses price; what no clause prices is left out.

    Raises UnknownContract and ValueUnknown.
    """
    held = held_contract(session, contract_id, customer_id=customer_id)
    end = held.contract.ends_on or LAST_DAY
    running = [one for one in held.lines if one.starts_on <= day < min(one.ends_on or end, end)]
    found: list[Quote] = []
    if held.agreed(ClauseKind.EARLY_TERMINATION, day) and held.contract.ends_on is not None:
        prices = leaving_prices(session, held, day=day, now=now)
        found += [_quote(held, QuoteKind.TERMINATION, line, price, day) for line, price in prices]
    if held.agreed(ClauseKind.BUY_OUT, day):
        for line in running:
            price = buying_price(session, held, asset_id=line.asset_id, day=day, now=now)
            found.append(_quote(held, QuoteKind.BUY_OUT, line, price, day))
    return found + _going_on(session, held, now)


def _going_on(session: Session, held: Held, now: datetime) -> list[Quote]:
    end = held.contract.ends_on
    renewal = held.agreed(ClauseKind.RENEWAL, end) if end else None
    if end is None or renewal is None or not isinstance(renewal.terms, Renewal):
        return []
    prices = renewal_prices(session, held, day=end, months=renewal.terms.months, now=now)
    return [_quote(held, QuoteKind.RENEWAL_FEE, line, price, end) for line, price in prices]


def _quote(held: Held, kind: QuoteKind, line: HeldLine, price: Price, on: date) -> Quote:
    return Quote(
        kind=kind,
        asset_id=line.asset_id,
        on=on,
        currency=held.contract.currency,
        amount=price.amount,
        formula=price.formula,
        reason=price.reason,
    )
