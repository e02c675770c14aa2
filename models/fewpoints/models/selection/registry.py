# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From options to points: the one entry that the server, the command line and benchmarks use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.features.extract import DEFAULT_VOXEL_SIZE_M
from fewpoints.models.selection.diverse import diverse_superpoints, typical_cell
from fewpoints.models.selection.errors import (
    BadBudget,
    BadExclude,
    FeaturesMissing,
    TooFewPoints,
)
from fewpoints.models.selection.kmeans import Block, design_matrix, kmeans_rows
from fewpoints.models.selection.options import (
    MIXED_FIRST,
    AnyStrategy,
    Diverse,
    KMeansFeatures,
    Mixed,
    Random,
    Uncertain,
    needs_features,
)
from fewpoints.models.selection.random import random_rows
from fewpoints.models.selection.uncertain import uncertain_rows
from fewpoints.models.superpoints.look import looks, mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints

__all__ = ["needs_features", "select_points"]

_NOT_FINITE = "The features hold values that are not finite numbers. Compute them again."


def select_points(
    scan: PointScan,
    options: AnyStrategy,
    budget: int,
    *,
    seed: int | None = None,
    features: NDArray[np.float32] | None = None,
    superpoints: Superpoints | None = None,
    voxel_size_m: float = DEFAULT_VOXEL_SIZE_M,
    answers: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None,
    exclude: NDArray[np.integer] | None = None,
    progress: Progress = no_progress,
) -> NDArray[np.int64]:
    """Choose the points of a scan to ask about.

    Args:
        scan: N points; rows that are not finite are never chosen.
        options: the strategy.
        budget: K >= 1 points wanted.
        seed: overrides the seed in `options`.
        features: (N, F), row i = point i; see `needs_features`. A memory-mapped array is fine.
        superpoints: of the scan, see `needs_superpoints`; made with `voxel_size_m` where there are
            none.
        answers: (Q,) rows and their (Q,) classes, any integers; `uncertain` and `mixed` look at
            them. They do not come back either.
        exclude: rows that must not come back, such as those already asked about.

    Returns:
        (K,) int64 rows of the scan as imported, all different. The same input and seed give the
        same rows.

    Raises:
        TooFewPoints: fewer than K points are finite and not excluded.
        FeaturesMissing: the strategy needs features and there are none, or they do not fit.
        BadExclude, BadAnswer: a row is not one of the scan's; or it is answered and not finite.
    """
    if budget < 1:
        raise BadBudget(budget)
    nothing = np.zeros(0, np.int64)
    answered, classes = (nothing, nothing) if answers is None else answers
    answered = np.asarray(answered, np.int64)
    asked = np.zeros(len(scan), dtype=bool)
    asked[_rows_of(scan, nothing if exclude is None else np.asarray(exclude, np.int64))] = True
    asked[_rows_of(scan, answered)] = True
    allowed = scan.finite & ~asked
    excluded = int((scan.finite & asked).sum())
    eligible = np.flatnonzero(allowed)
    if len(eligible) < budget:
        raise TooFewPoints(budget=budget, available=len(eligible), excluded=excluded)
    rng = np.random.default_rng(options.seed if seed is None else seed)
    if isinstance(options, Random):
        return random_rows(eligible, budget, rng)

    if isinstance(options, (Diverse, Uncertain, Mixed)):
        known = _checked_features(features, scan, options.name)
        if superpoints is None:
            superpoints = cut_into_superpoints(
                scan, voxel_size_m=voxel_size_m, progress=part_of(progress, 0, 0.8)
            )
        directions = mean_directions(superpoints, known)
        if not np.isfinite(directions).all():
            raise FeaturesMissing(_NOT_FINITE)
        rows: list[int] = []
        spread = _diverse_share(options, budget, asked=int(asked.sum()))
        if spread:
            rows = _diverse_rows(superpoints, directions, known, allowed, spread, rng)
        if len(rows) < budget and not isinstance(options, Diverse):
            allowed[rows] = False
            labeller = DenseLabeller(superpoints, looks(superpoints, directions), scan.positions)
            rows += uncertain_rows(
                labeller, answered, classes, budget - len(rows), features=known, allowed=allowed
            )
        # Where every superpoint was asked about, any further point tells more than none.
        allowed[rows] = False
        rows += random_rows(np.flatnonzero(allowed), budget - len(rows), rng).tolist()
        progress(1.0, f"Chose {budget} points")
        return np.array(rows, np.int64)

    progress(0.0, f"Preparing {len(eligible):,} points")
    seen: list[Block] = []
    colours = _colours(scan, eligible)
    if colours is not None:
        seen.append(Block(colours))
    if isinstance(options, KMeansFeatures):
        seen.append(Block(_checked_features(features, scan, options.name), directions=True))
    seen = [replace(look, share=1 / len(seen)) for look in seen]
    blocks = [Block(scan.positions), *seen]
    matrix = design_matrix(blocks, eligible, scaling=options.scaling)
    if not np.isfinite(matrix).all():
        raise FeaturesMissing(_NOT_FINITE)
    progress(0.1, f"Clustering {len(eligible):,} points into {budget}")
    picked = kmeans_rows(
        matrix,
        budget,
        scaling=options.scaling,
        rng=rng,
        iterations=options.iterations,
        engine=options.engine,
        on_step=lambda done, most: progress(0.1 + 0.85 * done / most, f"Clustering, step {done}"),
    )
    progress(1.0, f"Chose {budget} points")
    return eligible[picked]


