"""A fleet space is the few directions in which what the sensors tell goes together with the life that is left."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats

DIRECTIONS = 8


class Space(NamedTuple):
    """Centre and scale of the figures, directions, and how much each direction counts for the life left."""

    centre: Floats
    scale: Floats
    turn: Floats
    weight: Floats

    def places(self, figures: Floats) -> Floats:
        """Give the place of each row of figures; near places had about the same life left."""
        return np.asarray(((figures - self.centre) / self.scale) @ self.turn * self.weight)


def space_of(figures: Floats, left: Floats, directions: int = DIRECTIONS) -> Space:
    """Find the directions by partial least squares (Wold), the strongest first."""
    centre, scale = figures.mean(0), np.maximum(figures.std(0), 1e-9)
    rest, goal = (figures - centre) / scale, left - left.mean()
    weights, loadings, gains = [], [], []
    for _ in range(min(directions, figures.shape[1])):
        weight = rest.T @ goal
        if (size := np.linalg.norm(weight)) < 1e-9 * len(goal):
            break
        weight /= size
        score = rest @ weight
        square = float(score @ score)
        loading, gain = rest.T @ score / square, float(goal @ score) / square
        rest = rest - np.outer(score, loading)
        weights.append(weight)
        loadings.append(loading)
        gains.append(abs(gain))
    if not weights:
        return Space(centre, scale, np.zeros((figures.shape[1], 1)), np.ones(1))
    across, along = np.array(weights).T, np.array(loadings).T
    return Space(centre, scale, across @ np.linalg.inv(along.T @ across), np.array(gains))
