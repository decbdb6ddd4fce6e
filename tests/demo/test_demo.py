"""The small demo from end to end, through the command, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from billing.tables import BillRunRecord, InvoiceRecord
from lifecycle.condition.component import component_of
from lifecycle.reason import Reason
from lifecycle.tables import AssetRecord, ConditionRecord, ReassessmentRecord
from lifecycle.verify_history import verify_chains
from pas import clock
from pas.db import Database
from pas.demo import load_demo
from pas.demo.logins import PEOPLE
from pas.login import log_in
from pas.tables import PersonRecord
from telemetry.tables import QuarantinedReadingRecord, SeriesDayRecord

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class PlugPulled(RuntimeError):
    """The machine went dark."""


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def counted(session: Session, record: Any) -> int:
    return session.exec(select(func.count()).select_from(record)).one()


def sums_up(figures: dict[str, Any]) -> bool:
    parts = ("new", "changed", "unchanged", "refused")
    return bool(figures["rows"] == sum(figures[part] for part in parts))


def test_small_demo_goes_from_empty_house_to_invoices_and_values(pas: Callable[..., Any], database: Database) -> None:
    told = pas("demo", "--small", "--no-serve", "--json").json

    assert all(sums_up(figures) for figures in [*told["imports"].values(), told["readings"]])
    assert all(sum(figures["reasons"].values()) == figures["refused"] for figures in told["imports"].values())
    assert {kind for kind, figures in told["imports"].items() if figures["refused"]} == {"inspections"}
    assert told["imports"]["inspections"]["refused"] == 4

    found = {story["name"]: story for story in told["stories"]}
    assert found["hot room"]["alerted"] == found["hot room"]["things"]
    assert found["misuse"]["alerted"] == found["misuse"]["things"]
    assert found["near its end"]["alerted"] > 0
    assert found["edge of the wind farm"]["mean_index"] < found["middle of the wind farm"]["mean_index"]

    with database.reading(database.tenant_id("demo")) as session:
        _check_bill_run(session, told)
        assert counted(session, ReassessmentRecord) == 0
        assert counted(session, AssetRecord) == sum(told["assets"].values()) == told["imports"]["assets"]["new"]
        assert counted(session, QuarantinedReadingRecord) == told["readings"]["refused"]
        assert session.exec(select(func.sum(SeriesDayRecord.count))).one() == told["readings"]["new"]
        assert verify_chains(session).broken is None
        _check_reasons_add_up(session)
        _check_no_password_is_kept(session, told)
    assert told["values"]["things"] > 0
    assert log_in(
        database,
        organisation="demo",
        email="fleet@maker.example",
        password=_password(told, "fleet"),
        kind="bearer",
        now=NOW,
    )


def _check_bill_run(session: Session, told: dict[str, Any]) -> None:
    billed = told["billing"]
    every = session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.sequence))).all()
    invoices = [one for one in every if f"{one.period_start:%Y-%m}" == billed["month"]]
    assert billed["month"] == "2026-10"
    assert billed["failures"] == []
    assert len(invoices) == billed["issued"]
    assert [one.sequence for one in every] == list(range(1, billed["issued"] + told["money"]["invoices"] + 1))
    assert sum(invoice.net for invoice in invoices) == Decimal(billed["net"])
    assert sum(invoice.vat for invoice in invoices) == Decimal(billed["vat"])
    assert Decimal(billed["net"]) + Decimal(billed["vat"]) == Decimal(billed["gross"])
    assert any(line["component"] == "use" for invoice in invoices for line in invoice.document["lines"])


def _check_reasons_add_up(session: Session) -> None:
    """For every thing of the demo, and for each of its components: to the hundredth."""
    conditions = session.exec(select(ConditionRecord).where(ConditionRecord.id == AssetRecord.condition_id)).all()
    unknown = col(AssetRecord.in_service_on).is_(None) & col(AssetRecord.made_on).is_(None)
    assert len(conditions) >= counted(session, AssetRecord) - len(
        session.exec(select(AssetRecord.id).where(unknown)).all()
    )
    for condition in conditions:
        assert condition.detail is not None
        parts = [component_of(stored, rule=condition.rule) for stored in condition.detail["components"]]
        assert parts
        wholes = [(condition.index_p50, [Reason.model_validate(reason) for reason in condition.reasons])]
        for index, reasons in [*wholes, *((part.index_p50, part.reasons) for part in parts)]:
            hundredths = sum(round(reason.effect * 100) for reason in reasons if reason.effect is not None)
            assert hundredths == round(index * 100)


def _check_no_password_is_kept(session: Session, told: dict[str, Any]) -> None:
    passwords = {login["password"] for login in told["logins"]}
    people = session.exec(select(PersonRecord)).all()
    assert len(passwords) == len(people) == len(PEOPLE)
    assert all(person.password_hash.startswith("$argon2id$") for person in people)


def _password(told: dict[str, Any], who: str) -> str:
    return next(str(login["password"]) for login in told["logins"] if login["email"].startswith(who))


def test_an_interrupted_demo_is_completed_and_a_complete_one_is_not_loaded_twice(
    pas: Callable[..., Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file = load_demo.import_file

    def torn(*args: Any, file_name: str, **options: Any) -> Any:
        if file_name == "readings-wind.parquet":
            raise PlugPulled
        return import_file(*args, file_name=file_name, **options)

    with monkeypatch.context() as patch, pytest.raises(PlugPulled):
        patch.setattr(load_demo, "import_file", torn)
        pas("demo", "--small", "--no-serve", "--json")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 3, 1, 0, tzinfo=UTC))
    told = pas("demo", "--no-serve", "--json").json
    again = pas("demo", "--small", "--no-serve", "--json").json

    fresh = {file["file"]: file["new"] + file["changed"] for file in told["files"]}
    assert {name for name, rows in fresh.items() if rows} == {"readings-wind.parquet", "sales.csv", "changes.csv"}
    assert told["billing"]["issued"] > 0
    assert again["already_loaded"]
    assert {login["password"] for login in told["logins"]}.isdisjoint(login["password"] for login in again["logins"])
    with database.reading(database.tenant_id("demo")) as session:
        assert counted(session, BillRunRecord) == 2, "the month before, and the month"
        assert session.exec(select(func.sum(SeriesDayRecord.count))).one() > told["readings"]["new"]


def test_a_tenant_of_somebody_else_is_left_alone(pas: Callable[..., Any], database: Database) -> None:
    pas("tenant", "found", "demo", "--name", "Demolition Ltd", "--json")
    refused = pas("demo", "--small", "--no-serve", "--json")
    assert refused.exit_code == 1
    assert refused.json["code"] == "not-the-demo"
    with database.reading(database.tenant_id("demo")) as session:
        assert counted(session, AssetRecord) == 0
