"""A server that speaks as Stripe does, in its own process: `python -m tests.stripe_server.serve PORT`.

True idempotency (the same key gives the same answer for 24 hours, a 500 too, and refuses other parameters), faults by
plan, events that are signed. Under `/_test/` a test sets the plan, turns the clock, and takes the events to deliver.
"""

import hashlib
import hmac
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.stripe_server.faults import Fault, Plan, planned
from tests.stripe_server.form import read_form
from tests.stripe_server.ledger import Refused, Thing, wrong
from tests.stripe_server.till_book import TillBook

DAY = 86_400
SECRET = "whsec_of_the_test_server"
_BROKEN = (500, {"error": {"type": "api_error", "message": "Something went wrong on Stripe's end."}})
_LISTS = {"customers": "customer", "invoices": "invoice", "refunds": "refund", "checkout/sessions": "checkout.session"}
_KINDS = _LISTS | {"disputes": "dispute", "payment_intents": "payment_intent", "events": "event"}


class Remembered(NamedTuple):
    """An answer kept under an idempotency key."""

    asked: str
    at: int
    status: int
    body: Thing


class StripeServer:
    """The state behind the socket, one call at a time."""

    def __init__(self) -> None:
        self.turned = 0
        self.book = TillBook(self.now)
        self.plan = Plan()
        self.kept: dict[str, Remembered] = {}
        self.lock = threading.Lock()
        self.calls: list[str] = []
        self.told = 0

    def forget(self) -> None:
        """Begin anew, as if nobody had ever called."""
        self.turned, self.book, self.plan, self.told = 0, TillBook(self.now), Plan(), 0
        self.kept.clear()
        self.calls.clear()

    def now(self) -> int:
        return int(time.time()) + self.turned

    def answer(self, method: str, path: str, told: Thing, key: str | None) -> tuple[int, Thing, Fault]:
        """Answer a call; the fault says whether the line is cut before the answer leaves."""
        with self.lock:
            self.calls.append(f"{method} {path}")
            fault = self.plan.next(method)
            if fault is Fault.BUSY:
                return 429, {"error": {"type": "rate_limit_error", "message": "Too many requests."}}, fault
            if fault is Fault.CUT_BEFORE:
                return 0, {}, fault
            status, body = self._once(method, path, told, key, fault)
            return status, body, fault

    def _once(self, method: str, path: str, told: Thing, key: str | None, fault: Fault) -> tuple[int, Thing]:
        if method != "POST" or key is None:
            return _BROKEN if fault is Fault.BROKEN_BEFORE else self._do(method, path, told)
        asked = hashlib.sha256(json.dumps([path, told], sort_keys=True).encode()).hexdigest()
        before = self.kept.get(key)
        if before is not None and self.now() - before.at < DAY:
            if before.asked != asked:
                message = f"Keys for idempotent requests can only be used with the same parameters: {key}"
                return 400, {"error": {"type": "idempotency_error", "message": message}}
            return before.status, before.body
        status, body = _BROKEN
        if fault is not Fault.BROKEN_BEFORE:
            status, body = self._do(method, path, told)
            if fault is Fault.BROKEN_AFTER:
                status, body = _BROKEN
        self.kept[key] = Remembered(asked, self.now(), status, json.loads(json.dumps(body)))
        return status, body

    def _do(self, method: str, path: str, told: Thing) -> tuple[int, Thing]:
        try:
            return 200, self._seen(_route(self.book, method, path, told), told.get("expand", []))
        except Refused as refused:
            return refused.status, {"error": refused.error}

    def _seen(self, thing: Thing, expand: list[str]) -> Thing:
        shown: Thing = json.loads(json.dumps(thing))
        for path in expand:
            self._expand(shown, path.split("."))
        return shown

    def _expand(self, place: Any, steps: list[str]) -> None:
        if isinstance(place, list):
            for one in place:
                self._expand(one, steps)
            return
        if not isinstance(place, dict) or steps[0] not in place:
            return
        inner = place[steps[0]]
        if isinstance(inner, str) and inner in self.book.things:
            inner = place[steps[0]] = json.loads(json.dumps(self.book.things[inner]))
        if len(steps) > 1:
            self._expand(inner, steps[1:])

    def arrange(self, path: str, told: Thing) -> Thing:
        """Do what a test asks for."""
        with self.lock:
            return _ARRANGED[path](self, told)


