# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""OBJ, OFF and STL; vertices and areas are compared with trimesh and with plain loops."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers import mesh, mesh_text, text
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.files import DATA, needs_data
from tests.annotations.scans.readers.mutations import assert_one_sentence, attacked, check, mutated

CORNERS = [(0.0, 0.0, 0.0), (4.0, 0.0, 0.0), (4.0, 2.0, 0.0), (0.0, 2.0, 0.0)]
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
SQUARE = [(0, 1, 2, 3)]


def obj(vertices: Sequence[Any], faces: Sequence[Sequence[Any]] = ()) -> bytes:
    lines = [f"v {' '.join(map(repr, v))}" for v in vertices]
    lines += [f"f {' '.join(str(i + 1) if isinstance(i, int) else i for i in f)}" for f in faces]
    return ("# made for a test\no thing\n" + "\n".join(lines) + "\n").encode()


def off(vertices: Sequence[Any], faces: Sequence[Sequence[int]] = (), word: str = "OFF") -> bytes:
    lines = [word, "# made for a test", f"{len(vertices)} {len(faces)} 0"]
    lines += [" ".join(map(repr, v)) for v in vertices]
    lines += [" ".join(map(str, [len(f), *f])) for f in faces]
    return ("\n".join(lines) + "\n").encode()


def stl(vertices: Sequence[Any], faces: Sequence[Sequence[int]], *, text: bool = False) -> bytes:
    triangles = [[vertices[f[0]], vertices[f[i]], vertices[f[i + 1]]] for f in faces
                 for i in range(1, len(f) - 1)]  # fmt: skip
    if text:
        body = "".join(
            "facet normal 0 0 0\n outer loop\n"
            + "".join(f"  vertex {x!r} {y!r} {z!r}\n" for x, y, z in t)
            + " endloop\nendfacet\n"
            for t in triangles
        )
        return f"solid thing\n{body}endsolid thing\n".encode()
    out = b"solid, though binary".ljust(80) + struct.pack("<I", len(triangles))
    for t in triangles:
        out += struct.pack("<12fH", 0, 0, 0, *t[0], *t[1], *t[2], 0)
    return out


def grid(size: int) -> tuple[list[tuple[float, float, float]], list[tuple[int, int, int]]]:
    """A bumpy dense surface of size x size vertices."""
    at = [(x / 8, y / 8, (x * 7 + y * 3) % 5 / 64) for y in range(size) for x in range(size)]
    faces = []
    for y in range(size - 1):
        for x in range(size - 1):
            a = y * size + x
            faces += [(a, a + 1, a + size), (a + 1, a + size + 1, a + size)]
    return at, faces


def read(folder: Path, content: bytes, name: str) -> PointScan:
    path = folder / name
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes, name: str) -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content, name)
    assert_one_sentence(caught.value, name)
    return str(caught.value)


WRITERS: dict[str, Callable[[Sequence[Any], Sequence[Sequence[int]]], bytes]] = {
    "a.obj": obj,
    "a.off": off,
    "a.stl": stl,
    "text.stl": lambda v, f: stl(v, f, text=True),
}


class TestDenseMeshes:
    @pytest.mark.parametrize("name", sorted(WRITERS))
    def test_the_points_are_the_vertices_in_file_order(self, tmp_path: Path, name: str) -> None:
        # Past 100 x 100 a grid's cells are small against its diagonal.
        vertices, faces = grid(120)
        scan = read(tmp_path, WRITERS[name](vertices, faces), name)
        if name.endswith("stl"):  # STL has no vertices: the order in which triangles name them.
            order = list(dict.fromkeys(i for f in faces for i in f))
            vertices = [vertices[i] for i in order]
        assert scan.positions.tolist() == [list(v) for v in vertices]
        assert scan.notes == ("The points are the vertices of the mesh.",)
        assert scan.details["triangles"] == f"{len(faces):,}"

    @pytest.mark.parametrize("name", ["a.obj", "a.off"])
    def test_a_file_without_faces_is_a_point_cloud(self, tmp_path: Path, name: str) -> None:
        scan = read(tmp_path, WRITERS[name](CORNERS, []), name)
        assert scan.positions.tolist() == [list(c) for c in CORNERS]
        assert scan.notes == ()

    def test_colours_of_vertices_in_bytes_and_in_fractions(self, tmp_path: Path) -> None:
        for levels in (COLOURS, [[c / 255 for c in rgb] for rgb in COLOURS]):
            rows = [(*p, *c) for p, c in zip(CORNERS, levels, strict=True)]
            weighted = [(*p, 1.0, *c) for p, c in zip(CORNERS, levels, strict=True)]
            clear = [(*p, *c, 1) for p, c in zip(CORNERS, levels, strict=True)]
            for content, name in (
                (obj(rows), "a.obj"),
                (obj(weighted), "a.obj"),
                (off(rows, word="COFF"), "a.off"),
                (off(clear, word="COFF"), "a.off"),
            ):
                scan = read(tmp_path, content, name)
                assert scan.colours is not None
                assert scan.colours.tolist() == [list(c) for c in COLOURS]


