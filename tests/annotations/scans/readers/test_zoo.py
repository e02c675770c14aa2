# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The verdict on every file of the collection of dialects, one by one."""

from __future__ import annotations

import re
import struct
import time
from pathlib import Path
from typing import Any

import laspy
import numpy as np
import pytest

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.files import DATA, ENDIAN, PCD_STRUCT, STRUCT, needs_data
from tests.oracles.slow_text import slow_pts, slow_ptx, slow_table

pytestmark = needs_data

# (file, points, attributes: c colour, n normals, i intensity, then label fields)
LOADED = [
    ("derived/ply_ascii_crlf.ply", 5000, "c"),
    ("derived/ply_binary_crlf_header.ply", 5000, "c"),
    ("derived/ply_float_colour_0_1.ply", 5000, "c"),
    ("derived/ply_float_scalar_label_cloudcompare.ply", 5000, "c scalar_Classification"),
    ("derived/ply_int_coords.ply", 5000, "c"),
    ("derived/ply_millimetres.ply", 5000, "c"),
    ("derived/ply_negative_labels.ply", 5000, "c label instance"),
    ("derived/ply_uint16_colour.ply", 5000, "c"),
    ("derived/ply_utm_offset_double.ply", 5000, "c"),
    # Another project's reader once failed on its large integer; the file is sound.
    ("invalid/pdal_ply_issue_2421.ply", 1, ""),
    # Organised, with holes: sound as well.
    ("invalid/pcd_organized_with_NaN_points.pcd", 307200, ""),
    ("valid/loadersgl_cube_att.ply", 24, "n"),
    ("valid/loadersgl_ripple_bin.ply", 10201, "cn"),
    ("valid/pdal_simple_binary.ply", 3, ""),
    ("valid/pdal_simple_text.ply", 3, ""),
    ("valid/ply_ascii_points.ply", 5, ""),
    ("valid/ply_ascii_texcoord_lists.ply", 502, "c"),
    ("valid/ply_ascii_vertex_list_props.ply", 5, ""),
    ("valid/ply_bin_points.ply", 5, ""),
    ("valid/ply_featuretype_mesh.ply", 5096, "n"),
    ("valid/ply_multi_element.ply", 4, "c"),
    ("valid/pyntcloud_diamond_with_bool.ply", 6, "cn"),
    ("valid/pyntcloud_voxelgrid.ply", 6, ""),
    ("valid/tinyply_icosahedron.ply", 12, "n"),
    ("valid/loadersgl_simple-ascii.pcd", 213, "c"),
    ("valid/pcl_bun0_ascii.pcd", 397, "n"),
    ("valid/pcl_colored_binary_rgb_uint_normals_height1000.pcd", 1000, "cn"),
    ("valid/pcl_cturtle.pcd", 167198, "i"),
    ("valid/pcl_office1_keypoints.pcd", 1318, "i"),
    ("valid/pcl_test_io_binary.pcd", 153600, "i"),
    ("valid/pdal_utm17_space.pcd", 10, ""),
    ("valid/las_1.1_0.las", 1, "classification"),
    ("valid/las_1.1_1.las", 1, "classification"),
    ("valid/las_1.2_0.las", 1, "classification"),
    ("valid/las_1.2_2.las", 1, "c classification"),
    ("valid/laspy_1_4_w_evlr.laz", 1000, "i classification"),
    ("valid/laspy_append-bug.laz", 37805, "ci classification"),
    ("valid/laspy_both_wkt_geotiff.las", 25408, "i classification"),
    ("valid/laspy_unregistered_extra_bytes.las", 4, "classification"),
    ("valid/loadersgl_pdrf10-1.4.las", 1024, "ci classification"),
    ("valid/loadersgl_pdrf4-1.3.las", 1024, "i classification"),
    ("valid/loadersgl_pdrf4-1.3.laz", 1024, "i classification"),
    ("valid/loadersgl_pdrf5-1.3.laz", 1024, "ci classification"),
    ("valid/loadersgl_pdrf6-1.4.las", 1024, "i classification"),
    ("valid/loadersgl_pdrf6-1.4.laz", 1024, "i classification"),
    ("valid/loadersgl_pdrf9-1.4.laz", 1024, "i classification"),
    ("valid/pdal_1.2-empty-geotiff-vlrs.las", 43, "classification"),
    ("valid/pdal_epsg_4326.las", 5380, "i classification"),
    ("valid/pdal_extrabytes.las", 1065, "ci classification"),
    ("valid/pdal_laz_2bytespadding.laz", 1065, "ci classification"),
    ("valid/pdal_lots_of_vlr.las", 1, "i classification"),
    ("valid/pdal_prec3.las", 110, "ci classification"),
    ("valid/pdal_spurious.las", 1065, "ci classification"),
    ("valid/pdal_test1_4.las", 1000, "i classification"),
    ("valid/pdal_wontcompress3.las", 1000, "i classification"),
    ("valid/pyntcloud_diamond.las", 6, "c classification"),
    ("valid/pyntcloud_diamond.laz", 6, "c classification"),
    ("valid/pyntcloud_has_offsets.las", 20, "ci classification"),
    ("valid/obj_points_only.obj", 8, ""),
    ("derived/npy_fortran_order.npy", 5000, "c"),
    ("derived/npz_coord_color_segment_instance.npz", 5000, "c segment instance"),
    ("valid/pyntcloud_diamond.npy", 6, "cn"),
    ("valid/pyntcloud_diamond.npz", 6, "cn"),
    ("valid/pdal_autzen.pts", 10, "ci"),
    ("valid/pdal_test.pts", 19, "ci"),
    ("valid/pdal_complex-transform.ptx", 12, "ci"),
    ("valid/pdal_no-color.ptx", 15, "i"),
    ("valid/pdal_text_quoted.txt", 9, ""),
    ("valid/pdal_text_utm17_1.txt", 10, ""),
    ("valid/xyz_agisoft.xyz", 100, "c"),
    ("valid/xyz_cloudcompare.xyz", 101, "c"),
    ("derived/txt_s3dis_xyzrgb.txt", 5000, "c"),
    ("derived/txt_semicolon_decimal_comma.txt", 50, ""),
]

