"""A unit is looked up, never parsed; a level is not a difference; wrong dimensions are told with both units."""

import numpy as np
import pytest

from telemetry.metric import CATALOGUE
from telemetry.unit import UnknownUnit, WrongDimension, conversion, known_unit, names, registry


@pytest.mark.parametrize(
    ("value", "unit", "canonical", "expected"),
    [
        (77.0, "°F", "degC", 25.0),
        (-40.0, "degF", "degC", -40.0),
        (300.0, "K", "degC", 26.85),
        (9.0, "delta_degF", "delta_degC", 5.0),
        (90.0, "min", "hour", 1.5),
        (3.6, "MJ", "kWh", 1.0),
        (36.0, "km/h", "m/s", 10.0),
        (0.04, "%", "ppm", 400.0),
        (1013.25, "mbar", "hPa", 1013.25),
    ],
)
def test_a_column_is_converted(value: float, unit: str, canonical: str, expected: float) -> None:
    assert conversion(unit, canonical)(np.array([value]))[0] == pytest.approx(expected, abs=1e-9)


def test_the_own_unit_leaves_every_number_as_it_is() -> None:
    numbers = np.array([0.1, 1e15, -3.3])

    assert conversion("kWh", "KWH")(numbers).tolist() == numbers.tolist()


@pytest.mark.parametrize("hostile", ["10**10**10", "kWh**2", "", "F", "meter; import os", "\x00", "°" * 500])
def test_a_unit_from_outside_is_never_parsed(hostile: str) -> None:
    with pytest.raises(UnknownUnit):
        conversion(hostile, "kWh")


@pytest.mark.parametrize(
    ("unit", "canonical"),
    [("kWh", "degC"), ("%", "count"), ("delta_degC", "degC"), ("degF", "delta_degC"), ("kW", "kWh"), ("h", "m")],
)
def test_a_wrong_dimension_names_both_units(unit: str, canonical: str) -> None:
    with pytest.raises(WrongDimension) as refused:
        conversion(unit, canonical)

    assert unit in refused.value.sentence
    assert canonical in refused.value.sentence


def test_every_unit_we_name_is_one_that_pint_knows_and_converts_to_itself() -> None:
    for name in names():
        assert registry().Quantity(1.0, known_unit(name)).magnitude == 1.0
        assert conversion(name, name)(np.array([5.0]))[0] == 5.0


def test_conversions_agree_with_pint() -> None:
    for unit in names():
        for metric in CATALOGUE:
            try:
                found = conversion(unit, metric.unit)
            except WrongDimension:
                continue
            for number in (-12.5, 0.0, 1234.5):
                exact = registry().Quantity(number, known_unit(unit)).to(known_unit(metric.unit)).magnitude
                assert found(np.array([number]))[0] == pytest.approx(exact, rel=1e-9, abs=1e-9)
