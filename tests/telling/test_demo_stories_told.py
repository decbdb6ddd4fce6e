"""The stories of the demo are found, explained and told to the right person once, in that person's language."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlmodel import select

from lifecycle.alert_queries import rules_in_force
from lifecycle.alert_rule import RuleCode, Stage
from lifecycle.change_alert_rule import change_alert_rule
from lifecycle.reassess import reassess
from lifecycle.tables import AssetRecord
from pas import clock
from pas.db import Database
from pas.message_tables import MessageKind, MessageRecord, MessageState
from pas.send_messages import Post
from pas.tell_alerts import tell_alerts
from pas.worker import sweep, work_once
from tests.telling.conftest import BY, Smtp

NOW = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\N{NO-BREAK SPACE}", " ")


def everything_again(database: Database, tenant_id: int) -> None:
    """Assess the whole fleet once more from the same data."""
    with database.writing(tenant_id) as session:
        reassess(session, now=NOW + timedelta(hours=1), asset_ids=session.exec(select(AssetRecord.id)).all())


def test_the_stories_reach_their_people_once_in_their_language(
    pas: Callable[..., Any], database: Database, smtp: Smtp, post: Post
) -> None:
    pas("demo", "--small", "--no-serve", "--json")
    tenant_id = database.tenant_id("demo")
    with database.writing(tenant_id) as session:  # a small fleet has too few outcomes: somebody answers for it
        live = rules_in_force(session)[RuleCode.WEAR].terms.model_copy(update={"stage": Stage.LIVE})
        change_alert_rule(session, code=RuleCode.WEAR, terms=live, now=NOW, by=BY)
        reassess(session, now=NOW, asset_ids=session.exec(select(AssetRecord.id)).all())

    tell_alerts(database, tenant_id, post=post, now=lambda: NOW)

    (room,) = smtp.box.of("contact@k016.example")
    assert room["Content-Language"] == "nl"
    assert room["Subject"].startswith("Omgeving: 1 × Laser projector")
    assert "waar 25 °C toegelaten is" in text_of(room)
    (forklift,) = smtp.box.of("contact@k026.example")
    assert forklift["Content-Language"] == "fr"
    assert "Instruire les utilisateurs" in text_of(forklift)
    assert "chocs en 28 jours" in text_of(forklift)
    (light,) = smtp.box.of("contact@k021.example")
    assert light["Content-Language"] == "en"
    assert light["Subject"].startswith("Wear: ")
    assert "one in two" in text_of(light)
    assert "Plan the replacement" in text_of(light)
    assert smtp.box.of("contact@k017.example") == []
    told = len(smtp.box.letters)

    everything_again(database, tenant_id)
    work_once(database)
    sweep(database)
    tell_alerts(database, tenant_id, post=post, now=lambda: NOW + timedelta(hours=2))

    assert len(smtp.box.letters) == told
    with database.reading(tenant_id) as session:
        sent = session.exec(select(MessageRecord).where(MessageRecord.kind == MessageKind.ALERT)).all()
        assert {(one.state, one.proof[:3], one.tries) for one in sent} == {(MessageState.SENT, "250", 1)}