class TestCoarseMeshes:
    @pytest.mark.parametrize("name", sorted(WRITERS))
    def test_the_surface_is_covered_evenly(self, tmp_path: Path, name: str) -> None:
        # A 4 x 2 plate, and far from it a small one, upright.
        vertices = [*CORNERS, (0.0, 9.0, 0.0), (1.0, 9.0, 0.0), (1.0, 9.0, 1.0)]
        scan = read(tmp_path, WRITERS[name](vertices, [*SQUARE, (4, 5, 6)]), name)
        spacing = np.linalg.norm([4, 9, 1]) / 400
        assert len(scan) == round((8 + 0.5) / spacing**2)
        flat = scan.positions[scan.positions[:, 1] < 5]
        assert abs(len(flat) / len(scan) - 8 / 8.5) < 1e-3
        assert np.abs(flat[:, 2]).max() == 0
        counts, *_ = np.histogram2d(flat[:, 0], flat[:, 1], bins=(8, 4), range=((0, 4), (0, 2)))
        expected = len(flat) / 32
        assert np.abs(counts - expected).max() < 6 * np.sqrt(expected)
        assert scan.normals is not None
        assert np.abs(scan.normals[: len(flat)]).tolist() == [[0, 0, 1]] * len(flat)
        assert "samples of the surface" in scan.notes[-1]

    def test_it_is_the_same_every_time(self, tmp_path: Path) -> None:
        first, again = (read(tmp_path, obj(CORNERS, SQUARE), "a.obj") for _ in range(2))
        np.testing.assert_array_equal(first.positions, again.positions)

    def test_colours_of_vertices_are_mixed_over_the_triangle(self, tmp_path: Path) -> None:
        rows = [(*p, *c) for p, c in zip(CORNERS[:3], COLOURS[:3], strict=True)]
        scan = read(tmp_path, obj(rows, [(0, 1, 2)]), "a.obj")
        assert scan.colours is not None
        # On this triangle the share of corner 1 is x/4 - y/2, of corner 2 it is y/2.
        x, y = scan.positions[:, 0], scan.positions[:, 1]
        shares = np.stack([1 - x / 4, x / 4 - y / 2, y / 2], axis=1)
        np.testing.assert_allclose(scan.colours, 255 * shares, atol=0.51)

    def test_colours_of_faces_are_those_of_their_points(self, tmp_path: Path) -> None:
        content = b"OFF 4 2 0\n0 0 0\n4 0 0\n4 2 0\n0 2 0\n3 0 1 2 200 10 0\n3 0 2 3 0 10 200 255\n"
        scan = read(tmp_path, content, "a.off")
        assert scan.colours is not None
        below = scan.positions[:, 1] * 2 < scan.positions[:, 0]
        expected = np.where(below[:, None], [200, 10, 0], [0, 10, 200])
        np.testing.assert_array_equal(scan.colours, expected)

    def test_there_are_never_more_points_than_the_limit(self, tmp_path: Path) -> None:
        with patch.object(mesh, "MOST_POINTS", 1234):
            assert len(read(tmp_path, obj(CORNERS, SQUARE), "a.obj")) == 1234

    def test_triangles_with_corners_that_are_no_numbers_take_no_part(self, tmp_path: Path) -> None:
        vertices = [*CORNERS, (float("nan"), 0.0, 1.0), (1e300, 1.0, 1.0)]
        scan = read(tmp_path, obj(vertices, [(0, 4, 1), *SQUARE, (2, 3, 5)]), "a.obj")
        assert scan.finite.all()
        assert scan.positions.max() <= 4


