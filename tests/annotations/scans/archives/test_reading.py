# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scans of several files, from a folder and from an archive of it."""

from __future__ import annotations

import io
import json
import re
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.archives.container import effort_bytes, opened
from fewpoints.annotations.scans.archives.looking import scans_in
from fewpoints.annotations.scans.archives.unpacking import own_bytes, own_suffix, write_own
from fewpoints.annotations.scans.fixes import apply_fixes, to_file_frame
from fewpoints.annotations.scans.import_options import Fixes, ImportOptions
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers.in_process import (
    read_fixed_in_process,
    read_scan_in_process,
)
from fewpoints.annotations.scans.readers.kitti import read_kitti
from fewpoints.annotations.scans.readers.reading_processes import end_idle_processes
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.datasets.folders import (
    CATEGORIES,
    OBJECTS,
    OFFICE,
    SEGMENTS,
    VERTICES,
    s3dis_room,
    scannet_scene,
)
from tests.annotations.files import COLOURS, DATA, POINTS, RGB, XYZ, needs_data, ply
from tests.annotations.scans.archives.zips import Entry, archive, files
from tests.annotations.scans.readers.test_kitti import sweep

ROWS = [(*p, *c) for p, c in zip(POINTS, COLOURS, strict=True)]
ROOM = ply("binary_little_endian", [("vertex", [*XYZ, *RGB], ROWS)])
TURNED = [[0.6, -0.8, 0, 1.5], [0.8, 0.6, 0, -2], [0, 0, 1, -0.25]]


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []
    end_idle_processes()


