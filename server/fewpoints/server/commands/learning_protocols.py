# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark la` and `lr`: learning from few points or few scenes, scored on others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewpoints.server.commands.learning import parse_config
from fewpoints.server.commands.protocols import (
    POINTS,
    DatasetArgument,
    FixedVoxelOption,
    MaxPointsOption,
    OutOption,
    PointsOption,
    SeedsOption,
    counted_scenes,
    course_of,
    existing_folder,
    names_in,
    numbers_in,
    run_folder,
    setting_of,
    show_page,
)
from fewpoints.server.commands.scans import ArchOption, CheckpointOption, DeviceOption
from fewpoints.server.commands.terminal import progress_bar

if TYPE_CHECKING:
    from fewpoints.models.benchmarks.methods import Setting
    from fewpoints.models.training.config import FinetuneConfig

StartsOption = Annotated[
    str, typer.Option(help="What to begin with, with commas: pre-trained (the weights), scratch.")
]
TestDataOption = Annotated[
    Path | None,
    typer.Option(
        help="Data set to score on. Default: the split val, else test, of DATASET; without splits "
        "some of its scenes, which are not trained on then."
    ),
]
TrainScenesOption = Annotated[int, typer.Option(help="Scenes to train on; 0 for all.", min=0)]
TestScenesOption = Annotated[int, typer.Option(help="Scenes to score on; 0 for all.", min=0)]
PresetOption = Annotated[
    str, typer.Option(help="room: short, for a CPU. paper: as published, for days on a GPU.")
]
VariantOption = Annotated[
    str | None,
    typer.Option(help="head, adapter or network: what is trained. Default: head; paper: network."),
]
StepsOption = Annotated[int | None, typer.Option(help="Steps of adapter and network.", min=1)]
InstancesOption = Annotated[
    bool, typer.Option("--instances", help="Learn to tell objects apart too, scored by AP50.")
]
# Features of so many scenes are some gigabytes on disk; of more they are computed again.
_SCENES_WITH_FEATURES = 50


