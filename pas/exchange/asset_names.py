"""Files call an asset by its public identifier, its serial number or its id; we answer with the public identifier."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.queries import assets_by_reference, chunks
from lifecycle.tables import AssetRecord
from pas.exchange.draft import Draft


def public_ids(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give the public identifiers of assets."""
    found: dict[UUID, str] = {}
    for some in chunks(sorted(set(asset_ids))):
        query = select(AssetRecord.id, AssetRecord.public_id).where(col(AssetRecord.id).in_(some))
        found |= dict(session.exec(query).all())
    return found


def all_public_ids(session: Session) -> dict[UUID, str]:
    """Give the public identifiers of all assets."""
    return dict(session.exec(select(AssetRecord.id, AssetRecord.public_id)).all())


def name_assets(session: Session, drafts: Sequence[Draft]) -> dict[str, UUID]:
    """Put public identifiers in the place of what the files call their assets; give the ids by public identifier."""
    by_reference = assets_by_reference(session, {draft.given["asset"] for draft in drafts if draft.given.get("asset")})
    publics = public_ids(session, by_reference.values())
    for draft in drafts:
        reference = draft.given.get("asset")
        if reference in by_reference:
            draft.given["asset"] = publics[by_reference[reference]]
        elif reference:
            right = "its public identifier, or a serial number that only one asset has; import assets first"
            draft.refuse("asset", reference, "no asset, or more than one, answers to this", right)
    return {public: identity for identity, public in publics.items()}
