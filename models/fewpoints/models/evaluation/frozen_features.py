# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What features are worth before anything is trained on a scan: two measures.

*Coverage* (fig. 7 of Contrastive Scene Contexts): how many of a scan's objects and classes a
selection of points touches. *Probe*: how well a linear head, fitted to the answers at a few points
of a scan, labels the rest of it.

Letters used in shapes: N points, K chosen points, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.datasets.dataset import NO_INSTANCE, GroundTruth
from fewpoints.models.metrics.segmentation import UNLABELLED, confusion, mean_iou
from fewpoints.models.training.head import FeatureStatistics, fit_head


@dataclass(frozen=True)
class Coverage:
    """What a selection touches; shares of what the scan has."""

    objects: int
    object_share: float
    classes: int
    class_share: float


def coverage(truth: GroundTruth, chosen: NDArray[np.int64]) -> Coverage:
    """Count the objects and classes that the (K,) chosen rows touch."""
    objects, of_all = (
        _kinds(rows, NO_INSTANCE) for rows in (truth.instances[chosen], truth.instances)
    )
    classes, all_classes = (
        _kinds(rows, UNLABELLED) for rows in (truth.classes[chosen], truth.classes)
    )
    return Coverage(
        objects,
        objects / of_all if of_all else float("nan"),
        classes,
        classes / all_classes if all_classes else float("nan"),
    )


def _kinds(values: NDArray[np.int64], none: int) -> int:
    return len(set(np.unique(values).tolist()) - {none})


def probe(
    features: NDArray[np.float32],
    classes: NDArray[np.int64],
    chosen: NDArray[np.int64],
    *,
    decay: float = 0.1,
) -> float:
    """Return the mIoU of a linear head on all labelled points but those it was fitted to.

    Args:
        features: (N, F).
        classes: (N,) 0.., `UNLABELLED` for none.
        chosen: (K,) rows whose classes the head is told; those without one tell it nothing.
        decay: as in `fit_head`.

    Returns:
        The mean over the classes of the remaining points; one that no chosen point shows counts as
        0. NaN where nothing is labelled.
    """
    known = chosen[classes[chosen] != UNLABELLED]
    rest = classes != UNLABELLED
    rest[known] = False
    if not len(known) or not rest.any():
        return float("nan")
    count = int(classes[classes != UNLABELLED].max()) + 1
    statistics = FeatureStatistics()
    for start in range(0, len(features), 1 << 16):
        statistics.add(features[start : start + (1 << 16)])
    kernel, bias = fit_head(features[known], classes[known], count, statistics, decay=decay)
    logits = torch.from_numpy(np.ascontiguousarray(features[rest])) @ kernel + bias
    predicted = logits.argmax(dim=1).numpy()
    return mean_iou(confusion(classes[rest], predicted, count), present_only=True)
