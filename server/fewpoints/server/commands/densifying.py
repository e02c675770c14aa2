# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints densify`: from a few labelled points to a label for every point of the same scan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.server.commands.label_files import read_labels
from fewpoints.server.commands.reading import read_file
from fewpoints.server.commands.scans import (
    ArchOption,
    CheckpointOption,
    DeviceOption,
    ScanArgument,
    VoxelOption,
    checked_voxel_size,
    compute_features,
    load_features,
    save_array,
)
from fewpoints.server.commands.terminal import (
    existing_file,
    note,
    progress_bar,
    writable_target,
)


def densify(
    scan: ScanArgument,
    labels: Annotated[Path, typer.Option(help="CSV with the columns index and class.")],
    out: Annotated[Path, typer.Option(help="Where the (N,) classes go: a .npy file.")],
    features: Annotated[
        Path | None,
        typer.Option(help="Features written by `fewpoints features`. Default: they are computed."),
    ] = None,
    probabilities: Annotated[
        Path | None,
        typer.Option(help="Where the (N, C) probabilities go, classes ascending: a .npy file."),
    ] = None,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: VoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Give every point a class, from a few that have one; points without a place get -1.

    `index` is the row of the scan from 0, `class` any integer. The later of two lines about the
    same point counts.
    """
    from fewpoints.models.densify.labeller import DenseLabeller
    from fewpoints.models.superpoints.look import looks, mean_directions
    from fewpoints.models.superpoints.partition import cut_into_superpoints

    writable_target(out, [".npy"])
    if probabilities is not None:
        writable_target(probabilities, [".npy"])
    path = existing_file(scan)
    rows, classes, _ = read_labels(existing_file(labels))
    cloud = read_file(path)
    if features is not None:
        array = load_features(features, len(cloud))
        voxel = checked_voxel_size(voxel_size, inspect_scan(cloud, name=path.name))
    else:
        array, voxel = compute_features(
            path, checkpoint=checkpoint, arch=arch, voxel_size=voxel_size, device=device
        )
    with progress_bar(f"Cutting {path.name} into superpoints") as progress:
        superpoints = cut_into_superpoints(cloud, voxel_size_m=voxel, progress=progress)
    directions = mean_directions(superpoints, array)
    labeller = DenseLabeller(superpoints, looks(superpoints, directions), cloud.positions)
    found = labeller.label(rows, classes)
    save_array(out, found.classes)
    if probabilities is not None:
        save_array(probabilities, found.per_point())
    note(
        f"{out}: {len(found.classes):,} points in {len(found.values)} classes from "
        f"{len(rows)} labels, mean confidence {found.confidence[cloud.finite].mean():.0%}"
    )
