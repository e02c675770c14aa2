# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a perfect camera would see of a world: exact depth, labels, and lit colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import BoolArray, FloatArray64, IndexArray
from fewpoints.annotations.datasets.simulator.world import World
from fewpoints.annotations.scans.frames.frame import Intrinsics

_LIGHT_STEP = 2  # Light is computed for every second pixel of every second row.
_AMBIENT_RAYS = 5
_AMBIENT_REACH_M = 0.9


@dataclass(frozen=True)
class Rendered:
    """H x W pixels. depth: metres along z, 0 where the ray left the flat. objects: row of the
    world's objects, -1 for none. cosine: between ray and surface. gloss: 0-1.
    albedo: (H, W, 3) as a display shows it. radiance: (H, W, 3) linear, 1 is a well lit white wall.
    """

    depth: FloatArray64
    objects: IndexArray
    cosine: FloatArray64
    gloss: FloatArray64
    albedo: FloatArray64
    radiance: FloatArray64


def pixel_rays(camera: Intrinsics) -> FloatArray64:
    """(H * W, 3) directions with z = 1 in the camera's frame, row by row."""
    v, u = np.mgrid[: camera.height, : camera.width]
    return np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=-1
    ).reshape(-1, 3)


def render(
    world: World, camera: Intrinsics, world_from_camera: FloatArray64, rng: np.random.Generator
) -> Rendered:
    """Cast one ray per pixel and light what it hits."""
    shape = (camera.height, camera.width)
    rays = pixel_rays(camera) @ world_from_camera[:3, :3].T
    eye = world_from_camera[:3, 3]
    hits = world.caster.first_hits(
        np.broadcast_to(eye.astype(np.float32), rays.shape), rays.astype(np.float32)
    )
    hit = hits.triangle >= 0
    triangle = np.where(hit, hits.triangle, 0)
    depth = np.where(hit, hits.distance.astype(np.float64), 0.0)
    points = eye + rays * depth[:, None]
    normals = world.normals[triangle]
    toward = np.einsum("ij,ij->i", normals, rays)
    normals = normals * -np.sign(toward)[:, None]
    cosine = np.abs(toward) / np.linalg.norm(rays, axis=1)
    objects, material = world.object_of[triangle], world.material_of[triangle]
    albedo = world.materials.albedo(material, *world.local(objects, points, normals))
    glow = world.materials.glow[material]

    grid = np.arange(len(rays)).reshape(shape)[::_LIGHT_STEP, ::_LIGHT_STEP]
    some = grid.reshape(-1)
    light = _light(world, points[some], normals[some], rng)
    key = np.where(hit, material, -1)
    light = _smoothed(light, key[some], normals[some], points[some], grid.shape)
    light = _spread_out(light, key, normals, grid.shape, shape)
    linear = albedo**2.2
    radiance = linear * np.where(glow[:, None] > 0, glow[:, None], light)
    radiance[~hit] = 0.02
    return Rendered(
        depth.reshape(shape),
        np.where(hit, objects, -1).reshape(shape),
        cosine.reshape(shape),
        world.materials.gloss[material].reshape(shape).astype(np.float64),
        albedo.reshape(*shape, 3),
        radiance.reshape(*shape, 3),
    )


def _light(
    world: World, points: FloatArray64, normals: FloatArray64, rng: np.random.Generator
) -> FloatArray64:
    """(n, 3) light that falls on points: from everywhere, less in corners, and from lamps."""
    start = (points + normals * 2e-3).astype(np.float32)
    n = len(points)
    open_sky = np.zeros(n)
    for _ in range(_AMBIENT_RAYS):
        away = rng.normal(size=(n, 3))
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        away += normals * 1.001  # Cosine-distributed around the normal.
        away *= (_AMBIENT_REACH_M * rng.random(n) ** 0.5 / np.linalg.norm(away, axis=1))[:, None]
        reach = np.ones(n, np.float32)
        open_sky += ~world.caster.blocked(start, away.astype(np.float32), reach)
    up = 0.8 + 0.2 * normals[:, 2]
    light = (0.36 * (0.15 + 0.85 * open_sky / _AMBIENT_RAYS) * up)[:, None] * np.ones(3)
    for lamp in world.lamps:
        spot = lamp.place + rng.uniform(-1, 1, (n, 3)) * lamp.spread
        to_lamp = spot - points
        distance = np.linalg.norm(to_lamp, axis=1)
        cos = np.einsum("ij,ij->i", to_lamp, normals) / np.maximum(distance, 1e-6)
        strength = np.maximum(cos, 0) / (0.25 + (distance / lamp.reach_m) ** 2)
        rows = np.flatnonzero(strength > 0.02)
        if not len(rows):
            continue
        # The lamp's own body is no shadow: stop half a metre or a fifth short of it.
        reach = np.maximum(1 - 0.5 / np.maximum(distance[rows], 1e-6), 0.8).astype(np.float32)
        dark = world.caster.blocked(start[rows], to_lamp[rows].astype(np.float32), reach)
        light[rows] += (strength[rows] * ~dark)[:, None] * lamp.colour
    return light


def _smoothed(
    light: FloatArray64,
    key: IndexArray,
    normals: FloatArray64,
    points: FloatArray64,
    shape: tuple[int, int],
) -> FloatArray64:
    """Average of 13 x 13 pixels on the same paint and plane: one random ray each is enough then."""
    light, key = light.reshape(*shape, 3), key.reshape(shape)
    normals = normals.reshape(*shape, 3)
    h, w = shape
    for radius, step in ((1, 1), (1, 2), (1, 3)):
        total, weight = light.copy(), np.ones(shape)
        for dy in range(-radius * step, radius * step + 1, step):
            for dx in range(-radius * step, radius * step + 1, step):
                if dx == dy == 0:
                    continue
                a = (slice(max(dy, 0), h + min(dy, 0)), slice(max(dx, 0), w + min(dx, 0)))
                b = (slice(max(-dy, 0), h + min(-dy, 0)), slice(max(-dx, 0), w + min(-dx, 0)))
                same = (key[a] == key[b]) & (np.einsum("ijk,ijk->ij", normals[a], normals[b]) > 0.9)
                total[a] += light[b] * same[..., None]
                weight[a] += same
        light = total / weight[..., None]
    return light.reshape(-1, 3)


def _spread_out(
    light: FloatArray64,
    key: IndexArray,
    normals: FloatArray64,
    coarse: tuple[int, int],
    shape: tuple[int, int],
) -> FloatArray64:
    """Light of every pixel from the four coarse pixels around it that lie on the same surface."""
    h, w = shape
    v, u = np.divmod(np.arange(h * w), w)
    total, weight = np.zeros((h * w, 3)), np.zeros(h * w)
    own_key = key.reshape(shape)
    own_normal = normals.reshape(*shape, 3)
    for dy in (0, 1):
        for dx in (0, 1):
            y = np.minimum(v // _LIGHT_STEP + dy * (v % _LIGHT_STEP), coarse[0] - 1)
            x = np.minimum(u // _LIGHT_STEP + dx * (u % _LIGHT_STEP), coarse[1] - 1)
            fy, fx = y * _LIGHT_STEP, x * _LIGHT_STEP
            alike: BoolArray = own_key[fy, fx] == key
            straight = np.einsum("ij,ij->i", own_normal[fy, fx], normals) > 0.8
            # Light depends on the direction of a surface far more than on its paint.
            amount = 1e-4 + straight * (0.1 + alike)
            total += light[y * coarse[1] + x] * amount[:, None]
            weight += amount
    return total / weight[:, None]
