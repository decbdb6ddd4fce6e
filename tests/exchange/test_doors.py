"""The doors as people and programs meet them: the command line and the HTTP API."""

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lifecycle.actor import Actor
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf
from tests.exchange.conftest import FILES

Pas = Callable[..., Any]
SITES = "code,name,lat\nA,Antwerp,51.2\nB,Bruges,951\n"


def _upload(text: str, name: str = "f.csv") -> dict[str, Any]:
    return {"file": (name, text.encode())}


def test_the_command_takes_good_rows_and_ends_well(tenant: int, pas: Pas, tmp_path: Path) -> None:
    file, refused = tmp_path / "sites.csv", tmp_path / "refused.csv"
    file.write_text(SITES)

    dry = pas("import", "sites", str(file), "--dry-run", "--json")
    done = pas("import", "sites", str(file), "--refused", str(refused), "--json")
    again = pas("import", "sites", str(file))

    assert [ran.exit_code for ran in (dry, done, again)] == [0, 0, 0]
    assert (dry.json["dry_run"], dry.json["new"]) == (True, 1)
    assert {name: done.json[name] for name in ("rows", "new", "changed", "unchanged", "refused")} == {
        "rows": 2,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "refused": 1,
    }
    assert done.json["refusals"][0]["row"] == 3
    assert [row["code"] for row in csv.DictReader(refused.read_text().splitlines())] == ["B"]
    assert "sites from sites.csv" in again.stdout


def test_the_command_ends_badly_where_nothing_could_be_taken(tenant: int, pas: Pas, tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text("code,name,lat\nB,Bruges,951\n")
    assert pas("import", "sites", str(file), "--json").exit_code == 1

    file.write_text("what,ever\n1,2\n")
    ran = pas("import", "sites", str(file), "--json")
    assert (ran.exit_code, ran.json["code"]) == (1, "not-of-that-kind")
    assert pas("import", "cats", str(file), "--json").json["code"] == "unknown-kind"
    assert pas("import", "sites", str(tmp_path / "none.csv")).exit_code == 2


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "csv.gz"])
def test_what_the_command_exports_it_imports_unchanged(tenant: int, pas: Pas, tmp_path: Path, form: str) -> None:
    file, out = tmp_path / "sites.csv", tmp_path / f"out.{form}"
    file.write_text(SITES)
    pas("import", "sites", str(file))

    assert pas("export", "sites", str(out), "--json").json["rows"] == 1
    assert pas("import", "sites", str(out), "--dry-run", "--json").json["unchanged"] == 1
    assert not list(tmp_path.glob("*.part"))


def test_the_api_takes_and_gives_files(client_of: ClientOf) -> None:
    manager = client_of(Role.FLEET_MANAGER)

    dry = manager.post("/api/v1/imports/sites?dry_run=true", files=_upload(SITES))
    done = manager.post("/api/v1/imports/sites", files=_upload(SITES))

    assert (dry.status_code, dry.json()["new"]) == (201, 1)
    assert (done.json()["new"], done.json()["refused"]) == (1, 1)
    for form, media in (("csv", "text/csv"), ("xlsx", "sheet"), ("parquet", "parquet")):
        given = manager.get(f"/api/v1/exports/sites.{form}")
        assert given.status_code == 200
        assert media in given.headers["content-type"]
        again = manager.post("/api/v1/imports/sites", files={"file": (f"s.{form}", given.content)})
        assert (again.json()["rows"], again.json()["unchanged"]) == (1, 1)


def test_the_api_refuses_in_one_form(client_of: ClientOf) -> None:
    manager = client_of(Role.FLEET_MANAGER)

    for path, text, name, status in (
        ("sites", "what,ever\n1,2\n", "f.csv", 422),
        ("sites", SITES, "f.doc", 422),
        ("sites", SITES, "f.xlsx", 422),
        ("cats", SITES, "f.csv", 422),
        ("sites?zone=Mars", SITES, "f.csv", 422),
        ("sites?missing=none", SITES, "f.csv", 422),
    ):
        answer = manager.post(f"/api/v1/imports/{path}", files=_upload(text, name))
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), path
    assert manager.get("/api/v1/exports/cats.csv").status_code == 422
    assert manager.get("/api/v1/exports/sites.doc").status_code == 422


def test_finance_takes_in_contracts_and_sales_only(client_of: ClientOf) -> None:
    finance = client_of(Role.FINANCE)

    assert finance.post("/api/v1/imports/sales", files=_upload(FILES["sales"])).json()["new"] == 2
    assert finance.post("/api/v1/imports/sites", files=_upload(SITES)).status_code == 403
    for role in (Role.TECHNICIAN, Role.CUSTOMER):
        assert client_of(role).post("/api/v1/imports/sites", files=_upload(SITES)).status_code == 403
    assert client_of(Role.CUSTOMER).get("/api/v1/exports/sites.csv").status_code == 403


def test_readings_go_in_and_out_by_the_api(
    client_of: ClientOf, house: int, database: Database, now: datetime, actor: Actor
) -> None:
    manager = client_of(Role.FLEET_MANAGER, tenant_id=house)

    given = manager.get("/api/v1/exports/readings.csv").text
    again = manager.post("/api/v1/imports/readings", files=_upload(given)).json()

    assert given.splitlines()[0] == "asset,metric,at,value,unit"
    assert (again["rows"], again["unchanged"]) == (3, 3)


def test_names_that_no_database_keeps_are_cleaned(client_of: ClientOf) -> None:
    manager = client_of(Role.FLEET_MANAGER)

    said = manager.post("/api/v1/imports/sales?source=a%00b", files=_upload(FILES["sales"], "x\u200b.csv"))
    asked = manager.post("/api/v1/imports/readings?asset=%00", files=_upload("at,co2\n2026-01-01,400\n"))

    assert said.status_code in {201, 422}
    assert asked.status_code in {201, 422}
