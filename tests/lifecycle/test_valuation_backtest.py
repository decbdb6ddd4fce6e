"""The backtest of values: every engine measured alike, nothing learned from what is judged, no file breaks it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lifecycle.valuation.backtest import Backtest, backtest_cold_start, backtest_values
from lifecycle.valuation.cold_start import NothingToHide, start_cold
from lifecycle.valuation.forward import month_folds, validation_folds
from lifecycle.valuation.ladder import RUNGS, UnknownEngine
from lifecycle.valuation.observed import NoSales, Observed, observe
from pas import cli
from tests.lifecycle.sample_sales import NOISE, sales

MEASURES = {"rmsle", "mape", "mdape", "bias", "coverage80", "width80", "pinball", "n", "seconds"}


def timeless(report: Backtest) -> dict[str, dict[str, float]]:
    return {
        name: {key: figure for key, figure in told.items() if key != "seconds"} for name, told in report.engines.items()
    }


def split(frame: pd.DataFrame, day: str = "2025-03-01") -> tuple[pd.DataFrame, pd.DataFrame]:
    return frame[frame["sold_on"] < day], frame[frame["sold_on"] >= day]


@pytest.fixture(scope="module")
def report() -> Backtest:
    return backtest_values(*split(sales(700, seed=1)))


def test_every_engine_is_measured_alike(report: Backtest) -> None:
    assert set(report.engines) == set(RUNGS)
    assert {frozenset(told) for told in report.engines.values()} == {frozenset(MEASURES)}
    assert len({told["n"] for told in report.engines.values()}) == 1


def test_the_chosen_engine_comes_close_to_the_noise_and_its_interval_holds(report: Backtest) -> None:
    chosen = report.engines[report.chosen]
    assert chosen["rmsle"] < NOISE * 1.2
    assert abs(chosen["bias"]) < 0.04
    assert 0.7 <= chosen["coverage80"] <= 0.9
    assert chosen["mdape"] < report.engines["straight_line"]["mdape"]


def test_a_guides_price_is_never_an_input(report: Backtest) -> None:
    train, test = split(sales(700, seed=1))
    chance = np.random.default_rng(5)
    for frame in (train, test):
        frame.loc[:, "guide_price"] = chance.permutation(frame["guide_price"].to_numpy())
        frame.insert(0, "attr_guide_value", frame["price"])
    assert timeless(backtest_values(train, test)) == timeless(report)


def test_what_was_paid_is_not_looked_at_before_it_is_told() -> None:
    train, test = split(sales(300, seed=2))
    dearer = test.assign(price=(test["price"].astype(float) * 2).astype(str))
    plain, doubled = (backtest_values(train, some, engine="hedonic") for some in (test, dearer))
    told = (1 + plain.engines["hedonic"]["bias"]) / (1 + doubled.engines["hedonic"]["bias"])
    assert told == pytest.approx(2, rel=1e-6)


def test_a_month_is_foretold_from_the_months_before_it() -> None:
    observed = observe(sales(300, seed=3), name="train").sales
    time = observed.figure("time")
    is_asked = time >= np.quantile(time, 0.7)
    folds = month_folds(observed, is_asked)
    assert sum(int(fold.ask.sum()) for fold in folds) == is_asked.sum()
    for fold in folds:
        assert time[fold.learn & is_asked].max(initial=-np.inf) < fold.origin
        assert not (fold.learn & fold.ask).any()
        assert np.ptp(time[fold.ask]) <= 1 / 12


def test_validation_never_learns_from_what_it_asks() -> None:
    for monthly in (True, False):
        observed = observe(sales(300, seed=3), name="train").sales
        time = observed.figure("time")
        for fold in validation_folds(observed, monthly=monthly):
            assert time[fold.learn].max() < time[fold.ask].min()


def test_learning_anew_each_month_follows_a_market_that_falls() -> None:
    frame = sales(900, seed=4)
    sold = pd.to_datetime(frame["sold_on"])
    fall = np.exp(-0.6 * np.maximum((sold - pd.Timestamp("2024-10-01")).dt.days / 365.25, 0))
    train, test = split(frame.assign(price=(frame["price"].astype(float) * fall).astype(str)), "2025-01-01")
    still, walked = (backtest_values(train, test, monthly=way, engine="hedonic") for way in (False, True))
    assert abs(walked.engines["hedonic"]["bias"]) < abs(still.engines["hedonic"]["bias"])


def test_the_same_files_give_the_same_figures(report: Backtest) -> None:
    assert timeless(backtest_values(*split(sales(700, seed=1)))) == timeless(report)


def dirty(frame: pd.DataFrame) -> pd.DataFrame:
    """Spoil some rows in every way that files are spoiled."""
    frame = frame.astype(object)
    ways = {
        "price": ["0", "", "-5", "abc", "inf", "nan", "1e400"],
        "made_on": ["1000", "", "nan", "20x5", "2023-13", "9999"],
        "sold_on": ["", "2024-02-31", "yesterday", "0001-01-01", "9999-12-31", "nan"],
        "age_years": ["", "-3", "1e9", "nan", "old"],
        "usage": ["0", "", "-1", "1e300", "inf"],
        "condition_grade": ["", "9", "-1", "good"],
        "new_price": ["0", "1", "1e12", "", "12000"],
        "currency": ["", "USD", "eur", "XXX"],
        "model": ["", "\x00", "\ud800", "a" * 5_000, "=1+1"],
        "attr_colour": ["", "7", "\u202e"],
    }
    chance = np.random.default_rng(8)
    for name, words in ways.items():
        rows = chance.choice(frame.index, len(words) * 3, replace=False)
        frame.loc[rows, name] = (words * 3)[: len(rows)]
    return frame


@pytest.mark.parametrize("monthly", [False, True])
def test_dirt_is_counted_and_breaks_nothing(monthly: bool) -> None:  # noqa: FBT001 - the case
    train, test = (dirty(part) for part in split(sales(500, seed=6)))
    found = backtest_values(train, test, monthly=monthly, engine="sister_products")
    assert all(np.isfinite(figure) for told in found.engines.values() for figure in told.values())
    assert any("without a price" in note for note in found.notes)
    assert any("currencies" in note for note in found.notes)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 26, 40, 70])
def test_few_sales_are_enough_for_the_plain_rungs(count: int) -> None:
    found = backtest_values(sales(count, seed=7), sales(20, seed=8))
    assert all(np.isfinite(figure) for told in found.engines.values() for figure in told.values())
    assert found.chosen not in {"straight_line", "declining_balance"}


@pytest.mark.parametrize(
    "kept", [["price"], ["price", "age_years"], ["price", "make", "sold_on"], ["price", "new_price"]]
)
def test_missing_columns_are_unknown(kept: list[str]) -> None:
    train, test = sales(300, seed=9), sales(50, seed=10)
    assert np.isfinite(backtest_values(train[kept], test).engines["hedonic"]["rmsle"])
    assert np.isfinite(backtest_values(train, test[kept]).engines["hedonic"]["rmsle"])


def test_what_was_never_seen_is_valued_and_said() -> None:
    test = sales(40, seed=11).assign(category="forklift", make="unheard of", model="new", usage_unit="cycle")
    found = backtest_values(sales(300, seed=12), test)
    assert any("40 of 40 sales are of products that the train file does not know" in note for note in found.notes)
    assert all(np.isfinite(figure) for told in found.engines.values() for figure in told.values())


def test_what_cannot_be_judged_is_refused() -> None:
    good = sales(50, seed=13)
    with pytest.raises(NoSales, match="test file"):
        backtest_values(good, good.assign(price="0"))
    with pytest.raises(NoSales, match="currency"):
        backtest_values(good, good.assign(currency="USD"))
    with pytest.raises(UnknownEngine, match="hedonic_boosted"):
        backtest_values(good, good, engine="crystal ball")


def test_own_sales_help_a_product_that_nobody_knew() -> None:
    frame = sales(900, seed=16, models=30)
    train, test = frame[:600], frame[600:]

    none, five = (backtest_cold_start(train, test, given=given) for given in (0, 5))

    assert set(five.engines[five.chosen]) == MEASURES | {"product_bias"}
    for name in ("conjugate_update", "sister_products", "hedonic"):
        assert five.engines[name]["product_bias"] < none.engines[name]["product_bias"]
    assert five.engines[five.chosen]["mdape"] < 0.15


def test_hidden_products_are_not_learned_from() -> None:
    train, test = (observe(sales(count, seed=17), name="train").sales for count in (300, 100))
    plain = start_cold(train, test, given=0, names=["hedonic"]).lots[0]
    dearer = train.goal + np.where(train.word("product").isin(plain.products), 3.0, 0.0)
    spoiled = Observed(train.told.assign(log_price=dearer), train.attributes)

    other = start_cold(spoiled, test, given=0, names=["hedonic"]).lots[0]

    assert other.products == plain.products
    assert np.allclose(plain.judged["hedonic"].told.middle, other.judged["hedonic"].told.middle)


def test_where_nothing_can_be_hidden_it_is_said() -> None:
    with pytest.raises(NothingToHide, match="3 sales in the test file"):
        backtest_cold_start(sales(100, seed=18), sales(5, seed=19, models=12), given=50)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_the_command_prints_one_document(tmp_path: Path, ending: str) -> None:
    files = []
    for name, frame in (("train", sales(60, seed=14)), ("test", sales(20, seed=15))):
        file = tmp_path / f"{name}.{ending}"
        frame.to_parquet(file) if ending == "parquet" else frame.to_csv(file, index=False)
        files += [f"--{name}", str(file)]

    answer = CliRunner().invoke(cli.app, ["valuation", "backtest", *files, "--walk-forward", "month", "--json"])

    told = json.loads(answer.stdout)
    assert answer.exit_code == 0, answer.stdout
    assert set(told["engines"][told["chosen"]]) == MEASURES


def test_the_command_refuses_in_one_document(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    answer = CliRunner().invoke(cli.app, ["valuation", "backtest", "--train", str(file), "--test", str(file), "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["status"] == 422
