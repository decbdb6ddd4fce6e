"""Stripe collects for us: our numbers, our VAT, our keys. This file alone speaks to it (SDK 16, API 2026-10-28)."""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic, sleep
from typing import Any

import stripe

from billing.collection.collecting import CollectedState
from billing.collection.stripe_form import spelled
from billing.collection.till import (
    AddLines,
    Answer,
    AskMandate,
    Deed,
    DraftInvoice,
    FinalizeInvoice,
    GiveBack,
    MakeCustomer,
    NotThere,
    Outcome,
    PayInvoice,
    SeenDispute,
    SeenEvent,
    SeenInvoice,
    SeenMandate,
    SeenRefund,
    SettleOutside,
    TillSilent,
    VoidInvoice,
)
from telemetry.refusal import Refusal

PER_SECOND = 20
"""Calls a second and endpoint: Stripe allows 25."""
PATIENCE = 30.0
TOLERANCE = timedelta(seconds=300)
_BEFORE = timedelta(hours=1)
"""So much our clock and Stripe's may differ when we look for what was made."""
_BUSY, _CONFLICT, _DECLINED, _MISSING, _BROKEN = 429, 409, 402, 404, 500
_STATES = {state.value: state for state in CollectedState}
_EXPAND = ["payments.data.payment.payment_intent"]


class ForgedEvent(Refusal):
    """An event was not signed by Stripe, or not now."""


class Limiter:
    """Lets at most so many calls a second through to each endpoint; who comes too early waits."""

    def __init__(self, *, per_second: int = PER_SECOND) -> None:
        """Begin with nothing counted."""
        self._per_second = per_second
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def wait(
        self, endpoint: str, *, clock: Callable[[], float] = monotonic, rest: Callable[[float], None] = sleep
    ) -> None:
        """Wait until another call to an endpoint is allowed, and count it."""
        with self._lock:
            calls = self._calls[endpoint]
            if len(calls) >= self._per_second:
                rest(max(0.0, calls[0] + 1 - clock()))
                calls.popleft()
            calls.append(clock())


