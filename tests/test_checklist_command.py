"""`pas checklist` sends a checklist out as a form and takes it in again."""

from datetime import datetime
from pathlib import Path

import pytest

from lifecycle.actor import Actor
from lifecycle.checklist import NewChecklist
from lifecycle.keep_checklist import keep_checklist
from pas.db import Database
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import Pas
from tests.lifecycle.sample_fleet import store_product
from tests.lifecycle.test_checklists import ITEMS


@pytest.fixture
def code(database: Database, tenant: int, now: datetime, actor: Actor) -> str:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        made = store_product(session)
        keep_checklist(session, product_id=made.id, told=NewChecklist(items=ITEMS), now=now, by=actor)
        return made.code


def test_an_export_imports_again_with_no_change(pas: Pas, code: str, tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"

    out = pas("checklist", "export", code, str(file), "--json")
    back = pas("checklist", "import", code, str(file), "--json")

    assert (out.exit_code, out.json["version"], out.json["items"]) == (0, 1, 5)
    assert (back.exit_code, back.json["version"], back.json["is_new"]) == (0, 1, False)


def test_a_dry_run_changes_nothing(pas: Pas, code: str, tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    pas("checklist", "export", code, str(file), "--version", "0")

    tried = pas("checklist", "import", code, str(file), "--dry-run", "--json")
    done = pas("checklist", "import", code, str(file), "--json")

    assert [(one.json["version"], one.json["is_new"]) for one in (tried, done)] == [(2, True), (2, True)]


def test_a_bad_form_an_unknown_product_and_an_unknown_version_are_refused(pas: Pas, code: str, tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(b"no workbook")

    refused = [
        pas("checklist", "import", code, str(file), "--json"),
        pas("checklist", "export", "NO-SUCH", str(file), "--json"),
        pas("checklist", "export", code, str(file), "--version", "9", "--json"),
    ]

    assert [one.exit_code for one in refused] == [1, 1, 1]
    assert [one.json["code"] for one in refused] == ["unreadable-file", "not-in-catalogue", "unknown-checklist"]
    assert file.read_bytes() == b"no workbook"
