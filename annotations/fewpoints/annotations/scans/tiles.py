# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A scan as tiles for the browser.

`tiles.bin` holds one 12-byte record per finite point, three little-endian uint32:

    byte  0-1   x16     position on x, 0-65535
    byte  2-3   y16
    byte  4-5   z16
    byte  6-7   spare   zero
    byte  8     red     0-255
    byte  9     green
    byte 10     blue
    byte 11     255

    position_local = lo + scale * (x16, y16, z16)     with the tile's own lo and scale

The local frame is the file's frame minus `shift`, in the file's unit. A tile is a run of at most
65,536 records; tiles come from halving the scan along its longest axis, so each is a compact box.
Any prefix of a tile covers all of it: a few records are a random sample, then come ever finer cubes
with one record each (`spread.py`), so that the gaps of n records are everywhere about as wide.

`order.bin` holds a little-endian uint32 per record: the scan row it came from. Any per-point
array travels in tile order as `values[order]`. Rows that are not finite have no record.

`tiles.json` is the table of contents, see `TileManifest`. It is written last: a folder that has
it has all three files, whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import (
    AnyArray,
    Float32Array,
    FloatArray64,
    IntArray,
    UInt8Array,
    UInt32Array,
)
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.spread import spread_order

TILE_POINTS = 65_536
# The first records of every tile are a plain random sample: so many of the scan, and of each tile.
PLAIN_POINTS = 4096
PLAIN_LEAST = 64
PREFIX_LEAST = 64
RECORD_BYTES = 12
VERSION = 1

_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True)
class Tile:
    """Records `base` to `base + count`; `lo` and `scale` as in the module text."""

    base: int
    count: int
    lo: list[float]
    scale: list[float]


@dataclass(frozen=True)
class TileManifest:
    """What `tiles.json` says. `count` finite points of `scan_points`; bounds in the local frame."""

    count: int
    scan_points: int
    shift: list[float]
    bounds: dict[str, list[float]]
    has_colour: bool
    has_intensity: bool
    tiles: list[Tile]
    version: int = VERSION
    record_bytes: int = RECORD_BYTES

    def to_dict(self) -> dict[str, Any]:
        """The manifest as JSON shows it."""
        return asdict(self)


def write_tiles(
    scan: PointScan,
    out_dir: Path,
    *,
    seed: int = 0,
    tile_points: int = TILE_POINTS,
    progress: Progress = no_progress,
) -> TileManifest:
    """Write the three files into `out_dir` (made if absent) and return the manifest.

    `tile_points` is the most that a tile may hold, at most 65,536.
    The same scan and seed give the same bytes. Files appear under their names only when whole; if
    this is interrupted, `out_dir` has no `tiles.json`, and what was there before is gone.
    """
    if not scan.finite.any():
        raise UnreadableScan("The scan", "it has no point with finite coordinates.")
    assert len(scan) < 2**32, "order.bin counts rows in 32 bits"
    assert 0 < tile_points <= TILE_POINTS
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "tiles.json").unlink(missing_ok=True)
    temporary = {
        name: out_dir / f".{name}.{os.getpid()}.tmp"
        for name in ("tiles.bin", "order.bin", "tiles.json")
    }
    try:
        with (
            temporary["tiles.bin"].open("wb") as records,
            temporary["order.bin"].open("wb") as order,
        ):
            manifest = _write(scan, records, order, seed, tile_points, progress)
        with temporary["tiles.json"].open("w", encoding="utf-8") as file:
            json.dump(manifest.to_dict(), file, allow_nan=False)
        for name, path in temporary.items():  # tiles.json is last.
            path.replace(out_dir / name)
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)
    return manifest


def read_manifest(out_dir: Path) -> TileManifest:
    """Read `tiles.json` of a folder written by `write_tiles`."""
    entries = json.loads((out_dir / "tiles.json").read_text(encoding="utf-8"))
    entries["tiles"] = [Tile(**tile) for tile in entries["tiles"]]
    return TileManifest(**entries)


