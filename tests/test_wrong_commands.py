"""What a command says when its words, its files or its database are wrong: a sentence, one JSON document, no trace."""

from pathlib import Path

import pytest

from pas.db import Database
from pas.settings import settings
from tests.conftest import Pas


@pytest.mark.parametrize(
    "words",
    [
        ("export", "sites", "{none}/s.csv"),
        ("end-report", "2027", "--csv", "{none}/e.csv"),
        ("invoice", "INV-1", "--out", "{none}/i.pdf"),
        ("db", "backup", "{none}/b.zip"),
        ("db", "backup", "{here}"),
        ("db", "restore", "{none}/b.zip"),
        ("import", "sites", "{here}/s.csv", "--refused", "{none}/r.csv"),
    ],
)
def test_a_file_that_cannot_be_made_is_told_before_any_work(
    tenant: int, pas: Pas, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "s.csv").write_text("code,name\nA,Antwerp\n")
    ran = pas(*(word.format(none=tmp_path / "none", here=tmp_path) for word in words))
    assert ran.exit_code == 2
    assert "Traceback" not in ran.stderr
    assert sorted(file.name for file in tmp_path.iterdir() if not file.name.startswith("pas")) == ["s.csv"]


def test_a_file_that_cannot_be_written_is_a_sentence(tenant: int, pas: Pas, tmp_path: Path) -> None:
    (tmp_path / ".s.csv.part").mkdir()
    ran = pas("export", "sites", str(tmp_path / "s.csv"), "--json")
    assert (ran.exit_code, ran.json["code"]) == (1, "unusable-file")


def test_a_database_that_is_none_is_a_sentence(pas: Pas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "junk.db").write_bytes(b"this is no database" * 100)
    for url in (f"sqlite:///{tmp_path / 'junk.db'}", "nonsense", "postgresql://nobody@127.0.0.1:1/x"):
        monkeypatch.setenv("PAS_DATABASE_URL", url)
        settings.cache_clear()
        for words in (("db", "check"), ("value", "X"), ("audit", "verify")):
            ran = pas(*words, "--json")
            assert (ran.exit_code, ran.json["code"]) == (1, "unusable-database")


def test_a_moment_beyond_the_calendar_is_no_date(tenant: int, pas: Pas, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("code,name,trade,price_new,rated_years\nCHAIR,Chair,office,300,8\n")
    (tmp_path / "a.csv").write_text("product,serial,in_service_on\nCHAIR,7,2024-01-01\n")
    pas("import", "products", str(tmp_path / "p.csv"))
    pas("import", "assets", str(tmp_path / "a.csv"))

    beyond = pas("passport", "7", "--as-of", "9999-12-31T23:59:59-14:00", "--json")
    assert (beyond.exit_code, beyond.json["code"]) == (1, "bad-date")
    early = pas("passport", "7", "--as-of", "1990-01-01T12:00Z", "--json")
    assert early.json["detail"] == (
        "the register knows this asset from 2024-01-01 00:00 UTC on, not at 1990-01-01 12:00 UTC"
    )


def test_a_tenant_has_a_name(pas: Pas, database: Database) -> None:
    ran = pas("tenant", "found", "maker", "--name", " ", "--json")
    assert (ran.exit_code, ran.json["code"]) == (1, "unfit-text")
