"""The weather over the demo fleet: an outdoor temperature and a wind, hour by hour, the same for everybody."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pas.demo.draws import slow_noise, stream

YEAR_MEAN, SEASON, DAY = 10.5, 7.5, 3.0
"""Degrees Celsius in the Low Countries: mean of the year, swing of the season, swing of the day."""
MEAN_WIND, WINTER_WIND = 7.4, 0.22
"""Metres a second at hub height, and how much more of it in winter."""


class Weather(NamedTuple):
    """One value an hour."""

    outdoors: np.ndarray
    wind: np.ndarray
    dark: np.ndarray


def weather_over(hours: pd.DatetimeIndex, *, seed: int) -> Weather:
    """Draw the weather of these hours."""
    draw = stream(seed, "weather")
    season = np.cos(2 * np.pi * (hours.day_of_year.to_numpy() - 200) / 365.25)
    day = np.cos(2 * np.pi * (hours.hour.to_numpy() - 14) / 24)
    outdoors = YEAR_MEAN + SEASON * season + DAY * day + 3.5 * slow_noise(draw, len(hours), halflife=40)
    gusts = np.exp(0.45 * slow_noise(draw, len(hours), halflife=7) - 0.1)
    wind = MEAN_WIND * (1 - WINTER_WIND * season) * gusts
    daylight = 12 + 4.3 * season
    dark = np.abs((hours.hour.to_numpy() + 11.7) % 24 - 12) * 2 > daylight
    return Weather(outdoors, wind, dark)
