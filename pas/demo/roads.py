"""One sound projector of the demo, seen by every road: by an app that was offline, on the phone, and by its QR code."""

import io
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import pandas as pd
from PIL import Image, ImageDraw
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.checklist import AnswerKind, Item, NewChecklist, of_product
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.keep_checklist import keep_checklist
from lifecycle.log_offline import log_offline
from lifecycle.photo_gateway import Pictures, pictures_of
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.take_call import Call, take_call
from lifecycle.take_public_report import PublicReport, take_public_report
from pas.db import Database

_TRADE = "projection"
_WORDED = {
    "A": {"nl": "Als nieuw", "fr": "Comme neuf", "en": "As new"},
    "B": {"nl": "Lichte sporen, werkt goed", "fr": "Traces légères, fonctionne bien", "en": "Light marks, works well"},
    "C": {"nl": "Merkbaar versleten", "fr": "Usure sensible", "en": "Noticeably worn"},
    "D": {"nl": "Werkt nog amper", "fr": "Fonctionne à peine", "en": "Barely works"},
    "E": {"nl": "Werkt niet of is gevaarlijk", "fr": "Hors service ou dangereux", "en": "Out of order or dangerous"},
}
_PHOTO = {"nl": "Foto van de lens", "fr": "Photo de l’objectif", "en": "Photo of the lens"}
_CLOCK_AHEAD = timedelta(days=1)


class Shown(NamedTuple):
    """The thing that was seen by every road."""

    asset_id: UUID
    serial: str


def show_roads(
    database: Database, tenant_id: int, things: pd.DataFrame, *, until: datetime, now: datetime, by: Actor
) -> Shown | None:
    """Word the checklist of its product, and let it be seen; the same again changes nothing."""
    sound = things[(things["trade"] == _TRADE) & (things["story"] == "")]["serial"]
    photo = pictures_of(dirty_lens()) if database.photos is not None else None
    with database.writing(tenant_id) as session:
        asset = _thing(session, sound.min()) if len(sound) else None
        if asset is None:
            return None
        _word(session, asset.product_id, now=now, by=by)
        _see(session, asset, photo, until=until, now=now, by=by)
        return Shown(asset.id, asset.serial)


def dirty_lens() -> bytes:
    """Draw what somebody might photograph: a lens with a smear."""
    image = Image.new("RGB", (960, 720), "#30343b")
    draw = ImageDraw.Draw(image)
    for radius, colour in ((300, "#14161a"), (250, "#22364d"), (170, "#35587a"), (80, "#6f93b3")):
        draw.ellipse((480 - radius, 360 - radius, 480 + radius, 360 + radius), fill=colour)
    draw.polygon([(360, 230), (640, 300), (600, 350), (380, 300)], fill="#9a8f7a")
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


def _thing(session: Session, serial: str) -> AssetRecord | None:
    return session.exec(select(AssetRecord).where(AssetRecord.serial == serial).order_by(col(AssetRecord.id))).first()


def _word(session: Session, product_id: UUID, *, now: datetime, by: Actor) -> None:
    """Give the product's own questions their worded grades, and ask for a photo besides."""
    product = session.exec(select(ProductRecord).where(ProductRecord.id == product_id)).one()
    asked = [item.model_dump() | {"grades": _WORDED} for item in of_product(product_id, product).items]
    photo = Item(name="photo", component=asked[0]["component"], kind=AnswerKind.PHOTO, question=_PHOTO)
    told = NewChecklist.model_validate({"items": [*asked, photo.model_dump()]})
    keep_checklist(session, product_id=product_id, told=told, now=now, by=by)


def _see(
    session: Session, asset: AssetRecord, photo: Pictures | None, *, until: datetime, now: datetime, by: Actor
) -> None:
    ids = {road: uuid5(NAMESPACE_URL, f"demo road {road} {asset.serial}") for road in InspectionSource}
    ahead = until - timedelta(hours=5) + _CLOCK_AHEAD
    look = Inspection(
        id=ids[InspectionSource.APP],
        asset_id=asset.id,
        inspected_at=ahead,
        source=InspectionSource.APP,
        inspector="Sofie Claes",
        nen={"optics": 3},
        grades={"light_source": "B", "cooling": "B", "housing": "A"},
        note="zonder bereik genoteerd; de klok van de tablet liep een dag voor",
    )
    log_offline(session, [look], sent_at=now + _CLOCK_AHEAD, now=now, by=by)
    call = Call(
        id=ids[InspectionSource.CALL],
        asset=asset.public_id,
        told_by="M. Lambert",
        seen_at=until - timedelta(hours=3),
        score=3,
        note="l’image est un peu floue depuis ce matin",
    )
    take_call(session, call, now=now, by=by)
    report = PublicReport(id=ids[InspectionSource.QR], grade="C", note="vlek op de lens")
    take_public_report(session, asset_id=asset.id, report=report, photo=photo, now=now)
