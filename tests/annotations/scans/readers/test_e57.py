# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""E57: stations, poses, masks and colours, against a reading bit by bit and poses by hand."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.scans.readers.e57 import full_colour
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.files import COLOURS, DATA, POINTS, needs_data
from tests.annotations.scans.readers.mutations import attacked, check, mutated, recounted
from tests.annotations.scans.readers.plain_e57 import Column, plain_columns, sealed, write

MILLIMETRES = (-(2**20), 2**20, 0.001)
NORMALS = [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.6, 0.8, 0.0)]


def xyz(points: Any = POINTS, kind: Any = "double") -> list[Column]:
    return [Column(f"cartesian{a}", kind, [p[i] for p in points]) for i, a in enumerate("XYZ")]


def rgb(colours: Any = COLOURS, kind: Any = (0, 255)) -> list[Column]:
    names = ("colorRed", "colorGreen", "colorBlue")
    return [Column(name, kind, [c[i] for c in colours]) for i, name in enumerate(names)]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "scan.e57"


class TestPositions:
    @pytest.mark.parametrize("kind", ["single", "double", MILLIMETRES])
    def test_every_way_to_store_a_number(self, target: Path, kind: Any) -> None:
        scan = read_scan(write(target, [xyz(kind=kind)]))
        np.testing.assert_allclose(scan.positions, POINTS, rtol=0, atol=1e-12)
        assert scan.source_format == "e57"
        assert scan.labels == {}

    def test_a_pose_turns_then_moves(self, target: Path) -> None:
        half = math.sqrt(0.5)  # A quarter turn about z: x becomes y.
        pose = ((half, 0.0, 0.0, half), (100.0, 200.0, 300.0))
        scan = read_scan(write(target, [xyz()], poses=[pose]))
        expected = [(100 - y, 200 + x, 300 + z) for x, y, z in POINTS]
        np.testing.assert_allclose(scan.positions, expected, rtol=0, atol=1e-12)

    def test_any_rotation_is_that_of_the_quaternion_product(self, target: Path) -> None:
        q = np.array([0.5, -0.1, 0.7, 0.3])
        q /= np.linalg.norm(q)
        scan = read_scan(write(target, [xyz()], poses=[(q.tolist(), (0.0, 0.0, 0.0))]))
        for got, point in zip(scan.positions, POINTS, strict=True):
            turned = _product(_product(q, np.array([0.0, *point])), q * [1, -1, -1, -1])
            np.testing.assert_allclose(got, turned[1:], rtol=0, atol=1e-12)

    def test_coordinates_of_a_map_keep_their_digits(self, target: Path) -> None:
        pose = ((1.0, 0.0, 0.0, 0.0), (3_513_000.125, 5_402_000.25, 400.0))
        scan = read_scan(write(target, [xyz()], poses=[pose]))
        np.testing.assert_array_equal(scan.positions, np.array(POINTS) + pose[1])
        assert scan.global_shift.tolist() == [3_513_000, 5_402_000, 0]

    def test_spherical_coordinates(self, target: Path) -> None:
        rows = [(2.0, 0.0, 0.0), (2.0, math.pi / 2, 0.0), (4.0, 0.3, math.pi / 2), (1.0, -2.0, 0.5)]
        names = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
        columns = [Column(n, "double", [r[i] for r in rows]) for i, n in enumerate(names)]
        scan = read_scan(write(target, [columns]))
        last = (math.cos(0.5) * math.cos(-2), math.cos(0.5) * math.sin(-2), math.sin(0.5))
        expected = [(2, 0, 0), (0, 2, 0), (0, 0, 4), last]
        np.testing.assert_allclose(scan.positions, expected, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("system", ["cartesian", "spherical"])
    def test_invalid_points_keep_their_row_and_have_no_place(
        self, target: Path, system: str
    ) -> None:
        columns = xyz()
        if system == "spherical":
            names = ("Range", "Azimuth", "Elevation")
            columns = [
                Column(f"spherical{n}", "double", c.values)
                for n, c in zip(names, columns, strict=True)
            ]
        state = Column(f"{system}InvalidState", (0, 2), [0, 2, 1, 0])
        scan = read_scan(write(target, [[*columns, state, *rgb()]]))
        assert scan.finite.tolist() == [True, False, False, True]
        assert np.isnan(scan.positions[1:3]).all()
        assert scan.colours is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]

    def test_blocks_follow_each_other(self, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fewpoints.annotations.scans.readers.e57.BLOCK_POINTS", 7)
        many = np.random.default_rng(0).normal(size=(200, 3))
        wide = np.random.default_rng(1).integers(0, 4096, (200, 3))
        told: list[float] = []
        write(target, [[*xyz(many), *rgb(wide, (0, 4095))], xyz(many + 1)])
        scan = read_scan(target, progress=lambda fraction, _: told.append(fraction))
        np.testing.assert_array_equal(scan.positions, np.concatenate([many, many + 1]))
        assert scan.colours is not None
        np.testing.assert_array_equal(scan.colours[:200], np.rint(wide * 255 / 4095))
        assert told == sorted(told)
        assert told[-1] == 1


def _product(a: Any, b: Any) -> Any:
    w, v = a[0] * b[0] - a[1:] @ b[1:], a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])
    return np.array([w, *v])


