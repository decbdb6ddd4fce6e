"""The register: what is kept under which name, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, Move, NewAsset, StatusChange
from lifecycle.change_status import StepNotAllowed, change_status
from lifecycle.customer import Customer
from lifecycle.keep_catalogue import CodeTaken, Kept, add, keep, replace
from lifecycle.material import Material
from lifecycle.move_asset import NoDestination, move_assets
from lifecycle.product import Product, ProductPart
from lifecycle.queries import UnknownReference, assets_at, assets_by_reference, stays
from lifecycle.record_events import ImpossibleMoment
from lifecycle.refuse_before_registration import BeforeRegistration
from lifecycle.register_assets import AlreadyRegistered, register_assets
from lifecycle.site import Site
from lifecycle.tables import (
    AssetRecord,
    AuditRecord,
    CustomerRecord,
    MaterialRecord,
    PartRecord,
    ProductRecord,
    ReassessmentRecord,
    SiteRecord,
)


def a_product(code: str = "FT", **more: object) -> Product:
    return Product.model_validate(
        {"code": code, "name": "Forklift", "trade": "forklifts", "price_new": "24000", "rated_years": 8} | more
    )


@pytest.fixture
def product(session: Session, now: datetime, actor: Actor) -> ProductRecord:
    return add(session, ProductRecord, a_product(), now=now, by=actor)


@pytest.fixture
def sites(session: Session, now: datetime, actor: Actor) -> list[SiteRecord]:
    return [add(session, SiteRecord, Site(code=code, name=code), now=now, by=actor) for code in ("BRU", "GNT")]


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor, product: ProductRecord) -> AssetRecord:
    new = NewAsset(serial="0007", product_id=product.id, in_service_on=date(2024, 1, 1))
    return register_assets(session, [new], now=now, by=actor)[0]


def test_what_is_kept_again_changes_nothing(session: Session, now: datetime, actor: Actor) -> None:
    steel = Material(code="STEEL", name="Steel", scrap_price=Decimal("0.250"))
    assert keep(session, MaterialRecord, [steel], now=now, by=actor) == Kept(1, 0, 0)
    assert keep(session, MaterialRecord, [steel], now=now, by=actor) == Kept(0, 0, 1)

    dearer = steel.model_copy(update={"scrap_price": Decimal("0.30")})
    assert keep(session, MaterialRecord, [dearer], now=now, by=actor) == Kept(0, 1, 0)
    assert session.exec(select(MaterialRecord.scrap_price)).one() == Decimal("0.30")
    assert list(session.exec(select(AuditRecord.action))) == ["material.added", "material.changed"]


def test_a_part_is_told_by_its_product_and_code(session: Session, now: datetime, actor: Actor) -> None:
    material = add(session, MaterialRecord, Material(code="STEEL", name="Steel"), now=now, by=actor)
    products = [add(session, ProductRecord, a_product(code), now=now, by=actor) for code in ("A", "B")]
    parts = [
        ProductPart(code="MAST", name="Mast", mass=400, product_id=product.id, material_id=material.id)
        for product in products
    ]

    assert keep(session, PartRecord, parts, now=now, by=actor) == Kept(2, 0, 0)
    assert keep(session, PartRecord, parts, now=now, by=actor) == Kept(0, 0, 2)

    lost = parts[0].model_copy(update={"material_id": uuid4()})
    with pytest.raises(UnknownReference):
        keep(session, PartRecord, [lost], now=now, by=actor)


def test_a_code_belongs_to_one(session: Session, now: datetime, actor: Actor) -> None:
    first = add(session, CustomerRecord, Customer(code="C1", name="One"), now=now, by=actor)
    second = add(session, CustomerRecord, Customer(code="C2", name="Two"), now=now, by=actor)

    with pytest.raises(CodeTaken):
        add(session, CustomerRecord, Customer(code="C1", name="Other"), now=now, by=actor)
    with pytest.raises(CodeTaken):
        replace(session, CustomerRecord, second.id, Customer(code="C1", name="Two"), now=now, by=actor)

    renamed = replace(session, CustomerRecord, first.id, Customer(code="C1", name="Uno"), now=now, by=actor)
    assert renamed.name == "Uno"


def test_an_asset_is_named_by_gtin_and_serial_or_by_an_asset_number(
    session: Session, now: datetime, actor: Actor, product: ProductRecord
) -> None:
    coded = add(session, ProductRecord, a_product("GT", gtin="5410000000019"), now=now, by=actor)
    news = [
        NewAsset(serial="A/7", product_id=coded.id),
        NewAsset(serial="A/7", product_id=product.id, id=UUID(int=7)),
        NewAsset(serial="a serial number that is too long for GS1", product_id=coded.id, id=UUID(int=8)),
    ]

    named = [asset.public_id for asset in register_assets(session, news, now=now, by=actor)]

    assert named == [
        "https://id.gs1.org/01/05410000000019/21/A%2F7",
        "https://id.gs1.org/8004/PAS0000000000000000000000007",
        "https://id.gs1.org/8004/PAS0000000000000000000000008",
    ]


def test_an_asset_registered_twice_is_there_once(
    session: Session, now: datetime, actor: Actor, product: ProductRecord, sites: list[SiteRecord]
) -> None:
    new = NewAsset(serial="7", product_id=product.id)
    first = register_assets(session, [new], now=now, by=actor)[0]
    move_assets(session, [Move(asset_id=first.id, at=now, site_id=sites[0].id)], now=now, by=actor)

    assert register_assets(session, [new], now=now, by=actor)[0].history_length == 2

    for other in (
        new.model_copy(update={"owner": "The bank"}),
        new.model_copy(update={"id": uuid4()}),
        NewAsset(serial="8", product_id=product.id, public_id=first.public_id),
    ):
        with pytest.raises(AlreadyRegistered):
            register_assets(session, [other], now=now, by=actor)
    with pytest.raises(AlreadyRegistered):
        twins = [NewAsset(serial="9", product_id=product.id) for _ in range(2)]
        register_assets(session, twins, now=now, by=actor)
    with pytest.raises(UnknownReference):
        register_assets(session, [NewAsset(serial="10", product_id=uuid4())], now=now, by=actor)


def test_a_serial_that_two_assets_bear_names_none(
    session: Session, now: datetime, actor: Actor, product: ProductRecord
) -> None:
    other = add(session, ProductRecord, a_product("B"), now=now, by=actor)
    news = [
        NewAsset(serial="1", product_id=product.id),
        NewAsset(serial="1", product_id=other.id),
        NewAsset(serial="2", product_id=other.id),
    ]
    first, second, third = register_assets(session, news, now=now, by=actor)

    asked = ["1", "2", first.public_id, str(second.id).upper(), "unknown"]
    assert assets_by_reference(session, asked) == {
        "2": third.id,
        first.public_id: first.id,
        str(second.id).upper(): second.id,
    }


def test_a_back_dated_move_leaves_later_stays_alone(
    session: Session, now: datetime, actor: Actor, asset: AssetRecord, sites: list[SiteRecord]
) -> None:
    brussels, ghent = (site.id for site in sites)
    june, march = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)

    move_assets(session, [Move(asset_id=asset.id, at=june, site_id=ghent, place="hall 2")], now=now, by=actor)
    move_assets(session, [Move(asset_id=asset.id, at=march, site_id=brussels)], now=now, by=actor)

    assert [(stay.since, stay.site_id, stay.place) for stay in stays(session, asset_id=asset.id)] == [
        (datetime(2024, 1, 1, tzinfo=UTC), None, ""),
        (march, brussels, ""),
        (june, ghent, "hall 2"),
    ]
    assert (asset.site_id, asset.place) == (ghent, "hall 2")
    in_april = assets_at(session, site_id=brussels, at=march + timedelta(days=31))
    assert [content.serial for content in in_april] == ["0007"]
    assert assets_at(session, site_id=brussels, at=june) == []
    assert session.exec(select(ReassessmentRecord.asset_id)).all() == [asset.id]


def test_a_move_says_where_to_and_when(
    session: Session, now: datetime, actor: Actor, asset: AssetRecord, sites: list[SiteRecord]
) -> None:
    for wrong, refusal in (
        (Move(asset_id=asset.id, at=now), NoDestination),
        (Move(asset_id=asset.id, at=now, site_id=uuid4()), UnknownReference),
        (Move(asset_id=asset.id, at=now + timedelta(days=1), site_id=sites[0].id), ImpossibleMoment),
        (Move(asset_id=asset.id, at=datetime(2020, 1, 1, tzinfo=UTC), site_id=sites[0].id), BeforeRegistration),
    ):
        with pytest.raises(refusal):
            move_assets(session, [wrong], now=now, by=actor)


def test_only_allowed_steps_are_taken(session: Session, now: datetime, actor: Actor, asset: AssetRecord) -> None:
    def step(status: AssetStatus, at: datetime) -> None:
        change_status(session, [StatusChange(asset_id=asset.id, at=at, status=status)], now=now, by=actor)

    step(AssetStatus.IN_SERVICE, datetime(2024, 5, 1, tzinfo=UTC))
    step(AssetStatus.RETIRED, datetime(2026, 5, 1, tzinfo=UTC))
    assert asset.status == AssetStatus.RETIRED

    with pytest.raises(StepNotAllowed):
        step(AssetStatus.IN_STOCK, now)
    with pytest.raises(StepNotAllowed):
        step(AssetStatus.IN_TRANSIT, datetime(2025, 5, 1, tzinfo=UTC))
    step(AssetStatus.IN_WORKSHOP, datetime(2025, 5, 1, tzinfo=UTC))
    assert asset.status == AssetStatus.RETIRED


@pytest.mark.parametrize(
    "serial", ["", "  ", "a\0b", "a\u200bb", "\u202eabc", "ab\ncd", "ВT-1", "\ud800", "①", "a\u00a0b", "x" * 81]
)
def test_a_serial_can_be_read_aloud(serial: str) -> None:
    with pytest.raises(ValidationError):
        NewAsset(serial=serial, product_id=uuid4())


def test_one_serial_has_one_spelling() -> None:
    assert NewAsset(serial=" Cafe\u0301-1 ", product_id=uuid4()).serial == "Café-1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"gtin": "5410000000018"},
        {"gtin": "541000"},
        {"price_new": "0"},
        {"price_new": "NaN"},
        {"rated_years": float("inf")},
        {"ratings": [{"metric": "temperature", "maximum": float("nan")}]},
        {"checklist": [{"component": "mast"}]},
        {"routes": [{"route": "reuse", "worst_grade": "F"}]},
        {"name": "\u200b"},
    ],
)
def test_a_product_that_cannot_be_is_no_product(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        a_product(**wrong)
