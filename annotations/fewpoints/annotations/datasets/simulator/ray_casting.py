# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""First hits of rays with triangles: Embree where it is installed, plain NumPy elsewhere.

Embree has no wheel for Linux on ARM; there the simulator works too, but much slower.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from fewpoints.annotations.arrays import BoolArray, Float32Array, FloatArray64, IndexArray

try:
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    HAS_EMBREE = True
except ImportError:
    HAS_EMBREE = False


class Hits(NamedTuple):
    """(n,) triangle hit, -1 for none, and its distance in lengths of the ray's direction."""

    triangle: IndexArray
    distance: Float32Array


class RayCaster(Protocol):
    """Answers rays against a fixed set of triangles."""

    def first_hits(self, origins: Float32Array, directions: Float32Array) -> Hits:
        """The nearest hit of each of (n, 3) origins and directions."""

    def blocked(
        self, origins: Float32Array, directions: Float32Array, reach: Float32Array
    ) -> BoolArray:
        """(n,) True where something is nearer than `reach` lengths of the direction."""


def ray_caster(triangles: FloatArray64) -> RayCaster:
    """The fastest caster there is for (T, 3, 3) triangles."""
    return EmbreeCaster(triangles) if HAS_EMBREE else NumpyCaster(triangles)


class EmbreeCaster:
    """Embree's bounding-volume hierarchy."""

    def __init__(self, triangles: FloatArray64) -> None:
        self._scene: Any = EmbreeScene()
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(triangles, np.float32))

    def first_hits(self, origins: Float32Array, directions: Float32Array) -> Hits:
        """See `RayCaster`."""
        found = self._scene.run(
            np.ascontiguousarray(origins, np.float32),
            np.ascontiguousarray(directions, np.float32),
            output=1,
        )
        return Hits(found["primID"].astype(np.int64), found["tfar"])

    def blocked(
        self, origins: Float32Array, directions: Float32Array, reach: Float32Array
    ) -> BoolArray:
        """See `RayCaster`."""
        found = self._scene.run(
            np.ascontiguousarray(origins, np.float32),
            np.ascontiguousarray(directions, np.float32),
            dists=np.ascontiguousarray(reach, np.float32),
            query="OCCLUDED",
        )
        return np.asarray(found >= 0)


class NumpyCaster:
    """Möller and Trumbore's test of every ray against the triangles of a coarse cell's boxes.

    Triangles are put into runs of 64 along a space-filling order; a ray looks only into the runs
    whose box it meets.
    """

    def __init__(self, triangles: FloatArray64, *, run: int = 64) -> None:
        centres = triangles.mean(axis=1)
        cells = np.floor(centres / 0.4).astype(np.int64)
        order = np.lexsort((centres[:, 2], cells[:, 2], cells[:, 1], cells[:, 0]))
        self._runs = [order[i : i + run] for i in range(0, len(order), run)]
        self._corner = triangles[:, 0]
        self._edge1 = triangles[:, 1] - triangles[:, 0]
        self._edge2 = triangles[:, 2] - triangles[:, 0]
        self._low = np.array([triangles[r].min(axis=(0, 1)) for r in self._runs])
        self._high = np.array([triangles[r].max(axis=(0, 1)) for r in self._runs])

    def first_hits(self, origins: Float32Array, directions: Float32Array) -> Hits:
        """See `RayCaster`."""
        return self._cast(origins, directions, np.full(len(origins), 1e9))

    def blocked(
        self, origins: Float32Array, directions: Float32Array, reach: Float32Array
    ) -> BoolArray:
        """See `RayCaster`."""
        return np.asarray(self._cast(origins, directions, reach.astype(np.float64)).triangle >= 0)

    def _cast(self, origins: Float32Array, directions: Float32Array, nearest: FloatArray64) -> Hits:
        o, d = origins.astype(np.float64), directions.astype(np.float64)
        nearest = nearest.copy()
        best = np.full(len(o), -1, np.int64)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1.0 / d
            for k, members in enumerate(self._runs):
                a, b = (self._low[k] - o) * inverse, (self._high[k] - o) * inverse
                enter = np.fmax.reduce(np.fmin(a, b), axis=1)
                leave = np.fmin.reduce(np.fmax(a, b), axis=1)
                rays = np.flatnonzero((enter <= leave) & (leave > 0) & (enter < nearest))
                if len(rays):
                    self._meet(members, rays, o, d, nearest, best)
        return Hits(best, nearest.astype(np.float32))

    def _meet(
        self,
        members: IndexArray,
        rays: IndexArray,
        o: FloatArray64,
        d: FloatArray64,
        nearest: FloatArray64,
        best: IndexArray,
    ) -> None:
        e1, e2 = self._edge1[members], self._edge2[members]
        p = np.cross(d[rays][:, None], e2[None])
        scale = 1.0 / np.einsum("rtk,tk->rt", p, e1)
        s = o[rays][:, None] - self._corner[members][None]
        u = np.einsum("rtk,rtk->rt", s, p) * scale
        q = np.cross(s, e1[None])
        v = np.einsum("rtk,rk->rt", q, d[rays]) * scale
        t = np.einsum("rtk,tk->rt", q, e2) * scale
        t = np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 1e-7), t, np.inf)
        first = t.argmin(axis=1)
        distance = t[np.arange(len(rays)), first]
        closer = distance < nearest[rays]
        nearest[rays[closer]] = distance[closer]
        best[rays[closer]] = members[first[closer]]
