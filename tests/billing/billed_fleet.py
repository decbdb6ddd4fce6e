"""A small leased fleet for tests of billing: a customer, projectors with a lamp-hour meter, a seller."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pandas as pd
from sqlmodel import Session

from billing.contract.contract import NewContract, NewContractLine
from billing.keep_seller import keep_seller
from billing.seller import Seller
from billing.sign_contracts import sign_contracts
from billing.tables import ContractRecord
from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, NewAsset
from lifecycle.product import Product
from lifecycle.register_assets import register_assets
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import Metric, MetricKind
from telemetry.tables import tenant_of

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
CLERK = Actor(kind="person", name="clerk@maker.example")

SELLER = Seller(
    name="Lumière Circulaire NV",
    vat_number="BE0203430576",
    street="Kanaalstraat 12",
    postal_code="9000",
    city="Gent",
    country="BE",
    email="facturen@maker.example",
    iban="BE68 5390 0754 7034",
)

LAMP_HOURS = Metric(code="lamp_hours", name="Lamp hours", kind=MetricKind.COUNTER, unit="hour", minimum=0)
TEMPERATURE = Metric(code="ambient_temperature", name="Temperature", kind=MetricKind.GAUGE, unit="degC")


class Fleet(NamedTuple):
    """Who leases what."""

    customer: CustomerRecord
    assets: list[AssetRecord]


def found_fleet(session: Session, *, assets: int = 3, **customer: Any) -> Fleet:
    """Name the seller, measure lamp hours, and register a customer and projectors."""
    tenant_id = tenant_of(session)
    keep_seller(session, SELLER, now=BEGINNING, by=CLERK)
    keep_metrics(session, [LAMP_HOURS, TEMPERATURE])
    facts = {"code": "K-007", "name": "Ziekenhuis Sint-Élisabeth", "language": "nl", "vat_number": "BE0417497106"}
    buyer = CustomerRecord.model_validate(facts | customer | {"tenant_id": tenant_id})
    session.add(buyer)
    projector = Product(
        code="LP-40",
        name="Laser projector LP-40",
        trade="projectors",
        price_new=Decimal(5000),
        rated_years=5,
        value_curve=[
            {"age_years": 0, "p10": 0.8, "p50": 0.9, "p90": 1.0},
            {"age_years": 5, "p10": 0.1, "p50": 0.2, "p90": 0.3},
        ],
    )
    made = ProductRecord.model_validate(projector, update={"tenant_id": tenant_id})
    session.add(made)
    session.flush()
    new = [
        NewAsset(
            serial=f"PRJ-{number:05}",
            product_id=made.id,
            status=AssetStatus.IN_SERVICE,
            holder_id=buyer.id,
            made_on=date(2024, 1, 1),
        )
        for number in range(assets)
    ]
    return Fleet(buyer, register_assets(session, new, now=BEGINNING, by=CLERK))


def line(asset: AssetRecord | UUID, **terms: Any) -> NewContractLine:
    """A line at 50.00 a month from 1 January 2026."""
    facts: dict[str, Any] = {
        "asset_id": asset if isinstance(asset, UUID) else asset.id,
        "starts_on": "2026-01-01",
        "monthly_fee": "50.00",
    }
    return NewContractLine.model_validate(facts | terms)


def contract(customer: CustomerRecord | UUID, code: str, lines: Sequence[NewContractLine], **terms: Any) -> NewContract:
    """A contract from 1 January 2026 at 21 % VAT."""
    facts: dict[str, Any] = {
        "code": code,
        "customer_id": customer if isinstance(customer, UUID) else customer.id,
        "starts_on": "2026-01-01",
        "lines": list(lines),
    }
    return NewContract.model_validate(facts | terms)


def sign(session: Session, *contracts: NewContract) -> list[ContractRecord]:
    """Sign contracts as the clerk."""
    return sign_contracts(session, contracts, now=BEGINNING, by=CLERK).new


def read_meter(session: Session, asset: AssetRecord, readings: dict[str, float], now: datetime) -> None:
    """Take in lamp-hour readings by their moment."""
    frame = pd.DataFrame(
        {
            "asset_id": str(asset.id),
            "metric": "lamp_hours",
            "at": list(readings),
            "value": list(readings.values()),
            "unit": "hour",
        }
    )
    taken = ingest(session, frame=frame, key=None, source="test", now=now)
    assert taken.taken == len(readings)
