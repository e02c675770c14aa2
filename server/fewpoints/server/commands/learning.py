# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints finetune`: from a labels file to a checkpoint, without a server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from fewpoints.annotations.classes import PRESETS, ClassList, preset
from fewpoints.annotations.scans.fixes import Fixed, to_file_frame
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.sparse_labels import read_csv
from fewpoints.server.commands.reading import read_fixed
from fewpoints.server.commands.scans import (
    ArchOption,
    CheckpointOption,
    DeviceOption,
    JsonOption,
    VoxelOption,
    checked_voxel_size,
)
from fewpoints.server.commands.terminal import (
    BadArgument,
    existing_file,
    note,
    print_json,
    print_pairs,
    progress_bar,
    writable_target,
)

if TYPE_CHECKING:
    from fewpoints.annotations.arrays import AnyArray
    from fewpoints.annotations.scans.scan import PointScan
    from fewpoints.models.nets.checkpoint import LoadedNetwork
    from fewpoints.models.training.config import FinetuneConfig
    from fewpoints.models.training.sparse_supervision import LabelledScan


def finetune(
    scans: Annotated[list[Path], typer.Argument(help="Scans that the labels are of.")],
    labels: Annotated[
        list[Path],
        typer.Option(help="Labels of each scan, in the same order: CSV with index and class."),
    ],
    out: Annotated[Path, typer.Option(help="Checkpoint to write: a .safetensors file.")],
    classes: Annotated[
        str, typer.Option(help="A preset (scannet20, s3dis13) or names separated by commas.")
    ] = "scannet20",
    preset: Annotated[
        str,
        typer.Option(
            help="room: short, for a CPU. paper: 10,000 steps of 48 scans, for days on a GPU."
        ),
    ] = "room",
    variant: Annotated[
        str | None,
        typer.Option(
            help="superpoints: what they look like; seconds. head: linear, seconds. adapter: head "
            "and last stage. network: all weights, minutes. Default: superpoints; network with "
            "--preset paper."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Steps of adapter, network and --instances.")
    ] = None,
    pseudo_labels: Annotated[
        float | None,
        typer.Option(
            help="Learn from dense labels too that are at least this sure, below 1; 0: from the "
            "labels alone. Default: 0.9; 0 with --preset paper."
        ),
    ] = None,
    instances: Annotated[
        bool, typer.Option("--instances", help="Learn to tell objects apart, too.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same result on a CPU.")] = 0,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: VoxelOption = None,
    device: DeviceOption = "auto",
    predictions: Annotated[
        Path | None,
        typer.Option(
            help="Folder for a PLY of each scan with class, confidence and, if learned, instance."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train on labelled points and write a checkpoint; a run that was cut short goes on."""
    from fewpoints.models.engine.memory import keep_freed_memory
    from fewpoints.models.nets.checkpoint import load_network
    from fewpoints.models.training.finetune import finetune as run

    writable_target(out, [".safetensors"])
    if len(labels) != len(scans):
        raise BadArgument(
            f"There are {len(scans)} scans but {len(labels)} label files. Give --labels once per "
            "scan, in the same order."
        )
    if predictions is not None:
        prediction_files(scans, predictions)  # Refused before hours of training, not after.
    config = parse_config(
        preset,
        variant=variant,
        steps=steps,
        seed=seed,
        pseudo_labels=pseudo_labels,
        instances=instances,
    )
    class_list = parse_classes(classes)
    read = [read_fixed(scan) for scan in scans]
    labelled = [
        _labelled(scan, fixed.scan, table, class_list, voxel_size)
        for scan, fixed, table in zip(scans, read, labels, strict=True)
    ]
    keep_freed_memory()
    start = load_network(checkpoint, arch=arch)
    for sentence in start.report:
        note(sentence)
    run_dir = out.with_name(f"{out.name}.run")
    with progress_bar(f"Training on {len(labelled)} scans") as progress:
        result = run(
            labelled,
            start,
            class_list.names,
            config,
            run_dir=run_dir,
            stuff=[c.index for c in class_list if not c.instanceable],
            device=device,
            progress=progress,
        )
    result.path.replace(out)
    shutil.rmtree(run_dir, ignore_errors=True)
    if predictions is not None:
        learned = load_network(out)
        targets = prediction_files(scans, predictions)
        for scan, fixed, target in zip(labelled, read, targets, strict=True):
            write_prediction(fixed, learned, scan.voxel_size_m, target, device)
    if as_json:
        print_json({"file": str(out), "sha256": result.sha256, "metrics": result.metrics})
    else:
        for sentence in result.notes:
            note(sentence)
        shown = {
            name: value if not isinstance(value, float) else f"{value:.3f}"
            for name, value in result.metrics.items()
            if isinstance(value, (str, int, float))
        }
        print_pairs({"checkpoint": out, **shown})


def parse_config(preset: str, **options: str | float | None) -> FinetuneConfig:
    """A preset by its name, with the options that were given."""
    from fewpoints.models.training.config import PRESETS as CONFIGS
    from fewpoints.models.training.config import preset_config

    chosen = next((name for name in CONFIGS if name == preset), None)
    if chosen is None:
        raise BadArgument(f"--preset {preset}: there is no such preset, only {', '.join(CONFIGS)}.")
    given: dict[str, str | float | None] = {
        name: value for name, value in options.items() if value is not None
    }
    if given.get("pseudo_labels") == 0:
        given["pseudo_labels"] = None
    try:
        return preset_config(chosen, **given)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise BadArgument(f"--{option} {first['input']}: {first['msg']}.") from None


def parse_classes(text: str) -> ClassList:
    """A preset by its name, or a list of names."""
    if text in PRESETS:
        return preset(text).classes
    if "," not in text:
        known = ", ".join(PRESETS)
        raise BadArgument(f"--classes {text}: neither a preset ({known}) nor names with commas.")
    return ClassList.from_names([name.strip() for name in text.split(",")])


def _labelled(
    path: Path, cloud: PointScan, table: Path, classes: ClassList, voxel_size: float | None
) -> LabelledScan:
    """The scan of a file with the labels of another one."""
    import numpy as np

    from fewpoints.models.training.sparse_supervision import LabelledScan

    report = inspect_scan(cloud, name=path.name)
    content = existing_file(table).read_bytes()
    found = read_csv(content, classes, scan_points=len(cloud), name=table.name)
    rows, indices, instances = found.labels.points()
    return LabelledScan(
        name=path.name,
        scan=cloud,
        rows=rows,
        classes=indices.astype(np.int64),
        instances=instances,
        voxel_size_m=checked_voxel_size(voxel_size, report),
    )


def predict(
    scans: Annotated[list[Path], typer.Argument(help="Scans to classify.")],
    checkpoint: Annotated[Path, typer.Option(help="What `fewpoints finetune` wrote.")],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for a PLY of each scan with class, confidence and, if learned, instance."
        ),
    ],
    voxel_size: VoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Give every point of a scan the class that a trained checkpoint says, without any answer."""
    from fewpoints.models.engine.memory import keep_freed_memory
    from fewpoints.models.nets.checkpoint import load_network

    targets = prediction_files(scans, out)
    loaded = load_network(existing_file(checkpoint))
    if not loaded.meta.class_names:
        raise BadArgument(
            f"{checkpoint.name} predicts no classes: it was not trained on answers. Give a "
            "checkpoint that `fewpoints finetune` wrote."
        )
    for sentence in loaded.report:
        note(sentence)
    keep_freed_memory()
    for scan, target in zip(scans, targets, strict=True):
        fixed = read_fixed(scan)
        report = inspect_scan(fixed.scan, name=scan.name)
        size = checked_voxel_size(voxel_size or loaded.meta.voxel_size_m, report)
        write_prediction(fixed, loaded, size, target, device)


def prediction_files(scans: list[Path], folder: Path) -> list[Path]:
    """`<scan>.ply` in `folder` for each; where names repeat, `<folder of the scan>-<scan>.ply`."""
    names = [scan.stem for scan in scans]
    files = [
        folder / f"{name if names.count(name) == 1 else f'{scan.resolve().parent.name}-{name}'}.ply"
        for scan, name in zip(scans, names, strict=True)
    ]
    twice = next((file for file in files if files.count(file) > 1), None)
    if twice is not None:
        raise BadArgument(
            f"Two scans would both be written to {twice.name}. Rename one, or run twice."
        )
    return files


def write_prediction(
    fixed: Fixed, loaded: LoadedNetwork, voxel_size_m: float, target: Path, device: str
) -> None:
    """Write the points of the file as PLY with `class`, `confidence` and, if known, `instance`."""
    import numpy as np

    from fewpoints.annotations.scans.writers import write_ply
    from fewpoints.models.training.predict import predict as run

    with progress_bar(f"Predicting {target.stem}") as progress:
        found = run(fixed.scan, loaded, voxel_size_m=voxel_size_m, device=device, progress=progress)
    columns: dict[str, AnyArray] = {"class": found.classes, "confidence": found.confidence}
    if found.instances is not None:
        columns["instance"] = found.instances.numbers.astype(np.int32)
    target.parent.mkdir(parents=True, exist_ok=True)
    scan, columns = to_file_frame(fixed.scan, columns, fixed.undo)
    write_ply(target, scan, extra=columns)
    note(str(target))