class TestStations:
    def test_they_follow_each_other_each_with_its_pose(self, target: Path) -> None:
        poses = [((1.0, 0.0, 0.0, 0.0), (10.0, 0.0, 0.0)), ((0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 5.0))]
        scan = read_scan(write(target, [xyz(), [*xyz(POINTS[:2]), *rgb(COLOURS[:2])]], poses=poses))
        expected = [(x + 10, y, z) for x, y, z in POINTS]
        expected += [(x, -y, 5 - z) for x, y, z in POINTS[:2]]  # Half a turn about x.
        np.testing.assert_array_equal(scan.positions, expected)
        assert scan.labels["station"].tolist() == [1, 1, 1, 1, 2, 2]
        assert scan.details["stations"] == "2 (S0, S1)"
        assert scan.colours is not None
        assert scan.colours.tolist() == [[0, 0, 0]] * 4 + [list(c) for c in COLOURS[:2]]
        assert "1 of 2 stations have no colours: black there." in scan.notes

    def test_normals_turn_with_the_station(self, target: Path) -> None:
        half = math.sqrt(0.5)
        columns = xyz() + [
            Column(f"nor:normal{a}", "single", [n[i] for n in NORMALS]) for i, a in enumerate("XYZ")
        ]
        pose = ((half, 0.0, 0.0, half), (9.0, 9.0, 9.0))
        scan = read_scan(write(target, [columns], poses=[pose]))
        assert scan.normals is not None
        np.testing.assert_allclose(scan.normals, [(-y, x, z) for x, y, z in NORMALS], atol=1e-6)

    def test_intensities_of_different_scales_are_told(self, target: Path) -> None:
        halves = [
            [*xyz(POINTS[:2]), Column("intensity", "single", [0.25, 0.5])],
            [*xyz(POINTS[:2]), Column("intensity", "single", [7.0, 40_000.0])],
        ]
        limits = [{"intensityLimits": (0.0, 1.0)}, {"intensityLimits": (0.0, 65535.0)}]
        scan = read_scan(write(target, halves, limits=limits))
        assert scan.intensity is not None
        assert scan.intensity.tolist() == [0.25, 0.5, 7, 40_000]
        assert any("up to 1, and up to 6.554e+04" in note for note in scan.notes)

    def test_a_rotation_of_zeros_counts_as_none(self, target: Path) -> None:
        scan = read_scan(write(target, [xyz()], poses=[((0.0,) * 4, (1.0, 0.0, 0.0))]))
        np.testing.assert_array_equal(scan.positions, np.add(POINTS, (1, 0, 0)))
        assert "Station 1: its rotation is zero and counts as none." in scan.notes

    def test_a_rotation_of_huge_numbers_is_made_a_unit(self, target: Path) -> None:
        scan = read_scan(write(target, [xyz()], poses=[((0, 0, 0, 1e200), (0.0, 0.0, 0.0))]))
        np.testing.assert_array_equal(scan.positions, np.multiply(POINTS, (-1, -1, 1)))
        assert any("its rotation is no unit quaternion" in note for note in scan.notes)

    def test_a_pose_that_is_no_place(self, target: Path) -> None:
        write(target, [xyz()], poses=[((1.0, 0.0, 0.0, 0.0), (12345.0, 0.0, 0.0))])
        content = target.read_bytes()
        target.write_bytes(edited(content, b">1.2345e+04<", b">inf       <"))
        with pytest.raises(UnreadableScan, match=r"scan\.e57, station 1: its pose is not finite"):
            read_scan(target)


