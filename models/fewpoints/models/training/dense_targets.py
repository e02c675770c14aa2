# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the dense labels of a scan add to its answers: pseudo-labels, and the extent of objects.

The dense labels are made from the very answers that are trained on, so answers that are kept out
have no say in them.

Letters used in shapes: N points, L answers, F features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, part_of
from fewpoints.models.densify.labeller import DenseLabeller, DenseLabels
from fewpoints.models.features.extract import extract_features_to, scan_voxels
from fewpoints.models.instances.centres import clicked_extents
from fewpoints.models.instances.components import connected_points
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.superpoints.look import looks, mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.sparse_supervision import ExtraTargets, LabelledScan

# More say the same again: there are a few hundred superpoints to a room.
PSEUDO_LABELS_PER_SCAN = 2_000
# Points of one class that are nearer than this belong to one object: two cells, and a little.
_GAP_VOXELS = 2.5


def prepare_dense(
    scans: Sequence[LabelledScan],
    network: Res16UNet,
    config: FinetuneConfig,
    run_dir: Path,
    device: torch.device,
    progress: Progress,
    *,
    with_kinds: bool | None = None,
) -> tuple[list[LabelledScan], list[DenseLabeller | None]]:
    """Prepare all scans for dense labels, where the configuration wants any.

    Args:
        with_kinds: see `looks`.

    Returns:
        The scans, with features for all points, and the labeller of each; None and as they were
        where there is no need. Features that were not at hand are in files in `run_dir`, until
        `remove_features`.
    """
    extents = config.instances and config.centres == "extents"
    if config.pseudo_labels is None and not extents and config.variant != "superpoints":
        return list(scans), [None for _ in scans]
    prepared: list[LabelledScan] = []
    labellers: list[DenseLabeller | None] = []
    remove_features(run_dir)  # Of a run that was cut short.
    for index, scan in enumerate(scans):
        report = part_of(progress, index / len(scans), (index + 1) / len(scans))
        report(0.0, f"Dense labels of {scan.name}")
        features = scan.features
        if features is None:
            features = extract_features_to(
                run_dir / f"features-{index}.npy",
                scan.scan,
                network,
                voxel_size_m=scan.voxel_size_m,
                device=str(device),
                progress=report,
            )
        prepared.append(replace(scan, features=features))
        labellers.append(labeller_of(scan, features, with_kinds=with_kinds))
    return prepared, labellers


def remove_features(run_dir: Path) -> None:
    """Delete the files of `prepare_dense`."""
    for file in run_dir.glob("features-*.npy"):
        file.unlink()


def labeller_of(
    scan: LabelledScan, features: NDArray[np.float32], *, with_kinds: bool | None = None
) -> DenseLabeller:
    """Prepare a scan for dense labels from any of its answers.

    Args:
        features: (N, F) of the starting network.
        with_kinds: see `looks`.
    """
    superpoints = scan.superpoints
    if superpoints is None:
        superpoints = cut_into_superpoints(scan.scan, voxel_size_m=scan.voxel_size_m)
    directions = mean_directions(superpoints, features)
    seen = looks(superpoints, directions, with_kinds=with_kinds)
    return DenseLabeller(superpoints, seen, scan.scan.positions)


def extra_targets(
    scan: LabelledScan,
    labeller: DenseLabeller | None,
    config: FinetuneConfig,
    *,
    stuff: Sequence[int] = (),
    rng: np.random.Generator,
) -> ExtraTargets:
    """Work out what there is to learn beside the answers of `scan`.

    Args:
        scan: with the answers that are trained on, and no others.
        labeller: of the same scan; may be None where the configuration asks for no dense labels.
        stuff: classes without objects.
        rng: chooses among pseudo-labels.
    """
    extra = ExtraTargets.none()
    dense = None if labeller is None else labeller.label(scan.rows, scan.classes)
    rows, classes = extra.rows, extra.classes
    if config.pseudo_labels is not None:
        assert labeller is not None
        assert dense is not None
        rows, classes = pseudo_labels(scan, labeller, dense, config.pseudo_labels, rng)
    instances = None
    if config.instances:
        if config.centres == "clicks":
            instances = clicked_points(scan, stuff=stuff)
        else:
            assert dense is not None
            instances = dense_extents(scan, dense.classes, stuff=stuff)
    return ExtraTargets(rows, classes, instances)


