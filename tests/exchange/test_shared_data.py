"""Real and dirty files of others enter by the doors: what was taken and what was refused adds up to every row."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pas.db import Database
from pas.found_tenant import found_tenant

pytestmark = pytest.mark.shared

Pas = Callable[..., Any]


@pytest.fixture
def founded(database: Database, now: Any) -> int:
    return found_tenant(database, slug="ministry", name="Ministry", now=now)


def _rows(file: Path) -> list[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _written(file: Path, rows: list[dict[str, str]]) -> str:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return str(file)


def _bridges(rows: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Make sites and assets of the register: each bridge stands in a place of its own."""
    sites = [
        {
            "code": row["asset_id"],
            "name": row["name"],
            "city": f"Highway {row['highway']}",
            "country": "CA",
            "lat": row["lat"],
            "lon": row["lon"],
            "zone": "America/Toronto",
        }
        for row in rows
    ]
    assets = [
        {
            "product": "bridge",
            "serial": row["asset_id"],
            "site": row["asset_id"],
            "status": "in_service",
            "year_built": row["year_built"],
        }
        for row in rows
    ]
    return sites, assets


def test_the_bridges_of_ontario(database: Database, founded: int, pas: Pas, shared_data: Path, tmp_path: Path) -> None:
    condition = shared_data / "condition"
    sites, assets = _bridges(_rows(condition / "ontario_bridge_assets.csv.gz"))
    product = [{"code": "bridge", "name": "Bridge", "trade": "roads", "price_new": "5000000", "rated_years": "75"}]
    for kind, rows in {"products": product, "sites": sites, "assets": assets}.items():
        done = pas("import", kind, _written(tmp_path / f"{kind}.csv", rows), "--json").json
        assert (done["rows"], done["new"], done["refused"]) == (len(rows), len(rows), 0), done["refusals"][:3]

    file = str(condition / "ontario_bridge_inspections.csv.gz")
    refused = tmp_path / "refused.csv"
    done = pas("import", "inspections", file, "--missing", "0", "--refused", str(refused), "--json").json
    again = pas("import", "inspections", file, "--missing", "0", "--json").json

    assert (done["rows"], done["new"], done["refused"]) == (11_811, 11_657, 154)
    assert done["reasons"] == {"nothing was seen: no grade, no index and no reading (0 means missing here)": 154}
    assert (again["new"], again["unchanged"], again["refused"]) == (0, 11_657, 154)
    assert "a bare year was read as its 1 July (11811 times)" in done["notes"]
    with refused.open(newline="") as text:
        assert [row["bci"] for row in csv.DictReader(text)] == ["0.0"] * 154


def test_the_same_bridges_with_repeats_and_line_breaks(
    database: Database, founded: int, pas: Pas, shared_data: Path, tmp_path: Path
) -> None:
    sites, _ = _bridges(_rows(shared_data / "condition" / "ontario_bridge_assets.csv.gz")[:50])
    sites[3]["name"] = "two\r\nlines"
    dirty = [*sites, sites[0], sites[1] | {"name": "another"}]

    done = pas("import", "sites", _written(tmp_path / "sites.csv", dirty), "--json").json

    assert (done["rows"], done["new"], done["unchanged"], done["refused"]) == (52, 49, 1, 2)
    assert {refusal["row"] for refusal in done["refusals"]} == {3, 53}
    assert "row 52 repeats row 2" in done["notes"]


def test_the_minutes_of_a_belgian_office(
    database: Database, founded: int, pas: Pas, shared_data: Path, tmp_path: Path
) -> None:
    files = {
        "products": "code,name,trade,price_new,rated_years\nsensor,Room sensor,offices,200,10\n",
        "sites": "code,name,city\noffice,Office,Mons\n",
        "assets": "product,serial,site,status,made_on\nsensor,room-1,office,in_service,2015-01-01\n",
    }
    for kind, text in files.items():
        (tmp_path / f"{kind}.csv").write_text(text)
        assert pas("import", kind, str(tmp_path / f"{kind}.csv")).exit_code == 0
    file = str(shared_data / "condition" / "uci_room_sensor_minute.csv.gz")
    metrics = (
        "temperature=ambient_temperature:degC",
        "humidity=relative_humidity:percent",
        "light=illuminance",
        "co2=co2",
    )
    said = [word for metric in metrics for word in ("--metric", metric)]

    done = pas("import", "readings", file, "--asset", "room-1", *said, "--json").json
    again = pas("import", "readings", file, "--asset", "room-1", *said, "--json").json

    assert done["rows"] == 4 * 20_560
    assert (done["new"], done["unchanged"], done["refused"]) == (done["rows"], 0, 0), done["reasons"]
    assert (again["new"], again["unchanged"]) == (0, done["rows"])


def test_the_fleet_cars_that_were_sold(database: Database, founded: int, pas: Pas, shared_data: Path) -> None:
    file = str(shared_data / "valuation" / "fleet_cars.csv.gz")

    done = pas("import", "sales", file, "--json").json
    again = pas("import", "sales", file, "--dry-run", "--json").json

    assert (done["rows"], done["new"], done["refused"]) == (13_857, 13_857, 0), Counter(done["reasons"])
    assert (again["new"], again["unchanged"]) == (0, 13_857)
