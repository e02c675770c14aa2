# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The class of every point, and how sure the network is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.arrays import UInt8Array
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.superpoint_head import classify_superpoints
from fewpoints.models.engine.coords import Voxels
from fewpoints.models.features.extract import input_colours, scan_voxels
from fewpoints.models.features.inference import Limits, choose_device, run_network
from fewpoints.models.instances.grouping import MIN_POINTS, PredictedInstances, group_points
from fewpoints.models.metrics.segmentation import UNLABELLED
from fewpoints.models.nets.checkpoint import LoadedNetwork
from fewpoints.models.nets.res_unet import Output, Res16UNet
from fewpoints.models.superpoints.look import DirectionSums, looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints

_ROWS_AT_ONCE = 1 << 16


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
    features: NDArray[np.float32] | None = None,
    superpoints: Superpoints | None = None,
) -> Prediction:
    """Classify every point of a scan, in bounded memory whatever its size.

    A checkpoint with an offset head also tells objects apart: voxels that it brings within 1.5
    voxels of each other (3 cm at 2 cm) and that have one class are one object, scored by the mean
    probability of that class. Classes that the checkpoint lists as `stuff` have none.

    A checkpoint with a head on superpoints classifies those, all points of one alike. How sure it
    is comes out too low rather than too high, so far as simulated flats tell.

    Args:
        scan: N points.
        loaded: a checkpoint whose outputs are classes, at most 255.
        voxel_size_m: edge of a voxel, in the unit of the file.
        min_voxels: smaller objects are dropped.
        features: (N, F) of the network in `loaded`, if they are at hand; it need not run then.
        superpoints: of the scan at that voxel size, if they are at hand.
    """
    if loaded.network.out_channels > UNLABELLED:
        raise ValueError(f"{loaded.network.out_channels} classes do not fit one byte")
    progress(0.0, f"Placing {len(scan):,} points on the voxel grid")
    voxels = scan_voxels(scan, voxel_size_m)
    where = choose_device(device)
    offset_head, superpoint_head = loaded.offset_head, loaded.superpoint_head
    said = _VoxelOutputs(len(voxels))
    offsets = np.zeros((len(voxels) if offset_head is not None else 0, 3), np.float32)
    directions = None
    if superpoint_head is not None:
        if superpoints is None:
            superpoints = cut_into_superpoints(scan, voxel_size_m=voxel_size_m)
        directions = DirectionSums(superpoints, loaded.network.feature_channels)

    def consume(voxel_rows: NDArray[np.int64], output: Output) -> None:
        if directions is not None:
            directions.add(voxel_rows, output.features.float().cpu().numpy())
        else:
            probability, best = output.logits.float().softmax(dim=1).max(dim=1)
            said.classes[voxel_rows] = best.cpu().numpy()
            said.probability[voxel_rows] = probability.cpu().numpy()
        if offset_head is not None:
            offsets[voxel_rows] = offset_head(output.features).cpu().numpy()

    if offset_head is not None:
        offset_head.to(where).eval()
    if features is None:
        run_network(
            loaded.network,
            voxels.coords,
            input_colours(scan, voxels),
            consume,
            device=where,
            limits=limits,
            progress=part_of(progress, 0.05, 0.95),
        )
    else:
        _read_features(loaded.network, voxels, features, consume, where)
    if superpoint_head is not None and superpoints is not None and directions is not None:
        seen = looks(superpoints, directions.means(), with_kinds=superpoint_head.with_kinds)
        found = classify_superpoints(superpoint_head, superpoints, seen)
        said.classes[:] = found.classes[superpoints.of_cell]
        said.probability[:] = found.confidence[superpoints.of_cell]
    instances = None
    if offset_head is not None:
        progress(0.95, "Telling objects apart")
        instances = _objects(voxels, offsets, said, stuff=loaded.meta.stuff, min_voxels=min_voxels)
    progress(1.0, "Every point is classified")
    return Prediction(*said.of_points(voxels), instances)


class _VoxelOutputs:
    """The class of each of V voxels and its probability."""

    def __init__(self, count: int) -> None:
        self.classes = np.full(count, UNLABELLED, np.int64)
        self.probability = np.zeros(count, np.float32)

    def of_points(self, voxels: Voxels) -> tuple[UInt8Array, UInt8Array]:
        """Return the class of every point, and the probability times 255."""
        owner, placed = voxels.point_to_voxel, voxels.point_to_voxel >= 0
        classes = np.full(len(owner), UNLABELLED, np.uint8)
        confidence = np.zeros(len(owner), np.uint8)
        classes[placed] = self.classes.astype(np.uint8)[owner[placed]]
        confidence[placed] = (self.probability * 255).round().astype(np.uint8)[owner[placed]]
        return classes, confidence


def _read_features(
    network: Res16UNet,
    voxels: Voxels,
    features: NDArray[np.float32],
    consume: Callable[[NDArray[np.int64], Output], None],
    device: torch.device,
) -> None:
    """Do as `run_network` does, with features that are known."""
    final = network.final.to(device)
    for start in range(0, len(voxels), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(voxels)))
        known = np.asarray(features[voxels.first_point[rows]], np.float32)
        with torch.no_grad():
            values = torch.from_numpy(known).to(device)
            consume(rows, Output(features=values, logits=final(values)))


def _objects(
    voxels: Voxels,
    offsets: NDArray[np.float32],
    said: _VoxelOutputs,
    *,
    stuff: Sequence[int],
    min_voxels: int,
) -> PredictedInstances:
    """Group the voxels and give every point the object of its voxel."""
    size = voxels.voxel_size_m
    found = group_points(
        voxels.coords.astype(np.float64) * size,
        offsets,
        said.classes,
        said.probability,
        radius_m=1.5 * size,
        min_points=min_voxels,
        stuff=stuff,
    )
    placed = voxels.point_to_voxel >= 0
    numbers = np.zeros(len(placed), np.int64)
    numbers[placed] = found.numbers[voxels.point_to_voxel[placed]]
    # Numbers count objects in the order of the voxels, which rows i + 1 of the tables follow.
    return replace(found, numbers=numbers)
