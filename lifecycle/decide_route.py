"""Decide where a thing goes next, with all that the decision rests on; or take such a decision back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus
from lifecycle.await_reassessment import await_reassessment
from lifecycle.chain import digest, plain
from lifecycle.history import NewEvent
from lifecycle.read_case import Case, read_case
from lifecycle.record_events import locked, record_events
from lifecycle.route.assumptions import rule
from lifecycle.route.choice import Choice
from lifecycle.route.costing import frozen
from lifecycle.route.verdict import NewVerdict, Standing, VerdictKind, VerdictLifted, settled, uphold
from lifecycle.route_queries import last_verdicts
from lifecycle.route_tables import RouteVerdictRecord
from lifecycle.tables import RouteDecisionRecord
from telemetry.identity import new_id
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

ROUTE_DECIDED = "route_decided"
ROUTE_LIFTED = "route_lifted"


class LifeEnded(Refusal):
    """The thing is retired: nothing can be decided of where it goes next."""


class VerdictExists(Refusal):
    """The id was used before for another decision."""


class NothingDecided(Refusal):
    """No decision on the route of the thing stands."""


def decide_route(
    session: Session, *, asset_id: UUID, verdict: NewVerdict, now: datetime, by: Actor
) -> RouteVerdictRecord:
    """Decide on the route that nets most, or with a reason on another that is open; it holds from now on.

    Appended with its inputs, and written into the history. The same again under its id changes nothing. Raises
    UnknownAsset, LifeEnded, VerdictExists, NothingToChoose, RouteNotOpen and OverrideWithoutReason.
    """
    asset = locked(session, [asset_id])[asset_id]
    if (known := _known(session, asset_id, verdict)) is not None:
        return known
    if asset.status is AssetStatus.RETIRED:
        raise LifeEnded(f"{asset.serial} is retired: its life has ended", field="asset_id")
    case = read_case(session, asset=asset, now=now)
    option = settled(case.choice, verdict)

    standing = Standing(
        verdict.id, option.route, case.condition.grade, now, option.route != case.choice.route, verdict.why
    )
    held = uphold(case.choice, standing)
    made = _record(session, case, verdict, held, now=now, by=by)
    session.add(made)
    session.add(_proposal(session, asset_id, held, now))
    asset.route = held.route
    session.flush()
    record_events(session, [_event(asset_id, ROUTE_DECIDED, made, now)], now=now, by=by)
    return made


def lift_route(session: Session, *, asset_id: UUID, lifted: VerdictLifted, now: datetime, by: Actor) -> None:
    """Take the decision that stands back; the thing waits to be assessed, and goes the route that nets most again.

    Raises UnknownAsset and NothingDecided.
    """
    locked(session, [asset_id])
    last = last_verdicts(session, [asset_id]).get(asset_id)
    if last is None or last.kind is not VerdictKind.DECIDED:
        raise NothingDecided("no decision on the route of this asset stands", field="asset_id")
    ended = end_verdict(session, last, VerdictKind.LIFTED, why=lifted.why, now=now, by=by)
    record_events(session, [_event(asset_id, ROUTE_LIFTED, ended, now)], now=now, by=by)
    await_reassessment(session, [asset_id], cause=ROUTE_LIFTED, now=now)


def end_verdict(
    session: Session,
    verdict: RouteVerdictRecord,
    kind: VerdictKind,
    *,
    why: str,
    now: datetime,
    by: Actor,
    reasons: list[dict[str, Any]] | None = None,
) -> RouteVerdictRecord:
    """Append the end of a decision: it was taken back, it lapsed, or its work is done."""
    kept = verdict.model_dump(exclude={"id", "kind", "decided_at", "actor_kind", "actor", "why", "reasons"})
    told = {
        "id": new_id(),
        "kind": kind,
        "decided_at": now,
        "actor_kind": by.kind,
        "actor": by.name,
        "why": why,
        "reasons": reasons or [],
    }
    ended = RouteVerdictRecord.model_validate(kept | told)
    session.add(ended)
    session.flush()
    return ended


def _known(session: Session, asset_id: UUID, verdict: NewVerdict) -> RouteVerdictRecord | None:
    """Find what was decided under this id before, word for word."""
    found = session.exec(select(RouteVerdictRecord).where(RouteVerdictRecord.id == verdict.id)).first()
    if found is None:
        return None
    is_same = found.kind is VerdictKind.DECIDED and (found.asset_id, found.why) == (asset_id, verdict.why)
    if not is_same or verdict.route not in {None, found.route}:
        raise VerdictExists(f"decision {verdict.id} is there with other content; a new one needs a new id", field="id")
    return found


def _record(
    session: Session, case: Case, verdict: NewVerdict, held: Choice, *, now: datetime, by: Actor
) -> RouteVerdictRecord:
    inputs = _inputs(case)
    told = {
        "tenant_id": tenant_of(session),
        "id": verdict.id,
        "asset_id": case.asset.id,
        "kind": VerdictKind.DECIDED,
        "decided_at": now,
        "actor_kind": by.kind,
        "actor": by.name,
        "route": held.route,
        "proposed": case.choice.route,
        "why": verdict.why,
        "grade": case.condition.grade,
        "net_value": held.net_value,
        "currency": held.currency,
        "inputs": inputs,
        "options": [option.model_dump(mode="json") for option in held.options],
        "reasons": [reason.model_dump(mode="json") for reason in held.reasons],
        "rule": rule(),
        "input_hash": digest([inputs]),
    }
    return RouteVerdictRecord.model_validate(told)


def _inputs(case: Case) -> dict[str, Any]:
    """Give all that the choice rests on, in JSON's own kinds."""
    told: dict[str, Any] = plain(
        frozen(case.costed, case.worth)
        | {
            "product": case.product.code,
            "condition": case.condition.id,
            "index": [case.condition.index_p10, case.condition.index_p50, case.condition.index_p90],
            "condition_inputs": case.condition.input_hash,
        }
    )
    return told


def _proposal(session: Session, asset_id: UUID, held: Choice, now: datetime) -> RouteDecisionRecord:
    """Give the row in which the route of a thing is shown from now on."""
    told: Mapping[str, Any] = {
        "tenant_id": tenant_of(session),
        "asset_id": asset_id,
        "decided_at": now,
        "route": held.route,
        "net_value": held.net_value,
        "currency": held.currency,
        "options": [option.model_dump(mode="json") for option in held.options],
        "reasons": [reason.model_dump(mode="json") for reason in held.reasons],
        "rule": held.rule,
    }
    return RouteDecisionRecord.model_validate(told)


def _event(asset_id: UUID, kind: str, verdict: RouteVerdictRecord, now: datetime) -> NewEvent:
    facts = {
        "decision": verdict.id,
        "route": verdict.route,
        "proposed": verdict.proposed,
        "note": verdict.why,
        "net_value": verdict.net_value,
        "currency": verdict.currency,
        "rule": verdict.rule,
        "inputs": verdict.input_hash,
    }
    return NewEvent(asset_id, kind, now, {name: fact for name, fact in facts.items() if fact != ""})