# Coarse meshes become samples of their surface; `test_meshes` looks at those.
SAMPLED = [
    ("valid/loadersgl_cube-vertex-colors.obj", 320000, True),
    ("valid/pdal_1.2-with-color.obj", 68006, True),
    ("valid/pyntcloud_diamond.off", 92376, False),
    ("valid/pyntcloud_diamond_color.obj", 92376, True),
    ("valid/pyntcloud_diamond_color.off", 92376, True),
]

REFUSED = [
    ("derived/bad_copc_truncated.copc.laz", r"byte 235: 1 extended records from byte 2,704,653"),
    ("derived/bad_las_count_too_big.las", r"byte 107: the header promises 10,000,000 points"),
    ("derived/bad_las_truncated.las", r"byte 107: the header promises 14,408 points"),
    ("derived/bad_laz_truncated.laz", r"byte 1,947: the table of compressed chunks"),
    ("derived/bad_npy_1d.npy", r"the array has the shape 5,000; points need"),
    ("derived/bad_npy_2cols.npy", r"the array has the shape 5,000 × 2; points need"),
    ("derived/bad_npy_object_pickle.npy", r"holds Python objects, which are never loaded"),
    ("derived/bad_pcd_points_mismatch.pcd", r"byte 32,241: the header promises 5,000 points"),
    ("derived/bad_ply_ascii_short_row.ply", r"line 111: 2 values where the header promises 6"),
    ("derived/bad_ply_count_huge.ply", r"byte 75,184: the header promises 4,000,000,000 vertex"),
    ("derived/bad_ply_count_too_big.ply", r"byte 75,178: the header promises 9,999 vertex"),
    ("derived/bad_ply_count_too_small_trailing_bytes.ply", r"byte 60,178: 15,000 bytes follow"),
    ("derived/bad_ply_duplicate_property.ply", r'line 5: element vertex has two properties "x"'),
    ("derived/bad_png_named.ply", r"not PLY, whatever the name says; it looks like a PNG"),
    ("derived/bad_random_bytes.ply", r"the content is not PLY"),
    ("derived/bad_zero_bytes.las", r"the file is empty"),
    ("derived/bad_zero_bytes.ply", r"the file is empty"),
    ("derived/ply_zero_points.ply", r"well formed but holds no points"),
    ("invalid/ign_truncated_nok.laz", r"byte 94: the header is said to have 0 bytes"),
    ("invalid/obj_not_enough_indices.obj", r"line 9: a face with 2 corners"),
    ("invalid/pdal_obj_no_vertex.obj", r"not OBJ, whatever the name says"),
    ("invalid/pdal_las_bad_vlr_count.las", r"byte 429: variable length record 3 of 3"),
    ("invalid/pdal_pcd_missingheader.pcd", r"the content is not PCD"),
    ("invalid/pdal_ply_no_vertex.ply", r'no element "vertex"'),
    ("invalid/pdal_ply_unsized_dims_no_z.ply", r"there is no field z"),
    ("invalid/ply_empty.ply", r"well formed but holds no points"),
    ("invalid/ply_emptyascii.ply", r"line 23: more lines follow"),
    # Sound, but of dialects that the decoder does not know.
    ("valid/loadersgl_pdrf9-1.5.laz", r"LASzip items of version 4 are not supported"),
    ("valid/pdal_laz_compressor_1.2r0.laz", r"LASzip compressor 1 of before 2011"),
]

