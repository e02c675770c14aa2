# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated scenes as files that this and other tools read.

A scene's folder holds the layout of Open3D's and Redwood's RGB-D data:

    image/00000.png        8-bit RGB
    depth/00000.png        16-bit, millimetres, 0 where nothing was measured
    class/00000.png        8-bit, index of scannet20, 255 for none; true also where depth is 0
    instance/00000.png     16-bit, from 1; 0 for walls, floors and what has no class
    trajectory.log         per frame "i i i+1" and world_from_camera, 4 x 4
    intrinsics.json        width, height, fx, fy, cx, cy, depth_scale
    scan.ply               the fused scan with `label` and `instance` per point
    boxes.json             an upright box per object
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.datasets.simulator.scene import SimulatedScene
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.writers import write_ply

DEPTH_SCALE = 1000


def write_scene(folder: Path, scene: SimulatedScene, *, progress: Progress = no_progress) -> None:
    """Write a scene into a folder, which is made if it is missing; files there are overwritten."""
    for name in ("image", "depth", "class", "instance"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    poses = []
    for i, name in enumerate(scene.frames.names):
        frame, truth = scene.frames[i], scene.frame_labels(i)
        assert frame.colours is not None
        depth = np.clip(np.rint(frame.depth * DEPTH_SCALE), 0, 65535).astype(np.uint16)
        _write_png(folder / "image" / f"{name}.png", frame.colours)
        _write_png(folder / "depth" / f"{name}.png", depth)
        _write_png(folder / "class" / f"{name}.png", truth.classes)
        _write_png(folder / "instance" / f"{name}.png", truth.instances.astype(np.uint16))
        poses.append(f"{i} {i} {i + 1}\n" + _matrix(frame.world_from_camera))
        progress((i + 1) / (len(scene.frames) + 1), "Writing frames")
    (folder / "trajectory.log").write_text("".join(poses))
    camera = asdict(scene.frames[0].intrinsics) | {"depth_scale": DEPTH_SCALE}
    (folder / "intrinsics.json").write_text(json.dumps(camera, indent=1) + "\n")
    write_ply(
        folder / "scan.ply",
        scene.scan,
        extra={"label": scene.classes, "instance": scene.instances},
        comments=(scene.frames.name, f"rooms: {', '.join(scene.rooms)}"),
    )
    names = PRESETS["scannet20"].classes.names
    boxes = [{"class": names[b.class_index], **asdict(b)} for b in scene.boxes]
    content = {"seed": scene.seed, "rooms": list(scene.rooms), "boxes": boxes}
    (folder / "boxes.json").write_text(json.dumps(content, indent=1) + "\n")
    progress(1.0, "Wrote the scene")


def _matrix(pose: AnyArray) -> str:
    return "".join(" ".join(f"{v:.8f}" for v in row) + "\n" for row in pose.tolist())


def _write_png(path: Path, image: AnyArray) -> None:
    """(H, W, 3) uint8, (H, W) uint8 or (H, W) uint16."""
    Image.fromarray(image).save(path, compress_level=4)
