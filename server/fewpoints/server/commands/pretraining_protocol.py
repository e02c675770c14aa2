# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark partitions`: short pre-training runs, and what their features are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fewpoints.server.commands.protocols import (
    DatasetArgument,
    FixedVoxelOption,
    MaxPointsOption,
    OutOption,
    SplitOption,
    counted_scenes,
    course_of,
    numbers_in,
    run_folder,
    setting_of,
    show_page,
)
from fewpoints.server.commands.scans import DeviceOption
from fewpoints.server.commands.terminal import BadArgument, progress_bar


def partitions(
    dataset: DatasetArgument,
    sources: Annotated[
        list[Path],
        typer.Argument(help="Recordings or scans to pre-train on, as of `fewpoints pretrain`."),
    ],
    out: OutOption,
    counts: Annotated[
        str, typer.Option("--partitions", help="Of 1, 2, 4, 8, 16, 32, with commas.")
    ] = "1,8",
    points: Annotated[
        str, typer.Option(help="Matches per pair of views, with commas. The paper: 1024 to 8192.")
    ] = "1024,4096",
    steps: Annotated[int, typer.Option(help="Of each pre-training run.", min=1)] = 60,
    batch: Annotated[int, typer.Option(help="Pairs per step.", min=1)] = 2,
    seeds: Annotated[int, typer.Option(help="Repetitions, with seeds 0, 1, …", min=1)] = 1,
    split: SplitOption = None,
    scenes: Annotated[int, typer.Option(help="Scenes to measure on; 0 for all.", min=0)] = 2,
    arch: Annotated[str, typer.Option(help="Network.")] = "Res16UNet14A",
    workers: Annotated[int, typer.Option(help="Processes that prepare pairs.", min=0)] = 1,
    max_points: MaxPointsOption = None,
    voxel_size: FixedVoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Partitions of the scene and matches per pair in pre-training, as in the paper's figure 3.

    SOURCES are pre-trained on, DATASET (classes and objects) is measured on. Each figure is a
    pre-training run of its own: 60 steps of 2 pairs take some minutes on two cores and say little;
    the paper takes 20,000 of 32.
    """
    from fewpoints.models.benchmarks.measuring import Extent
    from fewpoints.models.benchmarks.methods import scenes_of
    from fewpoints.models.benchmarks.pages import partitions_page
    from fewpoints.models.benchmarks.partitions import (
        ALL_TOGETHER,
        PROTOCOL,
        PartitionStudy,
        partition_keys,
        partition_methods,
        run_partitions,
    )
    from fewpoints.models.benchmarks.runs import open_run
    from fewpoints.models.datasets.registry import open_dataset
    from fewpoints.models.nets.res_unet import ARCHITECTURES
    from fewpoints.models.pretrain.config import make_config
    from fewpoints.models.pretrain.sources import open_source

    if arch not in ARCHITECTURES:
        raise BadArgument(f"--arch {arch}: choose {', '.join(ARCHITECTURES)}.")
    methods = partition_methods(numbers_in(counts, "--partitions"))
    budgets = numbers_in(points, "--points")
    if budgets[0] < 2:
        raise BadArgument(f'--points "{points}": a contrast needs at least 2 matches.')
    extent = Extent((ALL_TOGETHER,), methods, tuple(budgets), tuple(range(seeds)))
    config = make_config("small", arch=arch, steps=steps, batch=batch, workers=workers)
    opened = open_dataset(dataset)
    names = scenes_of(opened, split, scenes or None, root=dataset)
    # Whatever weights it is given, each figure has its own.
    setting = setting_of(None, None, voxel_size, max_points, device)
    course = course_of(PROTOCOL, opened, dataset, setting)
    course["weights"] = "random"
    course["scenes"] = names
    course["sources"] = [str(path.resolve()) for path in sources]
    own = {"seed", "points", "partition", "partitions"}
    course |= {
        f"pre-training {name}": value for name, value in config.course().items() if name not in own
    }
    run = open_run(run_folder(out), course)
    with progress_bar(f"{len(extent.of_scene(ALL_TOGETHER))} networks") as progress:
        prepared = [source for path in dict.fromkeys(sources) for source in open_source(path)]
        study = PartitionStudy(prepared, opened, tuple(names), config, setting)
        run_partitions(run, study, extent, progress)
    cells = {key: run.cells[key] for key in partition_keys(extent)}
    tables, chart = partitions_page(cells, extent)
    show_page(
        out,
        "Partitions and matches in pre-training",
        tables,
        chart,
        cells,
        extent,
        opened,
        setting,
        data=f"{len(prepared)} sources to pre-train on; {opened.title}, measured on "
        f"{counted_scenes(names)}",
        extra=(f"{steps:,} steps of {batch} pairs from random weights, {arch}.",),
        weights=f"{arch}, from random weights",
    )
