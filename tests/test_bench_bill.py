"""The measurement of billing drafts what it says, and holds its rows against those of the raw insert."""

import pytest

from pas.bench.bill import bench_bill
from pas.bench.storage.curve import stores


@pytest.mark.parametrize("store", ["SQLite", "PostgreSQL"])
def test_a_month_is_measured_on_either_database(store: str) -> None:
    assert store in stores()
    ticks: list[int] = []

    speed = bench_bill(contracts=110, on=store, issue=50 if store == "SQLite" else 0, tick=ticks.append)

    assert (speed.contracts, speed.lines, sum(ticks)) == (110, 330, 220)
    assert speed.ratio > speed.ratio_with_loading > 0
    assert speed.written == 110
    assert speed.written_per_core_second > 0
    assert speed.issued == (50 if store == "SQLite" else 0)
