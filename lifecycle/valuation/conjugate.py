"""A closed-form Bayesian update: what an expert or the sister products say, corrected by a product's own few sales."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from lifecycle.grade import Floats
from lifecycle.valuation.expert_curve import fit_expert_curve
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.told import Told

_DOUBTS = np.array([0.22, 0.04, 0.15])
"""How far an expert is off: in level, in pace a year, and in what use costs (standard deviations in the logarithm)."""
_NOISE = 0.22
_BELIEF = 3.0
"""The expert's word on the noise weighs as so many pairs of sales."""
_ROUNDS = 6
_BORROWED = 3.0
_LEAST_NOISE = 0.03
_FAR = 1.0


class Curve(Protocol):
    """A curve that an expert drew or a maker declared."""

    @property
    def age(self) -> float:
        """Give the age that is assumed where it is unknown."""

    def ask(self, sales: Observed) -> Told:
        """Tell the value by the curve."""

    def use_of(self, sales: Observed) -> tuple[Floats, Floats]:
        """Give age and relative use of each thing."""


class Conjugate(NamedTuple):
    """The curve, and by product the correction of level, pace and use with its doubt; Student's t about it.

    `start` is what is believed of a product that was never sold, by its make.
    """

    curve: Curve
    start: Mapping[str, Floats]
    doubt: Floats
    noise: float
    means: Mapping[str, Floats]
    doubts: Mapping[str, Floats]
    noises: Mapping[str, float]

    def ask(self, sales: Observed) -> Told:
        """Tell the value: the curve, corrected by what was learned of each product."""
        plain, columns = self.curve.ask(sales), _columns(self.curve, sales)
        product, make = sales.word("product"), sales.word("make")
        starts = [self.start.get(name, self.start[""]) for name in make]
        means = np.array([self.means.get(name, start) for name, start in zip(product, starts, strict=True)])
        doubts = np.array([self.doubts.get(name, self.doubt) for name in product])
        noise = np.array([self.noises.get(name, self.noise) for name in product])
        unsure = np.einsum("ni,nij,nj->n", columns, doubts, columns)
        return Told(plain.middle + (columns * means).sum(axis=1), np.sqrt(noise + unsure))


class _Sums(NamedTuple):
    """By product: counts, sums of products of the columns, and of the columns with what the curve leaves over."""

    names: list[str]
    makes: list[str]
    sold: Floats
    cross: Floats
    along: Floats
    square: Floats


def fit_conjugate(sales: Observed, curve: Curve | None = None) -> Conjugate:
    """Update the expert's curve by the sales of each product: normal-inverse-gamma, in one step."""
    drawn = curve or fit_expert_curve(sales)
    sums = _sums(sales, drawn)
    doubt, nothing = np.diag(_DOUBTS**2), np.zeros((len(sums.names), 3))
    means, doubts = _update(sums, nothing, doubt, _NOISE**2)
    noises = _noises(sums, means, _NOISE**2)
    return _told_by(drawn, sums, {"": np.zeros(3)}, doubt, _NOISE**2, means, doubts, noises)


def fit_sisters(sales: Observed, curve: Curve | None = None) -> Conjugate:
    """Learn what is believed of a product from its sisters (empirical Bayes), then update by its own sales."""
    drawn = curve or fit_expert_curve(sales)
    sums = _sums(sales, drawn)
    makes, doubt, noise = np.zeros((len(sums.names), 3)), np.diag(_DOUBTS**2), _NOISE**2
    start: dict[str, Floats] = {"": np.zeros(3)}
    for _ in range(_ROUNDS):
        means, doubts = _update(sums, makes, doubt, noise)
        start = _by_make(sums, means)
        makes = np.array([start[name] for name in sums.makes])
        apart = means - makes
        doubt = (doubts + apart[:, :, None] * apart[:, None, :]).mean(axis=0) + np.eye(3) * 1e-6
        noise = _noise(sums, means, doubts)
    means, doubts = _update(sums, makes, doubt, noise)
    return _told_by(drawn, sums, start, doubt, noise, means, doubts, _noises(sums, means, noise))


def _told_by(
    curve: Curve,
    sums: _Sums,
    start: Mapping[str, Floats],
    doubt: Floats,
    noise: float,
    means: Floats,
    doubts: Floats,
    noises: Floats,
) -> Conjugate:
    return Conjugate(
        curve,
        start,
        doubt,
        noise,
        dict(zip(sums.names, means, strict=True)),
        dict(zip(sums.names, doubts, strict=True)),
        dict(zip(sums.names, noises.tolist(), strict=True)),
    )


def _columns(curve: Curve, sales: Observed) -> Floats:
    ages, use = curve.use_of(sales)
    return np.column_stack([np.ones(len(sales)), ages - curve.age, np.clip(use, -2, 2)])


def _sums(sales: Observed, curve: Curve) -> _Sums:
    columns = _columns(curve, sales)
    left = np.clip(sales.goal - curve.ask(sales).middle, -_FAR, _FAR)
    code, names = pd.factorize(sales.word("product"))
    makes = sales.word("make").groupby(code).first()
    cross, along = np.zeros((len(names), 3, 3)), np.zeros((len(names), 3))
    np.add.at(cross, code, columns[:, :, None] * columns[:, None, :])
    np.add.at(along, code, columns * left[:, None])
    sold = np.bincount(code).astype(np.float64)
    square = np.asarray(np.bincount(code, weights=left**2), dtype=np.float64)
    return _Sums([str(name) for name in names], [str(make) for make in makes], sold, cross, along, square)


def _update(sums: _Sums, start: Floats, doubt: Floats, noise: float) -> tuple[Floats, Floats]:
    """Weigh what was believed against what was sold, by their precision."""
    belief = np.linalg.inv(doubt)
    doubts = np.asarray(np.linalg.inv(belief + sums.cross / noise), dtype=np.float64)
    return np.asarray(np.einsum("pij,pj->pi", doubts, start @ belief + sums.along / noise)), doubts


def _by_make(sums: _Sums, means: Floats) -> dict[str, Floats]:
    """Give what the products of a make have in common; a make of few products stays near all others."""
    weight = sums.sold / (sums.sold + _BORROWED)
    table = pd.DataFrame(means * weight[:, None]).assign(make=sums.makes, weight=weight)
    everybody = (means * weight[:, None]).sum(axis=0) / weight.sum()
    total = table.groupby("make").sum()
    own = (total[[0, 1, 2]].to_numpy() + _BORROWED * everybody) / (total["weight"].to_numpy()[:, None] + _BORROWED)
    return {"": everybody} | {str(name): mean for name, mean in zip(total.index, own, strict=True)}


def _left_squares(sums: _Sums, means: Floats) -> Floats:
    about = np.einsum("pi,pij,pj->p", means, sums.cross, means)
    return np.asarray(np.maximum(sums.square - 2 * (means * sums.along).sum(axis=1) + about, 0))


def _noise(sums: _Sums, means: Floats, doubts: Floats) -> float:
    unsure = np.einsum("pij,pji->p", sums.cross, doubts)
    return max(float((_left_squares(sums, means) + unsure).sum() / sums.sold.sum()), _LEAST_NOISE**2)


def _noises(sums: _Sums, means: Floats, noise: float) -> Floats:
    """Give the noise of each product: what was believed, and what its own sales show."""
    return np.asarray((2 * _BELIEF * noise + _left_squares(sums, means)) / (2 * _BELIEF + sums.sold))
