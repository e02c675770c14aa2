# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark coverage`, `densify`, …: methods compared on scans whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewpoints.server.commands.scans import ArchOption, CheckpointOption, DeviceOption
from fewpoints.server.commands.terminal import BadArgument, note, progress_bar

if TYPE_CHECKING:
    from fewpoints.annotations.datasets.dataset import Dataset
    from fewpoints.models.benchmarks.measuring import Extent
    from fewpoints.models.benchmarks.methods import Setting

DatasetArgument = Annotated[
    Path,
    typer.Argument(
        help="Folder of a data set: ScanNet, S3DIS, simulated rooms, or labelled scans "
        "(docs/datasets.md)."
    ),
]
OutOption = Annotated[
    Path,
    typer.Option(
        help="Folder of the run: report.md and chart.svg. What is there already is not measured "
        "again, so a run that was cut short goes on."
    ),
]
SplitOption = Annotated[
    str | None,
    typer.Option(help="Of the data set. Default: val, else test, else all scenes."),
]
ScenesOption = Annotated[int, typer.Option(help="How many scenes; 0 for all.", min=0)]
PointsOption = Annotated[str, typer.Option(help="Points per scan, with commas.")]
SeedsOption = Annotated[int, typer.Option(help="Repetitions, with seeds 0, 1, …", min=1)]
MaxPointsOption = Annotated[
    int | None,
    typer.Option(help="Thin out larger scans to so many points: quick, but other figures.", min=1),
]
FixedVoxelOption = Annotated[
    float | None,
    typer.Option(help="Edge of a voxel in file units. Default: what the preflight proposes."),
]
_POINTS = "20,50,100,200"
_COVERAGE = (
    "random,kmeans_color,kmeans_color_reference,kmeans_features,kmeans_features_reference,diverse"
)
_DENSIFY = "random/nearest,kmeans_color/nearest,kmeans_features/nearest,kmeans_color/dense,diverse"


