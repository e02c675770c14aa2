# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import laspy
import numpy as np
import pytest

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.scans.readers import las as reader
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.files import las

ROWS = [
    (100, -200, 300, 7, 2, (65535, 257, 0)),
    (1, 2, 3, 8, 6, (514, 25700, 1)),
    (-50, 0, 12345, 900, 2, (0, 0, 65535)),
]


def read(folder: Path, content: bytes, name: str = "scan.las") -> PointScan:
    path = folder / name
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content)
    message = str(caught.value)
    assert message.startswith("scan.las")
    assert "\n" not in message
    assert caught.value.status == 422
    return message


def laz(
    points: int = 500,
    *,
    point_format: int = 7,
    change: Callable[[laspy.LasData], None] | None = None,
    compress: bool = True,
) -> bytes:
    header = laspy.LasHeader(point_format=point_format, version="1.4")
    header.scales, header.offsets = np.array([0.001] * 3), np.array([5e5, 4e6, 0.0])
    header.add_extra_dim(laspy.ExtraBytesParams("object_id", np.uint16))
    header.add_extra_dim(laspy.ExtraBytesParams("segment", np.float32))
    header.add_extra_dim(laspy.ExtraBytesParams("height", np.float32))
    data = laspy.LasData(header)
    rng = np.random.default_rng(0)
    data.x = 5e5 + rng.random(points)
    data.y = 4e6 + rng.random(points)
    data.z = rng.random(points)
    data.classification = rng.integers(0, 32, points).astype(np.uint8)
    data.return_number = np.ones(points, np.uint8)
    data.intensity = rng.integers(0, 65536, points).astype(np.uint16)
    data.red = rng.integers(0, 65536, points).astype(np.uint16)
    data.green = rng.integers(0, 65536, points).astype(np.uint16)
    data.blue = rng.integers(0, 65536, points).astype(np.uint16)
    data["object_id"] = rng.integers(0, 50, points).astype(np.uint16)
    data["segment"] = rng.integers(0, 5, points).astype(np.float32)
    data["height"] = rng.random(points).astype(np.float32)
    if change is not None:
        change(data)
    out = io.BytesIO()
    data.write(out, do_compress=compress)
    return out.getvalue()


def with_extended(content: bytes, records: list[tuple[int, bytes]]) -> bytes:
    """A LAS 1.4 file with extended records of the coordinate system behind its points."""
    out = bytearray(content)
    struct.pack_into("<QI", out, 235, len(out), len(records))
    for number, body in records:
        out += struct.pack("<H16sHQ32s", 0, b"LASF_Projection", number, len(body), b"") + body
    return bytes(out)


class TestLas:
    def test_points_colours_intensity_and_classes_come_back(self, tmp_path: Path) -> None:
        scan = read(tmp_path, las(ROWS, scale=0.01, offset=(10, 20, 30)))
        expected = [[r[0] * 0.01 + 10, r[1] * 0.01 + 20, r[2] * 0.01 + 30] for r in ROWS]
        assert scan.positions.tolist() == expected
        assert scan.colours is not None
        # 16-bit colours: divided by 257, so that 65535 is 255.
        assert scan.colours.tolist() == [[255, 1, 0], [2, 100, 0], [0, 0, 255]]
        assert scan.intensity is not None
        assert scan.intensity.tolist() == [7, 8, 900]
        assert scan.labels["classification"].tolist() == [2, 6, 2]
        assert scan.source_format == "las"

    def test_8_bit_colours_in_16_bit_fields_are_kept(self, tmp_path: Path) -> None:
        rows = [(*r[:5], (i, 10 * i, 255)) for i, r in enumerate(ROWS)]
        scan = read(tmp_path, las(rows))
        assert scan.colours is not None
        assert scan.colours.tolist() == [[0, 0, 255], [1, 10, 255], [2, 20, 255]]
        assert any("0-255 stored in 16-bit" in note for note in scan.notes)

    def test_colours_and_intensities_that_are_all_zero_are_none(self, tmp_path: Path) -> None:
        scan = read(tmp_path, las([(*r[:3], 0, 1, (0, 0, 0)) for r in ROWS]))
        assert scan.colours is None
        assert scan.intensity is None
        assert len(scan.notes) == 2

    def test_every_truncation_is_refused(self, tmp_path: Path) -> None:
        content = las(ROWS)
        for size in range(0, len(content), 3):
            refusal(tmp_path, content[:size])

    @pytest.mark.parametrize(
        ("content", "part"),
        [
            (las(ROWS, points=10), "promises 10 points of 26 bytes"),
            (las(ROWS, points=4_000_000_000), "promises 4,000,000,000 points"),
            (las(ROWS, points=2), "26 bytes follow the 2 points"),
            (las(ROWS, tail=b"more"), "4 bytes follow the 3 points"),
            (las(ROWS, points=0), "holds no points"),
            (las(ROWS, scale=0.0), "the scale 0, 0, 0 cannot"),
            (las(ROWS, scale=float("nan")), "cannot turn numbers"),
            (las(ROWS, offset=(float("inf"), 0, 0)), "the offset inf, 0, 0 is not finite"),
            (las(ROWS, record_count=1), "room for at most 0"),
            (las(ROWS, record_count=1_000_000_000), "1,000,000,000 variable length records"),
            (las(ROWS, records=bytes(60), record_count=2), "room for at most 1"),
            (
                las(ROWS, records=struct.pack("<H16sHH32s", 0, b"me", 1, 99, b""), record_count=1),
                "variable length record 1 of 1 runs into the points",
            ),
        ],
    )
    def test_counts_and_sizes_are_held_against_the_file(
        self, tmp_path: Path, content: bytes, part: str
    ) -> None:
        assert part in refusal(tmp_path, content)

    @pytest.mark.parametrize(
        ("at", "code", "value", "part"),
        [
            (25, "B", 9, "LAS version 1.9"),
            (94, "H", 100, "header is said to have 100 bytes"),
            (96, "I", 1 << 30, "points are said to begin at byte 1,073,741,824"),
            (96, "I", 3, "points are said to begin at byte 3"),
            (104, "B", 44, "point format 44 is unknown"),
            (104, "B", 2 | 128, "LASzip record is missing"),
            (105, "H", 25, "points are said to take 25 bytes"),
        ],
    )
    def test_a_wrong_header_is_refused(
        self, tmp_path: Path, at: int, code: str, value: int, part: str
    ) -> None:
        content = bytearray(las(ROWS))
        struct.pack_into("<" + code, content, at, value)
        assert part in refusal(tmp_path, bytes(content))


