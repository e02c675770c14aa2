# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a fuzzer begins with: small sound files of all dialects, and small real ones."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from fewpoints.annotations.label_mapping.mapping import FORMAT
from fewpoints.annotations.sparse_labels import COLUMNS
from tests.annotations.datasets.folders import scannet_scene
from tests.annotations.files import (
    COLOURS,
    DATA,
    POINTS,
    RGB,
    XYZ,
    Prop,
    las,
    lzf_literals,
    pcd,
    ply,
)
from tests.annotations.scans.readers import (
    test_e57,
    test_gltf,
    test_kitti,
    test_las,
    test_meshes,
    test_mutations,
    test_npy,
    test_pcd,
    test_splats,
    test_text,
)
from tests.annotations.scans.readers.plain_e57 import write
from tests.fuzz.built import PART, archive, taken_apart
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"


def seeds(parser: str) -> dict[str, bytes]:
    """Name -> content; none longer than the parser's inputs may be."""
    longest = TARGETS[parser].longest
    found = {**own(parser), **_kept(parser), **others(parser)}
    return {name: content for name, content in found.items() if len(content) <= longest}


def own(parser: str) -> dict[str, bytes]:
    """Those that are made here."""
    return {**_sound(TARGETS[parser].suffixes), **_MORE.get(parser, dict)()}


def others(parser: str) -> dict[str, bytes]:
    """Real files, of other people; never copied to here, nor are pieces of them."""
    return {
        path.name: path.read_bytes()
        for suffix in TARGETS[parser].suffixes
        for path in sorted((DATA / "zoo").rglob(f"*{suffix}"))
        if path.stat().st_size <= TARGETS[parser].longest
    }


def _kept(parser: str) -> dict[str, bytes]:
    folder = CORPUS / parser
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}


def _sound(suffixes: tuple[str, ...]) -> dict[str, bytes]:
    """The files that the readers' own tests damage."""
    modules = (test_gltf, test_meshes, test_mutations, test_npy, test_text)
    return {
        name: content
        for module in modules
        for name, content in module.SOUND.items()
        if Path(name).suffix in suffixes
    }


def _pcd() -> dict[str, bytes]:
    fields = [
        ("x", "F4", 1), ("_", "U1", 3), ("y", "F8", 1), ("z", "I2", 1), ("rgb", "F4", 1),
        ("normal_x", "F4", 1), ("normal_y", "F4", 1), ("normal_z", "F4", 1), ("hist", "U2", 3),
        ("label", "U4", 1), ("intensity", "F4", 1),
    ]  # fmt: skip
    row = (0.5, 0, 0, 0, 1.5, 2, 1e-39, 0.0, 0.0, 1.0, 1, 2, 3, 7, 0.25)
    found = {f"wide {way}": pcd(way, fields, [row] * 3) for way in ("ascii", "binary")}
    # Equal values side by side: copies as well as literals.
    packed = pcd("binary_compressed", fields, [row] * 6)
    head, mark, _ = packed.partition(b"DATA binary_compressed\n")
    data = pcd("binary", fields, [row] * 6).partition(b"DATA binary\n")[2]
    small = test_pcd._compress(data)
    sizes = np.array([len(small), len(data)], "<u4").tobytes()
    return found | {"copies": head + mark + sizes + small}


def _lzf() -> dict[str, bytes]:
    data = bytes(test_npy.RNG.integers(0, 4, 300, dtype=np.uint8)) + bytes(600) + b"abc" * 100
    found = {"packed": test_pcd._compress(data), "plain": lzf_literals(data)}
    return {name: len(data).to_bytes(2, "little") + stream for name, stream in found.items()}


def _ply() -> dict[str, bytes]:
    props: list[Prop] = [
        ("x", "double"), ("y", "double"), ("z", "double"), ("l", "uchar", "short"), *RGB,
        ("nx", "float"), ("ny", "float"), ("nz", "float"), ("label", "int"),
        ("intensity", "ushort"),
    ]  # fmt: skip
    rows = [(*p, [1, 2], *c, 0.0, 0.0, 1.0, 3, 9) for p, c in zip(POINTS, COLOURS, strict=True)]
    found = {}
    for form in ("ascii", "binary_little_endian", "binary_big_endian"):
        found[f"lists {form}"] = ply(form, [("vertex", props, rows)])
        found[f"plain {form}"] = ply(form, [("vertex", XYZ, POINTS)], newline="\r\n")
        found[f"splats {form}"] = ply(form, [("vertex", test_splats.PROPS, test_splats.splats(3))])
    return found


