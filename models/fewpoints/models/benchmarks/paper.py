# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the paper published: Hou et al., Exploring Data-Efficient 3D Scene Understanding with
Contrastive Scene Contexts, CVPR 2021. All values in percent.

Its figures are of ScanNet and S3DIS, on voxels, after 10,000 steps on eight GPUs: beside ours they
say what to expect in kind, not what to match.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class PaperRow(NamedTuple):
    """A published curve: budget -> percent."""

    label: str
    values: Mapping[int, float]


class PaperTable(NamedTuple):
    """source: where it stands and on what it was measured, for people."""

    source: str
    rows: tuple[PaperRow, ...]


def _row(label: str, budgets: tuple[int, ...], *values: float) -> PaperRow:
    return PaperRow(label, dict(zip(budgets, values, strict=True)))


POINTS = (20, 50, 100, 200)
PERCENT_OF_SCENES = (1, 5, 10, 20)
MATCHES = (1024, 2048, 4096, 8192)

COVERAGE = PaperTable(
    "fig. 7: 200 cluttered scenes of ScanNet with 2,873 objects",
    (
        _row("k-means of position and colour", POINTS, 25.5, 36.0, 48.2, 58.8),
        _row("k-means with features", POINTS, 40.1, 60.1, 74.9, 85.5),
    ),
)

# The plotting script has the rows of "pre-trained" and "features, scratch" the other way round in
# a comment; which is which is uncertain by at most two points.
LIMITED_ANNOTATIONS = PaperTable(
    "fig. 6: semantic mIoU on voxels of ScanNet val; with all labels, from scratch, 72.2",
    (
        _row("scratch, random", POINTS, 41.9, 53.9, 62.2, 65.5),
        _row("scratch, k-means of position and colour", POINTS, 45.9, 55.4, 60.6, 64.3),
        _row("scratch, k-means with features", POINTS, 53.6, 60.7, 65.7, 68.2),
        _row("pre-trained, random", POINTS, 55.5, 60.5, 65.9, 68.2),
        _row("pre-trained, k-means with features", POINTS, 53.8, 62.9, 66.9, 69.0),
    ),
)

LIMITED_SCENES = PaperTable(
    "semantic mIoU on voxels of ScanNet val, mean of three subsets of 12, 60, 120 and 240 scenes",
    (
        _row("scratch", PERCENT_OF_SCENES, 26.0, 47.8, 56.7, 62.9),
        _row("pre-trained", PERCENT_OF_SCENES, 28.9, 49.8, 59.4, 64.6),
    ),
)

LIMITED_ANNOTATIONS_OBJECTS = PaperTable(
    "fig. 6: AP50 of instances on voxels of ScanNet val; with all labels, from scratch, 56.9",
    (
        _row("scratch, random", POINTS, 14.6, 21.6, 34.0, 43.5),
        _row("scratch, k-means of position and colour", POINTS, 15.6, 24.3, 35.7, 42.3),
        _row("scratch, k-means with features", POINTS, 25.8, 32.5, 44.2, 48.3),
        _row("pre-trained, random", POINTS, 26.3, 32.6, 39.9, 48.9),
        _row("pre-trained, k-means with features", POINTS, 27.2, 35.7, 43.6, 50.4),
    ),
)

LIMITED_SCENES_OBJECTS = PaperTable(
    "AP50 of instances on voxels of ScanNet val, mean of three subsets",
    (
        _row("scratch", PERCENT_OF_SCENES, 9.9, 31.9, 42.7, 48.1),
        _row("pre-trained", PERCENT_OF_SCENES, 13.2, 36.3, 44.9, 50.6),
    ),
)

PARTITIONS = PaperTable(
    "fig. 3: AP50 of instances on S3DIS, fine-tuned after 20,000 steps of pre-training",
    (
        _row("no partitions", MATCHES, 60.5, 60.7, 60.1, 60.6),
        _row("2 partitions", MATCHES, 61.4, 61.6, 61.9, 61.9),
        _row("4 partitions", MATCHES, 61.7, 61.8, 63.0, 62.9),
        _row("8 partitions", MATCHES, 61.2, 62.1, 63.4, 63.5),
        _row("16 partitions", MATCHES[:3], 61.1, 61.9, 62.6),
        _row("32 partitions", MATCHES[:3], 60.9, 61.7, 62.1),
    ),
)
