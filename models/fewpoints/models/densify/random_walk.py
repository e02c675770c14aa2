# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Smoothing over the graph of superpoints that touch, answers held fast.

The random walker with a prior (Grady, CVPR 2005): probabilities p minimise

    sum_s g_s |p_s - q_s|^2  +  sum_st w_st |p_s - p_t|^2,    p = answer where there is one,

with q what the head says, g_s = 0.3 sqrt(size), w_st = sqrt(contacts) exp(-8 contrast): a long
border without a step in normals or colours pulls hardest. One sparse solve for all classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

from fewpoints.models.superpoints.superpoints import Superpoints

_PRIOR = 0.3
_STEP = 8.0
_SOFTNESS = 6.0


def probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (S, C) probabilities of regression scores."""
    raised = np.exp(_SOFTNESS * (scores - scores.max(axis=1, keepdims=True)))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def smooth(
    superpoints: Superpoints,
    prior: NDArray[np.float64],
    answered: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return (S, C) smoothed probabilities, rows sum to 1.

    Args:
        prior: (S, C) what the head says.
        answered: (A,) different superpoints. classes: (A,) their columns.
    """
    count = len(superpoints)
    weight = np.sqrt(superpoints.contacts) * np.exp(-_STEP * superpoints.contrast.astype(float))
    one, two = superpoints.touching.T
    graph = coo_matrix((weight, (one, two)), shape=(count, count))
    graph = (graph + graph.T).tocsr()
    pull = _PRIOR * np.sqrt(np.maximum(superpoints.sizes, 1))
    known = np.zeros(count, bool)
    known[answered] = True
    result = np.zeros_like(prior)
    result[answered, classes] = 1.0
    free = np.flatnonzero(~known)
    if not len(free):
        return result
    degree = np.asarray(graph.sum(axis=1)).ravel()
    matrix = (diags(degree + pull) - graph)[free]
    right = pull[free, None] * prior[free] - matrix[:, answered] @ result[answered]
    solved = splu(matrix[:, free].tocsc()).solve(np.ascontiguousarray(right))
    solved = np.maximum(solved, 0)
    result[free] = solved / np.maximum(solved.sum(axis=1, keepdims=True), 1e-12)
    return result
