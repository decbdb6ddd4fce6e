"""A cursor is ours or refused: whatever else is sent for one, nothing breaks and nothing is told."""

import base64
import json
from typing import Any

import pytest

from pas.role import Role
from tests.conftest import ClientOf

ID = "00000000-0000-7000-8000-000000000001"
STRANGE: tuple[Any, ...] = (
    [1, ID],
    ["a", 2],
    [["a"], ID],
    [None, None],
    [True, ID],
    ["\x00", ID],
    ["\ud800", ID],
    ["a"],
    {},
    "a",
    1,
    [10**400, ID],
    ["0001-01-01T00:00:00+14:00", ID],
    ["2026-01-01", "no id"],
    [10**19],
    ["1"],
    [1.5],
)


@pytest.mark.parametrize("path", ["assets", "alerts", "audit", "invoices", "quarantine", "metrics", "latest"])
def test_a_strange_cursor_is_refused(client_of: ClientOf, path: str) -> None:
    client = client_of(Role.ADMINISTRATOR)
    packed = [base64.urlsafe_b64encode(json.dumps(value).encode()).decode()[:400] for value in STRANGE]

    statuses = {client.get(f"/api/v1/{path}", params={"cursor": cursor}).status_code for cursor in (*packed, "*", "é")}

    assert statuses <= {200, 422}
    assert 422 in statuses