def la(
    dataset: DatasetArgument,
    out: OutOption,
    test_data: TestDataOption = None,
    train_scenes: TrainScenesOption = 8,
    scenes: TestScenesOption = 4,
    points: PointsOption = POINTS,
    seeds: SeedsOption = 1,
    starts: StartsOption = "pre-trained",
    methods: Annotated[
        str, typer.Option(help="Ways to choose points, with commas; listed: those of --lists.")
    ] = "random,kmeans_color,kmeans_features,diverse",
    lists: Annotated[
        Path | None,
        typer.Option(help="Folder with the benchmark's own points20, points50, …"),
    ] = None,
    preset: PresetOption = "room",
    variant: VariantOption = None,
    steps: StepsOption = None,
    instances: InstancesOption = False,
    max_points: MaxPointsOption = None,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: FixedVoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Limited annotations: learn from a few points of each scene, score on unseen scenes.

    As it stands: a head on superpoints of frozen features, in minutes on two cores. --variant
    network trains all weights for some minutes per figure. The paper trains them from both starts,
    for days on a GPU: --preset paper --starts scratch,pre-trained.
    """
    from fewpoints.models.benchmarks.label_efficient import (
        LIMITED_ANNOTATIONS,
        annotation_methods,
        run_limited_annotations,
    )

    lists = lists and existing_folder(lists, "--lists")
    names = annotation_methods(names_in(starts), names_in(methods), lists=lists)
    _learn(
        LIMITED_ANNOTATIONS,
        "Unseen scenes after learning from few points",
        run_limited_annotations,
        names,
        numbers_in(points, "--points"),
        dataset=dataset,
        test_data=test_data,
        counts=(train_scenes, scenes),
        out=out,
        seeds=seeds,
        lists=lists,
        config=parse_config(preset, variant=variant, steps=steps, instances=instances),
        setting=setting_of(checkpoint, arch, voxel_size, max_points, device),
    )


def lr(
    dataset: DatasetArgument,
    out: OutOption,
    test_data: TestDataOption = None,
    train_scenes: TrainScenesOption = 0,
    scenes: TestScenesOption = 4,
    percent: Annotated[str, typer.Option(help="Shares of the scenes, with commas.")] = "1,5,10,20",
    seeds: Annotated[int, typer.Option(help="Random subsets of each share.", min=1)] = 3,
    starts: StartsOption = "pre-trained",
    lists: Annotated[
        Path | None, typer.Option(help="Folder with the benchmark's own 1.txt, 5.txt, …")
    ] = None,
    labels_per_scene: Annotated[
        int, typer.Option(help="Voxels of a scene that are learned from, at random.", min=5)
    ] = 5_000,
    preset: PresetOption = "room",
    variant: VariantOption = None,
    steps: StepsOption = None,
    instances: InstancesOption = False,
    max_points: MaxPointsOption = None,
    checkpoint: CheckpointOption = None,
    arch: ArchOption = None,
    voxel_size: FixedVoxelOption = None,
    device: DeviceOption = "auto",
) -> None:
    """Limited scenes: learn from a few scenes that are labelled whole, score on unseen ones.

    As it stands: a head on superpoints of frozen features, in minutes on two cores. --variant
    network trains all weights for some minutes more. The paper trains them from both starts, for
    days on a GPU: --preset paper --starts scratch,pre-trained.
    """
    from fewpoints.models.benchmarks.label_efficient import (
        LIMITED_SCENES,
        STARTS,
        run_limited_scenes,
    )
    from fewpoints.models.benchmarks.methods import check_methods

    _learn(
        LIMITED_SCENES,
        "Unseen scenes after learning from few scenes",
        run_limited_scenes,
        check_methods(names_in(starts), STARTS),
        numbers_in(percent, "--percent"),
        dataset=dataset,
        test_data=test_data,
        counts=(train_scenes, scenes),
        out=out,
        seeds=seeds,
        lists=lists and existing_folder(lists, "--lists"),
        labels_per_scene=labels_per_scene,
        config=parse_config(preset, variant=variant, steps=steps, instances=instances),
        setting=setting_of(checkpoint, arch, voxel_size, max_points, device),
    )


def _learn(
    protocol: str,
    title: str,
    measure: Any,  # Any: run_limited_annotations or run_limited_scenes
    methods: tuple[str, ...],
    budgets: list[int],
    *,
    dataset: Path,
    test_data: Path | None,
    counts: tuple[int, int],
    out: Path,
    seeds: int,
    lists: Path | None,
    config: FinetuneConfig,
    setting: Setting,
    labels_per_scene: int = 0,
) -> None:
    """Learn for every start, choice, budget and seed, then write the page."""
    from fewpoints.models.benchmarks.label_efficient import (
        ALL_TOGETHER,
        LIMITED_SCENES,
        Study,
        learning_scenes,
    )
    from fewpoints.models.benchmarks.measuring import Extent, wanted_cells
    from fewpoints.models.benchmarks.pages import learning_page
    from fewpoints.models.benchmarks.runs import open_run
    from fewpoints.models.datasets.registry import open_dataset
    from fewpoints.models.training.config import FROZEN

    source = open_dataset(dataset)
    target = None if test_data is None else open_dataset(test_data)
    train, test = learning_scenes(source, target, train=counts[0] or None, test=counts[1] or None)
    extent = Extent((ALL_TOGETHER,), methods, tuple(budgets), tuple(range(seeds)))
    given = config.model_dump(mode="json", exclude={"seed", "holdout", "save_every_s"})
    course = course_of(
        protocol,
        source,
        dataset,
        setting,
        train=list(train),
        test=list(test),
        tested=(test_data or dataset).resolve().name,
        lists=None if lists is None else lists.resolve().name,
        labels_per_scene=labels_per_scene,
        **{f"training {name}": value for name, value in given.items()},
    )
    run = open_run(run_folder(out), course)
    if len(train) + len(test) <= _SCENES_WITH_FEATURES:
        setting = replace(setting, features=out / "features")
    study = Study(source, target or source, train, test, config, setting, lists, labels_per_scene)
    with progress_bar(f"{len(train)} scenes") as progress:
        measure(run, study, extent, progress)
    cells = wanted_cells(run, extent)
    tables, chart = learning_page(cells, extent, scenes=protocol == LIMITED_SCENES)
    steps = "" if config.variant in FROZEN else f", {config.steps:,} steps of {config.batch}"
    show_page(
        out,
        title,
        tables,
        chart,
        cells,
        extent,
        source,
        setting,
        data=f"{source.title}, {counted_scenes(train, listed=False)} to learn from; scored on "
        f"{study.target.title}, {counted_scenes(test)}",
        extra=(
            f"Trained: {config.variant}{steps}. Classes that the test scenes lack are left out.",
        ),
    )