class TestColours:
    @pytest.mark.parametrize(
        ("kind", "limits", "stored"),
        [
            ((0, 255), (0, 255), 1),
            ((0, 65535), (0, 65535), 257),
            ((0, 65535), (0, 65535), 1),  # Eight bits in a field of sixteen.
            ("single", (0, 1), 1 / 255),
            ("single", (0, 255), 1),
        ],
    )
    def test_they_end_as_bytes(
        self, target: Path, kind: Any, limits: tuple[float, float], stored: float
    ) -> None:
        values = [[channel * stored for channel in colour] for colour in COLOURS]
        write(target, [xyz() + rgb(values, kind)], limits=[{"colorLimits": limits}])
        scan = read_scan(target)
        assert scan.colours is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]

    def test_the_scale_is_the_smallest_usual_one(self) -> None:
        assert full_colour(200, 250, floats=False) == 255  # The limits of the data.
        assert full_colour(900, 1000, floats=False) == 1023
        assert full_colour(900, 65535, floats=False) == 65535
        assert full_colour(0.4, 1, floats=True) == 1
        assert full_colour(1.00001, 1, floats=True) == 1
        assert full_colour(0.4, 255, floats=True) == 255
        assert full_colour(1e6, math.inf, floats=True) == 1e6

    def test_invalid_ones_are_black(self, target: Path) -> None:
        flags = Column("isColorInvalid", (0, 1), [0, 1, 0, 0])
        scan = read_scan(write(target, [[*xyz(), *rgb(), flags]]))
        assert scan.colours is not None
        assert scan.colours[:2].tolist() == [list(COLOURS[0]), [0, 0, 0]]


def edited(content: bytes, old: bytes, new: bytes) -> bytes:
    """With other words of the same length in the description, and checksums to match."""
    assert content.count(old) >= 1
    assert len(old) == len(new)
    return sealed(content.replace(old, new))


class TestRefused:
    @pytest.fixture
    def sound(self, target: Path) -> bytes:
        return write(target, [[*xyz(), *rgb()], xyz()]).read_bytes()

    @pytest.mark.parametrize(
        ("old", "new", "pattern"),
        [
            (b'recordCount="4"', b'recordCount="5"', r"station 2: it holds 4 of 5 points"),
            (b'recordCount="4"', b'recordCount="9"', r"station 2: it is said to have 9 points"),
            (b'recordCount="4"', b'recordCount="x"', r"station 2: its number of points is 'x'"),
            (b'type="Vector"', b'type="Vectox"', r"cannot be decoded"),
            (b"<data3D ", b"<data3E ", r"damaged \(mismatched tag"),
            (b"e57Root", b"e58Root", r"does not begin with e57Root|damaged"),
            (b'"UTF-8"', b'"UTF-7"', r"not UTF-8"),
        ],
    )
    def test_words_that_are_not_so(
        self, target: Path, sound: bytes, old: bytes, new: bytes, pattern: str
    ) -> None:
        target.write_bytes(edited(sound, old, new))
        with pytest.raises(UnreadableScan, match=pattern):
            read_scan(target)

    def test_more_points_than_bytes(self, tmp_path: Path) -> None:
        many = np.zeros((1111, 3))
        path = write(tmp_path / "many.e57", [xyz(many)])
        path.write_bytes(edited(path.read_bytes(), b'"1111"', b'"9999"'))
        with pytest.raises(UnreadableScan, match=r"station 1: it is said to have 9,999 points"):
            read_scan(path)

    @pytest.mark.parametrize("kind", ["double", MILLIMETRES])
    def test_fewer_points_than_there_are(self, tmp_path: Path, kind: Any) -> None:
        many = np.zeros((11111, 3))
        path = write(tmp_path / "many.e57", [xyz(many, kind)])
        assert len(read_scan(path)) == 11111
        path.write_bytes(edited(path.read_bytes(), b'"11111"', b'"10000"'))
        with pytest.raises(UnreadableScan, match=r"station 1: .* 10,000 points, but its cart"):
            read_scan(path)

    def test_points_without_fields(self, target: Path, sound: bytes) -> None:
        fields = sound[sound.index(b"<prototype") :]
        start, stop = fields.index(b">") + 1, fields.index(b"</prototype")
        inside = fields[start:stop]
        target.write_bytes(edited(sound, inside, b" " * len(inside)))
        with pytest.raises(UnreadableScan, match=r"station 1: its points have no fields\."):
            read_scan(target)

    def test_a_document_type_reaches_no_parser(self, target: Path) -> None:
        write(target, [xyz()])
        content = target.read_bytes()
        xml_at, xml_bytes = struct.unpack_from("<QQ", content, 24)
        assert xml_at + xml_bytes < 4096
        evil = b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
        target.write_bytes(content[:xml_at] + evil + content[xml_at + len(evil) :])
        with pytest.raises(UnreadableScan, match="has a document type"):
            read_scan(target)

    def test_a_flipped_byte_of_the_points(self, target: Path) -> None:
        many = np.random.default_rng(0).normal(size=(200, 3))  # More than the first page.
        changed = bytearray(write(target, [xyz(many)]).read_bytes())
        changed[2000] ^= 1
        target.write_bytes(changed)
        pattern = r"scan\.e57, station 1: it cannot be decoded \(checksum mismatch"
        with pytest.raises(UnreadableScan, match=pattern):
            read_scan(target)

    def test_a_file_cut_short(self, target: Path, sound: bytes) -> None:
        target.write_bytes(sound[:-1024])
        with pytest.raises(UnreadableScan, match=r"byte 16: the header says that the file has"):
            read_scan(target)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("e57") / "small.e57"
    return write(path, [[*xyz(), *rgb()], xyz(kind=MILLIMETRES)]).read_bytes()


