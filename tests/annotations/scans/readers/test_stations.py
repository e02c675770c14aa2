# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""PTS and PTX: text with counts, in blocks and stations."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers import text
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.files import COLOURS, POINTS
from tests.oracles.slow_text import slow_pts, slow_ptx

MATRIX = [[0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [500_000.25, 5_400_000.5, 12, 1]]
ROWS = [(*p, i - 1000, *c) for i, (p, c) in enumerate(zip(POINTS, COLOURS, strict=True))]


def read(folder: Path, content: bytes, suffix: str) -> PointScan:
    path = folder / f"scan{suffix}"
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes, suffix: str) -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content, suffix)
    assert str(caught.value).startswith("scan")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def lines(rows: Any) -> bytes:
    return "".join(" ".join(map(repr, row)) + "\n" for row in rows).encode()


def station(rows: Any, *, columns: int, count: int | None = None, matrix: Any = MATRIX) -> bytes:
    height = len(rows) // columns if count is None else count
    pose = [matrix[3][:3], *[row[:3] for row in matrix[:3]]]
    return f"{columns}\n{height}\n".encode() + lines(pose) + lines(matrix) + lines(rows)


class TestPts:
    def test_blocks_follow_each_other(self, tmp_path: Path) -> None:
        content = b"4\n" + lines(ROWS) + b"\n2\r\n" + lines(ROWS[1:3])
        scan = read(tmp_path, content, ".pts")
        expected = np.array(slow_pts(content))
        np.testing.assert_array_equal(scan.positions, expected[:, :3])
        np.testing.assert_array_equal(scan.intensity, expected[:, 3])
        np.testing.assert_array_equal(scan.colours, expected[:, 4:])
        assert scan.details["blocks"] == "2"
        assert scan.source_format == "pts"

    @pytest.mark.parametrize("suffix", [".pts", ".PTS"])
    def test_a_file_without_a_count_is_a_table(self, tmp_path: Path, suffix: str) -> None:
        assert len(read(tmp_path, lines(ROWS), suffix)) == 4

    def test_the_order_of_columns_is_fixed_without_a_count_as_well(self, tmp_path: Path) -> None:
        rows = [(*p, 200 - i, *c) for i, (p, c) in enumerate(zip(POINTS, COLOURS, strict=True))]
        scan = read(tmp_path, lines(rows), ".pts")
        assert scan.colours is not None
        assert scan.intensity is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]
        assert scan.intensity.tolist() == [200, 199, 198, 197]
        assert scan.notes == (
            "What the columns mean is a guess: PTS has its columns in this order.",
        )

    def test_columns_that_the_format_does_not_fix_are_told_by_values(self, tmp_path: Path) -> None:
        rows = [(*p, *c) for p, c in zip(POINTS, COLOURS, strict=True)]
        scan = read(tmp_path, b"4\n" + lines(rows), ".pts")
        assert scan.colours is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]
        assert "guess" in scan.notes[0]

    def test_they_are_told_by_many_points_wherever_blocks_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fourth = (2, 2, -6.75, 0)
        rows = [(*p, i, 7, *COLOURS[0]) for p, i in zip(POINTS, fourth, strict=True)]
        for block_bytes in (text.BLOCK_BYTES, 40):
            monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
            monkeypatch.setattr(text, "_FEW", 0)
            scan = read(tmp_path, b"4\n" + lines(rows), ".pts")
            assert scan.intensity is not None
            assert scan.intensity.tolist() == list(fourth)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"5\n" + lines(ROWS), "line 6: the file ends after 4 of 5 points"),
            (b"3\n" + lines(ROWS), "line 5: here a line with the number of the next points"),
            (b"99999999999\n" + lines(ROWS), "line 1: 99,999,999,999 points are promised"),
            (b"4\n" + lines(ROWS[:2]) + lines([POINTS[0]] * 2), "line 4: 3 values"),
            (b"2\n1 2\n1 2\n1 2\n1 2\n", "at least x, y and z"),
            (b"0\n", "no points"),
            (b"2\n1 2 3\n1 2 x\n", "line 3: 'x' is not a number"),
        ],
    )
    def test_counts_that_are_wrong(self, tmp_path: Path, content: bytes, sentence: str) -> None:
        assert sentence in refusal(tmp_path, content, ".pts")

    def test_very_many_blocks_take_time_with_their_number(self, tmp_path: Path) -> None:
        start = time.monotonic()
        assert len(read(tmp_path, b"1\n1 2 3\n" * 20_000, ".pts")) == 20_000
        assert time.monotonic() - start < 10


