# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""glTF scenes written by trimesh or by hand; where points must be is worked out apart."""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers import mesh
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.scans.readers.mutations import assert_one_sentence, attacked, check, mutated

# A square of 4 x 2 in the plane z = 0, with the whole picture on it.
CORNERS = np.array([[0, 0, 0], [4, 0, 0], [4, 2, 0], [0, 2, 0]], "<f4")
PLACES = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], "<f4")
LEVELS = np.array([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [9, 9, 9, 255]], "u1")
FACES = np.array([0, 1, 2, 0, 2, 3], "<u2")


def picture() -> bytes:
    """Two by one pixels: the left red, the right blue."""
    out = io.BytesIO()
    Image.fromarray(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)).save(out, "PNG")
    return out.getvalue()


def scene(
    *, colours: bool = False, texture: bool = False, **changes: Any
) -> tuple[dict[str, Any], bytes]:
    """The square as (JSON, binary)."""
    parts: list[tuple[bytes, dict[str, Any]]] = [
        (CORNERS.tobytes(), {"componentType": 5126, "count": 4, "type": "VEC3"}),
        (FACES.tobytes(), {"componentType": 5123, "count": 6, "type": "SCALAR"}),
        (PLACES.tobytes(), {"componentType": 5126, "count": 4, "type": "VEC2"}),
        (LEVELS.tobytes(), {"componentType": 5121, "count": 4, "type": "VEC4", "normalized": True}),
        (picture(), {}),
    ]
    data, views, accessors = b"", [], []
    for number, (content, accessor) in enumerate(parts):
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": len(content)})
        data += content + bytes(-len(content) % 4)
        if accessor:
            accessors.append({"bufferView": number, **accessor})
    attributes = {"POSITION": 0}
    primitive: dict[str, Any] = {"attributes": attributes, "indices": 1}
    out: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(data)}],
    }
    if colours:
        attributes["COLOR_0"] = 3
    if texture:
        attributes["TEXCOORD_0"] = 2
        primitive["material"] = 0
        out["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
        out["textures"] = [{"source": 0}]
        out["images"] = [{"bufferView": 4, "mimeType": "image/png"}]
    return {**out, **changes}, data


def glb(content: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text
    body += struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def gltf(content: dict[str, Any], data: bytes) -> bytes:
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return json.dumps({**content, "buffers": [{"byteLength": len(data), "uri": uri}]}).encode()


TYPES = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "f4": 5126}


def with_values(
    content: dict[str, Any], data: bytes, accessor: int, values: Any, kind: str, **said: Any
) -> bytes:
    """The scene as GLB with other values in an accessor; `kind` is their NumPy type."""
    stored = np.ascontiguousarray(values, f"<{kind}").tobytes()
    view = {"buffer": 0, "byteOffset": len(data), "byteLength": len(stored)}
    content["bufferViews"].append(view)
    given = content["accessors"][accessor]
    given.pop("normalized", None)
    given |= {"bufferView": len(content["bufferViews"]) - 1, "componentType": TYPES[kind], **said}
    data += stored + bytes(-len(stored) % 4)
    content["buffers"] = [{"byteLength": len(data)}]
    return glb(content, data)


def read(folder: Path, content: bytes, name: str = "a.glb") -> PointScan:
    path = folder / name
    path.write_bytes(content)
    return read_scan(path)


def refusal(folder: Path, content: bytes, name: str = "a.glb") -> str:
    with pytest.raises(AppError) as caught:
        read(folder, content, name)
    assert_one_sentence(caught.value, name)
    return str(caught.value)


class TestScenes:
    def test_both_forms_give_the_same_points(self, tmp_path: Path) -> None:
        first = read(tmp_path, glb(*scene()))
        again = read(tmp_path, gltf(*scene()), "a.gltf")
        np.testing.assert_array_equal(first.positions, again.positions)
        assert first.positions[:, 2].max() == 0
        assert first.positions.max(axis=0).round(1).tolist() == [4, 2, 0]
        assert first.colours is None

    def test_the_preflight_knows_that_y_is_up_and_metres_are_meant(self, tmp_path: Path) -> None:
        found = inspect_scan(read(tmp_path, glb(*scene())), name="a")
        assert (found.up_axis, found.up_sign, found.unit) == ("y", 1, "metres")

    def test_nodes_put_meshes_where_they_belong(self, tmp_path: Path) -> None:
        half = np.sqrt(0.5)
        nodes = [
            {"children": [1], "translation": [10, 0, 0]},
            # A quarter turn about z, then twice as large: (x, y) becomes (-2y, 2x).
            {"mesh": 0, "rotation": [0, 0, half, half], "scale": [2, 2, 2], "children": [2]},
            {"mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 3, 1]},
        ]
        scan = read(tmp_path, glb(*scene(nodes=nodes)))
        low = scan.positions[np.abs(scan.positions[:, 2]) < 1e-9]
        high = scan.positions[np.abs(scan.positions[:, 2] - 6) < 1e-9]
        assert len(low) + len(high) == len(scan)
        assert abs(len(low) - len(high)) <= 1
        for part in (low, high):
            assert part.min(axis=0)[:2].round(1).tolist() == [6, 0]
            assert part.max(axis=0)[:2].round(1).tolist() == [10, 8]

    def test_strips_and_fans_are_triangles(self, tmp_path: Path) -> None:
        whole = read(tmp_path, glb(*scene()))
        content, data = scene()
        primitive = content["meshes"][0]["primitives"][0]
        del primitive["indices"]
        primitive["mode"] = 6
        np.testing.assert_allclose(read(tmp_path, glb(content, data)).positions, whole.positions)
        primitive["mode"] = 0
        np.testing.assert_array_equal(read(tmp_path, glb(content, data)).positions, CORNERS)

    def test_trimesh_writes_what_is_read(self, tmp_path: Path) -> None:
        trimesh = pytest.importorskip("trimesh")
        ball = trimesh.creation.icosphere(subdivisions=6)
        ball.visual.vertex_colors = np.random.default_rng(0).integers(
            0, 256, (len(ball.vertices), 4), dtype=np.uint8
        )
        place = trimesh.transformations.rotation_matrix(0.7, [1, 2, 3], [4, 5, 6])
        made = trimesh.Scene()
        made.add_geometry(ball, transform=place)
        scan = read(tmp_path, made.export(file_type="glb"))
        assert len(scan) == len(ball.vertices)
        expected = trimesh.transformations.transform_points(ball.vertices, place)
        np.testing.assert_allclose(scan.positions, expected, atol=1e-5)
        np.testing.assert_array_equal(scan.colours, ball.visual.vertex_colors[:, :3])


class TestQuantised:
    """KHR_mesh_quantization: whole numbers as they are, or as parts of their type's largest."""

    @pytest.mark.parametrize(
        ("kind", "largest"), [("i1", 127), ("u1", 255), ("i2", 32767), ("u2", 65535)]
    )
    def test_normalised_places_are_fractions(self, tmp_path: Path, kind: str, largest: int) -> None:
        low = -1 if kind[0] == "i" else 0
        values = np.array([[low, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) * largest
        if low:
            values[0, 0] -= 1  # The one number that is below -1; it counts as -1.
        content, data = scene(
            nodes=[{"mesh": 0, "scale": [2, 2, 2]}], extensionsRequired=["KHR_mesh_quantization"]
        )
        content["meshes"][0]["primitives"][0]["mode"] = 0
        scan = read(tmp_path, with_values(content, data, 0, values, kind, normalized=True))
        expected = [[2 * low, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]]
        np.testing.assert_array_equal(scan.positions, expected)

    def test_others_are_taken_as_they_are(self, tmp_path: Path) -> None:
        content, data = scene(nodes=[{"mesh": 0, "scale": [0.5, 0.5, 0.5]}])
        content["meshes"][0]["primitives"][0]["mode"] = 0
        scan = read(tmp_path, with_values(content, data, 0, 100 * CORNERS, "u2"))
        np.testing.assert_array_equal(scan.positions, 50 * CORNERS)

    @pytest.mark.parametrize(
        ("kind", "factor", "said"),
        [
            ("u2", 65535, {"normalized": True}),
            ("i2", 1, {}),
        ],
    )
    def test_places_in_textures_are_read_alike(
        self, tmp_path: Path, kind: str, factor: int, said: dict[str, Any]
    ) -> None:
        content, data = scene(texture=True)
        scan = read(tmp_path, with_values(content, data, 2, factor * PLACES, kind, **said))
        left = scan.positions[:, 0] < 2
        np.testing.assert_array_equal(
            scan.colours, np.where(left[:, None], [255, 0, 0], [0, 0, 255])
        )

    def test_colours_are_fractions_even_if_it_is_not_said(self, tmp_path: Path) -> None:
        content, data = scene(colours=True)
        content["meshes"][0]["primitives"][0]["mode"] = 0
        scan = read(tmp_path, with_values(content, data, 3, LEVELS, "u1"))
        np.testing.assert_array_equal(scan.colours, LEVELS[:, :3])


class TestColours:
    def test_those_of_vertices_are_mixed(self, tmp_path: Path) -> None:
        scan = read(tmp_path, glb(*scene(colours=True)))
        assert scan.colours is not None
        below = scan.positions[:, 1] * 2 < scan.positions[:, 0]
        x, y = scan.positions[below, 0], scan.positions[below, 1]
        shares = np.stack([1 - x / 4, x / 4 - y / 2, y / 2], axis=1)
        np.testing.assert_allclose(scan.colours[below], 255 * shares, atol=0.51)

    @pytest.mark.parametrize("form", ["glb", "gltf"])
    def test_textures_are_looked_up(self, tmp_path: Path, form: str) -> None:
        content, data = scene(texture=True)
        written = glb(content, data) if form == "glb" else gltf(content, data)
        scan = read(tmp_path, written, f"a.{form}")
        left = scan.positions[:, 0] < 2
        np.testing.assert_array_equal(
            scan.colours, np.where(left[:, None], [255, 0, 0], [0, 0, 255])
        )
        assert scan.details["textures"] == "1"

    @pytest.mark.parametrize(
        ("transform", "seen"),
        [
            # Two by two pixels, r g above b w; what is seen at the left below, right below, right
            # above and left above of the square.
            ({}, "bwgr"),
            ({"offset": [0.5, 0]}, "wbrg"),
            ({"offset": [0, 0.5]}, "rgwb"),
            ({"scale": [0.5, 1]}, "bbrr"),
            ({"offset": [0, 1], "scale": [1, -1]}, "rgwb"),
            # The extension's own example: the lower left quarter, a quarter turn clockwise.
            ({"offset": [0, 1], "rotation": np.pi / 2, "scale": [0.5, 0.5]}, "bbbb"),
            ({"offset": [0, 1], "rotation": np.pi / 2}, "wgrb"),
            # The turn comes after the scale: what was halved along u is halved along v.
            ({"offset": [0, 1], "rotation": np.pi / 2, "scale": [0.5, 1]}, "wwbb"),
        ],
    )
    def test_transforms_of_textures_are_followed(
        self, tmp_path: Path, transform: dict[str, Any], seen: str
    ) -> None:
        named = {"r": [255, 0, 0], "g": [0, 255, 0], "b": [0, 0, 255], "w": [255, 255, 255]}
        out = io.BytesIO()
        pixels = np.array([[named["r"], named["g"]], [named["b"], named["w"]]], np.uint8)
        Image.fromarray(pixels).save(out, "PNG")
        uri = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
        content, data = scene(
            texture=True, images=[{"uri": uri}], extensionsRequired=["KHR_texture_transform"]
        )
        content["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {
            "index": 0, "texCoord": 5, "extensions": {"KHR_texture_transform": transform},
        }  # fmt: skip
        # The extension's own channel wins over that of the texture.
        transform["texCoord"] = 0
        scan = read(tmp_path, glb(content, data))
        x, y = scan.positions[:, 0] / 2, scan.positions[:, 1]
        corner = np.where(y < 1, np.where(x < 1, 0, 1), np.where(x < 1, 3, 2))
        expected = np.array([named[letter] for letter in seen])[corner]
        np.testing.assert_array_equal(scan.colours, expected)

    def test_a_colour_of_the_material_is_a_factor(self, tmp_path: Path) -> None:
        content, data = scene(texture=True)
        content["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] = [0.4, 1, 0.2, 1]
        scan = read(tmp_path, glb(content, data))
        left = scan.positions[:, 0] < 2
        np.testing.assert_array_equal(
            scan.colours, np.where(left[:, None], [102, 0, 0], [0, 0, 51])
        )


class TestHostileFiles:
    @pytest.mark.parametrize(
        "uri", ["../a.bin", "/etc/passwd", "http://localhost/a.bin", "file:///etc/passwd", 7]
    )
    def test_nothing_outside_is_opened(self, tmp_path: Path, uri: Any) -> None:
        (tmp_path / "a.bin").write_bytes(bytes(1000))
        content, data = scene(texture=True)
        outside = {**content, "buffers": [{"byteLength": 1000, "uri": uri}]}
        assert "not opened" in refusal(tmp_path, glb(outside, data))
        content["images"] = [{"uri": uri}]
        scan = read(tmp_path, glb(content, data))
        assert scan.colours is None
        assert "Textures in other files are not opened" in scan.notes[1]

    @pytest.mark.parametrize(
        ("place", "value", "expected"),
        [
            (("accessors", 0, "count"), 10**9, "1,000,000,000 values are promised"),
            (("accessors", 0, "count"), -1, "whole number of at least 0"),
            (("accessors", 0, "byteOffset"), 4, "4 values are promised"),
            (("accessors", 0, "bufferView"), 99, "but number 99 is used"),
            (("accessors", 0, "bufferView"), None, "but number None is used"),
            (("accessors", 0, "type"), "VEC2", "2 columns instead of 3"),
            (("accessors", 0, "componentType"), 1, "type is unknown"),
            (("accessors", 0, "sparse"), {}, "sparse"),
            (("accessors", 1, "componentType"), 5122, "no whole numbers"),
            (("bufferViews", 0, "byteLength"), 10**12, "ends at byte"),
            (("bufferViews", 0, "byteStride"), 4, "values are promised"),
            (("nodes", 0, "children"), [0], "below itself"),
            (("nodes", 0, "children"), "0", "no list of whole numbers"),
            (("nodes", 0, "matrix"), [1, 2], "not 16 numbers"),
            (("nodes", 0, "scale"), [1, 2, float("nan")], "not 3 numbers"),
            (("nodes", 0, "mesh"), 5, "number 5 is used"),
            (("scenes", 0, "nodes"), [0, 0], "below two others"),
            (("scenes", 0, "nodes"), [], "shows no mesh"),
            (("accessors", 3, "type"), "VEC2", "places of 2 numbers for 4 vertices"),
            (("asset", "version"), "1.0", "version '1.0'"),
            (
                ("materials",),
                [
                    {
                        "pbrMetallicRoughness": {
                            "baseColorTexture": {
                                "index": 0,
                                "extensions": {"KHR_texture_transform": {"rotation": "1"}},
                            }
                        }
                    }
                ],
                '"rotation" is no number',
            ),
            (("extensionsRequired",), ["KHR_draco_mesh_compression"], "without compression"),
        ],
    )
    def test_what_the_json_says_is_checked(
        self, tmp_path: Path, place: tuple[Any, ...], value: Any, expected: str
    ) -> None:
        content, data = scene(colours=True, texture=True)
        target: Any = content
        for step in place[:-1]:
            target = target[step]
        target[place[-1]] = value
        assert expected in refusal(tmp_path, glb(content, data))

    def test_corners_that_do_not_exist_are_refused(self, tmp_path: Path) -> None:
        content, data = scene()
        changed = data.replace(FACES.tobytes(), np.array([0, 1, 9, 0, 2, 3], "<u2").tobytes())
        assert "corner 10, but there are 4" in refusal(tmp_path, glb(content, changed))

    def test_a_mesh_that_is_shown_a_million_times_is_refused(self, tmp_path: Path) -> None:
        content, data = scene()
        content["nodes"] = [{"mesh": 0}] * 2000
        content["scenes"] = [{"nodes": list(range(2000))}]
        with patch("fewpoints.annotations.scans.readers.gltf.FREE_VERTICES", -60_000):
            assert "is absurd" in refusal(tmp_path, glb(content, data))

    def test_deep_json_lengths_that_lie_and_broken_pictures(self, tmp_path: Path) -> None:
        assert "JSON" in refusal(tmp_path, b'{"a":' + b"[" * 100_000, "a.gltf")
        assert "promises" in refusal(tmp_path, glb(*scene())[:-1])
        content, data = scene(texture=True)
        assert "no sound PNG" in refusal(tmp_path, glb(content, data.replace(b"PNG", b"PNX")))
        with patch("fewpoints.annotations.scans.readers.gltf_colours.MOST_PIXELS", 1):
            assert "more than 1 pixels" in refusal(tmp_path, glb(content, data))


SOUND = {"a.glb": glb(*scene(colours=True, texture=True)), "a.gltf": gltf(*scene(texture=True))}


@pytest.mark.parametrize("name", sorted(SOUND))
@attacked
@given(data=st.data())
def test_damaged_files(name: str, data: st.DataObject) -> None:
    with patch.object(mesh, "MOST_POINTS", 500):
        check(data.draw(mutated(SOUND[name])), Path(name).suffix)
