"""The design of a regression of prices: which columns speak of a sale, as what was learned from knows them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.sparse_gateway import Block, Columns

_WORDS = ("category", "make", "model", "price_kind", "seller_kind", "usage_unit", "currency")
_BENDS = (0.1, 0.25, 0.4, 0.6, 0.75, 0.9)
"""Shares of the sales between which the slope of a figure may change."""
_OUTER = (0.002, 0.998)
_LEAST_KNOWN = 20
_BY_AGE = ("category", "make", "product", "base")
_BY_USE = ("category", "make")
_MOST_STEPS = 120
_MOST_COLUMNS = 2_500
_LEAST_SEEN = (
    *((fine, 3) for fine in (3, 4, 5, 7, 10, 15, 25, 50, 100)),
    *((10**9, coarse) for coarse in (3, 5, 10, 25, 50, 100, 250, 1_000, 10**9)),
)
"""How often a word must be seen: a product within an attribute (first) gives way before the product itself."""
_ALIKE = 0.98
_BASE = re.compile(r"[a-z]*[- ]?[0-9]+")
_TOKEN = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_FEW_WORDS = 2.5
_VARIES = 1.2
_FEW_DAYS = 5


class Figure(NamedTuple):
    """How one figure is brought to a common scale: its middle, ends, spread, and where its slope may change."""

    middle: float
    low: float
    high: float
    spread: float
    bends: Floats


class Design(NamedTuple):
    """What was learned of the columns: figures, words with their numbers, parts of names, and months."""

    attribute_figures: tuple[str, ...]
    attribute_words: tuple[str, ...]
    within: tuple[str, ...]
    figures: Mapping[str, Figure]
    words: Mapping[str, Mapping[str, int]]
    tokens: Mapping[str, int]
    months: Floats
    last: float


def learn_design(sales: Observed) -> Design:
    """Learn the columns from sales; rare words are left to what they share with others."""
    figures, words = _split(sales.attributes)
    within = tuple(name for name in words if _varies(sales, name))
    bare = Design(figures, words, within, {}, {}, {}, _months(sales.figure("time")), _last(sales))
    table = figures_of(bare, sales)
    scaled = {name: _figure(column.to_numpy()) for name, column in table.items() if _speaks(column)}
    known = words_of(bare, sales)
    counts = {name: Counter(column.tolist()) for name, column in known.items()}
    tokens = _tokens(known["model"])
    if len(counts["model"]) >= _ALIKE * len(counts["product"]):
        del counts["model"]
    for fine, coarse in _LEAST_SEEN:
        least = {name: fine if "+" in name else coarse for name in counts}
        design = bare._replace(
            figures={str(name): figure for name, figure in scaled.items()},
            words={name: found for name, count in counts.items() if (found := _seen(count, least[name], len(sales)))},
            tokens=_seen(tokens, coarse, len(sales)),
        )
        if _width(design) <= _MOST_COLUMNS:
            break
    return design


def columns_of(design: Design, sales: Observed) -> Columns:
    """Lay out the columns of some sales."""
    return Columns(blocks_of(design, sales), len(sales))


def blocks_of(design: Design, sales: Observed) -> list[Block]:
    """Give the blocks: figures, their bends, words, words by age and use, parts of names, and the market by month."""
    table = figures_of(design, sales)
    scaled = {name: _scaled(figure, table[name].to_numpy()) for name, figure in design.figures.items()}
    unknown = [np.isnan(table[name].to_numpy()).astype(float) for name in design.figures]
    bends = [np.maximum(scaled[name] - bend, 0) for name, figure in design.figures.items() for bend in figure.bends]
    ones = [
        _one_hot(name, design.words[name], column)
        for name, column in words_of(design, sales).items()
        if name in design.words
    ]
    flat = np.zeros(len(sales))
    age, use = (scaled.get(name, flat) for name in ("age", "log_usage"))
    return [
        _dense("figures", [*scaled.values(), *unknown]),
        _dense("bends", bends),
        *ones,
        *(_times(block, age, "age") for block in ones if block.name in _BY_AGE),
        *(_times(block, use, "usage") for block in ones if block.name in _BY_USE),
        _named(design.tokens, sales.word("model")),
        *_market(design, sales, ones, age),
    ]


def figures_of(design: Design, sales: Observed) -> pd.DataFrame:
    """Give the figures of each sale, NaN where unknown."""
    age, usage = sales.figure("age"), sales.figure("usage")
    plain = {
        "age": age,
        "log_age": np.log1p(age),
        "log_usage": np.log(usage),
        "usage": usage,
        "pace": np.log(usage / np.maximum(age, 0.25)),
        "grade": sales.figure("grade"),
        "log_new": sales.figure("log_new"),
    }
    own = {name: _attribute(sales, name) for name in design.attribute_figures}
    return pd.DataFrame(plain | {name: _as_numbers(column) for name, column in own.items()})


def words_of(design: Design, sales: Observed) -> "dict[str, pd.Series[str]]":
    """Give the words of each sale, those made of several among them."""
    words = {name: sales.word(name) for name in _WORDS} | {
        name: _attribute(sales, name) for name in design.attribute_words
    }
    words |= {"product": sales.word("product"), "base": sales.word("model").map(_base)}
    return words | {f"product+{name}": sales.word("product") + "|" + words[name] for name in design.within}


def _base(model: str) -> str:
    """Give what a model's name begins with: 312 of 312C, d6 of d6h."""
    found = _BASE.match(model)
    return found[0] if found else ""


