# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Our own parsers, each as a function of bytes that raises on what must never happen.

LAZ ends where its library begins: the product calls that in a process that may crash. So it does
with E57, of which the description has a parser here, and the points have one that may crash.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np

from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.errors import AppError, InvalidLabels, UnreadableScan
from fewpoints.annotations.label_mapping.mapping import (
    LOW_BITS,
    InvalidMapping,
    mapping_of_json,
    read_mapping,
)
from fewpoints.annotations.scans.fixes import apply_fixes
from fewpoints.annotations.scans.import_options import Fixes, ImportOptions, InvalidImportOptions
from fewpoints.annotations.scans.readers import (
    e57_header,
    kitti,
    las,
    las_crs,
    las_header,
    lzf,
    lzf_hdf5,
    mesh,
    mesh_text,
    npy_tables,
    pcd,
    ply,
    text_arrow,
)
from fewpoints.annotations.scans.readers import text as text_rows
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.readers.text_layout import InvalidTextLayout, TextLayout
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.sparse_labels import read_csv, write_csv
from tests.fuzz import built
from tests.fuzz.built import PART
from tests.fuzz.rules import (
    SCRATCH,
    assert_same,
    assert_sentence,
    assert_sound,
    assert_storable,
    scan_or_sentence,
)

# With these, a file of some lines has many blocks, and takes every fast path.
SMALL: Sequence[tuple[ModuleType, str, int]] = (
    (text_arrow, "LEAST_BYTES", 0),
    (text_rows, "BLOCK_BYTES", 64),
    (text_rows, "WINDOW_BYTES", 40),
    (text_rows, "_FEW", 0),
    (mesh_text, "BLOCK_BYTES", 64),
    (lzf_hdf5, "LEAST_BYTES", 0),
    (pcd, "BLOCK_ROWS", 2),
    (ply, "BLOCK_ROWS", 2),
    (las, "BLOCK_POINTS", 2),
    (kitti, "BLOCK_ROWS", 3),
    (npy_tables, "BLOCK_BYTES", 64),
)
MOST_TWICE = 20_000
# A surface becomes two million points, of however few triangles; that is no concern of a parser.
MOST_POINTS = 500
CLASSES = ClassList.from_names(["wall", "floor", "=cmd", "3"])


@dataclass(frozen=True)
class Target:
    """One parser; `words` are what its files are made of, `longest` the most bytes of an input."""

    feed: Callable[[bytes], PointScan | None]
    suffixes: tuple[str, ...]
    words: tuple[str, ...] = ()
    longest: int = 4096


def _read_as(
    suffix: str, build: Callable[[bytes], bytes] | None = None
) -> Callable[[bytes], PointScan | None]:
    def feed(content: bytes) -> PointScan | None:
        return _read({f"scan{suffix}": content if build is None else build(content)})

    return feed


def _read(
    files: Mapping[str, bytes], options: ImportOptions | None = None, *, called: str | None = None
) -> PointScan | None:
    """Read the first of the files, with the others beside it.

    `called`: how messages begin if not with its name.
    """
    name = next(iter(files))
    with ExitStack() as stack:
        stack.enter_context(patch.object(mesh, "MOST_POINTS", MOST_POINTS))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=SCRATCH)))
        for file, content in files.items():
            (folder / file).write_bytes(content)
        path = folder / name
        layout = None if options is None else options.text
        called = name if called is None else called
        plain = _outcome(lambda: read_scan(path, text=layout))
        scan = scan_or_sentence(plain, called, len(files[name]))
        if len(files[name]) <= MOST_TWICE:
            with ExitStack() as small:
                for module, constant, value in SMALL:
                    small.enter_context(patch.object(module, constant, value))
                assert_same(plain, _outcome(lambda: read_scan(path, text=layout)))
        assert sorted(os.listdir(folder)) == sorted(files)
    if scan is not None and options is not None:
        scan_or_sentence(apply_fixes(scan, options.fixes).scan, name, len(files[name]))
    return scan


