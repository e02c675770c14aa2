# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a consumer depth camera makes of a perfect image.

The axial noise is Nguyen, Izadi and Lovell's fit for the Kinect ("Modeling Kinect Sensor Noise for
Improved 3D Reconstruction and Tracking", 2012): sigma(z) = 0.0012 + 0.0019 (z - 0.4)^2 metres. A
part of it is shared by neighbouring pixels, as the camera matches patches. Depth is rounded to
whole steps of disparity, so steps grow with z^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import BoolArray, Float32Array, FloatArray64, UInt8Array
from fewpoints.annotations.datasets.simulator.rendering import Rendered


@dataclass(frozen=True)
class Sensor:
    """A depth camera. The defaults are a Kinect; `random_sensor` draws others.

    noise_base_m, noise_growth: sigma(z) = noise_base_m + noise_growth (z - 0.4)^2 metres.
    shared: share of the noise's variance that patches of about `patch_px` pixels have in common.
    disparity_step: 1 / z is rounded to whole multiples of this, in 1 / m.
    near_m, far_m: nothing is measured outside. edge_px: how far the outline of things wanders.
    """

    noise_base_m: float = 0.0012
    noise_growth: float = 0.0019
    shared: float = 0.5
    patch_px: int = 5
    disparity_step: float = 0.0028
    near_m: float = 0.35
    far_m: float = 5.5
    edge_px: float = 0.5
    lost_at_edges: float = 0.45

    def sigma(self, depth: FloatArray64) -> FloatArray64:
        """Standard deviation of the depth in metres, before rounding."""
        return np.asarray(self.noise_base_m + self.noise_growth * (depth - 0.4) ** 2)


def random_sensor(rng: np.random.Generator) -> Sensor:
    """Kinects, and the time-of-flight cameras of phones, which are smoother but blur edges."""
    if rng.random() < 0.6:
        return Sensor(
            noise_base_m=rng.uniform(0.001, 0.002),
            noise_growth=rng.uniform(0.0014, 0.0024),
            disparity_step=rng.uniform(0.001, 0.0029),
        )
    return Sensor(
        noise_base_m=rng.uniform(0.002, 0.005), noise_growth=rng.uniform(0.0003, 0.001),
        shared=0.75, patch_px=9, disparity_step=0.0001, near_m=0.2, far_m=4.8, edge_px=0.9,
        lost_at_edges=0.3,
    )  # fmt: skip


