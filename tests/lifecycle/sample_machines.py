"""Made-up machines: a sensor drifts for three days before a part fails, and the day before an error is logged."""

from pathlib import Path

import numpy as np
import pandas as pd

FIRST = pd.Timestamp("2025-01-01")


def write_machines(folder: Path, *, machines: int, days: int, seed: int, first: int = 1) -> None:
    """Write the five pdm_* files; failures fall at six in the morning, some 40 days apart."""
    chance = np.random.default_rng(seed)
    told, failures, errors, maintenance = [], [], [], []
    for machine in range(first, first + machines):
        drift = np.zeros(days)
        day = int(chance.integers(5, 40))
        while day < days:
            drift[max(day - 3, 0) : day] = 20.0
            failures.append((FIRST + pd.Timedelta(days=day, hours=6), machine, "comp1"))
            maintenance.append((FIRST + pd.Timedelta(days=day, hours=6), machine, "comp1"))
            errors.append((FIRST + pd.Timedelta(days=day - 1, hours=9), machine, "error1"))
            day += int(chance.integers(20, 60))
        told.append(
            pd.DataFrame(
                {
                    "machineID": machine,
                    "date": FIRST + pd.to_timedelta(np.arange(days), unit="D"),
                    "mean_daily_voltage": 170 + drift + chance.normal(0, 4, days),
                    "mean_daily_pressure": 100 + chance.normal(0, 4, days),
                    "comp1_failure": (drift > 0).astype(int),
                }
            )
        )
    pd.concat(told).to_csv(folder / "pdm_daily_telemetry.csv.gz", index=False)
    for name, rows, word in (
        ("failures", failures, "failure"),
        ("errors", errors, "errorID"),
        ("maint", maintenance, "comp"),
    ):
        pd.DataFrame(rows, columns=["datetime", "machineID", word]).to_csv(folder / f"pdm_{name}.csv.gz", index=False)
    names = np.arange(first, first + machines)
    pd.DataFrame({"machineID": names, "model": "m1", "age": 5}).to_csv(folder / "pdm_machines.csv.gz", index=False)
