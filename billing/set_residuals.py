"""Set the residuals of things, as risk decides them, and who guarantees which part."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from billing.end_report_tables import ResidualRecord
from billing.finance_report.residual import Residual, checked
from lifecycle.actor import Actor
from lifecycle.queries import UnknownAsset
from lifecycle.record_audit import Change, record_changes
from lifecycle.tables import AssetRecord, ProductRecord
from telemetry.lots import KEYS, lots
from telemetry.tables import tenant_of


def set_residuals(session: Session, residuals: Sequence[Residual], *, now: datetime, by: Actor) -> list[ResidualRecord]:
    """Append residuals, with the audit; earlier ones stay on record. Raises UnknownAsset and UnsoundResidual."""
    products = _products(session, residuals)

    sound = [_checked(one, products.get(str(one.asset_id))) for one in residuals]

    records = [
        ResidualRecord.model_validate(
            one,
            update={"tenant_id": tenant_of(session), "recorded_at": now, "actor_kind": by.kind, "actor": by.name},
        )
        for one in sound
    ]
    session.add_all(records)
    told = [Change("residual-set", str(one.asset_id), None, one.model_dump(mode="json")) for one in sound]
    record_changes(session, told, now=now, by=by)
    session.flush()
    return records


def _products(session: Session, residuals: Sequence[Residual]) -> dict[str, ProductRecord]:
    found: dict[str, ProductRecord] = {}
    for some in lots(sorted({one.asset_id for one in residuals}), KEYS):
        query = (
            select(AssetRecord.id, ProductRecord)
            .join(
                ProductRecord,
                (col(ProductRecord.tenant_id) == AssetRecord.tenant_id)
                & (col(ProductRecord.id) == AssetRecord.product_id),
            )
            .where(col(AssetRecord.id).in_(some))
        )
        found |= {str(asset_id): product for asset_id, product in session.exec(query)}
    return found


def _checked(residual: Residual, product: ProductRecord | None) -> Residual:
    if product is None:
        raise UnknownAsset("there is no such asset", field="asset_id")
    return checked(residual, currency=product.currency, price_new=product.price_new)