def coverage(
    dataset: DatasetArgument,
    out: OutOption,
    split: SplitOption = None,
    scenes: ScenesOption = 4,
    points: PointsOption = _POINTS,
    seeds: SeedsOption = 3,
    methods: Annotated[
        str,
        typer.Option(
            help="Ways to choose points, with commas. _reference: k-means of raw columns, as in "
            "the paper's script."
        ),
    ] = _COVERAGE,
    max_points: MaxPointsOption = None,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: FixedVoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Different objects that the chosen points touch, beside the paper's figure 7.

    Needs objects in the data set. A scan of 200,000 points takes about two minutes on two cores.
    """
    from fewpoints.models.benchmarks.coverage import PROTOCOL, run_coverage
    from fewpoints.models.benchmarks.methods import check_methods
    from fewpoints.models.benchmarks.pages import coverage_page

    _measure(
        PROTOCOL,
        "Objects touched by few points",
        run_coverage,
        coverage_page,
        check_methods(names_in(methods)),
        dataset=dataset,
        out=out,
        split=split,
        scenes=scenes,
        points=points,
        seeds=seeds,
        setting=_setting(checkpoint, arch, voxel_size, max_points, device),
    )


def densify(
    dataset: DatasetArgument,
    out: OutOption,
    split: SplitOption = None,
    scenes: ScenesOption = 4,
    points: PointsOption = _POINTS,
    seeds: SeedsOption = 3,
    methods: Annotated[
        str,
        typer.Option(
            help="With commas: a way to choose points, then /dense or /nearest for how answers "
            "reach all other points; without either, both."
        ),
    ] = _DENSIFY,
    max_points: MaxPointsOption = None,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: FixedVoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """mIoU of the clicked scan itself against clicks, with what its superpoints allow at best.

    Needs classes in the data set. Points are answered with their true class; one without a class is
    skipped, as by a person. A scan of 200,000 points takes about two minutes on two cores.
    """
    from fewpoints.models.benchmarks.densify import PROTOCOL, parse_methods, run_densify
    from fewpoints.models.benchmarks.pages import densify_page

    _measure(
        PROTOCOL,
        "Labels of the clicked scan",
        run_densify,
        densify_page,
        parse_methods(names_in(methods)),
        dataset=dataset,
        out=out,
        split=split,
        scenes=scenes,
        points=points,
        seeds=seeds,
        setting=_setting(checkpoint, arch, voxel_size, max_points, device),
    )


def names_in(text: str) -> list[str]:
    """The names in a list with commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers_in(text: str, option: str) -> list[int]:
    """The different whole numbers from 1 in a list with commas, ascending."""
    found = names_in(text)
    if not found or not all(name.isascii() and name.isdigit() and int(name) for name in found):
        raise BadArgument(f'{option} "{text}": give whole numbers from 1 with commas, as in 20,50.')
    return sorted({int(name) for name in found})


def run_folder(out: Path) -> Path:
    """The folder of a run if it can be made: checked before long work, not after."""
    if out.exists() and not out.is_dir():
        raise BadArgument(f"--out {out} is a file; name a folder.")
    if not out.absolute().parent.is_dir():
        raise BadArgument(f"--out {out}: the folder {out.absolute().parent} does not exist.")
    return out


def _setting(
    checkpoint: Path | None,
    arch: str | None,
    voxel_size: float | None,
    max_points: int | None,
    device: str,
) -> Setting:
    from fewpoints.models.benchmarks.methods import Setting
    from fewpoints.models.engine.memory import keep_freed_memory
    from fewpoints.models.features.inference import choose_device
    from fewpoints.models.nets.checkpoint import load_network

    if voxel_size is not None and not 0 < voxel_size < float("inf"):
        raise BadArgument(f"--voxel-size {voxel_size}: it must be greater than 0.")
    choose_device(device)
    keep_freed_memory()
    loaded = load_network(checkpoint, arch=arch)
    for sentence in loaded.report:
        note(sentence)
    return Setting(loaded, voxel_size, max_points, device)


def _measure(
    protocol: str,
    title: str,
    measure: Any,  # Any: run_coverage or run_densify
    page: Any,  # Any: what makes the tables and the picture of its figures
    methods: tuple[str, ...],
    *,
    dataset: Path,
    out: Path,
    split: str | None,
    scenes: int,
    points: str,
    seeds: int,
    setting: Setting,
) -> None:
    """Measure scene by scene, then write the page."""
    from fewpoints.models.benchmarks.measuring import Extent, wanted_cells
    from fewpoints.models.benchmarks.methods import scenes_of
    from fewpoints.models.benchmarks.runs import open_run
    from fewpoints.models.datasets.registry import open_dataset

    opened = open_dataset(dataset)
    names = scenes_of(opened, split, scenes or None, root=dataset)
    extent = Extent(
        tuple(names), methods, tuple(numbers_in(points, "--points")), tuple(range(seeds))
    )
    run = open_run(run_folder(out), course_of(protocol, opened, dataset, setting))
    with progress_bar(f"{len(names)} scenes") as progress:
        measure(run, opened, extent, setting, progress)
    cells = wanted_cells(run, extent)
    tables, chart = page(cells, extent)
    show_page(out, title, tables, chart, cells, extent, opened, setting)


def course_of(
    protocol: str,
    dataset: Dataset,
    root: Path,
    setting: Setting,
    **more: Any,  # JSON
) -> dict[str, Any]:  # JSON
    """What every figure of a run depends on."""
    from importlib.metadata import version

    return {
        "benchmark": protocol,
        "data set": dataset.title,
        "folder": root.resolve().name,
        "fewpoints": version("fewpoints"),
        **setting.course(),
        **more,
    }


def show_page(
    out: Path,
    title: str,
    tables: list[str],
    chart: str,
    cells: Any,  # Any: figures by key
    extent: Extent,
    dataset: Dataset,
    setting: Setting,
    *,
    data: str = "",
    extra: tuple[str, ...] = (),
) -> None:
    """Write report.md and chart.svg, and print the tables."""
    from fewpoints.models.benchmarks.pages import write_page
    from fewpoints.models.benchmarks.report import provenance

    if setting.max_points is not None:
        extra = (*extra, f"Scans thinned out to {setting.max_points:,} points.")
    scenes = f"{len(extent.scenes)} scene{'s' if len(extent.scenes) > 1 else ''}"
    origin = provenance(
        cells,
        data=data or f"{dataset.title}, {scenes} ({', '.join(extent.scenes)})",
        network=setting.network,
        seeds=extent.seeds,
        extra=extra,
    )
    path = write_page(out, title, tables, origin, chart)
    print("\n\n".join([*tables, origin]))
    note(f"{path} and {path.with_name('chart.svg').name} are written.")
