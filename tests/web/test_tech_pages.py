"""The technician's shell holds nothing of anybody and stays small; what waits is decided by a person on a page."""

import gzip
import re
from datetime import timedelta
from uuid import UUID

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus
from lifecycle.field_record import FieldRecord
from lifecycle.field_tables import FieldDecisionRecord
from lifecycle.tables import AssetRecord, InspectionRecord
from lifecycle.take_field_record import take_field_record
from pas import clock
from pas.db import Database
from pas.role import Role
from pas.words import LANGUAGES
from telemetry.identity import new_id
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_product

SHELL = 60_000
"""Bytes on the wire that the app may weigh until it opens without a network."""


def test_the_shell_weighs_little_and_every_file_of_it_is_there(app: FastAPI) -> None:
    client = TestClient(app)
    told = re.search(r'"shell": (\[[^\]]*\])', client.get("/tech/sw.js").text)
    assert told is not None
    wire = 0
    for address in re.findall(r'"([^"]+)"', told[1]):
        with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status_code == 200, address
            wire += len(b"".join(answer.iter_raw()))
    assert 20_000 < wire <= SHELL


def test_only_the_scanner_may_run_webassembly(app: FastAPI) -> None:
    client = TestClient(app)

    assert "'wasm-unsafe-eval'" in client.get("/tech/scan").headers["content-security-policy"]
    assert "wasm" not in client.get("/tech").headers["content-security-policy"]
    assert client.get("/tech/sw.js").headers["service-worker-allowed"] == "/tech"
    assert client.get("/tech/manifest.webmanifest").json()["display"] == "standalone"


def test_the_shell_speaks_each_language_and_names_no_words_that_are_missing(app: FastAPI) -> None:
    client = TestClient(app)
    scripts = re.findall(r'"([^"]+\.js)"', client.get("/tech/sw.js").text)
    said = {key for one in scripts for key in re.findall(r'say\(\s*"(\w+\.\w+)"', client.get(one).text)}
    assert len(said) > 40
    for language in LANGUAGES:
        page = client.get(f"/tech?lang={language}").text
        assert f'<html lang="{language}">' in page
        assert {key for key in said if f'"{key}":' not in page} == set()


def test_the_shell_is_packed_only_for_those_who_can_unpack(app: FastAPI) -> None:
    client = TestClient(app)
    with client.stream("GET", "/tech", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    plain = client.get("/tech", headers={"Accept-Encoding": "identity"})

    assert gzip.decompress(packed) == plain.content
    assert "content-encoding" not in plain.headers


def test_the_office_sees_both_versions_and_decides(
    database: Database, tenant: int, actor: Actor, client_of: ClientOf
) -> None:
    now = clock.now() - timedelta(days=1)
    with database.writing(tenant) as session:
        asset = store_assets(session, store_product(session), now=now, by=actor)[0]
        known = {"status": "in_stock", "place": "the <b>cellar</b>"}
        told = {"kind": "status", "tag": asset.serial, "captured_at": now, "wanted": {"status": "retired"}}
        stale, strange = (UUID(str(new_id())) for _ in range(2))
        seen = {"kind": "inspection", "tag": "TORN-1", "captured_at": now, "seen": {"grades": {"overall": "D"}}}
        for one in (told | {"id": stale, "based_on": known}, seen | {"id": strange}):
            take_field_record(session, FieldRecord.model_validate(one), sent_at=None, now=clock.now(), by=actor)
    office = client_of(Role.FLEET_MANAGER)
    page = office.get("/tech-decisions?lang=en").text
    assert "the &lt;b&gt;cellar" in page
    assert "TORN-1" in page
    assert page.count("It was changed meanwhile.") == 1
    assert client_of(Role.TECHNICIAN).get("/tech-decisions").status_code == 403

    wrong = office.post(f"/tech-decisions/{strange}/match", data={"tag": "nothing"})
    matched = office.post(f"/tech-decisions/{strange}/match", data={"tag": asset.serial}, follow_redirects=False)
    declined = office.post(f"/tech-decisions/{stale}/decline", data={"why": "in use"}, follow_redirects=False)

    assert (wrong.status_code, matched.status_code, declined.status_code) == (404, 303, 303)
    assert "Nothing waits for a decision." in office.get("/tech-decisions?lang=en").text
    with database.reading(tenant) as session:
        assert session.get_one(AssetRecord, (tenant, asset.id)).status is AssetStatus.IN_SERVICE
        assert [one.grades for one in session.exec(select(InspectionRecord))] == [{"overall": "D"}]
        assert sorted(one.why for one in session.exec(select(FieldDecisionRecord))) == ["", "in use"]
