"""The demo's files: the same seed and moment give the same bytes, and what they say hangs together."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from stdnum.eu import vat

from lifecycle.public_id import gtin14
from pas.demo.catalogue import customer_table, part_table, product_table, site_table
from pas.demo.contracts import ENDED_BEFORE, ENDED_MID_MONTH, contracts
from pas.demo.dates import calendar_at
from pas.demo.definitions import read_rows
from pas.demo.fleet import fleet
from pas.demo.generate import SEED, Demo, generate
from pas.demo.inspections import inspections
from pas.demo.readings import readings
from pas.demo.wear import true_index

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def files_of(demo: Demo) -> dict[str, bytes]:
    return {file.path.name: file.path.read_bytes() for file in demo.files}


def made(folder: Path, *, now: datetime = NOW, seed: int = SEED) -> dict[str, bytes]:
    folder.mkdir()
    return files_of(generate(folder, now=now, small=True, seed=seed))


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return fleet(calendar_at(NOW), seed=SEED, divisor=1)


def test_same_seed_and_moment_give_the_same_bytes(tmp_path: Path) -> None:
    assert made(tmp_path / "first") == made(tmp_path / "second")


def test_another_seed_gives_another_fleet(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second", seed=7)
    assert {name for name in first if first[name] == second[name]} == {
        "materials.csv",
        "products.csv",
        "parts.xlsx",
        "sites.csv",
        "customers.csv",
    }


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 1, 1, 0, 5, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
        datetime(2026, 3, 31, 12, 0, tzinfo=UTC),
    ],
)
def test_the_demo_can_be_made_on_any_day(now: datetime, tmp_path: Path) -> None:
    demo = generate(tmp_path, now=now, small=True)
    assert demo.calendar.measured_from.date() < demo.calendar.month
    assert demo.calendar.today == now.date()


def test_the_whole_fleet_has_seven_trades_and_some_2500_things(whole: pd.DataFrame) -> None:
    assert 2450 < len(whole) < 2600
    assert whole["trade"].nunique() == 7
    assert whole.loc[whole["customer"] != "", "customer"].nunique() == 40
    assert set(whole.loc[whole["customer"] != "", "country"]) == {"BE", "NL", "FR", "DE"}


def test_serial_numbers_are_unique_and_some_begin_with_zeros(whole: pd.DataFrame) -> None:
    assert whole["serial"].is_unique
    assert whole["serial"].str.startswith("007").any()


def test_vat_numbers_and_product_numbers_pass_their_check_digits() -> None:
    assert all(vat.is_valid(number) for number in customer_table()["vat_number"])
    assert customer_table()["vat_number"].is_unique
    numbers = [number for number in product_table()["gtin"] if number]
    assert [gtin14(number) for number in numbers] == numbers


def test_every_reference_in_the_catalogue_leads_somewhere(whole: pd.DataFrame) -> None:
    assert set(part_table()["material"]) <= {material["code"] for material in read_rows("materials.csv")}
    assert set(whole["product"]) <= set(product_table()["code"])
    assert set(whole["site"]) <= set(site_table()["code"])


def test_no_thing_is_leased_twice_at_once_and_every_line_lies_within_its_contract(whole: pd.DataFrame) -> None:
    lines = contracts(whole, calendar_at(NOW), seed=SEED)
    assert lines["asset"].is_unique
    assert (lines["line_starts_on"] >= lines["starts_on"]).all()
    assert (lines["line_ends_on"] <= lines["ends_on"]).all()
    assert (lines["line_starts_on"] < lines["line_ends_on"]).all()


def test_one_contract_ends_within_the_billed_month_and_one_before_it(whole: pd.DataFrame) -> None:
    calendar = calendar_at(NOW)
    ends = contracts(whole, calendar, seed=SEED).groupby("contract")["ends_on"].first()
    assert calendar.month < ends[ENDED_MID_MONTH] < calendar.today
    assert ends[ENDED_BEFORE] < calendar.month


def test_the_edge_of_the_wind_farm_is_more_worn_than_its_middle(whole: pd.DataFrame) -> None:
    index = pd.Series(true_index(whole, whole.attrs["until"]), index=whole.index)
    edge, middle = (index[whole["story"] == f"{where} of the wind farm"] for where in ("edge", "middle"))
    assert len(edge) == 22
    assert len(middle) == 18
    assert edge.mean() < middle.mean() - 8


def test_inspections_see_the_true_wear_with_noise(whole: pd.DataFrame) -> None:
    turbines = whole[whole["trade"] == "wind"].copy()
    turbines.attrs = whole.attrs
    seen = inspections(whole, calendar_at(NOW), seed=SEED)
    last = seen[seen["trade"] == "wind"].groupby("asset")["index"].last()
    truth = pd.Series(true_index(turbines, whole.attrs["until"]), index=turbines["serial"])
    assert (last - truth).abs().mean() < 10
    assert last.corr(truth) > 0.8
    assert (seen["inspected_at"] < pd.Timestamp(NOW.date())).all()


def test_readings_carry_every_kind_of_dirt(whole: pd.DataFrame) -> None:
    calendar = calendar_at(NOW, days_measured=20)
    table = readings("projection", whole, calendar, seed=SEED)
    assert table["value"].isna().any()
    assert {"h", "min", "degC", "degF", "kg"} == set(table["unit"])
    assert table.duplicated().any()
    assert (table["at"] > NOW).any()
    assert (table["at"].dt.year == 1970).any()
    assert (table["asset"] == "NOBODY-77").any()


def test_the_hot_room_is_hot_and_the_others_are_not(whole: pd.DataFrame) -> None:
    table = readings("projection", whole, calendar_at(NOW, days_measured=20), seed=SEED)
    clean = table[
        (table["metric"] == "ambient_temperature") & (table["unit"] == "degC") & table["value"].between(0, 50)
    ]
    mean = clean.groupby("asset", observed=True)["value"].mean()
    hot = whole.loc[whole["story"] == "hot room", "serial"]
    assert mean[mean.index.isin(hot)].min() > 29
    assert mean[~mean.index.isin([*hot, "NOBODY-77"])].max() < 25
