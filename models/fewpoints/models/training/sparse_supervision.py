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

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.arrays import Float32Array, IntArray
from fewpoints.annotations.scans.orientation import upright_positions
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.engine.coords import voxelise
from fewpoints.models.features.extract import NO_COLOUR, colours_255
from fewpoints.models.features.regions import Region, cut_into_regions
from fewpoints.models.instances.centres import centre_offsets
from fewpoints.models.superpoints.superpoints import Superpoints
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
        superpoints: of the scan at that voxel size, if they are at hand.
        instances: (L,) which object of its class each answer is about, below 1 for none; None
            where no answer says.
    """

    name: str
    scan: PointScan
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    voxel_size_m: float = 0.02
    features: Float32Array | None = None
    superpoints: Superpoints | None = None
    instances: IntArray | None = None

    def answers(self, chosen: NDArray[np.bool_]) -> LabelledScan:
        """The scan with some of its answers."""
        return replace(
            self,
            rows=self.rows[chosen],
            classes=self.classes[chosen],
            instances=None if self.instances is None else self.instances[chosen],
        )

    @cached_property
    def upright(self) -> NDArray[np.float64]:
        """(N, 3) positions with z up, the only axis that the scan is turned freely about."""
        return upright_positions(self.scan)


@dataclass(frozen=True, eq=False)
class ExtraTargets:
    """What there is to learn of a scan beside its answers.

    Attributes:
        rows: (P,) int64 points with a pseudo-label, finite ones.
        classes: (P,) int64 that label, 0..C-1.
        instances: (N,) int64 object that each point is taken to belong to, 0 for none; None where
            objects are not learned.
    """

    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    instances: NDArray[np.int64] | None = None

    @classmethod
    def none(cls) -> ExtraTargets:
        """Nothing beside the answers."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))


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
        pseudo_voxels, pseudo_classes: (p,) int64 the same for pseudo-labels.
        object_voxels: (q,) int64 voxels whose object is known.
        offsets: (q, 3) float32 the way from each to the centre of its object, in the unit of the
            file, after the random changes of shape.
    """

    coords: torch.Tensor
    colours: torch.Tensor
    voxels: torch.Tensor
    classes: torch.Tensor
    answers: NDArray[np.int64]
    weight: float
    pseudo_voxels: torch.Tensor
    pseudo_classes: torch.Tensor
    object_voxels: torch.Tensor
    offsets: torch.Tensor


def make_samples(
    labelled: LabelledScan,
    rng: np.random.Generator,
    *,
    max_voxels: int,
    augment: bool = True,
    extra: ExtraTargets | None = None,
) -> list[Sample]:
    """Cut one scan, varied at random, into the samples of one pass over its answers.

    Every answer is in exactly one sample. A scan of at most `max_voxels` voxels is one sample; a
    larger one is cut into boxes of that many, each with `PIECE_HALO_VOXELS` of context around it,
    and boxes without answers are left out. What is known beside the answers is in the sample whose
    box it lies in; dropped voxels take it along.
    """
    scan = labelled.scan
    extra = extra or ExtraTargets.none()
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
    seen = _Seen(
        coords=torch.from_numpy(voxels.coords),
        colours=_input(scan, finite[voxels.first_point], rng if augment else None),
        own=own,
        classes=labelled.classes,
        pseudo=voxels.point_to_voxel[place[extra.rows]],
        pseudo_classes=extra.classes,
    )
    if extra.instances is not None:
        objects = extra.instances[finite[voxels.first_point]]
        # An answer's own voxel has its object, whichever of its points comes first.
        answered = extra.instances[labelled.rows]
        objects[own[answered > 0]] = answered[answered > 0]
        seen = replace(seen, objects=objects)
    if augment:
        seen = seen.without(dropped_voxels(len(voxels), own, rng))
    seen = seen.with_offsets(labelled.voxel_size_m)
    regions = cut_into_regions(seen.coords, max_voxels)
    if len(regions) == 1:
        return [seen.sample(None, None)]
    samples = [seen.sample(region, region.grown(PIECE_HALO_VOXELS)) for region in regions]
    samples = [sample for sample in samples if len(sample.answers)]
    mean = len(own) / len(samples)
    return [replace(sample, weight=len(sample.answers) / mean) for sample in samples]


@dataclass(frozen=True, eq=False)
class _Seen:
    """A scan as it is shown once. V voxels, L answers, P pseudo-labels.

    coords: (V, 3). colours: (V, 3). own: (L,) voxel of each answer, classes: (L,). pseudo: (P,)
    voxel of each pseudo-label, -1 if it was dropped; pseudo_classes: (P,). objects: (V,) object of
    each voxel, 0 for none. offsets: (V, 3) to its centre.
    """

    coords: torch.Tensor
    colours: NDArray[np.float32]
    own: NDArray[np.int64]
    classes: NDArray[np.int64]
    pseudo: NDArray[np.int64]
    pseudo_classes: NDArray[np.int64]
    objects: NDArray[np.int64] | None = None
    offsets: NDArray[np.float32] | None = None

    def without(self, dropped: NDArray[np.bool_]) -> _Seen:
        """Leave out (V,) voxels, none of which has an answer."""
        keep = np.flatnonzero(~dropped)
        to_kept = np.full(len(self.coords) + 1, -1, np.int64)  # The last entry is for -1.
        to_kept[keep] = np.arange(len(keep))
        return replace(
            self,
            coords=self.coords[keep],
            colours=self.colours[keep],
            own=to_kept[self.own],
            pseudo=to_kept[self.pseudo],
            objects=None if self.objects is None else self.objects[keep],
        )

    def with_offsets(self, voxel_size_m: float) -> _Seen:
        """Work out the way to the centres, as the voxels lie now."""
        if self.objects is None:
            return self
        positions = self.coords.numpy() * voxel_size_m
        return replace(self, offsets=centre_offsets(positions, self.objects)[0])

    def sample(self, box: Region | None, context: Region | None) -> Sample:
        """Cut out the voxels in `context`, with what there is to learn in `box`; None: all."""
        everything = torch.ones(len(self.coords), dtype=torch.bool)
        inside = everything if box is None else box.mask(self.coords)
        shown = everything if context is None else context.mask(self.coords)
        rows = shown.nonzero().squeeze(1).numpy()
        to_shown = np.full(len(self.coords), -1, np.int64)
        to_shown[rows] = np.arange(len(rows))
        answers = np.flatnonzero(inside.numpy()[self.own])
        pseudo = np.flatnonzero((self.pseudo >= 0) & inside.numpy()[self.pseudo])
        known = np.zeros(0, np.int64)
        offsets = np.zeros((0, 3), np.float32)
        if self.objects is not None and self.offsets is not None:
            known = np.flatnonzero((self.objects > 0) & inside.numpy())
            offsets = self.offsets[known]
        voxels = to_shown[self.own[answers]]
        assert (voxels >= 0).all(), "a labelled point lost its voxel"
        return Sample(
            coords=torch.nn.functional.pad(self.coords[rows], (1, 0)),
            colours=torch.from_numpy(self.colours[rows]),
            voxels=torch.from_numpy(voxels),
            classes=torch.from_numpy(self.classes[answers].astype(np.int64)),
            answers=answers,
            weight=1.0,
            pseudo_voxels=torch.from_numpy(to_shown[self.pseudo[pseudo]]),
            pseudo_classes=torch.from_numpy(self.pseudo_classes[pseudo].astype(np.int64)),
            object_voxels=torch.from_numpy(to_shown[known]),
            offsets=torch.from_numpy(offsets),
        )


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
