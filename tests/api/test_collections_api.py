"""Collecting again by the public doors: finance orders it, the customer sees how far it is, a stranger nothing."""

from pathlib import Path

from pypdfium2 import PdfDocument

from pas.db import Database
from pas.role import Role
from tests.billing.collected_fleet import open_office
from tests.conftest import ClientOf, Pas
from tests.stripe_server.at_hand import stripe_at_hand


def test_finance_orders_another_try_and_the_customer_sees_it_and_the_account(
    database: Database, tenant: int, client_of: ClientOf, pas: Pas, tmp_path: Path
) -> None:
    with stripe_at_hand() as stripe:
        office = open_office(database, tenant, stripe, method="pm_card_bad")
        office.queue()
        office.hand_over()
    (invoice,) = office.invoices()
    path = f"/api/v1/invoices/{invoice.number}"
    clerk, own = client_of(Role.FINANCE), client_of(Role.CUSTOMER, customer_id=invoice.customer_id)
    stranger = client_of(Role.CUSTOMER, customer_id=None)

    assert clerk.get(f"{path}/collection").json()["why"] == "card_declined"
    ordered = clerk.post(f"{path}/collections")
    assert (ordered.status_code, ordered.json()["waits"]) == (201, True)
    assert pas("collect", invoice.number, "--json").json == ordered.json()
    assert own.get(f"{path}/collection").json() == ordered.json()

    assert own.post(f"{path}/collections").status_code == 403
    assert stranger.get(f"{path}/collection").status_code == 404
    account = f"/api/v1/customers/{invoice.customer_id}/account/pdf"
    sheet = own.get(account, params={"language": "fr"})
    assert (sheet.headers["content-type"], sheet.content[:5]) == ("application/pdf", b"%PDF-")
    assert "Relevé de compte" in PdfDocument(sheet.content)[0].get_textpage().get_text_bounded()
    assert stranger.get(account).status_code == 404
    assert clerk.get(account, params={"language": "xx"}).status_code == 422
    file = tmp_path / "account.pdf"
    assert pas("account", "K-007", "--pdf", str(file), "--json").json["overdue"] == "0.00"
    assert invoice.number in PdfDocument(file)[0].get_textpage().get_text_bounded()
    unknown = pas("collect", "NONE-1", "--json")
    assert (unknown.exit_code, unknown.json["code"]) == (1, "unknown-invoice")
