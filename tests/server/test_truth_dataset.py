# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The scans of a project with a truth as a data set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import Dataset
from fewpoints.server.file_labels.dataset import NoTruth, ScanGone, project_dataset
from fewpoints.server.projects.tables import Project
from tests.rooms import small_room
from tests.server.running import RunningServer, Visitor, checked
from tests.server.test_file_labels import POINTS, imported, labelled_file, start, suggested


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return labelled_file(tmp_path_factory.mktemp("data-set"))


def opened(server: RunningServer, project_id: int) -> Dataset:
    state = server.app.state
    with state.database.read() as session:
        return project_dataset(session, state.storage, session.get_one(Project, project_id))


def test_it_has_the_points_classes_and_objects_of_the_file(
    server: RunningServer, lead: Visitor, content: bytes
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    scans = [imported(lead, project["id"], content, "room.ply") for _ in range(2)]
    with pytest.raises(NoTruth, match=r"has a ground truth\. Make one of labels"):
        opened(server, project["id"])
    start(lead, project["id"], {"mapping": suggested(lead, scans[0]), "target": "truth"})
    dataset = opened(server, project["id"])
    assert dataset.names == ("room.ply", f"room.ply ({scans[1]['id']})")
    assert dataset.classes.names == [c["name"] for c in project["classes"]]
    room = small_room(POINTS)
    for truth in dataset.truths():
        np.testing.assert_array_equal(truth.scan.positions, room.scan.positions)
        np.testing.assert_array_equal(truth.classes, room.classes)
        np.testing.assert_array_equal(truth.instances, room.instances)

    # The class list upside down and without a class: the truth moves along.
    listed = lead.get_json(f"/projects/{project['id']}")["classes"]
    left = [entry for entry in listed[::-1] if entry["name"] != "chair"]
    checked(lead.put(f"/projects/{project['id']}/classes", json=left))
    dataset = opened(server, project["id"])
    names = np.array([*dataset.classes.names, *[""] * 256])
    before = np.array([entry["name"] for entry in listed])[room.classes]
    expected = np.where(before == "chair", "", before)
    assert names[dataset.read("room.ply").classes].tolist() == expected.tolist()


def test_the_truth_that_counts_is_read_and_one_taken_back_is_gone(
    server: RunningServer, lead: Visitor, content: bytes
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    scan = imported(lead, project["id"], content)
    mapping = suggested(lead, scan)
    start(lead, project["id"], {"mapping": mapping, "target": "truth"})
    wall = {**mapping, "values": [{"value": 1, "class": "wall"}], "instance": None}
    first = opened(server, project["id"]).versions
    second = start(lead, project["id"], {"mapping": wall, "target": "truth"})
    dataset = opened(server, project["id"])
    assert dataset.versions.keys() == first.keys() == {"room.ply"}
    assert dataset.versions != first
    walls = dataset.read("room.ply")
    assert set(walls.classes.tolist()) == {0, 255}
    assert not walls.instances.any()
    lead.post_json(f"/label-imports/{second['id']}/undo")
    with pytest.raises(ScanGone, match=r"room\.ply: the scan, or its truth, was removed"):
        dataset.read("room.ply")
    dataset = opened(server, project["id"])
    assert dataset.versions == first
    whole = dataset.read("room.ply")
    assert whole.classes.tolist() == small_room(POINTS).classes.tolist()


def test_points_that_fixes_left_out_take_no_part(
    server: RunningServer, lead: Visitor, content: bytes, tmp_path: Path
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    options = {"fixes": {"unit": "feet", "thin_to": 0.1}}
    ask = {"name": "room.ply", "options": json.dumps(options)}
    path = f"/projects/{project['id']}/scans"
    scan = checked(lead.post(path, params=ask, content=content), 201).json()
    (job,) = lead.get_json("/jobs", scan_id=scan["id"], kind="import")["items"]
    assert lead.finished(job)["state"] == "done"
    start(lead, project["id"], {"mapping": suggested(lead, scan), "target": "truth"})
    truth = opened(server, project["id"]).read("room.ply")
    room = small_room(POINTS)
    here = truth.scan.finite
    assert 100 < here.sum() < POINTS
    np.testing.assert_allclose(truth.scan.positions[here], room.scan.positions[here] * 0.3048)
    assert truth.classes[here].tolist() == room.classes[here].tolist()
    assert set(truth.classes[~here].tolist()) == {255}
