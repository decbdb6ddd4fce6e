"""Many columns of which most are empty, kept small by SciPy, and the sums that a regression asks of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits

from lifecycle.grade import Floats

Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Block(NamedTuple):
    """Columns of one kind: where something stands (row and column) and what; the rest is 0."""

    name: str
    width: int
    rows: Places
    columns: Places
    figures: Floats


class Columns:
    """All blocks side by side."""

    def __init__(self, blocks: Sequence[Block], rows: int) -> None:
        """Lay the blocks side by side, so many rows high."""
        self.group = np.repeat(np.arange(len(blocks)), [block.width for block in blocks])
        self._matrix: Any = sparse.hstack(
            [
                sparse.csr_matrix((block.figures, (block.rows, block.columns)), shape=(rows, block.width))
                for block in blocks
            ],
            format="csr",
        )

    def normal(self, weights: Floats, goal: Floats) -> tuple[Floats, Floats]:
        """Give the sums of products of the columns, and of the columns with the goal, each row weighed."""
        weighed = self._matrix.multiply(weights[:, None]).tocsr()
        return np.asarray((self._matrix.T @ weighed).toarray()), np.asarray(weighed.T @ goal)

    def times(self, coefficients: Floats) -> Floats:
        """Give what each row adds up to."""
        return np.asarray(self._matrix @ coefficients)

    def leverage(self, inverse: Floats) -> Floats:
        """Give how little is known of each row's like: x' S x."""
        return np.asarray(self._matrix.multiply(self._matrix @ inverse).sum(axis=1)).ravel()


def inverse(matrix: Floats) -> Floats:
    """Invert a matrix that is symmetric and positive."""
    if not len(matrix):
        return matrix
    with threadpool_limits(limits=1):  # threads that wait for each other on a busy machine take ten times as long
        factor, _ = linalg.cho_factor(matrix, lower=True, check_finite=False)
        lower, _ = linalg.lapack.dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def solve(matrix: Floats, goal: Floats) -> Floats:
    """Solve for the coefficients; the matrix is symmetric and positive."""
    if not len(matrix):
        return goal
    with threadpool_limits(limits=1):
        factor = linalg.cho_factor(matrix, lower=True, check_finite=False)
        return np.asarray(linalg.cho_solve(factor, goal, check_finite=False))