def _outcome(read: Callable[[], PointScan]) -> PointScan | AppError:
    try:
        return read()
    except AppError as error:
        return error


def _zip(content: bytes) -> PointScan | None:
    """Messages may begin with the name of a file inside."""
    archive = built.archive(content)
    scan = _read({"scan.zip": archive}, called="")
    if scan is not None and scan.alignment is not None:
        assert_sound(apply_fixes(scan, Fixes()).scan, len(archive))
    return scan


def _las(content: bytes) -> PointScan | None:
    """The header and the records; the points where no decoder is needed."""
    try:
        file = io.BytesIO(content)
        header = las_header.read_header(file, len(content), "scan.las")
        details = las_crs.describe(file, header.records)
    except AppError as error:
        assert_sentence(str(error), "scan.las")
        return None
    for text in [*details, *details.values()]:
        assert_storable(text)
    if header.compressed:
        return None
    return _read({"scan.las": content})


def _e57(content: bytes) -> PointScan | None:
    """The description, and where it says that the points are."""
    content = built.e57(content)
    try:
        header = e57_header.read_header(io.BytesIO(content), len(content), "scan.e57")
    except UnreadableScan as error:
        assert_sentence(str(error), "scan.e57")
        return None
    assert_storable(header.coordinates)
    for station in header.stations:
        assert station.points >= 0
        for text in (station.name, station.note or "", *station.fields):
            assert_storable(text)
    return None


def _lzf(content: bytes) -> PointScan | None:
    """Two bytes for the size, then a stream; both ways to unpack it."""
    size, stream = int.from_bytes(content[:2], "little"), content[2:]
    try:
        with patch.object(lzf_hdf5, "LEAST_BYTES", sys.maxsize):
            plain: bytearray | memoryview | None = lzf.decompress(stream, size)
    except lzf.BadLzf:
        plain = None
    assert lzf_hdf5.decompress_sound(stream, size) == plain
    return None


def _kitti(content: bytes) -> PointScan | None:
    points, part, labels = content.partition(PART)
    return _read({"scan.bin": points} | ({"scan.label": labels} if part else {}))


def _options(content: bytes) -> PointScan | None:
    """Options as JSON, a layout as JSON, and a table that is read as they say."""
    first, _, table = content.partition(PART)
    try:
        options = ImportOptions.parse(first.decode("utf-8", "replace"))
    except (InvalidImportOptions, InvalidTextLayout) as error:
        assert_sentence(str(error), "")
        return None
    assert ImportOptions.from_json(options.to_json()) == options
    assert ImportOptions.parse(json.dumps(options.to_json())) == options
    if options.text is not None:
        assert TextLayout.from_json(options.text.to_json()) == options.text
        assert len(set(options.text.column_names())) == len(options.text.columns)
        options.text.describe()
    return _read({"scan.txt": table}, options) if table else None


def _labels(content: bytes) -> PointScan | None:
    """What can be read is written and read again as the same."""
    try:
        read = read_csv(content, CLASSES, scan_points=1000, strict=False, name="labels.csv")
    except InvalidLabels as error:
        assert_sentence(str(error), "labels.csv")
        return None
    for problem in read.problems[:20]:
        assert_sentence(problem, "labels.csv")
    again = read_csv(write_csv(read.labels, CLASSES), CLASSES, scan_points=1000)
    assert again.labels == read.labels
    rows, classes, instances = read.labels.points()
    assert len(rows) == len(classes) == len(instances)
    try:
        strict = read_csv(content, CLASSES, scan_points=1000, name="labels.csv")
    except InvalidLabels as error:
        assert read.problems
        assert_sentence(str(error), "labels.csv")
    else:
        assert strict.labels == read.labels
    return None


