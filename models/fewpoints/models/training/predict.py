# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The class of every point, and how sure the network is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import UInt8Array
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.engine.coords import Voxels
from fewpoints.models.features.extract import PointScatter, input_colours, scan_voxels
from fewpoints.models.features.inference import Limits, choose_device, run_network
from fewpoints.models.instances.grouping import MIN_POINTS, PredictedInstances, group_points
from fewpoints.models.metrics.segmentation import UNLABELLED
from fewpoints.models.nets.checkpoint import LoadedNetwork
from fewpoints.models.nets.res_unet import Output


@dataclass(frozen=True)
class Prediction:
    """What a checkpoint says about a scan.

    Attributes:
        classes: (N,) uint8 class index; 255 for points that are not finite.
        confidence: (N,) uint8, probability of that class times 255, rounded; 0 where there is none.
        instances: the objects of the points; None from a checkpoint that learned none.
    """

    classes: UInt8Array
    confidence: UInt8Array
    instances: PredictedInstances | None = None


def predict(
    scan: PointScan,
    loaded: LoadedNetwork,
    *,
    voxel_size_m: float,
    device: str = "auto",
    progress: Progress = no_progress,
    limits: Limits | None = None,
    min_voxels: int = MIN_POINTS,
) -> Prediction:
    """Classify every point of a scan, in bounded memory whatever its size.

    A checkpoint with an offset head also tells objects apart: voxels that it brings within 1.5
    voxels of each other (3 cm at 2 cm) and that have one class are one object, scored by the mean
    probability of that class. Classes that the checkpoint lists as `stuff` have none.

    Args:
        scan: N points.
        loaded: a checkpoint whose outputs are classes, at most 255.
        voxel_size_m: edge of a voxel, in the unit of the file.
        min_voxels: smaller objects are dropped.
    """
    if loaded.network.out_channels > UNLABELLED:
        raise ValueError(f"{loaded.network.out_channels} classes do not fit one byte")
    progress(0.0, f"Placing {len(scan):,} points on the voxel grid")
    voxels = scan_voxels(scan, voxel_size_m)
    scatter = PointScatter(voxels)
    classes = np.full(len(scan), UNLABELLED, np.uint8)
    confidence = np.zeros(len(scan), np.uint8)
    offset_head = loaded.offset_head
    shifts = _Shifts(len(voxels)) if offset_head is not None else None
    where = choose_device(device)

    def consume(voxel_rows: NDArray[np.int64], output: Output) -> None:
        probability, best = output.logits.float().softmax(dim=1).max(dim=1)
        scatter(voxel_rows, best.cpu().numpy().astype(np.uint8), classes)
        sure = (probability * 255).round().cpu().numpy().astype(np.uint8)
        scatter(voxel_rows, sure, confidence)
        if shifts is not None and offset_head is not None:
            shifts.offsets[voxel_rows] = offset_head(output.features).cpu().numpy()
            shifts.classes[voxel_rows] = best.cpu().numpy()
            shifts.probability[voxel_rows] = probability.cpu().numpy()

    if offset_head is not None:
        offset_head.to(where).eval()
    run_network(
        loaded.network,
        voxels.coords,
        input_colours(scan, voxels),
        consume,
        device=where,
        limits=limits,
        progress=part_of(progress, 0.05, 0.95),
    )
    instances = None
    if shifts is not None:
        progress(0.95, "Telling objects apart")
        instances = shifts.grouped(voxels, stuff=loaded.meta.stuff, min_voxels=min_voxels)
    progress(1.0, "Every point is classified")
    return Prediction(classes, confidence, instances)


class _Shifts:
    """What the objects of V voxels are made from."""

    def __init__(self, count: int) -> None:
        self.offsets = np.zeros((count, 3), np.float32)
        self.classes = np.full(count, UNLABELLED, np.int64)
        self.probability = np.zeros(count, np.float32)

    def grouped(
        self, voxels: Voxels, *, stuff: Sequence[int], min_voxels: int
    ) -> PredictedInstances:
        """Group the voxels and give every point the object of its voxel."""
        size = voxels.voxel_size_m
        found = group_points(
            voxels.coords.astype(np.float64) * size,
            self.offsets,
            self.classes,
            self.probability,
            radius_m=1.5 * size,
            min_points=min_voxels,
            stuff=stuff,
        )
        placed = voxels.point_to_voxel >= 0
        numbers = np.zeros(len(placed), np.int64)
        numbers[placed] = found.numbers[voxels.point_to_voxel[placed]]
        # Numbers count objects in the order of the voxels, which rows i + 1 of the tables follow.
        return replace(found, numbers=numbers)
