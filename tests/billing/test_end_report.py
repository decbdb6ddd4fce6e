"""The end report: the things whose contract ends, each with its value, and nothing added up that does not add up."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from billing.contract_life.ending import NOTE, as_csv, report
from billing.end_report import end_report
from billing.period import NotAPeriod
from pas.db import Database
from tests.billing.billed_fleet import Fleet, contract, found_fleet, line, sign

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


def ending_fleet(session: Session) -> Fleet:
    fleet = found_fleet(session)
    first, second, third = fleet.assets
    sign(
        session,
        contract(fleet.customer, "C-1", [line(first, ends_on="2026-12-01"), line(second)], ends_on="2027-01-01"),
        contract(fleet.customer, "C-2", [line(third)]),
    )
    return fleet


def test_lines_end_on_their_own_last_day_or_with_their_contract(session: Session) -> None:
    fleet = ending_fleet(session)

    lines = end_report(session, start=date(2026, 10, 1), end=date(2027, 1, 1), as_of=NOW.date(), now=NOW)

    assert [(one.asset_id, one.last_day) for one in lines] == [
        (fleet.assets[0].id, date(2026, 11, 30)),
        (fleet.assets[1].id, date(2026, 12, 31)),
    ]
    one = lines[0]
    assert one.p10 is not None
    assert one.p50 is not None
    assert one.p90 is not None
    assert one.p10 <= one.p50 <= one.p90 <= one.price_new
    assert (one.contract, one.customer, one.product, one.currency) == ("C-1", "K-007", "LP-40", "EUR")
    assert one.reasons


def test_the_first_day_after_the_period_does_not_count(session: Session) -> None:
    ending_fleet(session)
    lines = end_report(session, start=date(2026, 12, 31), end=date(2027, 6, 1), as_of=NOW.date(), now=NOW)
    assert [one.last_day for one in lines] == [date(2026, 12, 31)]


def test_only_what_adds_up_is_added_up(session: Session) -> None:
    ending_fleet(session)
    lines = end_report(session, start=date(2026, 1, 1), end=date(2028, 1, 1), as_of=NOW.date(), now=NOW)

    made = report(lines, start=date(2026, 1, 1), end=date(2028, 1, 1), as_of=NOW.date())

    (total,) = made.totals
    assert (total.things, total.valued, total.price_new) == (2, 2, Decimal("10000.00"))
    assert total.straight_line == sum(one.straight_line for one in lines if one.straight_line is not None)
    assert not {"p10", "p50", "p90"} & set(total.model_dump())
    assert made.note == NOTE


def test_a_turned_period_is_refused(session: Session) -> None:
    with pytest.raises(NotAPeriod):
        end_report(session, start=date(2027, 1, 1), end=date(2026, 1, 1), as_of=NOW.date(), now=NOW)


def test_a_csv_cell_is_never_a_formula(session: Session) -> None:
    ending_fleet(session)
    lines = end_report(session, start=date(2026, 1, 1), end=date(2028, 1, 1), as_of=NOW.date(), now=NOW)
    evil = lines[0].model_copy(update={"customer_name": "=cmd|' /C calc'!A0"})
    assert ",'=cmd" in as_csv([evil])


def test_the_command_prints_json_and_writes_csv(
    database: Database, tenant: int, pas: Callable[..., Any], tmp_path: Path
) -> None:
    with database.writing(tenant) as session:
        ending_fleet(session)
    file = tmp_path / "ending.csv"

    ran = pas("end-report", "2026-10/2027-04", "--csv", str(file), "--json")

    assert (ran.exit_code, ran.json["totals"][0]["things"]) == (0, 2)
    assert file.read_text(encoding="utf-8").count("\n") == 3
    assert pas("end-report", "soon").exit_code == 1
