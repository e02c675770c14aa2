# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers import lzf_hdf5
from fewpoints.annotations.scans.readers.lzf import BadLzf, decompress
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.files import COLOURS, POINTS, lzf_literals, pcd
from tests.annotations.scans.readers.mutations import attacked

ENCODINGS = ["ascii", "binary", "binary_compressed"]
XYZ = [("x", "F4", 1), ("y", "F4", 1), ("z", "F4", 1)]


@st.composite
def _tokens(draw: st.DrawFn) -> bytes:
    """An LZF stream, often a sound one: runs, and copies of what is there or of a little before."""
    out, size = b"", 0
    for _ in range(draw(st.integers(1, 60))):
        if size == 0 or draw(st.booleans()):
            run = draw(st.binary(min_size=1, max_size=32))
            out += bytes([len(run) - 1]) + run
            size += len(run)
            continue
        length = draw(st.sampled_from([3, 4, 8, 9, 10, 63, 64, 65, 128, 129, 264]))
        back = draw(st.integers(1, min(8192, size))) - 1
        if length < 9:
            out += bytes([(length - 2) << 5 | back >> 8, back & 255])
        else:
            out += bytes([7 << 5 | back >> 8, length - 9, back & 255])
        size += length
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(out) - 1))
        out = out[:at] + draw(st.binary(max_size=2)) + out[at + 1 :]
    return out


def _unpacked_size(stream: bytes) -> int:
    """What the tokens stand for, whether or not they are sound."""
    at = size = 0
    while at < len(stream):
        control = stream[at]
        long = control >= 224
        extra = stream[at + 1] if long and at + 1 < len(stream) else 0
        size += control + 1 if control < 32 else (control >> 5) + 2 + extra
        at += control + 2 if control < 32 else 2 + long
    return size


def _quickly(stream: bytes, size: int) -> bytes | None:
    """What h5py makes of a stream."""
    found = lzf_hdf5.decompress_sound(stream, size)
    return None if found is None else bytes(found)


