# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A class for every point, read back by others than the readers here."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path

import laspy
import numpy as np
import pytest

from fewpoints.annotations.classes import ClassList, preset
from fewpoints.annotations.formats.arrays import write_npy, write_npz
from fewpoints.annotations.formats.content import file_ids, objects_of
from fewpoints.annotations.formats.las_files import grid_of, las_codes, write_las, write_laz
from fewpoints.annotations.formats.scannet import write_scannet
from fewpoints.annotations.formats.semantic_kitti import write_semantic_kitti
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.formats.scenes import CLASSES, labelled


class TestLas:
    @pytest.mark.parametrize(("write", "suffix"), [(write_las, "las"), (write_laz, "laz")])
    def test_laspy_finds_every_point_with_what_was_said(
        self, write: object, suffix: str, tmp_path: Path
    ) -> None:
        given = labelled(far=True)
        (written,) = write(tmp_path, [given], CLASSES)  # type: ignore[operator] # One of two.
        assert written == (f"Room-1-labels.{suffix}", 5)
        las = laspy.read(tmp_path / written.name)
        finite = given.scan.finite
        np.testing.assert_array_equal(np.asarray(las.label), given.classes)
        np.testing.assert_array_equal(np.asarray(las.instance), given.numbers())
        np.testing.assert_allclose(np.asarray(las.confidence), given.confidence / 255, atol=1e-6)
        # Nothing in the list has a LAS code: the codes that are free for users.
        expected = [0 if c == 255 else 64 + c for c in given.classes.tolist()]
        assert np.asarray(las.classification).tolist() == expected
        np.testing.assert_array_equal(np.asarray(las.withheld) == 1, ~finite)
        np.testing.assert_allclose(las.xyz[finite], given.scan.positions[finite], atol=5e-10 * 2)
        assert given.scan.colours is not None
        np.testing.assert_array_equal(np.asarray(las.red) >> 8, given.scan.colours[:, 0])
        assert (las.header.version.major, las.header.version.minor) == (1, 4)
        # And our own reader takes it for the same scan.
        back = read_scan(tmp_path / written.name)
        np.testing.assert_array_equal(back.colours, given.scan.colours)
        np.testing.assert_array_equal(back.labels["label"], given.classes)

    def test_coordinates_of_a_las_file_come_out_bit_by_bit(self, tmp_path: Path) -> None:
        header = laspy.LasHeader(version="1.2", point_format=3)
        header.scales, header.offsets = [0.01, 0.02, 0.001], [500000.5, 5e6, -3.25]
        source = laspy.LasData(header)
        whole = np.random.default_rng(0).integers(-(2**31) + 2, 2**31 - 2, (300, 3))
        source.X, source.Y, source.Z = whole.T
        source.write(tmp_path / "in.las")
        scan = read_scan(tmp_path / "in.las")
        write_las(tmp_path, [labelled(scan=scan, title="out")], CLASSES)
        las = laspy.read(tmp_path / "out-labels.las")
        np.testing.assert_array_equal(np.stack([las.X, las.Y, las.Z], axis=1), whole)
        assert las.header.scales.tolist() == [0.01, 0.02, 0.001]
        assert las.header.offsets.tolist() == [500000.5, 5e6, -3.25]
        np.testing.assert_array_equal(
            read_scan(tmp_path / "out-labels.las").positions, scan.positions
        )

    def test_published_codes_are_the_classification(self) -> None:
        classes = preset("las_airborne").classes
        codes = las_codes(classes)
        assert [int(codes[c.index]) for c in classes] == [c.external_id for c in classes]
        long = las_codes(ClassList.from_names([f"c{i}" for i in range(250)]))
        assert long[:192].tolist() == list(range(64, 256))
        assert not long[192:].any()

    def test_the_grid_reaches_all_coordinates(self) -> None:
        rng = np.random.default_rng(1)
        for size in (1e-3, 1.0, 1e3, 1e6, 1e8):
            positions = rng.uniform(-size, size, (50, 3)) + 10 * size
            grid = grid_of(PointScan(positions))
            whole = (positions - grid.offset) / grid.scale
            assert np.abs(whole).max() < 2**31 - 1
            assert grid.scale.max() <= max(1e-9, size * 1e-8)

    @pytest.mark.parametrize("far", [1e10, 9.9e11])
    def test_one_far_point_overflows_nothing(self, tmp_path: Path, far: float) -> None:
        scan = PointScan(np.array([[0.0, 1, 2], [1.25, 1, 2], [4, 1, 2], [far, 1, 2]]))
        given = labelled(
            scan=scan, classes=np.zeros(4, np.uint8), confidence=np.zeros(4, np.uint8),
            instances=None,
        )  # fmt: skip
        write_las(tmp_path, [given], CLASSES)
        las = laspy.read(tmp_path / "Room-1-labels.las")
        # The nearest points of a grid that reaches so far.
        assert np.abs(np.asarray(las.x) - scan.positions[:, 0]).max() <= far * 5e-9
        np.testing.assert_array_equal(las.xyz[:, 1:], scan.positions[:, 1:])

    @pytest.mark.parametrize(("write", "suffix"), [(write_las, "las"), (write_laz, "laz")])
    def test_the_header_names_no_day_and_how_a_crs_is_kept(
        self, tmp_path: Path, write: object, suffix: str
    ) -> None:
        write(tmp_path, [labelled()], CLASSES)  # type: ignore[operator] # One of two.
        header = laspy.read(tmp_path / f"Room-1-labels.{suffix}").header
        assert header.creation_date == date(1970, 1, 1)
        assert header.global_encoding.wkt


