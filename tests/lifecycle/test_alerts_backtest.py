"""The rules of judging alerts: one a spell, true only ahead of a failure, and nothing known before its day."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lifecycle.backtest.alerts import backtest_alerts
from lifecycle.prognosis.episodes import Alerts, failed_on, judge, raised
from lifecycle.prognosis.machine_days import Machines, UnusableMachines, ahead, days_of, kinds_of
from tests.lifecycle.sample_machines import write_machines

MEASURES = {"precision", "recall", "false_per_asset_month", "median_lead_days"}
NONE = np.zeros((1, 9), dtype=bool)


def read(folder: Path) -> Machines:
    names = {"telemetry": "daily_telemetry", "maintenance": "maint"}
    return Machines(**{kind: pd.read_csv(folder / f"pdm_{names.get(kind, kind)}.csv.gz") for kind in Machines._fields})


def test_a_chance_that_stays_high_raises_once() -> None:
    assert raised(np.array([[0.1, 0.9, 0.9, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9]]), 0.8, NONE).day.tolist() == [1]


def test_a_spell_ends_only_after_two_quiet_days() -> None:
    flutters = np.array([[0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1]])

    assert raised(flutters, 0.8, NONE).day.tolist() == [0, 5]


def test_a_failure_ends_the_spell() -> None:
    failed = failed_on((np.array([0]), np.array([3.25])), (1, 9))

    assert raised(np.full((1, 9), 0.9), 0.8, failed).day.tolist() == [0, 3]


def test_alerts_and_failures_are_judged_as_the_page_says() -> None:
    failures = (np.array([0, 0, 1]), np.array([10.25, 40.25, 30.25]))
    alerts = Alerts(np.array([0, 0, 1]), np.array([7, 20, 10]))

    told = judge(alerts, failures, 7, (2, 60), 2 * 58)

    assert told.precision == pytest.approx(1 / 3)
    assert told.recall == pytest.approx(1 / 3)
    assert told.median_lead_days == 2.25
    assert told.false_per_asset_month == pytest.approx(2 / (116 / (365.25 / 12)))


def test_an_alert_at_the_failure_is_none_before_it() -> None:
    told = judge(Alerts(np.array([0]), np.array([10])), (np.array([0]), np.array([10.25])), 7, (2, 60), 58)

    assert (told.precision, told.recall) == (0, 0)


def test_a_day_knows_nothing_of_later_days(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=3, days=90, seed=1)
    whole = read(tmp_path)
    until = pd.Timestamp("2025-02-20")
    early = Machines(
        *(
            table[pd.to_datetime(table.filter(regex="^date").iloc[:, 0]) < until] if "model" not in table else table
            for table in whole
        )
    )
    kinds = kinds_of(whole)

    all_days, first_days = days_of(whole, kinds), days_of(early, kinds)

    assert all_days.figures[:, : first_days.days] == pytest.approx(first_days.figures)


def test_columns_of_events_beside_the_sensors_are_not_read(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=3, days=90, seed=1)
    some = read(tmp_path)._replace(errors=pd.DataFrame(), maintenance=pd.DataFrame())

    assert kinds_of(some).sensors == ("mean_daily_voltage", "mean_daily_pressure")


def test_what_is_learned_is_a_failure_after_the_day_and_within_the_lead(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=1, days=60, seed=1)
    days = days_of(read(tmp_path), kinds_of(read(tmp_path)))
    day = int(days.failures[1][0])

    told = ahead(days, 2)[0]

    assert told[day - 2 : day + 1].tolist() == [True, True, False]


def test_other_machines_are_warned_of_in_time(tmp_path: Path) -> None:
    for name, first, seed in (("train", 1, 1), ("test", 101, 2)):
        (tmp_path / name).mkdir()
        write_machines(tmp_path / name, machines=12, days=300, seed=seed, first=first)

    report = backtest_alerts(tmp_path / "train", tmp_path / "test", 7)

    told = report.engines[report.chosen]
    assert set(report.engines) == {"static_limits", "hazard", "boosting"}
    assert all(set(engine) == MEASURES for engine in report.engines.values())
    assert (told["recall"] or 0) >= 0.85
    assert (told["false_per_asset_month"] or 0) <= 0.1


def test_the_same_folder_twice_keeps_machines_and_later_days_back(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=12, days=300, seed=3)

    report = backtest_alerts(tmp_path, tmp_path, 7)

    assert 0 < report.n < 12 * 300
    assert "learned from" in report.notes[0]


def test_a_fleet_that_never_failed_gets_no_figures_it_does_not_have(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=4, days=200, seed=3)
    pd.DataFrame(columns=["datetime", "machineID", "failure"]).to_csv(tmp_path / "pdm_failures.csv.gz", index=False)

    report = backtest_alerts(tmp_path, tmp_path, 7)

    assert report.document()["engines"]["boosting"]["recall"] is None


def test_a_fleet_with_other_models_and_dirty_cells_is_read_by_the_same_columns(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=3, days=60, seed=1)
    some = read(tmp_path)
    kinds = kinds_of(some)
    dirty = some.telemetry.astype({"mean_daily_voltage": object, "machineID": object})
    dirty.loc[3, "mean_daily_voltage"] = "?"
    dirty.loc[5, "machineID"] = "no number"
    dirty.loc[6, "machineID"] = None
    other = some._replace(telemetry=dirty, machines=pd.DataFrame(), errors=pd.DataFrame())

    assert days_of(other, kinds).names == days_of(some, kinds).names
    assert np.isfinite(days_of(other, kinds).figures).all()


def test_a_wrong_year_does_not_fill_the_memory(tmp_path: Path) -> None:
    write_machines(tmp_path, machines=300, days=9, seed=1)
    some = read(tmp_path)
    some.telemetry.loc[0, "date"] = "1901-01-01"

    with pytest.raises(UnusableMachines, match="too many"):
        days_of(some, kinds_of(some))


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x1f\x8b", b"machineID,date\n"])
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pdm_daily_telemetry.csv").write_bytes(content)
    (tmp_path / "pdm_failures.csv").write_bytes(b"datetime,machineID,failure\n")

    with pytest.raises(UnusableMachines):
        backtest_alerts(tmp_path, tmp_path, 7)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableMachines, match="telemetry"):
        backtest_alerts(tmp_path, tmp_path, 7)


@pytest.mark.shared
def test_a_real_fleet_is_warned_of_nearly_all_failures_and_seldom_in_vain(shared_data: Path) -> None:
    folder = shared_data / "condition"

    report = backtest_alerts(folder, folder, 7)

    told = report.engines[report.chosen]
    assert report.chosen == "boosting"
    assert (told["recall"] or 0) >= 0.85
    assert (told["precision"] or 0) >= 0.88
    assert (told["false_per_asset_month"] or 1) <= 0.1
    assert (told["median_lead_days"] or 0) >= 1
