"""Plan what money follows from leaving, buying and going on: charges and fees that rest on what things are worth."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract.contract import VatCategory
from billing.contract_life.amendment import BuyAsset
from billing.contract_life.anniversary import months_on
from billing.contract_life.charge import Charge, ChargeKind
from billing.contract_life.clause import BuyOut, ClauseKind, Deposit, EarlyTermination, Quantile, RenewalPrice
from billing.contract_life.planned_change import (
    HeldLine,
    HeldPool,
    LineChange,
    NotPossibleThen,
    Plan,
    ended,
    lines_of_asset,
    with_end,
)
from billing.contract_life.way_out import Leaving, Price, Values, buy_out_price, renewal_fee, termination_price
from billing.contract_life_queries import Agreed, Clauses
from billing.period import LAST_DAY
from billing.tables import ContractRecord
from lifecycle.tables import AssetRecord
from lifecycle.value_assets import value_assets
from telemetry.identity import new_id
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal

A_DAY = timedelta(days=1)
NAMES = {
    "nl": {"termination": "Vervroegde beëindiging {}", "buy_out": "Overname {}", "deposit": "Waarborg"},
    "fr": {"termination": "Résiliation anticipée {}", "buy_out": "Rachat {}", "deposit": "Garantie"},
    "en": {"termination": "Early termination {}", "buy_out": "Buy-out {}", "deposit": "Deposit"},
}
"""What the charges that follow from an amendment are called, in the customer's language."""


class NotAgreed(Refusal):
    """The contract has no clause that says what this costs or how it is done."""


class Held(NamedTuple):
    """A contract as it stands, with its lines, pools and clauses, and the language of its customer."""

    contract: ContractRecord
    lines: list[HeldLine]
    pools: list[HeldPool]
    pool_of: dict[UUID, str]
    clauses: Clauses
    language: str

    def agreed(self, kind: ClauseKind, on: date) -> Agreed | None:
        """Give the clause of a kind that is in force on a day."""
        return self.clauses.in_force(self.contract.id, kind, on=on)

    def call(self, charge: ChargeKind, serial: str = "") -> str:
        """Name a charge for the customer."""
        return NAMES.get(self.language, NAMES["en"])[charge.value].format(serial)


class Worth(NamedTuple):
    """Things with their serial numbers and their values on a day."""

    serials: dict[UUID, str]
    values: dict[UUID, Values]


def leaving_prices(session: Session, held: Held, *, day: date, now: datetime) -> list[tuple[HeldLine, Price]]:
    """Give what it costs that each line in force ends on a day, before its end. Raises NotAgreed and ValueUnknown."""
    agreed = held.agreed(ClauseKind.EARLY_TERMINATION, day)
    if agreed is None or not isinstance(agreed.terms, EarlyTermination):
        sentence = (
            f"{held.contract.code} does not say what an early end costs; agree an early_termination clause, "
            "or end it by consent"
        )
        raise NotAgreed(sentence, field="by_consent")
    contract_end = held.contract.ends_on or LAST_DAY
    ends = {one.id: min(one.ends_on or contract_end, contract_end) for one in held.lines}
    leaving = [one for one in held.lines if one.starts_on <= day < ends[one.id]]
    ids = [one.asset_id for one in leaving]
    then = worth_on(session, ids, day=day, now=now)
    later = {end: worth_on(session, ids, day=end, now=now) for end in {ends[one.id] for one in leaving}}
    prices: list[tuple[HeldLine, Price]] = []
    for one in leaving:
        about = Leaving(then.serials[one.asset_id], one.monthly_fee, day, ends[one.id])
        values = later[ends[one.id]].values[one.asset_id]
        prices.append((one, termination_price(agreed.terms, about, then=then.values[one.asset_id], agreed=values)))
    return prices


def charge_leaving(session: Session, held: Held, *, day: date, now: datetime) -> list[Charge]:
    """Charge what it costs that lines end before their day, on the last day of the contract."""
    return [
        _charge(
            held, ChargeKind.TERMINATION, price, on=max(day - A_DAY, held.contract.starts_on), asset_id=one.asset_id
        )
        for one, price in leaving_prices(session, held, day=day, now=now)
        if price.amount
    ]


def buying_price(session: Session, held: Held, *, asset_id: UUID, day: date, now: datetime) -> Price:
    """Give for how much a thing may be bought on a day. Raises NotAgreed and ValueUnknown."""
    agreed = held.agreed(ClauseKind.BUY_OUT, day)
    if agreed is None or not isinstance(agreed.terms, BuyOut):
        sentence = f"{held.contract.code} does not say for how much things may be bought; agree a buy_out clause"
        raise NotAgreed(sentence, field="kind")
    worth = worth_on(session, [asset_id], day=day, now=now)
    return buy_out_price(agreed.terms, serial=worth.serials[asset_id], on=day, values=worth.values[asset_id])


