# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""NumPy arrays and archives; expected values are made in loops or read by NumPy itself."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.scans.readers.mutations import assert_one_sentence, attacked, check, mutated

RNG = np.random.default_rng(5)
XYZ = RNG.normal(size=(70, 3)).astype(np.float32)
RGB = RNG.integers(0, 256, (70, 3), dtype=np.uint8)
UNIT = (XYZ / np.linalg.norm(XYZ, axis=1, keepdims=True)).astype(np.float32)
LABEL = np.arange(70) % 7


def npy(array: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def read(folder: Path, content: bytes, name: str = "scan.npy") -> PointScan:
    path = folder / name
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes, name: str = "scan.npy") -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content, name)
    assert_one_sentence(caught.value, name)
    return str(caught.value)


def colours_of(scan: PointScan) -> Any:
    assert scan.colours is not None
    return scan.colours


class TestPlainArrays:
    @pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
    @pytest.mark.parametrize("order", "CF")
    @pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", ">f8", "<f2", "<i2", ">i4", "u1", "<i8"])
    def test_every_type_byte_order_and_layout_gives_the_same_numbers(
        self, tmp_path: Path, kind: str, order: Any, version: tuple[int, int]
    ) -> None:
        array = np.asarray(np.abs(XYZ) * 50, np.dtype(kind), order=order)
        scan = read(tmp_path, npy(array, version=version))
        for row in range(len(array)):
            assert scan.positions[row].tolist() == [float(v) for v in array[row]]
        assert scan.notes == ()

    @pytest.mark.parametrize("order", "CF")
    def test_points_along_the_second_axis_are_points_too(self, tmp_path: Path, order: Any) -> None:
        array = np.asarray(np.hstack([XYZ, RGB]).T, order=order)
        scan = read(tmp_path, npy(array))
        np.testing.assert_array_equal(scan.positions, XYZ)
        np.testing.assert_array_equal(colours_of(scan), RGB)

    def test_six_columns_are_points_and_colours_and_that_is_told(self, tmp_path: Path) -> None:
        for colours in (RGB, RGB / np.float32(255)):
            scan = read(tmp_path, npy(np.hstack([XYZ, colours])))
            np.testing.assert_array_equal(colours_of(scan), RGB)
            assert "4-6 as colours" in scan.notes[0]

    def test_colours_normals_a_class_and_an_object_in_any_number_of_columns(
        self, tmp_path: Path
    ) -> None:
        objects = np.arange(70)
        table = np.column_stack([XYZ, RGB, UNIT, LABEL, objects])
        scan = read(tmp_path, npy(table))
        np.testing.assert_array_equal(colours_of(scan), RGB)
        np.testing.assert_array_equal(scan.normals, UNIT)
        assert {n: v.tolist() for n, v in scan.labels.items()} == {
            "label": LABEL.tolist(),
            "instance": objects.tolist(),
        }
        assert scan.notes == (
            "Columns have no names; taken by their numbers: 4-6 as colours (0-255), 7-9 as "
            "normals, 10 as label, 11 as instance.",
        )

    def test_a_fourth_column_of_fractions_is_the_intensity(self, tmp_path: Path) -> None:
        strength = RNG.random(70).astype(np.float32)
        scan = read(tmp_path, npy(np.column_stack([XYZ, strength])))
        np.testing.assert_array_equal(scan.intensity, strength)
        assert scan.labels == {}

    def test_columns_that_could_be_anything_are_left_out_and_that_is_told(
        self, tmp_path: Path
    ) -> None:
        scan = read(tmp_path, npy(np.column_stack([XYZ, XYZ * 3])))
        assert scan.colours is None
        assert scan.normals is None
        assert scan.labels == {}
        assert "left out" in scan.notes[0]

    def test_infinite_and_missing_coordinates_keep_their_row(self, tmp_path: Path) -> None:
        array = XYZ.astype(np.float64)
        array[3, 1], array[5, 0], array[6, 2] = np.nan, np.inf, 1e30
        scan = read(tmp_path, npy(array))
        assert np.flatnonzero(~scan.finite).tolist() == [3, 5, 6]
        np.testing.assert_array_equal(scan.positions, array)


