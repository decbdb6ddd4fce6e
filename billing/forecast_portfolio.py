"""Forecast what the things of ending contracts will net: the whole, by customer, contract, category and year."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
from sqlmodel import Session

from billing.contract_life.ending import Ending
from billing.period import Period
from billing.queries import leases_ending
from lifecycle.foresee_things import foresee_things
from lifecycle.grade import Floats
from lifecycle.portfolio.forecast import BASE, DRAWS, SEED, SETTINGS, Forecast, GroupForecast, Setting, SettingForecast
from lifecycle.portfolio.holdings import bounds_of
from lifecycle.portfolio.loss import spread
from lifecycle.portfolio.market import COMMON, SPREAD_PER_ROOT_YEAR, Scenarios, draw_markets
from lifecycle.portfolio.standing import Standing, as_cells, best_route, cells_of, holdings_of
from lifecycle.portfolio.totals import totals

PORTFOLIO = "portfolio"
KINDS: Mapping[str, Callable[[Standing, Ending], str]] = {
    PORTFOLIO: lambda *_: "",
    "customer": lambda _, ending: ending.customer,
    "contract": lambda _, ending: ending.contract,
    "category": lambda standing, _: standing.category,
    "maturity": lambda _, ending: str(ending.last_day.year),
}


def forecast_portfolio(
    session: Session, *, start: date, end: date, as_of: date, now: datetime, draws: int = DRAWS
) -> Forecast:
    """Forecast every thing whose last contract day lies from `start` up to, and without, `end`; writes nothing.

    From what was known at the end of `as_of`: the same question gives the same figures. A thing under two ending
    lines counts once, on its later day. Raises NotAPeriod.
    """
    known_until = min(now, datetime.combine(as_of + timedelta(days=1), time(), tzinfo=UTC) - timedelta(microseconds=1))
    endings = {one.asset_id: one for one in sorted(leases_ending(session, period=Period(start, end)), key=_last)}
    days = {asset_id: one.last_day for asset_id, one in endings.items()}
    held = foresee_things(session, last_days=days, setting=BASE, now=known_until)
    groups: list[GroupForecast] = []
    for currency, standings in sorted(held.items()):
        groups += _groups(standings, endings, draws, currency)
    means = {one.currency: one.mean for one in groups if one.kind == PORTFOLIO}
    settings = [
        told
        for setting in SETTINGS
        for told in _under(session, setting, held, means, days=days, known_until=known_until, draws=draws)
    ]
    return Forecast(
        start=str(start),
        end=str(end),
        known_until=str(known_until.date()),
        draws=draws,
        seed=SEED,
        market_spread_per_root_year=SPREAD_PER_ROOT_YEAR,
        common_share=COMMON,
        left_out=len(endings) - sum(map(len, held.values())),
        groups=groups,
        settings=settings,
    )


def _last(ending: Ending) -> tuple[date, str]:
    return ending.last_day, ending.contract


def _by_group(
    standings: Sequence[Standing], names: Sequence[str], draws: int, *, carbon_price: float = 0.0
) -> tuple[list[str], Floats]:
    """Give the groups in order and what each nets in each draw, (groups, draws); a thing's draws know no grouping."""
    cells = cells_of(standings)
    held = holdings_of(standings, cells, carbon_price=carbon_price)
    market = draw_markets(as_cells(cells), scenarios=draws, seed=SEED)
    groups, of = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    order = np.argsort(of[held.thing], kind="stable")
    seen = Scenarios(market, np.zeros((0, draws)))
    return list(map(str, groups)), totals(held.rows(order), seen, seed=SEED, bounds=bounds_of(of[held.thing][order]))


def _groups(
    standings: Sequence[Standing], endings: Mapping[UUID, Ending], draws: int, currency: str
) -> list[GroupForecast]:
    told = []
    for kind, key in KINDS.items():
        names = [key(one, endings[one.asset_id]) for one in standings]
        booked: dict[str, float] = {}
        for one, name in zip(standings, names, strict=True):
            booked[name] = booked.get(name, 0.0) + one.booked
        groups, sums = _by_group(standings, names, draws)
        told += [
            GroupForecast.of(kind, name, currency, names.count(name), spread(total, booked=booked[name]))
            for name, total in zip(groups, sums, strict=True)
        ]
    return told


def _under(
    session: Session,
    setting: Setting,
    held: Mapping[str, Sequence[Standing]],
    means: Mapping[str, float],
    *,
    days: Mapping[UUID, date],
    known_until: datetime,
    draws: int,
) -> list[SettingForecast]:
    """Weigh the same things again under other prices."""
    again = foresee_things(session, last_days=days, setting=setting, now=known_until)
    return [
        _changed(setting, held[currency], standings, means[currency], currency, draws)
        for currency, standings in sorted(again.items())
    ]


def _changed(
    setting: Setting, before: Sequence[Standing], after: Sequence[Standing], mean: float, currency: str, draws: int
) -> SettingForecast:
    _, sums = _by_group(after, [""] * len(after), draws, carbon_price=setting.carbon_price)
    now = float(sums.mean())
    flips: dict[str, int] = {}
    for one, then in zip(before, after, strict=True):
        first, second = best_route(one), best_route(then, carbon_price=setting.carbon_price)
        if first != second:
            name = f"{first} -> {second}"
            flips[name] = flips.get(name, 0) + 1
    return SettingForecast(
        setting=setting.name,
        wage_factor=setting.wage_factor,
        carbon_price=setting.carbon_price,
        material_factor=setting.material_factor,
        currency=currency,
        mean=round(now, 2),
        change=round(now - mean, 2),
        things_that_flip=sum(flips.values()),
        flips=dict(sorted(flips.items())),
    )
