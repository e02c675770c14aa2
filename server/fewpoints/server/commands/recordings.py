# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`simulate` and `fuse`: RGB-D recordings out of nothing, and scans out of recordings."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
import uuid
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer

from fewpoints.server.commands.scans import JsonOption
from fewpoints.server.commands.terminal import (
    BadArgument,
    note,
    print_json,
    progress_bar,
    writable_target,
)


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the scenes, made if it is missing.")],
    scenes: Annotated[int, typer.Option(min=1, help="How many scenes.")] = 1,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the first; the next have the next.")
    ] = 0,
    frames: Annotated[int, typer.Option(min=1, help="Frames of each walk.")] = 60,
    rooms: Annotated[
        int | None, typer.Option(min=1, max=12, help="Rooms of each flat. Default: mostly one.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Scenes at once, two cores each. Default: as many as fit."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make furnished rooms: RGB-D frames, the scan fused from them, true classes and objects.

    Each scene is a folder `scene-<seed>`; those that are there already are kept, so a run that was
    cut short goes on where it ended.
    """
    if out.exists() and not out.is_dir():
        raise BadArgument(f"{out} is a file; name a folder.")
    out.mkdir(parents=True, exist_ok=True)
    folders = {number: out / f"scene-{number:06d}" for number in range(seed, seed + scenes)}
    missing = [number for number, folder in folders.items() if not folder.exists()]
    start = time.perf_counter()
    count = min(workers or max(1, (os.cpu_count() or 1) // 2), max(1, len(missing)))
    spawned = multiprocessing.get_context("spawn")
    with (
        progress_bar(f"Simulating {len(missing)} scenes") as progress,
        ProcessPoolExecutor(count, mp_context=spawned) as pool,
    ):
        running = [
            pool.submit(simulate_into, folders[number], number, frames, rooms) for number in missing
        ]
        try:
            for ready, future in enumerate(as_completed(running), start=1):
                future.result()
                progress(ready / len(missing), f"{ready} of {len(missing)}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    seconds = time.perf_counter() - start
    if as_json:
        print_json({"folders": [str(folder) for folder in folders.values()], "seconds": seconds})
    else:
        kept = len(folders) - len(missing)
        note(
            f"{out}: {len(missing)} scenes in {seconds:.0f} s"
            + (f"; {kept} were there already" if kept else "")
        )


def simulate_into(folder: Path, seed: int, frames: int, rooms: int | None) -> None:
    """Make one scene; its folder appears when it is complete."""
    from fewpoints.annotations.datasets.simulator.files import write_scene
    from fewpoints.annotations.datasets.simulator.scene import simulate_scene

    part = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.part")
    try:
        write_scene(part, simulate_scene(seed, rooms=rooms, frames=frames))
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def fuse(
    recording: Annotated[Path, typer.Argument(help="A folder of frames, or a .sens file.")],
    out: Annotated[Path, typer.Option(help="Where the scan goes: a .ply file.")],
    voxel_size: Annotated[float, typer.Option(help="Distance between points, in metres.")] = 0.01,
    depth_max: Annotated[float, typer.Option(help="Depth that is still used, in metres.")] = 4.0,
    as_json: JsonOption = False,
) -> None:
    """Fuse an RGB-D recording into one scan that can be labelled."""
    from fewpoints.annotations.scans.frames.fusion import fuse as fuse_frames
    from fewpoints.annotations.scans.frames.registry import read_frames
    from fewpoints.annotations.scans.writers import write_ply

    writable_target(out, [".ply"])
    with progress_bar(f"Fusing {recording.name}") as progress:
        sequence = read_frames(recording, progress=progress)
        scan = fuse_frames(
            sequence, voxel_size_m=voxel_size, depth_max_m=depth_max, progress=progress
        )
    write_ply(out, scan)
    if as_json:
        print_json({"frames": len(sequence), "points": len(scan), "scan": str(out)})
    else:
        note(f"{out}: {len(scan):,} points from {len(sequence)} frames")
