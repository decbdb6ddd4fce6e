"""Links that answer: looking changes nothing, one click answers once, and what is forged or old gives a clear page."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from lifecycle.alert import AlertState
from lifecycle.alert_tables import AlertOutcomeRecord
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, AssetEventRecord
from pas import clock
from pas.answer_link import ForgedLink, read_link
from pas.db import Database
from pas.find_readers import wishes_of
from pas.message_tables import WishesRecord
from pas.send_messages import Post
from pas.tell_alerts import tell_alerts
from tests.telling.conftest import HOME, NOON, Room, Smtp, heat


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def links(database: Database, room: Room, post: Post, smtp: Smtp) -> list[str]:
    """Planned, done, not true, later, and no more mail."""
    with database.writing(room.tenant_id) as session:
        heat(session, room.assets, 31.0)
        reassess(session, now=NOON)
    tell_alerts(database, room.tenant_id, post=post, now=lambda: NOON)
    body = smtp.box.letters[0].get_body(("plain",))
    assert body is not None
    return [found.removeprefix(HOME) for found in re.findall(rf"{HOME}/a/\S+", body.get_content())]


@pytest.fixture
def anybody(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def states(database: Database, room: Room) -> set[tuple[str, str]]:
    with database.reading(room.tenant_id) as session:
        return {(alert.state.value, alert.answer) for alert in session.exec(select(AlertRecord))}


def test_a_scanner_that_opens_every_link_answers_nothing(
    database: Database, room: Room, links: list[str], anybody: TestClient
) -> None:
    for link in links:
        page = anybody.get(link)
        assert page.status_code == 200
        assert '<form method="post">' in page.text
        assert "Omgeving: 12 × Laser projector" in page.text

    assert states(database, room) == {("raised", "")}


@pytest.mark.parametrize(
    ("place", "state", "answer"),
    [
        (0, "acknowledged", "planned: by link"),
        (1, "acknowledged", "done: by link"),
        (2, "shelved", "not_true: by link"),
        (3, "shelved", "shelved: by link"),
    ],
)
def test_one_click_answers_all_alerts_of_the_letter_once(
    database: Database, room: Room, links: list[str], anybody: TestClient, place: int, state: str, answer: str
) -> None:
    for _ in range(2):
        page = anybody.post(links[place])
        assert page.status_code == 200
        assert "Bedankt" in page.text

    assert states(database, room) == {(state, answer)}
    with database.reading(room.tenant_id) as session:
        answered = session.exec(select(AssetEventRecord).where(AssetEventRecord.kind == "alert_answered")).all()
        assert len(answered) == len(room.assets)
        assert {event.actor for event in answered} == {"contact@people.example"}
        assert len(session.exec(select(AlertOutcomeRecord)).all()) == len(room.assets)


def test_mail_programs_unsubscribe_with_one_post(
    database: Database, room: Room, links: list[str], anybody: TestClient, smtp: Smtp
) -> None:
    address = str(smtp.box.letters[0]["List-Unsubscribe"]).strip("<>").removeprefix(HOME)
    assert address == links[4]

    assert anybody.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    with database.reading(room.tenant_id) as session:
        assert not wishes_of(session.exec(select(WishesRecord)).one()).mail


def test_what_is_over_needs_no_answer(database: Database, room: Room, links: list[str], anybody: TestClient) -> None:
    with database.writing(room.tenant_id) as session:
        for alert in session.exec(select(AlertRecord)):
            alert.state, alert.cleared_at = AlertState.CLEARED, NOON

    page = anybody.post(links[0])

    assert page.status_code == 200
    assert "al voorbij" in page.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link.replace("planned", "done"),
        lambda link: re.sub(r"/a/\d+", "/a/99", link),
        lambda link: re.sub(r"\.(\d{10})\.", ".4102444800.", link),
        lambda link: re.sub(r"\.[0-9a-f]{32}\.", f".{'0' * 32}.", link),
        lambda _link: "/a/nonsense",
        lambda _link: "/a/1.x.planned.9.y",
    ],
    ids=["other answer", "other tenant", "later expiry", "other message", "nonsense", "bad id"],
)
def test_a_forged_link_gives_a_clear_page_and_changes_nothing(
    database: Database, room: Room, links: list[str], anybody: TestClient, spoil: Callable[[str], str]
) -> None:
    for answer in (anybody.get(spoil(links[0])), anybody.post(spoil(links[0]))):
        assert answer.status_code == 404
        assert "<h1>" in answer.text

    assert states(database, room) == {("raised", "")}


def test_an_old_link_gives_a_clear_page(links: list[str], anybody: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    later: datetime = NOON + timedelta(days=61)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert anybody.post(links[0]).status_code == 410


@given(st.text(max_size=120))
@settings(deadline=None, max_examples=50)
def test_no_text_reads_as_a_link_by_chance(text: str) -> None:
    with pytest.raises(ForgedLink):
        read_link(text)
