"""A unit is the name beside a number; whole columns are converted to the one unit their metric is kept in."""

import csv
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from telemetry.refusal import Refusal

if TYPE_CHECKING:
    from pint import Unit, UnitRegistry

_PROBES = (0.0, 1.0, 1000.0)
_OFFSET = ("degree_Celsius", "degree_Fahrenheit")


class UnknownUnit(Refusal):
    """The unit is none that we know by that name."""


class WrongDimension(Refusal):
    """The unit measures something else than the metric does."""


class NotAffine(ValueError):
    """A programming error: a unit in our list needs more than a factor and an offset."""


class Conversion(NamedTuple):
    """Turns numbers of one unit into another: `number * factor + offset`."""

    factor: float
    offset: float

    def __call__(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Convert a whole column."""
        return numbers if self == SAME else numbers * self.factor + self.offset


SAME = Conversion(1.0, 0.0)


@cache
def names() -> dict[str, str]:
    """Give every unit name that may be sent, and the name under which pint knows it.

    A unit from outside is only ever looked up here and never parsed: pint would calculate `10**10**10`.
    """
    with files("telemetry").joinpath("units.csv").open(encoding="utf-8") as rows:
        return {row["name"]: row["pint"] for row in csv.DictReader(rows)}


@cache
def registry() -> "UnitRegistry[Any]":
    """Give the one unit registry; a counted piece is a thing of its own and no percentage."""
    from pint import UnitRegistry  # noqa: PLC0415 - slow to load, and most commands never convert

    units: UnitRegistry[Any] = UnitRegistry()
    units.define("piece = [piece]")
    return units


def known_unit(name: str) -> "Unit":
    """Find the unit of that name.

    Raises UnknownUnit.
    """
    if name not in names():
        sentence = f"the unit '{name[:40]}' is none we know; use one of {', '.join(names())}"
        raise UnknownUnit(sentence, field="unit")
    return registry().Unit(names()[name])


@lru_cache(maxsize=4096)
def conversion(unit: str, canonical: str) -> Conversion:
    """Ask pint once how a unit turns into the canonical one.

    >>> conversion("min", "hour").factor
    0.016666666666666666
    >>> conversion("°F", "degC")(np.array([77.0])).round(9)
    array([25.])

    Raises UnknownUnit and WrongDimension.
    """
    source, target = known_unit(unit), known_unit(canonical)
    if source == target:
        return SAME
    if source.dimensionality != target.dimensionality or _mixes_level_and_difference(source, target):
        sentence = (
            f"'{unit}' measures {_what(source)}, but this metric is kept in '{canonical}', which measures "
            f"{_what(target)}"
        )
        raise WrongDimension(sentence, field="unit")
    return _affine(source, target)


def _affine(source: "Unit", target: "Unit") -> Conversion:
    """Find factor and offset, and make sure at a third point that there is no more to it."""
    zero, one, far = (float(registry().Quantity(probe, source).to(target).magnitude) for probe in _PROBES)
    found = Conversion((far - zero) / _PROBES[2], zero)
    if not np.isclose(one, found.factor + found.offset, rtol=1e-9):
        msg = f"{source} to {target} needs more than a factor and an offset"
        raise NotAffine(msg)
    return found


def _mixes_level_and_difference(source: "Unit", target: "Unit") -> bool:
    """Tell a temperature from a difference of temperatures: 5 degrees warmer is not 5 degrees."""
    kinds = [
        ("delta" if str(unit).startswith("delta_") else "level" if str(unit) in _OFFSET else "")
        for unit in (source, target)
    ]
    return set(kinds) == {"delta", "level"}


def _what(unit: "Unit") -> str:
    if str(unit).startswith("delta_"):
        return "a difference of temperatures"
    return str(unit.dimensionality).replace(" ** ", "^") if unit.dimensionality else "a bare number"
