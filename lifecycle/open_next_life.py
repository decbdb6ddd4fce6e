"""End the life of a thing that was remanufactured and open the next one: a new identity, linked to the old."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import STEPS, AssetStatus, NewAsset, StatusChange
from lifecycle.change_status import StepNotAllowed, change_status
from lifecycle.history import NewEvent
from lifecycle.record_events import record_events
from lifecycle.register_assets import register_assets
from lifecycle.route.bench import PerformanceTest
from lifecycle.tables import AssetRecord
from telemetry.refusal import Refusal

LIFE_ENDED = "life_ended"
LIFE_OPENED = "life_opened"
_NEXT = "next life"


class NoTestRecord(Refusal):
    """A thing is called remanufactured, and no test says that it performs as new."""


def refuse_next_life(asset: AssetRecord, test: PerformanceTest | None) -> None:
    """Hold a thing against what must be so before its next life may begin.

    Raises StepNotAllowed, NoTestRecord and LessThanNew.
    """
    if AssetStatus.RETIRED not in STEPS[asset.status] or asset.status is AssetStatus.IN_SERVICE:
        sentence = f"{asset.serial} is {asset.status.value}; take it into the workshop before its life may end"
        raise StepNotAllowed(sentence, field="status")
    if test is None:
        sentence = "say in `test` what was measured and the warranty: remanufactured is as new or better (BS 8887)"
        raise NoTestRecord(sentence, field="test")
    test.refuse_less_than_new()


def open_next_life(
    session: Session,
    asset: AssetRecord,
    *,
    work_id: UUID,
    serial: str | None,
    test: PerformanceTest,
    at: datetime,
    now: datetime,
    by: Actor,
) -> AssetRecord:
    """Retire a thing and register its next life: same product, number and place of its own, nobody holds it.

    What was counted and seen of the former life stays with that; the clocks of the next one begin at nothing. Raises
    StepNotAllowed, AlreadyRegistered, ImpossibleMoment and BeforeRegistration.
    """
    life = life_number(session, asset) + 1
    new = NewAsset(
        id=uuid5(work_id, _NEXT),
        serial=serial or _serial(asset.serial, life),
        product_id=asset.product_id,
        owner=asset.owner,
        status=AssetStatus.IN_STOCK,
        site_id=asset.site_id,
        place=asset.place,
        made_on=at.date(),
        previous_life_id=asset.id,
    )
    note = f"remanufactured as {new.serial}"
    retired = StatusChange(asset_id=asset.id, at=at, status=AssetStatus.RETIRED, note=note)
    change_status(session, [retired], now=now, by=by)
    made = register_assets(session, [new], now=now, by=by)[0]
    facts = {"work_order": work_id, "life": life, "test": test.model_dump(mode="json")}
    ended = NewEvent(asset.id, LIFE_ENDED, at, facts | {"life": life - 1, "next_life": made.id, "serial": made.serial})
    opened = NewEvent(made.id, LIFE_OPENED, at, facts | {"previous_life": asset.id, "serial": asset.serial})
    record_events(session, [ended, opened], now=now, by=by)
    return made


def life_number(session: Session, asset: AssetRecord) -> int:
    """Count which life of the thing this is, from 1."""
    seen, before = {asset.id}, asset.previous_life_id
    while before is not None and before not in seen:
        seen.add(before)
        before = session.exec(select(AssetRecord.previous_life_id).where(AssetRecord.id == before)).first()
    return len(seen)


def _serial(serial: str, life: int) -> str:
    """Give the number of the next life where nobody names one.

    >>> _serial("T1-0007", 2), _serial("T1-0007-L2", 3)
    ('T1-0007-L2', 'T1-0007-L3')
    """
    return f"{serial.removesuffix(f'-L{life - 1}')[:70]}-L{life}"
