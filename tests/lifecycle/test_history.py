"""The history: whatever the order of recording, the present and the stays are what the events say."""

import itertools
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, NewAsset
from lifecycle.chain import digest
from lifecycle.history import CORRECTED, MOVED, REGISTERED, STATUS_CHANGED, NewEvent, Span, Told, spans, standing_at
from lifecycle.keep_catalogue import add, keep
from lifecycle.material import Material
from lifecycle.product import Product
from lifecycle.queries import UnknownAsset
from lifecycle.record_events import record_events
from lifecycle.register_assets import register_assets
from lifecycle.site import Site
from lifecycle.tables import AssetEventRecord, AssetRecord, MaterialRecord, ProductRecord, SiteRecord, StayRecord
from lifecycle.verify_history import ChainReport, verify_chains
from pas.db import Database

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
SITES = [UUID(int=number) for number in range(1, 5)]


def a_product() -> Product:
    return Product.model_validate(
        {"code": "FT", "name": "Forklift", "trade": "forklifts", "price_new": "24000", "rated_years": 8}
    )


def told(sequence: int, kind: str, day: int, facts: dict[str, Any]) -> Told:
    return Told(sequence, UUID(int=sequence), kind, BEGIN + timedelta(days=day), facts)


def moves(days: list[int]) -> st.SearchStrategy[list[tuple[int, dict[str, Any]]]]:
    """Give, for distinct days, what happened on each."""
    where = st.fixed_dictionaries(
        {},
        optional={
            "site_id": st.sampled_from([None, *map(str, SITES)]),
            "place": st.sampled_from(["", "hall 1", "hall 2"]),
            "status": st.sampled_from([status.value for status in AssetStatus]),
        },
    )
    return st.tuples(*(where for _ in days)).map(lambda facts: list(zip(days, facts, strict=True)))


HAPPENINGS = st.lists(st.integers(0, 1000), unique=True, max_size=8).flatmap(moves)


