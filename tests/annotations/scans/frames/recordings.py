# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A made room, seen from known poses, written down in every layout that can be read."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# The room: metres, z up. Each wall has its colour.
LOW, HIGH = (-2.0, -1.5, 0.0), (2.0, 1.5, 2.5)
COLOURS = ((200, 0, 0), (100, 0, 0), (0, 200, 0), (0, 100, 0), (0, 0, 200), (0, 0, 100))
WIDTH, HEIGHT = 32, 24
FX, FY, CX, CY = 28.0, 27.0, 15.0, 12.5

Matrix = NDArray[np.float64]


def look(eye: Sequence[float], target: Sequence[float]) -> Matrix:
    """Camera to world: z to the target, y down, x right; z of the world is up."""
    forward = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(forward, (0, 0, 1))
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 2] = right, forward
    matrix[:3, 1] = np.cross(forward, right)
    matrix[:3, 3] = eye
    return matrix


POSES = [
    look((0.3, 0.2, 1.2), (2, 0.4, 1.0)),
    look((-0.5, 0.1, 1.4), (-0.2, 1.5, 0.3)),
    look((0.0, -0.4, 1.1), (-2, -1.5, 2.0)),
]


def ray_cast(pose: Matrix, *, u: float, v: float) -> tuple[float, tuple[int, int, int]]:
    """Depth along the camera's z, and the colour of the wall, for one pixel."""
    direction = pose[:3, :3] @ ((u - CX) / FX, (v - CY) / FY, 1.0)
    best, colour = np.inf, COLOURS[0]
    for axis in range(3):
        for side, wall in enumerate((LOW[axis], HIGH[axis])):
            if abs(direction[axis]) > 1e-12:
                t = (wall - pose[axis, 3]) / direction[axis]
                if 0 < t < best:
                    best, colour = t, COLOURS[2 * axis + side]
    return float(best), colour


def depth_of(pose: Matrix) -> NDArray[np.float64]:
    return np.array(
        [[ray_cast(pose, u=u, v=v)[0] for u in range(WIDTH)] for v in range(HEIGHT)]
    )  # fmt: skip


def colours_of(pose: Matrix, *, finer: int = 1) -> NDArray[np.uint8]:
    """A picture of `finer` times as many pixels per side."""
    return np.array(
        [
            [
                ray_cast(pose, u=(u + 0.5) / finer - 0.5, v=(v + 0.5) / finer - 0.5)[1]
                for u in range(WIDTH * finer)
            ]
            for v in range(HEIGHT * finer)
        ],
        np.uint8,
    )


def png(pixels: NDArray[np.generic]) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def jpeg(pixels: NDArray[np.generic]) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, subsampling=0)
    return out.getvalue()


def depth_png(pose: Matrix, *, units: float = 1000.0) -> bytes:
    return png(np.rint(depth_of(pose) * units).astype(np.uint16))


def text(matrix: Matrix) -> str:
    return "\n".join(" ".join(f"{value:.9f}" for value in row) for row in matrix) + "\n"


def write_camera(folder: Path) -> None:
    camera = {"width": WIDTH, "height": HEIGHT, "fx": FX, "fy": FY, "cx": CX, "cy": CY}
    (folder / "intrinsics.json").write_text(json.dumps(camera))


def scannet_folder(folder: Path, poses: Sequence[Matrix] = POSES) -> Path:
    for name in ("depth", "color", "pose", "intrinsic"):
        (folder / name).mkdir(parents=True)
    for i, pose in enumerate(poses):
        seen = POSES[i % len(POSES)] if not np.isfinite(pose).all() else pose
        (folder / f"depth/{i}.png").write_bytes(depth_png(seen))
        (folder / f"color/{i}.jpg").write_bytes(jpeg(colours_of(seen, finer=2)))
        (folder / f"pose/{i}.txt").write_text(text(pose))
    depth, colour = np.eye(4), np.eye(4)
    depth[0, 0], depth[1, 1], depth[0, 2], depth[1, 2] = FX, FY, CX, CY
    colour[0, 0], colour[1, 1] = 2 * FX, 2 * FY
    colour[0, 2], colour[1, 2] = 2 * CX + 0.5, 2 * CY + 0.5
    (folder / "intrinsic/intrinsic_depth.txt").write_text(text(depth))
    (folder / "intrinsic/intrinsic_color.txt").write_text(text(colour))
    return folder


def sens(
    poses: Sequence[Matrix] = POSES,
    *,
    colour_kind: int = 2,
    depth_kind: int = 1,
    version: int = 4,
    frames: int | None = None,
    depth_bytes: Callable[[bytes], bytes] = lambda raw: raw,
    units: float = 1000.0,
    fx: float = FX,
    pictures: Sequence[int] = range(1000),
) -> bytes:
    """The bytes of a .sens file, as its published description has them."""
    colour, depth = np.eye(4), np.eye(4)
    depth[0, 0], depth[1, 1], depth[0, 2], depth[1, 2] = fx, FY, CX, CY
    colour[0, 0], colour[1, 1] = 2 * FX, 2 * FY
    colour[0, 2], colour[1, 2] = 2 * CX + 0.5, 2 * CY + 0.5
    out = struct.pack("<IQ", version, 12) + b"StructureSen"
    for matrix in (colour, np.eye(4), depth, np.eye(4)):
        out += struct.pack("<16f", *matrix.reshape(-1))
    out += struct.pack("<ii", colour_kind, depth_kind)
    out += struct.pack("<4If", 2 * WIDTH, 2 * HEIGHT, WIDTH, HEIGHT, units)
    out += struct.pack("<Q", len(poses) if frames is None else frames)
    for i, pose in enumerate(poses):
        seen = POSES[i % len(POSES)] if not np.isfinite(pose).all() else pose
        raw = np.rint(depth_of(seen) * (units if units > 0 else 1)).astype("<u2").tobytes()
        raw = depth_bytes(raw)
        packed = zlib.compress(raw) if depth_kind == 1 else raw
        pixels = colours_of(seen, finer=2)
        picture = {0: pixels.tobytes(), 1: png(pixels), 2: jpeg(pixels)}[colour_kind]
        picture = picture if i in pictures else b""
        out += struct.pack("<16f", *pose.reshape(-1))
        out += struct.pack("<4Q", i * 33, i * 33 + 1, len(picture), len(packed))
        out += picture + packed
    return out + struct.pack("<Q", 0)


