"""A delivery is one batch of readings from one sender; several are looked at together, because that is quicker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt

from telemetry.moment import Moments
from telemetry.reading import Arrived
from telemetry.track import Marks, Numbers, Places

T = TypeVar("T")


class Delivery(NamedTuple):
    """A batch and its sender's name for it; without a `key` its content is its name.

    `assets` says which asset each word means, for which this sender may speak; without it the words are ids.
    """

    arrived: Arrived
    key: str | None
    source: str
    assets: Mapping[str, UUID] | None = None


@dataclass(frozen=True)
class Gathered:
    """The readings of several deliveries in columns, one delivery behind the other."""

    asset: Places
    """For each reading the place of its asset in `assets`."""
    assets: list[UUID | None]
    """Each different asset once; None where there is none of that name."""
    metric: Places
    metrics: list[str]
    unit: Places
    units: list[str]
    micros: Moments
    unreadable: Marks
    zoneless: Marks
    value: Numbers
    begin: list[int]
    """Where each delivery begins, and the end."""

    def __len__(self) -> int:
        """Count the readings."""
        return len(self.value)


def gather(deliveries: Sequence[Delivery]) -> Gathered:
    """Put deliveries behind one another, each different word once."""
    arrived = [one.arrived for one in deliveries]
    assets = _Index[UUID | None]()
    asset = [assets.codes(one.arrived.asset.row, _ids(one)) for one in deliveries]
    metrics, units = _Index[str](), _Index[str]()
    return Gathered(
        asset=_joined(asset, np.int64),
        assets=assets.items,
        metric=_joined([metrics.codes(*one.metric) for one in arrived], np.int64),
        metrics=metrics.items,
        unit=_joined([units.codes(*one.unit) for one in arrived], np.int64),
        units=units.items,
        micros=_joined([one.stamp.micros for one in arrived], np.int64),
        unreadable=_joined([one.stamp.unreadable for one in arrived], np.bool_),
        zoneless=_joined([one.stamp.zoneless for one in arrived], np.bool_),
        value=_joined([one.value for one in arrived], np.float64),
        begin=np.cumsum([0, *map(len, arrived)]).tolist(),
    )


class _Index(Generic[T]):
    """Numbers different things in the order in which they come."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._place: dict[T, int] = {}

    def codes(self, row: Places, things: Sequence[T]) -> Places:
        places = [self._place.setdefault(thing, len(self._place)) for thing in things]
        self.items += list(self._place)[len(self.items) :]
        return np.array(places, dtype=np.int64)[row]


def _ids(delivery: Delivery) -> list[UUID | None]:
    word = delivery.arrived.asset.word
    return [_as_id(one) for one in word] if delivery.assets is None else [delivery.assets.get(one) for one in word]


def _as_id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


def _joined(columns: Sequence[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *columns])
