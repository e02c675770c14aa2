# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the commands of `fewpoints benchmark` that measure methods share: options and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewpoints.server.commands.serving import make_settings
from fewpoints.server.commands.terminal import BadArgument, note

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
DatasetOrNoneArgument = Annotated[
    Path | None,
    typer.Argument(
        help="Folder of a data set: ScanNet, S3DIS, simulated rooms, or labelled scans "
        "(docs/datasets.md). Or give --project.",
    ),
]
ProjectOption = Annotated[
    str | None,
    typer.Option(
        help="Instead of a folder: name or id of a project. All of its scans that have a ground "
        "truth, by the project's classes (docs/labels-in.md)."
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
    typer.Option(help="Of the data set, or all. Default: val, else test, else all scenes."),
]
ScenesOption = Annotated[int, typer.Option(help="How many scenes; 0 for all.", min=0)]
ScenesOrAllOption = Annotated[
    int | None,
    typer.Option(help="How many scenes; 0 for all. Default: 2, of a project all.", min=0),
]
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
POINTS = "20,50,100,200"
FEW_SCENES = 2


def existing_folder(path: Path, option: str) -> Path:
    """The path, or one clear sentence."""
    if not path.is_dir():
        raise BadArgument(f"{option} {path}: there is no such folder. Check the path.")
    return path


@dataclass(frozen=True)
class Measured:
    """What a benchmark is run on. course: what says where it is from. few: scenes by default."""

    dataset: Dataset
    root: Path
    course: dict[str, Any]  # JSON
    few: int


def measured_data(folder: Path | None, project: str | None, home: Path | None) -> Measured:
    """The data set of a folder, or the scans of a project that have a truth.

    Raises:
        BadArgument: neither or both are named.
        NoTruth: the project has no scan whose truth is known.
    """
    if (folder is None) == (project is None):
        raise BadArgument(
            "Name the folder of a data set, or a project with --project; one of them."
        )
    if folder is not None:
        from fewpoints.models.datasets.registry import open_dataset

        if home is not None:
            raise BadArgument("--home is for --project; a folder is read from where it is.")
        return Measured(open_dataset(folder), folder, {}, FEW_SCENES)
    from fewpoints.server.commands.store import open_store, require_project
    from fewpoints.server.file_labels.dataset import project_dataset

    assert project is not None
    settings = make_settings(host=None, port=None, home=home)
    with open_store(settings, run_jobs=False) as store, store.database.read() as session:
        found = require_project(session, project)
        dataset = project_dataset(session, store.storage, found)
        course = {"project": found.id, "classes": list(dataset.classes.names)}
    return Measured(dataset, settings.home, course, 0)


def counted_scenes(names: Sequence[str], *, listed: bool = True) -> str:
    """How many scenes there are, and their names if wanted: "2 scenes (a, b)"."""
    count = "1 scene" if len(names) == 1 else f"{len(names):,} scenes"
    return f"{count} ({', '.join(names)})" if listed else count


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


def setting_of(
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
    weights: str = "",
    extra: tuple[str, ...] = (),
) -> None:
    """Write report.md and chart.svg, and print the tables."""
    from fewpoints.models.benchmarks.pages import write_page
    from fewpoints.models.benchmarks.report import provenance, weights_of

    if setting.max_points is not None:
        extra = (*extra, f"Scans thinned out to {setting.max_points:,} points.")
    origin = provenance(
        cells,
        data=data or f"{dataset.title}, {counted_scenes(extent.scenes)}",
        weights=weights or weights_of(setting.network),
        seeds=extent.seeds,
        extra=extra,
    )
    path = write_page(out, title, tables, origin, chart)
    print("\n\n".join([*tables, origin]))
    note(f"{path} and {path.with_name('chart.svg').name} are written.")
