# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as people handle them, and what a training says while it runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.models.nets.checkpoint import load_network
from fewpoints.server.jobs import output
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.training.tables import Snapshot
from tests.server.processes import wait_until
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded
from tests.server.versions import add_prediction, add_version


class TestCheckpoints:
    def test_it_is_renamed(self, server: RunningServer, lead: Visitor, seeded: Seeded) -> None:
        made = add_version(server, seeded.project_id, "Version")
        renamed = checked(lead.patch(f"/checkpoints/{made}", json={"name": " After lunch "})).json()
        assert renamed["name"] == "After lunch"
        (listed,) = lead.get_json(f"/projects/{seeded.project_id}/checkpoints")["items"]
        assert listed == renamed
        for bad in ({"name": " "}, {"name": "x" * 201}, {"name": "ok", "shown": True}, {}):
            assert lead.patch(f"/checkpoints/{made}", json=bad).status_code == 422

    def test_it_is_deleted_with_its_predictions_and_its_snapshot(
        self, server: RunningServer, lead: Visitor, seeded: Seeded
    ) -> None:
        storage = server.app.state.storage
        made = add_version(server, seeded.project_id, "Old")
        kept = add_version(server, seeded.project_id, "New", shown=True)
        for checkpoint_id in (made, kept):
            classes = np.zeros(1000, np.uint8)
            add_prediction(server, seeded.scan_id, checkpoint_id, classes)
        with server.app.state.database.read() as session:
            before = session.query(Snapshot).filter_by(project_id=seeded.project_id).count()
        checked(lead.delete(f"/checkpoints/{made}"), 204)
        assert not storage.checkpoint_folder(made).exists()
        assert not storage.prediction_folder(seeded.scan_id, made).exists()
        assert storage.prediction_folder(seeded.scan_id, kept).exists()
        (listed,) = lead.get_json(f"/projects/{seeded.project_id}/checkpoints")["items"]
        assert listed["id"] == kept
        with server.app.state.database.read() as session:
            after = session.query(Snapshot).filter_by(project_id=seeded.project_id).count()
        assert (before, after) == (2, 1)
        assert lead.delete(f"/checkpoints/{made}").status_code == 404

    def test_what_is_needed_is_not_deleted(
        self, server: RunningServer, lead: Visitor, seeded: Seeded
    ) -> None:
        shown = add_version(server, seeded.project_id, "Shown", shown=True)
        refusal = checked(lead.delete(f"/checkpoints/{shown}"), 409).json()["error"]
        assert refusal["code"] == "checkpoint_in_use"
        assert "Shown" in refusal["message"]
        busy = add_version(server, seeded.project_id, "Busy")
        with server.app.state.database.write() as session:
            job = Job(
                kind="predict",
                lane="heavy",
                args={"scan_id": seeded.scan_id, "checkpoint_id": busy},
                project_id=seeded.project_id,
                scan_id=seeded.scan_id,
                state="running",
                attempts=1,
            )
            session.add(job)
            session.flush()
            job_id = job.id
        refusal = checked(lead.delete(f"/checkpoints/{busy}"), 409).json()["error"]
        assert f"job {job_id}" in refusal["message"]
        with server.app.state.database.write() as session:
            jobs.finish(session, jobs.get_job(session, job_id), "cancelled")
        checked(lead.delete(f"/checkpoints/{busy}"), 204)

    def test_its_file_can_be_taken_home(
        self, server: RunningServer, lead: Visitor, seeded: Seeded
    ) -> None:
        made = add_version(server, seeded.project_id, "Flüchtig/../4")
        response = checked(lead.get(f"/checkpoints/{made}/file"))
        assert response.content == b"hello"
        assert response.headers["content-disposition"].endswith('4.safetensors"')
        server.app.state.storage.checkpoint_file(made).unlink()
        assert lead.get(f"/checkpoints/{made}/file").status_code == 404

    def test_the_list_says_what_is_newer_and_what_lacks(
        self, server: RunningServer, lead: Visitor, seeded: Seeded
    ) -> None:
        add_version(server, seeded.project_id, "First")
        for point in (1, 2):
            lead.answer(seeded.scan_id, point_index=point, class_index=0)
        lead.answer(seeded.scan_id, point_index=3, reply="unsure", class_index=None)
        (listed,) = lead.get_json(f"/projects/{seeded.project_id}/checkpoints")["items"]
        assert listed["newer_answers"] == 2
        assert (listed["predicted_scans"], listed["lacking_scans"]) == (0, 1)
        assert (listed["user_name"], listed["seconds"], listed["job_id"]) == (None, None, None)


