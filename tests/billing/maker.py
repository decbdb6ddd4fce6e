"""A maker for the published cases: signs contracts, reads meters and bills months by the doors that people use."""

import json
from typing import Any

from pas import clock
from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import contract, found_fleet, line, read_meter
from tests.conftest import ClientOf

API = "/api/v1"
HOURS = {"monthly_fee": "0", "meter": "lamp_hours"}


class Maker:
    """A maker that signs a contract for each case, reads its meters and bills its months."""

    def __init__(self, database: Database, tenant: int, client_of: ClientOf) -> None:
        self.database, self.tenant, self.finance = database, tenant, client_of(Role.FINANCE)
        with database.writing(tenant) as session:
            self.customer, self.assets = found_fleet(session, assets=40)
        self.free = list(self.assets)
        self.ids: dict[str, str] = {}

    def sign(self, code: str, *lines: dict[str, Any], **terms: Any) -> None:
        """Sign a contract; each line takes the next thing."""
        signed = [line(self.free.pop(0), **own) for own in lines]
        paper = contract(self.customer.id, code, signed, **terms)
        answer = self.finance.post(f"{API}/contracts", json=json.loads(paper.model_dump_json()))
        assert answer.status_code == 201, answer.text
        self.ids[code] = answer.json()["id"]

    def read(self, place: int, readings: dict[str, float]) -> None:
        """Read the lamp hours of a thing that was just taken."""
        with self.database.writing(self.tenant) as session:
            read_meter(session, self.assets[len(self.assets) - len(self.free) + place], readings, clock.now())

    def use(self, hours: float, month: int = 10, place: int = -1) -> None:
        """Let a thing be used for so many hours within a month."""
        self.read(place, {f"2026-{month - 1:02}-28T12:00:00Z": 0.0, f"2026-{month:02}-20T12:00:00Z": hours})

    def amend(self, code: str, **amendment: Any) -> None:
        """Amend a contract."""
        answer = self.finance.post(f"{API}/contracts/{self.ids[code]}/amendments", json=amendment)
        assert answer.status_code == 201, answer.text

    def bill(self, month: str) -> dict[str, Any]:
        """Bill a month and give the report of the run."""
        answer = self.finance.post(f"{API}/bill-runs", json={"month": month})
        assert answer.status_code == 201, answer.text
        run: dict[str, Any] = answer.json()
        assert run["failures"] == []
        return run

    def invoice(self, code: str, month: str) -> dict[str, Any]:
        """Give the document of a contract and month; without one, one of nothing."""
        heads = self.finance.get(f"{API}/invoices", params={"month": month, "limit": 100}).json()["items"]
        papers = [self.finance.get(f"{API}/invoices/{head['number']}").json()["document"] for head in heads]
        return next((one for one in papers if one["contract"] == code), {"net": "0.00", "lines": []})

    def net(self, code: str, month: str = "2026-10") -> str:
        return str(self.invoice(code, month)["net"])
