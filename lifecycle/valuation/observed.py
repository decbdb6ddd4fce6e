"""Observed sales side by side: each figure cleaned, and whatever was odd left out or unknown, and counted."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from telemetry.refusal import Refusal

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

WORDS = ("category", "make", "model", "price_kind", "seller_kind", "usage_unit", "currency")
NUMBERS = ("age_years", "usage", "condition_grade", "new_price", "price")
COLUMNS = ("price",)
"""What a file of sales must hold; all else may be missing."""
DAYS_A_YEAR = 365.25
_EPOCH = pd.Timestamp("2000-01-01")
_MOST_AGE = 120.0
_KILOMETRES = {"mile": 1.609344, "miles": 1.609344, "mi": 1.609344}
_YEAR = re.compile(r"\s*([0-9]{4})(?:-([0-9]{1,2}))?")
_PLAIN_YEARS = (1800, 2200)
_FAR = 5.0
"""A price new that is more than e^5 times the price, or less than its e^-5th part, is a slip of the pen."""
_LEAST_OF_A_CURRENCY = 30
_NOTHING = ("", "nan", "none", "null", "<na>", "nat")


class NoSales(Refusal):
    """A file holds no sale that can be used."""


class Observed(NamedTuple):
    """Many sales: one row each in every table.

    `told` holds what each sale is (words), its figures (numbers, NaN where unknown) and `product`; `attributes` what
    else was known, as it was written. A guide's price is in neither: it is never an input.
    """

    told: pd.DataFrame
    attributes: pd.DataFrame

    def __len__(self) -> int:
        """Count the sales."""
        return len(self.told)

    def figure(self, name: str) -> Floats:
        """Give one column of numbers."""
        return self.told[name].to_numpy(dtype=np.float64)

    def word(self, name: str) -> "pd.Series[str]":
        """Give one column of words."""
        return self.told[name]

    @property
    def goal(self) -> Floats:
        """Give the logarithm of each price: what the engines foretell."""
        return self.figure("log_price")

    def where(self, rows: Mask) -> "Observed":
        """Give some of the sales, in the same order."""
        return Observed(self.told[rows].reset_index(drop=True), self.attributes[rows].reset_index(drop=True))


class Read(NamedTuple):
    """Sales that can be used, and what was left out or unknown, in words."""

    sales: Observed
    notes: list[str]


def observe(frame: pd.DataFrame, *, name: str) -> Read:
    """Clean a table in the schema of sales. Raises NoSales where nothing is left; `name` says which file it is."""
    frame = frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)
    told = pd.DataFrame({word: _words(frame, word) for word in WORDS})
    figures = {number: _numbers(frame, number) for number in NUMBERS}
    is_priced = np.nan_to_num(figures["price"], posinf=0) > 0
    made, sold = _years(frame, "made_on"), _days(frame, "sold_on")
    told["made"], told["time"] = made, sold
    told["log_price"] = _logs(figures["price"])
    told["log_new"], slips = _new(figures)
    told["age"] = _ages(figures["age_years"], made, sold)
    told["usage"] = _usage(figures["usage"], told["usage_unit"])
    told["usage_unit"] = told["usage_unit"].replace(dict.fromkeys(_KILOMETRES, "km"))
    told["grade"] = _within(figures["condition_grade"], 0, 5)
    told["product"] = told["category"] + "|" + told["make"] + "|" + told["model"] + "|" + told["currency"]
    is_new = ~_repeated(frame, told)
    sales = Observed(told, _attributes(frame)).where(is_priced & is_new)
    if not len(sales):
        raise NoSales(f"the {name} file holds no sale with a price above 0", field=name)
    counts = [
        (int((~is_priced).sum()), "without a price above 0 left out"),
        (int((is_priced & ~is_new).sum()), "that repeat another left out"),
        (slips, "with a price new that cannot be: taken as unknown"),
        (int(np.isnan(sales.figure("age")).sum()), "of unknown age"),
        (int(np.isnan(sales.figure("usage")).sum()), "of unknown usage"),
    ]
    return Read(sales, [f"{name}: {count:,} of {len(frame):,} sales {words}." for count, words in counts if count])


def in_known_currencies(train: Observed, test: Observed) -> tuple[Observed, Observed, list[str]]:
    """Keep the currencies in which enough was sold to learn their level; an unnamed one is taken as the commonest.

    No exchange rate is assumed: each currency that stays has a level of its own.
    """
    counts = train.word("currency").value_counts()
    named = counts[counts.index != ""]
    if named.empty:
        return train, test, []
    known = [str(word) for word in named.index if named[word] >= _LEAST_OF_A_CURRENCY] or [str(named.index[0])]
    kept = [_with_currency(sales, known[0]) for sales in (train, test)]
    inside = [sales.word("currency").isin(known).to_numpy() for sales in kept]
    if not inside[1].any():
        raise NoSales(
            f"the test file holds no sale in {', '.join(known)}, the currency of the train file", field="test"
        )
    left = [
        f"{name}: {int((~rows).sum()):,} sales in other currencies than {', '.join(known)} left out."
        for name, rows in zip(("train", "test"), inside, strict=True)
        if not rows.all()
    ]
    return kept[0].where(inside[0]), kept[1].where(inside[1]), left


def join(parts: Iterable[Observed]) -> Observed:
    """Put sales one after the other; an attribute that one part lacks is unknown there."""
    listed = list(parts)
    attributes = pd.concat([part.attributes for part in listed], ignore_index=True).fillna("")
    return Observed(pd.concat([part.told for part in listed], ignore_index=True), attributes)


def is_dated(sales: Observed) -> bool:
    """Tell whether the sales can be set in order of time: nearly all dated, over two months or more."""
    time = sales.figure("time")
    known = time[~np.isnan(time)]
    return len(known) >= 0.9 * len(time) and len(np.unique(known)) >= 5 and float(np.ptp(known)) > 1 / 6  # noqa: PLR2004 - said above


def _with_currency(sales: Observed, common: str) -> Observed:
    unnamed = sales.word("currency") == ""
    if not unnamed.any():
        return sales
    told = sales.told.assign(currency=sales.word("currency").mask(unnamed, common))
    told["product"] = told["category"] + "|" + told["make"] + "|" + told["model"] + "|" + told["currency"]
    return Observed(told, sales.attributes)


def _words(frame: pd.DataFrame, name: str) -> "pd.Series[str]":
    if name not in frame.columns:
        return pd.Series([""] * len(frame), dtype=object)
    return _plain(frame[name])


def _plain(column: "pd.Series[str]") -> "pd.Series[str]":
    """Write words alike: lower case, single spaces, nothing for what is missing."""
    alike = [" ".join(cell.lower().split()) for cell in _cells(column)]
    return pd.Series(["" if cell in _NOTHING else cell for cell in alike], index=column.index, dtype=object)


def _cells(column: "pd.Series[str]") -> list[str]:
    """Give each cell as text that can be written anywhere."""
    return [str(cell).encode("utf-8", "replace").decode() for cell in column.astype(object)]


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[name].astype(object), errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _days(frame: pd.DataFrame, name: str) -> Floats:
    """Give dates as years since 2000, NaN where there is none that can be."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    written = pd.Series([cell[:10] for cell in _cells(frame[name])], dtype=object)
    dates = pd.to_datetime(written, errors="coerce", format="%Y-%m-%d")
    years = dates.dt.year.to_numpy(dtype=np.float64)
    since = (dates - _EPOCH).dt.total_seconds().to_numpy(dtype=np.float64) / 86_400 / DAYS_A_YEAR
    return np.where((years >= _PLAIN_YEARS[0]) & (years <= _PLAIN_YEARS[1]), since, np.nan)


