"""A small fleet that enters through the verbs: two customers, two products, fourteen things, a hot room."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.contract.contract import NewContract, NewContractLine
from billing.keep_seller import keep_seller
from billing.period import Month
from billing.seller import Seller
from billing.sign_contracts import sign_contracts
from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, Move, NewAsset, StatusChange
from lifecycle.change_status import change_status
from lifecycle.customer import Customer
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.keep_catalogue import keep
from lifecycle.log_inspections import log_inspections
from lifecycle.move_asset import move_assets
from lifecycle.product import Product
from lifecycle.reassess import reassess
from lifecycle.register_assets import register_assets
from lifecycle.site import Site
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord, SiteRecord
from pas.db import Database
from pas.found_tenant import found_tenant
from pas.people import add_person
from pas.role import Role
from telemetry.identity import new_id

PASSWORD = "correct horse battery"
BY = Actor(kind="person", name="an.peeters@maker.example")
_CURVE = [
    {"age_years": age, "p10": low, "p50": middle, "p90": high}
    for age, low, middle, high in ((1, 0.6, 0.72, 0.8), (3, 0.35, 0.48, 0.58), (6, 0.14, 0.24, 0.34))
]
_ROUTES = [
    {"route": "reuse", "worst_grade": "C", "price_fraction": 0.8, "labour_minutes": 45, "logistics_cost": 60},
    {"route": "refurbish", "worst_grade": "D", "price_fraction": 0.9, "labour_minutes": 240, "parts_cost": 420},
    {"route": "dispose", "logistics_cost": 35},
]


class Fleet(NamedTuple):
    """What was put into the database."""

    database: Database
    tenant: int
    own: CustomerRecord
    other: CustomerRecord
    assets: dict[str, AssetRecord]
    month: date


def build_fleet(database: Database, now: datetime) -> Fleet:
    """Let a small fleet in: two customers, two products, fourteen things, a hot projection room."""
    tenant = found_tenant(database, slug="maker", name="Maker NV", now=now)
    with database.writing(tenant) as session:
        _catalogue(session, now)
        customers = {one.code: one for one in session.exec(select(CustomerRecord))}
        assets = _assets(session, customers, now)
        _seen_and_measured(session, assets, now)
        month = _billed(session, customers, assets, now)
        while reassess(session, now=now).taken:
            pass
        _people(session, customers["museum"].id, now)
    with database.reading(tenant) as session:
        found = {one.serial: one for one in session.exec(select(AssetRecord))}
        session.expunge_all()
    return Fleet(database, tenant, customers["museum"], customers["hospital"], found, month)


def _catalogue(session: Session, now: datetime) -> None:
    keep(session, CustomerRecord, [
        Customer(code="museum", name="Museum aan de Leie", city="Gent", language="nl"),
        Customer(code="hospital", name="Clinique Sainte-Élisabeth", city="Namur", language="fr"),
    ], now=now, by=BY)  # fmt: skip
    keep(session, SiteRecord, [
        Site(code="GNT", name="Grote zaal", street="Godshuizenlaan 2", postal_code="9000", city="Gent"),
        Site(code="NAM", name="Bloc opératoire", street="Place Godin 15", postal_code="5000", city="Namur"),
    ], now=now, by=BY)  # fmt: skip
    projector = Product(
        code="LP-30", name="Laser projector 30k", trade="projection", maker="Maker NV", price_new=Decimal(68000),
        rated_years=10, usage_metric="lamp_hours", rated_usage=20000, wear_limits={"attention": 55, "end": 20},
        ratings=[{"metric": "ambient_temperature", "maximum": 25.0}], value_curve=_CURVE, routes=_ROUTES,
        checklist=[{"component": part, "weight": weight, "question": {"en": part}} for part, weight in
                   (("lens", 2), ("light_source", 3), ("housing", 1))],
    )  # fmt: skip
    chair = Product(
        code="CH-1", name="Task chair", trade="furniture", price_new=Decimal(420), rated_years=12, value_curve=_CURVE,
        routes=_ROUTES, checklist=[{"component": "seat", "weight": 1, "question": {"en": "seat"}}],
    )  # fmt: skip
    keep(session, ProductRecord, [projector, chair], now=now, by=BY)


def _assets(session: Session, customers: dict[str, CustomerRecord], now: datetime) -> dict[str, AssetRecord]:
    products = {one.code: one.id for one in session.exec(select(ProductRecord))}
    sites = {one.code: one.id for one in session.exec(select(SiteRecord))}
    began = now.date() - timedelta(days=900)
    new = [
        NewAsset(
            serial=f"LP30-{number:04}", product_id=products["LP-30"], status=AssetStatus.IN_SERVICE, made_on=began,
            in_service_on=began, site_id=sites[site], place=f"Room {number}",
            holder_id=customers["museum" if site == "GNT" else "hospital"].id,
        )
        for number, site in ((1, "GNT"), (2, "GNT"), (3, "GNT"), (4, "NAM"), (5, "NAM"))
    ] + [
        NewAsset(serial=f"CH1-{number:05}", product_id=products["CH-1"], made_on=began - timedelta(days=number * 300))
        for number in range(1, 10)
    ]  # fmt: skip
    assets = {one.serial: one for one in register_assets(session, new, now=now, by=BY)}
    moved = Move(asset_id=assets["LP30-0002"].id, at=now - timedelta(days=40), place="Room 7", note="wall rebuilt")
    move_assets(session, [moved], now=now, by=BY)
    change_status(session, [
        StatusChange(asset_id=assets[serial].id, at=now - timedelta(days=9), status=status)
        for serial, status in (("CH1-00001", AssetStatus.IN_WORKSHOP), ("CH1-00009", AssetStatus.RETIRED),
                               ("CH1-00002", AssetStatus.IN_TRANSIT))
    ], now=now, by=BY)  # fmt: skip
    return assets


def _seen_and_measured(session: Session, assets: dict[str, AssetRecord], now: datetime) -> None:
    grades = {"LP30-0001": "ABA", "LP30-0002": "BCB", "LP30-0003": "BBA", "LP30-0004": "DDC", "LP30-0005": "ECD"}
    log_inspections(session, [
        Inspection(id=new_id(), asset_id=assets[serial].id, inspected_at=now - timedelta(days=80 + number),
                   source=InspectionSource.APP, inspector="Lotte Maes", note="Fan makes a noise." if number else "",
                   grades=dict(zip(("lens", "light_source", "housing"), letters, strict=True)))
        for number, (serial, letters) in enumerate(grades.items())
    ], now=now, by=BY)  # fmt: skip
    absorb_readings(session, frame=_readings(assets, now), key="small", source="import", now=now, by=BY)


def _readings(assets: dict[str, AssetRecord], now: datetime) -> pd.DataFrame:
    hours = pd.date_range(end=now.replace(minute=0, second=0, microsecond=0), periods=24 * 100, freq="3h")
    draw, frames = np.random.default_rng(7), []
    for serial, warmth in (("LP30-0001", 22.0), ("LP30-0002", 31.0), ("LP30-0004", 23.5)):
        rate = draw.uniform(0.8, 2.4, len(hours))
        daily = 2 * np.sin(np.arange(len(hours)) * 2 * np.pi / 8) + draw.normal(0, 0.6, len(hours))
        for metric, values, unit in (
            ("lamp_hours", 4000 + rate.cumsum(), "hour"),
            ("ambient_temperature", warmth + daily + np.linspace(-2, 1.5, len(hours)), "degC"),
        ):
            frames.append(pd.DataFrame({"asset": serial, "metric": metric, "at": hours, "value": values, "unit": unit}))
    return pd.concat(frames, ignore_index=True)


def _billed(
    session: Session, customers: dict[str, CustomerRecord], assets: dict[str, AssetRecord], now: datetime
) -> date:
    keep_seller(session, Seller(
        name="Maker NV", vat_number="BE0403170701", street="Kaai 1", postal_code="8500", city="Kortrijk", country="BE",
        email="billing@maker.example", iban="BE71096123456769",
    ), now=now, by=BY)  # fmt: skip
    first = now.date().replace(day=1)
    start = first - timedelta(days=60)
    sign_contracts(session, [
        NewContract(code=f"C-{customer}", customer_id=customers[customer].id, starts_on=start,
                    ends_on=first + timedelta(days=days),
                    lines=[NewContractLine(asset_id=assets[serial].id, starts_on=start,
                                           ends_on=first + timedelta(days=days), monthly_fee=Decimal(790),
                                           meter="lamp_hours" if metered else None,
                                           unit_price=Decimal("0.85") if metered else None)
                           for serial, metered in serials])
        for customer, days, serials in (
            ("museum", 120, (("LP30-0001", True), ("LP30-0002", True), ("LP30-0003", False))),
            ("hospital", 300, (("LP30-0004", True), ("LP30-0005", False))),
        )
    ], now=now, by=BY)  # fmt: skip
    month = Month(f"{first - timedelta(days=1):%Y-%m}")
    bill_month(session, month=month, now=now, by=BY)
    return month.start


def _people(session: Session, customer_id: UUID, now: datetime) -> None:
    for role in (Role.ADMINISTRATOR, Role.TECHNICIAN, Role.CUSTOMER):
        add_person(
            session, email=f"{role.value}@maker.example", name=role.value, role=role, password=PASSWORD, now=now, by=BY,
            customer_id=customer_id if role is Role.CUSTOMER else None,
        )  # fmt: skip
