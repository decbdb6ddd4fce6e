"""Assets as files: new ones are registered; of known ones the place, the holder and the status may change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, Move, NewAsset, StatusChange
from lifecycle.change_status import change_status
from lifecycle.move_asset import move_assets
from lifecycle.queries import assets_by_reference
from lifecycle.register_assets import register_assets
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord, SiteRecord
from pas.exchange.cell import Choice, Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Day, Moment
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Kind, codes_by_id, fields_of, found, ids_by_code
from telemetry.identity import new_id

_MOVES = {"site", "holder", "place"}
_MAY_CHANGE = _MOVES | {"status"}
_COLUMN_OF = {
    "product_id": "product",
    "site_id": "site",
    "holder_id": "holder",
    "previous_life_id": "previous_life",
}


class Assets(Kind):
    """The register. An asset is known by its product and its serial number."""

    name = "assets"
    about = "The register: every physical thing."
    key = ("product", "serial")
    column_of = _COLUMN_OF
    columns = (
        Column(
            "product", Text(), "code of the product", ("product_code", "model", "produit", "produkt"), required=True
        ),
        Column(
            "serial",
            Text(),
            "number on its plate",
            ("serial_number", "serienummer", "numéro_de_série", "sn", "seriennummer"),
            required=True,
        ),
        Column("public_id", Text(), "GS1 Digital Link; made where left out", ("qr", "url", "digital_link")),
        Column("owner", Text(), "legal owner where it is not the tenant", ("eigenaar", "propriétaire", "eigentümer")),
        Column(
            "status",
            Choice(AssetStatus),
            "where it stands in its life, in_stock where left out",
            ("statut", "toestand"),
        ),
        Column("holder", Text(), "code of the customer who has it", ("customer", "klant", "client", "kunde", "houder")),
        Column("site", Text(), "code of the site where it stands", ("location", "locatie", "lieu", "standort")),
        Column("place", Text(), "where in the site", ("room", "lokaal", "plaats", "emplacement", "local", "raum")),
        Column("made_on", Day(), "when it was made", ("made", "year_built", "bouwjaar", "fabriqué_le", "baujahr")),
        Column("in_service_on", Day(), "when it went into service", ("in_service", "in_dienst", "mise_en_service")),
        Column("previous_life", Text(), "public identifier of the asset it was remanufactured from", ("vorig_leven",)),
        Column(
            "since",
            Moment(),
            "from when on a changed place or status holds; now where left out",
            ("moved_at", "sinds", "depuis"),
            exported=False,
        ),
    )

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by product and serial number."""
        products, sites = codes_by_id(session, ProductRecord), codes_by_id(session, SiteRecord)
        holders = codes_by_id(session, CustomerRecord)
        records = session.exec(select(AssetRecord).order_by(col(AssetRecord.serial))).all()
        publics = {record.id: record.public_id for record in records}
        for record in sorted(records, key=lambda one: (products[one.product_id], one.serial)):
            links: Row = {"product": products[record.product_id], "previous_life": publics.get(record.previous_life_id)}  # type: ignore[arg-type]
            places: Row = {"site": sites.get(record.site_id), "holder": holders.get(record.holder_id)}
            yield self.plain(fields_of(record, self.columns) | links | places)

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Find what each row refers to; a row about a known asset may only move it or change its status."""
        products, sites = ids_by_code(session, ProductRecord), ids_by_code(session, SiteRecord)
        holders = ids_by_code(session, CustomerRecord)
        before = assets_by_reference(session, _earlier_lives(drafts))
        lives = before | _lives_in_the_file(drafts)
        earlier = {draft.after["public_id"]: draft.after.get("previous_life") for draft in drafts if not draft.before}
        for draft in drafts:
            _keep_birth(draft)
            _refuse_own_ancestor(draft, earlier)
            links: Row = {
                "product_id": found(draft, "product", products, of="product"),
                "site_id": found(draft, "site", sites, of="site"),
                "holder_id": found(draft, "holder", holders, of="customer"),
                "previous_life_id": found(draft, "previous_life", lives, of="asset"),
            }
            if not draft.is_refused:
                self._decide_one(draft, links)

    def _decide_one(self, draft: Draft, links: Row) -> None:
        own = {
            name: draft.after.get(name)
            for name in ("serial", "public_id", "owner", "status", "place", "made_on", "in_service_on")
        }
        identity = {"id": draft.value} if isinstance(draft.value, UUID) else {}
        draft.value = checked(draft, NewAsset, own | links | identity, column_of=_COLUMN_OF)
        if draft.value is None:
            return
        draft.after["status"] = draft.value.status.value
        if draft.before is None:
            return
        for column in draft.changes:
            if column not in _MAY_CHANGE:
                stands = draft.before.get(column)
                right = f"{stands} stands in the register; correct the history where that is wrong"
                draft.refuse(column, draft.after[column], "this does not change once an asset is registered", right)

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Register the new ones, parents before what was made from them; move and step the others."""
        fresh = _parents_first([draft for draft in drafts if draft.before is None])
        register_assets(session, [draft.value for draft in fresh], now=now, by=by)
        known = [draft for draft in drafts if draft.before is not None]
        ids = assets_by_reference(session, [draft.after["public_id"] for draft in known])
        moved = [draft for draft in known if _MOVES & set(draft.changes)]
        stepped = [draft for draft in known if "status" in draft.changes]
        move_assets(session, [_move(draft, ids, now) for draft in moved], now=now, by=by)
        change_status(session, [_step(draft, ids, now) for draft in stepped], now=now, by=by)


