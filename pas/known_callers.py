"""Who was behind a token a moment ago, so that a device that sends all the time is not looked up each time.

Kept in memory for a few seconds, under the digest of the token, and forgotten at once in this process when any login,
key, device or person changes. Other processes learn of it when their few seconds are over.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, UOWTransaction
from sqlmodel import Session

from pas.caller import Caller
from pas.secret import digest
from pas.tables import ApiKeyRecord, DeviceAssetRecord, DeviceRecord, PersonRecord, SessionRecord

LASTS = timedelta(seconds=5)
"""How long we believe that a token is what it was: so long may a device still speak that another process shut out."""
MOST = 10_000
"""Tokens known at the same time."""
_RIGHTS = (PersonRecord, SessionRecord, ApiKeyRecord, DeviceRecord, DeviceAssetRecord)


class _Known(NamedTuple):
    caller: Caller
    since: datetime
    edition: int


class _Edition:
    """Counts the changes of anybody's rights in this process; what was known under an older one is forgotten."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)
        self.number = 0

    def end(self) -> None:
        """Begin a new edition."""
        self.number = next(self._numbers)


_edition = _Edition()


class KnownCallers:
    """Callers by the digest of their token."""

    def __init__(self) -> None:
        """Know nobody."""
        self._known: dict[str, _Known] = {}
        self._lock = Lock()

    def find(self, token: str, *, now: datetime) -> Caller | None:
        """Give who was behind a token a moment ago; None where that is not known, or no longer for sure."""
        known = self._known.get(digest(token))
        if known is None or known.edition != _edition.number or not timedelta() <= now - known.since < LASTS:
            return None
        return known.caller

    def keep(self, token: str, caller: Caller, *, now: datetime, edition: int) -> None:
        """Know a caller from now on. `edition` is the one before the look-up: who was changed meanwhile is not kept."""
        if edition != _edition.number:
            return
        with self._lock:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[digest(token)] = _Known(caller, now, edition)


def edition() -> int:
    """Give the number to remember before somebody is looked up."""
    return _edition.number


@event.listens_for(Session, "after_flush")
def _notice_records(session: Session, _context: UOWTransaction) -> None:
    if any(isinstance(record, _RIGHTS) for record in (*session.new, *session.dirty, *session.deleted)):
        session.info["rights_changed"] = True


@event.listens_for(Session, "do_orm_execute")
def _notice_statements(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and any(issubclass(mapper.class_, _RIGHTS) for mapper in state.all_mappers):
        state.session.info["rights_changed"] = True


@event.listens_for(Session, "after_commit")
def _forget_everybody(session: Any) -> None:
    if "rights_changed" in session.info:
        _edition.end()
