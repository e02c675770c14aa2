# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Batches of frame pairs: two varied views of each, voxels, matches and where the matches are.

What a batch holds depends on (seed, number of the batch) alone, so that background workers may make
it at any time and a resumed run sees the same ones.

Letters used in shapes: V voxels of a view in a batch, M matches, S pairs in a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from fewpoints.models.pretrain.augment import bend, network_colours, random_transform
from fewpoints.models.pretrain.clouds import Cloud, Prepared, first_per_cell
from fewpoints.models.pretrain.config import PretrainConfig
from fewpoints.models.pretrain.frame_pairs import PAIR_RULES


class View(NamedTuple):
    """coords: (V, 4) int32 [batch, x, y, z]; colours: (V, 3); classes: (V,) int64, 255 unknown;
    objects: (V,) int64, -1 unknown, numbered by scene.
    """

    coords: Tensor
    colours: Tensor
    classes: Tensor
    objects: Tensor


class Batch(NamedTuple):
    """Some frame pairs.

    first_rows, second_rows: (M,) int64 rows of the views that show the same place, pair after pair.
    positions: (M, 3) metres, z up: where the match is. counts: (S,) int64 matches of each pair.
    """

    first: View
    second: View
    first_rows: Tensor
    second_rows: Tensor
    positions: Tensor
    counts: Tensor


class _VoxelView(NamedTuple):
    kept: NDArray[np.int64]  # (V,) rows of the cloud
    coords: NDArray[np.int32]  # (V, 3)
    colours: NDArray[np.float32]
    positions: NDArray[np.float64]  # (V, 3) the voxels' places, turned back