class TestStructuredArrays:
    def test_fields_are_found_by_their_names(self, tmp_path: Path) -> None:
        kind = [("X", ">f8"), ("note", "U3"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"),
                ("green", "u1"), ("blue", "u1"), ("Intensity", "<u2"), ("class", "i1")]  # fmt: skip
        array = np.zeros(70, kind)
        array["X"], array["y"], array["z"] = XYZ.T
        array["red"], array["green"], array["blue"] = RGB.T
        array["Intensity"], array["class"], array["note"] = LABEL * 9, LABEL, "abc"
        scan = read(tmp_path, npy(array))
        np.testing.assert_array_equal(scan.positions, XYZ)
        np.testing.assert_array_equal(colours_of(scan), RGB)
        assert scan.intensity is not None
        assert scan.intensity.tolist() == (LABEL * 9).tolist()
        assert scan.labels["class"].tolist() == LABEL.tolist()

    def test_fields_of_three_numbers_are_positions_colours_and_normals(
        self, tmp_path: Path
    ) -> None:
        array = np.zeros(70, [("xyz", "<f4", 3), ("rgb", "u1", 3), ("normal", "<f4", (3,))])
        array["xyz"], array["rgb"], array["normal"] = XYZ, RGB, UNIT
        scan = read(tmp_path, npy(array))
        np.testing.assert_array_equal(scan.positions, XYZ)
        np.testing.assert_array_equal(colours_of(scan), RGB)
        np.testing.assert_array_equal(scan.normals, UNIT)

    def test_packed_colours_are_unpacked(self, tmp_path: Path) -> None:
        array = np.zeros(70, [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("rgb", "<u4")])
        array["x"], array["y"], array["z"] = XYZ.T
        wide = RGB.astype(np.uint32)
        array["rgb"] = wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
        np.testing.assert_array_equal(colours_of(read(tmp_path, npy(array))), RGB)


class TestArchives:
    @pytest.mark.parametrize(
        "names",
        [
            ("coord", "color", "normal", "segment", "instance"),
            ("coord", "color", "normal", "segment20", "instance"),
            ("points", "colors", "normals", "labels", "instance_ids"),
            ("xyz", "rgb", "normals", "semantic_gt20", "instance_gt"),
            ("Positions", "Colours", "Normals", "gt_class", "object_id"),
        ],
    )
    def test_the_usual_names_are_known(self, tmp_path: Path, names: tuple[str, ...]) -> None:
        values = (XYZ, RGB, UNIT, LABEL, LABEL * 3 - 1)
        arrays = dict(zip(names, values, strict=True))
        scan = read(tmp_path, npz(**arrays, extra=np.zeros(5), text="scene0000"), "scan.npz")
        np.testing.assert_array_equal(scan.positions, XYZ)
        np.testing.assert_array_equal(colours_of(scan), RGB)
        np.testing.assert_array_equal(scan.normals, UNIT)
        assert list(scan.labels) == [names[3], names[4]]
        assert scan.labels[names[3]].tolist() == LABEL.tolist()
        assert scan.labels[names[4]].tolist() == (LABEL * 3 - 1).tolist()
        assert scan.source_format == "npz"

    def test_columns_behind_the_points_count_unless_an_array_says_more(
        self, tmp_path: Path
    ) -> None:
        table = np.hstack([XYZ, 255 - RGB])
        scan = read(tmp_path, npz(points=table, colors=RGB), "scan.npz")
        np.testing.assert_array_equal(colours_of(scan), RGB)
        scan = read(tmp_path, npz(points=table), "scan.npz")
        np.testing.assert_array_equal(colours_of(scan), 255 - RGB)

    @pytest.mark.parametrize("columns", [3, 4, 6, 9])
    def test_no_rows_are_no_points(self, tmp_path: Path, columns: int) -> None:
        with pytest.raises(AppError, match=r"^scan.npz: .* holds no points"):
            read(tmp_path, npz(points=np.zeros((0, columns))), "scan.npz")

    def test_colours_from_minus_one_to_one_are_brought_to_bytes(self, tmp_path: Path) -> None:
        colours = RGB / 127.5 - 1
        scan = read(tmp_path, npz(coord=XYZ, color=colours), "scan.npz")
        np.testing.assert_array_equal(colours_of(scan), RGB)
        assert "from -1 to 1" in scan.notes[0]
        colours[0, 0] = np.inf
        scan = read(tmp_path, npz(coord=XYZ, color=colours), "scan.npz")
        np.testing.assert_array_equal(colours_of(scan)[1:], RGB[1:])

    def test_x_y_and_z_apart_a_single_array_or_a_structure_will_do(self, tmp_path: Path) -> None:
        record = np.zeros(70, [("x", "f4"), ("y", "f4"), ("z", "f4")])
        record["x"], record["y"], record["z"] = XYZ.T
        for content in (
            npz(x=XYZ[:, 0], y=XYZ[:, 1], z=XYZ[:, 2]),
            npz(anything=XYZ),
            npz(mesh=np.zeros((8, 3), int), points=record),
        ):
            np.testing.assert_array_equal(read(tmp_path, content, "s.npz").positions, XYZ)

    def test_labels_of_another_length_are_refused(self, tmp_path: Path) -> None:
        message = refusal(tmp_path, npz(coord=XYZ, segment=LABEL[:-1]), "scan.npz")
        assert '"segment" has 69 rows, but there are 70 points' in message

    def test_without_points_the_arrays_are_named(self, tmp_path: Path) -> None:
        message = refusal(tmp_path, npz(feature=np.zeros((5, 9)), label=LABEL), "scan.npz")
        assert "feature (5 × 9)" in message


class Trap:
    """Loading its pickle makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


class TestHostileFiles:
    def test_objects_are_never_loaded(self, tmp_path: Path) -> None:
        sprung = tmp_path / "sprung"
        array = np.empty((70, 3), object)
        array[:] = Trap(sprung)
        for content in (npy(array), pickle.dumps(Trap(sprung))):
            refusal(tmp_path, content)
        assert "never loaded" in refusal(tmp_path, npy(array))
        assert "never loaded" in refusal(tmp_path, npz(coord=array), "scan.npz")
        assert "never loaded" in refusal(tmp_path, npz(coord=XYZ, label=array), "scan.npz")
        scan = read(tmp_path, npz(coord=XYZ, meta=array), "scan.npz")
        np.testing.assert_array_equal(scan.positions, XYZ)
        assert not sprung.exists()

    def test_a_type_of_repeated_numbers_is_refused(self, tmp_path: Path) -> None:
        header = "{'descr': '1f4', 'fortran_order': False, 'shape': (4, 3), }"
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
        assert "points need plain numbers" in refusal(tmp_path, content + bytes(48))

    @pytest.mark.parametrize(
        "header",
        [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 3), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 3), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3), }",
            "{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000, 3), }",
            "{'descr': [('x', '<f4', (2000000000,))], 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f8', 'fortran_order': 7, 'shape': (1, 3), }",
            "{'descr': '<f8', 'shape': (1, 3), }",
            "{'descr': 'what', 'fortran_order': False, 'shape': (1, 3), }",
            "{'descr': '<08[s]', 'fortran_order': False, 'shape': (1, 3), }",
            "{'descr': [('x',)], 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 3), }",
            "__import__('os').mkdir('gone')",
            "(" * 9000,
            "-" * 9000 + "1",
            "[" * 3000 + "]" * 3000,
            "",
        ],
    )
    def test_headers_that_lie_are_refused_before_anything_is_allocated(
        self, tmp_path: Path, header: str
    ) -> None:
        content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
        tracemalloc.start()
        try:
            refusal(tmp_path, content + bytes(48))
            assert tracemalloc.get_traced_memory()[1] < 20e6
        finally:
            tracemalloc.stop()

    def test_absurd_header_lengths_and_versions(self, tmp_path: Path) -> None:
        content = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + bytes(100)
        assert "4,294,967,295 bytes is absurd" in refusal(tmp_path, content)
        assert "version 9.1" in refusal(tmp_path, b"\x93NUMPY\x09\x01" + bytes(100))
        assert "ends inside the header" in refusal(tmp_path, b"\x93NUMPY\x01\x00\x76")

    def test_missing_and_additional_bytes_are_refused(self, tmp_path: Path) -> None:
        content = npy(XYZ)
        assert "840 bytes of data (shape 70 × 3), but 839" in refusal(tmp_path, content[:-1])
        assert "but 841 follow" in refusal(tmp_path, content + b"\0")

    def test_bombs_are_refused_unopened(self, tmp_path: Path) -> None:
        bomb = npz(coord=np.zeros((8_000_000, 3), np.float32))
        assert len(bomb) < 100_000
        assert "no scan compresses like that" in refusal(tmp_path, bomb, "scan.npz")

    def test_a_member_that_claims_another_size_is_refused(self, tmp_path: Path) -> None:
        content = npz(coord=XYZ)
        size = struct.pack("<I", 128 + 70 * 12)
        assert content.count(size) >= 1
        for other in (128 + 69 * 12, 4_000_000_000):
            refusal(tmp_path, content.replace(size, struct.pack("<I", other)), "scan.npz")

    def test_encryption_doubles_and_odd_compression_are_refused(self, tmp_path: Path) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("coord.npy", npy(XYZ))
            archive.writestr("a/coord.npy", npy(XYZ))
        assert "two arrays" in refusal(tmp_path, out.getvalue(), "scan.npz")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("coord.npy", npy(XYZ))
        assert "save it again" in refusal(tmp_path, out.getvalue(), "scan.npz")
        locked = bytearray(npz(coord=XYZ))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            locked[locked.index(mark) + place] |= 1
        assert "encrypted" in refusal(tmp_path, bytes(locked), "scan.npz")

    def test_paths_in_names_lead_nowhere(self, tmp_path: Path) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("coord.npy", npy(XYZ))
            archive.writestr("../../color.npy", npy(RGB))
        scan = read(tmp_path, out.getvalue(), "scan.npz")
        np.testing.assert_array_equal(colours_of(scan), RGB)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["scan.npz"]

    def test_columns_cost_at_most_three_times_their_size(self, tmp_path: Path) -> None:
        points = RNG.random((300_000, 3))
        colours = RNG.integers(0, 256, (300_000, 3), dtype=np.uint8)
        for content, name in ((npy(points), "a.npy"), (npz(coord=points, color=colours), "a.npz")):
            (tmp_path / name).write_bytes(content)
            tracemalloc.start()
            scan = read_scan(tmp_path / name)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert scan.colours is None or scan.colours.shape == (300_000, 3)
            assert peak < 3 * points.nbytes


SOUND = {
    "plain.npy": npy(np.hstack([XYZ, RGB])),
    "fortran.npy": npy(np.asfortranarray(XYZ)),
    "fields.npy": npy(np.zeros(5, [("x", "<f4"), ("y", ">f8"), ("z", "i1"), ("label", "u1")])),
    "deflated.npz": npz(coord=XYZ, color=RGB, segment=LABEL),
}


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_damaged_files(name: str, data: st.DataObject) -> None:
    check(data.draw(mutated(SOUND[name])), Path(name).suffix)