class TestLaz:
    @pytest.mark.parametrize("compress", [True, False])
    def test_it_agrees_with_laspy(self, tmp_path: Path, compress: bool) -> None:
        content = laz(compress=compress)
        truth = laspy.read(io.BytesIO(content))
        scan = read(tmp_path, content)
        np.testing.assert_allclose(scan.positions, np.stack([truth.x, truth.y, truth.z], 1))
        assert scan.colours is not None
        np.testing.assert_array_equal(scan.colours[:, 0], np.rint(np.asarray(truth.red) / 257))
        assert sorted(scan.labels) == ["classification", "object_id", "segment"]
        for name in scan.labels:
            np.testing.assert_array_equal(scan.labels[name], np.asarray(truth[name]))
        assert scan.source_format == ("laz" if compress else "las")
        assert scan.global_shift.tolist() == [500_000, 4_000_000, 0]

    def test_truncations_are_refused(self, tmp_path: Path) -> None:
        content = laz()
        for size in [*range(0, len(content), 211), len(content) - 1]:
            refusal(tmp_path, content[:size])

    def test_a_count_that_invents_points_is_refused(self, tmp_path: Path) -> None:
        for point_format in (3, 7):
            for count in (501, 600, 50_001, 10**6, 10**9, 2**63):
                content = bytearray(laz(point_format=point_format))
                struct.pack_into("<I", content, 107, 0)
                struct.pack_into("<Q", content, 247, count)
                refusal(tmp_path, bytes(content))

    def test_a_count_that_leaves_points_out_is_refused(self, tmp_path: Path) -> None:
        for point_format in (3, 7):
            content = bytearray(laz(point_format=point_format))
            struct.pack_into("<I", content, 107, 0)
            struct.pack_into("<Q", content, 247, 499)
            assert "its count is wrong" in refusal(tmp_path, bytes(content))

    def test_an_extended_record_count_that_does_not_fit_is_refused(self, tmp_path: Path) -> None:
        content = bytearray(laz())
        struct.pack_into("<QI", content, 235, 400, 4_000_000_000)
        assert "4,000,000,000 extended records" in refusal(tmp_path, bytes(content))

    def test_a_layer_larger_than_its_chunk_is_refused_before_it_is_allocated(
        self, tmp_path: Path
    ) -> None:
        content = bytearray(laz())
        (data_at,) = struct.unpack_from("<I", content, 96)
        (record_bytes,) = struct.unpack_from("<H", content, 105)
        struct.pack_into("<I", content, data_at + 8 + record_bytes + 4, 0xFFFFFFFF)
        assert "layers are larger than the chunk" in refusal(tmp_path, bytes(content))

    def test_damaged_points_do_not_escape_as_something_else(self, tmp_path: Path) -> None:
        content = laz()
        rng = np.random.default_rng(1)
        for _ in range(30):
            damaged = bytearray(content)
            for at in rng.integers(len(content) - 2000, len(content), 5):
                damaged[at] ^= 1 << int(rng.integers(8))
            try:
                scan = read(tmp_path, bytes(damaged))
            except UnreadableScan:
                continue
            assert len(scan) == 500

    def test_a_panic_of_the_decoder_becomes_a_sentence(self) -> None:
        class PanicException(BaseException):
            pass

        with (
            pytest.raises(UnreadableScan, match="the points cannot be decoded"),
            reader._guarded("scan.laz", "the points"),
        ):
            raise PanicException("index out of bounds\nat somewhere")

    def test_an_interrupt_is_not_swallowed(self) -> None:
        with pytest.raises(KeyboardInterrupt), reader._guarded("scan.laz", "the points"):
            raise KeyboardInterrupt


