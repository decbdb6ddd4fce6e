"""A signed contract of three projectors, seen over HTTP by finance, its customer and a stranger, in November."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import time_machine
from fastapi.testclient import TestClient

from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import contract, found_fleet, line, read_meter
from tests.conftest import ClientOf

API = "/api/v1"
NOVEMBER = datetime(2026, 11, 11, 9, tzinfo=UTC)


class Leased(NamedTuple):
    """A signed contract of three projectors, and who looks at it."""

    finance: TestClient
    customer: TestClient
    stranger: TestClient
    contract: dict[str, Any]
    assets: list[str]
    product: str
    client_of: ClientOf

    def post(self, path: str, body: dict[str, Any], status: int = 201) -> Any:
        """Ask as finance, with the body given."""
        answer = self.finance.post(f"{API}/contracts/{self.contract['id']}{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        """Read as finance."""
        answer = self.finance.get(f"{API}/contracts/{self.contract['id']}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def preview(self, month: str) -> list[dict[str, Any]]:
        """Give the lines that the bill of a month would have."""
        lines: list[dict[str, Any]] = self.get("/preview", month=month)["lines"]
        return lines

    def bill(self, month: str) -> list[dict[str, Any]]:
        """Bill a month and give the lines of the invoice, none where nothing was owed."""
        run = self.finance.post(f"{API}/bill-runs", json={"month": month})
        assert run.status_code == 201, run.text
        assert run.json()["failed"] == 0, run.json()
        found = self.finance.get(f"{API}/invoices", params={"month": month}).json()["items"]
        number = next((one["number"] for one in found if one["contract_id"] == self.contract["id"]), None)
        if number is None:
            return []
        answer = self.finance.get(f"{API}/invoices/{number}")
        assert answer.status_code == 200, answer.text
        lines: list[dict[str, Any]] = answer.json()["document"]["lines"]
        return lines

    @contextmanager
    def december(self) -> Iterator["Leased"]:
        """Log in again a month later."""
        with time_machine.travel(datetime(2026, 12, 2, 9, tzinfo=UTC), tick=False):
            yield self._replace(finance=self.client_of(Role.FINANCE))


@pytest.fixture
def november() -> Iterator[None]:
    """Let it be November."""
    with time_machine.travel(NOVEMBER, tick=False):
        yield


@pytest.fixture
def leased(november: None, database: Database, tenant: int, client_of: ClientOf) -> Leased:
    """Sign it, in November."""
    with database.writing(tenant) as session:
        fleet = found_fleet(session, assets=6)
        lines = [line(one, monthly_fee="30", ends_on="2027-01-01") for one in fleet.assets[:2]]
        metered = line(fleet.assets[2], monthly_fee="0", meter="lamp_hours", unit_price="0.10")
        paper = contract(fleet.customer, "C-1", [*lines, metered], ends_on="2027-01-01")
        customer, assets = fleet.customer.id, [str(one.id) for one in fleet.assets]
        product = str(fleet.assets[0].product_id)
        read_meter(session, fleet.assets[2], {"2026-09-30T20:00Z": 100, "2026-11-05T12:00Z": 180}, NOVEMBER)
    finance = client_of(Role.FINANCE)
    signed = finance.post(f"{API}/contracts", json=json.loads(paper.model_dump_json()))
    assert signed.status_code == 201, signed.text
    clients = client_of(Role.CUSTOMER, customer_id=customer), client_of(Role.CUSTOMER, customer_id=None)
    return Leased(finance, *clients, signed.json(), assets, product, client_of)


def agree(leased: Leased, since: str, **clause: Any) -> Any:
    """Agree a clause from a day on."""
    return leased.post("/amendments", {"kind": "agree", "from_day": since, "clause": clause})


def named(lines: list[dict[str, Any]], component: str) -> list[dict[str, Any]]:
    """Give the lines of one kind."""
    return [one for one in lines if one["component"] == component]
