# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The class of every point, and how sure the network is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import UInt8Array
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import PointScatter, input_colours, scan_voxels
from fewpoints.models.features.inference import Limits, choose_device, run_network
from fewpoints.models.metrics.segmentation import UNLABELLED
from fewpoints.models.nets.checkpoint import LoadedNetwork
from fewpoints.models.nets.res_unet import Output


@dataclass(frozen=True)
class Prediction:
    """What a checkpoint says about a scan.

    Attributes:
        classes: (N,) uint8 class index; 255 for points that are not finite.
        confidence: (N,) uint8, probability of that class times 255, rounded; 0 where there is none.
    """

    classes: UInt8Array
    confidence: UInt8Array


def predict(
    scan: PointScan,
    loaded: LoadedNetwork,
    *,
    voxel_size_m: float,
    device: str = "auto",
    progress: Progress = no_progress,
    limits: Limits | None = None,
) -> Prediction:
    """Classify every point of a scan, in bounded memory whatever its size.

    Args:
        scan: N points.
        loaded: a checkpoint whose outputs are classes, at most 255.
        voxel_size_m: edge of a voxel, in the unit of the file.
    """
    if loaded.network.out_channels > UNLABELLED:
        raise ValueError(f"{loaded.network.out_channels} classes do not fit one byte")
    progress(0.0, f"Placing {len(scan):,} points on the voxel grid")
    voxels = scan_voxels(scan, voxel_size_m)
    scatter = PointScatter(voxels)
    classes = np.full(len(scan), UNLABELLED, np.uint8)
    confidence = np.zeros(len(scan), np.uint8)

    def consume(voxel_rows: NDArray[np.int64], output: Output) -> None:
        probability, best = output.logits.float().softmax(dim=1).max(dim=1)
        scatter(voxel_rows, best.cpu().numpy().astype(np.uint8), classes)
        sure = (probability * 255).round().cpu().numpy().astype(np.uint8)
        scatter(voxel_rows, sure, confidence)

    run_network(
        loaded.network,
        voxels.coords,
        input_colours(scan, voxels),
        consume,
        device=choose_device(device),
        limits=limits,
        progress=part_of(progress, 0.05, 1.0),
    )
    return Prediction(classes, confidence)
