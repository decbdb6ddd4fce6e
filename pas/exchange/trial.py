"""A trial writes everything as an import does, and leaves nothing of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlmodel import Session

Progress = Callable[[int], None]
"""Told how many more rows are done."""


@contextmanager
def trial(session: Session, *, dry_run: bool) -> Iterator[None]:
    """Let the block write; after a dry run nothing of it is left."""
    if not dry_run:
        yield
        return
    savepoint = session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()
        session.expire_all()