@pytest.mark.parametrize("seal", [False, True])
@attacked
@given(data=st.data())
def test_damaged_files(small: bytes, seal: bool, data: st.DataObject) -> None:
    """With checksums that are right, too: they only show what happens by accident."""
    way = data.draw(st.sampled_from(["any", "words"]))
    changed = data.draw(mutated(small) if way == "any" else recounted(small, within=10_000))
    check(sealed(changed) if seal else changed, ".e57")


@needs_data
class TestZoo:
    @pytest.mark.parametrize(
        "name",
        [
            "zoo/valid/e57_ColouredCubeDouble.e57",
            "zoo/valid/e57_ColouredCubeFloat.e57",
            "zoo/valid/e57_bunnyInt32.e57",
            "zoo/valid/pdal_A_B.e57",
            "zoo/valid/pdal_A_B_different_dims.e57",
            "zoo/valid/pye57_translationWithoutRotation.e57",
            "coloured-objects/pump.e57",
        ],
    )
    def test_it_is_what_the_bits_say(self, name: str) -> None:
        scan = read_scan(DATA / name)
        stations = plain_columns((DATA / name).read_bytes())
        plain = {n: [v for s in stations for v in s.get(n, [])] for s in stations for n in s}
        positions = np.array([plain[f"cartesian{axis}"] for axis in "XYZ"]).T
        if "translationWithoutRotation" in name:
            positions += (4, 5, 6)
        if "cartesianInvalidState" in plain:
            positions[np.array(plain["cartesianInvalidState"]) > 0] = np.nan
        np.testing.assert_allclose(scan.positions, positions, rtol=0, atol=1e-9)
        if scan.colours is not None and "different" not in name:
            names = ("colorRed", "colorGreen", "colorBlue")
            np.testing.assert_array_equal(scan.colours, np.array([plain[n] for n in names]).T)
        if scan.intensity is not None and "different" not in name:
            np.testing.assert_allclose(scan.intensity, plain["intensity"], rtol=1e-6)

    @pytest.mark.parametrize(
        ("name", "pattern"),
        [
            ("e57_InvalidCVHeader", r"holds no points"),
            ("e57_PinholeImageWithDistortionParameters", r"holds no points"),
            ("e57_ZeroPointsInvalid", r"holds no points"),
            ("e57_bad-crc", r"its XML description: it cannot be decoded \(.*[Cc]hecksum"),
            ("e57_empty", r"holds no points"),
        ],
    )
    def test_the_others_are_refused(self, name: str, pattern: str) -> None:
        with pytest.raises(AppError) as caught:
            read_scan(DATA / "zoo" / "invalid" / f"{name}.e57")
        assert re.search(pattern, str(caught.value)), caught.value