class TestCoordinateSystem:
    @staticmethod
    def record(number: int, body: bytes) -> bytes:
        return struct.pack("<H16sHH32s", 0, b"LASF_Projection", number, len(body), b"") + body

    @pytest.mark.parametrize(
        ("wkt", "name", "unit"),
        [
            (
                'PROJCS["Here",GEOGCS["G",UNIT["degree",0.0174]],UNIT["metre",1]]',
                "Here",
                "metres",
            ),
            (
                'COMPD_CS["Both",PROJCS["A",GEOGCS["G",UNIT["degree",0.0174]],'
                'UNIT["US survey foot",0.304800609601219]],VERT_CS["V",UNIT["metre",1]]]',
                "Both",
                "US survey feet",
            ),
            ('GEOGCS["WGS 84",UNIT["degree",0.0174]]', "WGS 84", "degrees"),
            (
                'COMPD_CS["WGS 84 + EGM96 height",GEOGCS["WGS 84",UNIT["degree",0.0174]],'
                'VERT_CS["EGM96 height",UNIT["metre",1]]]',
                "WGS 84 + EGM96 height",
                "degrees",
            ),
            (
                'COMPOUNDCRS["Both",GEOGCRS["WGS 84",DATUM["D",ELLIPSOID["E",6378137,298.25,'
                'LENGTHUNIT["metre",1]]],CS[ellipsoidal,2],AXIS["latitude",north,'
                'ANGLEUNIT["degree",0.0174]]],VERTCRS["V",CS[vertical,1],LENGTHUNIT["metre",1]]]',
                "Both",
                "degrees",
            ),
            (
                'GEODCRS["Earth",DATUM["D",ELLIPSOID["E",6378137,298.25,LENGTHUNIT["metre",1]]],'
                'CS[Cartesian,3],AXIS["X",geocentricX],LENGTHUNIT["metre",1]]',
                "Earth",
                "metres",
            ),
            (
                'PROJCRS["UTM",BASEGEOGCRS["G",DATUM["D",ELLIPSOID["E",6378137,298.25,'
                'LENGTHUNIT["metre",1]]]],CS[Cartesian,2],LENGTHUNIT["foot",0.3048]]',
                "UTM",
                "feet",
            ),
        ],
    )
    def test_wkt(self, tmp_path: Path, wkt: str, name: str, unit: str) -> None:
        record = self.record(2112, wkt.encode() + b"\0")
        scan = read(tmp_path, las(ROWS, records=record, record_count=1))
        assert (scan.details["crs"], scan.details["unit"]) == (name, unit)

    def test_wkt_behind_the_points(self, tmp_path: Path) -> None:
        body = b'GEOGCS["WGS 84",UNIT["degree",0.0174]]\0'
        scan = read(tmp_path, with_extended(laz(compress=False), [(2112, body)]))
        assert (scan.details["crs"], scan.details["unit"]) == ("WGS 84", "degrees")
        assert scan.source_format == "las"

    def test_long_and_many_records_behind_the_points_take_no_memory(self, tmp_path: Path) -> None:
        content = bytearray(with_extended(laz(compress=False), [(2112, bytes(100))]))
        struct.pack_into("<Q", content, struct.unpack_from("<Q", content, 235)[0] + 20, 1 << 60)
        assert "extended records" in refusal(tmp_path, bytes(content))
        many = with_extended(laz(compress=False), [(2112, b"x" * 100_000)] * 300)
        (tmp_path / "scan.las").write_bytes(many)
        tracemalloc.start()
        assert "unit" not in read_scan(tmp_path / "scan.las").details
        assert tracemalloc.get_traced_memory()[1] < 5e6
        tracemalloc.stop()

    @pytest.mark.parametrize(
        ("keys", "unit"),
        [([(1024, 0, 1, 1), (3076, 0, 1, 9002)], "feet"), ([(1024, 0, 1, 2)], "degrees")],
    )
    def test_geo_keys(
        self, tmp_path: Path, keys: list[tuple[int, int, int, int]], unit: str
    ) -> None:
        body = struct.pack("<4H", 1, 1, 0, len(keys)) + b"".join(
            struct.pack("<4H", *key) for key in keys
        )
        record = self.record(34735, body)
        scan = read(tmp_path, las(ROWS, records=record, record_count=1))
        assert scan.details["unit"] == unit

    def test_garbage_is_passed_over(self, tmp_path: Path) -> None:
        for number in (2112, 34735, 34737):
            record = self.record(number, b"\xff\xfe\0garbage[[[")
            assert len(read(tmp_path, las(ROWS, records=record, record_count=1))) == 3
