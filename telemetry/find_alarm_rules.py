"""Find the rules that watch, and which series each of them watches."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from telemetry.alarm_rule import AlarmKind, AlarmTerms
from telemetry.alarm_tables import AlarmRuleRecord
from telemetry.lots import KEYS, lots
from telemetry.tables import SeriesRecord

Products = Callable[[Collection[UUID]], Mapping[UUID, str]]
"""Tells the product codes of assets, which telemetry does not know itself."""


class Watched(NamedTuple):
    """A series that may be watched."""

    number: int
    shard: int
    asset_id: UUID
    metric: str


def rules_at_work(session: Session, *, silence: bool) -> list[AlarmRuleRecord]:
    """Give every version of every rule that is switched on, held until the transaction ends, in one order for all."""
    one = AlarmRuleRecord
    kind = col(one.kind) == AlarmKind.SILENCE
    query = select(one).where(col(one.active), kind if silence else ~kind).order_by(col(one.code), col(one.version))
    return list(session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)))


def latest_rule(session: Session, code: str) -> AlarmRuleRecord | None:
    """Give a rule as it is now."""
    one = AlarmRuleRecord
    return session.exec(select(one).where(one.code == code, col(one.until).is_(None))).first()


def latest_rules() -> SelectOfScalar[AlarmRuleRecord]:
    """Ask for every rule as it is now."""
    return select(AlarmRuleRecord).where(col(AlarmRuleRecord.until).is_(None))


def series_by_number(session: Session, numbers: Iterable[int]) -> list[Watched]:
    """Find series by their numbers."""
    return [one for some in lots(numbers, KEYS) for one in _series(session, col(SeriesRecord.number).in_(some))]


def series_of_metric(session: Session, metric: str) -> list[Watched]:
    """Find every series of a metric."""
    return _series(session, col(SeriesRecord.metric) == metric)


def _series(session: Session, which: ColumnElement[bool]) -> list[Watched]:
    one = SeriesRecord
    query = select(one.number, one.shard, one.asset_id, one.metric).where(which)
    return [Watched(*row) for row in session.exec(query.order_by(col(one.number)))]


def under(rule: AlarmTerms, series: Iterable[Watched], products: Mapping[UUID, str]) -> list[Watched]:
    """Pick the series that a rule watches; `products` are the product codes of assets."""
    return [
        one
        for one in series
        if one.metric == rule.metric
        and rule.asset_id in {None, one.asset_id}
        and rule.product in {None, products.get(one.asset_id)}
    ]


def products_needed(rules: Sequence[AlarmTerms], series: Iterable[Watched], products: Products) -> Mapping[UUID, str]:
    """Ask for the products of the assets, if any rule is for a product."""
    return products({one.asset_id for one in series}) if any(rule.product for rule in rules) else {}
