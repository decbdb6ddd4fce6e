"""What inspections teach of the wear between them: how fast, with how much scatter, and how often intervals held."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.anchors import Places, Sights
from lifecycle.condition.assumptions import assumptions, figure
from lifecycle.condition.index import TENTH
from lifecycle.condition.terms import Terms
from lifecycle.condition.wear_curve import worn_down
from lifecycle.condition.wear_parameters import LifeTable, Outcome, WearParameters, declared
from lifecycle.grade import GRADES, Floats, rank_of
from lifecycle.prognosis.life_table import kaplan_meier, lives_of, weibull

_LATER_SHARE = 1 / 3
_EIGHT_IN_TEN = 0.8


class Pairs(NamedTuple):
    """Two sights of one component after another, in the order of the later day: how it was, and how it then was seen.

    `lives` are the rated lives between them, `noise` the variance of both sights together, `health` the points that
    measured health moved meanwhile, NaN where none was measured.
    """

    before: Floats
    after: Floats
    lives: Floats
    noise_before: Floats
    noise_after: Floats
    day: Places
    health: Floats


class Seen(NamedTuple):
    """Of things first seen in a grade: how many rated lives they served after that, and which of them then ended."""

    grade: Sequence[str]
    left: Floats
    ended: NDArray[np.bool_]


class Ended(NamedTuple):
    """How many rated lives things served, which of them ended of wear, at which age they came to us, and as what."""

    lives: Floats
    ended: NDArray[np.bool_]
    entry: Floats
    seen: Seen


def pairs_of(sights: Sights, day: Places) -> Pairs:
    """Pair every sight with the one before it of the same component; a repair begins a new row of sights."""
    first = np.flatnonzero((sights.row[1:] == sights.row[:-1]) & ~sights.resets[1:])
    after = first + 1
    later = day[sights.look[after]]
    order = np.argsort(later, kind="stable")
    first, after = first[order], after[order]
    return Pairs(
        before=sights.points[first],
        after=sights.points[after],
        lives=np.maximum(sights.worn[after] - sights.worn[first], 0),
        noise_before=sights.spread[first] ** 2,
        noise_after=sights.spread[after] ** 2,
        day=later[order],
        health=np.full(len(first), np.nan),
    )


def learned(terms: Terms, pairs: Pairs, ended: Ended | None = None) -> WearParameters:
    """Learn the parameters of a product; what too few inspections say stays as its maker declares it.

    Pace and scatter come from all pairs. How often intervals hold is measured on the last third of them by day, with
    what the first two thirds taught, so that nothing judges itself.
    """
    known = _paced(terms, pairs)
    coverage, count, widening = _held(terms, pairs)
    weight, counted = telemetry_weight(terms, pairs, known)
    return known.model_copy(
        update={
            "coverage": coverage,
            "n": count,
            "widening": widening,
            "telemetry_weight": weight,
            "telemetry_pairs": counted,
            "life": _life(ended),
            "outcomes": {} if ended is None else outcomes_of(ended.seen),
        }
    )


def _paced(terms: Terms, pairs: Pairs) -> WearParameters:
    """Learn pace and scatter by grade: what was lost a life, drawn to what is declared where few pairs say it.

    A pair belongs to the grade midway between its sights: taken by the first alone, a sight that was too good by chance
    would make the best grade look as if it wore fast, and one that was too bad the others as if they healed.
    """
    figures, plain = assumptions()["learning"], declared()
    per_life = 100 - terms.end
    rank, jump = rank_of((pairs.before + pairs.after) / 2), _is_jump(terms, pairs, plain)
    pace, scatter, counts = [], [], []
    for grade in range(len(GRADES)):
        own = (rank == grade) & ~jump & (pairs.lives > 0)
        count = int(own.sum())
        share = count / (count + figures["worth_pairs"])
        lost, lives = (pairs.before - pairs.after)[own], pairs.lives[own]
        rate = float(lost.sum() / lives.sum() / per_life) if count else 1.0
        rate = min(max(share * rate + 1 - share, figures["least_pace"]), figures["most_pace"])
        pace.append(round(rate, 4))
        scatter.append(
            round(_scatter(lost - rate * per_life * lives, lives, _noise(pairs)[own], share, plain.scatter[grade]), 3)
        )
        counts.append(count)
    return plain.model_copy(update={"pace": tuple(pace), "scatter": tuple(scatter), "pairs": tuple(counts)})


def _scatter(off: Floats, lives: Floats, noise: Floats, share: float, usual: float) -> float:
    """Give the points squared that a life adds beyond what two people's eyes explain."""
    if not len(off):
        return usual
    own = min(max(float((off**2 - noise).sum() / lives.sum()), 1.0), figure("learning", "most_scatter") * usual)
    return share * own + (1 - share) * usual


def _noise(pairs: Pairs) -> Floats:
    return pairs.noise_before + pairs.noise_after


