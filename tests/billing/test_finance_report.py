"""The finance report: from frozen inputs alone, parts that add up, and the same to the letter whatever came since."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from billing.decide_write_down import decide_write_down
from billing.end_report_queries import write_downs
from billing.finance_report.assumptions import Premise
from billing.finance_report.frozen import Inputs
from billing.finance_report.line import GROSS
from billing.finance_report.report import FinanceReport, make_report
from billing.finance_report.residual import Residual, UnsoundResidual
from billing.finance_report.write_down import AlreadyDecided, Verdict, WriteDownDecision
from billing.forecast_portfolio import forecast_portfolio
from billing.freeze_inputs import freeze_inputs
from billing.keep_end_report import keep_end_report, make_end_report, show_end_report
from billing.period import Period
from billing.set_residuals import set_residuals
from lifecycle.actor import Actor
from lifecycle.keep_sales import ObservedSale, keep_sales
from lifecycle.tables import AssetRecord, AuditRecord
from lifecycle.value_assets import value_assets
from tests.billing.ending_fleet import END, GRADES, START, ending_fleet, look

FULL: dict[str, Any] = {"start": START, "end": END}
FEW = 1_000
"""Scenarios: enough for what is tested, and fast."""


@pytest.fixture
def assets(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    return ending_fleet(session, now=now, by=actor)


def made(session: Session, now: datetime, **asked: Any) -> FinanceReport:
    told: dict[str, Any] = FULL | {"as_of": now.date(), "now": now, "draws": FEW} | asked
    return make_end_report(session, **told)


def sale(asset: AssetRecord, sold_on: date, price: int, number: str = "S-1") -> ObservedSale:
    told = {"sale_id": number, "category": "projection", "price": price, "currency": "EUR", "price_kind": "auction"}
    return ObservedSale.model_validate(told | {"asset_id": asset.serial, "sold_on": sold_on, "source": "own"})


@pytest.mark.usefixtures("assets")
def test_every_waterfall_ends_at_its_value_to_the_cent(session: Session, now: datetime) -> None:
    report = made(session, now, premise=Premise.ORDERLY_LIQUIDATION)
    assert len(report.lines) == 3
    for line in report.lines:
        amounts = [step.amount for step in line.waterfall]
        assert sum(amounts[:GROSS]) == line.p50
        assert sum(amounts) == line.net_mean
        assert {step.step: step.amount for step in line.waterfall}["premise"] < 0


@pytest.mark.usefixtures("assets")
def test_sums_are_of_what_adds_up_and_the_whole_is_that_of_the_portfolio(session: Session, now: datetime) -> None:
    report = made(session, now)
    (total,) = report.totals
    assert total.whole is not None
    for name in ("book_value", "headroom", "write_down", "unguaranteed", "crr_amount"):
        assert getattr(total, name) == sum(getattr(line, name) for line in report.lines)
        if hasattr(total.ladder[0], name):
            assert getattr(total, name) == sum(getattr(step, name) for step in total.ladder)
    assert total.whole.mean == sum(line.net_mean for line in report.lines if line.net_mean is not None)
    assert total.whole.p10 > sum(line.net_p10 for line in report.lines if line.net_p10 is not None)
    forecast = forecast_portfolio(session, **FULL, as_of=now.date(), now=now, draws=FEW)
    told = {(one.kind, one.name): one for one in forecast.groups}
    for group in [total.whole, *total.groups]:
        same = told.get((group.kind, group.name))
        if same is not None:
            for name in ("mean", "p10", "p50", "p90", "value_at_risk", "expected_shortfall"):
                assert float(getattr(group, name)) == pytest.approx(getattr(same, name), rel=2e-3, abs=0.5)
    assert len(forecast.groups) == sum((one.kind, one.name) in told for one in [total.whole, *total.groups])


def test_gross_values_are_those_that_are_told_of_each_thing(
    session: Session, now: datetime, assets: list[AssetRecord]
) -> None:
    lines = {line.asset_id: line for line in made(session, now).lines}
    for one in assets:
        line = lines[one.id]
        (worth,) = value_assets(session, asset_ids=[one.id], as_of=line.last_day, now=now)
        assert (line.p10, line.p50, line.p90) == (worth.p10, worth.p50, worth.p90)
        assert line.grade == worth.grade
        assert line.evidence == "expert only, 0 sales"


@pytest.mark.usefixtures("assets")
def test_each_stress_moves_the_total_the_way_it_must(session: Session, now: datetime) -> None:
    (total,) = made(session, now).totals
    changes = {one.name: one.change for one in total.sensitivities}
    assert changes["index_up"] > 0 > changes["index_down"]
    assert changes["grade_down"] < 0
    assert changes["use_up"] <= 0 <= changes["use_down"]
    assert changes["wage_up"] <= 0 <= changes["wage_down"]
    falling = [one.mean for one in total.premises]
    assert falling == sorted(falling, reverse=True)
    assert [one.p50 for one in total.fan] == sorted([one.p50 for one in total.fan], reverse=True)


def test_the_same_day_gives_the_same_report_whatever_came_in_since(
    session: Session, now: datetime, assets: list[AssetRecord], actor: Actor
) -> None:
    as_of = now.date() - timedelta(days=1)
    before = made(session, now, as_of=as_of)
    assert made(session, now, as_of=as_of) == before
    later = now + timedelta(days=3)

    keep_sales(session, [sale(assets[0], as_of - timedelta(days=1), 12_000)], now=later)
    look(session, [one.id for one in assets], (GRADES[2],) * 3, now=later, by=actor)
    set_residuals(session, [residual(assets[1], set_on=as_of)], now=later, by=actor)

    again = made(session, later, as_of=as_of)
    assert again.model_dump_json() == before.model_dump_json()
    assert made(session, later, as_of=later.date()).sha256 != before.sha256


def residual(asset: AssetRecord, **differing: Any) -> Residual:
    told = {"asset_id": asset.id, "set_on": date(2025, 1, 1), "currency": "EUR", "residual": "900.00"}
    return Residual.model_validate(told | {"guaranteed": "400.00", "guaranteed_by": "Maker Bank"} | differing)


def test_a_kept_report_is_made_again_to_the_letter_even_after_its_products_changed(
    session: Session, now: datetime, assets: list[AssetRecord], actor: Actor
) -> None:
    kept = keep_end_report(session, **FULL, as_of=now.date(), now=now, by=actor)
    keep_sales(session, [sale(assets[0], now.date(), 12_000)])
    look(session, [one.id for one in assets], (GRADES[2],) * 3, now=now + timedelta(hours=1), by=actor)

    shown = show_end_report(session, report_id=kept.id)

    assert shown.reproduced
    assert shown.report.model_dump_json() == kept.report.model_dump_json()
    assert made(session, now + timedelta(hours=2)).sha256 != kept.report.sha256
    assert "end-report-kept" in {one.action for one in session.exec(select(AuditRecord))}


@pytest.mark.usefixtures("assets")
def test_frozen_inputs_survive_being_written_and_read(session: Session, now: datetime) -> None:
    inputs = freeze_inputs(session, period=Period(START, END), as_of=now.date(), premise=Premise.FAIR_MARKET, now=now)
    read = Inputs.model_validate_json(inputs.written())
    assert read.sha256 == inputs.sha256
    assert make_report(read, draws=200) == make_report(inputs, draws=200)


def test_a_residual_that_is_set_is_where_depreciation_ends_and_its_guarantee_is_told_apart(
    session: Session, now: datetime, assets: list[AssetRecord], actor: Actor
) -> None:
    set_residuals(session, [residual(assets[0])], now=now, by=actor)
    line = next(one for one in made(session, now).lines if one.asset_id == assets[0].id)
    assert (line.residual_set, line.guaranteed, line.guaranteed_by) == (
        Decimal("900.00"),
        Decimal("400.00"),
        "Maker Bank",
    )
    assert line.book_value is not None
    assert line.net_mean is not None
    assert line.book_value > 900
    assert line.book_formula.startswith("900.00 + (")
    assert line.unguaranteed == line.book_value - 400
    assert line.ifrs16_fall == max(Decimal(500) - max(line.net_mean - 400, Decimal(0)), Decimal(0))
    assert line.crr_years == 1
    assert line.crr_amount == line.unguaranteed


@pytest.mark.parametrize(
    "differing",
    [
        {"guaranteed": "901.00"},
        {"guaranteed_by": ""},
        {"guaranteed": "0"},
        {"currency": "USD"},
        {"residual": "99999999.00"},
    ],
)
def test_a_residual_that_makes_no_sense_is_refused(
    session: Session, now: datetime, assets: list[AssetRecord], actor: Actor, differing: dict[str, str]
) -> None:
    with pytest.raises(UnsoundResidual):
        set_residuals(session, [residual(assets[0], **differing)], now=now, by=actor)


@pytest.mark.usefixtures("assets")
def test_write_downs_only_go_down_and_are_decided_once_with_a_reason(
    session: Session, now: datetime, actor: Actor
) -> None:
    kept = keep_end_report(session, **FULL, as_of=now.date(), now=now, by=actor, premise=Premise.FORCED_LIQUIDATION)
    proposals = session.exec(write_downs(report_id=kept.id)).all()
    assert {one.asset_id: one.amount for one in proposals} == {
        line.asset_id: line.write_down for line in kept.report.lines if line.write_down
    }
    assert proposals
    assert all(one.amount == one.book_value - one.expected > 0 for one in proposals)
    approved = WriteDownDecision(verdict=Verdict.APPROVED, reason="agreed with the auditor")

    decided = decide_write_down(session, approved, write_down_id=proposals[0].id, now=now, by=actor)

    assert decide_write_down(session, approved, write_down_id=proposals[0].id, now=now, by=actor) == decided
    refused = WriteDownDecision(verdict=Verdict.REFUSED, reason="not so")
    with pytest.raises(AlreadyDecided):
        decide_write_down(session, refused, write_down_id=proposals[0].id, now=now, by=actor)
    assert "write-down-approved" in {one.action for one in session.exec(select(AuditRecord))}


def test_what_was_paid_is_set_beside_what_had_been_told_the_day_before(
    session: Session, now: datetime, assets: list[AssetRecord]
) -> None:
    sold_on = now.date()
    (told,) = value_assets(session, asset_ids=[assets[0].id], as_of=sold_on, now=now - timedelta(days=1))
    assert told.p50 is not None
    paid = int(told.p50) * 2
    keep_sales(session, [sale(assets[0], sold_on, paid)], now=now)

    report = made(session, now)

    (one,) = report.realised_sales
    assert (one.p10, one.p50, one.p90) == (told.p10, told.p50, told.p90)
    whole, of_product = report.realised
    assert (whole.sales, whole.told, whole.coverage80) == (1, 1, 0.0)
    assert whole.bias == pytest.approx(float(told.p50) / paid - 1, abs=1e-4)
    assert (of_product.product, of_product.bias) == (told.product, whole.bias)


@pytest.mark.usefixtures("assets")
def test_a_report_of_a_day_to_come_rests_on_what_is_known_today(session: Session, now: datetime) -> None:
    ahead = made(session, now, as_of=date(2028, 1, 1))
    today = made(session, now)
    assert (ahead.data_until, ahead.as_of) == (now.date(), date(2028, 1, 1))
    assert [line.net_mean for line in ahead.lines] == [line.net_mean for line in today.lines]


def test_a_fleet_without_ends_gives_an_empty_report(session: Session, now: datetime) -> None:
    report = made(session, now)
    assert (report.lines, report.totals, report.comparables) == ([], [], 0)


def test_the_command_keeps_a_report_and_shows_it_again(
    database: Any, tenant: int, now: datetime, actor: Actor, pas: Callable[..., Any]
) -> None:
    with database.writing(tenant) as session:
        ending_fleet(session, now=now, by=actor)
    kept = pas("end-report", "2026/2029", "--as-of", str(now.date()), "--keep", "--json")
    assert kept.exit_code == 0, kept.stderr
    again = pas("end-report", "show", kept.json["kept"]["id"], "--json")
    assert json.dumps(again.json) == json.dumps(kept.json)
    assert again.json["kept"]["reproduced"] is True
    assert pas("end-report", "show", "nothing").exit_code == 1
