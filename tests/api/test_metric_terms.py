"""How long readings of a metric are kept is set over HTTP like its other terms."""

from pas.role import Role
from tests.conftest import ClientOf

TERMS = {"name": "Room temperature", "kind": "gauge", "unit": "degC", "low": 18.0, "high": 24.0, "resolution": 0.1}


def test_the_terms_of_a_metric_come_back_as_they_were_given(client_of: ClientOf) -> None:
    client = client_of(Role.ADMINISTRATOR)

    kept = client.put("/api/v1/metrics/room", json={**TERMS, "keep_days": 30})

    assert kept.status_code == 200
    assert {**TERMS, "keep_days": 30, "forgotten_before": None}.items() <= kept.json().items()


def test_a_counter_is_not_forgotten_before_it_can_be_billed(client_of: ClientOf) -> None:
    client = client_of(Role.ADMINISTRATOR)
    counter = {"name": "Prints", "kind": "counter", "unit": "count"}

    refused = client.put("/api/v1/metrics/prints", json={**counter, "keep_days": 399})

    assert (refused.status_code, refused.json()["code"]) == (422, "kept-too-short")
    assert refused.json()["errors"][0]["field"] == "keep_days"
    assert client.put("/api/v1/metrics/prints", json={**counter, "keep_days": 400}).status_code == 200


def test_what_was_forgotten_is_for_nobody_to_say(client_of: ClientOf) -> None:
    client = client_of(Role.ADMINISTRATOR)

    assert client.put("/api/v1/metrics/room", json={**TERMS, "forgotten_before": "2020-01-01"}).status_code == 422
