"""What the documents show of asking is what can be asked."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from fastapi import FastAPI

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from pas.db import Database
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

_PAGE = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")
_QUESTIONS = [
    line
    for block in re.findall(r"^```http\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
FIRST = datetime(2026, 3, 29, 10, tzinfo=UTC)


@pytest.fixture
def ids(database: Database, tenant: int, now: datetime, actor: Actor) -> dict[str, str]:
    """Two things of a customer, measured for three days."""
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        holder = store_customer(session)
        one, other = store_assets(session, store_product(session), now=now, by=actor, count=2, holder_id=holder.id)
        rows = [
            (asset.serial, metric, FIRST + timedelta(hours=hour), float(hour), "")
            for asset in (one, other)
            for metric in ("co2", "lamp_hours")
            for hour in range(72)
        ]
        frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
        absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)
        return {"asset_id": str(one.id), "other_id": str(other.id), "customer_id": str(holder.id)}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("question", _QUESTIONS)
def test_every_question_of_the_page_is_answered(
    app: FastAPI, client_of: ClientOf, ids: dict[str, str], question: str
) -> None:
    app.state.live.longest = 0.0
    method, _, path = question.partition(" ")

    answer = client_of(Role.TECHNICIAN).request(method, path.format_map(ids))

    assert answer.status_code == 200, answer.text
    assert "[]" not in answer.text
    assert len(answer.text) > len(": listening")
