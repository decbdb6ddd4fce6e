"""Draw up the drafts of plain contracts at once, from what they owe by column; it numbers and stores nothing."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from billing.contract.contract import Contract
from billing.contract.unit import DAY, MONTH
from billing.load_columns import PlainLines
from billing.month.draft import LINE, head_of, scaled
from billing.period import Month
from billing.rating.rate_columns import FEE_DIGITS, LARGEST, RatedColumns, rate_columns, too_large, vat_cents

_FEE, _USE = "fee", "use"


class ColumnDrafts(NamedTuple):
    """Drafts and their lines as rows (see `billing.write_drafts`), and the contracts left to the other road."""

    drafts: list[tuple[Any, ...]]
    lines: list[tuple[Any, ...]]
    odd: set[str]


def odd_contracts(plain: PlainLines) -> set[str]:
    """Tell the contracts of which something cannot be rated by column: a meter that ran back, or that none can name."""
    odd = too_large(plain.terms) | (plain.terms.used < 0)
    for place, told in enumerate(plain.told):
        if told is not None and (plain.unclear[place] or not plain.unit[place]):
            odd[place] = True
    return {plain.contract[place] for place in np.flatnonzero(odd)}


def draft_columns(plain: PlainLines, *, month: Month, contracts: Mapping[str, Contract]) -> ColumnDrafts:
    """Draw up a draft of each contract that owes something; the amounts are those of the other road, to the cent."""
    odd = odd_contracts(plain)
    rated = rate_columns(plain.terms, month=month)
    rows = list(zip(*_texts(plain, rated), strict=True))
    names = [plain.contract[row] for row in rated.row.tolist()]
    if not names:
        return ColumnDrafts([], [], odd)

    groups = _groups(names)
    sums = _sums(rated, groups, [contracts[name].vat_rate for name, _, _ in groups])
    odd |= {group[0] for group, is_large in zip(groups, sums.too_large, strict=True) if is_large}
    kept = [
        (group, net, vat)
        for group, net, vat, owes in zip(groups, sums.net, sums.vat, sums.owes, strict=True)
        if owes and group[0] not in odd
    ]
    said = [LINE % row for row in rows]
    return ColumnDrafts(
        [
            (name, net, vat, end - start, _hash(head_of(contracts[name]), said[start:end]))
            for (name, start, end), net, vat in kept
        ],
        [(name, place + 1, *row) for (name, start, end), _, _ in kept for place, row in enumerate(rows[start:end])],
        odd,
    )


class _Sums(NamedTuple):
    """Of each contract: net and VAT in cents, whether it owes anything, whether it might not fit into 64 bits."""

    net: list[int]
    vat: list[int]
    owes: list[bool]
    too_large: list[bool]


def _sums(rated: RatedColumns, groups: Sequence[tuple[str, int, int]], vat_rates: Sequence[Decimal]) -> _Sums:
    starts = [start for _, start, _ in groups]
    nets = np.add.reduceat(rated.net_cents, starts)
    rates = np.array([scaled(rate, FEE_DIGITS) for rate in vat_rates], dtype=np.int64)
    large = nets.astype(float) * rates.astype(float) * 2 >= LARGEST
    owes = np.logical_or.reduceat(rated.net_cents != 0, starts)
    return _Sums(nets.tolist(), vat_cents(nets, rates).tolist(), owes.tolist(), large.tolist())


def _groups(names: Sequence[str]) -> list[tuple[str, int, int]]:
    """Give each contract with where its lines begin and end."""
    starts = [place for place, name in enumerate(names) if not place or name != names[place - 1]]
    return [(names[start], start, end) for start, end in zip(starts, [*starts[1:], len(names)], strict=True)]


def _hash(head: str, said: Sequence[str]) -> str:
    return sha256("\n".join([head, *said]).encode()).hexdigest()


def _texts(plain: PlainLines, rated: RatedColumns) -> tuple[list[Any], ...]:
    """Give the columns of draft lines in the order of `billing.month.draft.DraftLine`."""
    rows, is_use = rated.row.tolist(), rated.is_use.tolist()
    days = {day: date.fromordinal(day).isoformat() for day in {*rated.starts.tolist(), *rated.ends.tolist()}}
    units = [
        plain.unit[row] if use else MONTH if whole else DAY
        for row, use, whole in zip(rows, is_use, rated.whole_month.tolist(), strict=True)
    ]
    return (
        [plain.line[row] for row in rows],
        [plain.asset[row] for row in rows],
        [_USE if use else _FEE for use in is_use],
        [days[day] for day in rated.starts.tolist()],
        [days[day] for day in rated.ends.tolist()],
        rated.quantity.tolist(),
        units,
        rated.unit_price.tolist(),
        rated.price_base.tolist(),
        rated.net_cents.tolist(),
        [plain.told[row] if use else None for row, use in zip(rows, is_use, strict=True)],
    )