def plan_buying(session: Session, held: Held, asked: BuyAsset, *, now: datetime) -> Plan:
    """Sell a thing to the customer and end its lines."""
    lines = lines_of_asset(held.lines, asked.asset_id, asked.from_day, held.contract.ends_on)
    price = buying_price(session, held, asset_id=asked.asset_id, day=asked.from_day, now=now)
    charge = _charge(held, ChargeKind.BUY_OUT, price, on=asked.from_day, asset_id=asked.asset_id)
    return Plan(lines=ended(lines, asked.from_day), charges=[charge] if price.amount else [])


def renewal_prices(
    session: Session, held: Held, *, day: date, months: int, now: datetime
) -> list[tuple[HeldLine, Price]]:
    """Give the fee of each thing that goes on after the end, where the contract ties it to its value.

    Raises ValueUnknown.
    """
    agreed = held.agreed(ClauseKind.RENEWAL_PRICE, day)
    if agreed is None or not isinstance(agreed.terms, RenewalPrice):
        return []
    going = [one for one in held.lines if one.ends_on in {None, day} and one.starts_on < day and one.monthly_fee]
    worth = worth_on(session, [one.asset_id for one in going], day=day, now=now)
    return [
        (one, renewal_fee(agreed.terms, serial=worth.serials[one.asset_id], on=day, months=months, values=values))
        for one in going
        for values in [worth.values[one.asset_id]]
    ]


def reprice(held: Held, prices: Sequence[tuple[HeldLine, Price]], *, day: date, until: date) -> list[LineChange]:
    """End the lines that get another fee and begin them anew; let the others run on."""
    anew = {one.id for one, _ in prices}
    changes = with_end([one for one in held.lines if one.id not in anew], day, until)
    for one, price in prices:
        told = {"id": new_id(), "starts_on": day, "ends_on": until, "monthly_fee": price.amount}
        changes += [
            LineChange(one, one.model_copy(update={"ends_on": day})),
            LineChange(None, one.model_copy(update=told)),
        ]
    return changes


def take_deposit(held: Held, deposit: Deposit, *, day: date) -> Charge:
    """Take a deposit on the day its clause begins, without VAT. Raises NotPossibleThen."""
    if any(one.kind == ClauseKind.DEPOSIT.value for one in held.clauses.of_contract(held.contract.id)):
        raise NotPossibleThen(f"{held.contract.code} has a deposit already", field="clause.kind")
    return Charge(
        kind=ChargeKind.DEPOSIT,
        on_day=day,
        name=held.call(ChargeKind.DEPOSIT),
        unit_price=deposit.amount,
        vat_category=VatCategory.EXEMPT,
        vat_rate=Decimal(0),
    )


def worth_on(session: Session, asset_ids: Iterable[UUID], *, day: date, now: datetime) -> Worth:
    """Give what things are worth as of a day; writes nothing."""
    wanted = sorted(set(asset_ids))
    serials: dict[UUID, str] = {}
    for some in lots(wanted, KEYS):
        found = session.exec(select(AssetRecord.id, AssetRecord.serial).where(col(AssetRecord.id).in_(some)))
        serials |= {asset_id: serial for asset_id, serial in found}  # noqa: C416 - rows are no pairs to mypy
    values = value_assets(session, asset_ids=wanted, as_of=day, now=now) if wanted else []
    told = {one.asset_id: {Quantile.P10: one.p10, Quantile.P50: one.p50, Quantile.P90: one.p90} for one in values}
    return Worth(serials, {asset_id: told.get(asset_id, {}) for asset_id in wanted})


def renewed_until(day: date, months: int) -> date:
    """Give the end after a renewal. Raises NotPossibleThen."""
    until = months_on(day, months)
    if until >= LAST_DAY:
        raise NotPossibleThen(f"a contract cannot run beyond {LAST_DAY}", field="months")
    return until


def _charge(held: Held, kind: ChargeKind, price: Price, *, on: date, asset_id: UUID) -> Charge:
    return Charge(
        kind=kind,
        on_day=on,
        asset_id=asset_id,
        name=held.call(kind, str(price.reason.inputs.get("serial", ""))),
        unit_price=price.amount,
        reasons=[price.reason.model_dump(mode="json")],
    )
