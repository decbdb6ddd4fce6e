"""Doubted readings over HTTP: what was not believed and why, repaired as many at once as were wrong alike."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import select

from lifecycle.settle_doubts import dismiss_doubts, repair_doubts, try_repair_of_doubts
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from telemetry.doubt import Doubt, DoubtState
from telemetry.find_doubted import are_chosen, count_doubted
from telemetry.repair import Chosen, Repair
from telemetry.repair_readings import Repaired
from telemetry.tables import QuarantinedReadingRecord

router = APIRouter(prefix="/quarantine", tags=["readings"])

Word = Annotated[str | None, Query(max_length=200)]
_NOTHING = Repair()


class QuarantinedReading(BaseModel):
    """A reading that was not believed, as it came, with the reason and what became of it."""

    id: UUID
    batch_key: str
    row: int
    reason: Doubt
    sentence: str
    as_received: dict[str, str]
    received_at: AwareDatetime
    state: DoubtState
    settled_at: AwareDatetime | None
    settled_by: str
    how: dict[str, str | float] | None
    """The repair with which it went in, or because of what it was dismissed."""


class ChosenReadings(BaseModel):
    """Which doubted readings: those to which all of this applies, by what stands in them as they came."""

    model_config = ConfigDict(extra="forbid")

    reason: Doubt | None = None
    batch: str | None = Field(default=None, max_length=80)
    asset: str | None = Field(default=None, max_length=200)
    metric: str | None = Field(default=None, max_length=200)

    def chosen(self, state: DoubtState = DoubtState.WAITING) -> Chosen:
        """Give what is chosen, without what is to be done with it."""
        return Chosen(self.reason, self.batch, self.asset, self.metric, state)


class NewRepair(ChosenReadings):
    """What was meant with some readings. An empty `meant` says that the cause was repaired since."""

    state: DoubtState = DoubtState.WAITING
    """Those that were dismissed can be repaired too."""
    meant: Repair = _NOTHING
    dry_run: bool = False
    """Only tell what would become of them."""
    after: UUID | None = None
    """`next_after` of the answer before."""


class RepairAnswer(BaseModel):
    """What became of the chosen readings: `taken`, `duplicates` (both released now) and `doubted` are all of them."""

    id: UUID
    taken: int
    duplicates: int
    doubted: int
    reasons: dict[Doubt, int]
    """Why the doubted still are."""
    assets: int
    next_after: UUID | None
    """There are more: ask again with it as `after`."""


class NewDismissal(ChosenReadings):
    """Why some readings shall not go in."""

    because: str = Field(min_length=1, max_length=400)


class DismissalAnswer(BaseModel):
    """How many were dismissed, and how many that are chosen still wait: ask again for those."""

    dismissed: int
    waiting: int


@router.get("")
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def list_quarantine(
    _caller: Asking,
    session: Reading,
    *,
    reason: Annotated[Doubt | None, Query()] = None,
    batch: Word = None,
    asset: Word = None,
    metric: Word = None,
    state: Annotated[DoubtState | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuarantinedReading]:
    """List the readings that were not believed, oldest first; asset and metric are words as they came."""
    query = select(QuarantinedReadingRecord).where(are_chosen(Chosen(reason, batch, asset, metric, state)))
    found, next_cursor = page(session, query, by=(QuarantinedReadingRecord.id,), cursor=cursor, limit=limit)
    items = [QuarantinedReading.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=next_cursor)


@router.post("/repairs", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def repair_quarantine(new: NewRepair, caller: Asking, session: Writing) -> RepairAnswer:
    """Take in the oldest of the chosen readings, with what was meant; what is doubted again waits on.

    At most 50,000 at once: go on with `next_after`.
    """
    do = try_repair_of_doubts if new.dry_run else repair_doubts
    told: Repaired = do(
        session, chosen=new.chosen(new.state), repair=new.meant, now=clock.now(), by=caller.actor, after=new.after
    )
    return RepairAnswer.model_validate(told._asdict())


@router.post("/dismissals", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def dismiss_quarantine(new: NewDismissal, caller: Asking, session: Writing) -> DismissalAnswer:
    """Settle that the chosen readings shall not go in; they stay visible, and can be repaired yet.

    At most 50,000 at once.
    """
    chosen = new.chosen()
    dismissed = dismiss_doubts(session, chosen=chosen, because=new.because, now=clock.now(), by=caller.actor)
    waiting = count_doubted(session, chosen._replace(state=DoubtState.WAITING))
    return DismissalAnswer(dismissed=dismissed, waiting=sum(waiting.values()))
