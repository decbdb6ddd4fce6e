"""What the sensors of the demo fleet measure, hour by hour: counters that rise with use, gauges that follow weather."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pas.demo.dates import Calendar, years_between
from pas.demo.wear import MISUSE_DAYS, true_index
from pas.demo.weather import Weather

HOURS_A_YEAR = 8766.0
SHOCKS_AN_HOUR, MISUSED_SHOCKS_AN_HOUR = 0.002, 0.095
KWH_A_CYCLE = 0.95
RATED_POWER, CUT_IN, RATED_WIND, CUT_OUT = 2300.0, 3.0, 12.0, 25.0


class Signal(NamedTuple):
    """One metric of many things: a row a thing, a column an hour."""

    metric: str
    unit: str
    by_hour: np.ndarray


class Measured(NamedTuple):
    """The things of a trade that send readings, and the hours and the weather in which they do."""

    things: pd.DataFrame
    hours: pd.DatetimeIndex
    weather: Weather
    calendar: Calendar

    @property
    def shape(self) -> tuple[int, int]:
        """Give how many things and hours."""
        return len(self.things), len(self.hours)


def signals(trade: str, measured: Measured, draw: np.random.Generator) -> list[Signal]:
    """Draw all signals of a trade's connected things."""
    return {
        "projection": _projectors,
        "forklift": _forklifts,
        "laundry": _washers,
        "lighting": _gateways,
        "wind": _turbines,
    }[trade](measured, draw)


def _projectors(measured: Measured, draw: np.random.Generator) -> list[Signal]:
    hour = _local(measured).hour.to_numpy()
    on = (draw.random(measured.shape) < _shares(measured, ((hour >= 11) & (hour < 24)) * 1.0)) * 1.0  # noqa: PLR2004
    outdoors = 0.12 * (measured.weather.outdoors - measured.weather.outdoors.mean())
    room = measured.things["room"].to_numpy()[:, None] + outdoors + 1.2 * (on - on.mean())
    return [
        Signal("lamp_hours", "h", _counter(measured, on)),
        Signal("ambient_temperature", "degC", np.round(room + draw.normal(0, 0.25, measured.shape), 1)),
    ]


def _forklifts(measured: Measured, draw: np.random.Generator) -> list[Signal]:
    local = _local(measured)
    shift = ((local.hour >= 6) & (local.hour < 22) & (local.day_of_week < 5)) * 1.0  # noqa: PLR2004
    hours = np.clip(_shares(measured, shift) * draw.uniform(0.2, 1.8, measured.shape), 0, 1)
    rate = np.full(measured.shape, SHOCKS_AN_HOUR)
    misused = (measured.things["story"] == "misuse").to_numpy()[:, None]
    lately = measured.hours >= measured.hours[-1] - pd.Timedelta(days=MISUSE_DAYS)
    rate[misused & lately] = MISUSED_SHOCKS_AN_HOUR
    shocks = np.cumsum(draw.poisson(rate * hours), axis=1)
    return [Signal("operating_hours", "h", _counter(measured, hours)), Signal("shocks", "count", shocks)]


def _washers(measured: Measured, draw: np.random.Generator) -> list[Signal]:
    hour = _local(measured).hour.to_numpy()
    cycles = draw.poisson(_shares(measured, np.where((hour >= 7) & (hour < 22), 1.0, 0.05)))  # noqa: PLR2004
    energy = cycles * KWH_A_CYCLE * draw.uniform(0.85, 1.15, measured.shape)
    opening = _opening(measured) * KWH_A_CYCLE
    return [
        Signal("cycles", "count", np.rint(_counter(measured, cycles))),
        Signal("energy", "kWh", np.round(opening[:, None] + np.cumsum(energy, axis=1), 2)),
    ]


def _gateways(measured: Measured, draw: np.random.Generator) -> list[Signal]:
    burning = np.tile(measured.weather.dark * 1.0, (len(measured.things), 1))
    burning *= draw.uniform(0.9, 1.0, measured.shape)
    load = draw.uniform(1.5, 4.5, len(measured.things))[:, None]
    opening = (_opening(measured)[:, None] * load).round()
    return [
        Signal("lamp_hours", "h", _counter(measured, burning)),
        Signal("energy", "kWh", np.round(opening + np.cumsum(burning * load, axis=1), 2)),
    ]


def _turbines(measured: Measured, draw: np.random.Generator) -> list[Signal]:
    edge = (measured.things["story"] == "edge of the wind farm").to_numpy()[:, None]
    shadow = np.where(edge, 1.04, 0.96)
    wind = np.clip(measured.weather.wind * shadow + draw.normal(0, 0.7, measured.shape), 0, None)
    turning = (wind > CUT_IN) & (wind < CUT_OUT)
    power = RATED_POWER * np.clip((wind**3 - CUT_IN**3) / (RATED_WIND**3 - CUT_IN**3), 0, 1) * turning
    worn = 100 - true_index(measured.things, pd.Timestamp(measured.calendar.today))
    vibration = 1.2 + 0.11 * wind + 0.035 * worn[:, None] + draw.normal(0, 0.2, measured.shape)
    opening = _opening(measured)[:, None] * RATED_POWER * 0.3
    return [
        Signal("operating_hours", "h", _counter(measured, turning * 1.0)),
        Signal("energy_produced", "kWh", np.round(opening + np.cumsum(power, axis=1), 0)),
        Signal("wind_speed", "m/s", np.round(wind, 1)),
        Signal("vibration", "mm/s", np.round(np.clip(vibration, 0.1, None), 2)),
    ]


def _local(measured: Measured) -> pd.DatetimeIndex:
    return measured.hours.tz_convert("Europe/Brussels")


def _shares(measured: Measured, pattern: np.ndarray) -> np.ndarray:
    """Spread each thing's yearly use over the hours in which its trade works, as a share of each hour."""
    per_hour = measured.things["use_per_year"].to_numpy(dtype=float) / HOURS_A_YEAR
    weight = pattern / max(float(np.mean(pattern)), 1e-9)
    return np.asarray(per_hour[:, None] * weight)


def _opening(measured: Measured) -> np.ndarray:
    """Give what each counter stood at when measuring began: the use of the years before."""
    began = measured.hours[0].tz_localize(None)
    years = years_between(measured.things["in_service_on"], began)
    return np.asarray(np.rint(years * measured.things["use_per_year"].to_numpy(dtype=float)))


def _counter(measured: Measured, use: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(_opening(measured)[:, None] + np.cumsum(use, axis=1), 2))