def _las() -> dict[str, bytes]:
    record = test_las.TestCoordinateSystem.record
    keys = np.array([1, 1, 0, 3, 1024, 0, 1, 1, 3076, 0, 1, 9002, 1026, 34737, 4, 0], "<u2")
    wkt = b'COMPD_CS["B",PROJCS["A",GEOGCS["G",UNIT["degree",0.0174]],UNIT["metre",1]]]\0'
    records = record(34735, keys.tobytes()) + record(34737, b"Here|") + record(2112, wkt)
    found = {"systems": las(test_las.ROWS, records=records, record_count=3)}
    for version in (2, 3, 7, 8):
        for compress in (True, False):
            content = test_las.laz(5, point_format=version, compress=compress)
            found[f"format {version} {compress}"] = content
    return found


def _e57() -> dict[str, bytes]:
    points = [*test_e57.xyz(), *test_e57.rgb()]
    small = test_e57.xyz(kind=test_e57.MILLIMETRES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.e57"
        whole = write(
            path,
            [points, small],
            poses=[((1, 0, 0, 0), (1, 2, 3)), None],
            limits=[{"intensityLimits": (0, 1), "colorLimits": (0, 255)}],
        ).read_bytes()
        path.unlink()
        found = {"two": whole, "one": write(path, [small]).read_bytes()}
    return found | {f"{name} apart": taken_apart(content) for name, content in found.items()}


def _npy() -> dict[str, bytes]:
    named = np.zeros(3, [("xyz", "<f4", 3), ("rgb", "u1", 3), ("label", "<i8"), ("t", "<M8[s]")])
    found = {
        "named": test_npy.npy(named),
        "big": test_npy.npy(test_npy.XYZ[:9].astype(">f8")),
        "labelled": test_npy.npy(np.c_[test_npy.XYZ, test_npy.RGB, test_npy.LABEL][:20]),
        "second": test_npy.npy(test_npy.XYZ.astype(np.int16), version=(2, 0)),
    }
    return found | {f"{name} apart": _bare(content) for name, content in found.items()}


def _bare(content: bytes) -> bytes:
    """An array without what stands before its description."""
    return content[10 if content[6] == 1 else 12 :]


def _npz() -> dict[str, bytes]:
    few = slice(0, 6)
    xyz, rgb, label = test_npy.XYZ[few], test_npy.RGB[few], test_npy.LABEL[few]
    members = {
        "pointcept": {"coord": xyz, "color": rgb, "segment": label, "instance": label},
        "columns": {"arr_0": np.c_[xyz, rgb]},
        "apart": {"x": xyz[:, 0], "y": xyz[:, 1], "z": xyz[:, 2], "normal": xyz},
    }
    found = {name: test_npy.npz(**arrays) for name, arrays in members.items()}
    for name, arrays in members.items():
        found[f"{name} apart"] = PART.join(
            f"{member}.npy\n".encode() + _bare(test_npy.npy(array))
            for member, array in arrays.items()
        )
    return found


def _zip() -> dict[str, bytes]:
    small = ply("ascii", [("vertex", XYZ, POINTS)])
    labels = np.arange(20, dtype="<u4").tobytes()
    files = {
        "one": {"a.ply": small},
        "two": {"in/a.ply": small, "in/b.txt": test_text.table(POINTS), "readme.md": b"# Hello"},
        "sweep": {"velodyne/000000.bin": test_kitti.sweep(20), "labels/000000.label": labels},
        "room": {
            "Area_1/office_1/office_1.txt": test_text.table([(*p, 1, 2, 3) for p in POINTS]),
            "Area_1/office_1/Annotations/wall_1.txt": test_text.table(
                [(*p, 1, 2, 3) for p in POINTS]
            ),
        },
        "pointcept": {
            "coord.npy": test_npy.npy(test_npy.XYZ[:5]),
            "color.npy": test_npy.npy(test_npy.RGB[:5]),
            "segment.npy": test_npy.npy(test_npy.LABEL[:5]),
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        scannet_scene(Path(folder) / "scene0000_00")
        files["scannet"] = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }
    found = {}
    for name, members in files.items():
        pieces = [member.encode() + b"\n" + content for member, content in members.items()]
        found[f"{name} apart"] = PART.join(pieces)
        found[name] = archive(found[f"{name} apart"])
    return found


def _gltf() -> dict[str, bytes]:
    return {
        "colours": test_gltf.gltf(*test_gltf.scene(colours=True)),
        "bare": test_gltf.gltf(*test_gltf.scene()),
        "turned": test_gltf.gltf(
            *test_gltf.scene(
                nodes=[
                    {"children": [1], "matrix": [*np.eye(4).ravel()]},
                    {
                        "mesh": 0,
                        "translation": [1, 2, 3],
                        "rotation": [0, 0, 0, 1],
                        "scale": [1, 1, 2],
                    },
                ]
            )
        ),
    }


def _glb() -> dict[str, bytes]:
    found = {}
    for name, parts in {
        "colours": {"colours": True},
        "picture": {"texture": True},
        "bare": {},
    }.items():
        content, data = test_gltf.scene(**parts)
        found[name] = test_gltf.glb(content, data)
        found[f"{name} apart"] = json.dumps(content).encode() + PART + data
    return found


def _kitti() -> dict[str, bytes]:
    points = test_kitti.sweep(20)
    labels = np.arange(20, dtype="<u4") * 65_537
    return {
        "four": points,
        "five": test_kitti.sweep(20, columns=5),
        "labelled": points + PART + labels.tobytes(),
    }


def _options() -> dict[str, bytes]:
    table = test_text.table(
        [[1, 2, 3, 10, 20, 30], [2, 3, 4, 40, 50, 60]], delimiter=";", comma=True
    )
    layout = {
        "columns": ["x", "y", "z", "r", "g", "b"], "delimiter": "semicolon", "decimal": "comma",
        "skip": 1, "names": ["a", "b", "c", "d", "d", "e"], "reason": "said",
    }  # fmt: skip
    fixes = {"unit": "millimetres", "up": "+y", "drop_duplicates": True, "thin_to": 0.5}
    found = {
        "all": {"version": 1, "fixes": fixes, "text": layout},
        "fixes": {"version": 1, "fixes": fixes},
        "few": {"text": {"columns": ["skip", "x", "y", "z", "label", "intensity"]}},
    }
    texts = {name: json.dumps(options).encode() for name, options in found.items()}
    more = {"table": texts["all"] + PART + b"x;y\n" + table, "plain": texts["few"] + PART + table}
    return texts | more | {"read": texts["fixes"] + PART + table.replace(b",", b".")}


def _mapping() -> dict[str, bytes]:
    values = [
        {"value": 1, "class": "wall", "name": "Wand"},
        {"value": 40, "class": 1},
        {"value": 0, "class": None},
    ]
    plain = {"format": FORMAT, "version": 1, "field": "label", "values": values}
    found = {
        "packed": {**plain, "packed": True},
        "objects": {**plain, "instance": {"field": "object_id", "none": -1}},
    }
    return {name: json.dumps(mapping).encode() for name, mapping in found.items()}


def _labels() -> dict[str, bytes]:
    full = ",".join(COLUMNS) + "\n4,1,floor,7,me,2026-01-02T03:04:05Z,1.5,random,12,class,\n"
    replies = "9,,,,me,,,,,skip,\n9,,,,me,,,,,note,what is it\n2,2,'=cmd,,,,,,,,\n"
    return {
        "full": (full + replies).encode(),
        "few": b"\xef\xbb\xbfClass;Index\r\nwall;3\r\nfloor;4.0\r\n",
        "wide": "index\tclass_name\n1\t'=cmd\n2\twall\n".encode("utf-16"),
    }


_MORE: Mapping[str, Callable[[], dict[str, bytes]]] = {
    "e57": _e57, "e57_points": _e57, "glb": _glb, "gltf": _gltf, "kitti": _kitti,
    "labels": _labels, "las": _las, "lzf": _lzf, "mapping": _mapping, "npy": _npy, "npz": _npz,
    "options": _options, "pcd": _pcd, "ply": _ply, "zip": _zip,
}  # fmt: skip