@given(happenings=HAPPENINGS, seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_the_order_of_recording_plays_no_part(happenings: list[tuple[int, dict[str, Any]]], seed: int) -> None:
    shuffled = random.Random(seed).sample(happenings, len(happenings))

    def folded(order: list[tuple[int, dict[str, Any]]]) -> list[Span]:
        events = [told(number, MOVED, day, facts) for number, (day, facts) in enumerate(order, start=2)]
        return spans([told(1, REGISTERED, 0, {"status": "in_stock"}), *events])

    assert folded(happenings) == folded(shuffled)


@given(happenings=HAPPENINGS)
@settings(max_examples=200, deadline=None)
def test_stays_follow_one_another_without_gap_or_repetition(happenings: list[tuple[int, dict[str, Any]]]) -> None:
    events = [told(number, MOVED, day, facts) for number, (day, facts) in enumerate(happenings, start=2)]

    folded = spans([*events, told(1, REGISTERED, 0, {})])

    assert folded[0].since == BEGIN
    assert folded[-1].until is None
    for earlier, later in itertools.pairwise(folded):
        assert earlier.until == later.since > earlier.since
        assert earlier.standing != later.standing
    for span in folded:
        assert standing_at([*events, told(1, REGISTERED, 0, {})], span.since) == span.standing


def test_a_correction_overrides_what_it_names_and_a_withdrawal_removes_it() -> None:
    first, second = (str(site) for site in SITES[:2])
    events = [
        told(1, REGISTERED, 0, {"site_id": first, "status": "in_stock"}),
        told(2, MOVED, 10, {"site_id": second}),
        told(3, MOVED, 20, {"place": "hall"}),
    ]

    def correct(sequence: int, event: int, *, facts: dict[str, Any], day: int | None, withdrawn: bool = False) -> Told:
        at = (BEGIN + timedelta(days=day)).isoformat() if day is not None else None
        named = {"event": str(UUID(int=event)), "facts": facts, "happened_at": at, "withdrawn": withdrawn}
        return told(sequence, CORRECTED, 99, named)

    later = correct(4, 2, facts={}, day=30)
    assert [span.since.day for span in spans([*events, later])] == [1, 21, 31]
    gone = correct(5, 2, facts={}, day=None, withdrawn=True)
    assert {span.standing.site_id for span in spans([*events, later, gone])} == {SITES[0]}
    elsewhere = correct(4, 1, facts={"site_id": second}, day=None)
    assert {span.standing.site_id for span in spans([*events, elsewhere])} == {SITES[1]}


@pytest.fixture
def assets(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    product = add(session, ProductRecord, a_product(), now=now, by=actor)
    session.add_all(
        SiteRecord(id=site, tenant_id=product.tenant_id, code=f"S{number}", name="S")
        for number, site in enumerate(SITES)
    )
    news = [NewAsset(serial=str(n), product_id=product.id, in_service_on=BEGIN.date()) for n in range(3)]
    return register_assets(session, news, now=now, by=actor)


def test_the_projection_is_the_fold_of_the_events(
    session: Session, now: datetime, actor: Actor, assets: list[AssetRecord]
) -> None:
    chance = random.Random(4)
    for _ in range(25):
        batch = [
            NewEvent(
                chance.choice(assets).id,
                chance.choice([MOVED, STATUS_CHANGED, "inspected"]),
                BEGIN + timedelta(days=chance.randrange(900)),
                chance.choice([{"site_id": chance.choice(SITES)}, {"place": "x"}, {"status": AssetStatus.RETURNED}]),
            )
            for _ in range(chance.randrange(1, 4))
        ]
        record_events(session, batch, now=now, by=actor)
        session.expire_all()
        for asset in assets:
            mine = select(AssetEventRecord).where(AssetEventRecord.asset_id == asset.id)
            folded = spans(session.exec(mine))
            kept = session.exec(
                select(StayRecord).where(StayRecord.asset_id == asset.id).order_by(col(StayRecord.since))
            )
            assert [(s.since, s.until, s.site_id, s.place, s.status) for s in kept] == [
                (s.since, s.until, s.standing.site_id, s.standing.place, s.standing.status) for s in folded
            ]
            last = folded[-1].standing
            assert (asset.site_id, asset.place, asset.status) == (last.site_id, last.place, last.status)
    assert verify_chains(session).broken is None


def test_nothing_is_written_of_an_unknown_asset(session: Session, now: datetime, actor: Actor) -> None:
    with pytest.raises(UnknownAsset):
        record_events(session, [NewEvent(uuid4(), "inspected", now, {})], now=now, by=actor)


@pytest.mark.parametrize("number", [1.0, -0.0, 1e20, 1e-7, 1e308, 2**60, 0.1 + 0.2, 12345678.875])
def test_a_number_has_one_hash_on_every_database(
    session: Session, now: datetime, actor: Actor, assets: list[AssetRecord], number: float
) -> None:
    record_events(session, [NewEvent(assets[0].id, "inspected", now, {"reading": number})], now=now, by=actor)
    session.expire_all()

    assert verify_chains(session).broken is None


def test_a_number_that_is_none_is_not_written() -> None:
    with pytest.raises(ValueError, match="finite"):
        digest({"reading": float("nan")})


def _tamper(database: Database, tenant: int, *statements: str) -> None:
    """Change what is stored, as somebody with the database's own password could."""
    triggers = (
        ["DROP TRIGGER asset_event_no_update", "DROP TRIGGER asset_event_no_delete", "DROP TRIGGER audit_no_update"]
        if database.is_sqlite
        else ["DROP TRIGGER asset_event_append_only ON asset_event", "DROP TRIGGER audit_append_only ON audit"]
    )
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL app.tenant = '{tenant}'"))
        for statement in (*triggers, *statements):
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "chain", "sequence"),
    [
        ("UPDATE asset_event SET actor = 'somebody else' WHERE sequence = 2", "asset", 2),
        ("UPDATE asset_event SET source = 'phone', hash = previous_hash WHERE sequence = 3", "asset", 3),
        ("DELETE FROM asset_event WHERE sequence = 2", "asset", 2),
        ("DELETE FROM asset_event WHERE sequence = 4", "asset", 4),
        ("UPDATE asset SET history_length = 3, history_head = ''", "asset", 4),
        ("UPDATE audit SET subject = 'another'", "audit", 1),
        ("UPDATE asset SET place = 'somewhere else'", "asset", 4),
    ],
)
def test_what_was_changed_behind_our_back_is_named(
    database: Database, tenant: int, now: datetime, actor: Actor, statement: str, chain: str, sequence: int
) -> None:
    with database.writing(tenant) as session:
        product = add(session, ProductRecord, a_product(), now=now, by=actor)
        asset = register_assets(session, [NewAsset(serial="1", product_id=product.id)], now=now, by=actor)[0]
        seen = [NewEvent(asset.id, "inspected", now, {"index": index}) for index in range(3)]
        record_events(session, seen, now=now, by=actor)
        whole = verify_chains(session)
    assert (whole.broken, whole.links, whole.chains) == (None, 5, 2)

    _tamper(database, tenant, statement)

    with database.reading(tenant) as session:
        broken = verify_chains(session).broken
    assert broken is not None
    assert (broken.chain.split()[0], broken.sequence) == (chain, sequence)


