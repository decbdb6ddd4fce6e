"""What measures is the operator's own matter: told once for a site, never to the customer, over when it speaks."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from lifecycle.alert import AlertKind, AlertState
from lifecycle.condition.assessment import Assessment
from lifecycle.follow_readings import follow_readings, listen
from lifecycle.raise_alerts import raise_alerts
from lifecycle.raise_sensor_alerts import raise_sensor_alerts
from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, AssetRecord, ProductRecord
from pas.db import Database
from pas.send_messages import Post
from pas.tell_alerts import hear_sensors, tell_alerts
from telemetry.alarm_rule import AlarmKind, AlarmTerms
from telemetry.keep_alarm_rules import keep_alarm_rule
from tests.telling.conftest import NOON, Room, Smtp, heat

LATER = NOON + timedelta(hours=12)


def watch(session: Session, kind: AlarmKind, **figures: float) -> None:
    terms = AlarmTerms.model_validate({"name": "Sensor", "metric": "ambient_temperature", "kind": kind, **figures})
    keep_alarm_rule(session, code="sensor", terms=terms, since=NOON - timedelta(days=30), now=NOON)


@pytest.fixture
def silent(database: Database, room: Room) -> None:
    """Twelve sensors of one site fall silent."""
    with database.writing(room.tenant_id) as session:
        watch(session, AlarmKind.SILENCE, longest_seconds=8 * 3600)
        heat(session, room.assets, 21.0)
        reassess(session, now=NOON)
        assert listen(session, now=LATER).raised == len(room.assets)


@pytest.mark.usefixtures("silent")
def test_twelve_silent_sensors_are_one_letter_to_the_operator(
    database: Database, room: Room, post: Post, smtp: Smtp
) -> None:
    hear_sensors(database, room.tenant_id, now=LATER)
    assert hear_sensors(database, room.tenant_id, now=LATER + timedelta(minutes=1)) == 0

    tell_alerts(database, room.tenant_id, post=post, now=lambda: LATER + timedelta(hours=9))

    (letter,) = smtp.box.letters
    assert (letter["To"], letter["Content-Language"]) == ("manager@people.example", "fr")
    assert letter["Subject"].startswith("Capteur : 12 ×")


@pytest.mark.usefixtures("silent")
def test_it_is_over_when_the_sensors_speak_again(database: Database, room: Room) -> None:
    with database.writing(room.tenant_id) as session:
        assert raise_sensor_alerts(session, now=LATER) == (12, 0)
        heat(session, room.assets, 21.0, days=1, until=LATER)
        follow_readings(session, now=LATER)
        assert raise_sensor_alerts(session, now=LATER) == (0, 12)
        kinds = select(AlertRecord.kind, AlertRecord.state).distinct()
        assert session.exec(kinds).all() == [(AlertKind.SENSOR, AlertState.CLEARED)]


def test_a_stuck_sensor_is_no_evidence_of_a_hot_room(database: Database, room: Room) -> None:
    with database.writing(room.tenant_id) as session:
        watch(session, AlarmKind.STUCK, longest_seconds=86_400)
        heat(session, room.assets, 31.0)
        while follow_readings(session, now=NOON).batches:
            pass

        reassess(session, now=NOON, asset_ids=room.assets)

        assert session.exec(select(AlertRecord)).all() == []


def test_an_unknown_pattern_of_wear_is_a_message_of_its_own_to_the_operator(database: Database, room: Room) -> None:
    with database.writing(room.tenant_id) as session:
        asset = session.exec(select(AssetRecord).order_by(col(AssetRecord.serial)).limit(1)).one()
        product = session.exec(select(ProductRecord)).one()
        strange = {"code": "condition.unknown_pattern", "rule": "condition/2", "inputs": {}, "effect": None}
        told = Assessment(
            str(asset.id),
            60.0,
            70.0,
            80.0,
            "B",
            None,
            (None,) * 3,
            (None,) * 3,
            "life_table",
            [strange],
            {},
            "c/2",
            "x",
        )

        news = raise_alerts(
            session, [asset], products={product.id: product}, assessments={asset.id: told}, readings={}, now=NOON
        )

        assert news.raised == 1
        alert = session.exec(select(AlertRecord)).one()
        assert (alert.kind, alert.action, alert.owner) == (AlertKind.UNKNOWN_PATTERN, "inspect", "technician")
        plain = told._replace(account=[])
        again = raise_alerts(
            session, [asset], products={product.id: product}, assessments={asset.id: plain}, readings={}, now=NOON
        )
        assert again.cleared == 1
