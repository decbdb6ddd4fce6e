"""Machine days are what is known of each machine at the end of each day: sensors, errors, and the age of its parts."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from lifecycle.prognosis.runs import Places
from telemetry.refusal import Refusal

SPANS = (1, 3, 7)
"""Days over which sensors are averaged and errors counted."""
USUAL = 30
"""Days that say what is usual for a machine itself."""
_EVENTS = ("error", "comp", "fail", "maint")
"""Columns beside the sensors that begin so hold events, some of them the very failures to be foretold."""
_MOST = 2_000_000
"""Machine days that are held in memory at once."""
_LONGEST = 400.0
_DAY = np.timedelta64(1, "D")


class UnusableMachines(Refusal):
    """The files of machines lack a column that is needed, or hold no day."""


class Machines(NamedTuple):
    """Plain tables: `telemetry` (machineID, a moment, sensors), `errors`, `maintenance`, `failures`, `machines`."""

    telemetry: pd.DataFrame
    errors: pd.DataFrame
    maintenance: pd.DataFrame
    failures: pd.DataFrame
    machines: pd.DataFrame


class MachineDays(NamedTuple):
    """Figures by machine, day and name; days from failure to failure; `failed` holds (machine, day, hour) of each."""

    machines: np.ndarray
    first: np.datetime64
    figures: Floats
    names: tuple[str, ...]
    seen: np.ndarray
    failures: tuple[Places, Floats]

    @property
    def days(self) -> int:
        """Give the number of days."""
        return int(self.figures.shape[1])

    def columns(self, prefixes: tuple[str, ...]) -> Places:
        """Give the places of figures whose names begin so."""
        return np.array([at for at, name in enumerate(self.names) if name.startswith(prefixes)], dtype=np.int64)

    def of(self, chosen: Places) -> "MachineDays":
        """Give some machines only."""
        place = np.full(len(self.machines), -1)
        place[chosen] = np.arange(len(chosen))
        machine, moment = self.failures
        mine = place[machine] >= 0
        return self._replace(
            machines=self.machines[chosen],
            figures=self.figures[chosen],
            seen=self.seen[chosen],
            failures=(place[machine[mine]], moment[mine]),
        )


class Kinds(NamedTuple):
    """The sensors, errors, parts and models of a fleet, in their order; a machine of another fleet is read by them."""

    sensors: tuple[str, ...]
    errors: tuple[str, ...]
    parts: tuple[str, ...]
    models: tuple[str, ...]


def kinds_of(some: Machines) -> Kinds:
    """Name what a fleet has; columns of the day's errors, parts and failures beside the sensors are not read."""
    events = (*_EVENTS, *_words(some.errors, "errorID"), *_words(some.maintenance, "comp"))
    sensors = [
        str(name)
        for name in some.telemetry.columns
        if name not in {"machineID", "date", "datetime"}
        and not str(name).startswith(events)
        and pd.api.types.is_numeric_dtype(some.telemetry[name])
    ]
    return Kinds(
        tuple(sensors),
        _words(some.errors, "errorID"),
        tuple(sorted({*_words(some.maintenance, "comp"), *_words(some.failures, "failure")})),
        _words(some.machines, "model"),
    )


