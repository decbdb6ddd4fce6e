"""Find the thing whose label somebody holds before a camera, by the address in its QR code."""

from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from lifecycle.asset import AssetStatus
from lifecycle.public_id import RESOLVER
from lifecycle.tables import AssetRecord, ProductRecord


class Labelled(NamedTuple):
    """What stands on a thing's label anyway: what it is, who made it, and its serial number. No more is shown."""

    asset_id: UUID
    product: str
    maker: str
    serial: str


def find_by_label(session: Session, *, digital_link: str) -> Labelled | None:
    """Give the thing whose label leads here, unless its life has ended; None where there is none."""
    known: list[ColumnElement[bool]] = [col(AssetRecord.public_id).in_(public_ids(digital_link))]
    if (asset_id := _uuid(digital_link)) is not None:
        known.append(col(AssetRecord.id) == asset_id)
    query = select(AssetRecord).where(or_(*known), AssetRecord.status != AssetStatus.RETIRED)
    asset = session.exec(query.order_by(col(AssetRecord.registered_at).desc()).limit(1)).first()
    if asset is None:
        return None
    product = session.get_one(ProductRecord, (asset.tenant_id, asset.product_id))
    return Labelled(asset.id, product.name, product.maker, asset.serial)


def public_ids(digital_link: str) -> list[str]:
    """Give the public identifiers that the path of a label may mean: a browser may have undone its percent signs.

    >>> public_ids("01/05410000000019/21/A/7")
    ['https://id.gs1.org/01/05410000000019/21/A%2F7', 'https://id.gs1.org/01/05410000000019/21/A/7']
    """
    head, between, serial = digital_link.strip("/").partition("/21/")
    spelled = f"{head}{between}{quote(serial, safe='')}"
    return list(dict.fromkeys(f"{RESOLVER}/{one}" for one in (spelled, f"{head}{between}{serial}")))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