class TestReadiness:
    def test_it_says_what_would_be_learned_from(self, lead: Visitor, seeded: Seeded) -> None:
        for point, index in ((1, 0), (2, 0), (3, 0), (4, 5), (5, 5)):
            lead.answer(seeded.scan_id, point_index=point, class_index=index)
        read = lead.get_json(f"/projects/{seeded.project_id}/training/readiness")
        assert (read["ready"], read["labelled_points"], read["labelled_scans"]) == (True, 5, 1)
        by_index = {entry["index"]: (entry["labelled"], entry["few"]) for entry in read["classes"]}
        assert by_index[0] == (3, False)
        assert by_index[5] == (2, True)
        assert by_index[1] == (0, False)


class TestQueue:
    def test_unfinished_jobs_of_the_lane_come_first(
        self, server: RunningServer, lead: Visitor, seeded: Seeded
    ) -> None:
        def job(lane: str, state: str) -> Job:
            # Of a lane that no worker serves, so that none is taken meanwhile.
            return Job(kind="predict", lane=lane, args={}, state=state, attempts=1)

        states = (("other", "queued"), ("odd", "done"), ("odd", "running"), ("odd", "queued"))
        made = [job(lane, state) for lane, state in states]
        last = job("odd", "queued")
        with server.app.state.database.write() as session:
            session.add_all([*made, last])
            session.flush()
            ids = [item.id for item in (*made, last)]
        try:
            places = [lead.get_json(f"/jobs/{job_id}/queue")["ahead"] for job_id in ids]
            assert places == [0, 0, 0, 1, 2]
        finally:
            with server.app.state.database.write() as session:
                for job_id in ids[2:]:
                    jobs.finish(session, jobs.get_job(session, job_id), "cancelled")
                jobs.finish(session, jobs.get_job(session, ids[0]), "cancelled")


@pytest.fixture(scope="module")
def room(lead: Visitor) -> dict[str, Any]:
    """A project with a room and 40 answers."""
    project = lead.project(strategy="random", budget=40)
    scan = lead.ready_scan(project["id"], room_file().content)
    for query in lead.get_json(f"/scans/{scan['id']}/queries"):
        point = query["point_index"]
        lead.answer(scan["id"], point_index=point, class_index=int(room_file().classes[point]))
    return {**project, "scan_id": scan["id"]}


def train(lead: Visitor, room: dict[str, Any], **body: Any) -> dict[str, Any]:
    job = lead.post_json(f"/projects/{room['id']}/trainings", body, status=202)
    done = lead.finished(job)
    assert done["state"] == "done", done
    return done