class TestObj:
    def test_corners_count_from_the_end_and_carry_more_numbers(self, tmp_path: Path) -> None:
        named = read(tmp_path, obj(CORNERS, SQUARE), "a.obj").positions
        for face in (["1/1/1", "2/2/1", "3//1", "4/4"], ["-4", "-3", "-2", "-1"]):
            scan = read(tmp_path, obj(CORNERS, [face]), "a.obj")
            np.testing.assert_array_equal(scan.positions, named)
        mixed = b"v 0 0 0\nv 4 0 0\nv 4 2 0\nf -3 -2 -1\nv 9 9 9\nv 0 2 0\nf 1 3 -1\n"
        scan = read(tmp_path, mixed, "a.obj")
        assert scan.positions[:, 2].max() == 0
        assert scan.positions[:, 1].max() > 1.9

    def test_materials_outside_are_never_opened(self, tmp_path: Path) -> None:
        real = Path.open
        opened: list[Path] = []

        def opening(path: Path, *arguments: Any, **named: Any) -> Any:
            opened.append(path)
            return real(path, *arguments, **named)

        for target in ("../secret.mtl", "/etc/passwd", "http://localhost/a.mtl", "a.mtl"):
            content = f"mtllib {target}\nusemtl x\n".encode() + obj(CORNERS)
            (tmp_path / "a.mtl").write_bytes(b"newmtl x\nmap_Kd ../../x.png\n")
            with patch.object(Path, "open", opening):
                scan = read(tmp_path, content, "a.obj")
            assert {path.name for path in opened} == {"a.obj"}
            assert "not opened" in scan.notes[0]

    @pytest.mark.parametrize("block_bytes", [10, 20, 1 << 20])
    @pytest.mark.parametrize(("full", "weight"), [(1, ""), (255, ""), (1, " 2")])
    def test_vertices_without_a_colour_among_others_are_grey(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        block_bytes: int,
        full: int,
        weight: str,
    ) -> None:
        monkeypatch.setattr(mesh_text, "BLOCK_BYTES", block_bytes)
        lines = ["v 0 0 0", f"v 1 2 3{weight} {full} 0 {full}", f"v 4 5 6{weight}"]
        for order in ([0, 1, 2], [1, 0, 2], [2, 0, 1]):
            content = "".join(f"{lines[i]}\n" for i in order).encode()
            scan = read(tmp_path, content, "a.obj")
            points = np.array([[0, 0, 0], [1, 2, 3], [4, 5, 6]])[order]
            np.testing.assert_array_equal(scan.positions, points)
            colours = np.array([[128] * 3, [255, 0, 255], [128] * 3])[order]
            np.testing.assert_array_equal(scan.colours, colours)
            assert "2 of 3 vertices have no colour: grey." in scan.notes

    def test_colours_of_zero_among_vertices_without_any_are_none(self, tmp_path: Path) -> None:
        scan = read(tmp_path, b"v 0 0 0 0 0 0\nv 1 2 3\n", "a.obj")
        assert scan.colours is None
        assert scan.notes == ("The colour fields are zero at every point and are ignored.",)

    @pytest.mark.parametrize("block_bytes", [1, 7, 13, 1 << 20])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_lines_go_on_behind_a_backslash(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int, end: str
    ) -> None:
        monkeypatch.setattr(mesh_text, "BLOCK_BYTES", block_bytes)
        lines = ["# not \\", "v 0 \\", "0 \\", "0", "v 1 0 0", "v 0 1 0", "f 1 2\\", "-1"]
        scan = read(tmp_path, (end.join(lines) + end).encode(), "a.obj")
        assert scan.details["vertices"] == "3"
        assert scan.details["triangles"] == "1"
        said = refusal(tmp_path, (end.join([*lines, "v 1 \\", "2 3", "v x"])).encode(), "a.obj")
        assert "line 11: 'x' is not a number" in said

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (b"v 1 2", "line 7: a vertex with 2 values"),
            (b"v 1 2 x", "line 7: 'x' is not a number"),
            (b"f 1 2 9", "corner 9, but there are 4 vertices"),
            (b"f 1 2 -9", "corner -4, but there are 4 vertices"),
            (b"f 1 2 0", "corner 0, but there are 4 vertices"),
            (b"f 1 2 99999999999", "corner 99,999,999,999"),
            (b"f 1 2 1.5", "no whole corners"),
            (b"f 1 2 1e30", "no whole corners"),
            (b"f 1 2", "line 7: a face with 2 corners"),
        ],
    )
    def test_the_line_that_is_wrong_is_named(
        self, tmp_path: Path, line: bytes, expected: str
    ) -> None:
        assert expected in refusal(tmp_path, obj(CORNERS) + line + b"\n", "a.obj")


