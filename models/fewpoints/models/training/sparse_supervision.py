# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples from scans with a few labelled points, of which none is ever lost.

The original code gives a voxel a label only if all its points agree, unlabelled ones included, and
so silently loses labelled points. Here voxels have no labels at all: every labelled point is one
loss term, read at the voxel the point lies in. Points of different classes in one voxel pull that
voxel both ways, each with its own term. Dropping voxels and cutting a scan into pieces leave the
voxels of labelled points alone, and each labelled point counts in exactly one piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.arrays import Float32Array
from fewpoints.annotations.scans.orientation import upright_positions
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.engine.coords import voxelise
from fewpoints.models.features.extract import NO_COLOUR, colours_255
from fewpoints.models.features.regions import cut_into_regions
from fewpoints.models.training.augment import (
    augment_colours,
    augment_positions,
    dropped_voxels,
)

# Context around a piece, in voxels: beyond it a labelled voxel sees the edge of the world.
PIECE_HALO_VOXELS = 32


@dataclass(frozen=True)
class LabelledScan:
    """A scan and what people answered about it.

    Attributes:
        name: for messages.
        scan: N points.
        rows: (L,) int64 rows of the labelled points, finite ones.
        classes: (L,) int64 class of each, 0..C-1.
        voxel_size_m: edge of a voxel, in the unit of the file.
        features: (N, F) features of the starting network, if they are at hand.
    """

    name: str
    scan: PointScan
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    voxel_size_m: float = 0.02
    features: Float32Array | None = None

    @cached_property
    def upright(self) -> NDArray[np.float64]:
        """(N, 3) positions with z up, the only axis that the scan is turned freely about."""
        return upright_positions(self.scan)


@dataclass(frozen=True)
class Sample:
    """What one training step sees.

    Attributes:
        coords: (V, 4) int32 [0, x, y, z], distinct.
        colours: (V, 3) float32, network input: -0.5..0.5, or `NO_COLOUR`.
        voxels: (l,) int64 voxel of each labelled point; repeats where points share a voxel.
        classes: (l,) int64 its class.
        answers: (l,) int64 which answers of the scan these are.
        weight: factor on the mean loss, so that every answer of a scan weighs the same.
    """

    coords: torch.Tensor
    colours: torch.Tensor
    voxels: torch.Tensor
    classes: torch.Tensor
    answers: NDArray[np.int64]
    weight: float


def make_samples(
    labelled: LabelledScan,
    rng: np.random.Generator,
    *,
    max_voxels: int,
    augment: bool = True,
) -> list[Sample]:
    """Cut one scan, varied at random, into the samples of one pass over its answers.

    Every answer is in exactly one sample. A scan of at most `max_voxels` voxels is one sample; a
    larger one is cut into boxes of that many, each with `PIECE_HALO_VOXELS` of context around it,
    and boxes without answers are left out.
    """
    scan = labelled.scan
    finite = np.flatnonzero(scan.finite)
    positions = labelled.upright[finite]
    place = np.full(len(scan), -1, np.int64)
    place[finite] = np.arange(len(finite))
    if (place[labelled.rows] < 0).any():
        raise ValueError(f"{labelled.name}: a labelled point is not finite")
    if augment:
        positions = augment_positions(positions, rng, voxel_size_m=labelled.voxel_size_m)
    voxels = voxelise(positions, labelled.voxel_size_m)
    own = voxels.point_to_voxel[place[labelled.rows]]
    coords = torch.from_numpy(voxels.coords)
    colours = _input(scan, finite[voxels.first_point], rng if augment else None)
    if augment:
        keep = np.flatnonzero(~dropped_voxels(len(voxels), own, rng))
        kept_place = np.full(len(voxels), -1, np.int64)
        kept_place[keep] = np.arange(len(keep))
        own, coords, colours = kept_place[own], coords[keep], colours[keep]
    regions = cut_into_regions(coords, max_voxels)
    if len(regions) == 1:
        everything = np.arange(len(own))
        return [_sample(coords, colours, own, labelled.classes, everything, weight=1.0)]
    samples = []
    of_answers = coords[torch.from_numpy(own)]
    for region in regions:
        answers = np.flatnonzero(region.mask(of_answers).numpy())
        if not len(answers):
            continue
        rows = region.grown(PIECE_HALO_VOXELS).mask(coords).nonzero().squeeze(1)
        inside = torch.searchsorted(rows, torch.from_numpy(own[answers])).numpy()
        samples.append(
            _sample(
                coords[rows],
                colours[rows.numpy()],
                inside,
                labelled.classes[answers],
                answers,
                weight=float(len(answers)),
            )
        )
    mean = len(own) / len(samples)
    return [
        Sample(s.coords, s.colours, s.voxels, s.classes, s.answers, s.weight / mean)
        for s in samples
    ]


def _input(
    scan: PointScan, rows: NDArray[np.int64], rng: np.random.Generator | None
) -> NDArray[np.float32]:
    """(V, 3) network input of scan rows; colours are varied where there are some and an rng."""
    colours = colours_255(scan)
    if colours is None:
        return np.full((len(rows), 3), NO_COLOUR, np.float32)
    shown = colours(rows)
    if rng is not None:
        shown = augment_colours(shown, rng)
    return (shown / 255.0 - 0.5).astype(np.float32)


def _sample(
    coords: torch.Tensor,
    colours: NDArray[np.float32],
    voxels: NDArray[np.int64],
    classes: NDArray[np.int64],
    answers: NDArray[np.int64],
    *,
    weight: float,
) -> Sample:
    assert (voxels >= 0).all(), "a labelled point lost its voxel"
    return Sample(
        coords=torch.nn.functional.pad(coords, (1, 0)),
        colours=torch.from_numpy(colours),
        voxels=torch.from_numpy(voxels.astype(np.int64)),
        classes=torch.from_numpy(classes.astype(np.int64)),
        answers=answers,
        weight=weight,
    )
