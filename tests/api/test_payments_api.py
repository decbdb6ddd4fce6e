"""Payments, mandates, refunds and Stripe's events by the public doors."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pas.db import Database
from pas.role import Role
from pas.settings import settings
from tests.billing.collected_fleet import Office, open_office
from tests.conftest import ClientOf
from tests.stripe_server.at_hand import SECRET, StripeAtHand, stripe_at_hand


@pytest.fixture(scope="module")
def server() -> Iterator[StripeAtHand]:
    with stripe_at_hand() as running:
        yield running


@pytest.fixture
def office(database: Database, tenant: int, server: StripeAtHand, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    server.ask("forget")
    monkeypatch.setenv("PAS_STRIPE_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    yield open_office(database, tenant, server)
    settings.cache_clear()


def tell(client: TestClient, told: dict[str, Any]) -> Any:
    return client.post(
        "/api/v1/stripe/events", content=told["payload"], headers={"Stripe-Signature": told["signature"]}
    )


def test_an_event_is_taken_once_and_only_with_a_fresh_signature(office: Office, client_of: ClientOf) -> None:
    client = client_of(Role.FINANCE)
    office.queue()
    office.hand_over()
    told = office.stripe.ask("events")["deliveries"]

    assert [tell(client, one).json() for one in (told[0], told[0])] == [{"new": True}, {"new": False}]

    changed = told[1] | {"payload": told[1]["payload"].replace("customer", "costumer")}
    late, early = (office.now() + timedelta(minutes=minutes) for minutes in (-6, 6))
    office.turn(timedelta(seconds=1))
    office.stripe.ask("take_back", payment_intent=office.stripe.things("payment_intent")[0]["id"])
    (old,) = office.stripe.ask("events", at=int(late.timestamp()))["deliveries"]
    office.stripe.ask("take_back", payment_intent=office.stripe.things("payment_intent")[0]["id"])
    (future,) = office.stripe.ask("events", at=int(early.timestamp()))["deliveries"]
    unsigned = told[1] | {"signature": ""}
    for forged in (changed, old, future, unsigned):
        answer = tell(client, forged)
        assert (answer.status_code, answer.json()["code"]) == (422, "forged-event")


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"null", b"[" * 5000, b'{"id": 1e999}', b'{"id":"\\ud800"}'])
def test_no_body_breaks_the_door_of_events(office: Office, client_of: ClientOf, payload: bytes) -> None:
    for signature in ("", "t=1,v1=x", "t=99999999999999999999,v1=0", "é"):
        headers = {"Stripe-Signature": signature.encode()}
        answer = client_of(Role.FINANCE).post("/api/v1/stripe/events", content=payload, headers=headers)
        assert answer.status_code == 422


def test_a_customer_gives_an_account_on_stripes_page_and_is_debited_from_then_on(
    office: Office, client_of: ClientOf
) -> None:
    clerk = client_of(Role.FINANCE)
    customer_id = str(office.invoices()[0].customer_id)
    asked = clerk.post("/api/v1/mandates", json={"customer_id": customer_id, "kind": "sepa_debit"}).json()
    again = clerk.post("/api/v1/mandates", json={"customer_id": customer_id, "kind": "sepa_debit"}).json()
    assert (asked["state"], asked["id"]) == ("waiting", again["id"])

    office.hand_over()
    page = {one["id"]: one["page"] for one in clerk.get("/api/v1/mandates").json()["items"]}[asked["id"]]
    office.stripe.ask("visit", session=page.rsplit("/", 1)[1], method="pm_sepa")
    office.hear(twice=1.0)

    shown = {one["id"]: one for one in clerk.get("/api/v1/mandates").json()["items"]}[asked["id"]]
    assert (shown["state"], shown["last4"], shown["page"]) == ("active", "3000", "")
    assert shown["reference"].startswith("MND")
    office.queue()
    office.hand_over()
    assert [one["status"] for one in office.stripe.things("payment_intent")] == ["processing"]

    ended = clerk.delete(f"/api/v1/mandates/{asked['id']}")
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")


def test_money_goes_back_once_and_never_more_than_came(office: Office, client_of: ClientOf) -> None:
    clerk = client_of(Role.FINANCE)
    office.queue()
    office.hand_over()
    (paid,) = clerk.get("/api/v1/payments").json()["items"]
    doors = f"/api/v1/payments/{paid['id']}/refunds"

    first = clerk.post(doors, json={"amount": "20.50", "reason": "a day without light"})
    too_much = clerk.post(doors, json={"amount": "40.01", "reason": "more"})
    office.stripe.ask("plan", script=["500_after"])
    office.until(lambda: bool(office.stripe.things("refund")))
    office.until(lambda: len(clerk.get("/api/v1/payments").json()["items"]) == 2)
    office.hear(twice=1.0)

    assert (first.status_code, too_much.status_code) == (201, 409)
    assert [one["amount"] for one in office.stripe.things("refund")] == [2050]
    assert [one["amount"] for one in clerk.get("/api/v1/payments").json()["items"]] == ["60.50", "-20.50"]


def test_a_payment_by_hand_pays_what_it_names_and_the_account_shows_it(office: Office, client_of: ClientOf) -> None:
    clerk, invoice = client_of(Role.FINANCE), office.invoices()[0]
    told = {"paid_on": "2026-11-05", "amount": "60.50", "invoices": [invoice.number], "id": str(invoice.id)}

    made = [clerk.post("/api/v1/payments", json=told) for _ in range(2)]
    other = clerk.post("/api/v1/payments", json=told | {"amount": "1.00"})
    unknown = clerk.post("/api/v1/payments", json=told | {"invoices": ["INV-1999-000001"], "id": None})

    assert [one.status_code for one in (*made, other, unknown)] == [201, 201, 409, 422]
    assert made[0].json() == made[1].json()
    assert made[0].json()["left"] == "0.00"
    customer = client_of(Role.CUSTOMER, customer_id=invoice.customer_id)
    account = customer.get(f"/api/v1/customers/{invoice.customer_id}/account?until=2026-12-31").json()
    assert [(one["kind"], one["balance"]) for one in account["lines"]] == [("invoice", "60.50"), ("payment", "0.00")]
    assert customer.get("/api/v1/receivables?as_of=2026-11-04").json()[0]["open"] == "60.50"
    assert customer.get("/api/v1/receivables?as_of=2026-11-05").json() == []
    assert json.loads(customer.get("/api/v1/payments").text)["code"] == "not-allowed"