def days_of(some: Machines, kinds: Kinds) -> MachineDays:
    """Put the day's end of every machine together, from what was known by then alone."""
    some = Machines(*(_named(table) for table in some))
    told = _told(some.telemetry)
    names, machine = np.unique(told["machineID"].to_numpy(), return_inverse=True)
    first = told["day"].min().to_datetime64().astype("datetime64[D]")
    day = ((told["day"].to_numpy().astype("datetime64[D]") - first) / _DAY).astype(np.int64)
    shape = (len(names), int(day.max()) + 1)
    if shape[0] * shape[1] > _MOST:
        raise UnusableMachines(f"{shape[0]} machines over {shape[1]} days are too many: {_MOST:,}", field="telemetry")
    seen = np.zeros(shape, dtype=bool)
    seen[machine, day] = True
    columns = _sensor_columns(told, kinds, machine, day, shape)
    columns |= _error_columns(_events(some.errors, "errorID", names, first), kinds, shape)
    failures = _events(some.failures, "failure", names, first)
    columns |= _age_columns(_events(some.maintenance, "comp", names, first), failures, kinds, shape)
    columns |= _machine_columns(some.machines, kinds, names, shape)
    figures = np.stack(list(columns.values()), axis=2)
    return MachineDays(names, first, figures, tuple(columns), seen, (failures[1], failures[2]))


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows without a machine; names that are not all numbers are texts."""
    if "machineID" not in table:
        return table
    known = table.dropna(subset=["machineID"])
    return known if known["machineID"].dtype.kind in "iuf" else known.assign(machineID=known["machineID"].astype(str))


def _told(telemetry: pd.DataFrame) -> pd.DataFrame:
    told = telemetry.assign(day=_moments(telemetry, "telemetry").dt.floor("D")).dropna(subset=["day"])
    if told.empty or "machineID" not in told:
        raise UnusableMachines("the telemetry file holds no day of a machine", field="telemetry")
    return told


Events = tuple[np.ndarray, Places, Floats]
"""Word, place of the machine and moment in days since the first, of each event."""


def _words(frame: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(sorted(frame[column].dropna().astype(str).unique())) if column in frame else ()


def _moments(frame: pd.DataFrame, name: str) -> "pd.Series[pd.Timestamp]":
    for column in ("datetime", "date"):
        if column in frame:
            return pd.to_datetime(frame[column], errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
    raise UnusableMachines(f"the {name} file has no column datetime or date", field=name)


def _events(frame: pd.DataFrame, column: str, names: np.ndarray, first: np.datetime64) -> Events:
    if frame.empty or column not in frame or "machineID" not in frame:
        return np.array([], dtype=object), np.array([], dtype=np.int64), np.array([])
    moment = _moments(frame, column)
    sound = moment.notna().to_numpy() & frame["machineID"].isin(names).to_numpy() & frame[column].notna().to_numpy()
    when = (moment[sound].to_numpy().astype("datetime64[s]") - first.astype("datetime64[s]")) / _DAY
    place = np.searchsorted(names, frame["machineID"].to_numpy()[sound])
    return frame[column].astype(str).to_numpy()[sound], place.astype(np.int64), when.astype(np.float64)


def _sensor_columns(
    told: pd.DataFrame, kinds: Kinds, machine: Places, day: Places, shape: tuple[int, int]
) -> dict[str, Floats]:
    columns: dict[str, Floats] = {}
    count = np.zeros(shape)
    np.add.at(count, (machine, day), 1)
    for name in kinds.sensors:
        if name not in told:
            raise UnusableMachines(
                f"the telemetry file has no column {name}, which the train file has", field="telemetry"
            )
        total = np.zeros(shape)
        values = pd.to_numeric(told[name], errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
        np.add.at(total, (machine, day), values.fillna(values.median()).fillna(0.0).to_numpy())
        daily = _held(np.where(count > 0, total / np.maximum(count, 1), np.nan))
        usual = _before(_trailing(daily, USUAL))
        columns |= {f"sensor {name} {span}": _trailing(daily, span) for span in SPANS}
        columns[f"sensor {name} apart"] = daily - usual
        columns[f"sensor {name} step"] = daily - _before(daily)
    return columns


def _error_columns(errors: Events, kinds: Kinds, shape: tuple[int, int]) -> dict[str, Floats]:
    word, machine, moment = errors
    columns: dict[str, Floats] = {}
    for kind in kinds.errors:
        count = _counted(machine[word == kind], moment[word == kind], shape)
        columns |= {f"error {kind} {span}": _trailing(count, span) * span for span in SPANS}
    return columns


def _age_columns(maintenance: Events, failures: Events, kinds: Kinds, shape: tuple[int, int]) -> dict[str, Floats]:
    """Give the days since each part was replaced, planned or after it failed, and since the last failure."""
    word, machine, moment = (np.concatenate(pair) for pair in zip(maintenance, failures, strict=True))
    columns: dict[str, Floats] = {}
    for part in kinds.parts:
        mine = word == part
        columns[f"age {part}"] = _since(machine[mine], moment[mine], shape)
    columns["age failure"] = _since(failures[1], failures[2], shape)
    return columns


def _machine_columns(frame: pd.DataFrame, kinds: Kinds, names: np.ndarray, shape: tuple[int, int]) -> dict[str, Floats]:
    """Give age and model; 0 where they are not known, so that every fleet has the same columns."""
    known = frame.reindex(columns=["machineID", "age", "model"]).drop_duplicates("machineID")
    known = known.set_index("machineID").reindex(names)
    columns = {"machine age": pd.to_numeric(known["age"], errors="coerce").fillna(0).to_numpy(float)}
    columns |= {f"machine {model}": (known["model"].astype(str) == model).to_numpy(float) for model in kinds.models}
    return {name: np.broadcast_to(values[:, None], shape) for name, values in columns.items()}


def _held(values: Floats) -> Floats:
    """Carry the last known value forward, and the first known one back."""
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    return np.asarray(pd.DataFrame(values.T).ffill().bfill().fillna(middle).to_numpy().T)


def _trailing(values: Floats, span: int) -> Floats:
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(values.shape[1])
    low = np.maximum(at - span + 1, 0)
    return np.asarray((sums[:, at + 1] - sums[:, low]) / (at - low + 1))


def _before(values: Floats) -> Floats:
    return np.concatenate([values[:, :1], values[:, :-1]], axis=1)


def _counted(machine: Places, moment: Floats, shape: tuple[int, int]) -> Floats:
    count = np.zeros(shape)
    day = np.floor(moment).astype(np.int64)
    inside = (day >= 0) & (day < shape[1])
    np.add.at(count, (machine[inside], day[inside]), 1)
    return count


def _since(machine: Places, moment: Floats, shape: tuple[int, int]) -> Floats:
    """Give the days from the last event to the end of each day; 400 where there was none."""
    last = np.full(shape, -np.inf)
    early = np.full(shape[0], -np.inf)
    day = np.floor(moment).astype(np.int64)
    np.maximum.at(early, machine[day < 0], moment[day < 0])
    inside = (day >= 0) & (day < shape[1])
    np.maximum.at(last, (machine[inside], day[inside]), moment[inside])
    last[:, 0] = np.maximum(last[:, 0], early)
    last = np.maximum.accumulate(last, axis=1)
    return np.asarray(np.minimum(np.arange(1, shape[1] + 1)[None, :] - last, _LONGEST))


def ahead(days: MachineDays, lead: float) -> np.ndarray:
    """Tell at the end of which days a failure follows within the lead; the answers that learners learn from."""
    machine, moment = days.failures
    told = np.zeros(days.seen.shape, dtype=bool)
    for end in range(1, days.days + 1):
        follows = (moment > end) & (moment <= end + lead)
        told[machine[follows], end - 1] = True
    return told


def counts(days: MachineDays) -> Mapping[str, int]:
    """Give how many machines, machine days and failures there are."""
    return {"machines": len(days.machines), "days": int(days.seen.sum()), "failures": len(days.failures[0])}
