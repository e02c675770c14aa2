# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A megabyte of one thing, which fuzzers with their short inputs never come to.

Each took a minute or more where time grew with the square of the count.
"""

from __future__ import annotations

import json

import pytest

from tests.fuzz.built import PART
from tests.fuzz.targets import TARGETS

_PTX = b"0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 0 0 0\n0 1 0 0\n0 0 1 0\n5 6 7 1\n"
_PLY = b"ply\nformat ascii 1.0\n"
_E57 = b'<e57Root xmlns="http://www.astm.org/COMMIT/E57/2010-e57-v1.0">'
_NPY = b"{'descr':%s,'fortran_order':False,'shape':%s}\n"
_STATION = b'<v><points type="CompressedVector" recordCount="0"/></v>'


def _pcd(names: bytes, count: int, row: bytes) -> bytes:
    return (
        b"VERSION .7\nFIELDS x y z " + names + b"\nSIZE 4 4 4 " + b"1 " * count
        + b"\nTYPE F F F " + b"U " * count + b"\nWIDTH 1\nHEIGHT 1\nDATA ascii\n" + row
    )  # fmt: skip


def _nodes(count: int) -> bytes:
    nodes = [{"children": [number + 1]} for number in range(count)]
    scene = {"asset": {"version": "2.0"}, "scenes": [{"nodes": [0]}], "nodes": [*nodes, {}]}
    return json.dumps(scene).encode()


MANY = {
    "ply properties": _PLY
    + b"element vertex 1\n"
    + b"".join(b"property char a%d\n" % number for number in range(50_000))
    + b"end_header\n",
    "ply elements": _PLY
    + b"".join(b"element v%d 1\n" % number for number in range(60_000))
    + b"end_header\n",
    "ply ends": _PLY + b"end_headerx\n" * 80_000,
    "pcd names": _pcd(b" ".join(b"%x" % number for number in range(100_000)), 100_000, b""),
    "pcd padding": _pcd(b"_ " * 100_000, 100_000, b"1 " * 100_003 + b"\n"),
    "gltf nodes": _nodes(20_000),
    "gltf brackets": b'{"asset":' + b"[" * 500_000,
    "options brackets": b'{"text":' * 100_000,
    "text columns": b"1 " * 500_000 + b"\n2 3 4\n",
    "text changes": b"1 2 3\n1 2 3 4\n" * 70_000,
    "text digits": b"1 2 3\n" * 9 + b"9" * 1_000_000 + b" 2 3\n",
    "obj corners": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf " + b"1 2 3 " * 170_000 + b"\n",
    "obj endless line": b"v 0 0 \\\n" * 120_000,
    "off corners": b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n450000 " + b"0 1 2 " * 150_000 + b"\n",
    "off comments": b"OFF\n" + b"#\n" * 300_000 + b"3 1 0\n",
    "stl facets": b"solid\n" + b"facet normal 0 0 1\n" * 50_000,
    "pts blocks": b"1\n1 2 3\n" * 50_000,
    "pts empty blocks": b"0\n" * 150_000,
    "ptx stations": (b"1\n1\n" + _PTX + b"1 2 3 0.5\n") * 10_000,
    "ptx empty stations": (b"0\n0\n" + _PTX) * 12_000,
    "npy brackets": _NPY % (b"'<f4'", b"(" * 30_000 + b"3," + b")" * 30_000),
    "npy fields": _NPY
    % (b"[%s]" % b",".join(b"('a%d','u1')" % number for number in range(60_000)), b"(1,)"),
    "npz members": PART.join(
        b"a%d\n" % number + _NPY % (b"'<f4'", b"(3,3)") + bytes(36) for number in range(5_000)
    ),
    "e57 brackets": _E57 + b"<a>" * 300_000,
    "e57 stations": _E57 + b"<data3D>" + _STATION * 18_000 + b"</data3D></e57Root>",
    "labels lines": b"index,class\n" + b"1,wall\n" * 20_000,
    "labels columns": b"index,class" + b",index" * 150_000 + b"\n",
    "labels open quote": b'index,class\n"' + b"a\n" * 300_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", MANY)
def test_much_of_one_thing_is_read_or_refused_soon(name: str) -> None:
    TARGETS[name.split()[0]].feed(MANY[name])
