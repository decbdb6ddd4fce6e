"""Lay each issued e-invoice into the folder from which the access point takes it, once, as it was issued."""

import os
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, select

from billing.collection.collecting import TaskKind, TaskState
from billing.document_tables import IssuedDocumentRecord
from billing.keep_tasks import claim_task, end_task
from billing.tables import InvoiceRecord


def hand_over_files(
    writing: Callable[[], AbstractContextManager[Session]], *, folder: Path, most: int, now: Callable[[], datetime]
) -> int:
    """Lay down what waits, at most so many files; give how many. A file appears whole or not at all.

    Whoever is stopped in between lays the same file down once more, letter for letter.
    """
    for laid in range(most):
        with writing() as session:
            task = claim_task(session, kinds=[TaskKind.FILE], now=now())
            if task is None:
                return laid
            task_id, (number, xml) = task.id, _document(session, task.subject_id)
        if xml:
            _lay_down(folder / f"{number}.xml", zlib.decompress(xml))
        with writing() as session:
            state = TaskState.DONE if xml else TaskState.LEFT
            end_task(
                session, task_id=task_id, state=state, answer=f"{number}.xml" if xml else "no e-invoice", now=now()
            )
    return most


def _document(session: Session, invoice_id: object) -> tuple[str, bytes]:
    number = session.exec(select(InvoiceRecord.number).where(InvoiceRecord.id == invoice_id)).one()
    issued = session.exec(select(IssuedDocumentRecord).where(IssuedDocumentRecord.invoice_id == invoice_id)).first()
    return number, issued.xml if issued else b""


def _lay_down(file: Path, content: bytes) -> None:
    """Write beside and rename, so that nobody takes half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    with part.open("wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())
    part.replace(file)
