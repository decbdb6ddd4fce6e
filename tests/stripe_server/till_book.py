"""All that the Stripe-compatible server does: invoices, money back, and pages on which customers give accounts."""

from tests.stripe_server.invoice_book import InvoiceBook
from tests.stripe_server.ledger import Thing, wrong


class TillBook(InvoiceBook):
    """The state. `method` says how a payment method behaves: `pm_card_ok`, `pm_card_bad`, `pm_sepa`."""

    def make_refund(self, told: Thing) -> Thing:
        intent = self.get(told.get("payment_intent", ""), "payment_intent")
        back = sum(one["amount"] for one in self.all("refund") if one["payment_intent"] == intent["id"])
        amount = int(told.get("amount", intent["amount"]))
        if intent["status"] != "succeeded" or back + amount > intent["amount"]:
            wrong("Refund amount is greater than unrefunded amount on charge", "charge_already_refunded")
        facts = {
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        refund = self.new("re", "refund", **facts, reason=None, charge=None)
        refund["metadata"] = told.get("metadata", {})
        self.tell("refund.created", refund)
        return refund

    def take_back(self, intent_id: str) -> Thing:
        """Let the payer's bank take a debit back, which a creditor always loses."""
        intent = self.get(intent_id, "payment_intent")
        facts = {"amount": intent["amount"], "currency": intent["currency"], "payment_intent": intent_id}
        dispute = self.new("du", "dispute", **facts, status="lost", reason="debit_not_authorized", charge="ch_1")
        dispute |= {"balance_transactions": [], "enhanced_eligibility_types": [], "is_charge_refundable": False}
        dispute |= {"evidence": {"enhanced_evidence": {}}, "evidence_details": _EVIDENCE}
        self.tell("charge.dispute.created", dispute)
        return dispute

    def make_session(self, told: Thing) -> Thing:
        if told.get("mode") != "setup":
            wrong("mode must be setup here")
        session = self.new("cs", "checkout.session", mode="setup", status="open", payment_status="no_payment_required")
        session |= {"customer": told.get("customer"), "payment_method_types": told.get("payment_method_types", [])}
        session |= {"url": f"https://checkout.stripe.test/{session['id']}", "setup_intent": None, "custom_fields": []}
        session |= {"automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None}}
        session |= {"custom_text": _NO_TEXT, "expires_at": self.clock() + 86400, "shipping_options": []}
        session["metadata"] = told.get("metadata", {})
        return session

    def visit(self, session_id: str, method: str) -> Thing:
        """Let the customer give account or card on the page."""
        session = self.get(session_id, "checkout.session")
        found = self.method(method)
        intent = self.new("seti", "setup_intent", status="succeeded", payment_method=found["id"], usage="off_session")
        intent |= {"payment_method_types": session["payment_method_types"], "mandate": None}
        if found["type"] == "sepa_debit":
            details = {"type": "sepa_debit", "sepa_debit": {"reference": f"MND{intent['id']}", "url": "https://x.test"}}
            mandate = self.new("mandate", "mandate", status="active", type="multi_use", payment_method=found["id"])
            mandate |= {"payment_method_details": details, "customer_acceptance": {"type": "online", "accepted_at": 1}}
            intent["mandate"] = mandate["id"]
        session |= {"status": "complete", "setup_intent": intent["id"], "url": None}
        self.tell("checkout.session.completed", session)
        return session


_EVIDENCE = {
    "due_by": None, "enhanced_eligibility": {}, "has_evidence": False, "past_due": False, "submission_count": 0,
    "submission_method": None,
}  # fmt: skip
_NO_TEXT = dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"))
