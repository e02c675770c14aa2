# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Real jobs that are cancelled, killed or lose their scan: nothing half-made is seen."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.server.processes import wait_until
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked


@pytest.fixture
def project(lead: Visitor) -> dict[str, Any]:
    """A project with a room and enough answers to train on."""
    project = lead.project(strategy="random", budget=10)
    scan = lead.ready_scan(project["id"], room_file().content)
    for query in lead.get_json(f"/scans/{scan['id']}/queries"):
        point = query["point_index"]
        lead.answer(scan["id"], point_index=point, class_index=int(room_file().classes[point]))
    return {**project, "scan_id": scan["id"]}


def long_training(lead: Visitor, project: dict[str, Any]) -> dict[str, Any]:
    """Start a training that takes minutes, and wait until it is under way."""
    body = {"variant": "network", "steps": 100_000}
    job = lead.post_json(f"/projects/{project['id']}/trainings", body, status=202)
    refusal = lead.post_json(f"/projects/{project['id']}/trainings", body, status=409)
    assert refusal["error"]["code"] == "training_running"
    wait_until(
        lambda: "tep" in lead.get_json(f"/jobs/{job['id']}")["message"],
        timeout_s=60,
        what="the first step",
    )
    return dict(job)


def worker_of(server: RunningServer, lane: str) -> int:
    """Return the process id of a lane's worker."""
    for candidate in server.app.state.executor._lanes:
        if candidate._lane == lane:
            return int(candidate._worker._process.pid)
    raise AssertionError(lane)


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_cancelled_training_leaves_nothing(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    home = server.settings.home
    before = files(home / "checkpoints"), files(home / "scans")
    job = long_training(lead, project)
    lead.post_json(f"/jobs/{job['id']}/cancel")
    assert lead.finished(job)["state"] == "cancelled"
    assert (files(home / "checkpoints"), files(home / "scans")) == before
    assert files(home / "work") == []
    assert lead.get_json(f"/projects/{project['id']}/checkpoints")["total"] == 0


def test_a_training_survives_the_death_of_its_worker(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    body = {"variant": "network", "steps": 3}
    job = lead.post_json(f"/projects/{project['id']}/trainings", body, status=202)
    wait_until(
        lambda: lead.get_json(f"/jobs/{job['id']}")["progress"] > 0, timeout_s=60, what="progress"
    )
    os.kill(worker_of(server, "heavy"), signal.SIGKILL)
    done = lead.finished(job)
    assert (done["state"], done["attempts"]) == ("done", 2)
    (checkpoint,) = lead.get_json(f"/projects/{project['id']}/checkpoints")["items"]
    assert checkpoint["id"] == done["result"]["checkpoint_id"]
    checked(lead.get(f"/scans/{project['scan_id']}/prediction.bin"))
    assert not list((server.settings.home / "checkpoints").glob("run-*"))


def test_deleting_the_project_ends_its_training(
    server: RunningServer, lead: Visitor, project: dict[str, Any]
) -> None:
    job = long_training(lead, project)
    checked(lead.delete(f"/projects/{project['id']}"), 204)
    ended = lead.finished(job)
    assert ended["state"] == "cancelled"
    assert ended["project_id"] is None
    home = server.settings.home
    assert not (home / "scans" / str(project["scan_id"])).exists()


def test_deleting_a_scan_while_it_is_imported(server: RunningServer, lead: Visitor) -> None:
    project = lead.project(auto_select=False)
    scan = lead.upload(project["id"], room_file(60_000).content)
    (job,) = lead.get_json("/jobs", project_id=project["id"])["items"]
    wait_until(lambda: lead.get_json(f"/jobs/{job['id']}")["state"] != "queued")
    checked(lead.delete(f"/scans/{scan['id']}"), 204)
    assert lead.finished(job)["state"] in ("cancelled", "done")
    assert not (server.settings.home / "scans" / str(scan["id"])).exists()
    assert files(server.settings.home / "work") == []


def test_an_import_survives_the_death_of_its_worker(server: RunningServer, lead: Visitor) -> None:
    project = lead.project(auto_select=False)
    scan = lead.upload(project["id"], room_file(60_000).content)
    (job,) = lead.get_json("/jobs", project_id=project["id"])["items"]
    wait_until(lambda: lead.get_json(f"/jobs/{job['id']}")["state"] != "queued")
    os.kill(worker_of(server, "light"), signal.SIGKILL)
    done = lead.finished(job)
    assert done["state"] == "done"
    assert done["attempts"] in (1, 2)  # 1 if it was done before the signal arrived.
    assert lead.get_json(f"/scans/{scan['id']}")["points"] == 60_000
    folder = server.settings.home / "scans" / str(scan["id"])
    assert {path.name for path in folder.iterdir()} == {"data"}
