"""Keep the published figures of price indices; a revision is kept beside what was published before it."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from billing.contract_life.price_index import IndexFigure
from billing.contract_life_tables import PriceIndexRecord
from lifecycle.actor import Actor
from lifecycle.record_audit import Change, record_changes
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class FigureDiffers(Refusal):
    """Another figure of that month and publication is kept already."""


def keep_indices(
    session: Session, figures: Sequence[IndexFigure], *, now: datetime, by: Actor
) -> list[PriceIndexRecord]:
    """Keep figures; the same again changes nothing. Changes no price that was billed. Raises FigureDiffers."""
    known = {_key(one): one for one in session.exec(select(PriceIndexRecord))}
    fresh: dict[tuple[str, str, str], IndexFigure] = {}
    for figure in figures:
        before = known.get(_key(figure)) or fresh.get(_key(figure))
        _refuse_other(before, figure)
        if before is None:
            fresh[_key(figure)] = figure

    own = {"tenant_id": tenant_of(session)}
    session.add_all([PriceIndexRecord.model_validate(figure, update=own) for figure in fresh.values()])
    session.flush()
    record_changes(
        session,
        [
            Change("index-published", f"{one.source} {one.month}", None, one.model_dump(mode="json"))
            for one in fresh.values()
        ],
        now=now,
        by=by,
    )
    kept = {_key(one): one for one in session.exec(select(PriceIndexRecord))}
    return [kept[_key(figure)] for figure in figures]


def _key(figure: IndexFigure) -> tuple[str, str, str]:
    return figure.source, figure.month, str(figure.published_on)


def _refuse_other(before: IndexFigure | None, figure: IndexFigure) -> None:
    if before is not None and before.value != figure.value:
        sentence = (
            f"the {figure.source} of {figure.month} published on {figure.published_on} is kept as {before.value}, not "
            f"{figure.value}; a revision has a later day of publication"
        )
        raise FigureDiffers(sentence, field="value")