def zipped(folder: Path, *, top: str = "") -> Path:
    target = folder.with_name(f"{folder.name}-archive.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                out.write(path, top + path.relative_to(folder).as_posix())
    return target


def both(folder: Path, *, top: str = "") -> Iterator[PointScan]:
    yield read_scan(folder)
    yield read_scan(zipped(folder, top=top))


def npy(values: AnyArray) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def written(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_zip_of_one_scan_is_that_scan(tmp_path: Path) -> None:
    path = tmp_path / "room.zip"
    path.write_bytes(files({"rooms/a.ply": ROOM, "README.md": b"#", "notes.txt": b"so and so\n"}))
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.positions, POINTS)
    np.testing.assert_array_equal(scan.colours, COLOURS)
    assert scan.source_format == "ply"
    assert scan.details["archive"] == "rooms/a.ply"
    assert "README.md (a document)" in scan.notes[-1]
    assert "notes.txt (a text without rows of points)" in scan.notes[-1]


@pytest.mark.parametrize(
    "row", ['"0.5","2","3"', "0.5,2,NA", "'0.5';'2';'null'", '"0,5";"2,0";"3,5"', '"NA" "2" "3"']
)
def test_tables_in_an_archive_may_be_spelled_as_alone(tmp_path: Path, row: str) -> None:
    table = b"x,y,z\n" + f"{row}\n".encode() * 9
    path = tmp_path / "rooms.zip"
    path.write_bytes(files({"a.ply": ROOM, "b.csv": table, "notes.txt": b"so and so\n"}))
    with opened(path, name=path.name) as container:
        found = scans_in(container)
    assert [group.members for group in found.groups] == [("a.ply",), ("b.csv",)]
    assert [one.name for one in found.left_out] == ["notes.txt"]


def test_of_several_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "rooms.zip"
    moved = [(x + 1, y, z, *c) for (x, y, z), c in zip(POINTS, COLOURS, strict=True)]
    other = ply("ascii", [("vertex", [*XYZ, *RGB], moved)])
    path.write_bytes(files({"a/room.ply": ROOM, "b/room.ply": other}))
    with pytest.raises(UnreadableScan, match=r"2 scans are in it: a/room.ply, b/room.ply"):
        read_scan(path)
    for member in ("b/room.ply", "b_room.ply"):
        scan = read_scan_in_process(path, options=ImportOptions(member=member))
        np.testing.assert_array_equal(scan.positions[:, 0], np.array(POINTS)[:, 0] + 1)
    with pytest.raises(UnreadableScan, match=r'no scan "c.ply" is in it; there is a/room.ply'):
        read_scan(path, member="c.ply")
    single = tmp_path / "a.ply"
    single.write_bytes(ROOM)
    with pytest.raises(UnreadableScan, match="this is one scan"):
        read_scan(single, member="b")


def test_long_names_do_not_make_a_long_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rooms.zip"
    names = [f"{floor}/{'long' * 30}.ply" for floor in range(9)]
    path.write_bytes(files(dict.fromkeys(names, ROOM)))
    with pytest.raises(
        UnreadableScan, match=r"9 scans are in it: 0/.*, 1/.*….* and 7 more"
    ) as told:
        read_scan(path)
    assert len(str(told.value)) < 500


def test_the_member_is_kept_among_the_import_options() -> None:
    options = ImportOptions(member="b/room.ply")
    assert ImportOptions.from_json(options.to_json()) == options


def test_a_sweep_has_its_labels_from_an_archive_and_a_folder(tmp_path: Path) -> None:
    points = sweep(300)
    words = [i % 20 | (i // 7) << 16 for i in range(300)]
    labels = struct.pack("<300I", *words)
    folder = written(
        tmp_path / "seq", {"velodyne/000000.bin": points, "labels/000000.label": labels}
    )
    alone = read_kitti(folder / "velodyne" / "000000.bin", name="x")
    for scan in both(folder, top="sequences/00/"):
        np.testing.assert_array_equal(scan.positions, alone.positions)
        assert scan.labels["semantic"].tolist() == [word & 0xFFFF for word in words]
        assert scan.labels["instance"].tolist() == [word >> 16 for word in words]
    wrong = written(tmp_path / "bad", {"a.bin": points, "a.label": labels[:-4]})
    for path in (wrong, zipped(wrong)):
        with pytest.raises(UnreadableScan, match=r"a.label has 299 labels"):
            read_scan(path)


def expected_scene() -> tuple[list[int], list[int]]:
    """NYU40 ids and objects of the tiny scene, by a loop over its vertices."""
    ids = {"wall": 1, "chair": 5, "dining table": 7, "ceiling fan": 40}
    semantic, instance = [], []
    for segment in SEGMENTS:
        owner = None
        for one in OBJECTS:
            if segment in one["segments"]:
                owner = one
        semantic.append(0 if owner is None else ids[owner["label"]])
        instance.append(0 if owner is None else owner["objectId"] + 1)
    return semantic, instance


def test_a_scene_has_ids_objects_and_asks_to_be_aligned(tmp_path: Path) -> None:
    folder = tmp_path / "download"
    scannet_scene(folder / "scans" / "scene0000_00")
    (folder / "scannetv2-labels.combined.tsv").write_text(CATEGORIES)
    semantic, instance = expected_scene()
    for scan in both(folder):
        assert scan.labels["semantic"].tolist() == semantic
        assert scan.labels["instance"].tolist() == instance
        assert scan.source_format == "scannet"
        assert scan.positions.tolist() == [list(vertex[:3]) for vertex in VERTICES]
        fixed, undo = apply_fixes(scan, Fixes())
        for position, (x, y, z, *_) in zip(fixed.positions, VERTICES, strict=True):
            turned = [row[0] * x + row[1] * y + row[2] * z + row[3] for row in TURNED]
            np.testing.assert_allclose(position, turned, atol=1e-6)
        (said,) = [f for f in inspect_scan(fixed, name="a", undo=undo).findings if f.fix]
        assert "turned by 53.1°" in said.sentence
        assert "the axisAlignment of scene0000_00.txt says" in said.sentence
        assert said.fix == {"unaligned": True}


SCALED, SHEARED = "2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1", "1 0.5 0 0 0 1 0 0 0 0 1 0 0 0 0 1"


@pytest.mark.parametrize(
    ("alignment", "said"),
    [
        (SCALED, "it scales, shears or flattens"),
        (SHEARED, "it scales, shears or flattens"),
        ("0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1", "it scales, shears or flattens"),
        ("1e200 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1", "it scales, shears or flattens"),
        ("-1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1", "it mirrors"),
        ("1 0 0 0 0 1 0 0 0 0 nan 0 0 0 0 1", "not finite"),
        ("1 0 0 inf 0 1 0 0 0 0 1 0 0 0 0 1", "not finite"),
        ("1 0 0 1e30 0 1 0 0 0 0 1 0 0 0 0 1", "moves points farther than 1e\\+09"),
        ("1 0 0 0 0 1 0 0 0 0 1 0 1 0 0 1", "last row is not 0 0 0 1"),
        ("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0", "not 16 numbers"),
        ("1 0 0 0 0 1 0 0 0 0 one 0 0 0 0 1", "not 16 numbers"),
        ("", "not 16 numbers"),
    ],
)
def test_what_is_no_rigid_motion_is_not_followed(tmp_path: Path, alignment: str, said: str) -> None:
    folder = scannet_scene(tmp_path / "scene0000_00", alignment=alignment)
    for scan in both(folder):
        fixed, undo = apply_fixes(scan, Fixes())
        assert undo is None
        assert fixed.positions.tolist() == [list(vertex[:3]) for vertex in VERTICES]
        (note,) = [note for note in scan.notes if "axisAlignment" in note]
        assert re.search(
            rf"scene0000_00.txt, line 1: axisAlignment must be .*, but .*{said}.* not followed",
            note,
        )


def test_a_scene_that_lies_well_or_says_nothing_is_left(tmp_path: Path) -> None:
    still = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
    folder = scannet_scene(tmp_path / "scene0000_00", alignment=still)
    assert all(scan.alignment is None for scan in both(folder))
    (folder / "scene0000_00.txt").write_bytes(b"axisAlignment = \xff\xfe\n")
    for scan in both(folder):
        assert scan.alignment is None
        assert "this is no text. It is not followed" in scan.notes[-1]
    (folder / "scene0000_00.txt").unlink()
    for scan in both(folder):
        assert scan.alignment is None
        assert not any("axisAlignment" in note for note in scan.notes)


def test_a_process_aligns_a_scene_and_knows_the_way_back(tmp_path: Path) -> None:
    folder = scannet_scene(tmp_path / "scene0000_00")
    here = apply_fixes(read_scan(folder), Fixes()).scan
    scan, undo = read_fixed_in_process(zipped(folder))
    assert scan.positions.tobytes() == here.positions.tobytes()
    assert undo is not None
    assert undo.alignment is not None
    back, _ = to_file_frame(scan, {}, undo)
    assert back.positions.tolist() == [list(vertex[:3]) for vertex in VERTICES]
    left, _ = read_fixed_in_process(folder, options=ImportOptions(Fixes(unaligned=True)))
    assert left.positions.tolist() == back.positions.tolist()
    assert "was not to be followed" in left.notes[-1]


def test_a_scene_without_the_table_has_the_classes_of_the_benchmark(tmp_path: Path) -> None:
    folder = scannet_scene(tmp_path / "scene0000_00")
    semantic, instance = expected_scene()
    known = [id if id in (1, 5) else 0 for id in semantic]
    for scan in both(folder):
        assert scan.labels["semantic"].tolist() == known
        assert scan.labels["instance"].tolist() == instance
        assert any('"ceiling fan", "dining table"' in note for note in scan.notes)


def test_labels_of_a_scene_come_from_its_labelled_mesh(tmp_path: Path) -> None:
    folder = scannet_scene(tmp_path / "scene0000_00")
    rows = [(*vertex[:3], 39 - i) for i, vertex in enumerate(VERTICES)]
    mesh = ply("binary_little_endian", [("vertex", [*XYZ, ("label", "ushort")], rows)])
    (folder / "scene0000_00_vh_clean_2.labels.ply").write_bytes(mesh)
    for scan in both(folder):
        assert scan.labels["semantic"].tolist() == [39 - i for i in range(len(VERTICES))]
    fewer = ply("binary_little_endian", [("vertex", [*XYZ, ("label", "ushort")], rows[1:])])
    (folder / "scene0000_00_vh_clean_2.labels.ply").write_bytes(fewer)
    with pytest.raises(UnreadableScan, match="11 points, but the scene has 12"):
        read_scan(folder)


def test_a_damaged_scene_is_named_with_its_file(tmp_path: Path) -> None:
    folder = scannet_scene(tmp_path / "scene0000_00", segments=SEGMENTS[:-1])
    path = zipped(folder)
    with pytest.raises(UnreadableScan, match=r"segs\.json: it has 11 segIndices for 12") as error:
        read_scan_in_process(path)
    assert str(error.value).startswith(path.name)


def test_a_room_is_its_objects_with_classes_and_numbers(tmp_path: Path) -> None:
    s3dis_room(tmp_path / "set" / "Area_1" / "office_1", OFFICE)
    for scan in both(tmp_path / "set"):
        # By class, then number: ceiling, chair 2, chair 10 (2 points), stairs, wall (2).
        assert scan.labels["semantic"].tolist() == [0, 8, 8, 8, 255, 2, 2]
        assert scan.labels["instance"].tolist() == [1, 2, 3, 3, 4, 5, 5]
        np.testing.assert_array_equal(scan.positions[0], (5, 6, 2.75))
        assert scan.source_format == "s3dis"
        names = json.loads(scan.details["names of semantic"])
        assert (names["0"], names["8"]) == ("ceiling", "chair")


def test_a_folder_of_arrays_is_read_as_an_archive_of_numpy_is(tmp_path: Path) -> None:
    arrays: dict[str, AnyArray] = {
        "coord": np.array(POINTS, np.float32),
        "color": np.array(COLOURS, np.uint8),
        "segment20": np.arange(len(POINTS), dtype=np.int16),
        "instance": np.arange(len(POINTS), dtype=np.int32) * 3,
    }
    folder = tmp_path / "val"
    written(folder, {f"room/{name}.npy": npy(array) for name, array in arrays.items()})
    np.savez(tmp_path / "same.npz", **arrays)  # type: ignore[arg-type] # Its first is allow_pickle.
    same = read_scan(tmp_path / "same.npz")
    for scan in both(folder):
        np.testing.assert_array_equal(scan.positions, same.positions)
        np.testing.assert_array_equal(scan.colours, same.colours)
        assert scan.labels["segment20"].tolist() == list(range(len(POINTS)))
        assert scan.labels["instance"].tolist() == [3 * i for i in range(len(POINTS))]


def test_a_zip_that_begins_with_an_array_may_hold_other_scans(tmp_path: Path) -> None:
    path = tmp_path / "mixed.zip"
    path.write_bytes(files({"a.npy": npy(np.array(POINTS)), "b.ply": ROOM}))
    np.testing.assert_allclose(read_scan(path, member="a.npy").positions, POINTS)
    np.testing.assert_array_equal(read_scan(path, member="b.ply").positions, POINTS)


@needs_data
def test_frames_are_fused_as_their_reader_and_the_fusion_say(tmp_path: Path) -> None:
    from fewpoints.annotations.scans.frames.fusion import fuse
    from fewpoints.annotations.scans.frames.registry import read_frames

    folder = tmp_path / "chair"
    folder.mkdir()
    source = DATA / "rgbd-iphone-chair"
    for number in range(0, 13, 3):
        for name in (f"depth_{number:05}.png", f"frame_{number:05}.json", f"frame_{number:05}.jpg"):
            (folder / name).write_bytes((source / name).read_bytes())
    expected = fuse(read_frames(folder))
    scan = read_scan_in_process(zipped(folder, top="walk/"))
    # How the voxels are ordered depends on threads.
    order = [np.lexsort(np.round(s.positions, 6).T) for s in (scan, expected)]
    np.testing.assert_allclose(scan.positions[order[0]], expected.positions[order[1]], atol=1e-5)
    assert scan.colours is not None
    assert scan.source_format == "rgbd"
    assert "5 RGB-D frames were fused" in " ".join(scan.notes)


def test_each_scan_gets_a_file_of_its_own_that_reads_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    scannet_scene(folder / "scene0000_00")
    s3dis_room(folder / "Area_1" / "office_1", OFFICE)
    content = {
        "velodyne/0.bin": sweep(300),
        "labels/0.label": bytes(1200),
        "a/room.ply": ROOM,
        "p/coord.npy": npy(np.array(POINTS)),
        "p/color.npy": npy(np.array(COLOURS)),
    }
    path = zipped(written(folder, content))
    with opened(path, name=path.name) as container:
        found = scans_in(container)
        assert [group.kind for group in found.groups] == [
            "s3dis", "file", "arrays", "scannet", "sweep"
        ]  # fmt: skip
        for group in found.groups:
            own = tmp_path / f"own-{group.title}{own_suffix(group)}"
            write_own(container, group, own)
            assert own.stat().st_size == own_bytes(container, group)
            again = tmp_path / "again"
            write_own(container, group, again)
            assert own.read_bytes() == again.read_bytes()
            one, other = read_scan(own), read_scan(path, member=group.name)
            np.testing.assert_array_equal(one.positions, other.positions)
            assert {k: v.tolist() for k, v in one.labels.items()} == {
                k: v.tolist() for k, v in other.labels.items()
            }
            if group.kind == "file":
                assert own.read_bytes() == ROOM
            else:
                with zipfile.ZipFile(own) as made:
                    assert {e.compress_type for e in made.infolist()} == {zipfile.ZIP_STORED}
                    assert made.testzip() is None


def test_reading_may_take_what_the_unpacked_scan_may(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(archive([Entry(b"a.ply", ROOM), Entry(b"b.ply", ROOM)]))
    assert effort_bytes(path) == max(path.stat().st_size, 2 * len(ROOM))
    zeros = tmp_path / "zeros.zip"
    zeros.write_bytes(files({"a.ply": bytes(10_000_000)}))
    assert effort_bytes(zeros) == 8 * zeros.stat().st_size
    folder = written(tmp_path / "folder", {"a.ply": ROOM, "b/c.ply": ROOM})
    assert effort_bytes(folder) == 2 * len(ROOM)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"PK\3\4nothing")
    assert effort_bytes(damaged) == 11
