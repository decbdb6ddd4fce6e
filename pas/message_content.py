"""What a message tells, in codes and figures: whoever sends or shows it finds the words in the reader's language."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lifecycle.alert_queries import Described
from lifecycle.alert_rule import RuleInForce, figures

Content = dict[str, Any]


def alert_content(told: Sequence[Described], rule: RuleInForce, *, name: str, organisation: str) -> Content:
    """Tell alerts of one cause."""
    items = [_item(one, rule) for one in sorted(told, key=lambda one: one.asset.serial)]
    return {"kind": "alert", "name": name, "organisation": organisation, "items": items}


def digest_content(told: Sequence[tuple[Described, RuleInForce]], *, name: str, organisation: str) -> Content:
    """Tell all that waited."""
    items = [_item(one, rule) for one, rule in told]
    return {"kind": "digest", "name": name, "organisation": organisation, "items": items}


def flood_content(name: str, organisation: str) -> Content:
    """Tell that the rest waits for the digest."""
    budget = figures()["budget"]
    most = {"most": budget["per_person"], "days": budget["person_days"]}
    return {"kind": "flood", "name": name, "organisation": organisation, "items": [], **most}


def _item(one: Described, rule: RuleInForce) -> Content:
    alert, asset, terms = one.alert, one.asset, rule.terms
    return {
        "alert": str(alert.id),
        "asset": str(asset.id),
        "serial": asset.serial,
        "product": one.product,
        "place": asset.place,
        "site": one.site,
        "kind": alert.kind.value,
        "failure_mode": alert.failure_mode,
        "cause": alert.cause,
        "priority": alert.priority.value,
        "began_at": _text(alert.began_at),
        "raised_at": _text(alert.raised_at),
        "days": [alert.days_p10, alert.days_p50, alert.days_p90],
        "action": alert.action,
        "owner": alert.owner,
        "due_on": alert.due_on.isoformat() if alert.due_on else "",
        "cost": None if alert.cost is None else str(alert.cost),
        "currency": alert.currency,
        "consequence": terms.consequence,
        "response": terms.response,
        "reasons": alert.reasons,
        "rule": alert.rule,
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