class TestOff:
    def test_vertices_are_alike_wherever_blocks_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        short, long = (*CORNERS[0], 1, 2, 3), (*CORNERS[0], 1, 2, 3, 255)
        for one, other in ((short, long), (long, short)):
            content = off([one] * 19 + [other], word="COFF")
            for block_bytes in (64, 100, 1 << 20):
                monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
                said = refusal(tmp_path, content, "a.off")
                assert f"line 23: a vertex with {len(other)} values instead of {len(one)}" in said

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"OFF\n", "ends before the numbers"),
            (b"OFF\n1000000000 3 0\n0 0 0\n", "1,000,000,000 vertices and 3 faces are promised"),
            (b"OFF\n-1 3 0\n", "numbers of vertices, faces"),
            (b"OFF\n2 0 0\n0 0 0\n       ", "after 1 of 2 vertices"),
            (b"OFF\n1 0 0\n0 0 0\n0 0 0\n", "line 4: more lines"),
            (b"OFF\n1 1 0\n0 0 0\n3 0 0\n", "line 4: a face of 3 corners has 2"),
            (b"OFF\n1 1 0\n0 0 0\n3 0 0 1\n", "corner 2, but there are 1"),
            (b"OFF\n1 1 0\n0 0 0\n1e30 0 0 1\n", "line 4: a face of 1e+30 corners"),
            (b"OFF BINARY\n\0\0\0\1", "only OFF, COFF and NOFF in text"),
            (b"4OFF\n1 0 0\n0 0 0 0\n", "only OFF, COFF and NOFF"),
        ],
    )
    def test_what_is_wrong_is_told(self, tmp_path: Path, content: bytes, expected: str) -> None:
        assert expected in refusal(tmp_path, content, "a.off")

    def test_the_counts_may_touch_the_word(self, tmp_path: Path) -> None:
        scan = read(tmp_path, b"OFF4 1 0\n0 0 0\n4 0 0\n4 2 0\n0 2 0\n4 0 1 2 3\n", "a.off")
        assert scan.details["vertices"] == "4"
        assert scan.details["triangles"] == "2"


class TestStl:
    def test_words_may_be_in_capitals(self, tmp_path: Path) -> None:
        given = stl(CORNERS, SQUARE, text=True)
        scan = read(tmp_path, given, "a.stl")
        again = read(tmp_path, given.upper(), "a.stl")
        np.testing.assert_array_equal(again.positions, scan.positions)

    def test_counts_that_lie_allocate_nothing(self, tmp_path: Path) -> None:
        content = b"x" * 80 + struct.pack("<I", 2**32 - 1) + bytes(500)
        tracemalloc.start()
        assert "promises 4,294,967,295 triangles" in refusal(tmp_path, content, "a.stl")
        assert tracemalloc.get_traced_memory()[1] < 5e6
        tracemalloc.stop()

    def test_truncated_files_are_refused(self, tmp_path: Path) -> None:
        refusal(tmp_path, stl(CORNERS, SQUARE)[:-1], "a.stl")
        text = stl(CORNERS, SQUARE, text=True)
        for end in (len(text) - 20, len(text) // 2, 20):
            refusal(tmp_path, text[:end], "a.stl")


@needs_data
@pytest.mark.parametrize(
    "name",
    [
        "valid/loadersgl_cube-vertex-colors.obj",
        "valid/pdal_1.2-with-color.obj",
        "valid/pyntcloud_diamond_color.obj",
        "valid/pyntcloud_diamond.off",
        "valid/pyntcloud_diamond_color.off",
    ],
)
def test_samples_of_real_files_lie_on_the_surface_that_trimesh_reads(name: str) -> None:
    trimesh = pytest.importorskip("trimesh")
    path = DATA / "zoo" / name
    with path.open("rb") as file:
        other = trimesh.load(file, file_type=path.suffix[1:], process=False, force="mesh")
    scan = read_scan(path)
    spacing = np.linalg.norm(np.ptp(other.vertices, axis=0)) / 400
    assert abs(len(scan) - other.area / spacing**2) < 1
    some = scan.positions[:: max(1, len(scan) // 50)]
    corners = np.asarray(other.triangles)
    for point in some:
        assert distance(point, corners) < 1e-6 * np.abs(corners).max()


def distance(point: Any, triangles: Any) -> float:
    """To the nearest of (F, 3, 3) triangles among those that the point is above or below."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    normal = np.cross(b - a, c - a)
    inside = np.ones(len(a), bool)
    for start, stop in ((a, b), (b, c), (c, a)):
        side = np.einsum("ij,ij->i", np.cross(stop - start, point - start), normal)
        inside &= side >= -1e-9 * np.einsum("ij,ij->i", normal, normal)
    with np.errstate(invalid="ignore", divide="ignore"):
        height = np.abs(np.einsum("ij,ij->i", point - a, normal)) / np.linalg.norm(normal, axis=1)
    return float(np.nanmin(np.where(inside, height, np.inf)))


SOUND = {
    "a.obj": obj([(*p, *c) for p, c in zip(CORNERS, COLOURS, strict=True)], SQUARE),
    "a.off": off(CORNERS, SQUARE),
    "colours.off": off([(*p, *c) for p, c in zip(CORNERS, COLOURS, strict=True)], word="COFF"),
    "a.stl": stl(CORNERS, SQUARE),
    "text.stl": stl(CORNERS, SQUARE, text=True),
}


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_damaged_files(name: str, data: st.DataObject) -> None:
    with patch.object(mesh, "MOST_POINTS", 500):
        check(data.draw(mutated(SOUND[name])), Path(name).suffix)
