# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to a file: it loads whole, or it is refused in a sentence; nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.annotations.files import COLOURS, POINTS, RGB, XYZ, ElementSpec, las, pcd, ply
from tests.annotations.scans.readers.mutations import (
    attacked,
    blown_up,
    check,
    cut,
    flipped,
    recounted,
)
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


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_flipped_bytes(name: str, data: st.DataObject) -> None:
    check(data.draw(flipped(SOUND[name])), Path(name).suffix)


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_pieces_cut_out_and_put_in(name: str, data: st.DataObject) -> None:
    check(data.draw(cut(SOUND[name])), Path(name).suffix)


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_numbers_blown_up(name: str, data: st.DataObject) -> None:
    check(data.draw(blown_up(SOUND[name])), Path(name).suffix)


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_other_numbers_in_words(name: str, data: st.DataObject) -> None:
    check(data.draw(recounted(SOUND[name])), Path(name).suffix)


@attacked
@given(st.binary(max_size=300), st.sampled_from([b"ply\n", b"LASF", b"# .PCD v0.7\n", b""]))
def test_garbage_behind_a_magic_word(garbage: bytes, magic: bytes) -> None:
    check(magic + garbage, ".ply")
