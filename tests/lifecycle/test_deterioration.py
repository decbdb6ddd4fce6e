"""Deterioration: what is foretold is a whole distribution, learned from others, and no asset stands on both sides."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.condition.backtest_inspections import LIMITS, apart, backtest_inspections
from lifecycle.condition.deterioration import Deterioration, fit
from lifecycle.condition.deterioration_engines import POOLED
from lifecycle.condition.deterioration_levels import chances, quantile, shifted
from lifecycle.condition.deterioration_pairs import FELL, LITTLE, REPEATED, ROSE, Origins, pairs_of
from lifecycle.condition.inspection_series import NoInspections, clean_series
from lifecycle.condition.scores import coverage, mae, mean_width, nasa_score, pinball, rmse, rps
from pas.exchange.read_frame import read_frame
from tests.conftest import Pas

FLEET = 120
ENGINES = ("persistence", "own_trend", "fleet_drift", "shrunk_trend", "outcome_table", "peers", "semi_markov", POOLED)


def a_fleet(things: int = FLEET, seed: int = 1) -> pd.DataFrame:
    """Wear of about a point a year, seen every two years, repaired to 90 where it fell below 60."""
    chance = np.random.default_rng(seed)
    rows = []
    for thing in range(things):
        points = chance.uniform(62, 95)
        for year in range(2000 + thing % 2, 2014, 2):
            rows.append((f"T-{thing}", year, round(points, 1)))
            points = 90.0 if points < 60 else points - chance.exponential(2.0)
    return pd.DataFrame(rows, columns=["asset_id", "year", "bci"])


@pytest.fixture(scope="module")
def model() -> Deterioration:
    return fit(a_fleet(), until=2009)


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=15, deadline=None)
@given(
    points=st.lists(st.floats(0, 100), min_size=1, max_size=8),
    move=st.sampled_from([LITTLE, REPEATED, ROSE, FELL]),
    slope=st.floats(-20, 20),
    horizon=st.integers(1, 9),
)
def test_chances_add_up_and_quantiles_are_ordered(
    model: Deterioration, name: str, points: list[float], move: int, slope: float, horizon: int
) -> None:
    count = len(points)
    origins = Origins(np.array(points), np.full(count, move), np.full(count, slope), np.full(count, 3))
    told = model.foretell(name, origins, horizon)
    assert np.allclose(told.chance.sum(axis=1), 1)
    assert (told.chance >= -1e-12).all()
    assert (np.diff([told.p10, told.p50, told.p90], axis=0) >= 0).all()
    assert told.p10.min() >= 0
    assert told.p90.max() <= 100


def test_the_fleet_is_foretold_better_than_by_staying_as_it_was(model: Deterioration) -> None:
    assert model.verdict.scores[model.verdict.chosen] < model.verdict.scores["persistence"]


def test_an_older_inspection_and_a_farther_year_tell_no_better_condition(model: Deterioration) -> None:
    index = np.full(4, 85.0)
    told = model.predict(index, np.array([0.0, 1.5, 0.0, 3.0]), np.array([0.0, 0.0, 4.0, 4.0]))
    assert told.p50[0] == 85.0
    assert told.chance[0].tolist() == [0.0, 0.0, 1.0]
    assert told.p50[0] >= told.p50[1] >= told.p50[2] >= told.p50[3] - 0.5
    assert told.p90[3] - told.p10[3] > told.p90[1] - told.p10[1]


def test_between_two_years_each_has_its_share(model: Deterioration) -> None:
    year = [model.predict(np.array([80.0]), np.zeros(1), np.array([ahead])).p50[0] for ahead in (2.0, 2.25, 3.0)]
    assert year[1] == pytest.approx(0.75 * year[0] + 0.25 * year[2])


def test_later_outcomes_than_allowed_are_not_looked_at() -> None:
    rows = a_fleet()
    later = rows.assign(bci=rows["bci"].where(rows["year"] <= 2009, 1.0))
    told = [fit(some, until=2009).predict(np.array([75.0]), np.zeros(1), np.array([4.0])) for some in (rows, later)]
    assert told[0].chance.tolist() == told[1].chance.tolist()


def test_with_too_few_years_nothing_is_calibrated_and_it_says_so() -> None:
    rows = a_fleet(things=6)
    report = backtest_inspections(rows, rows, split_year=2005, horizons=(2, 4))
    assert report.chosen in report.engines
    assert report.engines[report.chosen]["n_2y"] is not None
    few = fit(rows, until=2004, horizons=(2,))
    assert (few.verdict.cases, few.verdict.tail_of("peers", 2)) == (0, 0.1)


@pytest.mark.parametrize(
    ("split_year", "horizons", "said"),
    [(1990, (2, 4), "inspected twice by 1990"), (2009, (1, 3), "came 1, 3 years after")],
)
def test_where_nothing_can_be_learned_or_judged_it_says_so(
    split_year: int, horizons: tuple[int, ...], said: str
) -> None:
    rows = a_fleet(things=12)
    with pytest.raises(NoInspections, match=said):
        backtest_inspections(rows, rows, split_year=split_year, horizons=horizons)


def test_pairs_look_back_only() -> None:
    rows = pd.DataFrame(
        [("A", 2000, 80.0), ("A", 2002, 80.0), ("A", 2004, 90.0), ("A", 2006, 70.0), ("B", 2001, 50.0)],
        columns=["asset_id", "year", "bci"],
    )
    pairs = pairs_of(rows, 15)
    assert len(pairs.change) == 6
    step = pairs.at(pairs.horizon == 2)
    assert step.origins.move.tolist() == [LITTLE, REPEATED, ROSE]
    assert step.change.tolist() == [0.0, 10.0, -20.0]
    assert step.origins.slope.tolist() == [0.0, 0.0, 2.5]
    assert step.origins.intervals.tolist() == [0, 1, 2]
    assert len(pairs_of(rows.iloc[:1], 15).change) == 0


@given(split=st.integers(0, 6), seed=st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_an_asset_is_never_on_both_sides(split: int, seed: int) -> None:
    rows = a_fleet(things=30, seed=seed)
    names = sorted(rows["asset_id"].unique())
    first, second = rows[rows["asset_id"].isin(names[split:])], rows[rows["asset_id"].isin(names[: 5 + 4 * split])]
    splits, said = apart(first, second)
    assert all(set(side.train["asset_id"]).isdisjoint(side.test["asset_id"]) for side in splits)
    assert all(len(side.test) and len(side.train) for side in splits)
    assert bool(said) == bool(set(names[split:]) & set(names[: 5 + 4 * split]))


def test_with_the_same_file_twice_every_asset_is_judged_once() -> None:
    rows = a_fleet(things=30)
    splits, _ = apart(rows, rows)
    assert len(splits) == 3
    assert sorted(name for side in splits for name in side.test["asset_id"].unique()) == sorted(
        rows["asset_id"].unique()
    )
    with pytest.raises(NoInspections, match="one asset"):
        apart(rows[rows["asset_id"] == "T-1"], rows[rows["asset_id"] == "T-1"])


def test_other_peoples_rows_are_cleaned_and_counted() -> None:
    cells = [
        ("A\r\n", "2001", "80"),
        (" A", "2001.0", "80.0"),
        ("A", "2003", "0"),
        ("A", "2005", "n/a"),
        ("A", "2007", ""),
        ("A", "20x7", "70"),
        ("A", "2009", "130"),
        ("", "2009", "70"),
        (None, "2009", "70"),
        ("B", "2001", "70"),
        ("B", "2001", "71"),
        ("C", "2001", "inf"),
    ]
    series = clean_series(pd.DataFrame(cells, columns=["asset_id", "year", "bci"]))
    assert series.rows.to_dict("records") == [{"asset_id": "A", "year": 2001, "bci": 80.0}]
    assert {reason: count for reason, count in series.left_out.items() if count} == {
        "repeat another row": 1,
        "have the index 0, which means missing": 1,
        "have an index that is no number": 2,
        "have no index": 1,
        "have no year from 1800 to 2200": 1,
        "have an index outside 0 to 100": 1,
        "have no asset": 2,
        "differ for one asset and year": 2,
    }
    assert sum(series.left_out.values()) + len(series.rows) == series.read
    with pytest.raises(NoInspections, match="there is no inspection"):
        clean_series(pd.DataFrame([("A", "2001", "0")], columns=["asset_id", "year", "bci"]))


def test_certainty_that_was_right_costs_nothing() -> None:
    assert rps(np.eye(3), np.arange(3)).tolist() == [0, 0, 0]
    assert (rps(np.full((1, 3), 1 / 3), np.array([1])) > 0).all()
    assert pinball(np.array([[7.0, 7.0]]), np.array([0.1, 0.9]), np.array([7.0])).tolist() == [0]
    sevens = np.full(3, 7.0)
    assert (mae(sevens, sevens), rmse(sevens, sevens), nasa_score(sevens, sevens)) == (0, 0, 0)
    assert (
        coverage(sevens, sevens, sevens),
        mean_width(
            sevens,
            sevens + 1,
        ),
    ) == (1, 1)
    nothing = np.zeros(0)
    assert np.isnan([coverage(nothing, nothing, nothing), mae(nothing, nothing), rmse(nothing, nothing)]).all()


def test_a_distribution_that_is_moved_keeps_its_mass() -> None:
    change = np.cumsum(np.full(2001, 1 / 2001))[None]
    moved = shifted(change, np.zeros(3, dtype=np.int64), np.array([0, 500, 1000]))
    assert (moved[:, -1] == 1).all()
    assert (np.diff(moved, axis=1) >= 0).all()
    assert quantile(moved, 0.9999)[2] == 100.0
    assert chances(moved, LIMITS).sum(axis=1) == pytest.approx([1, 1, 1])


def test_the_command_sets_the_engines_side_by_side(pas: Pas, tmp_path: Path) -> None:
    for name, seed in (("train", 1), ("test", 2)):
        rows = a_fleet(seed=seed)
        rows.assign(asset_id=name + rows["asset_id"]).to_csv(tmp_path / f"{name}.csv.gz", index=False)
    words = ["condition", "backtest", "--task", "inspection", "--split-year", "2009", "--horizons", "2,4"]
    files = ["--train", str(tmp_path / "train.csv.gz"), "--test", str(tmp_path / "test.csv.gz")]
    ran = pas(*words, *files, "--json")
    assert ran.exit_code == 0
    assert set(ran.json) == {"task", "engines", "chosen", "n"}
    assert (ran.json["task"], set(ran.json["engines"])) == ("inspection", set(ENGINES))
    chosen = ran.json["engines"][ran.json["chosen"]]
    assert {"rps_2y", "rps_4y", "coverage80_2y", "mae_4y", "pinball_2y", "n_2y", "n_4y"} <= set(chosen)
    assert ran.json["n"] == chosen["n_2y"] + chosen["n_4y"] > 0
    assert chosen["rps_4y"] < ran.json["engines"]["persistence"]["rps_4y"]
    assert "rows used" in ran.stderr
    assert "rps_2y" in pas(*words, *files).stdout


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("asset_id,year\nA,2001\n", "unreadable-file", "lacks the column bci"),
        ("", "unreadable-file", "empty"),
        ("asset_id,year,bci\nA,2001,0\n", "no-inspections", "no inspection to learn from"),
    ],
    ids=["column", "empty", "zero"],
)
def test_a_file_without_inspections_is_refused(pas: Pas, tmp_path: Path, content: str, code: str, said: str) -> None:
    file = tmp_path / "i.csv"
    file.write_text(content)
    ran = pas("condition", "backtest", "--task", "inspection", "--train", str(file), "--test", str(file), "--json")
    assert (ran.exit_code, ran.json["code"]) == (1, code)
    assert said in ran.json["detail"]


@pytest.mark.parametrize(
    "words",
    [("--horizons", "2,x"), ("--horizons", "0"), ("--horizons", ""), ("--task", "moon"), ("--split-year", "9")],
    ids="=".join,
)
def test_wrong_words_are_wrong_usage(pas: Pas, tmp_path: Path, words: tuple[str, str]) -> None:
    (tmp_path / "i.csv").write_text("asset_id,year,bci\nA,2001,70\n")
    file = str(tmp_path / "i.csv")
    ran = pas("condition", "backtest", "--task", "inspection", "--train", file, "--test", file, *words)
    assert ran.exit_code == 2
    ran = pas("condition", "backtest", "--task", "inspection", "--train", str(tmp_path), "--test", file)
    assert ran.exit_code == 2


@pytest.mark.shared
def test_real_bridges_are_foretold_better_than_by_the_plain_ways(shared_data: Path) -> None:
    rows = read_frame(shared_data / "condition" / "ontario_bridge_inspections.csv.gz")
    report = backtest_inspections(rows, rows, split_year=2009, horizons=(2, 4, 6))
    chosen, table = report.engines[report.chosen], report.engines["outcome_table"]
    for horizon, bound in ((2, 0.043), (4, 0.073), (6, 0.099)):
        figure, plain, held = (
            told[f"{name}_{horizon}y"] for told, name in ((chosen, "rps"), (table, "rps"), (chosen, "coverage80"))
        )
        assert None not in {figure, plain, held}
        assert figure < bound
        assert figure < plain
        assert 0.75 <= held <= 0.92
    assert any("154 have the index 0" in note for note in report.notes)
