"""A small world for tests that walk all doors: a tenant with one of everything, every text of it marked."""

import io
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import pandas as pd
from PIL import Image
from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.collection.collecting import MandateKind
from billing.collection.payment import NewPayment, PaymentSource, Received
from billing.contract.contract import NewContract
from billing.end_report_tables import WriteDownRecord
from billing.export_journal import export_journal
from billing.keep_end_report import keep_end_report
from billing.keep_mandates import open_mandate
from billing.keep_seller import keep_seller
from billing.period import Month
from billing.record_payments import record_payments
from billing.seller import Seller
from billing.sign_contracts import sign_contracts
from billing.tables import BillRunRecord, ContractRecord, InvoiceRecord
from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.add_field_photo import add_field_photo
from lifecycle.add_photo import add_photo
from lifecycle.alert import AlertKind
from lifecycle.asset import AssetStatus, Destination, NewAsset
from lifecycle.change_many import ManyChanged, change_many
from lifecycle.checklist import Checklist, Item
from lifecycle.field_record import FieldRecord
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.inspection_queries import photos_by_inspection
from lifecycle.log_inspections import log_inspections
from lifecycle.open_work import open_work
from lifecycle.photo_gateway import pictures_of
from lifecycle.reassess import reassess
from lifecycle.register_assets import register_assets
from lifecycle.tables import (
    AlertRecord,
    AssetEventRecord,
    CustomerRecord,
    MaterialRecord,
    PartRecord,
    ProductRecord,
    SiteRecord,
)
from lifecycle.take_field_record import take_field_record
from lifecycle.work_order import NewWork, WorkKind
from pas import clock
from pas.address_alerts import keep_message
from pas.answer_link import Link, Said, key_of, write_link
from pas.calendar_tables import CalendarFeedRecord
from pas.db import Database
from pas.exchange.write_xlsform import write_xlsform
from pas.found_tenant import found_tenant
from pas.keep_webhooks import NewWebhook, add_webhook
from pas.message_tables import Channel, MessageKind, MessageState
from pas.role import Role
from pas.secret import DEVICE_PREFIX, KEY_PREFIX, digest, new_secret, written
from pas.tables import ApiKeyRecord, DeviceAssetRecord, DeviceRecord, PersonRecord, SessionRecord
from pas.view_tables import ListViewRecord
from pas.web.tech import VERSION
from telemetry.alarm_rule import AlarmKind, AlarmTerms
from telemetry.alarm_tables import AlarmRecord
from telemetry.identity import new_id
from telemetry.keep_alarm_rules import keep_alarm_rule
from tests.lifecycle.sample_fleet import product

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
OPERATOR = Actor(kind="command", name="world")
STAFF = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.FINANCE)


class Identity(NamedTuple):
    """Somebody who knocks: nobody where the token is empty."""

    name: str
    tenant: str
    role: Role | None
    token: str = ""


class Holding(NamedTuple):
    """What one customer of a tenant has: the ids of one of everything."""

    mark: str
    """Stands in every name, code, serial and note of it, and nowhere else."""
    ids: dict[str, str]


class World(NamedTuple):
    """A tenant, what its first customer has, what its second has, and everybody who works there."""

    tenant_id: int
    mark: str
    first: Holding
    second: Holding
    people: dict[str, Identity]


def found(database: Database, slug: str, mark: str) -> World:
    """Found a tenant with two customers; all its texts hold `mark`, a customer's own `mark1` or `mark2`."""
    tenant_id = found_tenant(database, slug=slug, name=f"{mark} maker", now=NOW)
    with database.writing(tenant_id) as session:
        shared = _shared(session, mark)
        first, second = (_holding(session, f"{mark}{number}", shared) for number in (1, 2))
        bill_month(session, month=Month("2026-10"), now=NOW, by=OPERATOR)
        shared["run_id"] = str(session.exec(select(BillRunRecord.id)).one())
        journal = export_journal(session, month=Month("2026-10"), now=NOW, by=OPERATOR)
        shared["batch_id"] = str(journal.batches[0].id)
        shared |= _report(session, first)
        for holding in (first, second):
            _alert_and_invoice(session, holding, mark)
        people = _people(session, slug, first, second, mark)
        shared |= {"person_id": _somebody(session, mark), "webhook_id": _webhook(session, mark)}
        for holding in (first, second):
            _message(session, holding)
    return World(tenant_id, mark, *(Holding(one.mark, shared | one.ids) for one in (first, second)), people)


