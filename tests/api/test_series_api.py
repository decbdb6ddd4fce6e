"""A series read back in every form: pages of JSON, whole as csv and Arrow, thinned to its shape, rolled up."""

from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.api import series as series_door
from pas.db import Database
from pas.role import Role
from telemetry import read_series
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import days, hours
from telemetry.read_series import Asked, windows
from tests.conftest import ClientOf, Pas
from tests.lifecycle.sample_fleet import store_assets, store_product

FIRST = datetime(2025, 12, 30, 22, 30, tzinfo=UTC)
MOMENTS = [FIRST + timedelta(hours=7) * number for number in range(200)] + [FIRST + timedelta(days=300)]
"""Two months, a long silence, and one reading more."""
EVER = {"start": "2020-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        asset = store_assets(session, store_product(session), now=now, by=actor)[0]
        _measure(session, asset, now, actor)
        return asset


def _measure(session: Any, asset: AssetRecord, now: datetime, actor: Actor) -> None:
    """A counter that dips once and is reset once, and a level with one spike."""
    counted: list[float] = [100.0 + number for number in range(200)]
    counted[50], counted[120:] = 3.0, [float(number) for number in range(80)]
    level = [21.0 + number % 5 for number in range(200)]
    level[77] = 35.0
    rows = [
        (asset.serial, metric, at, value, "")
        for metric, values in (("lamp_hours", [*counted, 90.0]), ("ambient_temperature", [*level, 20.5]))
        for at, value in zip(MOMENTS, values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
    taken = absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)
    assert taken.taken == len(rows)


@pytest.fixture
def technician(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


def _asked(client: TestClient, asset: AssetRecord, what: str = "readings", accept: str = "", **query: Any) -> Any:
    headers = {"Accept": accept} if accept else {}
    asked = {"metric": "ambient_temperature", **EVER, **query}
    answer = client.get(f"/api/v1/assets/{asset.id}/{what}", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def test_csv_and_arrow_hold_the_whole_span_however_it_is_cut(
    asset: AssetRecord, technician: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_door, "PIECE", 7)
    page = _asked(technician, asset, limit=1000).json()

    table = pd.read_csv(StringIO(_asked(technician, asset, accept="text/csv").text), parse_dates=["at"])
    packed = pa.ipc.open_stream(BytesIO(_asked(technician, asset, format="arrow").content)).read_all()

    assert page["next_start"] is None
    assert table["value"].tolist() == [one["value"] for one in page["readings"]] == packed["value"].to_pylist()
    assert table["at"].tolist() == MOMENTS == packed["at"].to_pylist()
    assert set(table["asset"]) == {asset.public_id} == set(packed["asset"].to_pylist())
    assert _asked(technician, asset, format="csv", limit=10).text.count("\n") == 11


def test_the_csv_imports_again_with_no_change(
    asset: AssetRecord, technician: TestClient, pas: Pas, tmp_path: Path
) -> None:
    file = tmp_path / "readings.csv"
    file.write_bytes(_asked(technician, asset, format="csv", metric="lamp_hours").content)

    report = pas("import", "readings", str(file), "--json").json

    assert (report["rows"], report["new"], report["unchanged"], report["refused"]) == (len(MOMENTS), 0, len(MOMENTS), 0)


@pytest.mark.parametrize(("form", "media"), [("csv", "text/csv"), ("arrow", "application/vnd.apache.arrow.stream")])
def test_what_goes_out_goes_in_again(asset: AssetRecord, technician: TestClient, form: str, media: str) -> None:
    sent = _asked(technician, asset, format=form).content

    taken = technician.post("/api/v1/readings", content=sent, headers={"Content-Type": media}).json()

    assert (taken["taken"], taken["duplicates"], taken["quarantined"]) == (0, len(MOMENTS), 0)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/*", "text/csv; charset=utf-8"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
        ("application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.stream"),
        ("text/csv;q=nan", "application/json"),
        (",;=;q=", "application/json"),
    ],
)
def test_the_accept_header_chooses_the_form(
    asset: AssetRecord, technician: TestClient, accept: str, media: str
) -> None:
    assert _asked(technician, asset, accept=accept).headers["content-type"] == media
    assert _asked(technician, asset, accept=accept, format="csv").headers["content-type"].startswith("text/csv")


def test_thinned_out_the_spike_and_the_ends_stay(asset: AssetRecord, technician: TestClient) -> None:
    thin = _asked(technician, asset, points=20).json()

    values = [one["value"] for one in thin["readings"]]
    assert len(values) <= 20
    assert (thin["thinned_from"], thin["next_start"]) == (len(MOMENTS), None)
    assert (values[0], values[-1], min(values), max(values)) == (21.0, 20.5, 20.5, 35.0)
    assert _asked(technician, asset, points=20, format="csv").text.count("\n") == len(values) + 1
    assert len(_asked(technician, asset, points=1000).json()["readings"]) == len(MOMENTS)


@pytest.mark.parametrize("by", ["hour", "day"])
@pytest.mark.parametrize("metric", ["lamp_hours", "ambient_temperature"])
def test_rollups_are_the_same_however_the_span_is_cut(
    asset: AssetRecord, database: Database, tenant: int, technician: TestClient, by: str, metric: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    rolled = {"hour": hours, "day": days}[by]
    asked = Asked(asset.id, metric, FIRST - timedelta(days=500), FIRST + timedelta(days=299, hours=8))
    with database.reading(tenant) as session:
        whole = rolled(session, **asked._asdict())
        for step in (9, 92):
            monkeypatch.setattr(read_series, "_WINDOW", timedelta(days=step))
            parts = [rolled(session, **one._asdict()) for one in windows(session, asked)]
            pd.testing.assert_frame_equal(pd.concat([one for one in parts if len(one)], ignore_index=True), whole)

    csv = _asked(technician, asset, "rollups", format="csv", by=by, metric=metric).text
    page = _asked(technician, asset, "rollups", by=by, metric=metric).json()["rollups"]
    assert pd.read_csv(StringIO(csv))["mean"].tolist() == pytest.approx([one["mean"] for one in page])


def test_what_was_never_measured_is_empty_in_every_form(asset: AssetRecord, technician: TestClient) -> None:
    for what in ("readings", "rollups"):
        none = {"metric": "relative_humidity"}
        assert _asked(technician, asset, what, **none).json()[what] == []
        assert _asked(technician, asset, what, format="csv", **none).text.count("\n") == 1
        packed = _asked(technician, asset, what, format="arrow", **none).content
        assert pa.ipc.open_stream(BytesIO(packed)).read_all().num_rows == 0
    assert _asked(technician, asset, points=10, metric="relative_humidity").json()["readings"] == []
