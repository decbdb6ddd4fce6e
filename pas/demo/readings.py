"""The readings of the demo as gateways delivered them: with gaps, drift, other units, and dirt that must be caught."""

from typing import Any

import numpy as np
import pandas as pd

from pas.demo.dates import Calendar
from pas.demo.draws import stream
from pas.demo.signals import Measured, Signal, signals
from pas.demo.weather import weather_over

CONNECTED_TRADES = ("projection", "forklift", "laundry", "lighting", "wind")
OUTAGES_A_YEAR, OUTAGE_HOURS = 5.0, 14.0
DRIFT_A_DAY = 0.007
"""Degrees by which one temperature sensor wanders off every day."""
REDELIVERED, NOT_A_NUMBER, OUT_OF_RANGE, WRONG_UNIT, CONFLICTING = 0.003, 4e-5, 3e-5, 5e-5, 1e-5
STRANGERS, FUTURE, ANCIENT = 12, 3, 3
"""Rows a trade of things we do not know, of a clock set ahead, and of a clock that was reset."""
FOREIGN_UNITS = {"degC": ("degF", 1.8, 32, 1), "h": ("min", 60, 0, 0), "kWh": ("Wh", 1000, 0, 0)}
"""Our unit, theirs, factor, offset and decimals."""
IMPOSSIBLE = -4.0e9
COLUMNS = ["asset", "metric", "at", "value", "unit"]


def readings(trade: str, things: pd.DataFrame, calendar: Calendar, *, seed: int) -> pd.DataFrame:
    """Draw a trade's readings in the long form: asset, metric, at, value, unit."""
    draw = stream(seed, f"readings {trade}")
    connected = things[(things["trade"] == trade) & things["connected"].astype(bool)].reset_index(drop=True)
    connected.attrs["until"] = pd.Timestamp(calendar.today)
    measured = Measured(connected, calendar.hours, weather_over(calendar.hours, seed=seed), calendar)
    measured_signals = [_faulty(signal, measured) for signal in signals(trade, measured, draw)]
    return _dirty(_delivered(measured_signals, measured, draw), draw)


def _faulty(signal: Signal, measured: Measured) -> Signal:
    """Let one sensor drift, and one counter start again from zero when its controller is replaced mid-month."""
    values = signal.by_hour
    if signal.metric == "ambient_temperature":
        days = np.arange(len(measured.hours)) / 24
        values[-1] = np.round(values[-1] + DRIFT_A_DAY * days, 1)
    if signal.metric == "cycles":
        replaced = pd.Timestamp(measured.calendar.month, tz="UTC") + pd.Timedelta(days=14, hours=10)
        after = measured.hours >= replaced
        values[-1, after] -= values[-1, np.argmax(after)]
    return signal._replace(by_hour=values)


def _delivered(found: list[Signal], measured: Measured, draw: np.random.Generator) -> pd.DataFrame:
    """Put the signals one under another, without the hours in which a gateway was silent."""
    there = ~_silent(measured.shape, draw)
    thing, hour = np.nonzero(there)
    parts = [
        pd.DataFrame({"thing": thing, "metric": number, "hour": hour, "value": signal.by_hour[there]}).astype(
            {"thing": np.int32, "metric": np.int8, "hour": np.int32}
        )
        for number, signal in enumerate(found)
    ]
    rows = pd.concat(parts, ignore_index=True).sort_values(["thing", "metric", "hour"], ignore_index=True)
    table = pd.DataFrame(
        {
            "asset": _named(rows["thing"], measured.things["serial"].tolist()),
            "metric": _named(rows["metric"], [signal.metric for signal in found]),
            "at": measured.hours[rows["hour"]],
            "value": rows["value"],
        }
    )
    return _in_their_units(table, {signal.metric: signal.unit for signal in found})


def _named(number: "pd.Series[int]", names: list[str]) -> Any:
    """Give names instead of numbers, without a text for each of a million rows."""
    return pd.Categorical.from_codes(number.to_numpy(dtype=np.int32), categories=pd.Index(names))


def _silent(shape: tuple[int, int], draw: np.random.Generator) -> np.ndarray:
    """Draw when the gateway of each thing was silent."""
    silent = np.zeros(shape, dtype=bool)
    for thing, outages in enumerate(draw.poisson(OUTAGES_A_YEAR * shape[1] / 8766, shape[0])):
        for began in draw.integers(0, shape[1], outages):
            silent[thing, began : began + 1 + int(draw.exponential(OUTAGE_HOURS))] = True
    return silent


def _in_their_units(table: pd.DataFrame, units: dict[str, str]) -> pd.DataFrame:
    """Let the second gateway of a trade speak Fahrenheit, minutes and watt-hours: honest, but not our units."""
    unit = table["metric"].astype(str).map(units)
    odd = table["asset"] == table["asset"].cat.categories[min(1, len(table["asset"].cat.categories) - 1)]
    value = table["value"]
    for ours, (theirs, factor, offset, decimals) in FOREIGN_UNITS.items():
        spoken = odd & (unit == ours)
        value = value.where(~spoken, np.round(value * factor + offset, decimals))
        unit = unit.where(~spoken, theirs)
    return table.assign(value=value, unit=pd.Categorical(unit))


def _dirty(table: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Spoil a few rows in every way that gateways know, and append what came late, twice or from nowhere."""
    table = table.assign(
        asset=table["asset"].cat.add_categories(["NOBODY-77"]), unit=table["unit"].cat.add_categories(["kg"])
    )
    spoilt = table.copy()
    spoilt.loc[_some(table, NOT_A_NUMBER, draw), "value"] = np.nan
    spoilt.loc[_some(table, OUT_OF_RANGE, draw), "value"] = IMPOSSIBLE
    spoilt.loc[_some(table, WRONG_UNIT, draw), "unit"] = "kg"
    conflicting = table.loc[_some(table, CONFLICTING, draw)]
    conflicting = conflicting.assign(value=conflicting["value"] + 1)
    strangers = table.loc[_exactly(table, STRANGERS, draw)].assign(asset="NOBODY-77")
    future = table.loc[_exactly(table, FUTURE, draw)]
    future = future.assign(at=future["at"] + pd.Timedelta(days=365 * 30))
    ancient = table.loc[_exactly(table, ANCIENT, draw)].assign(at=pd.Timestamp(0, tz="UTC"))
    again = table.loc[_some(table, REDELIVERED, draw)]
    late = pd.concat([again, conflicting, strangers, future, ancient])
    whole = pd.concat([spoilt, late.sample(frac=1, random_state=draw)], ignore_index=True)
    whole["asset"] = pd.Categorical(whole["asset"], categories=table["asset"].cat.categories)
    return whole[COLUMNS]


def _some(table: pd.DataFrame, share: float, draw: np.random.Generator) -> np.ndarray:
    return _exactly(table, max(1, round(len(table) * share)), draw)


def _exactly(table: pd.DataFrame, rows: int, draw: np.random.Generator) -> np.ndarray:
    return np.sort(draw.choice(len(table), size=min(rows, len(table)), replace=False))
