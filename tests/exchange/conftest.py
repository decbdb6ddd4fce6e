"""A house with a little of everything, entered through the doors."""

import io
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlmodel import Session

from lifecycle.actor import Actor
from pas.db import Database
from pas.exchange import ImportReport, Options, export_rows, import_file, import_rows
from pas.found_tenant import found_tenant
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE

FILES = {
    "materials": "code,name,scrap_price,carbon,recovery_rate\nsteel,Steel,0.25,1.9,0.95\npp,Polypropylene,,2.1,0.4\n",
    "products": (
        "code,name,trade,price_new,rated_years,usage_metric,rated_usage,gtin,checklist,value_curve,wear_limits\n"
        'CHAIR,Chair,office,"349.90",8,,,5410000000019,'
        '"[{""component"":""frame"",""question"":{""en"":""Frame?""}}]",'
        '"[{""age_years"":0,""p10"":0.9,""p50"":1,""p90"":1}]","{""end"":20}"\n'
        "BEAMER,Beamer,projection,4200,6,lamp_hours,20000,,,,\n"
    ),
    "parts": "product,code,name,material,quantity,mass\nCHAIR,leg,Leg,steel,5,1.234\nCHAIR,seat,Seat,pp,1,2.5\n",
    "sites": "code,name,city,lat,lon\nBRU,Brussels,Brussels,50.85,4.35\nANR,'s-Gravenwezel,Schilde,,\n",
    "customers": "code,name,language\nC1,=HYPERLINK(1),nl\nC2,+Plus & Co,fr\n",
    "assets": (
        "product,serial,public_id,status,holder,site,place,made_on,in_service_on,previous_life\n"
        "CHAIR,007,,in_service,C1,BRU,room 1,2021-01-05,2021-03-01,\n"
        "CHAIR,8,https://id.example/2,in_stock,,,,,,https://id.example/1\n"
        "CHAIR,9,https://id.example/1,retired,,,,2015-05-05,,\n"
        "BEAMER,B-1,,in_service,C2,ANR,,2024-01-01,2024-02-01,\n"
    ),
    "contracts": (
        "code,customer,starts_on,ends_on,asset,monthly_fee,meter,unit_price,allowance,every_months,minimum,tariff\n"
        "K1,C1,2025-01-01,2028-01-01,007,12.50,,,,,,\n"
        'K2,C2,2025-01-01,,B-1,80,lamp_hours,,100,3,200,"{""price_model"":""graduated"",""tiers"":[{""up_to"":5,'
        '""unit_price"":0.5},{""unit_price"":""0.25"",""flat_fee"":3}],""counted_over"":""year""}"\n'
        "K2,C2,2025-01-01,,https://id.example/2,3,,,,3,200,\n"
    ),
    "inspections": (
        "asset,inspected_at,source,inspector,index,grade.frame,reading.lamp_hours,note,told_by,measured,answers\n"
        '007,2026-01-05,app,An,81.5,6,,"two\nlines",,,"{""whole"":true}"\n'
        "B-1,2026-02-05T10:00:00+01:00,,,70,,1234.5,-minus,Mrs Claes,"
        '"[{""metric"":""ambient_temperature"",""value"":77,""unit"":""°F""}]",\n'
    ),
    "sales": (
        "sale_id,category,price,currency,price_kind,sold_on,attr_colour\n1,chair,120.5,EUR,auction,2025-05-05,red\n"
        "2,chair,99,EUR,asking,,\n"
    ),
    "opinions": (
        "opinion_id,kind,given_by,given_on,asset,price,currency,condition_grade,spread\n"
        "O-1,offer,Reuse Ltd,2026-09-01,B-1,410.5,EUR,,0.2\nO-2,grade,Reuse Ltd,2026-09-01,B-1,,,3,\n"
    ),
    "readings": (
        "asset,metric,at,value,unit\nB-1,lamp_hours,2026-09-01T00:00:00Z,100,hour\n"
        "B-1,lamp_hours,2026-09-02T00:00:00Z,120.125,hour\nB-1,ambient_temperature,2026-09-01T00:00:00Z,-3.5,\n"
    ),
}

Take = Callable[..., ImportReport]


@pytest.fixture
def take(session: Session, now: datetime, actor: Actor) -> Take:
    r"""`take("sites", "code,name\\nA,Antwerp")` imports a text or bytes within the test's transaction."""
    keep_metrics(session, CATALOGUE)

    def run(
        kind: str, content: str | bytes, name: str = "file.csv", *, dry_run: bool = False, **said: object
    ) -> ImportReport:
        data = content.encode() if isinstance(content, str) else content
        return import_rows(
            session,
            kind=kind,
            file=io.BytesIO(data),
            file_name=name,
            dry_run=dry_run,
            now=now,
            by=actor,
            options=Options(**said),  # type: ignore[arg-type]
        )

    return run


@pytest.fixture
def give(session: Session) -> Callable[[str, str], bytes]:
    """`give("sites", "csv")` is the exported file."""

    def run(kind: str, form: str) -> bytes:
        file = io.BytesIO()
        export_rows(session, kind=kind, file=file, format=form)
        return file.getvalue()

    return run


def fill(
    database: Database, tenant_id: int, *, now: datetime, by: Actor, files: dict[str, tuple[str, bytes]]
) -> dict[str, ImportReport]:
    """Import files in the order in which a house is filled."""
    return {
        kind: import_file(
            database, tenant_id, kind=kind, file=io.BytesIO(data), file_name=name, dry_run=False, now=now, by=by
        )
        for kind, (name, data) in files.items()
    }


@pytest.fixture
def house(database: Database, now: datetime, actor: Actor) -> int:
    """A founded tenant with some rows of every kind."""
    tenant_id = found_tenant(database, slug="house", name="House", now=now)
    files = {kind: (f"{kind}.csv", text.encode()) for kind, text in FILES.items()}
    reports = fill(database, tenant_id, now=now, by=actor, files=files)
    assert {kind: report.refusals for kind, report in reports.items() if report.refused} == {}
    return tenant_id
