"""Many things at once: all that may be is changed, the rest is named, and it is taken back without losing what came."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, Destination, Move, Step
from lifecycle.change_many import ManyChanged, UnknownBulkChange, change_many, changed_things, undo_many
from lifecycle.keep_catalogue import add
from lifecycle.move_asset import move_assets
from lifecycle.queries import stays
from lifecycle.site import Site
from lifecycle.tables import AssetRecord, SiteRecord
from lifecycle.verify_history import verify_chains
from tests.lifecycle.sample_fleet import store_assets, store_product

COUNT = 4


@pytest.fixture
def ids(session: Session, now: datetime, actor: Actor) -> list[UUID]:
    kept = store_product(session)
    return [one.id for one in store_assets(session, kept, count=COUNT, now=now - timedelta(days=9), by=actor)]


@pytest.fixture
def site(session: Session, now: datetime, actor: Actor) -> UUID:
    return add(session, SiteRecord, Site(code="GNT", name="Gent"), now=now, by=actor).id


def where(session: Session) -> dict[UUID, tuple[UUID | None, str, AssetStatus]]:
    session.expire_all()
    return {one.id: (one.site_id, one.place, one.status) for one in session.exec(select(AssetRecord))}


def test_what_was_moved_together_goes_back_together_and_both_stay_told(
    session: Session, now: datetime, actor: Actor, ids: list[UUID], site: UUID
) -> None:
    before = where(session)
    wanted = ManyChanged(assets=[*ids, ids[0]], move=Destination(at=now, site_id=site, place="Hall 2"))

    done = change_many(session, wanted, now=now, by=actor)
    moved = where(session)
    undone = undo_many(session, change_id=done.id, now=now, by=actor)

    assert {one[:2] for one in moved.values()} == {(site, "Hall 2")}
    assert where(session) == before
    assert undone.undone_at == now
    assert [one.undone for one in changed_things(session, done.id)] == [True] * COUNT
    assert {len(stays(session, asset_id=one)) for one in ids} == {1}
    assert verify_chains(session).broken is None
    assert undo_many(session, change_id=done.id, now=now + timedelta(days=1), by=actor).undone_at == now


def test_a_step_that_is_not_allowed_is_named_and_holds_up_no_other(
    session: Session, now: datetime, actor: Actor, ids: list[UUID]
) -> None:
    retire = ManyChanged(assets=ids[:1], step=Step(at=now - timedelta(days=1), status=AssetStatus.RETIRED))
    change_many(session, retire, now=now, by=actor)

    done = change_many(
        session, ManyChanged(assets=ids, step=Step(at=now, status=AssetStatus.IN_TRANSIT)), now=now, by=actor
    )

    assert [one["asset_id"] for one in done.refused] == [str(ids[0])]
    assert done.refused[0]["code"] == "step-not-allowed"
    assert {standing[2] for one, standing in where(session).items() if one in ids[1:]} == {AssetStatus.IN_TRANSIT}
    assert where(session)[ids[0]][2] is AssetStatus.RETIRED


def test_what_was_placed_anew_since_is_not_taken_back(
    session: Session, now: datetime, actor: Actor, ids: list[UUID], site: UUID
) -> None:
    done = change_many(session, ManyChanged(assets=ids, move=Destination(at=now, site_id=site)), now=now, by=actor)
    move_assets(session, [Move(asset_id=ids[2], at=now, place="Roof")], now=now, by=actor)

    undo_many(session, change_id=done.id, now=now, by=actor)

    stood = where(session)
    assert [one.asset_id for one in changed_things(session, done.id) if not one.undone] == [ids[2]]
    assert stood[ids[2]][:2] == (site, "Roof")
    assert {stood[one][0] for one in ids if one != ids[2]} == {None}


def test_a_deed_is_a_move_or_a_step_and_names_things(now: datetime) -> None:
    move, step = Destination(at=now, place="x"), Step(at=now, status=AssetStatus.IN_STOCK)

    for told in ({}, {"move": move, "step": step}):
        with pytest.raises(ValidationError, match="one of both"):
            ManyChanged.model_validate({"assets": [uuid4()], **told})
    with pytest.raises(ValidationError, match="at least 1"):
        ManyChanged(assets=[], move=move)


def test_a_deed_that_was_never_done_is_not_taken_back(session: Session, now: datetime, actor: Actor) -> None:
    with pytest.raises(UnknownBulkChange):
        undo_many(session, change_id=uuid4(), now=now, by=actor)
