"""The bench over HTTP: the steps of a work order that follows from a decision on a route, ticked off one by one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from lifecycle.open_route_work import read_bench_work, tick_step
from lifecycle.route.bench import BenchWork, StepDone
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/work-orders/{work_id}/work-plan", tags=["work orders"])

Position = Annotated[int, Path(ge=1, le=10_000, description="Number of the step, from 1.")]


@router.get("", responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.FINANCE)
def read_work_plan(work_id: UUID, _caller: Asking, session: Reading) -> BenchWork:
    """Give the plan of a work order beside what was done of it so far."""
    return read_bench_work(session, work_id=work_id, holder_id=None)


@router.post("/{position}", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def tick(work_id: UUID, position: Position, done: StepDone, caller: Asking, session: Writing) -> BenchWork:
    """Say that a step is done, or left out and why; what was said last counts."""
    return tick_step(session, work_id=work_id, position=position, done=done, now=clock.now(), by=caller.actor)
