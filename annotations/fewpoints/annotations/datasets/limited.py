# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Limited annotations of the data-efficient benchmark: a few points, or a few objects, of a scene.

The lists are files of torch: `fewpoints.models.selection.files` reads those of points, and
`fewpoints.models.datasets.limited` those of boxes. Lists of scenes (limited reconstructions) are
text, which `scene_lists.read_scene_list` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import numpy as np

from fewpoints.annotations.arrays import BoolArray, IndexArray
from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import NO_INSTANCE, GroundTruth
from fewpoints.annotations.errors import UnreadableDataset

Entry = TypeVar("Entry")


class ListedBoxes(NamedTuple):
    """The objects of one scene that may be used.

    rows: (B,) int64 rows of the scene's table of boxes. instances: (B,) int64 their numbers.
    """

    rows: IndexArray
    instances: IndexArray


def keep_listed_points(
    truth: GroundTruth, lists: Mapping[str, IndexArray], *, name: str
) -> GroundTruth:
    """Forget all but the listed points of a scene; `name` is what messages call the lists.

    Raises UnreadableDataset if the scene is not listed, or a listed row is none of its points.
    """
    rows = _entry(lists, truth.name, name)
    points = len(truth.scan)
    strange = rows[(rows < 0) | (rows >= points)]
    if len(strange):
        raise UnreadableDataset(
            name,
            f'scene "{truth.name}" lists point {strange[0]:,}, but the scan has {points:,} points, '
            "counted from 0.",
        )
    kept = np.zeros(points, bool)
    kept[rows] = True
    return _only(truth, kept)


def keep_listed_objects(
    truth: GroundTruth, lists: Mapping[str, ListedBoxes], *, name: str
) -> GroundTruth:
    """Forget all but the points of the listed objects; `name` is what messages call the lists.

    Raises UnreadableDataset if the scene is not listed, or lacks a listed object.
    """
    listed = _entry(lists, truth.name, name).instances
    missing = np.setdiff1d(listed, truth.instances[truth.instances != NO_INSTANCE])
    if len(missing):
        raise UnreadableDataset(
            name, f'scene "{truth.name}" lists object {missing[0]}, which the scan does not have.'
        )
    return _only(truth, np.isin(truth.instances, listed))


def _entry(lists: Mapping[str, Entry], scene: str, name: str) -> Entry:
    if scene not in lists:
        raise UnreadableDataset(
            name, f'scene "{scene}" is not among the {len(lists):,} scenes of the lists.'
        )
    return lists[scene]


def _only(truth: GroundTruth, kept: BoolArray) -> GroundTruth:
    return GroundTruth(
        truth.name,
        truth.scan,
        instances=np.where(kept, truth.instances, NO_INSTANCE),
        classes=np.where(kept, truth.classes, UNLABELLED),
    )