def _attribute(sales: Observed, name: str) -> "pd.Series[str]":
    if name in sales.attributes.columns:
        return sales.attributes[name]
    return pd.Series([""] * len(sales), dtype=object)


def _as_numbers(column: "pd.Series[str]") -> Floats:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _split(attributes: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell attributes that are figures from those that are words; what is never known is neither."""
    figures: list[str] = []
    words: list[str] = []
    for name in map(str, attributes.columns):
        known = int((attributes[name] != "").sum())
        numbers = _as_numbers(attributes[name])
        is_figure = np.isfinite(numbers).sum() > 0.9 * known and len(np.unique(numbers[np.isfinite(numbers)])) > 2  # noqa: PLR2004 - yes and no are words
        if known:
            (figures if is_figure else words).append(name)
    return tuple(figures), tuple(words)


def _varies(sales: Observed, name: str) -> bool:
    """Tell whether an attribute differs within a product, so that the two together say more."""
    return float(sales.attributes[name].groupby(sales.word("product")).nunique().mean()) > _VARIES


def _speaks(column: "pd.Series[float]") -> bool:
    known = column.dropna()
    return len(known) > min(_LEAST_KNOWN, len(column) // 2) and bool((known != known.iloc[0]).any())


def _figure(numbers: Floats) -> Figure:
    known = numbers[~np.isnan(numbers)]
    low, high = np.quantile(known, _OUTER)
    middle, spread = float(np.median(known)), float(np.clip(known, low, high).std()) or 1.0
    few = len(np.unique(known)) <= 8  # noqa: PLR2004 - so few steps have no bends between them
    bends = np.array([]) if few else np.unique((np.quantile(known, _BENDS) - middle) / spread)
    return Figure(middle, float(low), float(high), spread, bends)


def _scaled(figure: Figure, numbers: Floats) -> Floats:
    known = np.clip(np.where(np.isnan(numbers), figure.middle, numbers), figure.low, figure.high)
    return np.asarray((known - figure.middle) / figure.spread)


def _tokens(names: "pd.Series[str]") -> "Counter[str]":
    """Count the parts of long names; short names are words already."""
    parts = [set(_TOKEN.findall(name)) for name in names.unique()]
    if not parts or np.mean([len(some) for some in parts]) < _FEW_WORDS:
        return Counter()
    seen = names.value_counts()
    counts: Counter[str] = Counter()
    for name, some in zip(names.unique(), parts, strict=True):
        counts.update(dict.fromkeys(some, int(seen[name])))
    return counts


def _seen(counts: Mapping[str, int], least: int, sales: int) -> dict[str, int]:
    """Give each word a number, of those seen often enough; a word that all share says nothing."""
    kept = sorted(word for word, count in counts.items() if min(least, sales) <= count < sales)
    return {word: at for at, word in enumerate(kept)}


def _months(time: Floats) -> Floats:
    """Give the months at which the market may have moved; quarters where there are many."""
    known = time[~np.isnan(time)]
    if len(np.unique(known)) < _FEW_DAYS:
        return np.array([])
    steps = np.arange(np.ceil(known.min() * 12), np.floor(known.max() * 12) + 1)[1:]
    return steps if len(steps) <= _MOST_STEPS else steps[:: 1 + len(steps) // _MOST_STEPS]


def _last(sales: Observed) -> float:
    time = sales.figure("time")
    return float(np.nanmax(time)) if np.isfinite(time).any() else 0.0


def _width(design: Design) -> int:
    words = {name: len(found) for name, found in design.words.items()}
    by = sum(words.get(name, 0) for name in (*_BY_AGE, *_BY_USE))
    quarters = -(-len(design.months) // 3)
    return (
        sum(words.values()) + by + len(design.tokens) + len(design.months) + quarters * (words.get("category", 0) + 1)
    )


def _one_hot(name: str, words: Mapping[str, int], column: "pd.Series[str]") -> Block:
    places = column.map(words).to_numpy(dtype=np.float64)
    rows = np.flatnonzero(~np.isnan(places))
    return Block(name, len(words), rows, places[rows].astype(np.int64), np.ones(len(rows)))


def _times(block: Block, figure: Floats, name: str) -> Block:
    return block._replace(name=f"{block.name} by {name}", figures=block.figures * figure[block.rows])


def _dense(name: str, columns: Sequence[Floats]) -> Block:
    if not columns:
        return Block(name, 0, *_nowhere())
    table = np.column_stack(columns)
    rows, places = np.nonzero(table)
    return Block(name, table.shape[1], rows, places, table[rows, places])


def _named(tokens: Mapping[str, int], names: "pd.Series[str]") -> Block:
    if not tokens:
        return Block("parts of the name", 0, *_nowhere())
    found = {
        name: [tokens[part] for part in sorted(set(_TOKEN.findall(name))) if part in tokens] for name in set(names)
    }
    places = [found[name] for name in names]
    rows = np.repeat(np.arange(len(places)), [len(some) for some in places])
    flat = np.array([at for some in places for at in some], dtype=np.int64)
    return Block("parts of the name", len(tokens), rows, flat, np.ones(len(flat)))


def _nowhere() -> tuple[np.ndarray, np.ndarray, Floats]:
    return np.array([], dtype=np.int64), np.array([], dtype=np.int64), np.array([])


def _market(design: Design, sales: Observed, ones: Iterable[Block], age: Floats) -> list[Block]:
    """Let the market wander from month to month; beyond the last month it stays where it was.

    Each column is 1 from its month on, so that small coefficients are small steps: a random walk. Categories and ages
    may wander apart, by the quarter.
    """
    if not len(design.months):
        return []
    time = sales.figure("time") * 12
    month = np.where(np.isnan(time), design.last * 12, time)
    by_month = _dense("month", [(month >= step).astype(float) for step in design.months])
    quarters = [(month >= step).astype(float) for step in design.months[::3]]
    apart = [_times_each(block, quarters) for block in ones if block.name == "category" and block.width > 1]
    return [by_month, *apart, _dense("age by quarter", [step * age for step in quarters])]


def _times_each(block: Block, steps: Sequence[Floats]) -> Block:
    at = [step[block.rows] > 0 for step in steps]
    rows = np.concatenate([block.rows[some] for some in at])
    columns = np.concatenate([block.columns[some] + number * block.width for number, some in enumerate(at)])
    return Block(f"{block.name} by quarter", block.width * len(steps), rows, columns, np.ones(len(rows)))