REAL = [
    ("ipad-lidar-rooms/pix4d_database_430_db.ply", 52586),
    ("ipad-lidar-rooms/pix4d_user_470_user.ply", 86135),
    ("ipad-lidar-rooms/user_808-60.ply", 211368),
    ("open3d-fragments/frag_115.ply", 64365),
    ("open3d-fragments/fragment.pcd", 113662),
    ("office-rooms-labelled/room1_gt_fine.pcd", 237907),
    ("mosd-labelled/learn/learn0.pcd", 307200),
    ("coloured-objects/lion_takanawa.copc.laz", 341989),
    ("las-ign-lidarhd/las_with_several_extra_byte_bloc.laz", 697721),
    ("las-ign-lidarhd/myria3d_870000_6618000_50mx100m.las", 70840),
    ("las-pdal/autzen_trim.las", 110000),
    ("las-pdal/lone-star.copc.laz", 518862),
    ("las-pdal/sample_c.las", 14408),
]


def test_every_file_has_a_verdict() -> None:
    known = {name for name, *_ in (*LOADED, *SAMPLED)} | {name for name, _ in REFUSED}
    suffixes = {".ply", ".pcd", ".las", ".laz", ".npy", ".npz", ".pts", ".ptx", ".xyz", ".txt"}
    suffixes |= {".obj", ".off", ".stl"}
    there = {
        str(path.relative_to(DATA / "zoo"))
        for path in (DATA / "zoo").rglob("*")
        if path.suffix in suffixes
    }
    assert there == known


@pytest.mark.parametrize(("name", "points", "attributes"), LOADED)
def test_sound_files_load_with_all_they_have(name: str, points: int, attributes: str) -> None:
    path = DATA / "zoo" / name
    scan = read_scan(path)
    assert len(scan) == points
    letters, *labels = (" " + attributes if "class" in attributes[:5] else attributes).split(" ")
    assert list(scan.labels) == labels
    assert (scan.colours is not None) == ("c" in letters)
    assert (scan.normals is not None) == ("n" in letters)
    assert (scan.intensity is not None) == ("i" in letters)
    # A sum of products may be added up in another order.
    tolerance = 1e-15 if path.suffix == ".ptx" else 0
    np.testing.assert_allclose(scan.positions, independent(path), rtol=tolerance)


@pytest.mark.parametrize(("name", "points", "coloured"), SAMPLED)
def test_coarse_meshes_become_points_of_their_surface(
    name: str, points: int, coloured: bool
) -> None:
    scan = read_scan(DATA / "zoo" / name)
    assert len(scan) == points
    assert (scan.colours is not None) == coloured
    assert scan.normals is not None


@pytest.mark.parametrize(("name", "pattern"), REFUSED)
def test_the_others_are_refused_in_one_sentence(name: str, pattern: str) -> None:
    path = DATA / "zoo" / name
    start = time.monotonic()
    with pytest.raises(AppError) as caught:
        read_scan(path)
    assert time.monotonic() - start < 10
    message = str(caught.value)
    assert message.startswith(path.name)
    assert "\n" not in message
    assert re.search(pattern, message)


@pytest.mark.parametrize(("name", "points"), REAL)
def test_real_scans_load(name: str, points: int) -> None:
    scan = read_scan(DATA / name)
    assert len(scan) == points
    if not name.endswith(".pcd") or points < 200_000:
        np.testing.assert_array_equal(scan.positions, independent(DATA / name))


@pytest.mark.parametrize(
    "name",
    [
        "ply_ascii_crlf.ply",
        "ply_binary_crlf_header.ply",
        "ply_float_colour_0_1.ply",
        "ply_uint16_colour.ply",
        "ply_float_scalar_label_cloudcompare.ply",
        "ply_negative_labels.ply",
        "ply_utm_offset_double.ply",
    ],
)
def test_derived_files_have_the_colours_of_the_scan_they_come_from(name: str) -> None:
    reference = read_scan(DATA / "zoo/derived/ply_millimetres.ply")
    scan = read_scan(DATA / "zoo/derived" / name)
    assert reference.colours is not None
    assert scan.colours is not None
    np.testing.assert_array_equal(scan.colours, reference.colours)
    offset = np.median(scan.positions - reference.positions / 1000, axis=0)
    assert np.abs(scan.positions - reference.positions / 1000 - offset).max() < 1e-3