def _report(session: Session, holding: Holding) -> dict[str, str]:
    """Keep a finance report of nothing that ends, and let it propose something all the same."""
    asked = {"start": date(2100, 1, 1), "end": date(2100, 2, 1), "as_of": NOW.date()}
    kept = keep_end_report(session, now=NOW, by=OPERATOR, **asked)
    named = {"report_id": kept.id, "asset_id": UUID(holding.ids["asset_id"]), "serial": holding.mark, "currency": "EUR"}
    told = {"last_day": date(2026, 12, 31), "book_value": 9, "expected": 5, "amount": 4, "evidence": "expert only"}
    own = {"tenant_id": session.info["tenant_id"], "proposed_at": NOW}
    proposal = WriteDownRecord.model_validate(named | told | own)
    session.add(proposal)
    session.flush()
    return {"report_id": str(kept.id), "write_down_id": str(proposal.id)}


def _shared(session: Session, mark: str) -> dict[str, str]:
    tenant_id = session.info["tenant_id"]
    model = ProductRecord.model_validate(
        product(code=f"{mark}-P", name=f"{mark} projector"), update={"tenant_id": tenant_id}
    )
    material = MaterialRecord.model_validate({"tenant_id": tenant_id, "code": f"{mark}-M", "name": f"{mark} steel"})
    session.add_all([model, material])
    session.flush()
    part = {"code": f"{mark}-B", "name": f"{mark} frame", "mass": 7.0}
    session.add(
        PartRecord.model_validate(part | {"tenant_id": tenant_id, "product_id": model.id, "material_id": material.id})
    )
    seller = {
        "name": f"{mark} maker",
        "vat_number": "BE0403170701",
        "street": "Street 1",
        "postal_code": "1000",
        "city": "Brussels",
        "country": "BE",
        "email": "billing@maker.example",
        "iban": "BE68539007547034",
        "series": mark,
    }
    keep_seller(session, Seller.model_validate(seller), now=NOW, by=OPERATOR)
    worn = AlarmTerms(name=f"{mark} worn", metric="lamp_hours", kind=AlarmKind.ABOVE, limit=10)
    keep_alarm_rule(session, code="worn", terms=worn, since=NOW - timedelta(days=30), now=NOW)
    return {
        "product_id": str(model.id),
        "material_id": str(material.id),
        "code_of_product": model.code,
        "code_of_material": material.code,
        "metric": "lamp_hours",
        "app_version": VERSION,
        "app_file": "app.js",
    }


def _holding(session: Session, mark: str, shared: dict[str, str]) -> Holding:
    tenant_id = session.info["tenant_id"]
    customer = CustomerRecord.model_validate({"tenant_id": tenant_id, "code": mark, "name": f"{mark} customer"})
    site = SiteRecord.model_validate({"tenant_id": tenant_id, "code": f"{mark}-S", "name": f"{mark} site"})
    session.add_all([customer, site])
    session.flush()
    asset = NewAsset(
        serial=f"{mark}-A",
        product_id=UUID(shared["product_id"]),
        status=AssetStatus.IN_SERVICE,
        holder_id=customer.id,
        site_id=site.id,
        in_service_on=date(2025, 1, 1),
    )
    registered_asset = register_assets(session, [asset], now=NOW, by=OPERATOR)[0]
    asset_id = registered_asset.id
    inspection_id = _seen_and_measured(session, asset_id, mark)
    put = ManyChanged(assets=[asset_id], move=Destination(at=NOW, place=f"{mark} hall"))
    contract = {
        "code": f"{mark}-C",
        "customer_id": customer.id,
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-01",
        "lines": [{"asset_id": asset_id, "starts_on": "2026-01-01", "ends_on": "2026-12-01", "monthly_fee": "50"}],
    }
    sign_contracts(session, [NewContract.model_validate(contract)], now=NOW, by=OPERATOR)
    registered = session.exec(select(AssetEventRecord.id).where(AssetEventRecord.kind == "registered")).all()
    contract_id = session.exec(select(ContractRecord.id).where(ContractRecord.code == f"{mark}-C")).one()
    ids = {
        "asset_id": asset_id,
        "customer_id": customer.id,
        "site_id": site.id,
        "inspection_id": inspection_id,
        "record_id": _noted(session, mark),
        "sha256": photos_by_inspection(session, [inspection_id])[inspection_id][0].sha256,
        "digital_link": registered_asset.public_id.removeprefix("https://id.gs1.org/"),
        "event_id": registered[-1],
        "code_of_customer": customer.code,
        "code_of_site": site.code,
        "serial": asset.serial,
        "contract_id": contract_id,
        "change_id": change_many(session, put, now=NOW, by=OPERATOR).id,
    }
    return Holding(mark, {name: str(found) for name, found in ids.items()})