def pseudo_labels(
    scan: LabelledScan,
    labeller: DenseLabeller,
    dense: DenseLabels,
    least: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose points whose dense label is at least this sure, one per cell, rare classes sooner.

    Cells with an answer are left out: the answer speaks for them.

    Returns:
        (P,) rows, ascending, and their classes; P is at most `PSEUDO_LABELS_PER_SCAN`.
    """
    cells = labeller.superpoints.cell_points
    answered = np.zeros(len(scan.scan), bool)
    answered[_first_of_cells(scan, cells)] = True
    rows = cells[(dense.confidence[cells] >= least) & ~answered[cells]]
    classes = dense.classes[rows]
    if len(rows) > PSEUDO_LABELS_PER_SCAN:
        _, kind, count = np.unique(classes, return_inverse=True, return_counts=True)
        odds = 1 / np.sqrt(count[kind])
        rows = rng.choice(rows, PSEUDO_LABELS_PER_SCAN, replace=False, p=odds / odds.sum())
        rows = np.sort(rows)
        classes = dense.classes[rows]
    return rows, classes


def dense_extents(
    scan: LabelledScan, dense: NDArray[np.int64], *, stuff: Sequence[int] = ()
) -> NDArray[np.int64]:
    """Return (N,) the object of each point: the connected dense labels around each answer.

    Answers in one piece that do not say which object they mean are about the same one; if others in
    it say so, they alone count.

    Args:
        dense: (N,) class of each point, negative for none.
        stuff: classes without objects.
    """
    instances = np.zeros(len(dense), np.int64)
    rows = np.flatnonzero(scan.scan.finite & (dense >= 0) & ~np.isin(dense, list(stuff)))
    positions = scan.scan.positions[rows] - scan.scan.positions[rows[:1]]
    pieces = connected_points(positions, dense[rows], _GAP_VOXELS * scan.voxel_size_m)
    place = np.full(len(dense), -1, np.int64)
    place[rows] = np.arange(len(rows))
    numbers = object_numbers(scan)
    here = place[scan.rows] >= 0
    clicked, classes, numbers = place[scan.rows[here]], scan.classes[here], numbers[here]
    piece = pieces[clicked]
    # An object of its own for every piece in which no answer says which it means.
    unnamed = ~np.isin(piece, piece[numbers > 0])
    first = int(numbers.max(initial=0)) + 1
    numbers = np.where(unnamed, first + piece, numbers)
    instances[rows] = clicked_extents(
        positions,
        dense[rows],
        pieces,
        clicked=clicked,
        clicked_classes=classes,
        clicked_instances=numbers,
    )
    return instances


def clicked_points(scan: LabelledScan, *, stuff: Sequence[int] = ()) -> NDArray[np.int64]:
    """Return (N,) the object of each answered point alone, as the original has it.

    An answer that does not say which object it means is an object of its own.
    """
    instances = np.zeros(len(scan.scan), np.int64)
    numbers = object_numbers(scan)
    alone = int(numbers.max(initial=0)) + 1 + np.arange(len(numbers))
    numbers = np.where(numbers > 0, numbers, alone)
    countable = ~np.isin(scan.classes, list(stuff))
    instances[scan.rows[countable]] = numbers[countable]
    return instances


def object_numbers(scan: LabelledScan) -> NDArray[np.int64]:
    """Return (L,) a number per pair of class and instance, from 1; 0 where no instance is given."""
    numbers = np.zeros(len(scan.rows), np.int64)
    if scan.instances is None:
        return numbers
    named = np.asarray(scan.instances) > 0
    pairs = np.stack([scan.classes[named], np.asarray(scan.instances)[named]], axis=1)
    _, of_pair = np.unique(pairs, axis=0, return_inverse=True)
    numbers[named] = of_pair.reshape(-1) + 1
    return numbers


def _first_of_cells(scan: LabelledScan, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the points that stand for the cells of the answers."""
    voxels = scan_voxels(scan.scan, scan.voxel_size_m)
    return cells[voxels.point_to_voxel[scan.rows]]
