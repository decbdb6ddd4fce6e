"""The first steps of somebody who has no tenant yet: import, say who sells, bill, and hear what is wrong in words."""

from pathlib import Path

from pas.db import Database
from tests.conftest import Pas

SELLER = (
    *("seller", "set", "--name", "Maker NV", "--vat-number", "BE0403019261", "--street", "Kaai 1"),
    *("--postal-code", "9000", "--city", "Gent", "--email", "billing@maker.example"),
)


def test_the_first_import_founds_the_first_tenant(pas: Pas, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text("code,name,city\nGENT,Ghent,Gent\n")

    first = pas("import", "sites", str(file), "--json")

    assert first.json["new"] == 1
    assert "founded the first tenant" in first.stderr
    assert pas("import", "sites", str(file), "--json").json["unchanged"] == 1
    assert [tenant["tenant"] for tenant in pas("tenant", "list", "--json").json] == ["main"]


def test_a_seller_is_told_what_is_wrong_with_its_account(pas: Pas, database: Database) -> None:
    assert pas(*SELLER, "--iban", "BE68 5390 0754 7034", "--json").json["iban"] == "BE68539007547034"

    refused = pas(*SELLER, "--iban", "BE68 5390 0754 7035")
    assert refused.exit_code == 1
    assert "IBAN" in refused.stderr

    refused = pas(*SELLER, "--iban", "BE68 5390 0754 7034", "--country", "Belgium", "--json")
    assert (refused.exit_code, refused.json["errors"][0]["field"]) == (1, "country")