class StripeTill:
    """Stripe, behind the few things that we ask of it."""

    def __init__(self, key: str, *, url: str = "", limiter: Limiter | None = None, patience: float = PATIENCE) -> None:
        """Connect with the first call; `url` stands in for api.stripe.com in tests."""
        addresses: Any = {"api": url} if url else None
        http = stripe.RequestsClient(timeout=patience)
        self._client = stripe.StripeClient(key, base_addresses=addresses, max_network_retries=0, http_client=http)
        self._limiter = limiter or Limiter()

    def do(self, deed: Deed, *, key: str) -> Answer:
        """Do something that must have its effect once; the same key again gives the same answer."""
        self._limiter.wait(type(deed).__name__)
        try:
            made = _DEEDS[type(deed)](self._client.v1, deed, spelled(deed), {"idempotency_key": key})
        except stripe.StripeError as error:
            return _answer(error)
        return Answer(Outcome.DONE, made.id, str(getattr(made, "url", "") or ""))

    def find(self, deed: Deed, *, since: datetime) -> str:
        """Find what an earlier try of a deed made, by our own number or id."""
        after = {"created": {"gte": int((since - _BEFORE).timestamp())}, "limit": 100}
        match deed:
            case MakeCustomer():
                found = self._listed("customers", after, "pas_customer", deed.code)
            case DraftInvoice():
                found = self._listed("invoices", after | {"customer": deed.customer}, "pas_invoice", deed.number)
            case GiveBack():
                found = self._listed(
                    "refunds", after | {"payment_intent": deed.payment_intent}, "pas_refund", deed.refund
                )
            case AskMandate():
                where = after | {"customer": deed.customer}
                found = self._listed("checkout", where, "pas_mandate", deed.mandate)
            case _:
                return ""
        return found

    def invoice(self, stripe_id: str) -> SeenInvoice:
        """See an invoice as it stands."""
        return _invoice(self._see("invoice", lambda v1: v1.invoices.retrieve(stripe_id, {"expand": _EXPAND})))

    def invoices(self, *, since: datetime) -> Iterator[SeenInvoice]:
        """See all invoices made since a moment."""
        where: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        for one in self._all("invoices", where):
            yield _invoice(one)

    def mandate(self, session: str) -> SeenMandate:
        """See what a customer gave on the page."""
        expand = ["setup_intent.payment_method", "setup_intent.mandate"]
        return _mandate(self._see("session", lambda v1: v1.checkout.sessions.retrieve(session, {"expand": expand})))

    def refund(self, stripe_id: str) -> SeenRefund:
        """See a refund."""
        one = self._see("refund", lambda v1: v1.refunds.retrieve(stripe_id))
        ours = _metadata(one).get("pas_refund", "")
        return SeenRefund(one.id, ours, one.status or "", one.amount, _id(one.payment_intent))

    def dispute(self, stripe_id: str) -> SeenDispute:
        """See a payment that the payer's bank takes back."""
        one = self._see("dispute", lambda v1: v1.disputes.retrieve(stripe_id))
        at = datetime.fromtimestamp(one.created, UTC)
        facts = (one.amount, one.currency.upper(), _id(one.payment_intent), at)
        return SeenDispute(one.id, one.status == "lost", *facts)

    def _listed(self, what: str, where: Mapping[str, Any], mark: str, ours: str) -> str:
        """Give the oldest of a list that bears our mark."""
        found = [one.id for one in self._all(what, where) if _metadata(one).get(mark) == ours]
        return found[-1] if found else ""

    def _all(self, what: str, where: Mapping[str, Any]) -> Iterator[Any]:
        lists: dict[str, Callable[[Any], Any]] = {
            "customers": lambda v1: v1.customers.list(where),
            "invoices": lambda v1: v1.invoices.list({**where, "expand": [f"data.{path}" for path in _EXPAND]}),
            "refunds": lambda v1: v1.refunds.list(where),
            "checkout": lambda v1: v1.checkout.sessions.list(where),
        }
        first = self._see(what, lists[what])
        with _speaking():
            yield from first.auto_paging_iter()

    def _see(self, what: str, ask: Callable[[Any], Any]) -> Any:
        self._limiter.wait(f"see {what}")
        with _speaking():
            return ask(self._client.v1)


@contextmanager
def _speaking() -> Iterator[None]:
    """Turn what the SDK raises while we only look into our own words."""
    try:
        yield
    except stripe.StripeError as error:
        if error.http_status == _MISSING:
            raise NotThere(str(error)) from error
        raise TillSilent(_said(error), _wait(error)) from error


def _answer(error: stripe.StripeError) -> Answer:
    status, said = error.http_status, _said(error)
    if status is None or status in {_BUSY, _CONFLICT} or isinstance(error, stripe.APIConnectionError):
        return Answer(Outcome.UNKNOWN, said=said, wait=_wait(error))
    if status >= _BROKEN:
        return Answer(Outcome.BROKEN, said=said)
    declined = status == _DECLINED or isinstance(error, stripe.CardError)
    return Answer(Outcome.DECLINED if declined else Outcome.REFUSED, said=said)


def _said(error: stripe.StripeError) -> str:
    """Say in one line what went wrong; the code is Stripe's own."""
    code = getattr(error, "decline_code", None) or error.code or type(error).__name__
    return f"{code}: {error.user_message or error!s}"[:300]


def _wait(error: stripe.StripeError) -> float:
    headers = {str(name).lower(): value for name, value in (error.headers or {}).items()}
    try:
        return min(3600.0, max(0.0, float(headers.get("retry-after", 0))))
    except ValueError:
        return 0.0


def _metadata(one: Any) -> dict[str, str]:
    kept = getattr(one, "metadata", None)
    return dict(kept.to_dict()) if kept else {}


def _id(one: Any) -> str:
    """Give the id of a thing that may be expanded."""
    return "" if one is None else one if isinstance(one, str) else str(one.id)