def test_a_fleet_is_registered_and_told_in_seconds(
    session: Session, now: datetime, actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    product = add(session, ProductRecord, a_product(), now=now, by=actor)
    places = [Site(code=f"S{number}", name="S") for number in range(200)]
    news = [NewAsset(serial=str(n), product_id=product.id, made_on=date(2024, 1, 1)) for n in range(2500)]

    started, busy = perf_counter(), process_time()
    keep(session, SiteRecord, places, now=now, by=actor)
    assets = register_assets(session, news, now=now, by=actor)
    registered = perf_counter()
    seen = [NewEvent(assets[n % 2500].id, "inspected", now, {"index": n}) for n in range(12_000)]
    record_events(session, seen, now=now, by=actor)
    ended = perf_counter()

    with capsys.disabled():
        print(f"\n2,500 assets {registered - started:.1f} s, 12,000 events {ended - registered:.1f} s", end=" ")  # noqa: T201
    assert process_time() - busy < 30, "our own work; a crowded machine or server is not at fault here"


def test_writers_at_the_same_time_break_no_chain(database: Database, tenant: int, now: datetime, actor: Actor) -> None:
    with database.writing(tenant) as session:
        product = add(session, ProductRecord, a_product(), now=now, by=actor)
        news = [NewAsset(serial=str(n), product_id=product.id, in_service_on=BEGIN.date()) for n in range(4)]
        ids = [asset.id for asset in register_assets(session, news, now=now, by=actor)]

    def write(number: int) -> None:
        chance = random.Random(number)
        with database.writing(tenant) as session:
            chosen = chance.sample(ids, 3)
            at = BEGIN + timedelta(days=number)
            record_events(session, [NewEvent(i, MOVED, at, {"place": str(number)}) for i in chosen], now=now, by=actor)
            material = Material(code=f"M{number}", name="M")
            keep(session, MaterialRecord, [material], now=now, by=actor)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(write, range(48)))

    with database.reading(tenant) as session:
        report = verify_chains(session)
        assert (report.broken, report.links) == (None, 1 + 4 + 48 * 3 + 48)
        for asset_id in ids:
            folded = spans(session.exec(select(AssetEventRecord).where(AssetEventRecord.asset_id == asset_id)))
            asset = session.exec(select(AssetRecord).where(AssetRecord.id == asset_id)).one()
            assert asset.place == folded[-1].standing.place


def test_the_first_links_of_a_tenant_made_at_the_same_time_are_one_chain(
    database: Database, tenant: int, now: datetime, actor: Actor
) -> None:
    def write(number: int) -> None:
        with database.writing(tenant) as session:
            keep(session, MaterialRecord, [Material(code=f"M{number}", name="M")], now=now, by=actor)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(16)))

    with database.reading(tenant) as session:
        assert verify_chains(session) == ChainReport(links=16, chains=1, broken=None)
