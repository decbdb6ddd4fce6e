"""Walk all chains of a tenant and name the first link that is broken, if any."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from lifecycle.history import hash_of
from lifecycle.record_audit import audit_hash
from lifecycle.tables import AssetEventRecord, AssetRecord, AuditHeadRecord, AuditRecord

_AT_ONCE = 2000


class BrokenLink(SQLModel):
    """Where a chain does not hold: `asset UUID` or `audit`, at which link, and what is wrong there."""

    chain: str
    sequence: int
    why: str


class ChainReport(SQLModel):
    """How many links were walked, in how many chains, and the first that does not hold."""

    links: int
    chains: int
    broken: BrokenLink | None


class _End(NamedTuple):
    length: int
    head: str


def verify_chains(session: Session) -> ChainReport:
    """Walk the history of every asset and the tenant's audit; stop at the first broken link. Changes nothing."""
    assets = {asset[0]: _End(asset[1], asset[2]) for asset in session.exec(_ends)}
    head = session.exec(select(AuditHeadRecord)).first()
    audit = _End(head.sequence, head.hash) if head else _End(0, "")
    links = 0
    broken = None
    with closing(_breaks(session, assets, audit)) as walk:
        for broken in walk:
            links += 1
            if broken:
                break
    return ChainReport(links=links - (broken is not None), chains=len(assets) + 1, broken=broken)


_ends = select(AssetRecord.id, AssetRecord.history_length, AssetRecord.history_head)


def _breaks(session: Session, assets: dict[UUID, _End], audit: _End) -> Generator[BrokenLink | None, None, None]:
    """Give None for each sound link, and what is wrong where one is not."""
    at: dict[UUID, _End] = {}
    events = select(AssetEventRecord).order_by(col(AssetEventRecord.asset_id), col(AssetEventRecord.sequence))
    with closing(session.exec(events.execution_options(yield_per=_AT_ONCE))) as found:
        for event in found:
            before = at.get(event.asset_id, _End(0, ""))
            why = _why(before, event.sequence, event.previous_hash, event.hash, hash_of(event))
            yield _broken(f"asset {event.asset_id}", before.length + 1, why)
            at[event.asset_id] = _End(event.sequence, event.hash)
    for asset_id, end in sorted(assets.items()):
        yield from _cut_off(f"asset {asset_id}", at.get(asset_id, _End(0, "")), end)

    last = _End(0, "")
    links = select(AuditRecord).order_by(col(AuditRecord.sequence)).execution_options(yield_per=_AT_ONCE)
    with closing(session.exec(links)) as found:
        for link in found:
            why = _why(last, link.sequence, link.previous_hash, link.hash, audit_hash(link))
            yield _broken("audit", last.length + 1, why)
            last = _End(link.sequence, link.hash)
    yield from _cut_off("audit", last, audit)


def _broken(chain: str, sequence: int, why: str) -> BrokenLink | None:
    return BrokenLink(chain=chain, sequence=sequence, why=why) if why else None


def _why(before: _End, sequence: int, previous_hash: str, written: str, reckoned: str) -> str:
    if sequence != before.length + 1:
        return f"link {before.length + 1} is missing"
    if previous_hash != before.head:
        return "it does not continue the link before"
    return "" if written == reckoned else "its content is not what was written"


def _cut_off(chain: str, last: _End, end: _End) -> Iterator[BrokenLink]:
    if last != end:
        why = f"the chain ends at link {last.length}, and it should end at link {end.length}"
        yield BrokenLink(chain=chain, sequence=min(last.length, end.length) + 1, why=why)
