# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

from fewpoints.annotations.scans.archives.groups import Found, groups, without


def kinds(found: Found) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {group.name: (group.kind, group.members) for group in found.groups}


def left(found: Found) -> set[str]:
    return {one.name for one in found.left_out}


def test_every_file_of_a_readable_name_is_a_scan() -> None:
    found = groups(["b/room.PLY", "a.las", "table.txt", "b/mesh.glb"])
    assert kinds(found) == {
        name: ("file", (name,)) for name in ("a.las", "b/mesh.glb", "b/room.PLY", "table.txt")
    }
    assert [group.title for group in found.groups] == ["a.las", "mesh.glb", "room.PLY", "table.txt"]
    assert found.left_out == ()


def test_what_is_no_scan_is_left_out_with_a_reason() -> None:
    found = groups(
        ["a.ply", "README.md", "__MACOSX/._a.ply", ".DS_Store", "x/Thumbs.db", "in.zip", "p.png",
         "LICENSE", "model.mtl", "lost.label", "notes.docx"]
    )  # fmt: skip
    assert list(kinds(found)) == ["a.ply"]
    reasons = {one.name: one.reason for one in found.left_out}
    assert len(reasons) == 10
    assert "unpack it first" in reasons["in.zip"]
    assert "sweep" in reasons["lost.label"]
    assert reasons["README.md"] == reasons["LICENSE"] == "a document"
    assert "hidden" in reasons["__MACOSX/._a.ply"]


def test_sweeps_find_their_labels_beside_them_or_in_the_layout_of_kitti() -> None:
    names = [
        f"seq/{number}/{folder}/00000{i}.{suffix}"
        for number in ("00", "01")
        for folder, suffix in (("velodyne", "bin"), ("labels", "label"))
        for i in (0, 1)
    ]
    found = groups(
        [*names, "seq/00/calib.txt", "seq/00/poses.txt", "own.bin", "own.label", "b.bin"]
    )
    assert kinds(found) == {
        "b.bin": ("file", ("b.bin",)),
        "own.bin": ("sweep", ("own.bin", "own.label")),
        **{
            f"seq/{number}/velodyne/00000{i}.bin": (
                "sweep",
                (f"seq/{number}/velodyne/00000{i}.bin", f"seq/{number}/labels/00000{i}.label"),
            )
            for number in ("00", "01")
            for i in (0, 1)
        },
    }
    assert left(found) == {"seq/00/calib.txt", "seq/00/poses.txt"}
    titles = [group.title for group in found.groups]
    assert {"00_000000.bin", "01_000000.bin"} <= set(titles)
    assert len(set(titles)) == len(titles)


def test_the_data_of_a_gltf_is_no_sweep() -> None:
    found = groups(["scene.gltf", "scene.bin"])
    assert list(kinds(found)) == ["scene.gltf"]
    assert left(found) == {"scene.bin"}


def scene(folder: str, name: str, *more: str) -> list[str]:
    parts = ["_vh_clean_2.ply", "_vh_clean_2.0.010000.segs.json", ".aggregation.json", ".txt"]
    return [f"{folder}{name}{part}" for part in (*parts, *more)]


def test_a_scannet_scene_is_one_scan_with_the_table_of_categories() -> None:
    table = "scannetv2-labels.combined.tsv"
    names = scene(
        "scans/scene0000_00/", "scene0000_00", ".sens", "_vh_clean.ply", "_vh_clean_2.labels.ply"
    )
    found = groups(
        [*names, table, "scans/scene0000_00/depth/0.png", "scans/scene0000_00/pose/0.txt"]
    )
    ((name, (kind, members)),) = kinds(found).items()
    assert (name, kind) == ("scans/scene0000_00", "scannet")
    assert set(members) == {*names[:4], names[6], table}
    assert members[0].endswith("_vh_clean_2.ply")
    assert left(found) == {
        names[4],
        names[5],
        "scans/scene0000_00/depth/0.png",
        "scans/scene0000_00/pose/0.txt",
    }


def test_scenes_may_lie_side_by_side_and_at_the_top() -> None:
    found = groups([*scene("", "scene0000_00"), *scene("", "scene0001_00")])
    assert list(kinds(found)) == ["scene0000_00", "scene0001_00"]
    assert all(len(group.members) == 4 for group in found.groups)


