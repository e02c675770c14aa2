# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Superpoints of imported scans: made once, kept, made again when what they depend on changes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.selection.uncertain import uncertain_superpoints
from fewpoints.models.superpoints.files import StoredSuperpoints, load_superpoints
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.server.scans.tables import Scan
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked


@pytest.fixture
def project(lead: Visitor) -> dict[str, Any]:
    return lead.project(auto_select=False)


def files_of(server: RunningServer, scan: dict[str, Any]) -> list[Path]:
    folder = server.app.state.storage.superpoints_file(scan["id"], "").parent
    return sorted(folder.iterdir())


def stored(server: RunningServer, scan: dict[str, Any]) -> StoredSuperpoints:
    (path,) = files_of(server, scan)
    return load_superpoints(path)


def cells_of(server: RunningServer, scan: dict[str, Any]) -> int | None:
    with server.app.state.database.read() as session:
        cells: int | None = session.get_one(Scan, scan["id"]).cells
        return cells


def kinds(lead: Visitor, project: dict[str, Any]) -> list[tuple[str, str]]:
    jobs = lead.get_json("/jobs", project_id=project["id"])["items"]
    return [(job["kind"], job["state"]) for job in reversed(jobs)]


def test_an_import_makes_them_without_a_round(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    scan = lead.ready_scan(project["id"], room_file().content)
    assert scan["has_features"]
    assert kinds(lead, project) == [("import", "done"), ("features", "done")]
    found = stored(server, scan)
    fresh = cut_into_superpoints(room_file().scan, voxel_size_m=scan["voxel_size_m"])
    np.testing.assert_array_equal(found.superpoints.of_point, fresh.of_point)
    assert found.directions is not None
    assert found.directions.shape == (len(fresh), 96)
    assert cells_of(server, scan) == len(fresh.of_cell)


@pytest.mark.parametrize(
    ("strategy", "order"),
    [("random", ["import", "select", "features"]), ("diverse", ["import", "features", "select"])],
)
def test_what_a_round_does_not_need_does_not_keep_it_waiting(
    lead: Visitor, strategy: str, order: list[str]
) -> None:
    project = lead.project(strategy=strategy)
    scan = lead.ready_scan(project["id"], room_file().content)
    assert kinds(lead, project) == [(kind, "done") for kind in order]
    assert len(lead.get_json(f"/scans/{scan['id']}/queries")) == 4


def test_a_round_uses_the_kept_ones_and_makes_missing_ones(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    scan = lead.ready_scan(project["id"], room_file().content)
    (path,) = files_of(server, scan)
    made = path.stat().st_mtime_ns
    body = {"strategy": "diverse", "budget": 3}
    for damage in (None, b"PK\x03\x04 no more", b""):
        if damage is not None:
            path.write_bytes(damage)
        job = lead.post_json(f"/scans/{scan['id']}/rounds", body, status=202)
        assert lead.finished(job)["state"] == "done"
        log = lead.get(f"/jobs/{job['id']}/log").text
        assert (path.stat().st_mtime_ns == made) == (damage is None)
        assert len(stored(server, scan).superpoints.of_point) == 3000, log


@pytest.mark.parametrize("strategy", ["uncertain", "mixed"])
def test_a_further_round_follows_the_answers_that_are_live(
    server: RunningServer, lead: Visitor, project: dict[str, Any], strategy: str
) -> None:
    room = room_file()
    scan = lead.ready_scan(project["id"], room.content)
    body = {"strategy": strategy, "budget": 5}

    def chosen(twin: dict[str, Any]) -> list[int]:
        job = lead.post_json(f"/scans/{twin['id']}/rounds", body, status=202)
        assert lead.finished(job)["state"] == "done"
        return [query["point_index"] for query in lead.get_json(f"/scans/{twin['id']}/queries")]

    # As many answers as let `mixed` look at them, of two classes, the last of which is undone.
    labelled = np.flatnonzero(room.classes == room.classes[0])[:21].tolist()
    for row in labelled:
        lead.answer(scan["id"], point_index=row, class_index=row % 2)
    lead.undo(scan["id"])
    del labelled[-1]
    found = stored(server, scan)
    labeller = DenseLabeller(
        found.superpoints, looks(found.superpoints, found.directions), room.scan.positions
    )
    allowed = np.ones(len(room.scan), bool)
    allowed[labelled] = False
    rows = np.array(labelled)
    order = uncertain_superpoints(labeller, rows, rows % 2, 5, expected=np.zeros(0, np.int64))
    queries = chosen(scan)
    assert found.superpoints.of_point[queries].tolist() == order.tolist()
    assert not set(queries) & set(labelled)
    # Without answers the same room gets other points.
    twin = lead.ready_scan(project["id"], room.content, "twin.ply")
    assert chosen(twin) != queries


def test_another_voxel_size_replaces_them(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    scan = lead.ready_scan(project["id"], room_file().content)
    (before,) = files_of(server, scan)
    checked(lead.patch(f"/scans/{scan['id']}", json={"voxel_size_m": scan["voxel_size_m"]}))
    assert kinds(lead, project)[2:] == [], "the same size asks for nothing"
    changed = checked(lead.patch(f"/scans/{scan['id']}", json={"voxel_size_m": 0.125})).json()
    assert not changed["has_features"]
    lead.idle(project["id"])
    assert lead.get_json(f"/scans/{scan['id']}")["has_features"]
    assert stored(server, scan).superpoints.voxel_size_m == 0.125
    assert not before.exists()
    assert cells_of(server, scan) == len(stored(server, scan).superpoints.of_cell)


def test_another_network_replaces_them(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    scan = lead.ready_scan(project["id"], room_file().content)
    (before,) = files_of(server, scan)
    storage = server.app.state.storage
    assert storage.superpoints_file(scan["id"], "another network") != before
    # What an earlier network left under its own name, beside nothing of the present one.
    before.rename(storage.superpoints_file(scan["id"], "another network"))
    job = lead.post_json(f"/scans/{scan['id']}/features", status=202)
    assert lead.finished(job)["state"] == "done"
    assert files_of(server, scan) == [before]


def test_asking_twice_queues_one_job(
    lead: Visitor, annotator: Visitor, project: dict[str, Any]
) -> None:
    scan = lead.ready_scan(project["id"], room_file().content)
    path = f"/scans/{scan['id']}/features"
    jobs = [checked(person.post(path), 202).json() for person in (lead, annotator)]
    if jobs[0]["id"] != jobs[1]["id"]:
        assert lead.finished(jobs[0])["state"] == "done"
    assert lead.finished(jobs[1])["state"] == "done"
    assert checked(lead.post("/scans/99999/features"), 404).json()["error"]["code"] == "not_found"


def test_a_deleted_scan_takes_them_along(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    scan = lead.ready_scan(project["id"], room_file().content)
    (path,) = files_of(server, scan)
    checked(lead.delete(f"/scans/{scan['id']}"))
    assert not path.parent.parent.exists()
    # A job that was under way publishes nothing.
    later = lead.upload(project["id"], room_file().content)
    while lead.get_json(f"/scans/{later['id']}")["state"] != "ready":
        time.sleep(0.02)
    checked(lead.delete(f"/scans/{later['id']}"))
    lead.idle(project["id"])
    assert not server.app.state.storage.scan_folder(later["id"]).exists()
