"""A fleet whose contracts end: two projectors until 2027, a third of another customer until 2029, in three states."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from billing.contract.contract import NewContract, NewContractLine
from billing.sign_contracts import sign_contracts
from lifecycle.actor import Actor
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.tables import AssetRecord
from tests.lifecycle.sample_fleet import inspection, store_assets, store_customer, store_product

START, END = date(2026, 1, 1), date(2030, 1, 1)
GRADES = ({"light": "A", "housing": "A"}, {"light": "B", "housing": "B"}, {"light": "D", "housing": "C"})
ENDS = (date(2027, 6, 1), date(2027, 6, 1), date(2029, 1, 1))


def ending_fleet(session: Session, *, now: datetime, by: Actor) -> list[AssetRecord]:
    """Let the fleet in, see it and conclude on it, two days before `now`."""
    then = now - timedelta(days=2)
    assets = store_assets(session, store_product(session), count=3, now=then, by=by)
    customers = [store_customer(session, code) for code in ("K1", "K1b")]
    contracts = [
        NewContract(
            code=f"C{at}",
            customer_id=customers[at == 2].id,
            starts_on=date(2025, 1, 1),
            ends_on=ends,
            lines=[NewContractLine(asset_id=one.id, starts_on=date(2025, 1, 1), monthly_fee=Decimal(90))],
        )
        for at, (ends, one) in enumerate(zip(ENDS, assets, strict=True))
    ]
    sign_contracts(session, contracts, now=then, by=by)
    look(session, [one.id for one in assets], GRADES, now=then, by=by)
    return assets


def look(
    session: Session, asset_ids: list[UUID], grades: tuple[dict[str, str], ...], *, now: datetime, by: Actor
) -> None:
    """Inspect things and conclude on them at once."""
    seen = [inspection(one, now - timedelta(hours=1), grades=told) for one, told in zip(asset_ids, grades, strict=True)]
    log_inspections(session, seen, now=now, by=by)
    while reassess(session, now=now).taken:
        pass