def independent(path: Path) -> Any:
    """(N, 3) positions by a plain loop over the file, or by laspy; shares no code with readers."""
    if path.suffix in (".las", ".laz"):
        points = laspy.read(path)
        header = points.header
        return np.stack(
            [
                np.asarray(points[a], np.float64) * header.scales[i] + header.offsets[i]
                for i, a in enumerate("XYZ")
            ],
            axis=1,
        )
    if path.suffix == ".obj":
        lines = [line.split() for line in path.read_text().splitlines()]
        return np.array([[float(v) for v in w[1:4]] for w in lines if w[:1] == ["v"]])
    if path.suffix in (".npy", ".npz"):
        array = np.load(path)
        array = array if isinstance(array, np.ndarray) else array[array.files[0]]
        rows = [[row[axis] for axis in "xyz"] if array.dtype.names else row for row in array]
        return np.array([[float(row[i]) for i in range(3)] for row in rows])
    content = path.read_bytes()
    if path.suffix == ".ptx":
        return np.array(slow_ptx(content))[:, :3]
    if path.suffix == ".pts":
        return np.array(slow_pts(content))[:, :3]
    if path.suffix in (".txt", ".xyz"):
        comma = path.name == "txt_semicolon_decimal_comma.txt"
        delimiter = ";" if comma else "," if path.name.startswith("pdal") else " "
        skip = int(path.name.startswith("pdal"))
        table = slow_table(content, delimiter=delimiter, comma=comma, skip=skip)
        return np.array(table)[:, :3]
    return _ply(content) if path.suffix == ".ply" else _pcd(content)


def _ply(content: bytes) -> Any:
    mark = content.index(b"end_header")
    start = content.index(b"\n", mark) + 1
    words = [line.split() for line in content[:mark].decode().splitlines()]
    form = next(w[1] for w in words if w and w[0] == "format")
    at = next(i for i, w in enumerate(words) if w[:2] == ["element", "vertex"])
    count, props = int(words[at][2]), []
    for w in words[at + 1 :]:
        if not w or w[0] != "property":
            break
        props.append((w[-1].lower(), "?" if w[1] == "bool" else STRUCT[w[1]]))
    places = [[p for p, _ in props].index(a) for a in "xyz"]
    if form == "ascii":
        lines = content[start:].decode().split("\n")[:count]
        return np.array([[float(line.split()[p]) for p in places] for line in lines])
    code = ENDIAN[form] + "".join(c for _, c in props)
    size = struct.calcsize(code)
    rows = struct.iter_unpack(code, content[start : start + count * size])
    return np.array([[row[p] for p in places] for row in rows], np.float64)


def _pcd(content: bytes) -> Any:
    mark = content.index(b"\nDATA") + 1
    start = content.index(b"\n", mark) + 1
    entries = {line.split()[0]: line.split()[1:] for line in content[:start].decode().splitlines()}
    count = int(entries["POINTS"][0])
    names = [name.lower() for name in entries["FIELDS"]]
    codes = [PCD_STRUCT[t + s] for t, s in zip(entries["TYPE"], entries["SIZE"], strict=True)]
    places = [names.index(a) for a in "xyz"]
    if entries["DATA"] == ["ascii"]:
        lines = content[start:].decode().split("\n")[:count]
        return np.array([[float(line.split()[p]) for p in places] for line in lines])
    if entries["DATA"] == ["binary"]:
        code = "<" + "".join(codes)
        rows = struct.iter_unpack(code, content[start : start + count * struct.calcsize(code)])
        return np.array([[row[p] for p in places] for row in rows], np.float64)
    data, columns, offset = (
        _lzf(content[start + 8 :], count * struct.calcsize("".join(codes))),
        [],
        0,
    )
    for code in codes:
        size = count * struct.calcsize(code)
        columns.append(struct.unpack(f"<{count}{code}", data[offset : offset + size]))
        offset += size
    return np.array([columns[p] for p in places], np.float64).T


def _lzf(data: bytes, size: int) -> bytes:
    out = bytearray()
    at = 0
    while len(out) < size:
        control = data[at]
        if control < 32:
            out += data[at + 1 : at + 2 + control]
            at += 2 + control
            continue
        length = control >> 5
        extra = length == 7
        if extra:
            length += data[at + 1]
        back = (control & 31) * 256 + data[at + 1 + extra] + 1
        for _ in range(length + 2):
            out.append(out[-back])
        at += 2 + extra
    return bytes(out)