class TestArrays:
    def test_names_and_values_are_those_of_pointcept(self, tmp_path: Path) -> None:
        given = labelled(far=True)
        write_npz(tmp_path, [given], CLASSES)
        write_npy(tmp_path, [given], CLASSES)
        with np.load(tmp_path / "Room-1-labels.npz", allow_pickle=False) as arrays:
            assert sorted(arrays) == [
                "color", "confidence", "coord", "instance", "segment",
            ]  # fmt: skip
            for name in arrays:
                alone = np.load(tmp_path / "Room-1" / f"{name}.npy", allow_pickle=False)
                np.testing.assert_array_equal(alone, arrays[name])
            np.testing.assert_array_equal(arrays["coord"], given.scan.positions)
            segment, instance = arrays["segment"], arrays["instance"]
        assert [-1 if c == 255 else c for c in given.classes.tolist()] == segment.tolist()
        seen: dict[tuple[int, int], set[int]] = {}
        for row in range(300):
            key = int(given.classes[row]), int(given.numbers()[row])
            if key[1] == 0 or row == 3:
                assert instance[row] == -1
            else:
                seen.setdefault(key, set()).add(int(instance[row]))
        assert sorted(map(tuple, seen.values())) == [(0,), (1,), (2,)]


class TestSemanticKitti:
    def test_class_and_object_share_a_number(self, tmp_path: Path) -> None:
        given = labelled()
        write_semantic_kitti(tmp_path, [given], CLASSES)
        content = (tmp_path / "labels" / "Room-1.label").read_bytes()
        values = struct.unpack("<300I", content)
        for value, index, number in zip(values, given.classes, given.numbers(), strict=True):
            assert value & 0xFFFF == (0 if index == 255 else index + 1)
            assert value >> 16 == number

    def test_published_ids_are_used_where_all_have_one(self) -> None:
        classes = preset("semantickitti19").classes
        ids = file_ids(classes, most=65535)
        assert [int(ids[c.index]) for c in classes] == [c.external_id for c in classes]
        assert ids[255] == 0


class TestScannet:
    def test_every_line_is_an_id_and_masks_are_the_objects(self, tmp_path: Path) -> None:
        given = labelled()
        written = write_scannet(tmp_path, [given], CLASSES)
        found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.txt")}
        assert {file.name for file in written} == found
        lines = (tmp_path / "semantic" / "Room-1.txt").read_text().splitlines()
        assert [int(line) for line in lines] == [
            0 if c == 255 else c + 1 for c in given.classes.tolist()
        ]
        table = [
            line.split() for line in (tmp_path / "instance" / "Room-1.txt").read_text().splitlines()
        ]
        assert [int(row[1]) for row in table] == [2, 2, 3]
        for (name, _, confidence), expected in zip(table, [(1, 1), (1, 2), (2, 1)], strict=True):
            mask = np.loadtxt(tmp_path / "instance" / name, dtype=int) == 1
            truth = (given.classes == expected[0]) & (given.numbers() == expected[1])
            truth[3] = False
            np.testing.assert_array_equal(mask, truth)
            assert float(confidence) == pytest.approx(
                given.confidence[truth].mean() / 255, abs=1e-4
            )

    def test_without_objects_there_are_no_masks(self, tmp_path: Path) -> None:
        written = write_scannet(tmp_path, [labelled(instances=None)], CLASSES)
        assert [file.name for file in written] == ["semantic/Room-1.txt"]
        assert objects_of(labelled(instances=None)) == []