def _mapping(content: bytes) -> PointScan | None:
    """Labels of a file onto classes: read again it is the same, and it maps any numbers."""
    try:
        mapping = read_mapping(content, CLASSES, name="mapping.json")
    except InvalidMapping as error:
        assert_sentence(str(error), "")
        return None
    assert mapping_of_json(mapping.to_json(CLASSES), CLASSES) == mapping
    for kind in ("i4", "i8", "u8"):
        info = np.iinfo(kind)
        values = np.array([info.min, info.max, 0, 1, 2, 40], kind)
        found = mapping.classes_of(values)
        expected = [
            mapping.classes.get(int(v) & LOW_BITS if mapping.packed else int(v)) for v in values
        ]
        assert found.tolist() == [UNLABELLED if e is None else e for e in expected]
        assert (mapping.instances_of(values, values) >= 0).all()
    return None


_NUMBERS = ("nan", "-nan", "inf", "1e30", "1e-400", "-1", "0", "4294967296", "1e308", "999999999")
_ROLES = ("x", "y", "z", "nx", "red", "green", "blue", "rgb", "intensity", "label", "instance")

_E57_WORDS = (
    "<e57Root", "<data3D", "<points", "<prototype", "<pose", "<rotation", "<translation",
    "fileOffset=", "recordCount=", "CompressedVector", "Integer", "ScaledInteger", "Float",
    "minimum=", "maximum=", "precision=", "scale=", "offset=", "<!DOCTYPE", "encoding=",
    "cartesianX", "sphericalRange", "colorRed", "</", "/>", "xmlns:", *_NUMBERS,
)  # fmt: skip

