"""Decide who hears of which alerts and how: at once, after the quiet hours, or in the digest; and write it down."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alert import AlertKind, AlertPriority
from lifecycle.alert_queries import Described, described, oldest_notice, rules_in_force, waiting_notices
from lifecycle.alert_rule import Responder, RuleInForce, Rules, figures, rule_named
from lifecycle.condition_queries import how_many_wait
from pas.find_readers import Reader, Told, audience, readers, told_to_all
from pas.message_content import alert_content, flood_content
from pas.message_tables import (
    Channel,
    DigestEntryRecord,
    MessageAlertRecord,
    MessageKind,
    MessageRecord,
    MessageState,
    WebhookRecord,
)
from pas.wishes import not_before
from telemetry.identity import new_id
from telemetry.tables import TenantRecord, tenant_of

AT_ONCE = 2000
GATHER = timedelta(seconds=60)
"""So long, at most, does an alert wait for others of its cause while things are still being assessed."""
_RANK = {AlertPriority.URGENT: 0, AlertPriority.HIGH: 1, AlertPriority.MEDIUM: 2, AlertPriority.LOW: 3}


class Addressed(NamedTuple):
    """How many notices were taken up, how many messages were written, and how many alerts wait for a digest."""

    notices: int = 0
    messages: int = 0
    digested: int = 0


class Group(NamedTuple):
    """Alerts of one cause at one holder's: told together or not at all."""

    rule: RuleInForce
    cause: str
    waiting: list[Described]

    @property
    def urgent(self) -> bool:
        """Tell whether it is told whatever the hour and however much was told before."""
        return any(one.alert.priority is AlertPriority.URGENT for one in self.waiting)


def is_ready(session: Session, *, now: datetime) -> bool:
    """Tell whether to tell now: nothing is being assessed that could belong to it, or it has waited long enough."""
    since = oldest_notice(session)
    return since is not None and (now - since >= GATHER or not how_many_wait(session))


def address_alerts(session: Session, *, mails: bool, now: datetime) -> Addressed:
    """Take up the notices that wait and write each a message, or an entry in somebody's digest, in this transaction.

    Sends nothing. `mails` says whether a mail server is named; without one a message stands on the reader's page.
    """
    notices = waiting_notices(session, limit=AT_ONCE)
    if not notices:
        return Addressed()
    waiting = described(session, [notice.alert_id for notice in notices])
    rules, everybody, told = rules_in_force(session), readers(session), told_to_all(session, now=now)
    desk = _Desk(session, mails=mails, told=told, now=now)

    for group in _grouped(waiting, rules):
        for reader in _readers_of(group, everybody):
            desk.tell(group, reader)
        desk.call(group)
    for notice in notices:
        notice.told_at = now

    session.flush()
    return Addressed(len(notices), desk.messages, desk.digested)


def _grouped(waiting: Iterable[Described], rules: Rules) -> list[Group]:
    """Put together what has one cause and one holder; what is most urgent comes first, then what lasts hours."""
    groups: dict[tuple[str, UUID | None], Group] = {}
    for one in waiting:
        rule = rules[rule_named(one.alert.rule, one.alert.kind)]
        group = groups.setdefault((one.alert.cause, one.asset.holder_id), Group(rule, one.alert.cause, []))
        group.waiting.append(one)
    return sorted(groups.values(), key=_how_soon)


def _how_soon(group: Group) -> tuple[int, bool, int]:
    priority = min(_RANK[one.alert.priority] for one in group.waiting)
    return priority, group.waiting[0].alert.kind is AlertKind.WEAR, -len(group.waiting)


def _readers_of(group: Group, everybody: Sequence[Reader]) -> list[Reader]:
    """Find whom the rule means; where that is nobody, the fleet managers hear it, or the administrators."""
    holder_id, terms = group.waiting[0].asset.holder_id, group.rule.terms
    meant = list(dict.fromkeys([*terms.tell, terms.owner]))
    found = {one.id: one for responder in meant for one in audience(everybody, responder, holder_id=holder_id)}
    deaf = Responder.CUSTOMER in meant and not audience(everybody, Responder.CUSTOMER, holder_id=holder_id)
    if deaf or not found:
        found |= {one.id: one for one in audience(everybody, Responder.FLEET_MANAGER, holder_id=None)}
    if not found:
        found = {one.id: one for one in audience(everybody, Responder.ADMINISTRATOR, holder_id=None)}
    return list(found.values())


