"""Count the payloads that were refused whole, per day, door and reason, so that a sender gone wrong is seen.

Counted in memory, for a flood of rubbish must not become a flood of writes, and kept by the intake within a second or
so. A process that is killed loses the counts of that second, and nothing else.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from threading import Lock
from typing import Literal, NamedTuple

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from pas.tables import RefusedPayloadRecord
from telemetry.tables import tenant_of

Door = Literal["http", "mqtt", "file"]
_LONGEST_SENTENCE, _LONGEST_SENDER, _LONGEST_REASON = 400, 200, 60
_OTHER = "other"
MOST_KINDS = 1_000
"""So many different counts wait at the most; beyond that the reason is no longer told apart."""


class Kind(NamedTuple):
    """What is counted together."""

    tenant_id: int
    day: date
    door: Door
    reason: str


class Refused(NamedTuple):
    """How often it happened, from when to when, and the last of it."""

    times: int
    first_at: datetime
    last_at: datetime
    last_sentence: str
    last_sender: str

    def and_then(self, later: "Refused") -> "Refused":
        """Add what happened later."""
        first, last = min(self.first_at, later.first_at), max(self.last_at, later.last_at)
        return later._replace(times=self.times + later.times, first_at=first, last_at=last)


class RefusedPayloads:
    """Counts that are not kept yet; any thread may add to them."""

    def __init__(self) -> None:
        """Start at none."""
        self._counts: dict[Kind, Refused] = {}
        self._lock = Lock()

    def add(self, tenant_id: int, door: Door, reason: str, sentence: str, sender: str, *, now: datetime) -> None:
        """Count one payload."""
        one = Refused(1, now, now, _kept(sentence, _LONGEST_SENTENCE), _kept(sender, _LONGEST_SENDER))
        self._merge(Kind(tenant_id, now.date(), door, _kept(reason, _LONGEST_REASON)), one)

    def take(self) -> dict[Kind, Refused]:
        """Take what was counted since the last time."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def put_back(self, counts: Mapping[Kind, Refused]) -> None:
        """Take counts back that could not be kept."""
        for kind, refused in counts.items():
            self._merge(kind, refused)

    def __bool__(self) -> bool:
        """Tell whether anything waits to be kept."""
        return bool(self._counts)

    def _merge(self, kind: Kind, refused: Refused) -> None:
        with self._lock:
            if kind not in self._counts and len(self._counts) >= MOST_KINDS:
                kind = kind._replace(reason=_OTHER)
            before = self._counts.get(kind)
            self._counts[kind] = before.and_then(refused) if before else refused


def keep_refused_payloads(session: Session, counts: Iterable[tuple[Kind, Refused]]) -> None:
    """Add counts of this session's tenant to those that are kept."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for kind, (times, *rest) in counts:
        ends = dict(zip(Refused._fields[1:], rest, strict=True))
        row = {**kind._asdict(), **ends, "count": times, "tenant_id": tenant_of(session)}
        statement = insert(RefusedPayloadRecord).values(row)
        latest = {name: statement.excluded[name] for name in ("last_at", "last_sentence", "last_sender")}
        counted = {"count": col(RefusedPayloadRecord.count) + times}
        key = ["tenant_id", "day", "door", "reason"]
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=counted | latest))


def _kept(text: str, longest: int) -> str:
    """Give text that every database can keep: no NUL, no half characters, not too long."""
    return text[:longest].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:longest]
