"""Collecting again by the public doors: finance orders it, the customer sees how far it is, a stranger nothing."""

from pas.db import Database
from pas.role import Role
from tests.billing.collected_fleet import open_office
from tests.conftest import ClientOf, Pas
from tests.stripe_server.at_hand import stripe_at_hand


def test_finance_orders_another_try_and_the_customer_sees_it(
    database: Database, tenant: int, client_of: ClientOf, pas: Pas
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
    unknown = pas("collect", "NONE-1", "--json")
    assert (unknown.exit_code, unknown.json["code"]) == (1, "unknown-invoice")
