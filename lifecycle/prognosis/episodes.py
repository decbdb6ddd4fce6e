"""Episodes turn a daily chance of failure into alerts that people can bear: one for each machine and spell."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places

CLEAR = 0.5
"""An alert clears below this share of the level at which it is raised (deadband) ..."""
QUIET_DAYS = 2
"""... held for so many days in a row (off-delay)."""
MONTH = 365.25 / 12


class Alerts(NamedTuple):
    """Raised alerts: the place of the machine, and the day at whose end it was raised."""

    machine: Places
    day: Places


class Judged(NamedTuple):
    """How alerts fared.

    An alert is true when a failure of its machine follows within the lead days after it was raised; recall is the
    share of failures that had an alert raised within the lead days before them; false alerts are counted by machine
    and month; the lead is that of the earliest alert of a failure that was caught.
    """

    precision: float
    recall: float
    false_per_asset_month: float
    median_lead_days: float
    alerts: int
    failures: int


def raised(chance: Floats, level: float, failed: np.ndarray) -> Alerts:
    """Raise where the chance reaches the level; a failure ends the spell, else two quiet days do."""
    active = np.zeros(len(chance), dtype=bool)
    quiet = np.zeros(len(chance), dtype=np.int64)
    rises = np.zeros(chance.shape, dtype=bool)
    for day in range(chance.shape[1]):
        active &= ~failed[:, day]
        quiet = np.where(chance[:, day] < CLEAR * level, quiet + 1, 0)
        active &= quiet < QUIET_DAYS
        rises[:, day] = ~active & (chance[:, day] >= level)
        active |= rises[:, day]
    return Alerts(*np.nonzero(rises))


def judge(alerts: Alerts, failures: tuple[Places, Floats], lead: float, period: tuple[int, int], days: int) -> Judged:
    """Hold alerts of a period of days against the failures; `days` is how many machine days the period holds.

    The period must end the lead before the data do, so that every alert can be judged.
    """
    inside = (alerts.day >= period[0]) & (alerts.day < period[1])
    machine, moment = alerts.machine[inside], alerts.day[inside] + 1.0
    at_risk = (failures[1] > period[0] + 1) & (failures[1] <= period[1])
    failed, when = failures[0][at_risk], failures[1][at_risk]
    gap = np.where(machine[:, None] == failures[0], failures[1] - moment[:, None], np.inf)
    true = np.asarray(((gap > 0) & (gap <= lead)).any(axis=1))
    back = np.where(machine == failed[:, None], when[:, None] - moment, -np.inf)
    leads = np.where((back > 0) & (back <= lead), back, -np.inf).max(axis=1, initial=-np.inf)
    caught = np.asarray(np.isfinite(leads))
    return Judged(
        precision=float(true.mean()) if len(true) else float("nan"),
        recall=float(caught.mean()) if len(caught) else float("nan"),
        false_per_asset_month=float((~true).sum() / max(days / MONTH, 1e-9)),
        median_lead_days=float(np.median(leads[caught])) if caught.any() else float("nan"),
        alerts=len(true),
        failures=len(caught),
    )


def failed_on(failures: tuple[Places, Floats], shape: tuple[int, int]) -> np.ndarray:
    """Tell on which days a machine failed."""
    told = np.zeros(shape, dtype=bool)
    day = np.floor(failures[1]).astype(np.int64)
    inside = (day >= 0) & (day < shape[1])
    told[failures[0][inside], day[inside]] = True
    return told