class TestTraining:
    def test_it_tells_what_it_does_and_every_loss(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, room: dict[str, Any]
    ) -> None:
        job = train(lead, room, variant="adapter", steps=5, seed=3)
        log = checked(lead.get(f"/jobs/{job['id']}/log"))
        for part in (
            "40 answers of",
            "Read room.ply: 3,000 points, 40 of them labelled, features kept",
            "Evaluation: accuracy",
            "Predicted room.ply (1 of 1) in",
            f"Checkpoint {job['result']['checkpoint_id']} written",
        ):
            assert part in log.text, log.text
        lines = log.text.splitlines()
        assert all(line[2] == ":" for line in lines), "every line has its time"
        size = len(log.content)
        assert int(log.headers["x-log-next"]) == size
        # From the start in the middle of which one had stopped.
        half = log.content.index(b"\n", size // 2) + 1
        rest = lead.get(f"/jobs/{job['id']}/log", params={"after": half})
        assert rest.content == log.content[half:]
        assert lead.get(f"/jobs/{job['id']}/log", params={"after": size}).text == ""
        assert annotator.get(f"/jobs/{job['id']}/log").status_code == 403

        losses = annotator.get_json(f"/jobs/{job['id']}/losses")
        assert (losses["total"], losses["steps"]) == (5, [1, 2, 3, 4, 5])
        assert all(0 < loss < 100 for loss in losses["losses"])
        # The checkpoint keeps the last one: that is what the curve ends with.
        path = server.app.state.storage.checkpoint_file(job["result"]["checkpoint_id"])
        kept = load_network(path).meta.provenance["last_loss"]
        assert losses["losses"][-1] == pytest.approx(kept, rel=1e-6)

    def test_figures_come_with_their_confusion(self, lead: Visitor, room: dict[str, Any]) -> None:
        train(lead, room)
        (made, *_) = lead.get_json(f"/projects/{room['id']}/checkpoints")["items"]
        metrics = made["metrics"]
        assert sum(count for *_, count in metrics["confusion"]) == metrics["answers"] == 40
        right = sum(count for true, said, count in metrics["confusion"] if true == said)
        assert right / 40 == pytest.approx(metrics["accuracy"], abs=1e-6)
        for entry in metrics["per_class"]:
            of_class = [row for row in metrics["confusion"] if row[0] == entry["index"]]
            assert sum(count for *_, count in of_class) == entry["answers"]
        assert made["user_name"] == "Lea"
        assert made["seconds"] > 0
        assert made["config"]["start_name"] is None
        assert (made["predicted_scans"], made["lacking_scans"], made["newer_answers"]) == (1, 0, 0)

    def test_agreement_is_that_of_the_stored_predictions(
        self, server: RunningServer, lead: Visitor, room: dict[str, Any]
    ) -> None:
        ids = [train(lead, room, variant=v)["result"]["checkpoint_id"] for v in ("head", "adapter")]
        listed = lead.get_json(f"/projects/{room['id']}/checkpoints")["items"]
        assert [item["id"] for item in listed[:2]] == ids[::-1]
        one, two = (
            lead.get(f"/scans/{room['scan_id']}/prediction.bin", params={"checkpoint": key}).content
            for key in ids
        )
        same = sum(a == b for a, b in zip(one[::2], two[::2], strict=True))
        assert listed[0]["agreement"] == pytest.approx(same / 3000)
        assert listed[-1]["agreement"] is None
        compared = lead.get_json(f"/projects/{room['id']}/comparisons/{ids[0]}/{ids[1]}")
        assert compared["agreement"] == pytest.approx(same / 3000)

    def test_what_lacks_is_predicted_and_agreement_is_filled_then(
        self, lead: Visitor, room: dict[str, Any]
    ) -> None:
        project = lead.project(strategy="random", budget=12)
        first = lead.ready_scan(project["id"], room_file().content)
        for query in lead.get_json(f"/scans/{first['id']}/queries"):
            point = query["point_index"]
            lead.answer(first["id"], point_index=point, class_index=int(room_file().classes[point]))
        path = f"/projects/{project['id']}"
        old = train(lead, project)["result"]["checkpoint_id"]
        new = train(lead, project, variant="head")["result"]["checkpoint_id"]
        agreed = lead.get_json(f"{path}/checkpoints")["items"][0]["agreement"]
        # The second scan is predicted by the shown one alone.
        second = lead.ready_scan(project["id"], room_file(2000).content)
        newest, older = lead.get_json(f"{path}/checkpoints")["items"]
        assert (newest["lacking_scans"], older["lacking_scans"]) == (0, 1)
        assert newest["agreement"] == agreed
        assert lead.post_json(f"/checkpoints/{old}/predictions", status=202) == {"queued": 1}
        again = lead.post_json(f"/checkpoints/{old}/predictions", status=202)["queued"]
        assert again == 0
        lead.idle(project["id"])
        newest, older = lead.get_json(f"{path}/checkpoints")["items"]
        assert (newest["lacking_scans"], older["lacking_scans"]) == (0, 0)
        compared = lead.get_json(f"{path}/comparisons/{old}/{new}")
        assert compared["points"] == 5000
        assert newest["agreement"] == pytest.approx(compared["agreement"])
        assert {scan["scan_id"] for scan in compared["scans"]["items"]} == {
            first["id"],
            second["id"],
        }

    def test_a_cancelled_one_publishes_nothing_and_its_log_stays(
        self, lead: Visitor, room: dict[str, Any]
    ) -> None:
        before = lead.get_json(f"/projects/{room['id']}/checkpoints")["total"]
        body = {"variant": "adapter", "steps": 100_000}
        job = lead.post_json(f"/projects/{room['id']}/trainings", body, status=202)
        losses = f"/jobs/{job['id']}/losses"
        wait_until(
            lambda: lead.get_json(losses)["total"] > 2, timeout_s=60, what="the first losses"
        )
        lead.post_json(f"/jobs/{job['id']}/cancel")
        assert lead.finished(job, timeout_s=10)["state"] == "cancelled"
        assert lead.get_json(f"/projects/{room['id']}/checkpoints")["total"] == before
        log = lead.get(f"/jobs/{job['id']}/log").text
        assert re.search(r"Step [2-9]\d* of 100000, loss", log), log
        assert lead.get_json(losses, points=2)["total"] >= 3


class TestOutput:
    def test_a_log_is_read_in_whole_lines(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(output, "MAX_LOG_BYTES", 40)
        path = tmp_path / "log"
        lines = [f"line {number:03d} ä".encode() for number in range(20)]
        content = b"\n".join(lines)  # The last one is not finished.
        path.write_bytes(content)
        tail = output.read_log(path, after=None, ended=False)
        assert tail.text == "line 017 ä\nline 018 ä\n"
        assert tail.next == content.rindex(b"\n") + 1
        assert output.read_log(path, after=tail.next, ended=False).text == ""
        assert output.read_log(path, after=tail.next, ended=True).text == "line 019 ä"
        # From the start, part by part, everything comes once.
        parts, at = b"", 0
        while True:
            part = output.read_log(path, after=at, ended=True)
            if part.next == at:
                break
            parts, at = parts + part.text.encode(), part.next
        assert parts == content
        assert output.read_log(path, after=10_000, ended=False) == tail
        assert output.read_log(tmp_path / "none", after=None, ended=False).text == ""
        path.write_bytes(b"x" * 100)
        assert output.read_log(path, after=0, ended=False).next == 40

    def test_of_a_step_told_twice_the_last_counts(self, tmp_path: Path) -> None:
        path = tmp_path / "losses"
        assert [part.tolist() for part in output.read_losses(path)] == [[], []]
        for step, loss in ((1, 4.0), (2, 3.0), (3, 2.0), (2, 2.5), (3, 2.25), (4, 1.0)):
            output.add_loss(path, step, loss)
        with path.open("ab") as file:
            file.write(b"\x05\x00")  # Cut short by the death of its writer.
        steps, losses = output.read_losses(path)
        assert steps.tolist() == [1, 2, 3, 4]
        assert losses.tolist() == [4.0, 2.5, 2.25, 1.0]

    @pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 100, 101])
    def test_a_curve_is_thinned_to_means(self, count: int) -> None:
        values = np.random.default_rng(count).random(count)
        steps, losses = output.thinned(np.arange(1, count + 1), values, 10)
        assert len(steps) <= 10
        assert steps[-1] == count
        start = 0
        for end, loss in zip(steps, losses, strict=True):
            assert loss == pytest.approx(sum(values[start:end]) / (end - start))
            start = end
        assert json.dumps(losses)