def _slowly(stream: bytes, size: int) -> bytes | None:
    """What byte by byte comes of a stream; None where it is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lzf_hdf5, "LEAST_BYTES", sys.maxsize)
        try:
            return bytes(decompress(stream, size))
        except BadLzf:
            return None


def read(folder: Path, content: bytes) -> PointScan:
    path = folder / "scan.pcd"
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content)
    assert str(caught.value).startswith("scan.pcd")
    return str(caught.value)


def packed(colour: tuple[int, int, int], alpha: int = 0) -> int:
    return alpha << 24 | colour[0] << 16 | colour[1] << 8 | colour[2]


def as_float(bits: int) -> float:
    value: float = struct.unpack("<f", struct.pack("<I", bits))[0]
    return value


class TestEveryEncoding:
    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize("names", ["xyz", "XYZ"])
    def test_points_come_back_in_file_order(
        self, tmp_path: Path, encoding: str, names: str
    ) -> None:
        fields = [(n, "F4", 1) for n in names]
        scan = read(tmp_path, pcd(encoding, fields, POINTS))
        assert scan.positions.tolist() == [list(p) for p in POINTS]
        assert scan.source_format == "pcd"
        assert scan.details["encoding"] == encoding

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_wide_fields_padding_and_other_types_are_stepped_over(
        self, tmp_path: Path, encoding: str
    ) -> None:
        fields = [
            ("_", "U1", 3), ("z", "F8", 1), ("vfh", "F4", 4), ("x", "I2", 1), ("_", "U1", 1),
            ("y", "F4", 1), ("label", "U4", 1), ("object", "I1", 1),
        ]  # fmt: skip
        rows = [
            (1, 2, 3, p[2], 0.5, 1.5, 2.5, 3.5, i, 9, p[1], 4_000_000_000 + i, -i)
            for i, p in enumerate(POINTS)
        ]
        scan = read(tmp_path, pcd(encoding, fields, rows))
        assert scan.positions.tolist() == [[i, p[1], p[2]] for i, p in enumerate(POINTS)]
        assert scan.labels["label"].tolist() == [4_000_000_000 + i for i in range(4)]
        assert scan.labels["object"].tolist() == [0, -1, -2, -3]

    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize("kind", ["rgb F4", "rgb U4", "rgba U4", "rgb F4 number", "r g b"])
    def test_colours_in_all_their_disguises(self, tmp_path: Path, encoding: str, kind: str) -> None:
        if kind == "r g b":
            fields = [*XYZ, ("r", "U1", 1), ("g", "U1", 1), ("b", "U1", 1)]
            values = list(COLOURS)
        else:
            name, code = kind.split()[:2]
            fields = [*XYZ, (name, code, 1)]
            alpha = 255 if name == "rgba" else 0
            bits = [packed(c, alpha) for c in COLOURS]
            if code == "U4":
                values = [(b,) for b in bits]  # type: ignore[misc]
            elif kind.endswith("number"):
                values = [(float(b),) for b in bits]  # type: ignore[misc]
            else:
                values = [(as_float(b),) for b in bits]  # type: ignore[misc]
        rows = [(*p, *v) for p, v in zip(POINTS, values, strict=True)]
        scan = read(tmp_path, pcd(encoding, fields, rows))
        assert scan.colours is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]

    def test_a_colour_written_as_a_number_with_alpha_keeps_its_blue(self, tmp_path: Path) -> None:
        values = [float(packed(colour, 255)) for colour in COLOURS]  # Beyond float32's digits.
        rows = [(*p, v) for p, v in zip(POINTS, values, strict=True)]
        scan = read(tmp_path, pcd("ascii", [*XYZ, ("rgb", "F4", 1)], rows))
        assert scan.colours is not None
        assert scan.colours.tolist() == [list(c) for c in COLOURS]

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_an_organised_cloud_keeps_its_holes(self, tmp_path: Path, encoding: str) -> None:
        rows = [(float("nan"),) * 3 if i % 2 else (float(i), 1.0, 2.0) for i in range(6)]
        scan = read(tmp_path, pcd(encoding, XYZ, rows, height=2))
        assert len(scan) == 6
        assert scan.finite.tolist() == [True, False] * 3
        assert scan.details["organised"] == "3 x 2"

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_every_truncation_is_refused(self, tmp_path: Path, encoding: str) -> None:
        content = pcd(encoding, XYZ, POINTS)
        # Nobody can tell a last number cut short from one meant so.
        for size in range(len(content) - (3 if encoding == "ascii" else 0)):
            message = refusal(tmp_path, content[:size])
            assert "\n" not in message

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_points_behind_the_last_one_are_refused(self, tmp_path: Path, encoding: str) -> None:
        content = pcd(encoding, XYZ, POINTS, width=3, points=3)
        assert refusal(tmp_path, content)

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_counts_that_the_file_cannot_hold_are_refused(
        self, tmp_path: Path, encoding: str
    ) -> None:
        content = pcd(encoding, XYZ, POINTS, width=3_000_000_000, points=3_000_000_000)
        assert "3,000,000,000" in refusal(tmp_path, content)

    def test_zeros_up_to_a_page_may_follow(self, tmp_path: Path) -> None:
        for encoding in ENCODINGS[1:]:
            content = pcd(encoding, XYZ, POINTS)
            assert len(read(tmp_path, content + bytes(4000))) == 4
            assert "4,097 bytes follow" in refusal(tmp_path, content + bytes(4097))
            assert "bytes follow" in refusal(tmp_path, content + b"\0\1")


class TestHeader:
    @pytest.mark.parametrize(
        ("old", "new", "part"),
        [
            ("POINTS 4", "POINTS 5", "POINTS says 5 but WIDTH x HEIGHT is 4 x 1 = 4"),
            ("SIZE 4 4 4", "SIZE 4 4", "SIZE has 2 entries for 3 FIELDS"),
            ("TYPE F F F", "TYPE F F Q", "unknown type 'Q' of 4 bytes"),
            ("SIZE 4 4 4", "SIZE 4 4 3", "unknown type 'F' of 3 bytes"),
            ("COUNT 1 1 1", "COUNT 1 1 0", "cannot have 0 values"),
            ("COUNT 1 1 1", "COUNT 1 1 2", "no field z"),
            ("FIELDS x y z", "FIELDS x x z", "two fields are called 'x'"),
            ("WIDTH 4", "WIDTH minus", "WIDTH 'minus' is not a sensible number"),
            ("WIDTH 4\n", "", 'no line "WIDTH"'),
            ("DATA ascii", "DATA zip", "DATA 'zip' is none of"),
            ("DATA ascii", "1 2 3", "not a line of a PCD header"),
            ("HEIGHT 1", "HEIGHT 0", "POINTS says 4"),
        ],
    )
    def test_a_wrong_header_is_refused(self, tmp_path: Path, old: str, new: str, part: str) -> None:
        content = pcd("ascii", XYZ, POINTS)
        assert old.encode() in content
        assert part in refusal(tmp_path, content.replace(old.encode(), new.encode(), 1))

    def test_control_characters_in_names_reach_neither_messages_nor_the_scan(
        self, tmp_path: Path
    ) -> None:
        odd = pcd("binary", [("x\0", "F4", 1), *XYZ[1:]], POINTS)
        assert "the points have x\ufffd, y, z." in refusal(tmp_path, odd)
        named = [*XYZ, ("label\x1b", "U1", 1), ("\0", "U1", 1), ("\x01", "U1", 1)]
        scan = read(tmp_path, pcd("binary", named, [(*p, 1, 2, 3) for p in POINTS]))
        assert [field.name for field in scan.fields] == [
            "x",
            "y",
            "z",
            "label\ufffd",
            "\ufffd",
            "\ufffd",
        ]

    def test_no_points_is_an_error_of_its_own(self, tmp_path: Path) -> None:
        assert "holds no points" in refusal(tmp_path, pcd("binary", XYZ, []))

    def test_a_damaged_line_is_named(self, tmp_path: Path) -> None:
        content = pcd("ascii", XYZ, POINTS).replace(b"3.0 4.5 -6.75", b"3.0 4.5")
        assert "scan.pcd, line 13: 2 values" in refusal(tmp_path, content)


class TestLzf:
    def test_copies_and_overlapping_copies_unpack(self) -> None:
        # "abc", then 6 bytes from 3 back (overlaps), then 9 + 5 bytes from 1 back, long form.
        stream = bytes([2]) + b"abc" + bytes([(6 - 2) << 5, 2]) + bytes([7 << 5, 5, 0])
        assert bytes(decompress(stream, 3 + 6 + 14)) == b"abcabcabc" + b"c" * 14

    def test_far_copies_unpack(self) -> None:
        text = bytes(range(256)) * 5
        stream = lzf_literals(text) + bytes([(4 - 2) << 5 | 1280 - 1 >> 8, (1280 - 1) & 255])
        assert bytes(decompress(stream, 1284)) == text + text[:4]

    @pytest.mark.parametrize(
        ("stream", "part"),
        [
            (bytes([5]) + b"ab", "end inside a run"),
            (bytes([0x20]), "end inside a copy"),
            (bytes([0xE0, 1]), "end inside a copy"),
            (bytes([0]) + b"a" + bytes([0x20, 1]), "before their start"),
            (bytes([0]) + b"a", "give 1 bytes instead of 10"),
            (lzf_literals(bytes(64)), "instead of 10"),
        ],
    )
    def test_damaged_streams_are_refused(self, stream: bytes, part: str) -> None:
        with pytest.raises(BadLzf, match=part):
            decompress(stream, 10)

    @attacked
    @given(_tokens(), st.integers(-1, 1))
    def test_the_way_by_h5py_gives_the_same(self, stream: bytes, wrong: int) -> None:
        size = max(0, _unpacked_size(stream) + wrong)
        assert _quickly(stream, size) == _slowly(stream, size)

    @pytest.mark.parametrize("seed", range(5))
    def test_neither_way_takes_a_damaged_stream_that_the_other_refuses(self, seed: int) -> None:
        rng = random.Random(seed)
        data = bytes(rng.choice(b"abcd") for _ in range(400)) + rng.randbytes(100)
        sound = _compress(data)
        taken = 0
        for _ in range(100):
            stream = bytearray(sound)
            for _ in range(rng.randint(1, 3)):
                at = rng.randrange(len(stream))
                way = rng.random()
                if way < 0.5:
                    stream[at] = rng.randrange(256)
                elif way < 0.7:
                    del stream[at:]
                    stream += rng.randbytes(rng.randint(1, 4))
                elif way < 0.85:
                    del stream[at : at + rng.randint(1, 3)]
                else:
                    stream[at:at] = rng.randbytes(rng.randint(1, 40))
                if not stream:
                    break
            damaged = bytes(stream)
            for size in (_unpacked_size(damaged), len(data)):
                found = _quickly(damaged, size)
                assert found == _slowly(damaged, size), (damaged, size)
                taken += found is not None
        assert 20 < taken < 190  # Neither all of them nor none.

    @pytest.mark.parametrize("missing", range(1, 33))
    def test_what_is_packed_behind_a_stream_never_fills_its_last_run(self, missing: int) -> None:
        """A stream that ends inside a run would take bytes of what follows for its own."""
        stream = bytes([31]) + bytes(32 - missing)
        for size in range(80):
            assert _quickly(stream, size) is None

    @pytest.mark.parametrize("stream", [b"", b"\x02abc", b"\x00a\x20\x05", b"\xe0", b"\x20"])
    def test_streams_that_are_too_short_or_too_long_give_nothing(
        self, stream: bytes, capfd: pytest.CaptureFixture[str]
    ) -> None:
        for size in (0, 1, 2, 3, 4, 70, 5000, 2**32 - 64, 2**40):
            found = _quickly(stream, size)
            expected = b"abc" if (stream, size) == (b"\x02abc", 3) else None
            assert found == (b"" if (stream, size) == (b"", 0) else expected)
        assert capfd.readouterr() == ("", "")  # The library says nothing either.

    def test_streams_that_unpack_to_a_hundred_times_the_size_are_refused(self) -> None:
        stream = b"\x00a" + bytes([7 << 5, 255, 0]) * 100_000
        assert _quickly(stream, 1000) is None
        with pytest.raises(BadLzf, match="instead of 1,000"):
            decompress(stream, 1000)

    def test_several_threads_unpack_at_a_time(self) -> None:
        streams = [lzf_literals(bytes([i]) * 300_000) for i in range(8)]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(_quickly, streams, [300_000] * 8))
        assert found == [bytes([i]) * 300_000 for i in range(8)]

    def test_nothing_reaches_the_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert _quickly(b"\x02abc", 3) == b"abc"
        assert list(tmp_path.iterdir()) == []

    def test_a_larger_stream_goes_by_h5py(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(1)
        data = bytes(rng.integers(0, 256, 300_000, dtype=np.uint8)) + bytes(100_000)
        stream = lzf_literals(data[:300_000]) + bytes([0, 0]) + bytes([7 << 5, 255, 0]) * 378
        stream += bytes([7 << 5, 207 - 9, 0])
        assert len(stream) > lzf_hdf5.LEAST_BYTES
        assert isinstance(decompress(stream, 400_000), memoryview)
        assert bytes(decompress(stream, 400_000)) == data == _slowly(stream, 400_000)
        with pytest.raises(BadLzf, match="instead of"):
            decompress(stream, 400_001)
        with pytest.raises(BadLzf, match="before their start"):
            decompress(bytes([7 << 5, 255, 255]) + stream, 400_264)

    def test_without_h5py_it_is_unpacked_slowly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "h5py", None)
        monkeypatch.setattr(lzf_hdf5, "LEAST_BYTES", 0)
        assert _quickly(b"\x02abc", 3) is None
        assert bytes(decompress(b"\x02abc", 3)) == b"abc"

    def test_it_inverts_a_compressor_of_its_own(self) -> None:
        rng = np.random.default_rng(0)
        for size in (1, 40, 3000):
            data = bytes(rng.integers(0, 4, size, dtype=np.uint8))
            assert bytes(decompress(_compress(data), size)) == data


def _compress(data: bytes) -> bytes:
    """A plain LZF compressor: the longest earlier match, else one literal."""
    out, at = b"", 0
    while at < len(data):
        for length in range(min(264, len(data) - at), 2, -1):
            found = data.rfind(data[at : at + length], max(0, at - 8192), at + length - 1)
            if found >= 0:
                back = at - found - 1
                if length < 9:
                    out += bytes([(length - 2) << 5 | back >> 8, back & 255])
                else:
                    out += bytes([7 << 5 | back >> 8, length - 9, back & 255])
                at += length
                break
        else:
            out += bytes([0, data[at]])
            at += 1
    return out
