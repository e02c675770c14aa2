# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark coverage` and `densify`: methods compared scan by scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewpoints.server.commands.protocols import (
    POINTS,
    DatasetOrNoneArgument,
    FixedVoxelOption,
    MaxPointsOption,
    Measured,
    OutOption,
    PointsOption,
    ProjectOption,
    ScenesOrAllOption,
    SeedsOption,
    SplitOption,
    course_of,
    measured_data,
    names_in,
    numbers_in,
    run_folder,
    setting_of,
    show_page,
)
from fewpoints.server.commands.scans import ArchOption, CheckpointOption, DeviceOption
from fewpoints.server.commands.serving import HomeOption
from fewpoints.server.commands.terminal import progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from fewpoints.models.benchmarks.methods import Setting

_COVERAGE = (
    "random,kmeans_color,kmeans_color_reference,kmeans_features,kmeans_features_reference,"
    "diverse,mixed"
)
_DENSIFY = (
    "random/nearest,kmeans_color/nearest,kmeans_features/nearest,"
    "kmeans_color/dense,diverse/dense,mixed/dense"
)


def coverage(
    out: OutOption,
    dataset: DatasetOrNoneArgument = None,
    project: ProjectOption = None,
    split: SplitOption = None,
    scenes: ScenesOrAllOption = None,
    points: PointsOption = POINTS,
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
    home: HomeOption = None,
) -> None:
    """Different objects that the chosen points touch, beside the paper's figure 7.

    Needs objects in the data set, or in the labels that a project's truth is made of. A scan of
    250,000 points takes some five minutes on two cores, nearly all of it for k-means at 100 and
    200 points.
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
        data=measured_data(dataset, project, home),
        out=out,
        split=split,
        scenes=scenes,
        points=points,
        seeds=seeds,
        setting=setting_of(checkpoint, arch, voxel_size, max_points, device),
    )


def densify(
    out: OutOption,
    dataset: DatasetOrNoneArgument = None,
    project: ProjectOption = None,
    split: SplitOption = None,
    scenes: ScenesOrAllOption = None,
    points: PointsOption = POINTS,
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
    home: HomeOption = None,
) -> None:
    """mIoU of the clicked scan itself against clicks, with what its superpoints allow at best.

    Needs classes in the data set, or a project's ground truth. Points are answered with their true
    class; one without a class is skipped, as by a person. A scan of 250,000 points takes some four
    minutes on two cores, nearly all of it for k-means at 100 and 200 points.
    """
    from fewpoints.models.benchmarks.densify import PROTOCOL, parse_methods, run_densify
    from fewpoints.models.benchmarks.pages import densify_page

    _measure(
        PROTOCOL,
        "Labels of the clicked scan",
        run_densify,
        densify_page,
        parse_methods(names_in(methods)),
        data=measured_data(dataset, project, home),
        out=out,
        split=split,
        scenes=scenes,
        points=points,
        seeds=seeds,
        setting=setting_of(checkpoint, arch, voxel_size, max_points, device),
    )


def _measure(
    protocol: str,
    title: str,
    measure: Any,  # Any: run_coverage or run_densify
    page: Any,  # Any: what makes the tables and the picture of its figures
    methods: tuple[str, ...],
    *,
    data: Measured,
    out: Path,
    split: str | None,
    scenes: int | None,
    points: str,
    seeds: int,
    setting: Setting,
) -> None:
    """Measure scene by scene, then write the page."""
    from fewpoints.models.benchmarks.measuring import Extent, wanted_cells
    from fewpoints.models.benchmarks.methods import scenes_of
    from fewpoints.models.benchmarks.runs import open_run

    opened = data.dataset
    count = data.few if scenes is None else scenes
    names = scenes_of(opened, split, count or None, root=data.root)
    extent = Extent(
        tuple(names), methods, tuple(numbers_in(points, "--points")), tuple(range(seeds))
    )
    course = course_of(protocol, opened, data.root, setting, **data.course)
    run = open_run(run_folder(out), course, opened.versions)
    with progress_bar(f"{len(names)} scenes") as progress:
        measure(run, opened, extent, setting, progress)
    cells = wanted_cells(run, extent)
    tables, chart = page(cells, extent)
    show_page(out, title, tables, chart, cells, extent, opened, setting)
