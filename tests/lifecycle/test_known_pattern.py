"""What a fleet never showed is found out, what it shows is not, and too little to know a pattern makes none."""

import numpy as np

from lifecycle.alert_episode import DayLine
from lifecycle.condition.known_pattern import KnownPattern, known_pattern

LOADS = {"vibration": 0.5, "power": 20.0, "oil_temperature": 4.0}
OTHER = {"vibration": 0.5, "power": -20.0, "oil_temperature": 4.0}
USUAL = {"vibration": 3.0, "power": 400.0, "oil_temperature": 60.0}
DAYS = list(range(738_000, 738_084))


def thing(chance: np.random.Generator, wears: dict[str, float], worn: float) -> dict[str, DayLine]:
    """Draw what a thing shows over twelve weeks of growing wear, on one loading of its levels."""
    wear = np.linspace(0, worn, len(DAYS))
    return {
        name: DayLine(DAYS, (USUAL[name] + load * wear + chance.normal(0, abs(load) / 4, len(DAYS))).tolist())
        for name, load in wears.items()
    }


def fleet(count: int, seed: int = 1) -> list[dict[str, DayLine]]:
    chance = np.random.default_rng(seed)
    return [thing(chance, LOADS, chance.uniform(0, 4)) for _ in range(count)]


def recent(lines: dict[str, DayLine]) -> dict[str, float]:
    return {name: float(np.mean(line.values[-7:])) for name, line in lines.items()}


def learned(count: int) -> KnownPattern:
    found = known_pattern(fleet(count))
    assert found is not None
    return found


def test_no_thing_of_a_like_fleet_is_flagged() -> None:
    known = learned(60)

    assert not any(known.is_unlike(recent(lines)) for lines in (*fleet(60), *fleet(200, seed=2)))


def test_a_fault_on_another_loading_is_found() -> None:
    known, chance = learned(60), np.random.default_rng(5)

    assert all(known.is_unlike(recent(thing(chance, OTHER, 4.0))) for _ in range(50))


def test_a_thing_without_one_of_the_levels_is_never_flagged() -> None:
    strange = recent(thing(np.random.default_rng(5), OTHER, 4.0))
    strange.pop("power")

    assert not learned(60).is_unlike(strange)


def test_few_things_or_one_level_make_no_pattern() -> None:
    assert known_pattern(fleet(29)) is None
    assert known_pattern([{"power": lines["power"]} for lines in fleet(60)]) is None
    assert known_pattern([]) is None


def test_a_pattern_is_stored_and_read_back_as_it_was() -> None:
    known = learned(40)

    assert KnownPattern.model_validate(known.model_dump(mode="json")) == known
