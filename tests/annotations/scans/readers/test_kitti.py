# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""LiDAR sweeps without a header; expected values are taken apart with `struct`."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers import kitti
from fewpoints.annotations.scans.readers.kitti import labels_beside, read_kitti
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.scans.readers.mutations import assert_one_sentence, attacked, check, mutated


def sweep(points: int, *, columns: int = 4, seed: int = 0) -> bytes:
    """A sensor 1.7 m above a flat street: returns on it and on things around."""
    rng = np.random.default_rng(seed)
    angle, distance = rng.uniform(0, 2 * np.pi, points), rng.uniform(2, 80, points)
    table = np.stack(
        [
            distance * np.cos(angle),
            distance * np.sin(angle),
            np.where(rng.random(points) < 0.6, -1.7, rng.uniform(-1.7, 3, points)),
            rng.integers(0, 100, points) / 100,
            rng.integers(0, 32, points),
        ],
        axis=1,
    )
    return table[:, :columns].astype("<f4").tobytes()


def save(folder: Path, content: bytes, name: str = "000000.bin") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refusal(folder: Path, content: bytes, name: str = "000000.bin") -> str:
    with pytest.raises(AppError) as caught:
        read_scan(save(folder, content, name))
    assert_one_sentence(caught.value, name)
    return str(caught.value)


class TestPoints:
    @pytest.mark.parametrize(("columns", "layout"), [(4, "KITTI"), (5, "nuScenes")])
    @pytest.mark.parametrize("points", [20, 60, 1000])  # 20 and 60: both sizes would be whole.
    def test_every_point_is_where_the_bytes_say(
        self, tmp_path: Path, columns: int, layout: str, points: int
    ) -> None:
        content = sweep(points, columns=columns)
        scan = read_scan(save(tmp_path, content, "a.pcd.bin"))
        rows = list(struct.iter_unpack(f"<{columns}f", content))
        assert scan.positions.tolist() == [list(row[:3]) for row in rows]
        assert scan.intensity is not None
        assert scan.intensity.tolist() == [row[3] for row in rows]
        assert scan.source_format == "kitti"
        assert layout in scan.notes[0]

    def test_missing_returns_keep_their_row(self, tmp_path: Path) -> None:
        table = np.frombuffer(sweep(500), "<f4").reshape(-1, 4).copy()
        table[[3, 77], :3] = np.nan
        scan = read_scan(save(tmp_path, table.tobytes()))
        assert np.flatnonzero(~scan.finite).tolist() == [3, 77]
        assert len(scan) == 500

    def test_a_whole_block_of_lost_returns_does_not_matter(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Some sensors say zero instead of nothing.
        content = sweep(100) + bytes(100 * 16) + sweep(100, seed=1)
        monkeypatch.setattr(kitti, "BLOCK_ROWS", 50)
        scan = read_scan(save(tmp_path, content))
        assert len(scan) == 300
        assert not scan.positions[100:200].any()

    def test_large_files_are_read_in_blocks_without_a_seam(self, tmp_path: Path) -> None:
        content = sweep(300_001)
        scan = read_scan(save(tmp_path, content))
        expected = np.fromfile(tmp_path / "000000.bin", "<f4").reshape(-1, 4)
        np.testing.assert_array_equal(scan.positions, expected[:, :3])


class TestLabels:
    def labels(self, points: int) -> tuple[bytes, list[int], list[int]]:
        rng = np.random.default_rng(1)
        semantic = rng.integers(0, 260, points).tolist()
        instance = rng.integers(0, 65536, points).tolist()
        words = [s | i << 16 for s, i in zip(semantic, instance, strict=True)]
        return struct.pack(f"<{points}I", *words), semantic, instance

    @pytest.mark.parametrize("place", ["seq/labels/000000.label", "seq/velodyne/000000.label"])
    def test_those_beside_the_sweep_are_found(self, tmp_path: Path, place: str) -> None:
        content, semantic, instance = self.labels(300)
        path = save(tmp_path, sweep(300), "seq/velodyne/000000.bin")
        save(tmp_path, content, place)
        scan = read_scan(path)
        assert scan.labels["semantic"].tolist() == semantic
        assert scan.labels["instance"].tolist() == instance
        assert scan.details["labels"] == "000000.label"

    def test_they_can_be_anywhere_when_named(self, tmp_path: Path) -> None:
        content, semantic, _ = self.labels(300)
        path = save(tmp_path, sweep(300))
        assert labels_beside(path) is None
        other = save(tmp_path, content, "elsewhere.label")
        scan = read_kitti(path, name="sweep", labels=other)
        assert scan.labels["semantic"].tolist() == semantic

    @pytest.mark.parametrize("change", [-4, -1, 4])
    def test_another_number_of_them_is_refused(self, tmp_path: Path, change: int) -> None:
        content, *_ = self.labels(301)
        path = save(tmp_path, sweep(300))
        save(tmp_path, content[: 1200 + change], "000000.label")
        with pytest.raises(AppError, match=r"has 300 points, but 000000\.label has"):
            read_scan(path)


class TestOtherFiles:
    def test_truncated_sweeps_are_refused(self, tmp_path: Path) -> None:
        assert "15,999 bytes are no whole number" in refusal(tmp_path, sweep(1000)[:-1])

    @pytest.mark.parametrize(
        "kind", ["random", "zeros", "ones", "text", "float64", "far", "picture"]
    )
    def test_anything_else_that_is_called_bin_is_refused(self, tmp_path: Path, kind: str) -> None:
        rng = np.random.default_rng(2)
        contents: dict[str, Any] = {
            "random": rng.bytes(16_000),
            "zeros": bytes(16_000),
            "ones": np.ones(4000, "<f4").tobytes(),
            "text": b"the quick brown fox jumps over.\n" * 500,
            "float64": rng.normal(size=(2000, 4)).tobytes(),
            "far": rng.normal(size=(1000, 4)).astype("<f4") * 1e6,
            "picture": b"\x89PNG\r\n\x1a\n" + rng.bytes(16_000 - 8),
        }
        content = contents[kind]
        refusal(tmp_path, content if isinstance(content, bytes) else content.tobytes())

    def test_damage_behind_a_sound_start_is_noticed(self, tmp_path: Path) -> None:
        content = sweep(1000)[:4000] + np.random.default_rng(3).bytes(12_000)
        assert "of its numbers can be points" in refusal(tmp_path, content)

    def test_the_same_numbers_under_another_name_are_no_sweep(self, tmp_path: Path) -> None:
        assert "not a format that can be read" in refusal(tmp_path, sweep(1000), "000000.raw")


@pytest.mark.parametrize("columns", [4, 5])
@attacked
@given(data=st.data())
def test_damaged_files(columns: int, data: st.DataObject) -> None:
    check(data.draw(mutated(sweep(200, columns=columns))), ".bin")
