"""Whatever arrives is read or refused in words: never anything else, and never for long."""

import pytest

from telemetry.refusal import Refusal
from telemetry.wire.decode import decode
from tests.telemetry.malformed import malformed
from tests.telemetry.wire_rows import NOW

_EACH = 2_500


@pytest.mark.parametrize("part", range(8))
def test_a_malformed_payload_is_read_or_refused(part: int) -> None:
    refused = []
    for seed in range(part * _EACH, (part + 1) * _EACH):
        body, content_type, encoding = malformed(seed)
        try:
            arrived = decode(body, content_type=content_type, encoding=encoding, now=NOW)
        except Refusal as refusal:
            refused.append(refusal.sentence.encode())
        else:
            shown = [arrived.as_received(row) for row in range(min(len(arrived), 10))]
            assert all(isinstance(cell, str) for row in shown for cell in row.values()), seed

    assert _EACH // 20 < len(refused) < _EACH - _EACH // 20
    assert all(0 < len(sentence) < 2_000 for sentence in refused)


def test_the_same_seed_gives_the_same_payload() -> None:
    assert [malformed(seed) for seed in range(50)] == [malformed(seed) for seed in range(50)]
