"""Read what a metric was at equal use, of several things: the meter's days against the metric's hours."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session

from telemetry.equal_use import Unplaced, UseCurve, fitting_step, placed, steps, together, use_curve
from telemetry.find_meters import meters, unknown
from telemetry.moment import HOUR, moment
from telemetry.queries import hours, metric
from telemetry.read_meter_days import meter_days
from telemetry.read_series import Asked, piece, windows
from telemetry.refusal import Refusal

MOST_STEPS = 1000
"""Steps of the longest life compared."""
_EPOCH = date(1970, 1, 1).toordinal()
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


class StepTooShort(Refusal):
    """The step of use is so short that a life has too many."""


class AtEqualUse(NamedTuple):
    """One thing: columns use, count, total, minimum, maximum, a row a step; and how many readings are left out, why."""

    steps: pd.DataFrame
    unplaced: dict[Unplaced, int]
    used: float | None
    """In all, by the meter; None where it was never read."""


class Comparison(NamedTuple):
    """Several things at equal use; `step` is in the meter's unit."""

    step: float
    things: dict[UUID, AtEqualUse]


def at_equal_use(
    session: Session, *, asset_ids: Sequence[UUID], meter: str, code: str, now: datetime, step: float | None = None
) -> Comparison:
    """Hold a metric of some things, over their whole lives, against the use that a meter counted.

    Without `step` one is chosen that suits the longest life. Raises UnknownMeter, UnknownMetric and StepTooShort.
    """
    metric(session, code)
    counted = _counted(session, asset_ids, meter, now)
    most = max((opening + float(own["increase"].sum()) for opening, own in counted.values()), default=0.0)
    step = step or fitting_step(most)
    if most / step > MOST_STEPS:
        sentence = f"{most:g} in steps of {step:g} are more than {MOST_STEPS}; choose at least {most / MOST_STEPS:g}"
        raise StepTooShort(sentence, field="step")
    found = {}
    for asset_id in asset_ids:
        opening, own = counted.get(asset_id, (0.0, _NOTHING))
        day = own["day"].to_numpy(dtype=np.int64) - _EPOCH
        curve = use_curve(day, own["increase"].to_numpy(dtype=np.float64), opening=opening, step=step)
        found[asset_id] = _one(session, Asked(asset_id, code, moment(0), _LAST), curve, step)
    return Comparison(step, found)


_NOTHING = pd.DataFrame({"day": [], "increase": []})


def _counted(
    session: Session, asset_ids: Sequence[UUID], meter: str, now: datetime
) -> dict[UUID, tuple[float, pd.DataFrame]]:
    """Give by thing what was used before the meter was first read, and what it counted each day since."""
    known = meters(session)
    if meter not in known:
        raise unknown(meter, known, field="meter")
    codes = {version.metric for version in known[meter]}
    begins = [_first(session, asset_id, code) for asset_id in asset_ids for code in codes]
    first = min((begin for begin in begins if begin is not None), default=None)
    if first is None:
        return {}
    days = meter_days(session, wanted=[(asset_id, meter) for asset_id in asset_ids], first=first, last=now.date())
    return {UUID(str(asset_id)): (float(own["shown"].iloc[0]), own) for asset_id, own in days.groupby("asset_id")}


def _first(session: Session, asset_id: UUID, code: str) -> date | None:
    found, _ = piece(session, Asked(asset_id, code, moment(0), _LAST), most=1)
    return None if found.empty else found["at"].iloc[0].to_pydatetime().date()


def _one(session: Session, asked: Asked, curve: UseCurve, step: float) -> AtEqualUse:
    """Place the metric's hours on the curve, each at its middle, some weeks at a time."""
    parts, unplaced = [], dict.fromkeys(Unplaced, 0)
    for window in windows(session, asked):
        found = hours(session, **window._asdict())
        at = found["at"].to_numpy("datetime64[us]").astype(np.int64) + HOUR // 2
        where = placed(curve, at)
        parts.append(steps(where.use, found, step=step))
        for why, marks in where.why.items():
            unplaced[why] += int(found["count"].to_numpy()[marks].sum())
    used = float(curve.use[-1]) if len(curve.use) else None
    return AtEqualUse(together(parts), {why: count for why, count in unplaced.items() if count}, used)
