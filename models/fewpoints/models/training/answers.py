# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The answers of all scans in one table, and what a network says at their points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, part_of
from fewpoints.models.features.extract import input_colours, scan_voxels
from fewpoints.models.features.inference import run_network
from fewpoints.models.nets.res_unet import Output, Res16UNet
from fewpoints.models.training.errors import BadAnswers, NotEnoughAnswers
from fewpoints.models.training.head import FeatureStatistics
from fewpoints.models.training.readiness import check_ready
from fewpoints.models.training.sparse_supervision import LabelledScan

_STATISTICS_ROWS = 200_000


@dataclass(frozen=True)
class AnswerTable:
    """All answers, scan after scan.

    features: (L, F). classes: (L,). scan: (L,) index of the scan. statistics: of the features of
    all points of the scans.
    """

    features: NDArray[np.float32]
    classes: NDArray[np.int64]
    scan: NDArray[np.int64]
    statistics: FeatureStatistics

    def of_scan(self, index: int) -> NDArray[np.int64]:
        """Rows of the table that are answers about one scan."""
        return np.flatnonzero(self.scan == index)


def check_answers(scans: Sequence[LabelledScan], class_count: int) -> None:
    """Raise BadAnswers or NotEnoughAnswers where answers cannot be trained on."""
    for scan in scans:
        if len(scan.rows) != len(scan.classes):
            raise BadAnswers(
                f"{scan.name}: {len(scan.rows)} labelled points but {len(scan.classes)} classes."
            )
        if scan.instances is not None and len(scan.instances) != len(scan.rows):
            raise BadAnswers(
                f"{scan.name}: {len(scan.rows)} labelled points but {len(scan.instances)} "
                "instances."
            )
        if scan.rows.min() < 0 or scan.rows.max() >= len(scan.scan):
            raise BadAnswers(
                f"{scan.name}: a labelled point is row {int(scan.rows.max())}, but the scan has "
                f"{len(scan.scan):,} points."
            )
        if not scan.scan.finite[scan.rows].all():
            raise BadAnswers(f"{scan.name}: a labelled point has no finite coordinates.")
        if scan.classes.min() < 0 or scan.classes.max() >= class_count:
            raise BadAnswers(
                f"{scan.name}: class {int(scan.classes.max())} is not in the list of "
                f"{class_count} classes."
            )
        if scan.features is not None and len(scan.features) != len(scan.scan):
            raise BadAnswers(
                f"{scan.name}: the features have {len(scan.features):,} rows, the scan has "
                f"{len(scan.scan):,} points."
            )
    reasons = check_ready([int(c) for scan in scans for c in scan.classes])
    if reasons:
        raise NotEnoughAnswers(reasons)


def gather(
    scans: Sequence[LabelledScan], network: Res16UNet, device: torch.device, progress: Progress
) -> AnswerTable:
    """Collect the features of the labelled points, running the network where none are at hand."""
    statistics = FeatureStatistics()
    tables = []
    for index, scan in enumerate(scans):
        report = part_of(progress, index / len(scans), (index + 1) / len(scans))
        report(0.0, f"Features of {scan.name}")
        if scan.features is not None:
            finite = np.flatnonzero(scan.scan.finite)
            statistics.add(scan.features[finite[:: max(1, len(finite) // _STATISTICS_ROWS)]])
            tables.append(np.asarray(scan.features[scan.rows], np.float32))
        else:
            tables.append(values_at_answers(scan, network, device, statistics, report))
    return AnswerTable(
        features=np.concatenate(tables),
        classes=np.concatenate([scan.classes for scan in scans]).astype(np.int64),
        scan=np.repeat(np.arange(len(scans)), [len(scan.rows) for scan in scans]),
        statistics=statistics,
    )


def values_at_answers(
    scan: LabelledScan,
    network: Res16UNet,
    device: torch.device,
    statistics: FeatureStatistics | None,
    progress: Progress,
    *,
    logits: bool = False,
) -> NDArray[np.float32]:
    """(L, F) features, or (L, C) logits, of the labelled points only.

    Args:
        statistics: takes in the values of all voxels.
    """
    voxels = scan_voxels(scan.scan, scan.voxel_size_m)
    wanted = voxels.point_to_voxel[scan.rows]
    columns = network.out_channels if logits else network.feature_channels
    table = np.zeros((len(wanted), columns), np.float32)

    def consume(rows: NDArray[np.int64], output: Output) -> None:
        values = (output.logits if logits else output.features).cpu().numpy()
        if statistics is not None:
            statistics.add(values)
        at = np.searchsorted(rows, wanted)  # A block's rows ascend.
        here = rows[np.minimum(at, len(rows) - 1)] == wanted
        table[here] = values[at[here]]

    run_network(
        network,
        voxels.coords,
        input_colours(scan.scan, voxels),
        consume,
        device=device,
        progress=progress,
    )
    return table
