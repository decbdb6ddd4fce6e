"""Contracts to measure billing with: three lines each, of things whose meters were read twice in the month."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import insert
from sqlmodel import Session, select

from billing.contract.contract import Contract, ContractLine
from billing.keep_seller import keep_seller
from billing.period import Month
from billing.seller import Seller
from billing.tables import ContractLineRecord, ContractRecord
from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus
from lifecycle.product import Product
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord
from pas import clock
from pas.db import Database
from pas.found_tenant import found_tenant
from telemetry.compact import compact
from telemetry.identity import new_id, new_ids
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import Metric, MetricKind
from telemetry.tables import tenant_of

MONTH, NEXT = Month("2026-01"), Month("2026-02")
STAMP = datetime(2025, 12, 1, tzinfo=UTC)
BENCH = Actor(kind="command", name="bench")
LINES = 3
METER = "run_hours"
SELLER = Seller(
    name="Bench NV",
    vat_number="BE0203430576",
    street="Street 1",
    postal_code="9000",
    city="Gent",
    country="BE",
    email="billing@bench.example",
    iban="BE68 5390 0754 7034",
)


def found_bench(database: Database) -> int:
    """Found a tenant that sells by one meter; give its number."""
    tenant_id = found_tenant(database, slug="bench", name="Bench", now=clock.now())
    with database.writing(tenant_id) as session:
        keep_seller(session, SELLER, now=STAMP, by=BENCH)
        keep_metrics(session, [Metric(code=METER, name="Hours", kind=MetricKind.COUNTER, unit="hour", minimum=0)])
        product = Product.model_validate(
            {"code": "B", "name": "Machine", "trade": "bench", "price_new": "500", "rated_years": 6}
        )
        session.add(ProductRecord.model_validate(product, update={"tenant_id": tenant_id}))
    return tenant_id


def fill_contracts(database: Database, tenant_id: int, first: int, count: int) -> None:
    """Sign some more contracts, of one customer, each of three things, and read the meter of the third of them."""
    with database.writing(tenant_id) as session:
        product = session.exec(select(ProductRecord.id)).one()
        customer = CustomerRecord(
            tenant_id=tenant_id, code=f"C{first}", name="Buyer NV", language="en", vat_number="BE0417497106",
            street="Street 2", postal_code="1000", city="Brussels", country="BE", email="buyer@bench.example",
        )  # fmt: skip
        session.add(customer)
        session.flush()
        assets = [UUID(one) for one in new_ids(count * LINES)]
        things = [_asset(session, product, one, first, at) for at, one in enumerate(assets)]
        session.execute(insert(AssetRecord), things)
        contracts = new_ids(count)
        signed = [_contract(session, customer.id, UUID(one), first + at) for at, one in enumerate(contracts)]
        session.execute(insert(ContractRecord), signed)
        session.execute(insert(ContractLineRecord), _lines(session, contracts, assets))
        _read(session, assets[2::LINES])
    _compact(database, tenant_id)


def _asset(session: Session, product_id: UUID, asset_id: UUID, first: int, at: int) -> dict[str, Any]:
    return {
        "tenant_id": tenant_of(session),
        "id": asset_id,
        "serial": f"B{first:08}-{at:06}",
        "public_id": f"urn:bench:{first}:{at}",
        "product_id": product_id,
        "owner": "",
        "status": AssetStatus.IN_SERVICE,
        "place": "",
        "in_service_on": date(2025, 1, 1),
        "registered_at": STAMP,
        "history_length": 0,
        "history_head": "",
    }


def _contract(session: Session, customer_id: UUID, contract_id: UUID, number: int) -> dict[str, Any]:
    value = Contract(code=f"K{number:09}", customer_id=customer_id, starts_on=date(2025, 1, 1))
    return value.model_dump() | {"tenant_id": tenant_of(session), "id": contract_id, "signed_at": STAMP}


def _lines(session: Session, contracts: list[str], assets: list[UUID]) -> list[dict[str, Any]]:
    whole = {"starts_on": date(2025, 1, 1), "monthly_fee": Decimal("49.90")}
    part = {"starts_on": date(2026, 1, 8), "monthly_fee": Decimal("19.95")}
    used = {"starts_on": date(2025, 1, 1), "monthly_fee": Decimal(0), "meter": METER}
    used |= {"unit_price": Decimal("0.125"), "allowance": Decimal(20)}
    blank = ContractLine(asset_id=new_id(), starts_on=date(2025, 1, 1)).model_dump(exclude={"tariff"})
    tariff = ContractLine(asset_id=new_id(), starts_on=date(2025, 1, 1)).tariff
    return [
        blank
        | terms
        | {"tenant_id": tenant_of(session), "id": new_id(), "contract_id": UUID(contract), "tariff": tariff}
        | {"asset_id": assets[at * LINES + place]}
        for at, contract in enumerate(contracts)
        for place, terms in enumerate((whole, part, used))
    ]


def _read(session: Session, assets: list[UUID]) -> None:
    """Read each meter before the month and in it."""
    names = [str(one) for one in assets]
    frames = [
        pd.DataFrame({"asset_id": names, "metric": METER, "at": at, "value": value, "unit": "hour"})
        for at, value in (("2025-12-31T12:00:00Z", 100.0), ("2026-01-20T12:00:00Z", 187.5))
    ]
    ingest(session, frame=pd.concat(frames, ignore_index=True), key=None, source="bench", now=clock.now())


def _compact(database: Database, tenant_id: int) -> None:
    while True:
        with database.writing(tenant_id) as session:
            if not compact(session).batches:
                return