def test_a_file_beside_a_scene_that_only_begins_alike_is_its_own() -> None:
    found = groups([*scene("", "room"), "room2.ply", "room_vh_clean.ply"])
    assert list(kinds(found)) == ["room", "room2.ply"]
    assert left(found) == {"room_vh_clean.ply"}


def test_a_mesh_without_annotation_is_a_file() -> None:
    assert kinds(groups(["s/scene0707_00_vh_clean_2.ply"])) == {
        "s/scene0707_00_vh_clean_2.ply": ("file", ("s/scene0707_00_vh_clean_2.ply",))
    }


def test_a_room_is_its_objects() -> None:
    objects = [f"Area_1/office_1/Annotations/{name}.txt" for name in ("chair_1", "wall_1")]
    other = ["Area_2/office_1/Annotations/wall_1.txt"]
    found = groups(
        [*objects, "Area_1/office_1/office_1.txt", *other, "Area_1/Area_1_alignmentAngle.txt"]
    )
    assert kinds(found) == {
        "Area_1/office_1": ("s3dis", tuple(objects)),
        "Area_2/office_1": ("s3dis", tuple(other)),
    }
    assert [group.title for group in found.groups] == ["Area_1_office_1", "Area_2_office_1"]
    assert left(found) == {"Area_1/office_1/office_1.txt", "Area_1/Area_1_alignmentAngle.txt"}


def test_arrays_with_roles_are_one_scan_and_others_are_each_their_own() -> None:
    names = [f"val/room/{n}.npy" for n in ("color", "coord", "instance", "normal", "segment20")]
    found = groups([*names, "val/room/superpoint_ids_of_a_network.npy", "x/a.npy", "x/b.npy"])
    assert kinds(found)["val/room"] == ("arrays", (names[1], names[0], *names[2:]))
    assert set(kinds(found)) == {"val/room", "x/a.npy", "x/b.npy"}


def test_frames_of_every_layout_are_one_scan() -> None:
    layouts = [
        ["depth.txt", "rgb.txt", "groundtruth.txt", "depth/1.png", "rgb/1.png"],
        ["frame-000000.depth.png", "frame-000000.color.png", "frame-000000.pose.txt"],
        ["frame_00000.json", "frame_00000.jpg", "depth_00000.png", "conf_00000.png"],
        ["depth/0.png", "color/0.jpg", "pose/0.txt", "intrinsic/intrinsic_depth.txt"],
        ["depth/0.png", "image/0.jpg", "trajectory.log", "intrinsics.json"],
    ]
    for layout in layouts:
        for folder in ("", "walk/one/"):
            found = groups([*(folder + name for name in layout), folder + ".DS_Store"])
            ((name, (kind, members)),) = kinds(found).items()
            assert kind == "frames", layout
            assert name == folder.rstrip("/")
            assert set(members) == {folder + name for name in layout}
    assert kinds(groups(["depth/1.png", "a.ply"])) == {"a.ply": ("file", ("a.ply",))}


def test_as_many_files_as_an_archive_may_have_are_told_apart_soon() -> None:
    start = time.monotonic()
    parts = ("_vh_clean_2.ply", ".aggregation.json", "_vh_clean_2.0.010000.segs.json")
    assert len(groups(f"s{i // 3:05}{parts[i % 3]}" for i in range(48_000)).groups) == 16_000
    sweeps = [f"velodyne/{i:06}.bin" for i in range(24_000)]
    labels = [f"labels/{i:06}.label" for i in range(24_000)]
    assert len(groups([*sweeps, *labels]).groups) == 24_000
    found = groups(f"a{i}/{i}.txt" for i in range(48_000))
    assert len(without(found, lambda name: name.endswith("7.txt"), "no").groups) == 4_800
    assert time.monotonic() - start < 30, "it takes 3 s on a slow machine"


def test_nothing_is_lost() -> None:
    names = [
        *scene("s/", "scene0000_00"), "velodyne/1.bin", "labels/1.label", "labels/2.label",
        "a/b.ply", "r/Annotations/chair_1.txt", "r/r.txt", "f/coord.npy", "f/color.npy",
        "f/odd.npy", "x.png",
    ]  # fmt: skip
    found = groups(names)
    claimed = [member for group in found.groups for member in group.members]
    assert sorted([*claimed, *left(found)]) == sorted(names)
