"""A small projector fleet for tests of condition, alerts, routes and values."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, NewAsset
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.product import Product
from lifecycle.register_assets import register_assets
from lifecycle.tables import AssetRecord, CustomerRecord, MaterialRecord, PartRecord, ProductRecord
from telemetry.identity import new_id
from telemetry.tables import tenant_of

IN_SERVICE_ON = date(2024, 11, 1)

ROUTES = [
    {"route": "reuse", "worst_grade": "B", "price_fraction": 0.9, "labour_minutes": 20, "logistics_cost": "15"},
    {
        "route": "refurbish",
        "worst_grade": "C",
        "price_fraction": 0.8,
        "yield_fraction": 0.95,
        "labour_minutes": 90,
        "parts_cost": "120",
        "logistics_cost": "15",
        "warranty_cost": "25",
    },
    {"route": "harvest", "yield_fraction": 0.8, "labour_minutes": 40, "logistics_cost": "10"},
    {"route": "recycle", "logistics_cost": "6"},
    {"route": "dispose", "logistics_cost": "12"},
]


def product(**changes: Any) -> Product:
    """A laser projector that lasts 20,000 lamp hours or five years, rated up to 25 degrees."""
    facts: dict[str, Any] = {
        "code": "LP-1",
        "name": "Laser projector",
        "trade": "projectors",
        "price_new": Decimal(5000),
        "rated_years": 5,
        "usage_metric": "lamp_hours",
        "rated_usage": 20000,
        "ratings": [{"metric": "ambient_temperature", "maximum": 25}, {"metric": "shocks", "maximum": 5}],
        "wear_limits": {"attention": 40, "end": 20},
        "checklist": [
            {"component": "light", "weight": 3, "question": {"en": "Is the picture bright?"}},
            {"component": "housing", "weight": 1, "question": {"en": "Is the housing whole?"}},
        ],
        "value_curve": [
            {"age_years": 1, "p10": 0.5, "p50": 0.65, "p90": 0.8},
            {"age_years": 5, "p10": 0.1, "p50": 0.2, "p90": 0.3},
        ],
        "grade_factors": {"A": 1.0, "B": 0.95, "C": 0.85, "D": 0.6, "E": 0.3},
        "routes": ROUTES,
    }
    return Product.model_validate(facts | changes)


def store_product(session: Session, **changes: Any) -> ProductRecord:
    """Store the projector and its bill of materials."""
    tenant_id = tenant_of(session)
    made = ProductRecord.model_validate(product(**changes), update={"tenant_id": tenant_id})
    steel = MaterialRecord.model_validate(
        {
            "tenant_id": tenant_id,
            "code": f"steel-{made.code}",
            "name": "Steel",
            "scrap_price": Decimal("0.20"),
            "recovery_rate": 0.9,
        }
    )
    session.add_all([made, steel])
    session.flush()
    frame = {"code": "frame", "name": "Frame", "mass": 7.0, "value": Decimal(30), "quantity": 2}
    session.add(
        PartRecord.model_validate(frame | {"tenant_id": tenant_id, "product_id": made.id, "material_id": steel.id})
    )
    session.flush()
    return made


def store_customer(session: Session, code: str = "C-1") -> CustomerRecord:
    customer = CustomerRecord.model_validate({"tenant_id": tenant_of(session), "code": code, "name": "Customer"})
    session.add(customer)
    session.flush()
    return customer


def store_assets(
    session: Session,
    made: ProductRecord,
    *,
    now: datetime,
    by: Actor,
    count: int = 1,
    in_service_on: date | None = IN_SERVICE_ON,
    holder_id: UUID | None = None,
) -> list[AssetRecord]:
    assets = [
        NewAsset(
            serial=f"{made.code}-{number:04}",
            product_id=made.id,
            status=AssetStatus.IN_SERVICE,
            in_service_on=in_service_on,
            holder_id=holder_id,
        )
        for number in range(count)
    ]
    return register_assets(session, assets, now=now, by=by)


def inspection(asset_id: UUID, at: datetime, **seen: Any) -> Inspection:
    facts: dict[str, Any] = {
        "id": new_id(),
        "asset_id": asset_id,
        "inspected_at": at,
        "source": InspectionSource.APP,
        "inspector": "An",
    }
    return Inspection.model_validate(facts | (seen or {"grades": {"light": "B", "housing": "A"}}))
