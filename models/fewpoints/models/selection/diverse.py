# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One shot, superpoint by superpoint: points that stand for everything there is in the scan.

k-means over points asks about large surfaces again and again, because they have the most points.
Here the rows are superpoints, and each counts by the root of its size: a wall of a thousand cells
counts ten times a cup of ten, not a hundred times. Clusters are formed by place, look, kind and
colour; of each the superpoint nearest the centre is asked about, at the point most typical of it.
Clusters that hold most come first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.columns import block, squared_distances
from fewpoints.models.superpoints.kinds import kinds_of
from fewpoints.models.superpoints.superpoints import Superpoints

_PLACE, _FEATURES, _COLOUR = 0.7, 1.0, 0.6
# Where the kinds of things are told, they take over some of the say of the others.
_KINDS, _PLACE_BESIDE, _FEATURES_BESIDE = 1.0, 0.5, 0.7
_FEWEST_CELLS = 20
_CANDIDATES = 4


def diverse_superpoints(
    superpoints: Superpoints,
    directions: NDArray[np.float32] | None,
    budget: int,
    rng: np.random.Generator,
    *,
    exclude: NDArray[np.integer],
    iterations: int = 50,
) -> NDArray[np.int64]:
    """Choose different superpoints, those that stand for most first.

    Args:
        directions: (S, F) mean directions of the features, or None.
        exclude: superpoints that were asked about.

    Returns:
        (<= budget,) superpoints; fewer where fewer are left.
    """
    weights = np.sqrt(superpoints.sizes.astype(np.float64))
    allowed = np.ones(len(superpoints), bool)
    allowed[exclude] = False
    for pool in (allowed & ~specks(superpoints), allowed):
        if pool.sum() >= budget:
            break
    pool = np.flatnonzero(pool)
    if len(pool) <= budget:
        return pool[np.argsort(-superpoints.sizes[pool], kind="stable")]
    w = weights[pool]
    kinds = None if directions is None else kinds_of(superpoints, directions)
    place, features = (_PLACE, _FEATURES) if kinds is None else (_PLACE_BESIDE, _FEATURES_BESIDE)
    blocks: list[tuple[NDArray[np.floating], float]] = [(superpoints.centres, place)]
    if directions is not None:
        blocks.append((directions, features))
    if kinds is not None:
        blocks.append((kinds, _KINDS))
    if superpoints.colours is not None:
        blocks.append((superpoints.colours[:, :3], _COLOUR))
    rows = np.concatenate([block(values[pool], w) * s for values, s in blocks], axis=1)
    return pool[_weighted_medoids(rows, w, budget, rng, iterations)]


def specks(superpoints: Superpoints) -> NDArray[np.bool_]:
    """Return (S,) which superpoints are nobody's idea of a thing, such as those at edges.

    They wait until all else was asked about.
    """
    if not len(superpoints):
        return np.zeros(0, bool)
    return np.asarray(superpoints.sizes < min(_FEWEST_CELLS, np.median(superpoints.sizes)))


def typical_cell(
    superpoints: Superpoints,
    features: NDArray[np.float32] | None,
    superpoint: int,
    *,
    allowed: NDArray[np.bool_],
) -> int | None:
    """Return the row of the scan that is most typical of a superpoint, if one is allowed.

    That is near its centre and near its mean feature, both counted in their mean squares.
    `allowed`: (N,) which points may be chosen.
    """
    cells = np.flatnonzero(superpoints.of_cell == superpoint)
    cells = cells[allowed[superpoints.cell_points[cells]]]
    if not len(cells):
        return None
    away = _squares_from_mean(superpoints.places[cells])
    rows = superpoints.cell_points[cells]
    if features is not None:
        looks = features[rows].astype(np.float64)
        looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-12)
        away = away + _squares_from_mean(looks)
    return int(rows[away.argmin()])


def _squares_from_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = ((values - values.mean(axis=0)) ** 2).sum(axis=1)
    return np.asarray(squares / max(float(squares.mean()), 1e-12))


def _weighted_medoids(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    budget: int,
    rng: np.random.Generator,
    iterations: int,
) -> NDArray[np.int64]:
    """Weighted k-means; return the row nearest each centre, heaviest cluster first."""
    centres = rows[_seeds(rows, weights, budget, rng)]
    owner = np.zeros(len(rows), np.int64)
    for step in range(iterations):
        new = squared_distances(rows, centres).argmin(axis=1)
        if step and np.array_equal(new, owner):
            break
        owner = new
        mass = np.bincount(owner, weights, budget)
        sums = np.zeros_like(centres)
        np.add.at(sums, owner, rows * weights[:, None])
        kept = mass > 0
        centres[kept] = sums[kept] / mass[kept, None]
    distances = squared_distances(rows, centres)
    owner = distances.argmin(axis=1)
    nearest = distances[np.arange(len(rows)), owner]
    mass = np.bincount(owner, weights, budget)
    order = np.lexsort((nearest, owner))
    present, first = np.unique(owner[order], return_index=True)
    found = order[first][np.argsort(-mass[present], kind="stable")]
    if len(found) < budget:  # Superpoints that are all alike leave clusters empty.
        rest = np.setdiff1d(np.arange(len(rows)), found)
        heaviest = rest[np.argsort(-weights[rest], kind="stable")]
        found = np.concatenate([found, heaviest[: budget - len(found)]])
    return found.astype(np.int64)


def _seeds(
    rows: NDArray[np.float64], weights: NDArray[np.float64], budget: int, rng: np.random.Generator
) -> list[int]:
    """Greedy k-means++: of a few random candidates the one that helps most."""
    chosen = [int(rng.choice(len(rows), p=weights / weights.sum()))]
    away = squared_distances(rows, rows[chosen]).min(axis=1)
    for _ in range(budget - 1):
        chance = weights * away
        total = chance.sum()
        if total <= 0:
            chosen.append(int(rng.integers(len(rows))))
            continue
        tried = rng.choice(len(rows), _CANDIDATES, p=chance / total)
        after = np.minimum(away[:, None], squared_distances(rows, rows[tried]))
        best = int((weights @ after).argmin())
        chosen.append(int(tried[best]))
        away = after[:, best]
    return chosen