class TestPtx:
    def test_stations_come_into_one_frame(self, tmp_path: Path) -> None:
        rows = [(*p, 0.25 * i, *c) for i, (p, c) in enumerate(zip(POINTS, COLOURS, strict=True))]
        turned = [[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [7, 8, 9, 1]]
        content = station(rows, columns=2) + station(rows[:3], columns=1, matrix=turned)
        scan = read(tmp_path, content, ".ptx")
        expected = np.array(slow_ptx(content))
        np.testing.assert_allclose(scan.positions, expected[:, :3], rtol=1e-15)
        # By hand: x of the scanner is y of the map, y is -x.
        x, y, z = POINTS[0]
        assert scan.positions[0].tolist() == [500_000.25 - y, 5_400_000.5 + x, 12 + z]
        assert scan.intensity is not None
        assert scan.intensity.tolist() == [0, 0.25, 0.5, 0.75, 0, 0.25, 0.5]
        assert scan.colours is not None
        assert scan.colours[:4].tolist() == [list(c) for c in COLOURS]
        assert scan.details == {"stations": "2", "grids": "2 x 2, 1 x 3"}

    def test_directions_without_a_return_keep_their_row(self, tmp_path: Path) -> None:
        rows = [(*POINTS[0], 0.5), (0, 0, 0, 0.5), (*POINTS[1], 0.1), (0, 0, 0, 0)]
        scan = read(tmp_path, station(rows, columns=2), ".ptx")
        assert scan.finite.tolist() == [True, False, True, False]
        assert scan.notes == ("Nothing came back in 2 of 4 directions (0 0 0 in the file).",)

    def test_stations_without_colour_beside_some_with(self, tmp_path: Path) -> None:
        grey = [(*p, 0.5) for p in POINTS]
        coloured = [(*p, 0.5, *c) for p, c in zip(POINTS, COLOURS, strict=True)]
        scan = read(tmp_path, station(grey, columns=4) + station(coloured, columns=4), ".ptx")
        assert scan.colours is not None
        assert scan.colours.tolist() == [[0, 0, 0]] * 4 + [list(c) for c in COLOURS]
        assert "4 points are of stations without colour" in scan.notes[0]

    def test_a_station_has_colours_throughout_or_none_wherever_blocks_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        coloured = [(*p, 0.5, *c) for p, c in zip(POINTS, COLOURS, strict=True)] * 5
        content = station([*coloured[:19], coloured[19][:4]], columns=4)
        for block_bytes in (64, 100, 1 << 20):
            monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
            assert "line 30: 4 values where a point has" in refusal(tmp_path, content, ".ptx")

    def test_the_name_does_not_matter(self, tmp_path: Path) -> None:
        content = station([(*p, 0.5) for p in POINTS], columns=2)
        assert read(tmp_path, content, ".txt").source_format == "ptx"

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ((b"2\n2\n", b"2\n3\n"), "line 15: the file ends after 4 of 6 points"),
            ((b"2\n2\n", b"2\n1\n"), "line 13: 4 values where line 1 of a station's header has 1"),
            ((b"2\n2\n", b"9999999\n9999999\n"), "line 1: a grid of 9,999,999 x 9,999,999"),
            ((b" 1\n", b" 2\n"), "line 1: the matrix of a station"),
            ((b"12 1\n", b"nan 1\n"), "the matrix of a station"),
        ],
    )
    def test_counts_and_matrices_that_are_wrong(
        self, tmp_path: Path, change: tuple[bytes, bytes], sentence: str
    ) -> None:
        content = station([(*p, 0.5) for p in POINTS], columns=2)
        assert change[0] in content
        assert sentence in refusal(tmp_path, content.replace(*change), ".ptx")

    def test_every_truncation_is_refused(self, tmp_path: Path) -> None:
        content = station([(*p, 0.5) for p in POINTS], columns=2)
        for size in range(1, len(content) - 4):  # Nobody can tell a last number cut short.
            refusal(tmp_path, content[:size], ".ptx")

    def test_no_return_at_all(self, tmp_path: Path) -> None:
        content = station([(0, 0, 0, 0)] * 4, columns=2)
        assert "none of its 4 points" in refusal(tmp_path, content, ".ptx")


class TestOpen3D:
    def test_open3d_reads_the_same(self, tmp_path: Path) -> None:
        pytest.importorskip("libusb_package", reason="the extra `fusion` is not installed")
        from fewpoints.annotations.scans.frames.fusion import _open3d

        o3d = _open3d()
        content = b"4\n" + lines(ROWS)
        (tmp_path / "scan.pts").write_bytes(content)
        other = o3d.io.read_point_cloud(str(tmp_path / "scan.pts"))
        scan = read_scan(tmp_path / "scan.pts")
        np.testing.assert_array_equal(scan.positions, np.asarray(other.points))
        assert scan.colours is not None
        np.testing.assert_allclose(scan.colours / 255, np.asarray(other.colors))
        (tmp_path / "scan.xyz").write_bytes(lines(POINTS))
        other = o3d.io.read_point_cloud(str(tmp_path / "scan.xyz"))
        np.testing.assert_array_equal(
            read_scan(tmp_path / "scan.xyz").positions, np.asarray(other.points)
        )
