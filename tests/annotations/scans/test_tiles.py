# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.tiles import (
    TileManifest,
    decode_tile,
    prefix_blocks,
    read_manifest,
    read_order,
    to_scan_order,
    to_tile_order,
    write_tiles,
)


def cloud(count: int, *, colour: bool = True, holes: int = 0, seed: int = 0) -> PointScan:
    rng = np.random.default_rng(seed)
    positions = rng.random((count, 3)) * [8, 5, 2.5] + [500_000.1, 4_000_000.2, 30.3]
    positions[rng.choice(count, holes, replace=False)] = np.nan
    return PointScan(
        positions=positions,
        colours=rng.integers(0, 256, (count, 3), dtype=np.uint8) if colour else None,
        global_shift=np.array([500_000.0, 4_000_000.0, 0.0]),
    )


SMALL = 300  # Points of a tile, where a test wants many tiles of few points.


class TestLayout:
    def test_every_record_is_its_own_scan_row_within_half_a_quantum(self, tmp_path: Path) -> None:
        scan = cloud(5000, holes=70)
        manifest = write_tiles(scan, tmp_path, tile_points=SMALL)
        raw = (tmp_path / "tiles.bin").read_bytes()
        rows = struct.unpack(f"<{manifest.count}I", (tmp_path / "order.bin").read_bytes())
        assert scan.colours is not None
        assert len(raw) == 12 * manifest.count
        # Read byte by byte, as the documentation says.
        for tile in manifest.tiles:
            assert tile.count <= SMALL
            for k in range(tile.base, tile.base + tile.count):
                x, y, z, spare, r, g, b, end = struct.unpack_from("<4H4B", raw, 12 * k)
                row = rows[k]
                assert (spare, end) == (0, 255)
                assert [r, g, b] == scan.colours[row].tolist()
                for axis, step in enumerate((x, y, z)):
                    value = tile.lo[axis] + tile.scale[axis] * step + scan.global_shift[axis]
                    error = abs(value - scan.positions[row, axis])
                    assert error <= tile.scale[axis] / 2 + 1e-9

    def test_the_order_is_a_permutation_of_the_finite_rows(self, tmp_path: Path) -> None:
        scan = cloud(3001, holes=100)
        manifest = write_tiles(scan, tmp_path, tile_points=SMALL)
        order = read_order(tmp_path)
        assert sorted(order.tolist()) == np.flatnonzero(scan.finite).tolist()
        assert (manifest.count, manifest.scan_points) == (2901, 3001)
        bases = [t.base for t in manifest.tiles]
        assert bases == np.cumsum([0, *[t.count for t in manifest.tiles]])[:-1].tolist()

    def test_a_prefix_of_a_tile_covers_all_of_it_evenly(self, tmp_path: Path) -> None:
        scan = cloud(60_000)
        (tile,) = write_tiles(scan, tmp_path).tiles
        rows = read_order(tmp_path)[: tile.count // 10]
        # Points per cube of a 4x4x2 grid: chi-square of 31 degrees of freedom, 99.99th percentile.
        cubes = np.floor((scan.positions - scan.positions.min(0)) / [2.0001, 1.2501, 1.2501])
        number = (cubes @ [8, 2, 1]).astype(int)
        share = np.bincount(number, minlength=32) * len(rows) / len(scan)
        seen = np.bincount(number[rows], minlength=32)
        assert ((seen - share) ** 2 / share).sum() < 71
        assert abs(np.corrcoef(np.arange(len(rows)), scan.positions[rows, 0])[0, 1]) < 0.06

    def test_tiles_are_compact(self, tmp_path: Path) -> None:
        manifest = write_tiles(cloud(10_000), tmp_path, tile_points=SMALL)
        assert len(manifest.tiles) == -(-10_000 // SMALL)
        longest = [max(np.array(t.scale) * 65535) for t in manifest.tiles]
        assert max(longest) < 3.0

    def test_json_says_what_the_files_hold(self, tmp_path: Path) -> None:
        scan = cloud(1000, holes=1)
        manifest = write_tiles(scan, tmp_path)
        content = json.loads((tmp_path / "tiles.json").read_text())
        assert content == manifest.to_dict()
        assert content["version"] == 1
        assert content["record_bytes"] == 12
        assert content["shift"] == [500_000, 4_000_000, 0]
        assert content["has_colour"] is True
        assert content["has_intensity"] is False
        local = scan.positions - scan.global_shift
        np.testing.assert_allclose(content["bounds"]["min"], np.nanmin(local, axis=0))
        np.testing.assert_allclose(content["bounds"]["max"], np.nanmax(local, axis=0))
        assert read_manifest(tmp_path) == manifest

    def test_prefixes_of_all_tiles_come_one_after_the_other(self, tmp_path: Path) -> None:
        manifest = write_tiles(cloud(1001), tmp_path, tile_points=SMALL)
        raw = (tmp_path / "tiles.bin").read_bytes()
        for points in (1, 300, 800, 2000):
            records, size, blocks = prefix_blocks(tmp_path, points)
            expected = bytearray()
            for tile in manifest.tiles:
                for k in range(tile.base, tile.base + tile.count):
                    if k - tile.base < records:
                        expected += raw[12 * k : 12 * k + 12]
            assert b"".join(blocks) == expected
            assert size == len(expected)
            assert size / 12 <= max(points, 64 * len(manifest.tiles))
        assert size == len(raw)

    def test_equal_seeds_give_equal_bytes(self, tmp_path: Path) -> None:
        scan = cloud(2000)
        names = ("tiles.bin", "order.bin", "tiles.json")
        contents = []
        for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
            write_tiles(scan, tmp_path / folder, seed=seed)
            contents.append([(tmp_path / folder / n).read_bytes() for n in names])
        assert contents[0] == contents[1]
        assert contents[0][0] != contents[2][0]

    @pytest.mark.parametrize("count", [1, 2, 65_536, 65_537])
    def test_any_number_of_points(self, tmp_path: Path, count: int) -> None:
        manifest = write_tiles(cloud(count), tmp_path)
        assert sum(t.count for t in manifest.tiles) == count
        assert max(t.count for t in manifest.tiles) <= 65_536

    def test_points_that_coincide_are_split_all_the_same(self, tmp_path: Path) -> None:
        scan = PointScan(positions=np.full((1000, 3), 2.5))
        manifest = write_tiles(scan, tmp_path, tile_points=SMALL)
        assert all(t.scale == [0, 0, 0] and t.lo == [2.5] * 3 for t in manifest.tiles)
        assert sorted(read_order(tmp_path).tolist()) == list(range(1000))


class TestShades:
    def colours(self, scan: PointScan, folder: Path) -> tuple[np.ndarray, TileManifest]:
        manifest = write_tiles(scan, folder)
        raw = (folder / "tiles.bin").read_bytes()
        parts = [
            decode_tile(raw[12 * t.base : 12 * (t.base + t.count)], t)[1] for t in manifest.tiles
        ]
        return to_scan_order(np.concatenate(parts), read_order(folder)), manifest

    def test_intensity_becomes_grey(self, tmp_path: Path) -> None:
        scan = PointScan(
            positions=cloud(1000).positions, intensity=np.arange(1000, dtype=np.float32)
        )
        grey, manifest = self.colours(scan, tmp_path)
        assert (manifest.has_colour, manifest.has_intensity) == (False, True)
        assert (grey[:, 0] == grey[:, 1]).all()
        assert (np.diff(grey[:, 0].astype(int)) >= 0).all()
        assert (grey[0, 0], grey[-1, 0]) == (40, 255)

    def test_without_intensity_height_is_shown(self, tmp_path: Path) -> None:
        positions = cloud(1000).positions
        colours, manifest = self.colours(PointScan(positions=positions), tmp_path)
        assert (manifest.has_colour, manifest.has_intensity) == (False, False)
        order = np.argsort(positions[:, 2])
        # The ramp goes up in green all the way.
        assert (np.diff(colours[order, 1].astype(int)) >= 0).all()
        assert len(np.unique(colours[:, 1])) > 50


class TestOrders:
    def test_there_and_back(self) -> None:
        order = np.array([3, 0, 4], np.uint32)
        values = np.array([10, 11, 12, 13, 14])
        there = to_tile_order(values, order)
        assert there.tolist() == [13, 10, 14]
        back = to_scan_order(there, order, scan_points=5, fill=-1)
        assert back.tolist() == [10, -1, -1, 13, 14]


class TestInterruption:
    def test_a_cancelled_writing_leaves_nothing_that_looks_whole(self, tmp_path: Path) -> None:
        class Cancelled(Exception):
            pass

        def cancel(fraction: float, sentence: str) -> None:
            if fraction > 0.5:
                raise Cancelled

        write_tiles(cloud(100), tmp_path)
        with pytest.raises(Cancelled):
            write_tiles(cloud(200), tmp_path, progress=cancel)
        assert not (tmp_path / "tiles.json").exists()
        assert not list(tmp_path.glob(".*"))

    def test_a_scan_without_finite_points_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableScan):
            write_tiles(PointScan(positions=np.full((3, 3), np.nan)), tmp_path)
