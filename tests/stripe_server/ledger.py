"""What the Stripe-compatible server holds: things by their ids, customers, payment methods, and the events told."""

from collections.abc import Callable
from itertools import count
from typing import Any, NoReturn

Thing = dict[str, Any]


class Refused(Exception):
    """The call is answered with an error of Stripe's."""

    def __init__(self, status: int, kind: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, "code": code}


def wrong(message: str, code: str | None = None, status: int = 400) -> NoReturn:
    raise Refused(status, "invalid_request_error", message, code)


class Ledger:
    """What there is, and how the clock of the server stands."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self._next = count(1)

    # things

    def new(self, prefix: str, kind: str, **facts: Any) -> Thing:
        name = f"{prefix}_{next(self._next):06}"
        thing = {"id": name, "object": kind, "created": self.clock(), "livemode": False, "metadata": {}, **facts}
        self.things[name] = thing
        return thing

    def get(self, name: str, kind: str) -> Thing:
        thing = self.things.get(name)
        if thing is None or thing["object"] != kind:
            wrong(f"No such {kind}: '{name}'", "resource_missing", 404)
        return thing

    def all(self, kind: str) -> list[Thing]:
        return [thing for thing in self.things.values() if thing["object"] == kind]

    def tell(self, kind: str, thing: Thing) -> None:
        """Write an event, with the thing as it stands now."""
        event = self.new("evt", "event", type=kind, pending_webhooks=1, request=None, api_version="2026-10-28.endive")
        event["data"] = {"object": _copied(thing)}
        self.events.append(event)

    # customers and payment methods

    def make_customer(self, told: Thing) -> Thing:
        facts = {key: told.get(key) for key in ("name", "email")}
        customer = self.new("cus", "customer", **facts, preferred_locales=told.get("preferred_locales", []))
        customer |= {"metadata": told.get("metadata", {}), "balance": 0}
        self.tell("customer.created", customer)
        return customer

    def method(self, name: str) -> Thing:
        kind = "sepa_debit" if "sepa" in name else "card"
        inner = {"last4": "3000" if kind == "sepa_debit" else "4242"}
        facts = {"type": kind, kind: inner, "billing_details": {}, "customer": None}
        return self.things.setdefault(
            name, {"id": name, "object": "payment_method", "created": 0, "livemode": False, **facts}
        )


def _copied(thing: Thing) -> Thing:
    return {key: (_copied(value) if isinstance(value, dict) else value) for key, value in thing.items()}
