# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How much of each superpoint the answers leave open, kept up to date while points are chosen.

With the kernel of the head (`densify.kernel_head`) and A the superpoints asked about, what is open
is the share of the prior variance that remains,

    u(s) = 1 - k_sA (K_AA + noise)^-1 k_As / k_ss.

What will be answered does not matter for it, so the gain of an answer is known before it is given.
The rows of R^-1 k_A., R the Cholesky root of K_AA + noise, are kept; one more superpoint adds a
row, so that choosing K of S superpoints takes O(K S (A + K)) steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.densify.kernel_head import PRIOR, answer_noise, similarities
from fewpoints.models.densify.labeller import DenseLabeller

# Of an answer whose class is not known yet: as of the only answer of its class.
_NOISE = float(answer_noise(np.zeros(1, np.int64))[0])


class Unexplained:
    """What is open of S superpoints. `share`: (S,) float64, 0..1; 1 without answers."""

    def __init__(
        self,
        looks: NDArray[np.float64],
        places: NDArray[np.float64],
        *,
        reach: float,
        asked: NDArray[np.int64],
        noise: NDArray[np.float64],
    ) -> None:
        """(S, D) looks and (S, 3) places, in the unit of `reach`.

        Args:
            asked: (A,) different superpoints. noise: (A,) variances of their answers' noise.
        """
        self._looks, self._places, self._reach = looks, places, reach
        self._count = len(asked)
        # float32 halves what a large scan with thousands of answers takes; the noise is far above
        # its precision.
        self._rows = np.zeros((max(2 * self._count, 64), len(looks)), np.float32)
        self.share = np.ones(len(looks))
        if self._count:
            similar = similarities(looks, places, asked, reach)
            system = similar[asked] + np.diag(noise)
            root = np.linalg.cholesky((system + system.T) / 2)
            half = np.linalg.solve(root, similar.T)
            self._rows[: self._count] = half
            self._explain(half)

    def ask(self, superpoint: int) -> None:
        """Take a superpoint as asked about; `share` is what will be open then."""
        similar = similarities(
            self._looks, self._places, np.array([superpoint], np.int64), self._reach
        )[:, 0]
        known = self._rows[: self._count]
        left = similar - known[:, superpoint] @ known
        row = left / np.sqrt(max(float(left[superpoint]), 0.0) + _NOISE)
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[self._count] = row
        self._count += 1
        self._explain(row[None])

    def _explain(self, rows: NDArray[np.float64]) -> None:
        self.share = np.maximum(self.share - (rows * rows).sum(axis=0) / PRIOR, 0)


def unexplained_share(labeller: DenseLabeller, rows: NDArray[np.integer]) -> float:
    """Return the share of a scan's cells, 0..1, that answers at (Q,) rows leave open.

    Rows without a place count for nothing, whatever the classes.
    """
    superpoints = labeller.superpoints
    asked = np.unique(superpoints.of_point[rows]).astype(np.int64)
    asked = asked[asked >= 0]
    found = Unexplained(
        labeller.looks,
        superpoints.centres,
        reach=labeller.reach,
        asked=asked,
        noise=np.full(len(asked), _NOISE),
    )
    return float(np.average(found.share, weights=superpoints.sizes)) if len(found.share) else 0.0
