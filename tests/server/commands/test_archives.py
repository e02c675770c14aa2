# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives and folders on the command line."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.fixes import Fixed
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.annotations.scans.writers import write_ply
from fewpoints.server.commands.learning import write_prediction
from fewpoints.server.commands.reading import read_fixed
from tests.annotations.datasets.folders import OFFICE, VERTICES, s3dis_room, scannet_scene
from tests.annotations.scans.archives.zips import files
from tests.annotations.scans.readers.test_kitti import sweep
from tests.rooms import SmallRoom, small_room
from tests.server.commands.test_commands import Run, run  # noqa: F401 - a fixture.


@pytest.fixture(scope="module")
def room() -> SmallRoom:
    return small_room(2_000)


@pytest.fixture
def ply(room: SmallRoom, tmp_path: Path) -> bytes:
    write_ply(tmp_path / "room.ply", room.scan)
    return (tmp_path / "room.ply").read_bytes()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEWPOINTS_ARCH", "Res16UNet14A")
    return tmp_path / "home"


def test_inspect_lists_what_is_in_an_archive_and_looks_at_one(
    run: Run,  # noqa: F811
    ply: bytes,
    tmp_path: Path,
) -> None:
    path = tmp_path / "rooms.zip"
    path.write_bytes(files({"a/room.ply": ply, "b/room.ply": ply, "README": b"so"}))
    code, out, _ = run("inspect", path, "--json")
    found = json.loads(out)
    assert code == 0
    assert [scan["member"] for scan in found["scans"]] == ["a/room.ply", "b/room.ply"]
    assert found["left_out"] == [{"file": "README", "reason": "a document"}]
    code, out, err = run("inspect", path)
    assert code == 0
    assert "b/room.ply  one file" in out
    assert "left out: README: a document" in err
    code, out, _ = run("inspect", path, "--member", "b/room.ply", "--json")
    assert json.loads(out)["points"] == 2_000
    code, _, err = run("inspect", path, "--member", "c")
    assert code == 2
    assert 'no scan "c" is in it' in err


def test_commands_align_a_scene_and_write_it_as_its_file_has_it(
    run: Run,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = scannet_scene(tmp_path / "scene0000_00")
    path = tmp_path / "scene.zip"
    path.write_bytes(files({file.name: file.read_bytes() for file in folder.iterdir()}))
    _, out, _ = run("inspect", path)
    assert "--unaligned" in out
    places = np.array([vertex[:3] for vertex in VERTICES])
    for options, low in (((), 1.5), (("--unaligned",), places[:, 0].min())):
        _, out, _ = run("inspect", path, *options, "--json")
        assert json.loads(out)["bounds"]["min"][0] == pytest.approx(low)

    points = tmp_path / "points.csv"
    assert run("select", path, "--strategy", "random", "--budget", 5, "--out", points)[0] == 0
    with points.open(newline="") as file:
        for row in csv.DictReader(file):
            written = [float(row[axis]) for axis in "xyz"]
            assert written == pytest.approx(places[int(row["index"])].tolist())

    def predict(scan: PointScan, *_: object, **__: object) -> SimpleNamespace:
        assert scan.positions.tolist() != places.tolist()
        return SimpleNamespace(
            classes=np.arange(len(scan), dtype=np.uint8),
            confidence=np.zeros(len(scan), np.float32),
            instances=None,
        )

    monkeypatch.setattr("fewpoints.models.training.predict.predict", predict)
    fixed: Fixed = read_fixed(path)
    unused: Any = None  # A network, which the prediction above does not look at.
    write_prediction(fixed, unused, 0.05, tmp_path / "out" / "scene.ply", "cpu")
    back = read_scan(tmp_path / "out" / "scene.ply")
    assert back.positions.tolist() == places.tolist()
    assert back.labels["class"].tolist() == list(range(len(places)))


def imported(home: Path, result: dict[str, Any]) -> list[Any]:
    return [
        load_arrays(home / "scans" / str(scan_id) / "data" / "arrays")
        for scan_id in result["scan_ids"]
    ]


def test_every_scan_of_an_archive_is_imported_but_for_broken_ones(
    run: Run,  # noqa: F811
    ply: bytes,
    tmp_path: Path,
    home: Path,
) -> None:
    path = tmp_path / "rooms.zip"
    path.write_bytes(files({"a.ply": ply, "b.ply": ply[:-9], "c.ply": ply}))
    code, out, err = run("import", path, "--home", home, "--json")
    result = json.loads(out)
    assert code == 2
    assert len(result["scan_ids"]) == 3
    assert len(result["problems"]) == 1
    assert "b.ply" in result["problems"][0]
    assert result["problems"][0] in err
    for scan_id in (result["scan_ids"][0], result["scan_ids"][2]):
        assert len(load_arrays(home / "scans" / str(scan_id) / "data" / "arrays")) == 2_000
    assert list((home / "uploads").iterdir()) == []
    assert list((home / "work").iterdir()) == []


def test_a_room_is_imported_from_its_folder(
    run: Run,  # noqa: F811
    tmp_path: Path,
    home: Path,
) -> None:
    objects = {
        f"{name}_1.txt": "".join(
            f"{i % 20 / 10} {i // 20 / 10} {level} 9 8 {i % 256}\n" for i in range(400)
        )
        for name, level in (("floor", 0), ("ceiling", 2.5))
    }
    folder = s3dis_room(tmp_path / "Area_1" / "office_1", OFFICE | objects)
    code, out, err = run("import", folder, "--home", home, "--json")
    assert code == 0, err
    (scan,) = imported(home, json.loads(out))
    assert len(scan) == 806
    assert sorted(np.unique(scan.labels["semantic"])) == [0, 1, 2, 8, 255]


def test_a_sweep_is_imported_with_the_labels_beside_it(
    run: Run,  # noqa: F811
    tmp_path: Path,
    home: Path,
) -> None:
    for folder in ("velodyne", "labels"):
        (tmp_path / "seq" / folder).mkdir(parents=True)
    path = tmp_path / "seq" / "velodyne" / "000007.bin"
    path.write_bytes(sweep(2000))
    words = struct.pack("<2000I", *(i % 20 for i in range(2000)))
    (tmp_path / "seq" / "labels" / "000007.label").write_bytes(words)
    code, out, err = run("import", path, "--home", home, "--json")
    assert code == 0, err
    (scan,) = imported(home, json.loads(out))
    np.testing.assert_array_equal(scan.labels["semantic"], np.arange(2000) % 20)