def read_order(out_dir: Path) -> UInt32Array:
    """(count,) scan row of each record, read from `order.bin`."""
    return np.fromfile(out_dir / "order.bin", "<u4")


def prefix_blocks(out_dir: Path, points: int) -> tuple[int, int, Iterator[bytes]]:
    """The first records of every tile, one tile after the other: about `points` in all.

    Returns how many records those of a tile are (all of a smaller one), how many bytes all are, and
    the bytes in blocks of about a megabyte. Of a tile they are never fewer than `PREFIX_LEAST`.
    """
    manifest = read_manifest(out_dir)
    tiles = manifest.tiles
    records = TILE_POINTS
    if manifest.count > points:
        records = max(PREFIX_LEAST, points // len(tiles))
    total = sum(min(tile.count, records) for tile in tiles) * RECORD_BYTES
    file = (out_dir / "tiles.bin").open("rb")

    def blocks() -> Iterator[bytes]:
        with file:
            waiting: list[bytes] = []
            for tile in tiles:
                file.seek(tile.base * RECORD_BYTES)
                waiting.append(file.read(min(tile.count, records) * RECORD_BYTES))
                if sum(map(len, waiting)) > 1_000_000:
                    yield b"".join(waiting)
                    waiting.clear()
            yield b"".join(waiting)

    return records, total, blocks()


def decode_tile(records: bytes, tile: Tile) -> tuple[FloatArray64, UInt8Array]:
    """Return ((count, 3) local positions, (count, 3) RGB) of the bytes of one tile."""
    shorts = np.frombuffer(records, "<u2").reshape(-1, 6)
    positions = np.array(tile.lo) + np.array(tile.scale) * shorts[:, :3]
    return positions, np.frombuffer(records, np.uint8).reshape(-1, 12)[:, 8:11].copy()


def to_tile_order(values: NDArray[_T], order: IntArray) -> NDArray[_T]:
    """(N, ...) values by scan row -> (count, ...) values by record."""
    return values[order]


def to_scan_order(
    values: NDArray[_T], order: IntArray, *, scan_points: int | None = None, fill: Any = 0
) -> NDArray[_T]:
    """(count, ...) values by record -> (N, ...) values by scan row.

    `scan_points` is N; without it all rows must have a record. Rows without one get `fill`.
    """
    assert len(values) == len(order)
    assert scan_points is not None or len(order) == 0 or int(order.max()) + 1 == len(order)
    total = len(order) if scan_points is None else scan_points
    out = np.full((total, *values.shape[1:]), fill, values.dtype)
    out[order] = values
    return out


def _write(
    scan: PointScan, records: Any, order: Any, seed: int, tile_points: int, progress: Progress
) -> TileManifest:
    rng = np.random.default_rng(seed)
    finite_rows = np.flatnonzero(scan.finite).astype(np.uint32)
    count = len(finite_rows)
    progress(0.0, "Sorting points into tiles")
    local = scan.local_positions()
    axes = [np.ascontiguousarray(local[finite_rows, axis]) for axis in range(3)]
    del local
    shade = _shades(scan)
    tiles: list[Tile] = []
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    base = 0
    report = part_of(progress, 0.05, 1.0)
    plain = PLAIN_LEAST + -(-PLAIN_POINTS * min(count, tile_points) // count)
    for rows in _split(axes, finite_rows, tile_points):
        rows = np.sort(rows)  # For the sake of reading; the order comes from `spread_order`.
        positions = scan.positions[rows] - scan.global_shift
        lo, hi = positions.min(axis=0), positions.max(axis=0)
        scale = (hi - lo) / 65535.0
        steps = (positions - lo) / np.where(scale > 0, scale, 1.0)
        steps = np.clip(np.rint(steps), 0, 65535).astype(np.uint16)
        order_in_tile = spread_order(steps, scale, rng, plain=plain)
        rows = rows[order_in_tile]
        data = np.empty((len(rows), 6), "<u2")
        data[:, :3] = steps[order_in_tile]
        data[:, 3] = 0
        data[:, 4:].view(np.uint8)[:, :3] = shade(rows)
        data[:, 4:].view(np.uint8)[:, 3] = 255
        records.write(data.tobytes())
        order.write(rows.astype("<u4").tobytes())
        tiles.append(Tile(base, len(rows), lo.tolist(), scale.tolist()))
        low, high = np.minimum(low, lo), np.maximum(high, hi)
        base += len(rows)
        report(base / count, "Writing tiles")
    return TileManifest(
        count=count,
        scan_points=len(scan),
        shift=scan.global_shift.tolist(),
        bounds={"min": low.tolist(), "max": high.tolist()},
        has_colour=scan.colours is not None,
        has_intensity=scan.intensity is not None,
        tiles=tiles,
    )


def _split(axes: list[Float32Array], rows: UInt32Array, tile_points: int) -> Iterator[UInt32Array]:
    """Yield the rows of each tile; depth first, so neighbouring tiles are neighbours in the file.

    axes: x, y and z of the rows, (n,) each. Points are moved along with every split: reading them
    scattered through an index would cost several times as much on a large scan.
    """
    stack = [(axes, rows)]
    while stack:
        axes, rows = stack.pop()
        tiles = -(-len(rows) // tile_points)
        if tiles == 1:
            yield rows
            continue
        longest = int(np.argmax([float(a.max()) - float(a.min()) for a in axes]))
        middle = len(rows) * (tiles // 2) // tiles
        places = np.argpartition(axes[longest], middle)
        first, second = places[:middle], places[middle:]
        del places
        stack.append(([a[second] for a in axes], rows[second]))
        stack.append(([a[first] for a in axes], rows[first]))


class _Shades:
    """The RGB bytes of rows: the scan's colours, else its intensity, else a ramp of height."""

    def __init__(self, scan: PointScan) -> None:
        self._scan = scan
        self._axis, self._sign = 2, 1
        self._low, self._high = 0.0, 1.0
        values: AnyArray | None = None
        if scan.colours is None:
            if scan.intensity is not None:
                values = scan.intensity
            else:
                up = scan_up(scan)
                self._axis, self._sign = "xyz".index(up.axis), up.sign
                values = scan.positions[:, self._axis]
        if values is not None:
            rows = np.flatnonzero(scan.finite)
            sample = values[rows[:: max(1, len(rows) // 200_000)]].astype(np.float64)
            sample = sample[np.isfinite(sample)]
            if len(sample):
                self._low, self._high = (float(v) for v in np.percentile(sample, (1, 99)))

    def __call__(self, rows: UInt32Array) -> UInt8Array:
        scan = self._scan
        if scan.colours is not None:
            colours: UInt8Array = scan.colours[rows]
            return colours
        values = (
            scan.positions[rows, self._axis] if scan.intensity is None else scan.intensity[rows]
        )
        span = self._high - self._low
        share = (values.astype(np.float64) - self._low) / (span if span > 0 else 1.0)
        share = np.clip(np.nan_to_num(share, nan=0.0), 0.0, 1.0)
        if scan.intensity is not None:
            grey = np.rint(40 + 215 * share).astype(np.uint8)  # Black would vanish on black.
            return np.repeat(grey[:, None], 3, axis=1)
        if self._sign < 0:
            share = 1 - share
        ramp = [np.interp(share, _RAMP_AT, _RAMP[:, c]) for c in range(3)]
        shades: UInt8Array = np.rint(np.stack(ramp, 1)).astype(np.uint8)
        return shades


# From dark blue over teal to yellow: readable in grey and with the common colour blindnesses.
_RAMP = np.array([[68, 60, 130], [49, 104, 142], [33, 145, 140], [94, 201, 98], [253, 231, 37]])
_RAMP_AT = np.linspace(0, 1, len(_RAMP))


def _shades(scan: PointScan) -> _Shades:
    return _Shades(scan)
