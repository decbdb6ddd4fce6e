"""Take readings batch by batch: a batch is stored whole or not at all, and stored once however often it comes."""

from collections import Counter
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO

from sqlmodel import Session

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from pas.db import Database
from pas.exchange.cell import clean
from pas.exchange.kind import Options
from pas.exchange.origin import source_of
from pas.exchange.reading_batches import Batch, batches
from pas.exchange.report import MOST_SHOWN, ImportReport
from pas.exchange.trial import Progress, trial
from telemetry.queries import metrics

_LONGEST_SOURCE = 40
DOUBTFUL = "a number or date may be read in two ways"
RAGGED = "a row has more or fewer cells than there are headings"


def take_readings(
    session: Session,
    *,
    file: BinaryIO,
    file_name: str,
    dry_run: bool,
    now: datetime,
    by: Actor,
    options: Options,
    progress: Progress | None,
) -> ImportReport:
    """Take a file in the session's transaction, all of it or nothing. Raises what `batches` raises."""
    report = ImportReport(kind="readings", file=clean(PurePath(file_name).name), dry_run=dry_run)
    source = source_of(options, file_name)[:_LONGEST_SOURCE]
    with trial(session, dry_run=dry_run):
        for batch in batches(file, file_name, options=options, known_metrics=metrics(session)):
            _absorb(session, batch, report, zone=options.zone, source=source, now=now, by=by)
            (progress or _silent)(batch.readings)
    return report


def import_readings(
    database: Database,
    tenant_id: int,
    *,
    file: BinaryIO,
    file_name: str,
    dry_run: bool,
    now: datetime,
    by: Actor,
    options: Options,
    progress: Progress | None,
) -> ImportReport:
    """Take a file with a transaction a batch: killed halfway, a rerun completes it and stores nothing twice."""
    report = ImportReport(kind="readings", file=clean(PurePath(file_name).name), dry_run=dry_run)
    source = source_of(options, file_name)[:_LONGEST_SOURCE]
    with database.reading(tenant_id) as session:
        known = set(metrics(session))
    for batch in batches(file, file_name, options=options, known_metrics=known):
        with database.writing(tenant_id) as session, trial(session, dry_run=dry_run):
            _absorb(session, batch, report, zone=options.zone, source=source, now=now, by=by)
        (progress or _silent)(batch.readings)
    return report


def _silent(_done: int) -> None:
    """Show no progress."""


def _absorb(
    session: Session, batch: Batch, report: ImportReport, *, zone: str, source: str, now: datetime, by: Actor
) -> None:
    """Take one batch in and add what became of it to the report."""
    report.rows += batch.readings
    report.refused += len(batch.refusals)
    told = Counter(DOUBTFUL if refusal.column else RAGGED for refusal in batch.refusals)
    if len(batch.frame):
        absorbed = absorb_readings(session, frame=batch.frame, key=None, source=source, now=now, by=by, zone=zone)
        report.new += absorbed.taken
        report.unchanged += absorbed.duplicates
        report.refused += absorbed.quarantined
        told.update(absorbed.reasons)
    for reason, count in told.items():
        report.reasons[reason] = report.reasons.get(reason, 0) + count
    report.reasons = {reason: count for reason, count in report.reasons.items() if count}
    report.refusals += batch.refusals[: MOST_SHOWN - len(report.refusals)]
    report.notes += [note for note in batch.notes if note not in report.notes]
