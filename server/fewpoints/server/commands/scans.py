# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints inspect`, `features` and `select`: one scan file in, one result out."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewpoints.annotations.numpy_files import map_array
from fewpoints.annotations.scans.fixes import to_file_frame
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.preflight import Preflight, inspect_scan
from fewpoints.annotations.scans.readers.registry import readable_formats
from fewpoints.server.commands.containers import print_scans, several_scans
from fewpoints.server.commands.import_choices import (
    ColumnsOption,
    DecimalOption,
    DelimiterOption,
    DropDuplicatesOption,
    MemberOption,
    SkipLinesOption,
    ThinToOption,
    UnalignedOption,
    UnitOption,
    UpOption,
    import_options,
    with_text_layout,
)
from fewpoints.server.commands.label_files import read_labels
from fewpoints.server.commands.reading import read_file, read_fixed
from fewpoints.server.commands.terminal import (
    BadArgument,
    existing_file,
    existing_scan,
    note,
    print_json,
    print_pairs,
    progress_bar,
    writable_target,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

READABLE = ", ".join(known.title for known in readable_formats())
# Of a detail, before it is cut; the JSON has all of it.
LONGEST_TEXT = 300
ScanArgument = Annotated[Path, typer.Argument(help=f"A scan: {READABLE}.")]
CheckpointOption = Annotated[
    Path | None,
    typer.Option(help="Weights: own .safetensors or an original .pth. Default: the packaged ones."),
]
ArchOption = Annotated[
    str | None, typer.Option(help="Network, for example Res16UNet34C. Default: the checkpoint's.")
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:1.")]
VoxelOption = Annotated[
    float | None,
    typer.Option(
        help="Edge of a voxel in file units. Default: 0.02, or what the preflight proposes for a "
        "sparser scan.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def inspect(
    scan: ScanArgument,
    unit: UnitOption = None,
    up: UpOption = None,
    drop_duplicates: DropDuplicatesOption = False,
    thin_to: ThinToOption = None,
    unaligned: UnalignedOption = False,
    columns: ColumnsOption = None,
    delimiter: DelimiterOption = None,
    decimal: DecimalOption = None,
    skip_lines: SkipLinesOption = None,
    member: MemberOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is in a scan file and what to watch out for, before importing it.

    With fixes of the points (unit, up, left out points), what an import with them would have. Of an
    archive or a folder with several scans, which they are.
    """
    options = import_options(
        unit=unit,
        up=up,
        drop_duplicates=drop_duplicates,
        thin_to=thin_to,
        unaligned=unaligned,
    )
    path = existing_scan(scan)
    if member is None and (found := several_scans(path)) is not None:
        print_scans(found, as_json=as_json)
        return
    options = replace(options, member=member)
    options = with_text_layout(
        options,
        path,
        columns=columns,
        delimiter=delimiter,
        decimal=decimal,
        skip_lines=skip_lines,
    )
    report = preflight(path, options)
    if as_json:
        print_json(report.to_dict())
    else:
        print_pairs(describe(report))


def preflight(path: Path, options: ImportOptions = NOTHING) -> Preflight:
    with progress_bar(f"Reading {path.name}") as progress:
        scan, undo = read_fixed(path, progress, options)
        return inspect_scan(scan, name=path.name, undo=undo)


def describe(report: Preflight) -> list[tuple[str, object]]:
    """The preflight as lines for a person."""
    values = report.to_dict()
    lines: list[tuple[str, object]] = []
    for name, value in values.items():
        title = name.replace("_", " ").capitalize()
        if name == "findings":  # The warnings say the same; the JSON has all.
            offers = [offer for f in value if (offer := _offer(f["fix"]))]
            lines.append(("Offered fixes", ", ".join(offers) or "-"))
            continue
        if name == "fields":
            lines.append(
                (title, ", ".join(f"{field['name']} ({field['type']})" for field in value))
            )
        elif isinstance(value, dict):
            lines.append((title, "; ".join(f"{key} {_text(part)}" for key, part in value.items())))
        else:
            lines.append((title, value if name == "warnings" else _text(value)))
    return lines


def _offer(fix: dict[str, Any] | None) -> str:
    """A fix as it is typed."""
    if not fix:
        return ""
    (name, value), *_ = fix.items()
    option = f"--{name.replace('_', '-')}"
    if value is True:
        return option
    return f'{option} "{value}"' if isinstance(value, str) and " " in value else f"{option} {value}"


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return " ".join(_text(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items())
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def features(
    scan: ScanArgument,
    out: Annotated[Path, typer.Option(help="Where the (N, 96) float32 array goes: a .npy file.")],
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: VoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Write 96 features for every point; row i is point i of the file."""
    writable_target(out, [".npy"])
    array, _ = compute_features(
        existing_file(scan), checkpoint=checkpoint, arch=arch, voxel_size=voxel_size, device=device
    )
    save_array(out, array)
    note(f"{out}: {array.shape[0]:,} x {array.shape[1]} features")


def compute_features(
    path: Path,
    *,
    checkpoint: Path | None,
    arch: str | None,
    voxel_size: float | None,
    device: str,
) -> tuple[npt.NDArray[np.float32], float]:
    """(features (N, 96), voxel size used), from the cache in FEWPOINTS_HOME or computed into it.

    Says on stderr what the network is.
    """
    from fewpoints.models.engine.memory import keep_freed_memory
    from fewpoints.models.features.cache import cached_features, scan_hash
    from fewpoints.models.nets.checkpoint import load_network
    from fewpoints.server.settings import Settings

    keep_freed_memory()
    cloud = read_file(path)
    voxel = checked_voxel_size(voxel_size, inspect_scan(cloud, name=path.name))
    loaded = load_network(checkpoint, arch=arch)
    for sentence in loaded.report:
        note(sentence)
    with progress_bar(f"Features of {path.name}") as progress:
        array = cached_features(
            cloud,
            scan_hash(path),
            loaded,
            voxel_size_m=voxel,
            cache_dir=Settings().home / "features",
            device=device,
            progress=progress,
        )
    return array, voxel


def checked_voxel_size(voxel_size: float | None, report: Preflight) -> float:
    """The voxel size asked for, or the preflight's proposal."""
    if voxel_size is None:
        return float(report.voxel_size_m)
    if not 0 < voxel_size < float("inf"):
        raise BadArgument(f"--voxel-size {voxel_size}: it must be greater than 0.")
    return voxel_size


def save_array(path: Path, array: npt.NDArray[np.generic]) -> None:
    """Write beside the target and rename: a full disk leaves no half file under the real name."""
    import numpy as np

    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with partial.open("wb") as file:
            np.save(file, array)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_features(path: Path, points: int) -> npt.NDArray[np.float32]:
    """An array written by `fewpoints features`, checked against the scan it is used with."""
    import numpy as np

    try:
        array = map_array(existing_file(path))
    except (ValueError, EOFError, OSError):
        raise BadArgument(
            f"--features {path} is not a .npy array. Write it with `fewpoints features`."
        ) from None
    if array.ndim != 2 or array.shape[0] != points:
        raise BadArgument(
            f"--features {path} has shape {array.shape}, but the scan has {points:,} points; "
            "one row per point is needed. Compute the features from this file."
        )
    return np.asarray(array, dtype=np.float32)


def select(
    scan: ScanArgument,
    out: Annotated[Path, typer.Option(help="points.csv (index,x,y,z) or points.pth (original).")],
    budget: Annotated[int, typer.Option(help="How many points to ask about.")] = 20,
    strategy: Annotated[
        str,
        typer.Option(
            help="random, kmeans_color, kmeans_features, diverse, uncertain, or mixed: diverse for "
            "the first 20 points of a scan, uncertain after."
        ),
    ] = "mixed",
    scaling: Annotated[
        str, typer.Option(help="scaled, or reference: raw columns as in the paper's script.")
    ] = "scaled",
    labels: Annotated[
        Path | None,
        typer.Option(
            help="What is labelled so far: CSV with the columns index and class. None of these "
            "points comes again; uncertain and mixed choose by them."
        ),
    ] = None,
    features: Annotated[
        Path | None, typer.Option(help="Features written by `fewpoints features`.")
    ] = None,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: VoxelOption = None,
    device: DeviceOption = "auto",
    seed: Annotated[int, typer.Option(help="Same seed, same points.")] = 0,
) -> None:
    """Choose the points worth asking about: exactly BUDGET distinct finite points.

    Without labels, uncertain chooses large surfaces that have least in common with each other.
    """
    from fewpoints.models.features.extract import DEFAULT_VOXEL_SIZE_M
    from fewpoints.models.selection.files import write_points_csv, write_points_pth
    from fewpoints.models.selection.options import needs_superpoints, strategy_options
    from fewpoints.models.selection.registry import needs_features, select_points

    writable_target(out, [".csv", ".pth"])
    options = strategy_options(strategy, scaling=scaling)
    path = existing_file(scan)
    known = None if labels is None else read_labels(existing_file(labels))
    cloud, undo = read_fixed(path)
    array, voxel = None, DEFAULT_VOXEL_SIZE_M
    if features is not None:
        array = load_features(features, len(cloud))
        if needs_superpoints(options):
            voxel = checked_voxel_size(voxel_size, inspect_scan(cloud, name=path.name))
    elif needs_features(options):
        array, voxel = compute_features(
            path, checkpoint=checkpoint, arch=arch, voxel_size=voxel_size, device=device
        )
    with progress_bar(f"Choosing {budget} points") as progress:
        rows = select_points(
            cloud,
            options,
            budget,
            seed=seed,
            features=array,
            voxel_size_m=voxel,
            answers=None if known is None else (known.rows, known.classes),
            exclude=None if known is None else known.unsure,
            progress=progress,
        )
    if out.suffix.lower() == ".csv":
        write_points_csv(out, to_file_frame(cloud, {}, undo)[0], rows)
    else:
        write_points_pth(out, {path.stem: rows})
    note(f"{out}: {len(rows)} points of {path.name} by {strategy}, seed {seed}")