def _colours(scan: PointScan, eligible: NDArray[np.int64]) -> NDArray[Any] | None:
    """(N, 3) colour 0-255; without colour (N, 1) intensity; nothing where neither varies."""
    if scan.colours is not None:
        varied = np.ptp(scan.colours[eligible], axis=0).any()
        return scan.colours if varied else None
    if scan.intensity is not None:
        intensity = scan.intensity.astype(np.float64)
        known = intensity[eligible]
        if np.isfinite(known).all() and np.ptp(known) > 0:
            # Brought to the range of a colour channel, so that it weighs what one would.
            column: NDArray[np.float64] = (intensity - known.min()) * (255.0 / np.ptp(known))
            return column[:, None]
    return None


def _diverse_share(options: Diverse | Uncertain | Mixed, budget: int, *, asked: int) -> int:
    """How many of the points are chosen by `diverse`, when `asked` were asked about before."""
    if isinstance(options, Mixed):
        return min(budget, max(MIXED_FIRST - asked, 0))
    return budget if isinstance(options, Diverse) else 0


def _rows_of(scan: PointScan, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) and (rows.min() < 0 or rows.max() >= len(scan)):
        raise BadExclude(
            f"Points that are labelled or left out must be rows 0 to {len(scan) - 1} of the scan, "
            f"got {int(rows.min())} to {int(rows.max())}."
        )
    return rows


def _diverse_rows(
    superpoints: Superpoints,
    directions: NDArray[np.float32],
    features: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    budget: int,
    rng: np.random.Generator,
) -> list[int]:
    """<= K rows of different superpoints that were not asked about, as long as there are some."""
    asked = superpoints.of_point[~allowed]
    chosen = diverse_superpoints(
        superpoints, directions, budget, rng, exclude=np.unique(asked[asked >= 0])
    )
    typical = (typical_cell(superpoints, features, int(s), allowed=allowed) for s in chosen)
    return [row for row in typical if row is not None]


def _checked_features(
    features: NDArray[np.float32] | None, scan: PointScan, strategy: str
) -> NDArray[np.float32]:
    if features is None:
        raise FeaturesMissing(
            f"The strategy {strategy} needs the network's features of the scan. "
            "Compute them first, or use kmeans_color."
        )
    if features.ndim != 2 or len(features) != len(scan) or features.shape[1] == 0:
        raise FeaturesMissing(
            f"The features have shape {tuple(features.shape)}, but the scan has {len(scan):,} "
            "points. Compute the features of this very file."
        )
    return features
