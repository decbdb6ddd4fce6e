"""An assessment is what we conclude of one thing today: its index, its reasons and its components, in plain columns."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from lifecycle.condition.conclusions import Conclusions
from lifecycle.condition.remaining_life import LAYERS, Layer
from lifecycle.condition.shown import Columns, Shown
from lifecycle.condition.stress import Law
from lifecycle.condition.terms import Terms, limit, rated_maximum
from lifecycle.reason import Reason

__all__ = ["Assessment", "assessments", "limit", "rated_maximum"]

Plain = dict[str, Any]
LAYER_NAMES = [layer.value for layer in LAYERS]
_PEERS = LAYERS.index(Layer.FLEET_PEERS)
JUMPS = {1: "condition.repair_not_logged", -1: "condition.sudden_damage"}
ASKS = frozenset(JUMPS.values())
"""Reasons that ask somebody for an explanation."""


class Assessment(NamedTuple):
    """A conclusion in the columns of a condition row.

    `account` holds reasons as they are stored; their effects add up to `index_p50` to the hundredth. `detail` holds
    the components, the chances of each grade and score, and the measured coverage.
    """

    asset_id: UUID
    index_p10: float
    index_p50: float
    index_p90: float
    grade: str
    usage: float | None
    remaining_use: tuple[float | None, float | None, float | None]
    remaining_days: tuple[float | None, float | None, float | None]
    layer: str
    account: list[Plain]
    detail: Plain
    rule: str
    input_hash: str

    @property
    def reasons(self) -> list[Reason]:
        """Give the reasons: those with an effect add up to the index, the others explain."""
        return [Reason(**reason) for reason in self.account]

    @property
    def has_jumped(self) -> bool:
        """Tell whether there is something that nobody can explain."""
        return any(reason["code"] in ASKS for reason in self.account)

    @property
    def jumps(self) -> list[Reason]:
        """Give what was seen that nobody can explain: a repair that was not logged, or sudden damage."""
        return [reason for reason in self.reasons if reason.code in ASKS]


def assessments(told: Conclusions) -> Iterator[Assessment]:
    """Write down what is concluded of every thing, in the order of the fleet."""
    columns, things, parts = Columns.of(told), Shown.of(told.things), Shown.of(told.components)
    for place, asset_id in enumerate(told.fleet.ids):
        terms = told.fleet.terms[columns.product[place]]
        yield Assessment(
            asset_id,
            *things.middle[place],
            things.grade[place],
            columns.use[place] if columns.by_use[place] else None,
            things.use[place],
            things.days[place],
            LAYER_NAMES[things.layer[place]],
            [*_points(columns, things, place, terms), *_remarks(columns, things, place, terms)],
            _detail(columns, things, parts, place, terms),
            columns.rule,
            columns.fingerprints[place],
        )


def _points(columns: Columns, things: Shown, place: int, terms: Terms) -> Iterator[Plain]:
    """Say what adds up to the index; what took nothing is left out, but for the sight and the wear since."""
    seen, earlier, unseen, wear, drift, heat, load, health, floor = things.points[place]
    look = columns.last_look[place]
    if look >= 0:
        on, source, inspection = columns.looks[look]
        yield _reason(columns, "last_inspection", {"on": on, "source": source, "inspection": inspection}, seen)
        if earlier:
            yield _reason(columns, "earlier_inspections", {"looks": columns.earlier_looks[place]}, earlier)
        if unseen:
            yield _reason(columns, "components_unseen", {"since": columns.since[place]}, unseen)
    else:
        yield _reason(columns, "never_inspected", {"since": columns.since[place]}, unseen)
    yield _worn(columns, place, terms, wear)
    if drift:
        inputs = {"pairs": sum(terms.parameters.pairs), "parameters": terms.parameters.fingerprint[:12]}
        yield _reason(columns, "fleet_drift", inputs, drift)
    if heat:
        yield _reason(columns, "heat", _heat(columns, place, terms), heat)
    if load:
        yield _reason(columns, "load", _load(columns, place, terms), load)
    if health:
        inputs = {"weight": round(terms.parameters.telemetry_weight, 3), "points": columns.health[place]}
        yield _reason(columns, "measured_health", inputs, health)
    if floor:
        yield _reason(columns, "floor", {}, floor)


def _worn(columns: Columns, place: int, terms: Terms, wear: float) -> Plain:
    if columns.by_use[place]:
        inputs = {"metric": terms.usage_metric, "use": columns.use[place], "rated": terms.rated_use}
        return _reason(columns, "wear_by_use", inputs, wear)
    return _reason(columns, "wear_by_age", {"years": columns.years[place], "rated": terms.rated_years}, wear)


def _heat(columns: Columns, place: int, terms: Terms) -> Plain:
    rated = next((one.reference for one in terms.stresses if not one.is_load), None)
    return {"ambient": columns.ambient[place], "rated": rated, "factor": columns.heat_factor[place]}


def _load(columns: Columns, place: int, terms: Terms) -> Plain:
    stress = next(one for one in terms.stresses if one.law is Law.POWER)
    inputs = {"metric": stress.metric, "load": columns.load[place], "rated": stress.reference}
    return inputs | {"factor": columns.load_factor[place]}


def _remarks(columns: Columns, things: Shown, place: int, terms: Terms) -> Iterator[Plain]:
    """Say what takes no points: jumps, doubts, on what the interval rests, and what would narrow it."""
    for row in range(columns.start[place], columns.start[place + 1]):
        if jump := columns.jump[row]:
            inputs = {"component": terms.components[columns.component[row]], "seen": columns.seen[row]}
            yield _reason(columns, JUMPS[jump][10:], inputs | {"expected": columns.expected[row]}, None)
    if columns.flagged[place]:
        yield _reason(columns, "unknown_pattern", {}, None)
    if things.layer[place] == _PEERS:
        inputs = {"things": terms.parameters.outcomes[things.grade[place]].things, "grade": things.grade[place]}
        yield _reason(columns, "peers", inputs, None)
    yield columns.calibration[columns.product[place]]
    if (narrowed := columns.narrows(things, place, terms)) is not None:
        code = "inspection_narrows" if "metric" in narrowed else "inspection_narrows_days"
        yield _reason(columns, code, narrowed, None)
    if things.days[place][1] is None:
        yield _reason(columns, "no_recent_use", {"days": columns.rate_days}, None)


def _reason(columns: Columns, code: str, inputs: Plain, effect: float | None) -> Plain:
    return {"code": f"condition.{code}", "rule": columns.rule, "inputs": inputs, "effect": effect}


def _detail(columns: Columns, things: Shown, parts: Shown, place: int, terms: Terms) -> Plain:
    """Give what stands beside the index, in short columns; `lifecycle.condition.component` unfolds it."""
    return {
        "components": [
            _component(columns, parts, row, place) for row in range(columns.start[place], columns.start[place + 1])
        ],
        "worst": terms.components[columns.component[columns.worst[place]]],
        "grades": things.grades[place],
        "scores": things.scores[place],
        **columns.learned[columns.product[place]],
    }


def _component(columns: Columns, parts: Shown, row: int, place: int) -> list[Any]:
    """Write one component as a list, in the order of `component.FIELDS`: a million of them are stored."""
    look = columns.row_look[row]
    on, source = columns.looks[look][:2] if look >= 0 else (None, None)
    return [
        *columns.weighed[columns.product[place]][columns.component[row]],
        *parts.middle[row],
        parts.grade[row],
        on,
        source,
        columns.jump[row],
        *parts.days[row],
        *parts.use[row],
        LAYER_NAMES[parts.layer[row]],
        *parts.points[row],
    ]