def _seen_and_measured(session: Session, asset_id: UUID, mark: str) -> UUID:
    seen = Inspection(
        id=new_id(),
        asset_id=asset_id,
        inspected_at=NOW - timedelta(days=9),
        source=InspectionSource.APP,
        inspector=f"{mark} An",
        grades={"light": "B", "housing": "A"},
        note=f"{mark} note",
    )
    log_inspections(session, [seen], now=NOW, by=OPERATOR)
    rows = [(str(asset_id), "lamp_hours", NOW - timedelta(days=day), 1000.0 - day, "hour") for day in range(5)]
    frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
    absorb_readings(session, frame=frame, key=None, source=f"{mark}", now=NOW, by=OPERATOR)
    photo = {"made": pictures_of(a_photo(mark)), "component": "light", "caption": f"{mark} dark corner"}
    add_photo(session, inspection_id=seen.id, now=NOW, by=OPERATOR, **photo)
    reassess(session, now=NOW)
    return seen.id


def _noted(session: Session, mark: str) -> UUID:
    """Let a device send what was seen of a thing whose label nobody knows, with the photo of the inspection."""
    told = {"id": new_id(), "kind": "inspection", "tag": f"{mark} label", "captured_at": NOW, "note": f"{mark} torn"}
    record = FieldRecord.model_validate(told | {"seen": {"grades": {"overall": "D"}}})
    take_field_record(session, record, sent_at=None, now=NOW, by=OPERATOR)
    photo = {"made": pictures_of(a_photo(mark)), "component": "overall", "caption": f"{mark} torn label"}
    add_field_photo(session, record_id=record.id, now=NOW, by=OPERATOR, **photo)
    return record.id


def a_form() -> bytes:
    """Give a checklist as an XLSForm."""
    item = Item.model_validate({"name": "light", "component": "light", "question": {"en": "Bright?"}})
    return write_xlsform(Checklist(UUID(int=1), 1, NOW, (item,)), code="X", title="X")


def a_photo(mark: str) -> bytes:
    """Give a photo that is no other's."""
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), f"#{sha256(mark.encode()).hexdigest()[:6]}").save(sink, "PNG")
    return sink.getvalue()


def _alert_and_invoice(session: Session, holding: Holding, mark: str) -> None:
    customer_id = UUID(holding.ids["customer_id"])
    invoice = session.exec(select(InvoiceRecord).where(InvoiceRecord.customer_id == customer_id)).one()
    holding.ids.update({"number": invoice.number, "invoice_id": str(invoice.id), "position": "1"})
    holding.ids.update(_money(session, holding, customer_id))
    alert = AlertRecord(
        tenant_id=session.info["tenant_id"],
        asset_id=UUID(holding.ids["asset_id"]),
        kind=AlertKind.MISUSE,
        failure_mode=f"{mark} shocks",
        raised_at=NOW,
        updated_at=NOW,
        action="look",
        reasons=[],
        rule="alert/1",
    )
    session.add(alert)
    session.flush()
    holding.ids["alert_id"] = str(alert.id)
    work = NewWork(id=new_id(), asset_id=alert.asset_id, kind=WorkKind.FETCH, alert_id=alert.id, note=f"{mark} note")
    holding.ids["work_id"] = str(open_work(session, [work], now=NOW, by=OPERATOR)[0].id)
    alarm = session.exec(select(AlarmRecord).where(AlarmRecord.asset_id == UUID(holding.ids["asset_id"]))).one()
    holding.ids["alarm_id"] = str(alarm.id)


def _money(session: Session, holding: Holding, customer_id: UUID) -> dict[str, str]:
    """Record a payment of a customer's, and ask for a mandate."""
    told = {"paid_on": "2026-10-20", "amount": "1.00", "payer": f"{holding.mark} payer", "customer_id": customer_id}
    received = Received(NewPayment.model_validate(told), PaymentSource.HAND, f"hand:{holding.mark}")
    paid = record_payments(session, [received], now=NOW, by=OPERATOR)[0].payment
    mandate = open_mandate(session, customer_id=customer_id, kind=MandateKind.SEPA_DEBIT, now=NOW, by=OPERATOR)
    mandate.page = f"https://checkout.example/{holding.mark}"
    return {"payment_id": str(paid.id), "mandate_id": str(mandate.id)}


def _webhook(session: Session, mark: str) -> str:
    new = NewWebhook(name=f"{mark} hook", url="https://hook.example")
    return str(add_webhook(session, new=new, inside=False, now=NOW, by=OPERATOR).id)