def sens_file(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "room.sens").write_bytes(sens())
    return folder / "room.sens"


def open3d_folder(folder: Path) -> Path:
    (folder / "depth").mkdir(parents=True)
    (folder / "image").mkdir()
    lines = ""
    for i, pose in enumerate(POSES):
        (folder / f"depth/{i:05d}.png").write_bytes(depth_png(pose))
        (folder / f"image/{i:05d}.jpg").write_bytes(jpeg(colours_of(pose)))
        lines += f"{i} {i} {i + 1}\n{text(pose)}"
    (folder / "trajectory.log").write_text(lines)
    write_camera(folder)
    return folder


def open3d_json(folder: Path) -> Path:
    open3d_folder(folder)
    (folder / "trajectory.log").unlink()
    (folder / "image").rename(folder / "color")
    cameras = [{"extrinsic": np.linalg.inv(pose).T.reshape(-1).tolist()} for pose in POSES]
    (folder / "trajectory.json").write_text(json.dumps({"parameters": cameras}))
    matrix = np.array([[FX, 0, CX], [0, FY, CY], [0, 0, 1]])
    camera = {"width": WIDTH, "height": HEIGHT, "intrinsic_matrix": matrix.T.reshape(-1).tolist()}
    (folder / "intrinsics.json").write_text(json.dumps(camera))
    return folder


def quaternion(matrix: Matrix) -> tuple[float, float, float, float]:
    """(x, y, z, w) of a rotation, from its axis and angle."""
    w = np.sqrt(max(0.0, 1 + np.trace(matrix[:3, :3]))) / 2
    x, y, z = (
        (matrix[2, 1] - matrix[1, 2]) / (4 * w),
        (matrix[0, 2] - matrix[2, 0]) / (4 * w),
        (matrix[1, 0] - matrix[0, 1]) / (4 * w),
    )
    return float(x), float(y), float(z), float(w)


def tum_folder(folder: Path) -> Path:
    (folder / "depth").mkdir(parents=True)
    (folder / "rgb").mkdir()
    lists = {"depth": "# depth maps\n", "rgb": "# colour\n", "groundtruth": "# tx ty tz q\n"}
    for i, pose in enumerate(POSES):
        time = 1000 + i / 30
        (folder / f"depth/{time:.6f}.png").write_bytes(depth_png(pose, units=5000))
        (folder / f"rgb/{time + 0.009:.6f}.png").write_bytes(png(colours_of(pose)))
        lists["depth"] += f"{time:.6f} depth/{time:.6f}.png\n"
        lists["rgb"] += f"{time + 0.009:.6f} rgb/{time + 0.009:.6f}.png\n"
        numbers = (*pose[:3, 3], *quaternion(pose))
        # The tracker is faster than the camera; the pose between frames is nonsense.
        lists["groundtruth"] += (
            f"{time - 0.004:.4f} " + " ".join(f"{n:.7f}" for n in numbers) + "\n"
        )
        lists["groundtruth"] += f"{time + 0.016:.4f} 9 9 9 0 0 0 1\n"
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text(lines)
    write_camera(folder)
    return folder


def seven_scenes_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for i, pose in enumerate(POSES):
        (folder / f"frame-{i:06d}.depth.png").write_bytes(depth_png(pose))
        (folder / f"frame-{i:06d}.color.png").write_bytes(png(colours_of(pose)))
        (folder / f"frame-{i:06d}.pose.txt").write_text(text(pose))
    write_camera(folder)
    return folder


def scanner_app_folder(folder: Path, *, pictures: Sequence[int] = (0, 1, 2)) -> Path:
    """ARKit's axes: y of the world is up, and the camera looks along -z."""
    folder.mkdir(parents=True)
    y_up = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]])
    for i, pose in enumerate(POSES):
        arkit = y_up @ pose
        arkit[:, 1] *= -1
        arkit[:, 2] *= -1
        (folder / f"depth_{i:05d}.png").write_bytes(depth_png(pose))
        (folder / f"conf_{i:05d}.png").write_bytes(png(np.full((HEIGHT, WIDTH), 2, np.uint8)))
        if i in pictures:
            (folder / f"frame_{i:05d}.jpg").write_bytes(jpeg(colours_of(pose, finer=4)))
        camera = [4 * FX, 0, 4 * CX + 1.5, 0, 4 * FY, 4 * CY + 1.5, 0, 0, 1]
        projection = np.zeros(16)
        projection[[0, 5]] = 2 * FX / WIDTH, 2 * FY / HEIGHT
        content = {
            "cameraPoseARFrame": arkit.reshape(-1).tolist(),
            "intrinsics": camera,
            "projectionMatrix": projection.tolist(),
            "frame_index": i,
        }
        (folder / f"frame_{i:05d}.json").write_text(json.dumps(content))
    return folder


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "sens": sens_file,
    "scannet": scannet_folder,
    "open3d": open3d_folder,
    "open3d_json": open3d_json,
    "tum": tum_folder,
    "seven_scenes": seven_scenes_folder,
    "scanner_app": scanner_app_folder,
}