class _Desk:
    """Writes messages and digest entries, and remembers what it wrote, so that no limit is passed within one go."""

    def __init__(self, session: Session, *, mails: bool, told: Told, now: datetime) -> None:
        self._session, self._mails, self._told, self._now = session, mails, told, now
        self._tenant = tenant_of(session)
        self._organisation = session.exec(select(TenantRecord.name).where(TenantRecord.id == self._tenant)).one()
        open_ones = select(WebhookRecord).where(col(WebhookRecord.disabled_at).is_(None))
        self._webhooks = list(session.exec(open_ones.order_by(col(WebhookRecord.id))))
        self.messages = self.digested = 0

    def tell(self, group: Group, reader: Reader) -> None:
        """Tell a person of a group: at once what may be told at once, the rest in the digest."""
        if group.rule.kind in reader.wishes.off:
            return
        later = self._why_later(group, reader)
        now = [one for one in group.waiting if one.alert.id not in later]
        for alert_id, why in later.items():
            self._digest(reader, alert_id, why)
        if now:
            self._write(group, reader, now)
        if "person" in later.values() and reader.id not in self._told.flooded:
            self._told.flooded.add(reader.id)
            self._add(reader, MessageKind.FLOOD, "", flood_content(reader.name, self._organisation), ())

    def call(self, group: Group) -> None:
        """Tell the programs that listen; they have no quiet hours and no limit."""
        for webhook in self._webhooks:
            if webhook.kinds and group.rule.kind.value not in webhook.kinds:
                continue
            content = alert_content(group.waiting, group.rule, name="", organisation=self._organisation)
            facts = {"webhook_id": webhook.id, "channel": Channel.WEBHOOK, "language": "en"}
            self._keep(facts, MessageKind.ALERT, group.cause, content, [one.alert.id for one in group.waiting])

    def _why_later(self, group: Group, reader: Reader) -> dict[UUID, str]:
        """Give the alerts that wait for the digest, each with the reason."""
        if group.urgent:
            return {}
        budget = figures()["budget"]
        if (reader.id, group.cause) in self._told.causes:
            return {one.alert.id: "cause" for one in group.waiting}
        known = [one for one in group.waiting if (reader.id, one.asset.id) in self._told.assets]
        later = {one.alert.id: "asset" for one in known}
        if len(later) < len(group.waiting) and self._told.messages[reader.id] >= budget["per_person"]:
            later |= {one.alert.id: "person" for one in group.waiting if one.alert.id not in later}
        return later

    def _write(self, group: Group, reader: Reader, told: Sequence[Described]) -> None:
        content = alert_content(told, group.rule, name=reader.name, organisation=self._organisation)
        alert_ids = [one.alert.id for one in told]
        self._add(reader, MessageKind.ALERT, group.cause, content, alert_ids, urgent=group.urgent)
        self._told.messages[reader.id] += 1
        self._told.causes.add((reader.id, group.cause))
        self._told.assets.update((reader.id, one.asset.id) for one in told)

    def _add(
        self,
        reader: Reader,
        kind: MessageKind,
        cause: str,
        content: dict[str, Any],
        alert_ids: Sequence[UUID],
        *,
        urgent: bool = False,
    ) -> None:
        facts: dict[str, Any] = {"person_id": reader.id, "language": reader.language}
        if self._mails and reader.wishes.mail:
            at = self._now if urgent else not_before(reader.wishes, now=self._now)
            facts |= {"channel": Channel.MAIL, "next_try_at": at}
        else:
            facts |= {"channel": Channel.PAGE, "state": MessageState.SENT, "sent_at": self._now}
        self._keep(facts, kind, cause, content, alert_ids)

    def _keep(
        self, facts: dict[str, Any], kind: MessageKind, cause: str, content: dict[str, Any], alert_ids: Sequence[UUID]
    ) -> None:
        keep_message(self._session, facts, kind=kind, cause=cause, content=content, alert_ids=alert_ids, now=self._now)
        self.messages += 1

    def _digest(self, reader: Reader, alert_id: UUID, why: str) -> None:
        entry = DigestEntryRecord(
            tenant_id=self._tenant, person_id=reader.id, alert_id=alert_id, why=why, since=self._now
        )
        self._session.merge(entry)
        self.digested += 1


def keep_message(
    session: Session,
    facts: dict[str, Any],
    *,
    kind: MessageKind,
    cause: str,
    content: dict[str, Any],
    alert_ids: Sequence[UUID],
    now: datetime,
) -> MessageRecord:
    """Write a message down with the alerts it tells of."""
    common = {"tenant_id": tenant_of(session), "id": new_id(), "kind": kind, "cause": cause}
    whole = common | {"content": content, "made_at": now, "next_try_at": now} | facts
    message = MessageRecord.model_validate(whole)
    session.add(message)
    session.flush()
    session.add_all(
        MessageAlertRecord(tenant_id=message.tenant_id, message_id=message.id, alert_id=one) for one in alert_ids
    )
    return message