def _message(session: Session, holding: Holding) -> None:
    """Tell a customer's contact of the alert; the link by which that is answered is as good as a login for it."""
    customer_id = UUID(holding.ids["customer_id"])
    person_id = session.exec(select(PersonRecord.id).where(PersonRecord.customer_id == customer_id)).one()
    content = {"kind": "flood", "name": holding.mark, "organisation": holding.mark, "items": [], "most": 5, "days": 7}
    facts = {"person_id": person_id, "language": "en", "channel": Channel.PAGE, "state": MessageState.SENT}
    alert_ids = [UUID(holding.ids["alert_id"])]
    told = keep_message(session, facts, kind=MessageKind.FLOOD, cause="", content=content, alert_ids=alert_ids, now=NOW)
    link = Link(told.tenant_id, told.id, Said.PLANNED, clock.now() + timedelta(days=1))
    holding.ids["token"] = write_link(key_of(session, now=NOW), link, person_id=person_id)


def _people(session: Session, slug: str, first: Holding, second: Holding, mark: str) -> dict[str, Identity]:
    people = {role.value: _person(session, slug, role, None, mark) for role in STAFF}
    people["customer1"] = _person(session, slug, Role.CUSTOMER, first, mark)
    people["customer2"] = _person(session, slug, Role.CUSTOMER, second, mark)
    people["device1"] = _device(session, slug, first)
    people["device2"] = _device(session, slug, second)
    return people


def _person(session: Session, slug: str, role: Role, holding: Holding | None, mark: str) -> Identity:
    tenant_id, token, hidden = session.info["tenant_id"], new_secret(), new_secret()
    who = holding.mark if holding else mark
    person = PersonRecord(
        tenant_id=tenant_id,
        email=f"{who}-{role.value}@maker.example".lower(),
        name=f"{who} {role.value}",
        role=role,
        customer_id=UUID(holding.ids["customer_id"]) if holding else None,
        password_hash="",
        created_at=NOW,
    )
    session.add(person)
    session.flush()
    login = SessionRecord(
        tenant_id=tenant_id,
        person_id=person.id,
        token_hash=digest(token),
        kind="bearer",
        created_at=clock.now(),
        seen_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=1),
    )
    key = ApiKeyRecord(
        tenant_id=tenant_id,
        person_id=person.id,
        name=f"{who} key",
        secret_hash=digest(hidden),
        role=role,
        created_at=NOW,
        expires_at=clock.now() + timedelta(hours=1),
    )
    session.add_all([login, key])
    session.flush()
    if holding and "key_id" not in holding.ids:
        holding.ids["key_id"] = str(key.id)
        holding.ids["key"] = written(KEY_PREFIX, key.id, hidden)
        feed = CalendarFeedRecord(
            tenant_id=tenant_id, person_id=person.id, name=f"{who} feed", secret_hash=digest(hidden), created_at=NOW
        )
        session.add(feed)
        session.flush()
        holding.ids["feed_id"] = str(feed.id)
        view = ListViewRecord(tenant_id=tenant_id, person_id=person.id, name=f"{who} view", query="q=x", kept_at=NOW)
        session.add(view)
        session.flush()
        holding.ids["view_id"] = str(view.id)
        holding.ids["calendar_address"] = f"{tenant_id}_{feed.id.hex}_{hidden}"
    return Identity(f"{slug} {who} {role.value}", slug, role, token)


def _somebody(session: Session, mark: str) -> str:
    """Add a person in whose name nobody knocks, so that the walk may do to them what it likes."""
    person = PersonRecord(
        tenant_id=session.info["tenant_id"],
        email=f"{mark}-spare@maker.example".lower(),
        name=f"{mark} spare",
        role=Role.TECHNICIAN,
        password_hash="",
        created_at=NOW,
    )
    session.add(person)
    session.flush()
    return str(person.id)


def _device(session: Session, slug: str, holding: Holding) -> Identity:
    tenant_id, hidden = session.info["tenant_id"], new_secret()
    device = DeviceRecord(
        tenant_id=tenant_id, name=f"{holding.mark} device", secret_hash=digest(hidden), created_at=NOW
    )
    session.add(device)
    session.flush()
    session.add(DeviceAssetRecord(tenant_id=tenant_id, device_id=device.id, asset_id=UUID(holding.ids["asset_id"])))
    holding.ids["device_id"] = str(device.id)
    return Identity(f"{slug} {holding.mark} device", slug, Role.DEVICE, written(DEVICE_PREFIX, device.id, hidden))
