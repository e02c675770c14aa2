# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints densify`: from a few labelled points to a label for every point of the same scan."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers.registry import read_scan
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
    BadArgument,
    existing_file,
    note,
    progress_bar,
    writable_target,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_LARGEST_CLASS = 2**62


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
    rows, classes = read_index_class(existing_file(labels))
    cloud = read_scan(path)
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


def read_index_class(path: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The (Q,) columns `index` and `class` of a CSV file, in any order and case.

    Lines without a class are left out.

    Raises:
        BadArgument: a column is missing, or a value is no whole number; names the line.
    """
    import numpy as np

    rows: list[int] = []
    classes: list[int] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(f"--labels {path} cannot be read as text: {error}.") from None
    reader = csv.reader(text.splitlines())
    header = [name.strip().lower() for name in next(reader, [])]
    for column in ("index", "class"):
        if column not in header:
            raise BadArgument(
                f"--labels {path} has no column {column}. Its first line must name the columns "
                "index and class."
            )
    where = header.index("index"), header.index("class")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > where[1] and not cells[where[1]].strip():
            continue  # An answer without a class: unsure, or skipped.
        try:
            index, value = (int(cells[column]) for column in where)
        except (ValueError, IndexError):
            raise BadArgument(
                f"--labels {path}, line {reader.line_num}: index and class must be whole numbers, "
                f'got "{",".join(cells)[:80]}".'
            ) from None
        if max(abs(index), abs(value)) > _LARGEST_CLASS:
            raise BadArgument(f"--labels {path}, line {reader.line_num}: a number is too large.")
        rows.append(index)
        classes.append(value)
    return np.array(rows, np.int64), np.array(classes, np.int64)