class PairBatches(Dataset[Batch]):
    """Batch number i of one process of a run.

    Epoch by epoch every pair comes once, or `pairs_per_source` of each source's, in an order of its
    own; `size` pairs make a batch, and process `rank` of `world` takes every world-th batch.
    """

    def __init__(
        self,
        sources: Sequence[Prepared],
        config: PretrainConfig,
        *,
        size: int,
        first: int,
        count: int,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.sources = list(sources)
        self.config = config
        self.size, self.first, self.count = size, first, count
        self.rank, self.world = rank, world
        most = config.pairs_per_source
        self.ends = np.cumsum([min(len(source), most or len(source)) for source in sources])

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Batch:
        number = (self.first + index) * self.world + self.rank
        samples = [
            self._sample(position)
            for position in range(number * self.size, (number + 1) * self.size)
        ]
        rng = np.random.default_rng([self.config.seed, 2, number])
        return _collate(samples, self.config, rng)

    def _sample(self, position: int) -> _Sample:
        total = int(self.ends[-1])
        epoch, turn = divmod(position, total)
        order = np.random.default_rng([self.config.seed, 0, epoch]).permutation(total)
        which = int(order[turn])
        scene = int(np.searchsorted(self.ends, which, side="right"))
        source = self.sources[scene]
        row = which - (int(self.ends[scene - 1]) if scene else 0)
        if self.config.pairs_per_source is not None:
            shuffled = np.random.default_rng([self.config.seed, 3, epoch, scene])
            row = int(shuffled.permutation(len(source))[row])
        rng = np.random.default_rng([self.config.seed, 1, position])
        first, second = source.pair(row, rng)
        return make_sample(first, second, self.config, rng)


class _Sample(NamedTuple):
    views: tuple[_VoxelView, _VoxelView]
    classes: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    objects: tuple[NDArray[np.int32], NDArray[np.int32]]
    matches: NDArray[np.int64]  # (M, 2)


def make_sample(
    first: Cloud, second: Cloud, config: PretrainConfig, rng: np.random.Generator
) -> _Sample:
    """Vary and voxelise both clouds and match their voxels."""
    views = (_view(first, config, rng), _view(second, config, rng))
    kept = [cloud.positions[view.kept] for cloud, view in zip((first, second), views, strict=True)]
    radius = PAIR_RULES[config.pair_rule].match_radius_m
    matches = one_match_each(kept[0], kept[1], radius, rng)
    if config.method == "csc" and len(matches) > config.points:
        matches = matches[np.sort(rng.choice(len(matches), config.points, replace=False))]
    classes = (first.classes[views[0].kept], second.classes[views[1].kept])
    objects = (first.objects[views[0].kept], second.objects[views[1].kept])
    return _Sample(views, classes, objects, matches)


def one_match_each(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    radius_m: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return (M, 2) rows: each row of `first` that has any match, with one of them at random."""
    if not len(first) or not len(second):
        return np.zeros((0, 2), np.int64)
    trees = [cKDTree(p, balanced_tree=False, compact_nodes=False) for p in (first, second)]
    hits = trees[0].sparse_distance_matrix(trees[1], radius_m, output_type="ndarray")
    shuffled = rng.permutation(len(hits))
    # The tree's own order of hits is arbitrary; the permutation is drawn over a sorted one.
    order = np.lexsort((hits["j"], hits["i"]))[shuffled]
    rows, chosen = np.unique(hits["i"][order], return_index=True)
    return np.stack([rows, hits["j"][order][chosen]], axis=1).astype(np.int64)


def _view(cloud: Cloud, config: PretrainConfig, rng: np.random.Generator) -> _VoxelView:
    """Turn the cloud about its mean and keep the first point of each voxel."""
    matrix = random_transform(config.augmentation, rng)
    positions = cloud.positions.astype(np.float64)
    mean = positions.mean(axis=0) if len(positions) else np.zeros(3)
    moved = bend(positions - mean, config.augmentation, rng) @ matrix.T
    kept = first_per_cell(moved, config.voxel_size_m)
    coords = np.floor(moved[kept] / config.voxel_size_m)
    # The partitions look at voxels in the world's frame, as the code's `world_space` has it.
    if config.augmentation.bend:
        back = positions[kept]
    else:
        back = (coords * config.voxel_size_m) @ np.linalg.inv(matrix).T + mean
    colours = network_colours(cloud.colours[kept], config.augmentation, rng)
    return _VoxelView(kept, coords.astype(np.int32), colours, back)


def _collate(samples: list[_Sample], config: PretrainConfig, rng: np.random.Generator) -> Batch:
    views, rows = [], []
    for side in (0, 1):
        parts = [sample.views[side] for sample in samples]
        sizes = np.array([len(part.coords) for part in parts])
        coords = np.zeros((int(sizes.sum()), 4), np.int32)
        coords[:, 0] = np.repeat(np.arange(len(parts)), sizes)
        coords[:, 1:] = np.concatenate([part.coords for part in parts])
        colours = np.concatenate([part.colours for part in parts])
        classes = np.concatenate([sample.classes[side] for sample in samples]).astype(np.int64)
        objects = np.concatenate([sample.objects[side] for sample in samples]).astype(np.int64)
        views.append(View(*map(torch.from_numpy, (coords, colours, classes, objects))))
        starts = np.cumsum(sizes) - sizes
        rows.append(
            np.concatenate(
                [s.matches[:, side] + start for s, start in zip(samples, starts, strict=True)]
            )
        )
    positions = np.concatenate([s.views[0].positions[s.matches[:, 0]] for s in samples])
    counts = np.array([len(sample.matches) for sample in samples], np.int64)
    if config.method == "pointcontrast" and len(positions) > config.points:
        # PointContrast keeps so many of the whole mini-batch.
        some = np.sort(rng.choice(len(positions), config.points, replace=False))
        scene = np.repeat(np.arange(len(samples)), counts)[some]
        positions, rows = positions[some], [side_rows[some] for side_rows in rows]
        counts = np.bincount(scene, minlength=len(samples)).astype(np.int64)
    return Batch(
        views[0],
        views[1],
        torch.from_numpy(rows[0]),
        torch.from_numpy(rows[1]),
        torch.from_numpy(positions.astype(np.float32)),
        torch.from_numpy(counts),
    )


def load_batches(batches: PairBatches, *, workers: int, pin: bool) -> Iterator[Batch]:
    """Return the batches in order, made ahead of time by `workers` processes (0: when asked)."""
    loader: DataLoader[Batch] = DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        # Forking after torch has started threads, or CUDA, is not safe.
        multiprocessing_context="spawn" if workers else None,
        pin_memory=pin,
    )
    return iter(loader)
