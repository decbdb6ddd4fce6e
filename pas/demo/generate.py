"""Generate the files of the demo fleet: the same seed and the same day always give the same bytes."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lifecycle.public_id import RESOLVER
from pas.demo.catalogue import customer_table, gtin_of, part_table, product_table, site_table
from pas.demo.contracts import changes, contracts
from pas.demo.dates import Calendar, calendar_at
from pas.demo.definitions import read_rows, rows_of
from pas.demo.files import write_csv, write_csv_of_excel, write_parquet, write_xlsx
from pas.demo.fleet import fleet
from pas.demo.inspections import inspections
from pas.demo.readings import CONNECTED_TRADES, readings
from pas.demo.sales import sales

SEED = 20_26
SMALL_DIVISOR = 24
SMALL_SALES = 10
SPREADSHEET_TRADES, WORKSHOP_TRADES = ("furniture", "lighting"), ("forklift", "wind")


class DemoFile(NamedTuple):
    """One file for one import door."""

    kind: str
    path: Path


class Demo(NamedTuple):
    """What was generated: the files in the order in which they are imported."""

    calendar: Calendar
    files: list[DemoFile]
    things: pd.DataFrame


def generate(folder: Path, *, now: datetime, small: bool, seed: int = SEED) -> Demo:
    """Write the files of the whole fleet, or of a small one of some 120 things, into a folder."""
    calendar = calendar_at(now, days_measured=None) if small else calendar_at(now)
    things = fleet(calendar, seed=seed, divisor=SMALL_DIVISOR if small else 1)
    lines = contracts(things, calendar, seed=seed)
    files = [
        *_catalogue(folder, now),
        *_register(folder, things, lines, now),
        *_inspections(folder, inspections(things, calendar, seed=seed), calendar, now),
        *_readings(folder, things, calendar, seed),
        _sales(folder, sales(calendar, seed=seed, **({"per_trade": SMALL_SALES} if small else {}))),
        _changes(folder, changes(things, lines, calendar)),
    ]
    return Demo(calendar, files, things)


def _catalogue(folder: Path, now: datetime) -> list[DemoFile]:
    materials, products, parts = folder / "materials.csv", folder / "products.csv", folder / "parts.xlsx"
    sites, customers = folder / "sites.csv", folder / "customers.csv"
    write_csv(pd.DataFrame(read_rows("materials.csv")), materials)
    write_csv(product_table(), products)
    write_xlsx(part_table().astype(str), parts, made_at=now)
    write_csv(site_table(), sites)
    write_csv_of_excel(customer_table(), customers)
    return [
        DemoFile("materials", materials),
        DemoFile("products", products),
        DemoFile("parts", parts),
        DemoFile("sites", sites),
        DemoFile("customers", customers),
    ]


def _register(folder: Path, things: pd.DataFrame, lines: pd.DataFrame, now: datetime) -> list[DemoFile]:
    assets, contracted = folder / "assets.xlsx", folder / "contracts.csv"
    write_xlsx(_asset_table(things), assets, made_at=now)
    write_csv_of_excel(lines, contracted)
    return [DemoFile("assets", assets), DemoFile("contracts", contracted)]


def _asset_table(things: pd.DataFrame) -> pd.DataFrame:
    table = things.rename(columns={"customer": "holder"})
    earlier = set(things["previous_life"])
    table["previous_life"] = [
        _public_id(thing["product"], thing["previous_life"]) if thing["previous_life"] else ""
        for thing in rows_of(things)
    ]
    table["public_id"] = [
        _public_id(thing["product"], thing["serial"]) if thing["serial"] in earlier else "" for thing in rows_of(things)
    ]
    columns = ["product", "serial", "public_id", "status", "holder", "site", "place", "made_on", "in_service_on"]
    return table[[*columns, "previous_life"]]


def _public_id(product: str, serial: str) -> str:
    return f"{RESOLVER}/01/{gtin_of(product)}/21/{serial}"


def _inspections(folder: Path, seen: pd.DataFrame, calendar: Calendar, now: datetime) -> list[DemoFile]:
    """Write what was seen in three files, each as its makers would, with some rows that must be refused."""
    rounds, workshop, app = folder / "rounds.xlsx", folder / "workshop.csv", folder / "app.parquet"
    on_rounds, in_workshop = seen["trade"].isin(SPREADSHEET_TRADES), seen["trade"].isin(WORKSHOP_TRADES)
    write_xlsx(_spoilt(_own_columns(seen[on_rounds]), calendar), rounds, made_at=now)
    write_csv_of_excel(_own_columns(seen[in_workshop]), workshop)
    write_parquet(_own_columns(seen[~on_rounds & ~in_workshop]), app)
    return [DemoFile("inspections", path) for path in (rounds, workshop, app)]


def _own_columns(seen: pd.DataFrame) -> pd.DataFrame:
    table = seen.drop(columns="trade").dropna(axis="columns", how="all").reset_index(drop=True)
    grades = [name for name in table.columns if name.startswith(("grade.", "id"))]
    return table.assign(**{name: table[name].fillna("") for name in grades})


def _spoilt(table: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Add the slips that people make: a thing nobody knows, a grade that is none, a day still to come, a row twice."""
    slips = table.head(5).copy()
    slips.loc[slips.index[0], "asset"] = "STOEL-ONBEKEND"
    grades = [name for name in table.columns if name.startswith("grade.")]
    slips.loc[slips.index[1], grades] = "F"
    slips.loc[slips.index[1], "inspected_at"] += pd.Timedelta(days=1)
    slips.loc[slips.index[2], "inspected_at"] = pd.Timestamp(calendar.today) + pd.Timedelta(days=400)
    slips.loc[slips.index[3], "asset"] = ""
    return pd.concat([table, slips], ignore_index=True)


def _readings(folder: Path, things: pd.DataFrame, calendar: Calendar, seed: int) -> list[DemoFile]:
    files = []
    for trade in CONNECTED_TRADES:
        path = folder / f"readings-{trade}.{'csv' if trade == 'lighting' else 'parquet'}"
        table = readings(trade, things, calendar, seed=seed)
        if path.suffix == ".csv":
            table.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\n")
        else:
            write_parquet(table, path)
        files.append(DemoFile("readings", path))
    return files


def _sales(folder: Path, sold: pd.DataFrame) -> DemoFile:
    path = folder / "sales.csv"
    write_csv(sold, path)
    return DemoFile("sales", path)


def _changes(folder: Path, told: pd.DataFrame) -> DemoFile:
    path = folder / "changes.csv"
    told.to_csv(path, index=False, date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\n")
    return DemoFile("assets", path)
