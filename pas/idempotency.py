"""A write sent twice under one `Idempotency-Key` is done once: the second time the first answer is given again.

The key is claimed before the work, in the transaction of the work: what fails leaves no key, what is
committed has its answer kept. A second request under the same key waits for the first to end.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from fastapi import Request, Response
from sqlalchemy import delete, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from pas.caller import Caller
from pas.tables import IdempotencyRecord
from telemetry.lots import lots
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

HEADER = "Idempotency-Key"
LONGEST = 120
_AT_ONCE = 100
_CREATED = 201


class UnusableKey(Refusal):
    """The Idempotency-Key is empty, too long or holds odd characters."""


class KeyOfAnotherRequest(Refusal):
    """The Idempotency-Key was used before, with another body or for another address."""


class SecretShownOnce(Refusal):
    """The work under this key was done, and its answer held a secret, which is shown once only."""


class AnsweredBefore(Exception):
    """The work under this key was done before; here is its answer."""

    def __init__(self, record: IdempotencyRecord) -> None:
        """Keep the answer."""
        super().__init__()
        self.status, self.body, self.location = record.status, record.body, record.location


class Once:
    """One request that carries a key: what was asked, and later what was answered."""

    def __init__(self, key: str, fingerprint: str) -> None:
        """Check the key.

        Raises UnusableKey.
        """
        if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
            sentence = f"an {HEADER} is 1 to {LONGEST} printable ASCII characters"
            raise UnusableKey(sentence, field=HEADER)
        self.key, self.fingerprint = key, fingerprint
        self.response: Response | None = None


class Asked(NamedTuple):
    """What was asked under a key, by whom: all that must be known of a request to do it once."""

    actor: str
    key: str
    fingerprint: str


def asked(request: Request, caller: Caller, body: bytes) -> Asked | None:
    """Give what a request asks under its key; None where it carries none.

    Raises UnusableKey.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    once = Once(key, fingerprint(request, body))
    return Asked(_name(caller), once.key, once.fingerprint)


def fingerprint(request: Request, body: bytes) -> str:
    """Give a digest of all that was asked; the border between the parts of a form, new at each try, does not count."""
    kind, _, border = request.headers.get("content-type", "").partition("boundary=")
    if border:
        body = body.replace(border.strip('"').encode("latin-1", "replace"), b"")
    asked = f"{request.method}\n{request.url.path}\n{request.url.query}\n{kind}\n"
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass") + body).hexdigest()


@contextmanager
def answered_once(request: Request, session: Session, caller: Caller, *, now: datetime) -> Iterator[None]:
    """Do the work inside the block unless it was done before under the request's key; keep its answer.

    Raises AnsweredBefore, KeyOfAnotherRequest and SecretShownOnce.
    """
    once: Once | None = getattr(request.state, "once", None)
    if once is None:
        yield
        return
    record = _claim(session, once, _name(caller), now)
    yield
    if once.response is not None:
        _keep(session, record, once.response)


def answers_before(session: Session, questions: Collection[Asked]) -> dict[Asked, str | Refusal]:
    """Give what was answered before to each of many questions, or why it cannot be answered again."""
    wanted = {(one.actor, one.key) for one in questions}
    found: dict[tuple[str, str], IdempotencyRecord] = {}
    for some in lots(wanted, _AT_ONCE):
        place = tuple_(col(IdempotencyRecord.actor), col(IdempotencyRecord.key))
        records = session.exec(select(IdempotencyRecord).where(place.in_(some)))
        found |= {(record.actor, record.key): record for record in records}
    return {one: _answer_to(one, found[one.actor, one.key]) for one in questions if (one.actor, one.key) in found}


def keep_answers(session: Session, answers: Mapping[Asked, str], *, now: datetime) -> dict[Asked, str | Refusal]:
    """Keep the answers 201 to many questions; give those that somebody else answered meanwhile."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [
        {"tenant_id": tenant_of(session), "actor": one.actor, "key": one.key, "request_hash": one.fingerprint}
        | {"status": _CREATED, "body": body, "location": None, "created_at": now}
        for one, body in answers.items()
    ]
    kept = set[tuple[str, str]]()
    for some in lots(rows, _AT_ONCE):
        statement = insert(IdempotencyRecord).values(some).on_conflict_do_nothing()
        returned = session.execute(statement.returning(col(IdempotencyRecord.actor), col(IdempotencyRecord.key)))
        kept |= {(actor, key) for actor, key in returned}
    return answers_before(session, [one for one in answers if (one.actor, one.key) not in kept])


def forget_answers(session: Session, *, before: datetime) -> None:
    """Let go of answers so old that nobody tries again."""
    session.execute(delete(IdempotencyRecord).where(col(IdempotencyRecord.created_at) < before))


def _claim(session: Session, once: Once, actor: str, now: datetime) -> IdempotencyRecord:
    values = {"actor": actor, "key": once.key, "request_hash": once.fingerprint, "status": 0, "body": ""}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    claim = insert(IdempotencyRecord).values(tenant_id=tenant_of(session), created_at=now, **values)
    claimed = session.execute(claim.on_conflict_do_nothing().returning(col(IdempotencyRecord.key))).first()
    record = session.exec(
        select(IdempotencyRecord).where(IdempotencyRecord.actor == actor, IdempotencyRecord.key == once.key)
    ).one()
    if claimed is None:
        raise _before(record, once)
    return record


def _name(caller: Caller) -> str:
    return f"{caller.actor.kind}:{caller.actor.id}"


def _answer_to(question: Asked, record: IdempotencyRecord) -> str | Refusal:
    before = _before(record, question)
    return before if isinstance(before, Refusal) else record.body


def _before(record: IdempotencyRecord, once: Once | Asked) -> Refusal | AnsweredBefore:
    if record.request_hash != once.fingerprint:
        sentence = f"this {HEADER} was used for another request; take a new key for a new request"
        return KeyOfAnotherRequest(sentence, field=HEADER)
    if not record.status:
        return SecretShownOnce("this was done, and its answer held a secret that is shown only once", field=HEADER)
    return AnsweredBefore(record)


def _keep(session: Session, record: IdempotencyRecord, response: Response) -> None:
    """Keep the answer, except where it must not be stored: its route said `no-store`, for it holds a secret."""
    if response.headers.get("cache-control") == "no-store":
        return
    record.status = response.status_code
    record.body = bytes(getattr(response, "body", b"")).decode()
    record.location = response.headers.get("location")
    session.add(record)
    session.flush()
