"""Opinions as files: offers, quotes, appraisals and grades, each on one thing of ours or on a product at an age."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.keep_opinions import ToldOpinion, UnfitOpinion, keep_opinions, refuse_unfit, what_it_is_on
from lifecycle.opinion import OpinionKind
from lifecycle.opinion_queries import opinions_standing_at
from lifecycle.tables import ProductRecord
from pas.exchange.asset_names import all_public_ids, name_assets
from pas.exchange.cell import Choice, Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Day
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Kind, Options, codes_by_id, fields_of
from pas.exchange.number import Amount, Number

_EVER = datetime.max.replace(tzinfo=UTC)


class Opinions(Kind):
    """What people said that things are worth. An opinion is known by its source and the source's own number."""

    name = "opinions"
    about = "Offers, quotes, appraisals and grades: what somebody says that a thing is worth, or how it is."
    key = ("source", "opinion_id")
    columns = (
        Column("source", Text(), "who passed it on; the file's name where left out", ("bron",)),
        Column(
            "opinion_id", Text(), "the source's own number", ("id", "number", "nummer", "offer_id"), required=True
        ),
        Column("kind", Choice(OpinionKind), "what sort of opinion it is", ("soort", "type"), required=True),
        Column(
            "given_by", Text(), "who says so", ("by", "buyer", "refurbisher", "appraiser", "door", "par"), required=True
        ),
        Column("given_on", Day(), "when it was given", ("date", "datum", "offered_on", "quoted_on"), required=True),
        Column(
            "asset", Text(), "public identifier or serial number, where it is on one thing",
            ("serial", "asset_id", "serienummer", "appareil", "toestel"),
        ),
        Column("product", Text(), "code of the product, where it is on a product at an age", ("product_code",)),
        Column("age_years", Number(), "age that is spoken of, where it is on a product", ("age", "leeftijd")),
        Column("condition_grade", Number(), "0 (worst) to 5 (best)", ("condition", "grade")),
        Column("price", Amount(), "what it is said to be worth; none with a grade", ("amount", "prijs", "prix", "bod")),
        Column("currency", Text(case=str.upper), "ISO 4217, that of the product", ("munt", "devise")),
        Column("spread", Number(), "how far off it may be, in the logarithm (0.2: a fifth)", ("noise", "uncertainty")),
    )  # fmt: skip

    def identify(self, session: Session, drafts: Sequence[Draft], options: Options) -> None:
        """Know an opinion by source and number."""
        name_assets(session, drafts)
        for draft in drafts:
            draft.given["source"] = draft.given.get("source") or options.source
        super().identify(session, drafts, options)

    def stored(self, session: Session) -> Iterable[Row]:
        """Give the last word of each, by source and number."""
        publics, codes = all_public_ids(session), codes_by_id(session, ProductRecord)
        standing = opinions_standing_at(session, product_ids=session.exec(select(ProductRecord.id)).all(), at=_EVER)
        for one in sorted(standing, key=lambda row: (row.source, row.opinion_id)):
            of: dict[str, Any] = {"asset": None, "product": codes[one.product_id]}
            if one.asset_id is not None:
                of = {"asset": publics[one.asset_id], "product": None}
            yield self.plain(fields_of(one, self.columns) | of)

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Hold each row against its class, and against what it is on."""
        on = what_it_is_on(session, [(draft.after.get("asset"), draft.after.get("product")) for draft in drafts])
        for draft, about in zip(drafts, on, strict=True):
            if draft.after.get("asset"):
                draft.after["product"] = None
            draft.value = checked(draft, ToldOpinion, draft.after)
            if draft.value is None:
                continue
            draft.after = self.plain(draft.after | fields_of(draft.value, self.columns))
            try:
                refuse_unfit(draft.value, about)
            except UnfitOpinion as unfit:
                draft.refuse(unfit.field or "", draft.after.get(unfit.field or ""), unfit.sentence)

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:  # noqa: ARG002
        """Keep them."""
        keep_opinions(session, [draft.value for draft in drafts], now=now)
