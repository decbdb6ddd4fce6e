"""The solver: mixed-integer programming by HiGHS, as scipy brings it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import coo_array


class NoPlanFound(ValueError):
    """The solver found nothing within its time. Never for want of a solution: to open nothing is one."""


class Flow(NamedTuple):
    """One source may send to one sink; each unit nets so much."""

    source: int
    sink: int
    net: float


class Found(NamedTuple):
    """What flows, which openers are open, what that nets, and how far from the best it may be."""

    sent: list[tuple[Flow, int]]
    opened: list[int]
    net: float
    gap: float


def open_and_send(
    flows: Sequence[Flow], *, supply: Sequence[int], opener: Sequence[int], demand: Sequence[int],
    opening: Sequence[float], seconds: float,
) -> Found:  # fmt: skip
    """Send at most `supply` from each source and `demand` to each sink; a source sends only if its opener is open.

    Greatest sum of nets less `opening` of the openers that are open; one that costs nothing or less is open only if
    something is sent. Raises NoPlanFound.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - heavy, and only for a plan
    from scipy.sparse import vstack  # noqa: PLC0415 - as above

    if not flows:
        return Found([], [], 0.0, 0.0)
    n, openers = len(flows), sorted({opener[flow.source] for flow in flows})
    column = {one: n + at for at, one in enumerate(openers)}
    cost = np.array([-flow.net for flow in flows] + [max(opening[one], 0.0) for one in openers])
    most = [min(supply[flow.source], demand[flow.sink]) for flow in flows] + [1] * len(openers)
    sources, sinks = sorted({flow.source for flow in flows}), sorted({flow.sink for flow in flows})
    rows = vstack([_leaves(flows, sources, column, supply, opener), _arrives(flows, sinks, n + len(openers))])
    limits = np.concatenate([np.zeros(len(sources)), [demand[sink] for sink in sinks]])
    solved = milp(
        cost,
        constraints=LinearConstraint(rows.tocsr(), -np.inf, limits),
        bounds=Bounds(0, most),
        integrality=np.ones(n + len(openers)),
        options={"time_limit": seconds, "mip_rel_gap": 1e-9},
    )
    if solved.x is None:
        raise NoPlanFound(str(solved.message))
    amounts = np.round(solved.x).astype(int)
    sent = [(flow, int(amounts[at])) for at, flow in enumerate(flows) if amounts[at]]
    opened = sorted({opener[flow.source] for flow, _ in sent})
    net = sum(flow.net * amount for flow, amount in sent) - sum(max(opening[one], 0.0) for one in opened)
    return Found(sent, opened, net, float(solved.mip_gap or 0.0))


def _leaves(
    flows: Sequence[Flow], sources: Sequence[int], column: dict[int, int], supply: Sequence[int], opener: Sequence[int]
) -> "coo_array":
    """Say that what leaves a source is at most its supply if its opener is open, and nothing otherwise."""
    place = {source: row for row, source in enumerate(sources)}
    entries = [(place[flow.source], at, 1.0) for at, flow in enumerate(flows)]
    entries += [(row, column[opener[source]], -float(supply[source])) for source, row in place.items()]
    return _sparse(entries, (len(sources), len(flows) + len(column)))


def _arrives(flows: Sequence[Flow], sinks: Sequence[int], columns: int) -> "coo_array":
    place = {sink: row for row, sink in enumerate(sinks)}
    return _sparse([(place[flow.sink], at, 1.0) for at, flow in enumerate(flows)], (len(sinks), columns))


def _sparse(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> "coo_array":
    from scipy.sparse import coo_array  # noqa: PLC0415 - as above

    rows, columns, values = zip(*entries, strict=True)
    return coo_array((values, (rows, columns)), shape=shape)