def _route(book: TillBook, method: str, path: str, told: Thing) -> Thing:
    parts = path.removeprefix("/v1/").split("/")
    collection = "/".join(parts[:2]) if parts[0] == "checkout" else parts[0]
    rest = parts[len(collection.split("/")) :]
    if method == "GET" and not rest and collection in _LISTS:
        return _listed(book.all(_LISTS[collection]), told, path)
    if method == "GET" and len(rest) == 1 and collection in _KINDS:
        return book.get(rest[0], _KINDS[collection])
    made: dict[str, Callable[[Thing], Thing]] = {
        "customers": book.make_customer,
        "invoices": book.make_invoice,
        "refunds": book.make_refund,
        "checkout/sessions": book.make_session,
    }
    if method == "POST" and not rest and collection in made:
        return made[collection](told)
    deeds: dict[str, Callable[[str, Thing], Thing]] = {
        "add_lines": book.add_lines,
        "finalize": book.finalize,
        "pay": book.pay,
        "void": book.void,
    }
    if method == "POST" and collection == "invoices" and len(rest) == 2 and rest[1] in deeds:
        return deeds[rest[1]](rest[0], told)
    return wrong(f"Unrecognized request URL ({method}: {path})", status=404)


def _listed(found: list[Thing], told: Thing, path: str) -> Thing:
    """Give a page, the newest first, as Stripe does."""
    since = int(told.get("created", {}).get("gte", 0))
    chosen = [one for one in reversed(found) if one["created"] >= since]
    for name in ("customer", "payment_intent"):
        if name in told:
            chosen = [one for one in chosen if one.get(name) == told[name]]
    if "starting_after" in told:
        ids = [one["id"] for one in chosen]
        chosen = chosen[ids.index(told["starting_after"]) + 1 :]
    limit = int(told.get("limit", 10))
    return {"object": "list", "data": chosen[:limit], "has_more": len(chosen) > limit, "url": path}


def _deliver(server: StripeServer, told: Thing) -> Thing:
    """Give the events since the last delivery, signed: shuffled, some twice, some never, by a seed."""
    chance, some = Random(told.get("seed", 0)), server.book.events[server.told :]
    server.told = len(server.book.events)
    kept = [event for event in some if chance.random() >= told.get("drop", 0.0)]
    kept += [event for event in kept if chance.random() < told.get("twice", 0.0)]
    if told.get("shuffle"):
        chance.shuffle(kept)
    at = told.get("at", int(time.time()))
    return {"deliveries": [_signed(event, at) for event in kept]}


def _signed(event: Thing, at: int) -> Thing:
    payload = json.dumps(event)
    signature = hmac.new(SECRET.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
    return {"payload": payload, "signature": f"t={at},v1={signature}"}


def _set_plan(server: StripeServer, told: Thing) -> Thing:
    server.plan = planned(told)
    return {}


def _forget(server: StripeServer, _told: Thing) -> Thing:
    server.forget()
    return {}


def _turn(server: StripeServer, told: Thing) -> Thing:
    server.turned += int(told["seconds"])
    return {}


_ARRANGED: dict[str, Callable[[StripeServer, Thing], Thing]] = {
    "plan": _set_plan,
    "forget": _forget,
    "turn": _turn,
    "events": _deliver,
    "settle": lambda server, told: {"settled": server.book.settle_debits(fails=bool(told.get("fails")))},
    "visit": lambda server, told: server.book.visit(told["session"], told["method"]),
    "take_back": lambda server, told: server.book.take_back(told["payment_intent"]),
    "book": lambda server, _told: {"things": list(server.book.things.values()), "calls": server.calls},
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: StripeServer

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def log_message(self, *_: object) -> None: ...

    def _handle(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if parts.path.startswith("/_test/"):
            self._send(200, self.server_state.arrange(parts.path.removeprefix("/_test/"), json.loads(body or "{}")), {})
            return
        told = read_form(body if method == "POST" else parts.query)
        status, answer, fault = self.server_state.answer(method, parts.path, told, self.headers.get("Idempotency-Key"))
        if fault in {Fault.CUT_BEFORE, Fault.CUT_AFTER}:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(status, answer, {"Retry-After": "1"} if fault is Fault.BUSY else {})

    def _send(self, status: int, answer: Thing, headers: dict[str, str]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve until killed; the first line of stdout names the port."""
    _Handler.server_state = StripeServer()
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), _Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