TARGETS: Mapping[str, Target] = {
    "pcd": Target(
        _read_as(".pcd"),
        (".pcd",),
        (
            "# .PCD v0.7", "VERSION", "FIELDS", "COLUMNS", "SIZE", "TYPE", "COUNT", "WIDTH",
            "HEIGHT", "VIEWPOINT", "POINTS", "DATA ascii", "DATA binary", "DATA binary_compressed",
            "F", "U", "I", "rgba", "normal_x", *_ROLES, *_NUMBERS,
        ),
    ),
    "lzf": Target(_lzf, (".lzf",)),
    "ply": Target(
        _read_as(".ply"),
        (".ply",),
        (
            "ply", "format ascii 1.0", "format binary_little_endian 1.0",
            "format binary_big_endian 1.0", "element vertex ", "element face ", "property list ",
            "property ", "end_header", "comment", "obj_info", "char", "uchar", "short", "ushort",
            "int", "uint", "float", "double", "int8", "uint8", "float32", "float64",
            "vertex_indices", "f_dc_0", "scale_0", "rot_0", "opacity", *_ROLES, *_NUMBERS,
        ),
    ),
    "text": Target(
        _read_as(".txt"),
        (".xyz", ".txt", ".csv", ".asc"),
        (
            ";", "\\x09", ",", "//X;Y;Z", "\\xef\\xbb\\xbf", "#", "1,5", "1.#QNAN", "wall", "'",
            "\\x22", "\\x22\\x22", "class", "2024-05-01T12:00:01", *_ROLES, *_NUMBERS,
        ),
    ),
    "gltf": Target(
        _read_as(".gltf"),
        (".gltf",),
        (
            "accessors", "bufferView", "bufferViews", "byteOffset", "byteLength", "byteStride",
            "componentType", "5120", "5121", "5123", "5125", "5126", "count", "type", "VEC3",
            "VEC4", "VEC2", "SCALAR", "normalized", "true", "sparse", "POSITION", "COLOR_0",
            "TEXCOORD_0", "indices", "mode", "scene", "scenes", "nodes", "children", "mesh",
            "meshes", "primitives", "attributes", "matrix", "translation", "rotation", "scale",
            "material", "materials", "textures", "images", "uri", "extensionsRequired", "null",
            "baseColorTexture", "baseColorFactor", "pbrMetallicRoughness", *_NUMBERS,
        ),
    ),
    "glb": Target(_read_as(".glb", built.glb), (".glb",), ("glTF", "JSON", "BIN\\x00", *_NUMBERS)),
    "obj": Target(
        _read_as(".obj"),
        (".obj",),
        ("v ", "vt ", "vn ", "f ", "l ", "p ", "mtllib", "usemtl", "1//2", "-1/-1", "\\\\\\x0a"),
    ),
    "e57": Target(_e57, (".e57",), _E57_WORDS, longest=6144),
    # A library decodes the points; how they become a scan is ours.
    "e57_points": Target(_read_as(".e57", built.sealed_e57), (".e57",), _E57_WORDS, longest=6144),
    "npy": Target(
        _read_as(".npy", built.npy),
        (".npy",),
        ("descr", "fortran_order", "shape", "True", "False", "<f4", ">f8", "|O", "|V3", "<U3", "(",
         "xyz", "(3,)", "<c8", "<M8[ns]", *_ROLES, *_NUMBERS),
    ),
    "npz": Target(
        _read_as(".npz", built.npz),
        (".npz",),
        ("PK\\x01\\x02", "PK\\x03\\x04", "PK\\x05\\x06", "PK\\x06\\x06", "PK\\x06\\x07",
         "coord.npy", "color.npy", "segment.npy", "normal.npy", "instance.npy"),
    ),
    "zip": Target(
        _zip,
        (".zip",),
        ("PK\\x01\\x02", "PK\\x03\\x04", "PK\\x05\\x06", "a.ply", "a.bin", "a.label", "../", "/",
         "\\\\", "a.zip", ".txt", "Annotations", "_vh_clean_2.ply", "segment.npy", "segIndices",
         "segGroups", "axisAlignment = "),
        longest=8192,
    ),
    "las": Target(_las, (".las",), ("LASF", "LASF_Projection", "LASF_Spec", "PROJCS[", "UNIT[")),
    "off": Target(
        _read_as(".off"), (".off",), ("OFF", "COFF", "NOFF", "STOFF", "4OFF", "BINARY", *_NUMBERS)
    ),
    "stl": Target(
        _read_as(".stl"),
        (".stl",),
        ("solid", "facet normal", "outer loop", "vertex", "endloop", "endfacet", "endsolid",
         "COLOR=", *_NUMBERS),
    ),
    "pts": Target(_read_as(".pts"), (".pts",), ("\\x0a4\\x0a", *_NUMBERS)),
    "ptx": Target(_read_as(".ptx"), (".ptx",), ("0 0 0 0", "0 0 0 1", "0 0 0 0.5", *_NUMBERS)),
    "kitti": Target(_kitti, (".bin",), ("\\x0a-----\\x0a",)),
    "options": Target(
        _options,
        (".json",),
        (
            "version", "fixes", "text", "unit", "up", "drop_duplicates", "thin_to", "columns",
            "delimiter", "decimal", "skip", "names", "reason", "blanks", "semicolon", "comma",
            "point", "null", "true", "1e400", "NaN", "Infinity", "millimetres", "feet", "+y",
            "\\\\ud800", "\\x0a-----\\x0a", *_ROLES,
        ),
    ),
    "mapping": Target(
        _mapping,
        (".json",),
        ("format", "version", "field", "packed", "instance", "none", "values", "value", "class",
         "name", "wall", "floor", "null", "true", "65535", "65536", "\\\\ud800", *_NUMBERS),
    ),
    "labels": Target(
        _labels,
        (".csv",),
        ("index", "class", "class_name", "instance", "who", "when", "seconds", "strategy",
         "checkpoint", "reply", "note", "unsure", "skip", "unlisted", "wall", "floor", "=cmd",
         "\\x0d", "\\xef\\xbb\\xbf", "\\xff\\xfe", "'"),
    ),
}  # fmt: skip
