"""Price indices as files: the published figures that indexed prices follow."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session

from billing.contract_life.price_index import IndexFigure
from billing.contract_life_queries import index_figures
from billing.keep_indices import keep_indices
from lifecycle.actor import Actor
from pas.exchange.cell import Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Day
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Kind, fields_of
from pas.exchange.number import Amount


class Indices(Kind):
    """Published index figures. One is known by its index, its month and its day of publication."""

    name = "indices"
    about = "Published figures of price indices, such as a consumer price index, for contracts whose prices follow one."
    key = ("source", "month", "published_on")
    columns = (
        Column("source", Text(), "which index", ("index", "indice", "bron"), required=True),
        Column("month", Text(), "the month it is of, as 2026-03", ("maand", "mois", "monat"), required=True),
        Column("published_on", Day(), "the day it was published", ("published", "gepubliceerd_op"), required=True),
        Column("value", Amount(), "the figure", ("figure", "waarde", "valeur", "cijfer"), required=True),
    )

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by index, month and publication."""
        for figure in index_figures(session):
            yield self.plain(fields_of(figure, self.columns))

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:  # noqa: ARG002
        """Hold each row against its class."""
        for draft in drafts:
            draft.value = checked(draft, IndexFigure, draft.after)
            if draft.value is not None:
                draft.after = self.plain(fields_of(draft.value, self.columns))

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Keep them."""
        keep_indices(session, [draft.value for draft in drafts], now=now, by=by)
