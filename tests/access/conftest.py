"""Things that tests about access speak of."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.asset import NewAsset
from lifecycle.keep_catalogue import keep
from lifecycle.product import Product
from lifecycle.register_assets import register_assets
from lifecycle.tables import ProductRecord
from pas.db import Database

RegisterAsset = Callable[[str], UUID]


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> RegisterAsset:
    """`asset("S-1")` registers an asset and gives its id."""
    product = Product.model_validate(
        {"code": "P", "name": "Projector", "trade": "projectors", "price_new": Decimal(900), "rated_years": 8}
    )

    def register(serial: str) -> UUID:
        with database.writing(tenant) as session:
            keep(session, ProductRecord, [product], now=now, by=actor)
            product_id = session.exec(select(ProductRecord.id)).one()
            return register_assets(session, [NewAsset(serial=serial, product_id=product_id)], now=now, by=actor)[0].id

    return register