def _years(frame: pd.DataFrame, name: str) -> Floats:
    """Give a year, or year and month, as a year with its fraction; 1000 and the like mean unknown."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    found = [_YEAR.match(cell) for cell in _cells(frame[name])]
    year, month = (np.array([float(part[at] or "nan") if part else np.nan for part in found]) for at in (1, 2))
    exact = year + np.where((month >= 1) & (month <= 12), (month - 0.5) / 12, 0.5)  # noqa: PLR2004 - months of a year
    return np.where((year >= _PLAIN_YEARS[0]) & (year <= _PLAIN_YEARS[1]), exact, np.nan)


def _ages(told: Floats, made: Floats, sold: Floats) -> Floats:
    """Take the age as told, else the time between making and sale; one that cannot be is unknown."""
    reckoned = np.maximum(sold + 2000 - made, 0) + np.where(sold + 2000 - made < -1, np.nan, 0)
    ages = np.where(np.isnan(told) | (told < 0) | (told > _MOST_AGE), reckoned, told)
    return _within(ages, 0, _MOST_AGE)


def _usage(usage: Floats, unit: "pd.Series[str]") -> Floats:
    """Give usage above 0, miles as kilometres; nothing on the meter means that nobody read it."""
    factor = unit.map(_KILOMETRES).fillna(1.0).to_numpy(dtype=np.float64)
    return np.where(np.nan_to_num(usage) > 0, usage * factor, np.nan)


def _new(figures: dict[str, Floats]) -> tuple[Floats, int]:
    new, price = _logs(figures["new_price"]), _logs(figures["price"])
    slip = np.abs(np.nan_to_num(new - price)) > _FAR
    return np.where(slip, np.nan, new), int(slip.sum())


def _logs(numbers: Floats) -> Floats:
    above = np.nan_to_num(numbers) > 0
    return np.where(above, np.log(np.where(above, numbers, 1.0)), np.nan)


def _within(numbers: Floats, low: float, high: float) -> Floats:
    return np.where((numbers >= low) & (numbers <= high), numbers, np.nan)


def _repeated(frame: pd.DataFrame, told: pd.DataFrame) -> Mask:
    """Tell which sales were told before, under the same number."""
    if "sale_id" not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    number = _plain(frame["sale_id"])
    return (told.assign(number=number).duplicated() & (number != "")).to_numpy()


def _attributes(frame: pd.DataFrame) -> pd.DataFrame:
    is_attribute: Callable[[str], bool] = re.compile(r"attr_(?!.*guide)").match  # type: ignore[assignment]
    names = [name for name in map(str, frame.columns) if is_attribute(name)]
    return pd.DataFrame({name: _plain(frame[name]) for name in names}, index=frame.index)
