"""How well failures are foretold by alerts, on machines and days that were kept back."""

from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

from lifecycle.condition.backtest_report import Measures, Report
from lifecycle.prognosis.episodes import Judged
from lifecycle.prognosis.failure_chance import ENGINES, Spell, choose_level, evaluate, rank
from lifecycle.prognosis.machine_days import Machines, UnusableMachines, days_of, kinds_of

LEARN = 0.6
"""Share of the days from which engines learn before their level is chosen on the days after."""
_WARM = 2
"""No alert is judged before so many days were seen."""
_PARTS = 3
_FILES = {
    "telemetry": ("telemetry", True),
    "errors": ("error", False),
    "maintenance": ("maint", False),
    "failures": ("failure", True),
    "machines": ("machine", False),
}


class Sides(NamedTuple):
    """What is learned from, what the level is chosen on, and what is judged."""

    learn: Spell
    choose: Spell
    whole: Spell
    test: Spell


def backtest_alerts(train_dir: Path, test_dir: Path, lead_days: int) -> Report:
    """Fit on one folder of pdm_* files, choose levels on its later days, and judge on the other folder.

    An alert is true when a failure of its machine follows within the lead days; recall counts over failures; one
    alert a machine and spell, raised at the end of a day. With the same folder twice, a third of the machines is
    kept back, and only days after those learned from are judged.
    """
    sides = _sides(train_dir, test_dir, lead_days)
    engines: dict[str, Measures] = {}
    ranks: dict[str, tuple[bool, bool, float, float]] = {}
    for name, engine in ENGINES.items():
        learned = choose_level(name, sides.learn, sides.choose, lead_days)
        ranks[name] = rank(learned.judged)
        chance = engine(sides.whole, learned.horizon)(sides.test.days)
        engines[name] = _measures(evaluate(chance, sides.test, learned.level, lead_days))
    chosen = max(ranks, key=lambda name: ranks[name])
    return Report("alerts", engines, chosen, int(sides.test.days.seen.sum()), _notes(sides, lead_days))


def _sides(train_dir: Path, test_dir: Path, lead_days: int) -> Sides:
    train = _read(train_dir, "train")
    kinds = kinds_of(train)
    fleet = days_of(train, kinds)
    same = train_dir.resolve() == test_dir.resolve()
    tested = fleet if same else days_of(_read(test_dir, "test"), kinds)
    last, begin = fleet.days - lead_days, _WARM
    if same:
        drawn = sorted(range(len(fleet.machines)), key=lambda at: crc32(str(fleet.machines[at]).encode()))
        tested, fleet = (fleet.of(np.sort(some)) for some in np.split(np.array(drawn), [len(drawn) // _PARTS]))
        begin = last = round(LEARN * last)
    middle = round(LEARN * last)
    if (
        min(len(fleet.machines), len(tested.machines)) < 1
        or middle - lead_days <= _WARM
        or tested.days - lead_days <= begin
    ):
        raise UnusableMachines(
            "there are too few machines or days to learn from and to keep back; a quarter of a year is a beginning",
            field="train",
        )
    return Sides(
        learn=Spell(fleet, _WARM, middle - lead_days),
        choose=Spell(fleet, middle, last),
        whole=Spell(fleet, _WARM, last - lead_days if same else last),
        test=Spell(tested, begin, tested.days - lead_days),
    )


def _read(folder: Path, name: str) -> Machines:
    return Machines(
        **{kind: _table(folder, word, kind if needed else None, name) for kind, (word, needed) in _FILES.items()}
    )


def _table(folder: Path, word: str, needed: str | None, name: str) -> pd.DataFrame:
    """Read the pdm_* file whose name holds a word; nothing where none does and none is needed."""
    found = sorted(file for file in folder.glob(f"pdm_*{word}*") if file.name.endswith((".csv", ".csv.gz")))
    if not found:
        if needed is None:
            return pd.DataFrame()
        raise UnusableMachines(f"the {name} folder holds no pdm_*{word}*.csv or .csv.gz", field=name)
    try:
        with found[0].open("rb") as file:
            return pd.read_csv(file, compression="gzip" if found[0].suffix == ".gz" else None)
    except (OSError, EOFError, UnicodeDecodeError, ValueError) as error:
        raise UnusableMachines(f"{found[0].name} in the {name} folder cannot be read as csv", field=name) from error


def _measures(judged: Judged) -> Measures:
    return {
        "precision": judged.precision,
        "recall": judged.recall,
        "false_per_asset_month": judged.false_per_asset_month,
        "median_lead_days": judged.median_lead_days,
    }


def _notes(sides: Sides, lead_days: int) -> list[str]:
    test, learned = sides.test, len(sides.whole.days.machines)
    judged = f"Judged on {len(test.days.machines)} machines over {test.end - test.begin} days; learned from {learned}."
    meaning = f"An alert is true when a failure follows within {lead_days} days; recall counts failures."
    return [judged, meaning, "An alert is raised at the end of a day: a lead of 0.25 days is six hours."]
