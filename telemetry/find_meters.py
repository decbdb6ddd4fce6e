"""Find the meters of a tenant, with all their versions."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, select

from telemetry.meter import MeterVersion
from telemetry.refusal import Refusal
from telemetry.tables import MeterRecord


class UnknownMeter(Refusal):
    """There is no meter of that code."""


def meters(session: Session) -> dict[str, list[MeterVersion]]:
    """Give every meter by code, its versions in their order."""
    found: defaultdict[str, list[MeterVersion]] = defaultdict(list)
    for record in session.exec(select(MeterRecord).order_by(col(MeterRecord.code), col(MeterRecord.version))):
        found[record.code].append(MeterVersion.model_validate(_plain(record)))
    return dict(found)


def latest_meters(session: Session) -> dict[str, MeterVersion]:
    """Give the newest version of every meter, by code."""
    return {code: versions[-1] for code, versions in meters(session).items()}


def unknown(code: str, known: Collection[str], *, field: str) -> UnknownMeter:
    """Say that there is no such meter, and which there are."""
    sentence = f"there is no meter '{code[:60]}'; there are {', '.join(sorted(known)) or 'none yet'}"
    return UnknownMeter(sentence, field=field)


def _plain(record: MeterRecord) -> dict[str, Any]:
    return record.model_dump(include=set(MeterVersion.model_fields))
