"""A write sent twice under one `Idempotency-Key` is done once: the second time the first answer is given again.

The key is claimed before the work, in the transaction of the work: what fails leaves no key, what is
committed has its answer kept. A second request under the same key waits for the first to end.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fastapi import Request, Response
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from pas.caller import Caller
from pas.tables import IdempotencyRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of

HEADER = "Idempotency-Key"
LONGEST = 120


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
    record = _claim(session, once, f"{caller.actor.kind}:{caller.actor.id}", now)
    yield
    if once.response is not None:
        _keep(session, record, once.response)


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


def _before(record: IdempotencyRecord, once: Once) -> Exception:
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
