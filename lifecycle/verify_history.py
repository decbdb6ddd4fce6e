"""Walk all chains of a tenant and name the first link that is broken, or the asset that is not what its chain says."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from lifecycle.history import Standing, hash_of, spans
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
    """Where a chain ends as its owner's row says; for an asset also what it is now."""

    length: int = 0
    head: str = ""
    standing: Standing | None = None


def verify_chains(session: Session) -> ChainReport:
    """Walk the history of every asset and the tenant's audit; stop at the first broken link. Changes nothing."""
    assets = _ends(session)
    links = 0
    broken = None
    with closing(_walk(session, assets)) as walk:
        for broken in walk:
            links += 1
            if broken:
                break
    return ChainReport(links=links - (broken is not None), chains=len(assets) + 1, broken=broken)


def _walk(session: Session, assets: dict[UUID, _End]) -> Generator[BrokenLink | None, None, None]:
    """Give None for each sound link, and what is wrong where one is not."""
    events = select(AssetEventRecord).order_by(col(AssetEventRecord.asset_id), col(AssetEventRecord.sequence))
    untold = dict(assets)
    with closing(session.exec(events.execution_options(yield_per=_AT_ONCE))) as found:
        for asset_id, mine in groupby(found, key=lambda event: event.asset_id):
            yield from _history_breaks(f"asset {asset_id}", list(mine), untold.pop(asset_id))
    for asset_id, end in sorted(untold.items()):
        yield from _cut_off(f"asset {asset_id}", _End(), end)

    audit = select(AuditRecord).order_by(col(AuditRecord.sequence)).execution_options(yield_per=_AT_ONCE)
    with closing(session.exec(audit)) as links:
        yield from _audit_breaks(links, session.exec(select(AuditHeadRecord)).first())


def _ends(session: Session) -> dict[UUID, _End]:
    return {
        asset.id: _End(
            asset.history_length,
            asset.history_head,
            Standing(asset.site_id, asset.holder_id, asset.place, asset.status),
        )
        for asset in session.exec(select(AssetRecord))
    }


def _history_breaks(chain: str, events: Sequence[AssetEventRecord], end: _End) -> Iterator[BrokenLink | None]:
    last = _End()
    for event in events:
        why = _why(last, event.sequence, event.previous_hash, event.hash, hash_of(event))
        yield _broken(chain, last.length + 1, why)
        last = _End(event.sequence, event.hash)
    yield from _cut_off(chain, last, end)
    folded = spans(events)
    if folded and folded[-1].standing != end.standing:
        yield _broken(chain, last.length, "the asset's present place, holder or status is not what its history says")


def _audit_breaks(links: Iterable[AuditRecord], head: AuditHeadRecord | None) -> Iterator[BrokenLink | None]:
    last = _End()
    for link in links:
        why = _why(last, link.sequence, link.previous_hash, link.hash, audit_hash(link))
        yield _broken("audit", last.length + 1, why)
        last = _End(link.sequence, link.hash)
    yield from _cut_off("audit", last, _End(head.sequence, head.hash) if head else _End())


def _broken(chain: str, sequence: int, why: str) -> BrokenLink | None:
    return BrokenLink(chain=chain, sequence=sequence, why=why) if why else None


def _why(before: _End, sequence: int, previous_hash: str, written: str, reckoned: str) -> str:
    if sequence != before.length + 1:
        return f"link {before.length + 1} is missing"
    if previous_hash != before.head:
        return "it does not continue the link before"
    return "" if written == reckoned else "its content is not what was written"


def _cut_off(chain: str, last: _End, end: _End) -> Iterator[BrokenLink]:
    if last[:2] != end[:2]:
        why = f"the chain ends at link {last.length}, and it should end at link {end.length}"
        yield BrokenLink(chain=chain, sequence=min(last.length, end.length) + 1, why=why)
