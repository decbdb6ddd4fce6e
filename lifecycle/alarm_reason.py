"""Why an alarm was raised, as a reason that is shown in the reader's language."""

from typing import NamedTuple

from lifecycle.reason import Reason
from telemetry.alarm_rule import AlarmKind, AlarmTerms

_A_MINUTE = 60


class Seen(NamedTuple):
    """What an alarm saw: how far it went, and how often within a short time."""

    rule: str
    extreme: float | None
    times: int
    chatters: bool


def reasons(seen: Seen, terms: AlarmTerms) -> list[Reason]:
    """Say what was seen and what the rule allows.

    >>> terms = AlarmTerms(name="Warm", metric="co2", kind=AlarmKind.ABOVE, limit=1000)
    >>> reasons(Seen("warm/1", 1200.0, 1, False), terms)[0].inputs
    {'metric': 'co2', 'extreme': 1200.0, 'limit': 1000.0}
    """
    inputs = {"metric": terms.metric, "extreme": seen.extreme, **_allowed(terms)}
    told = {name: value for name, value in inputs.items() if value is not None}
    found = [Reason(code=f"alarm.{terms.kind.value}", rule=seen.rule, inputs=told)]
    if seen.chatters:
        found.append(Reason(code="alarm.chatters", rule=seen.rule, inputs={"times": seen.times}))
    return found


def _allowed(terms: AlarmTerms) -> dict[str, float | None]:
    if terms.kind in {AlarmKind.ABOVE, AlarmKind.BELOW}:
        return {"limit": terms.limit}
    if terms.kind is AlarmKind.IMPOSSIBLE:
        return {"fastest": terms.fastest}
    return {"minutes": (terms.longest_seconds or 0) / _A_MINUTE}
