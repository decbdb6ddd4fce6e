"""The readings a leased fleet would send: five metrics of each thing, a minute apart with jitter, some sent twice."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt

from telemetry.moment import Moments
from telemetry.track import Numbers

METRICS = ("ambient_temperature", "energy", "relative_humidity", "vibration", "power")
UNITS = ("degC", "kWh", "%", "mm/s", "kW")
RESOLUTION = (0.1, 0.001, 0.5, 0.01, 0.001)
"""The last digit that sensors of such metrics give."""
MINUTE = 60_000_000
START = 1_790_812_800_000_000
"""2026-10-01T00:00:00Z in microseconds."""
AGAIN = 10
"""Of so many batches one is delivered a second time, as a sender does that waited for an answer in vain."""
_JITTER = 250.0
"""Standard deviation of a sensor's clock, in milliseconds."""


class Reported(NamedTuple):
    """What things measured: moments by thing and minute, values by metric, thing and minute."""

    assets: Sequence[UUID]
    at: Moments
    value: Numbers


class Batch(NamedTuple):
    """What one sender delivers at once: all five metrics of some things over some minutes."""

    sender: int
    reported: Reported
    repeated: bool = False

    def __len__(self) -> int:
        """Count the readings."""
        return self.reported.value.size


def fleet(first: int, count: int) -> list[UUID]:
    """Give the ids of some things; those of other numbers are other things."""
    return [UUID(int=(0x0190B0B0_0000_7000_8000 << 48) + number) for number in range(first, first + count)]


def report(assets: Sequence[UUID], *, minutes: int, first_minute: int = 0, start: int = START) -> Reported:
    """Draw what things measure: a walk of temperature, humidity, vibration, power, and the energy it adds up to.

    `start` is the first moment in microseconds; the same things and minutes always give the same readings.

    >>> seen = report(fleet(0, 2), minutes=3)
    >>> seen.at.shape, seen.value.shape
    ((2, 3), (5, 2, 3))
    """
    draw = np.random.default_rng([assets[0].int & 0xFFFF_FFFF, first_minute])
    shape = (len(assets), minutes)
    minute = first_minute + np.arange(minutes)
    jitter = np.clip(draw.normal(0.0, _JITTER, shape), -4 * _JITTER, 4 * _JITTER).astype(np.int64)
    phase = draw.integers(5_000, 55_000, (len(assets), 1))
    at = start + MINUTE * minute + 1000 * (phase + jitter)
    daily = np.sin(minute / 1440 * 2 * np.pi)
    temperature = 20 + 2 * daily + np.clip(np.cumsum(draw.normal(0, 0.03, shape), axis=1), -30, 30)
    humidity = np.clip(50 - 8 * daily + np.cumsum(draw.normal(0, 0.1, shape), axis=1), 5, 95)
    runs = (minute // 20 + draw.integers(0, 3, (len(assets), 1))) % 3 > 0
    power = np.where(runs, 1.5 + draw.normal(0, 0.02, shape), 0.012)
    vibration = np.where(runs, np.abs(draw.normal(2.8, 0.35, shape)), 0.05)
    energy = 2.0 * first_minute / 60 + np.cumsum(power, axis=1) / 60
    value = np.stack([temperature, energy, humidity, vibration, power])
    step = np.array(RESOLUTION).reshape(-1, 1, 1)
    return Reported(assets, at, np.round(np.round(value / step) * step, 6))


def batches(reported: Reported, *, senders: int, size: int) -> Iterator[Batch]:
    """Cut what was measured into deliveries of `size` readings: each sender has things of its own and sends in order.

    One of `AGAIN` comes a second time, a little later.
    """
    shares = np.array_split(np.arange(len(reported.assets)), senders)
    waiting = [list(_of_sender(reported, number, share, size)) for number, share in enumerate(shares)]
    for turn in range(max(map(len, waiting))):
        for sender, own in enumerate(waiting):
            if turn < len(own):
                yield own[turn]
            late = turn - 1
            if 0 <= late < len(own) and (late + sender) % (AGAIN - 1) == 0:
                yield Batch(sender, own[late].reported, repeated=True)


def _of_sender(reported: Reported, sender: int, share: npt.NDArray[np.int64], size: int) -> Iterator[Batch]:
    things = slice(share[0], share[-1] + 1)
    each = max(1, size // (len(share) * len(METRICS)))
    for first in range(0, reported.at.shape[1], each):
        minutes = slice(first, first + each)
        yield Batch(
            sender,
            Reported(reported.assets[things], reported.at[things, minutes], reported.value[:, things, minutes]),
        )
