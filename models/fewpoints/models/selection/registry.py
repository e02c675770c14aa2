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
    AnyStrategy,
    Diverse,
    KMeansFeatures,
    Random,
    needs_features,
)
from fewpoints.models.selection.random import random_rows
from fewpoints.models.superpoints.look import mean_directions
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
    exclude: NDArray[np.integer] | None = None,
    progress: Progress = no_progress,
) -> NDArray[np.int64]:
    """Choose the points of a scan to ask about.

    Args:
        scan: N points; rows that are not finite are never chosen.
        options: the strategy.
        budget: K >= 1 points wanted.
        seed: overrides the seed in `options`.
        features: (N, F), row i = point i; needed by `kmeans_features` and `diverse`. A
            memory-mapped array is fine.
        superpoints: of the scan, for `diverse`; made with `voxel_size_m` where there are none.
        exclude: rows that must not come back, such as those already asked about.

    Returns:
        (K,) int64 rows of the scan as imported, all different. The same input and seed give the
        same rows.

    Raises:
        TooFewPoints: fewer than K points are finite and not excluded.
        FeaturesMissing: the strategy needs features and there are none, or they do not fit.
    """
    if budget < 1:
        raise BadBudget(budget)
    allowed = np.array(scan.finite, dtype=bool)
    if exclude is not None and len(exclude):
        rows = np.asarray(exclude, dtype=np.int64)
        if rows.min() < 0 or rows.max() >= len(scan):
            raise BadExclude(
                f"Points to leave out must be rows 0 to {len(scan) - 1} of the scan, "
                f"got {int(rows.min())} to {int(rows.max())}."
            )
        before = int(allowed.sum())
        allowed[rows] = False
        excluded = before - int(allowed.sum())
    else:
        excluded = 0
    eligible = np.flatnonzero(allowed)
    if len(eligible) < budget:
        raise TooFewPoints(budget=budget, available=len(eligible), excluded=excluded)
    rng = np.random.default_rng(options.seed if seed is None else seed)
    if isinstance(options, Random):
        return random_rows(eligible, budget, rng)

    if isinstance(options, Diverse):
        known = _checked_features(features, scan, options.name)
        if superpoints is None:
            superpoints = cut_into_superpoints(
                scan, voxel_size_m=voxel_size_m, progress=part_of(progress, 0, 0.8)
            )
        return _diverse_rows(superpoints, known, allowed, budget, rng)

    progress(0.0, f"Preparing {len(eligible):,} points")
    looks: list[Block] = []
    colours = _colours(scan, eligible)
    if colours is not None:
        looks.append(Block(colours))
    if isinstance(options, KMeansFeatures):
        looks.append(Block(_checked_features(features, scan, options.name), directions=True))
    looks = [replace(look, share=1 / len(looks)) for look in looks]
    blocks = [Block(scan.positions), *looks]
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


def _diverse_rows(
    superpoints: Superpoints,
    features: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    budget: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """(K,) rows: of different superpoints that were not asked about as long as there are some."""
    asked = superpoints.of_point[~allowed]
    directions = mean_directions(superpoints, features)
    if not np.isfinite(directions).all():
        raise FeaturesMissing(_NOT_FINITE)
    chosen = diverse_superpoints(
        superpoints, directions, budget, rng, exclude=np.unique(asked[asked >= 0])
    )
    typical = (typical_cell(superpoints, features, int(s), allowed=allowed) for s in chosen)
    rows = [row for row in typical if row is not None]
    if len(rows) < budget:
        left = allowed.copy()
        left[rows] = False
        rows += random_rows(np.flatnonzero(left), budget - len(rows), rng).tolist()
    return np.array(rows, np.int64)


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