def _keep_birth(draft: Draft) -> None:
    """Let an empty cell leave alone what cannot be emptied."""
    for name, stands in (draft.before or {}).items():
        if name not in _MOVES and draft.after.get(name) is None:
            draft.after[name] = stands


def _refuse_own_ancestor(draft: Draft, earlier: Mapping[str | None, str | None]) -> None:
    """Refuse a thing that this file has made of itself, by however many lives between."""
    own, seen = draft.after.get("public_id"), set[str]()
    life = draft.after.get("previous_life")
    while life and own and life not in seen:
        if life == own:
            why = "by this its own earlier lives would lead back to itself"
            draft.refuse("previous_life", draft.after["previous_life"], why, "the asset that was there before it")
        seen.add(life)
        life = earlier.get(life)


def _earlier_lives(drafts: Sequence[Draft]) -> set[str]:
    return {draft.after["previous_life"] for draft in drafts if draft.after.get("previous_life")}


def _lives_in_the_file(drafts: Sequence[Draft]) -> dict[str, UUID]:
    """Give new assets of this very file their ids, so that others of the file may name them as their previous life."""
    lives: dict[str, UUID] = {}
    named = _earlier_lives(drafts)
    for draft in drafts:
        if draft.before is None and draft.after.get("public_id") in named:
            draft.value = lives[draft.after["public_id"]] = new_id()
    return lives


def _parents_first(drafts: Sequence[Draft]) -> list[Draft]:
    """Sort by how many earlier lives of an asset come with the same file."""
    lives = {draft.value.id: draft.value.previous_life_id for draft in drafts}

    def depth(draft: Draft) -> int:
        earlier, life = 0, draft.value.previous_life_id
        while life in lives and earlier < len(lives):
            earlier, life = earlier + 1, lives[life]
        return earlier

    return sorted(drafts, key=depth)


def _move(draft: Draft, ids: dict[str, UUID], now: datetime) -> Move:
    where: dict[str, Any] = {
        "site_id": draft.value.site_id,
        "holder_id": draft.value.holder_id,
        "place": draft.value.place,
    }
    return Move(asset_id=ids[draft.after["public_id"]], at=draft.given.get("since") or now, **where)


def _step(draft: Draft, ids: dict[str, UUID], now: datetime) -> StatusChange:
    return StatusChange(
        asset_id=ids[draft.after["public_id"]], at=draft.given.get("since") or now, status=draft.value.status
    )
