"""Sales as files: observed second-hand prices, the evidence on which values rest."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.keep_sales import ObservedSale, keep_sales
from lifecycle.tables import SaleRecord
from pas.exchange.cell import Anything, Nested, Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Day
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Kind, Options, fields_of
from pas.exchange.number import Amount, Number


class Sales(Kind):
    """Observed prices. A sale is known by its source and the source's own number."""

    name = "sales"
    about = "Observed second-hand prices."
    key = ("source", "sale_id")
    columns = (
        Column("source", Text(), "where it was observed; the file's name where left out", ("bron",)),
        Column("sale_id", Text(), "the source's own number", ("id", "number", "nummer", "numéro"), required=True),
        Column("asset_id", Text(), "the source's name for the thing", ("asset", "vin")),
        Column("category", Text(), "what sort of thing", ("categorie", "catégorie"), required=True),
        Column("make", Text(), "who made it", ("maker", "brand", "merk", "marque")),
        Column("model", Text(), "which model", ("modèle", "modell")),
        Column("made_on", Text(), "year, or year and month", ("year", "jaar", "bouwjaar", "année")),
        Column("sold_on", Day(), "when it was sold", ("sale_date", "verkocht_op", "vendu_le", "date")),
        Column("age_years", Number(), "age when sold", ("age",)),
        Column("usage", Number(), "counter when sold", ("km", "mileage", "hours")),
        Column("usage_unit", Text(), "unit of that counter"),
        Column("condition_grade", Number(), "0 (worst) to 5 (best)", ("condition", "grade")),
        Column("new_price", Amount(), "price when new", ("nieuwprijs", "prix_neuf")),
        Column("price", Amount(), "the price", ("prijs", "prix", "preis"), required=True),
        Column("currency", Text(case=str.upper), "ISO 4217", ("munt", "devise"), required=True),
        Column("price_kind", Text(), "auction, asking or trade-in", required=True),
        Column("seller_kind", Text(), "who sold it", ("seller",)),
        Column("guide_price", Amount(), "a guide's opinion, for comparison only"),
        Column("attributes", Nested(dict[str, Any]), "what else is known", prefix="attr_", part=Anything()),
    )

    def identify(self, session: Session, drafts: Sequence[Draft], options: Options) -> None:
        """Know a sale by source and number."""
        for draft in drafts:
            draft.given["source"] = draft.given.get("source") or options.source
        super().identify(session, drafts, options)

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by source and number."""
        for sale in session.exec(select(SaleRecord).order_by(col(SaleRecord.source), col(SaleRecord.sale_id))):
            yield self.plain(fields_of(sale, self.columns))

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:  # noqa: ARG002
        """Hold each row against its class."""
        for draft in drafts:
            draft.value = checked(draft, ObservedSale, draft.after)
            if draft.value is not None:
                draft.after = self.plain(fields_of(draft.value, self.columns))

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:  # noqa: ARG002
        """Keep them."""
        keep_sales(session, [draft.value for draft in drafts], now=now)
