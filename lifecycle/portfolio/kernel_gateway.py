"""The inner loop over things and scenarios, compiled by numba: in blocks that stay in the cache, on all cores."""

import numba
import numpy as np

from lifecycle.grade import Floats
from lifecycle.portfolio.holdings import BARRED, Whole

_BLOCK = 1024
_PAIR = 2
_FAST = {"contract", "nsz", "arcp", "nnan"}


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _try_route(best, price, share, fixed, by_driver, drivers, spare):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put into `best` what a route nets wherever that is more; in one pass where there are none or two drivers."""
    if len(by_driver) == 0:
        for s in range(len(price)):
            best[s] = max(best[s], share * price[s] + fixed)
    elif len(by_driver) == _PAIR:
        one, first, two, second = by_driver[0], drivers[0], by_driver[1], drivers[1]
        for s in range(len(price)):
            best[s] = max(best[s], share * price[s] + fixed + one * first[s] + two * second[s])
    else:
        for s in range(len(price)):
            spare[s] = share * price[s] + fixed
        for k in range(len(by_driver)):
            weight, driver = by_driver[k], drivers[k]
            for s in range(len(price)):
                spare[s] += weight * driver[s]
        for s in range(len(price)):
            best[s] = max(best[s], spare[s])


@numba.njit(cache=True, fastmath=_FAST, error_model="numpy")
def _add(total, best, draw, low, high):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Add the best of each scenario in which the thing is in this grade."""
    if low <= 0.0 and high >= 1.0:
        for s in range(len(best)):
            total[s] += best[s]
    else:
        for s in range(len(best)):
            total[s] += best[s] if (low <= draw[s]) & (draw[s] < high) else 0.0


@numba.njit(cache=True, fastmath=_FAST, parallel=True, error_model="numpy")
def _sum_up(share, fixed, by_driver, cell, low, high, market, drivers, noise, of, begins, draws, draws_at, bounds, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    scenarios = market.shape[1]
    for part in numba.prange(len(bounds) - 1):
        price, best, spare = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
        for at in range(0, scenarios, _BLOCK):
            wide = min(_BLOCK, scenarios - at)
            total = np.zeros(wide)
            driven = drivers[:, at : at + wide].copy()
            for row in range(bounds[part], bounds[part + 1]):
                moves = market[cell[row], at : at + wide]
                own = noise[of[row], begins[row] + at : begins[row] + at + wide]
                for s in range(wide):
                    price[s] = moves[s] * own[s]
                best[:wide] = BARRED
                for route in range(share.shape[1]):
                    if fixed[row, route] > BARRED:
                        _try_route(
                            best[:wide],
                            price[:wide],
                            share[row, route],
                            fixed[row, route],
                            by_driver[row, route],
                            driven,
                            spare[:wide],
                        )
                draw = draws[draws_at[row] + at : draws_at[row] + at + wide]
                _add(total, best[:wide], draw, low[row], high[row])
            out[part, at : at + wide] = total


def sum_up(
    *, share: Floats, fixed: Floats, by_driver: Floats, cell: Whole, low: Floats, high: Floats, market: Floats,
    drivers: Floats, noise: Floats, of: Whole, begins: Whole, draws: Floats, draws_at: Whole, bounds: Whole,
) -> Floats:  # fmt: skip
    """Give the (parts, S) totals of the rows between each pair of `bounds`; as `portfolio.totals` says.

    `noise` (levels, T + S) holds prices around 1, `of` the level of each row and `begins` where its own begin;
    `draws` (T + S) lie between 0 and 1 and decide grades. The same columns give the same figures on any number of
    cores. Checks nothing.
    """
    out = np.zeros((len(bounds) - 1, market.shape[1]))
    _sum_up(share, fixed, by_driver, cell, low, high, market, drivers, noise, of, begins, draws, draws_at, bounds, out)
    return out
