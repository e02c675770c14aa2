# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes that are aligned on import: shown with walls along the axes, exported as in the file."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from xml.etree import ElementTree

import laspy
import numpy as np
import pyarrow.parquet as pq
import pytest

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.writers import write_ply
from fewpoints.server.exports.formats import FORMATS
from fewpoints.server.project_archives.contents import ScanFacts
from fewpoints.server.project_archives.scan_files import check_data
from tests.annotations.scans.test_alignment import rigid
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.test_exports_preview import made

SCENE = "scene0042_01"
POINTS = 1200
# A little tilted, much turned, and far off, as no scene is and any may be.
SEED = np.random.default_rng(42)
MATRIX = rigid(
    SEED.uniform(-0.3, 0.3),
    SEED.uniform(-0.3, 0.3),
    SEED.uniform(-3, 3),
    SEED.uniform(-900, 900, 3),
)
# Formats that say nothing of where points are.
WITHOUT_PLACES = {"sparse_csv", "sparse_pth", "semantic_kitti", "scannet"}


class Scene(NamedTuple):
    """A project of one scene. positions: (N, 3) of its file. normals: as there."""

    project: dict[str, Any]
    scan: dict[str, Any]
    positions: FloatArray64
    normals: Any


def scene_zip(matrix: FloatArray64) -> tuple[bytes, FloatArray64, Any]:
    """An archive of a scene whose mesh is a room, and what points and normals its file has."""
    room = room_file(POINTS).scan
    turn, move = matrix[:3, :3], matrix[:3, 3]
    positions = (room.positions - move) @ turn
    normals = (np.eye(3, dtype=np.float32)[np.arange(POINTS) % 3] @ turn).astype(np.float32)
    mesh = type(room)(positions, colours=room.colours, normals=normals)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        numbers = " ".join(repr(float(value)) for value in matrix.ravel())
        archive.writestr(f"{SCENE}/{SCENE}.txt", f"axisAlignment = {numbers}\nnumDepth = 7\n")
        archive.writestr(f"{SCENE}/{SCENE}_vh_clean_2.ply", ply_of(mesh))
        archive.writestr(f"{SCENE}/{SCENE}_vh_clean_2.0.010000.segs.json", "{}")
    return out.getvalue(), positions, normals


