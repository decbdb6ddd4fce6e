"""Hand over what waits, one thing after the other: an invoice to be collected, a refund, the page of a mandate."""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from billing.ask_mandate import ask_mandate
from billing.collect_invoice import collect_again, collect_invoice
from billing.collection.collecting import TaskKind, TaskState
from billing.collection.collection_plan import OtherTotal
from billing.collection.till import NotThere, TillSilent
from billing.give_back import give_back
from billing.keep_tasks import Ended, claim_task, end_task, put_off_task
from billing.settle_elsewhere import settle_elsewhere
from billing.take_steps import Desk, Later, NotDone

SILENT_OFTEN = 3

Handing = Callable[[Desk, UUID], Ended]
THROUGH_STRIPE: Mapping[TaskKind, Handing] = {
    TaskKind.COLLECT: collect_invoice,
    TaskKind.COLLECT_AGAIN: collect_again,
    TaskKind.SETTLE: settle_elsewhere,
    TaskKind.REFUND: give_back,
    TaskKind.MANDATE: ask_mandate,
}


class HandedOver(NamedTuple):
    """How many tasks were done, needed nothing, wait for another try, or failed for a person to look at."""

    done: int = 0
    left: int = 0
    again: int = 0
    failed: int = 0


def hand_over_some(desk: Desk, *, most: int, kinds: Collection[TaskKind] = tuple(THROUGH_STRIPE)) -> HandedOver:
    """Hand over what is due, at most so many; foreign calls lie between transactions, and each step is kept.

    Where the other side was silent several times the rest waits too, so that nobody waits long for it.
    """
    total = HandedOver()
    for _ in range(most):
        if total.again >= SILENT_OFTEN:
            break
        with desk.writing() as session:
            claimed = claim_task(session, kinds=kinds, now=desk.now())
            task = None if claimed is None else (claimed.id, claimed.kind, claimed.subject_id)
        if task is None:
            break
        total = HandedOver(*(a + b for a, b in zip(total, _one(desk, *task), strict=True)))
    return total


def _one(desk: Desk, task_id: UUID, kind: TaskKind, subject_id: UUID) -> HandedOver:
    try:
        ended = THROUGH_STRIPE[kind](desk, subject_id)
    except (Later, TillSilent) as silent:
        with desk.writing() as session:
            put_off_task(session, task_id=task_id, answer=silent.said, wait=silent.wait, now=desk.now())
        return HandedOver(again=1)
    except (NotDone, OtherTotal, NotThere) as refused:
        ended = Ended(TaskState.FAILED, str(refused))
    with desk.writing() as session:
        end_task(session, task_id=task_id, state=ended.state, answer=ended.answer, now=desk.now())
    counted = {TaskState.DONE: HandedOver(done=1), TaskState.LEFT: HandedOver(left=1)}
    return counted.get(ended.state, HandedOver(failed=1))