def _invoice(one: Any) -> SeenInvoice:
    intents = [payment.payment.payment_intent for payment in (one.payments.data if one.payments else [])]
    last = next((intent for intent in reversed(intents) if intent is not None), None)
    status = "" if last is None or isinstance(last, str) else last.status
    error = None if last is None or isinstance(last, str) else last.last_payment_error
    state = _STATES[one.status]
    if state is CollectedState.OPEN and status == "processing":
        state = CollectedState.PROCESSING
    elif state is CollectedState.OPEN and (error is not None or one.attempt_count):
        state = CollectedState.FAILED
    why = "" if error is None else str(getattr(error, "decline_code", None) or error.code or "")
    facts = (len(one.lines.data), one.total, _collected(one))
    return SeenInvoice(one.id, _metadata(one).get("pas_invoice", ""), state, *facts, one.attempt_count, _id(last), why)


def _collected(one: Any) -> int:
    """Add up what came through Stripe itself; paid elsewhere is no money of Stripe's."""
    paid = [payment for payment in (one.payments.data if one.payments else []) if payment.status == "paid"]
    return sum(payment.amount_paid or 0 for payment in paid if payment.payment.type == "payment_intent")


def _mandate(one: Any) -> SeenMandate:
    intent = one.setup_intent
    method = None if intent is None or isinstance(intent, str) else intent.payment_method
    complete = method is not None and intent.status == "succeeded"
    if method is None or isinstance(method, str):
        return SeenMandate(complete, one.status == "expired", _id(method), "", "", str(one.url or ""))
    shown = method.sepa_debit if method.type == "sepa_debit" else method.card
    mandate = intent.mandate
    details = None if mandate is None or isinstance(mandate, str) else mandate.payment_method_details
    reference = str(details.sepa_debit.reference) if details is not None and "sepa_debit" in details else ""
    facts = (method.id, str(shown.last4 or ""), reference, str(one.url or ""))
    return SeenMandate(complete, one.status == "expired", *facts)


def read_event(payload: bytes, *, signature: str, secret: str, now: datetime) -> SeenEvent:
    """Read an event whose signature is right and fresh: neither old nor from the future.

    Raises ForgedEvent.
    """
    try:
        event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=0)
        told: dict[str, Any] = json.loads(payload)
        signed_at = _signed_at(signature)
        thing = told["data"]["object"]
        happened_at = datetime.fromtimestamp(told["created"], UTC)
        seen = SeenEvent(str(event.id)[:120], str(event.type)[:120], str(thing["id"])[:120], happened_at)
    except (
        stripe.SignatureVerificationError,
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
        OSError,
        RecursionError,
    ) as error:
        raise ForgedEvent("this event was not signed by Stripe with the secret we share, or cannot be read") from error
    if abs(now - signed_at) > TOLERANCE:
        raise ForgedEvent("this event was signed more than five minutes from now; look at the clocks of both sides")
    return seen


def _signed_at(signature: str) -> datetime:
    stamp = next(part[2:] for part in signature.split(",") if part.startswith("t="))
    return datetime.fromtimestamp(int(stamp), UTC)


_DEEDS: dict[type[Any], Callable[[Any, Any, Any, Any], Any]] = {
    MakeCustomer: lambda v1, _deed, told, options: v1.customers.create(told, options),
    DraftInvoice: lambda v1, _deed, told, options: v1.invoices.create(told, options),
    AddLines: lambda v1, deed, told, options: v1.invoices.add_lines(deed.invoice, told, options),
    FinalizeInvoice: lambda v1, deed, told, options: v1.invoices.finalize_invoice(deed.invoice, told, options),
    PayInvoice: lambda v1, deed, told, options: v1.invoices.pay(deed.invoice, told, options),
    SettleOutside: lambda v1, deed, told, options: v1.invoices.pay(deed.invoice, told, options),
    VoidInvoice: lambda v1, deed, told, options: v1.invoices.void_invoice(deed.invoice, told, options),
    GiveBack: lambda v1, _deed, told, options: v1.refunds.create(told, options),
    AskMandate: lambda v1, _deed, told, options: v1.checkout.sessions.create(told, options),
}
"""How each deed is done."""
