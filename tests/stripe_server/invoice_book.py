"""Invoices of the Stripe-compatible server: drafted, filled, made final, charged or debited, void."""

from tests.stripe_server.ledger import Ledger, Refused, Thing, wrong


class InvoiceBook(Ledger):
    """Invoices and what is paid of them."""

    def make_invoice(self, told: Thing) -> Thing:
        self.get(told.get("customer", ""), "customer")
        number = told.get("number")
        if number and any(one["number"] == number for one in self.all("invoice")):
            wrong(f"An invoice with number {number} already exists.", "invoice_number_taken")
        facts = {
            "status": "draft",
            "number": number,
            "customer": told["customer"],
            "currency": told.get("currency", "eur"),
            "collection_method": told.get("collection_method", "charge_automatically"),
            "auto_advance": told.get("auto_advance") == "true",
            "default_payment_method": told.get("default_payment_method"),
            "attempt_count": 0,
            "attempted": False,
            "lines": {"object": "list", "data": [], "has_more": False, "url": "/v1/invoices/lines"},
            "payments": {"object": "list", "data": [], "has_more": False, "url": "/v1/invoice_payments"},
            **dict.fromkeys(_AMOUNTS, 0),
            **_FIXED,
        }
        invoice = self.new("in", "invoice", **facts)
        invoice |= {"metadata": told.get("metadata", {}), "period_start": self.clock(), "period_end": self.clock()}
        self.tell("invoice.created", invoice)
        return invoice

    def add_lines(self, name: str, told: Thing) -> Thing:
        invoice = self._in(name, "draft")
        lines = told.get("lines", [])
        if not 0 < len(lines) <= 250:
            wrong("lines must hold 1 to 250 items")
        for line in lines:
            invoice["lines"]["data"].append(self._line(invoice, line))
        rows = invoice["lines"]["data"]
        invoice["subtotal"] = sum(row["amount"] for row in rows)
        invoice["total"] = invoice["subtotal"] + sum(tax["amount"] for row in rows for tax in row["taxes"])
        invoice["amount_due"] = invoice["amount_remaining"] = max(invoice["total"], 0)
        return invoice

    def _line(self, invoice: Thing, told: Thing) -> Thing:
        amount = int(told["amount"])
        taxes = [
            {
                "amount": int(tax["amount"]),
                "taxable_amount": int(tax["taxable_amount"]),
                "tax_behavior": "exclusive",
                "taxability_reason": "not_available",
                "type": "tax_rate_details",
            }
            for tax in told.get("tax_amounts", [])
        ]
        if any(abs(tax["taxable_amount"]) > abs(amount) for tax in taxes):
            wrong("taxable_amount is more than the amount of the line")
        facts = {"amount": amount, "subtotal": amount, "description": told.get("description"), "taxes": taxes}
        facts |= {"currency": invoice["currency"], "discountable": False, "discounts": [], "invoice": invoice["id"]}
        return self.new("il", "line_item", **facts, period={"start": self.clock(), "end": self.clock()})

    def finalize(self, name: str, _told: Thing) -> Thing:
        invoice = self._in(name, "draft")
        invoice["status"] = "open" if invoice["total"] > 0 else "paid"
        self.tell("invoice.finalized", invoice)
        return invoice

    def pay(self, name: str, told: Thing) -> Thing:
        invoice = self.get(name, "invoice")
        if invoice["status"] not in {"open", "uncollectible"}:
            wrong(f"Invoice is already {invoice['status']}", "invoice_not_open")
        if told.get("paid_out_of_band") == "true":
            return self._paid(invoice)
        if any(
            payment["status"] == "open" and self._intent(payment)["status"] == "processing"
            for payment in _payments(invoice)
        ):
            wrong("This invoice has a payment that is processing.", "invoice_payment_processing")
        method = self.method(told.get("payment_method") or invoice["default_payment_method"] or "")
        intent = self._charge(invoice, method)
        if intent["status"] == "requires_payment_method":
            self.tell("invoice.payment_failed", invoice)
            raise Refused(402, "card_error", "Your card was declined.", "card_declined")
        return invoice

    def _charge(self, invoice: Thing, method: Thing) -> Thing:
        facts = {"amount": invoice["amount_remaining"], "currency": invoice["currency"], "payment_method": method["id"]}
        intent = self.new("pi", "payment_intent", **facts, customer=invoice["customer"], last_payment_error=None)
        intent["invoice"] = invoice["id"]
        payment = self.new(
            "inpay", "invoice_payment", amount_requested=facts["amount"], amount_paid=None, status="open"
        )
        payment |= {
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "status_transitions": {},
        }
        payment["payment"] = {"type": "payment_intent", "payment_intent": intent["id"]}
        invoice["payments"]["data"].append(payment)
        invoice["attempt_count"] = 1  # tries by hand after the first are not counted by Stripe
        invoice["attempted"] = True
        if method["type"] == "sepa_debit":
            intent["status"] = "processing"
            self.tell("payment_intent.processing", intent)
        elif "bad" in method["id"]:
            self._failed(intent, "card_declined")
        else:
            self._succeeded(invoice, intent, payment)
        return intent

    def _failed(self, intent: Thing, code: str) -> None:
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"type": "card_error", "code": code, "message": code}
        self.tell("payment_intent.payment_failed", intent)

    def _succeeded(self, invoice: Thing, intent: Thing, payment: Thing) -> None:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        payment |= {"status": "paid", "amount_paid": intent["amount"]}
        self.tell("payment_intent.succeeded", intent)
        self._paid(invoice)

    def _paid(self, invoice: Thing) -> Thing:
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"], "amount_remaining": 0}
        self.tell("invoice.paid", invoice)
        return invoice

    def void(self, name: str, _told: Thing) -> Thing:
        invoice = self.get(name, "invoice")
        if invoice["status"] not in {"open", "uncollectible"}:
            wrong("You can only void an open invoice", "invoice_not_open")
        invoice["status"] = "void"
        self.tell("invoice.voided", invoice)
        return invoice

    def settle_debits(self, *, fails: bool = False) -> int:
        """Let the days pass that a SEPA debit takes."""
        waiting = [one for one in self.all("invoice_payment") if self._intent(one)["status"] == "processing"]
        for payment in waiting:
            invoice, intent = self.get(payment["invoice"], "invoice"), self._intent(payment)
            if fails:
                self._failed(intent, "insufficient_funds")
                payment["status"] = "canceled"
                self.tell("invoice.payment_failed", invoice)
            else:
                self._succeeded(invoice, intent, payment)
        return len(waiting)

    def _intent(self, payment: Thing) -> Thing:
        return self.get(payment["payment"]["payment_intent"], "payment_intent")

    def _in(self, name: str, status: str) -> Thing:
        invoice = self.get(name, "invoice")
        if invoice["status"] != status:
            wrong(f"This invoice is {invoice['status']}, not {status}", "invoice_not_editable")
        return invoice


_AMOUNTS = (
    "subtotal", "total", "amount_due", "amount_paid", "amount_remaining", "amount_overpaid", "amount_shipping",
    "amount_paid_off_stripe", "starting_balance", "post_payment_credit_notes_amount", "pre_payment_credit_notes_amount",
)  # fmt: skip
_FIXED: Thing = {
    "automatic_tax": {"enabled": False, "disabled_reason": None, "liability": None, "provider": None, "status": None},
    "default_tax_rates": [],
    "discounts": [],
    "issuer": {"type": "self"},
    "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
    "status_transitions": {"finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None},
}


def _payments(invoice: Thing) -> list[Thing]:
    found: list[Thing] = invoice["payments"]["data"]
    return found
