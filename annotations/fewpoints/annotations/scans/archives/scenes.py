# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scans that published data sets and recordings keep in several files, with their labels.

Labels are fields of the scan: "semantic", numbers of the data set's own list of classes, and
"instance", objects from 1. 0 is none; in S3DIS rooms, whose list begins with 0, none is 255.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IntArray
from fewpoints.annotations.datasets.s3dis import CLASSES as ROOM_CLASSES
from fewpoints.annotations.datasets.s3dis import read_s3dis_room
from fewpoints.annotations.datasets.scannet import (
    AGGREGATIONS,
    CATEGORIES,
    CLASSES,
    MESH,
    read_axis_alignment,
    read_categories,
    read_scannet_objects,
    shown_categories,
)
from fewpoints.annotations.errors import UnreadableDataset, UnreadableScan
from fewpoints.annotations.progress import Progress, part_of
from fewpoints.annotations.scans.alignment import FARTHEST, Alignment
from fewpoints.annotations.scans.archives.groups import LABELLED_MESH, Group
from fewpoints.annotations.scans.archives.names import spelled
from fewpoints.annotations.scans.frames.fusion import fuse
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import FINITE_LIMIT, Field, PointScan

VOXEL_SIZE_M = 0.01
_MAX_16_BIT = 1 << 16
# Of the classes of the benchmark; other numbers of NYU40 are known by themselves.
_NAMES = json.dumps({str(c.external_id): c.name for c in CLASSES})


def read_scene(base: Path, group: Group, name: str, progress: Progress) -> PointScan:
    """Read a ScanNet scene, which asks to be aligned with the axes if its text file says how.

    A text file that does not say so properly is not followed, which a note tells.
    "semantic" are ids of NYU40: of the mesh with labels if there is one, else what the table of
    categories says, else those of the 20 classes of the benchmark, by their names.
    """
    mesh = base.joinpath(*group.members[0].split("/"))
    folder = mesh.parent
    scene = mesh.name.removesuffix(MESH)
    scan = read_scan(mesh, name=f"{name}/{mesh.name}", progress=part_of(progress, 0.0, 0.6))
    labels: dict[str, IntArray] = {}
    notes: list[str] = []
    tables = [base / member for member in group.members if member.endswith(CATEGORIES)]
    annotated = any(member.endswith(AGGREGATIONS) for member in group.members)
    if annotated:
        categories = read_categories(tables[0]) if tables else _benchmark_categories()
        ids, instances, unknown = read_scannet_objects(folder, len(scan), categories, scene)
        labels["semantic"] = _compact(ids)
        labels["instance"] = _compact(instances)
        if unknown:
            because = "does not know them" if tables else "is not there"
            notes.append(f"No class, as {CATEGORIES} {because}: {shown_categories(unknown)}.")
    labelled = folder / (scene + LABELLED_MESH)
    if any(member.endswith(LABELLED_MESH) for member in group.members):
        labels["semantic"] = _mesh_labels(labelled, len(scan), name)
        notes = []
    progress(0.9, "Reading labels")
    if not labels:
        notes.append("The scene is not annotated: no point has a class.")
    scan = replace(
        scan,
        labels=labels,
        fields=(*scan.fields, *_fields(labels)),
        source_format="scannet",
        details={**scan.details, **({"names of semantic": _NAMES} if labels else {})},
        notes=(*scan.notes, *notes),
    )
    if not any(member.endswith(f"{scene}.txt") for member in group.members):
        return scan
    try:
        matrix = read_axis_alignment(folder, scene)
    except UnreadableDataset as error:
        note = f"{error.message} It is not followed; points lie as in the mesh."
        return replace(scan, notes=(*scan.notes, note))
    return scan if matrix is None else _asking(scan, matrix, f"{spelled(scene)}.txt")


def read_room(base: Path, group: Group, name: str, progress: Progress) -> PointScan:
    """Read an S3DIS room; "semantic" are indices of the 13 classes."""
    folder = base.joinpath(*group.name.split("/")) if group.name else base
    progress(0.0, "Reading the objects of the room")
    truth = read_s3dis_room(folder, group.name or group.title)
    labels = {
        "semantic": truth.classes.astype(np.uint8),
        "instance": _compact(truth.instances),
    }
    return replace(
        truth.scan,
        labels=labels,
        fields=(
            *(Field(axis, "text") for axis in ("x", "y", "z", "r", "g", "b")),
            *_fields(labels),
        ),
        source_format="s3dis",
        details={
            **truth.scan.details,
            "names of semantic": json.dumps({str(c.index): c.name for c in ROOM_CLASSES}),
        },
    )


def read_sequence(base: Path, group: Group, name: str, progress: Progress) -> PointScan:
    """Fuse RGB-D frames into the surface that they agree on."""
    place = base.joinpath(*group.name.split("/")) if group.name else base
    sequence = read_frames(place, name=name, progress=part_of(progress, 0.0, 0.1))
    scan = fuse(sequence, voxel_size_m=VOXEL_SIZE_M, progress=part_of(progress, 0.1, 1.0))
    names = ["x", "y", "z", *(["red", "green", "blue"] if scan.colours is not None else [])]
    return replace(
        scan,
        fields=tuple(Field(field, "fused") for field in names),
        source_format="rgbd",
        details={**scan.details, "frames": f"{len(sequence):,}"},
        notes=(
            *scan.notes,
            f"{len(sequence):,} RGB-D frames were fused, with a point per {VOXEL_SIZE_M:g} m.",
        ),
    )


def _asking(scan: PointScan, matrix: FloatArray64, file: str) -> PointScan:
    """The same scan that asks to be aligned, unless that changes nothing or is out of reach."""
    if np.array_equal(matrix, np.eye(4)):
        return scan
    farthest = float(np.abs(scan.positions[scan.finite]).max(initial=0))
    if 2 * farthest + FARTHEST > FINITE_LIMIT:
        note = f"{file}: axisAlignment is not followed, as points are too far from the origin."
        return replace(scan, notes=(*scan.notes, note))
    return replace(
        scan,
        alignment=Alignment(matrix, f"the axisAlignment of {file}"),
        details={
            **scan.details,
            "axisAlignment": " ".join(f"{value:g}" for value in matrix.ravel()),
        },
    )


def _mesh_labels(path: Path, points: int, name: str) -> IntArray:
    shown = f"{name}/{path.name}"
    labels = read_scan(path, name=shown).labels
    if "label" not in labels:
        raise UnreadableScan(shown, 'its points have no field "label".')
    if len(labels["label"]) != points:
        raise UnreadableScan(
            shown, f"it has {len(labels['label']):,} points, but the scene has {points:,}."
        )
    return labels["label"]


def _benchmark_categories() -> dict[str, int]:
    return {c.name: c.external_id for c in CLASSES if c.external_id is not None}


def _fields(labels: dict[str, IntArray]) -> Sequence[Field]:
    return [Field(name, values.dtype.name) for name, values in labels.items()]


def _compact(values: IntArray) -> IntArray:
    """The same in 16 bits if they fit; none is negative."""
    most = int(values.max(initial=0))
    return values.astype(np.uint16 if most < _MAX_16_BIT else np.uint32)