def _is_jump(terms: Terms, pairs: Pairs, known: WearParameters) -> NDArray[np.bool_]:
    off, spread = _errors(terms, pairs, known)
    return np.asarray(np.abs(off) > figure("jump", "deviations") * spread)


def _errors(terms: Terms, pairs: Pairs, known: WearParameters) -> tuple[Floats, Floats]:
    """Give how far each later sight was from what was foretold, and the deviation that was foretold for it."""
    rate = np.tile((100 - terms.end) * np.array(known.pace), (len(pairs.before), 1))
    expected = np.clip(worn_down(pairs.before, pairs.lives, rate=rate), 0, 100)
    scatter = np.array(known.scatter)[rank_of(pairs.before)]
    return pairs.after - expected, np.sqrt(_noise(pairs) + scatter * pairs.lives)


def _later(pairs: Pairs) -> tuple[int, int]:
    """Give where the last third of the pairs begins, and how many there are in it."""
    count = len(pairs.before)
    first = count - int(count * _LATER_SHARE)
    return first, count - first


def _held(terms: Terms, pairs: Pairs) -> tuple[float | None, int, float]:
    """Measure on later pairs how often eight in ten held, on how many, and by how much intervals must be wider.

    The widening is found on the first half of the later pairs and its coverage measured on the second; where they are
    too few for that, nothing is widened.
    """
    begin, count = _later(pairs)
    taught = _paced(terms, _some(pairs, slice(0, begin)))
    if count < 2 * figure("calibration", "least_outcomes"):
        return (*_measured(terms, _some(pairs, slice(begin, None)), taught, 1.0), 1.0)
    middle = begin + count // 2
    off, spread = _errors(terms, _some(pairs, slice(begin, middle)), taught)
    needed = float(np.quantile(np.abs(off) / spread, _EIGHT_IN_TEN)) / TENTH
    widening = round(min(max(needed, 0.5), 3.0), 3)
    return (*_measured(terms, _some(pairs, slice(middle, None)), taught, widening), widening)


def _measured(terms: Terms, later: Pairs, taught: WearParameters, widening: float) -> tuple[float | None, int]:
    if not len(later.before):
        return None, 0
    off, spread = _errors(terms, later, taught)
    return round(float(np.mean(np.abs(off) <= TENTH * spread * widening)), 4), len(off)


def _some(pairs: Pairs, which: slice) -> Pairs:
    columns: dict[str, Any] = {name: column[which] for name, column in pairs._asdict().items()}
    return Pairs(**columns)


def telemetry_weight(terms: Terms, pairs: Pairs, known: WearParameters) -> tuple[float, int]:
    """Give how far measured health is to be believed, and on how many pairs that rests; 0 until it has earned more.

    It earns its weight from the errors at the next inspection: the share of them that it explains, where it explains
    any of the later third as well.
    """
    told = np.isfinite(pairs.health) & ~_is_jump(terms, pairs, known)
    count = int(told.sum())
    if count < figure("learning", "least_telemetry_pairs"):
        return 0.0, count
    off, health = _errors(terms, pairs, known)[0][told], pairs.health[told]
    split = count - int(count * _LATER_SHARE)
    weight = _slope(off[:split], health[:split])
    better = np.mean((off[split:] - weight * health[split:]) ** 2) < np.mean(off[split:] ** 2)
    return (round(min(max(_slope(off, health), 0.0), 1.0), 3) if better else 0.0), count


def _slope(off: Floats, health: Floats) -> float:
    power = float((health**2).sum())
    return min(max(float((off * health).sum()) / power, 0.0), 1.0) if power else 0.0


def _life(ended: Ended | None) -> LifeTable:
    """Fit a Weibull to what ended and what still serves, once enough ended; else what is declared."""
    usual = declared().life
    if ended is None or ended.ended.sum() < assumptions()["life_table"]["least_ended"]:
        return usual
    found = weibull(lives_of(ended.lives, ended.ended, ended.entry))
    if found is None:
        return usual
    return LifeTable(shape=round(found.shape, 4), scale=round(found.scale, 4), ended=int(ended.ended.sum()))


def outcomes_of(seen: Seen) -> dict[str, Outcome]:
    """Give the quantiles of what earlier things still served, by the grade in which they were first seen.

    Those that still serve count as far as they came (Kaplan-Meier). A grade of which fewer than twelve ended, or nine
    in ten did not, is left out.
    """
    found, grades = {}, np.array(seen.grade)
    for grade in GRADES:
        own = grades == grade
        if seen.ended[own].sum() < figure("learning", "least_peers"):
            continue
        table = kaplan_meier(lives_of(seen.left[own], seen.ended[own]))
        gone = [np.flatnonzero(table.survival <= 1 - share + 1e-9) for share in (0.1, 0.5, 0.9)]
        if all(len(places) for places in gone):
            low, middle, high = (round(float(table.ages[places[0]]), 4) for places in gone)
            found[grade] = Outcome(things=table.failures, p10=low, p50=middle, p90=high)
    return found