def patches(shape: tuple[int, int], size: int, rng: np.random.Generator) -> FloatArray64:
    """(H, W) smooth noise of unit variance, alike over about `size` pixels."""
    h, w = shape
    coarse = rng.normal(size=(h // size + 3, w // size + 3))
    y, x = np.arange(h) / size + rng.random(), np.arange(w) / size + rng.random()
    iy, ix = y.astype(int), x.astype(int)
    fy, fx = (y - iy)[:, None], (x - ix)[None, :]
    total = np.zeros(shape)
    power = np.zeros(shape)
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            total += wy * wx * coarse[np.ix_(iy + dy, ix + dx)]
            power += (wy * wx) ** 2
    return np.asarray(total / np.sqrt(power))


def depth_edges(depth: FloatArray64) -> BoolArray:
    """True where a neighbour is nearer or farther by more than a surface at 80 degrees would be."""
    limit = 0.02 + 0.02 * depth
    edge = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        jump = np.abs(np.diff(depth, axis=axis))
        a = [slice(None), slice(None)]
        b = [slice(None), slice(None)]
        a[axis], b[axis] = slice(1, None), slice(None, -1)
        edge[tuple(a)] |= jump > limit[tuple(a)]
        edge[tuple(b)] |= jump > limit[tuple(b)]
    return edge


def measured_depth(seen: Rendered, sensor: Sensor, rng: np.random.Generator) -> Float32Array:
    """(H, W) metres, with noise, steps, ragged edges and holes; 0 where nothing came back."""
    h, w = shape = seen.depth.shape
    # Ragged outlines: every pixel looks a little beside itself.
    wander = np.rint(rng.normal(0, sensor.edge_px, (2, h, w))).astype(int)
    y = np.clip(np.arange(h)[:, None] + wander[0], 0, h - 1)
    x = np.clip(np.arange(w)[None, :] + wander[1], 0, w - 1)
    edge = depth_edges(seen.depth)
    # Inside a surface the place stays exact: a shift would be noise that grows with the slope.
    depth = np.where(edge, seen.depth[y, x], seen.depth)
    own = rng.normal(size=shape) * np.sqrt(1 - sensor.shared)
    common = patches(shape, sensor.patch_px, rng) * np.sqrt(sensor.shared)
    depth = depth + sensor.sigma(depth) * (own + common)
    steps = np.rint(1 / (np.maximum(depth, 0.01) * sensor.disparity_step))
    depth = 1 / (np.maximum(steps, 1) * sensor.disparity_step)
    lost = _lost(seen, edge, sensor, rng)
    lost |= (depth < sensor.near_m) | (depth > sensor.far_m) | (seen.depth <= 0)
    return np.where(lost, 0, depth).astype(np.float32)


def _lost(seen: Rendered, edge: BoolArray, sensor: Sensor, rng: np.random.Generator) -> BoolArray:
    """Where too little light comes back: grazing, dark, shiny and far surfaces, and edges.

    The chance is compared with patchy noise, so holes hang together.
    """
    shape = seen.depth.shape
    grazing = np.clip((0.22 - seen.cosine) / 0.15, 0, 1)
    dark = np.clip((0.14 - seen.albedo.mean(axis=2)) / 0.12, 0, 1) * (0.2 + 0.15 * seen.depth)
    shiny = np.clip((seen.gloss - 0.55) / 0.4, 0, 1) * 0.8
    far = 0.25 * np.clip(seen.depth / sensor.far_m - 0.6, 0, 1)
    chance = 1 - (1 - grazing) * (1 - np.clip(dark, 0, 1)) * (1 - shiny) * (1 - far)
    patchy = 0.8 * patches(shape, 7, rng) + 0.6 * rng.normal(size=shape)
    # The logistic curve is close to the normal distribution's: uniform 0-1 from unit variance.
    lost = 1 / (1 + np.exp(-1.702 * patchy)) < chance
    return np.asarray(lost | (edge & (rng.random(shape) < sensor.lost_at_edges)))


@dataclass(frozen=True)
class Exposure:
    """How the colour camera turns light into numbers in one scene.

    target: mean brightness it aims at. white: (3,) error of the white balance. noise: of a dark
    pixel, 0-1. fall_off: how much darker the corners are.
    """

    target: float
    white: FloatArray64
    noise: float
    fall_off: float


def random_exposure(rng: np.random.Generator) -> Exposure:
    """A camera between dull and washed out, cold and warm."""
    return Exposure(
        float(rng.uniform(0.33, 0.58)),
        np.exp(rng.normal(0, [0.07, 0.02, 0.09])),
        float(rng.uniform(0.005, 0.02)),
        float(rng.uniform(0, 0.25)),
    )


def photographed(seen: Rendered, camera: Exposure, rng: np.random.Generator) -> UInt8Array:
    """(H, W, 3) the picture: exposure, white balance, fall-off, soft shoulder, noise."""
    h, w = seen.depth.shape
    light = seen.radiance * camera.white
    # Partly exposed for the median of this view, with the errors of a camera that is moved.
    middle = max(float(np.median(light.mean(axis=2))), 0.02) ** 0.5 * 0.25**0.5
    gain = camera.target**2.2 * 1.6 / middle * float(np.exp(rng.normal(0, 0.06)))
    v, u = np.mgrid[:h, :w]
    radius = ((u / (w - 1) - 0.5) ** 2 + (v / (h - 1) - 0.5) ** 2) * 2
    light = light * min(gain, 4.0) * (1 - camera.fall_off * radius)[..., None]
    shown = (1 - np.exp(-light)) ** (1 / 2.2)
    # A lens and a Bayer pattern soften pixels a little.
    shown[:, 1:-1] = 0.5 * shown[:, 1:-1] + 0.25 * (shown[:, :-2] + shown[:, 2:])
    shown[1:-1] = 0.5 * shown[1:-1] + 0.25 * (shown[:-2] + shown[2:])
    noise = rng.normal(size=shown.shape) * camera.noise * (1.2 - shown)
    return np.asarray(np.clip(np.rint((shown + noise) * 255), 0, 255), np.uint8)