def ply_of(scan: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write_ply(Path(folder) / "mesh.ply", scan)
        return (Path(folder) / "mesh.ply").read_bytes()


@pytest.fixture(scope="module")
def scene(lead: Visitor, annotator: Visitor) -> Scene:
    content, positions, normals = scene_zip(MATRIX)
    project = lead.project(strategy="kmeans_features", budget=6)
    path = f"/projects/{project['id']}/scans"
    answer = lead.post(path, params={"name": "scene.zip"}, content=content)
    scan_id = checked(answer, 201).json()["id"]
    lead.idle(project["id"])
    lead.idle(project["id"])
    classes = room_file(POINTS).classes
    for number, query in enumerate(lead.get_json(f"/scans/{scan_id}/queries")):
        point = query["point_index"]
        annotator.answer(
            scan_id, point_index=point, class_index=int(classes[point]), instance=number + 1
        )
    return Scene(project, lead.get_json(f"/scans/{scan_id}"), positions, normals)


def files_of(lead: Visitor, scene: Scene, kind: str, folder: Path) -> list[Path]:
    export, content = made(lead, scene.project["id"], kind)
    (folder / export["filename"]).write_bytes(content)
    if export["filename"].endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def named(files: list[Path], end: str) -> Path:
    (found,) = [path for path in files if path.name.endswith(end)]
    return found


class Turned(NamedTuple):
    """A box: axes (3, 3) in columns, each of length 1; middle and size along them."""

    middle: FloatArray64
    size: FloatArray64
    axes: FloatArray64

    def holds(self, points: FloatArray64, slack: float) -> bool:
        own = (points - self.middle) @ self.axes
        # Around them, and no larger than they are.
        low, high = own.min(axis=0), own.max(axis=0)
        return bool(
            np.allclose(high, self.size / 2, atol=slack)
            and np.allclose(low, -self.size / 2, atol=slack)
        )


def about_z(angle: float) -> FloatArray64:
    return rigid(0, 0, angle, (0, 0, 0))[:3, :3]


def test_the_scene_is_shown_as_it_is_aligned(lead: Visitor, scene: Scene) -> None:
    room = room_file(POINTS).scan
    report = lead.get_json(f"/scans/{scene.scan['id']}/preflight")
    for end, reduced in (("min", np.min), ("max", np.max)):
        expected = reduced(room.positions, axis=0)
        assert report["bounds"][end] == pytest.approx(expected.tolist(), abs=1e-9)
    (said,) = [f for f in report["findings"] if f["code"] == "aligned"]
    assert f"as the axisAlignment of {SCENE}.txt says" in said["sentence"]
    assert "Exports keep the file's own coordinates" in said["sentence"]
    assert said["fix"] == {"unaligned": True}
    assert said["severity"] == "info"
    assert said["sentence"] in scene.scan["warnings"]


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_exports_have_the_coordinates_of_the_file(
    known: Any, lead: Visitor, scene: Scene, tmp_path: Path
) -> None:
    if known.name in WITHOUT_PLACES:
        files = files_of(lead, scene, known.name, tmp_path)
        assert not any(path.suffix in (".ply", ".pcd", ".bin", ".las") for path in files)
        return
    files = files_of(lead, scene, known.name, tmp_path)
    if known.name == "ply":
        back = read_scan(named(files, ".ply"))
        assert back.positions.tobytes() == scene.positions.tobytes()
        assert back.normals is not None
        assert back.normals.tobytes() == scene.normals.tobytes()
    elif known.name in ("las", "laz"):
        back = laspy.read(named(files, f".{known.name}"))
        np.testing.assert_allclose(back.xyz, scene.positions, atol=1e-7)
    elif known.name == "npz":
        with np.load(named(files, ".npz")) as arrays:
            assert arrays["coord"].tobytes() == scene.positions.tobytes()
            assert arrays["normal"].tobytes() == scene.normals.tobytes()
    elif known.name == "npy":
        assert np.load(named(files, "coord.npy")).tobytes() == scene.positions.tobytes()
    elif known.name == "sparse_parquet":
        columns = pq.read_table(named(files, ".parquet")).to_pydict()
        places = np.stack([columns[axis] for axis in "xyz"], axis=1)
        assert places.tolist() == scene.positions[columns["index"]].tolist()
    else:
        objects = objects_in_file(lead, scene, tmp_path)
        boxes = BOXES[known.name](files, tmp_path)
        assert len(boxes) == len(objects) > 1
        slack = 1e-3 if known.name in ("supervisely", "cvat_kitti") else 2e-5
        for points in objects:
            assert sum(box.holds(points, slack) for box in boxes) == 1
        if known.name in ("supervisely", "cvat_kitti"):
            cloud = read_scan(named(files, ".pcd"))
            np.testing.assert_allclose(cloud.positions, scene.positions, atol=1e-3)


def objects_in_file(lead: Visitor, scene: Scene, folder: Path) -> list[FloatArray64]:
    """The points of each object, where the file has them."""
    (folder / "objects").mkdir()
    _, content = made(lead, scene.project["id"], "ply")
    (folder / "objects" / "all.ply").write_bytes(content)
    labels = read_scan(folder / "objects" / "all.ply").labels
    shutil.rmtree(folder / "objects")
    keys = labels["class"].astype(int) * 1000 + labels["instance"]
    return [
        scene.positions[keys == key]
        for key in np.unique(keys[(labels["instance"] > 0) & (labels["class"] != 255)])
    ]


def json_boxes(files: list[Path], _: Path) -> list[Turned]:
    content = json.loads(named(files, "-boxes.json").read_text())
    assert content["up"] == [0, 0, 1]
    boxes = []
    for found in content["objects"]:
        turned = found["oriented"]
        box = Turned(np.array(turned["center"]), np.array(turned["size"]), about_z(turned["angle"]))
        boxes.append(box)
        low, high = (np.array(found["aligned"][end]) for end in ("min", "max"))
        corners = np.array(turned["corners"])
        assert (corners.min(axis=0) <= low + 1e-5).all()
        assert (corners.max(axis=0) >= high - 1e-5).all()
    return boxes


def kitti_boxes(files: list[Path], folder: Path) -> list[Turned]:
    (label,) = (folder / "label_2").iterdir()
    calibration = dict(
        line.split(":", 1) for line in (folder / "calib" / label.name).read_text().splitlines()
    )
    camera = np.array(calibration["Tr_velo_to_cam"].split(), float).reshape(3, 4)[:, :3]
    boxes = []
    for line in label.read_text().splitlines():
        height, width, length, *bottom, turn = map(float, line.split()[8:])
        middle = (np.array(bottom) - [0, height / 2, 0]) @ camera
        heading = np.array([np.cos(turn), 0, -np.sin(turn)]) @ camera
        axes = np.stack([heading, np.cross([0, 0, 1], heading), [0, 0, 1]], axis=1)
        boxes.append(Turned(middle, np.array([length, width, height]), axes))
    return boxes


def labelcloud_boxes(files: list[Path], _: Path) -> list[Turned]:
    (file,) = [path for path in files if path.suffix == ".json" and path.name != "manifest.json"]
    boxes = []
    for found in json.loads(file.read_text())["objects"]:
        angle = found["rotations"]["z"]
        angle = np.radians(angle) if abs(angle) > np.pi else angle
        boxes.append(
            Turned(
                np.array(list(found["centroid"].values())),
                np.array(list(found["dimensions"].values())),
                about_z(angle),
            )
        )
    return boxes


def supervisely_boxes(files: list[Path], _: Path) -> list[Turned]:
    boxes = []
    for figure in json.loads(named(files, ".pcd.json").read_text())["figures"]:
        parts = {name: np.array(list(v.values())) for name, v in figure["geometry"].items()}
        boxes.append(Turned(parts["position"], parts["dimensions"], about_z(parts["rotation"][2])))
    return boxes


def tracklet_boxes(files: list[Path], _: Path) -> list[Turned]:
    boxes = []
    tree = ElementTree.parse(named(files, "tracklet_labels.xml"))
    for item in tree.findall("./tracklets/item"):
        size = [float(item.findtext(tag, "")) for tag in "whl"]
        (pose,) = item.findall("./poses/item")
        middle = [float(pose.findtext(tag, "")) for tag in ("tx", "ty", "tz")]
        angle = float(pose.findtext("rz", ""))
        boxes.append(Turned(np.array(middle), np.array(size), about_z(angle)))
    return boxes


BOXES = {
    "boxes_json": json_boxes,
    "kitti_boxes": kitti_boxes,
    "labelcloud_rel": labelcloud_boxes,
    "labelcloud_abs": labelcloud_boxes,
    "supervisely": supervisely_boxes,
    "cvat_kitti": tracklet_boxes,
}


def test_a_project_archive_is_held_to_what_undoes_an_alignment(
    server: RunningServer, scene: Scene, tmp_path: Path
) -> None:
    def refuse(sentence: str) -> NoReturn:
        raise ValueError(sentence)

    data = tmp_path / "data"
    shutil.copytree(server.app.state.storage.scan_data(scene.scan["id"]), data)
    facts = ScanFacts("scene.zip", "ready", ".zip", POINTS, POINTS, None)
    check_data(data, facts, refuse)
    undo = json.loads((data / "arrays" / "undo.json").read_text())
    for wrong in ([2.0] * 16, [1.0] * 15, ["a"] * 16, None):
        changed = {**undo, "alignment": {**undo["alignment"], "aligned_from_file": wrong}}
        (data / "arrays" / "undo.json").write_text(json.dumps(changed))
        with pytest.raises(ValueError, match=r"undo\.json does not fit|cannot be read"):
            check_data(data, facts, refuse)
    (data / "arrays" / "undo.json").write_text(json.dumps(undo))
    np.save(data / "arrays" / "file-normals.npy", np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match=r"file-normals\.npy does not fit"):
        check_data(data, facts, refuse)


def test_scans_that_older_versions_aligned_are_exported_as_before(
    server: RunningServer, lead: Visitor, scene: Scene, tmp_path: Path
) -> None:
    """They kept no way back."""
    arrays = server.app.state.storage.scan_arrays(scene.scan["id"])
    kept = ("undo.json", "file-positions.npy", "file-normals.npy")
    for name in kept:
        (arrays / name).rename(tmp_path / name)
    try:
        (folder := tmp_path / "export").mkdir()
        back = read_scan(named(files_of(lead, scene, "ply", folder), ".ply"))
    finally:
        for name in kept:
            (tmp_path / name).rename(arrays / name)
    assert back.positions.tobytes() == np.load(arrays / "positions.npy").tobytes()
    assert back.positions.tolist() != scene.positions.tolist()


def test_an_import_may_leave_the_scene_as_it_lies(lead: Visitor, annotator: Visitor) -> None:
    content, positions, _ = scene_zip(MATRIX)
    project = lead.project(auto_select=False)
    ask = {"name": "scene.zip", "options": json.dumps({"fixes": {"unaligned": True}})}
    path = f"/projects/{project['id']}/scans"
    scan_id = checked(lead.post(path, params=ask, content=content), 201).json()["id"]
    lead.idle(project["id"])
    scan = lead.get_json(f"/scans/{scan_id}")
    assert scan["options"]["fixes"]["unaligned"] is True
    report = lead.get_json(f"/scans/{scan_id}/preflight")
    assert report["bounds"]["min"] == positions.min(axis=0).tolist()
    assert "aligned" not in [finding["code"] for finding in report["findings"]]
    assert any("was not to be followed" in warning for warning in scan["warnings"])
    annotator.answer(scan_id, point_index=7, class_index=0)
    _, content = made(lead, project["id"], "sparse_parquet")
    columns = pq.read_table(io.BytesIO(content)).to_pydict()
    assert [columns[axis] for axis in "xyz"] == [[value] for value in positions[7].tolist()]
