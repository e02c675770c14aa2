# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to a file: it loads whole, or it is refused in a sentence; nothing else."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.files import COLOURS, POINTS, RGB, XYZ, ElementSpec, las, pcd, ply
from tests.annotations.scans.readers.test_las import ROWS, laz

_ROWS = [(*p, *c) for p, c in zip(POINTS, COLOURS, strict=True)]
_VERTEX: ElementSpec = ("vertex", [*XYZ, *RGB], _ROWS)
_FACE: ElementSpec = ("face", [("v", "uchar", "int")], [([0, 1, 2],), ([1, 2],), ([],)])
_PCD = [("x", "F4", 1), ("y", "F4", 1), ("z", "F4", 1), ("rgb", "U4", 1)]
_PCD_ROWS = [(*p, c[0] << 16 | c[1] << 8 | c[2]) for p, c in zip(POINTS, COLOURS, strict=True)]

SOUND = {
    "ascii.ply": ply("ascii", [_VERTEX, _FACE]),
    "little.ply": ply("binary_little_endian", [_FACE, _VERTEX]),
    "big.ply": ply("binary_big_endian", [_VERTEX, _FACE]),
    "ascii.pcd": pcd("ascii", _PCD, _PCD_ROWS),
    "binary.pcd": pcd("binary", _PCD, _PCD_ROWS),
    "compressed.pcd": pcd("binary_compressed", _PCD, _PCD_ROWS),
    "plain.las": las(ROWS),
    "small.laz": laz(40),
}


def check(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scan{suffix}"
        path.write_bytes(content)
        try:
            scan = read_scan(path)
        except AppError as error:
            refused = error
        else:
            assert len(scan) > 0
            assert scan.finite.any()
            assert np.isfinite(scan.local_positions()[scan.finite]).all()
            return
    message = str(refused)
    assert message.startswith("scan.")
    assert "\n" not in message
    assert len(message) < 500
    assert refused.status == 422


_settings = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.mark.parametrize("name", sorted(SOUND))
@_settings
@given(data=st.data())
def test_flipped_bytes(name: str, data: st.DataObject) -> None:
    content = bytearray(SOUND[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    check(bytes(content), Path(name).suffix)


@pytest.mark.parametrize("name", sorted(SOUND))
@_settings
@given(data=st.data())
def test_pieces_cut_out_and_put_in(name: str, data: st.DataObject) -> None:
    content = SOUND[name]
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, len(content)))
    check(content[:start] + data.draw(st.binary(max_size=40)) + content[stop:], Path(name).suffix)


@pytest.mark.parametrize("name", sorted(SOUND))
@_settings
@given(data=st.data())
def test_numbers_blown_up(name: str, data: st.DataObject) -> None:
    content = bytearray(SOUND[name])
    code = data.draw(st.sampled_from("HIQd"))
    at = data.draw(st.integers(0, max(0, min(400, len(content)) - 8)))
    if code == "d":
        value: float = data.draw(st.sampled_from([0.0, 1e308, -1e308, float("nan")]))
    else:
        value = data.draw(st.integers(0, 2 ** (8 * struct.calcsize(code)) - 1))
    struct.pack_into("<" + code, content, at, value)
    check(bytes(content), Path(name).suffix)


@_settings
@given(st.binary(max_size=300), st.sampled_from([b"ply\n", b"LASF", b"# .PCD v0.7\n", b""]))
def test_garbage_behind_a_magic_word(garbage: bytes, magic: bytes) -> None:
    check(magic + garbage, ".ply")
