# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that came with files, as answers."""

from __future__ import annotations

import csv
import io
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.file_labels.tables import GroundTruth, LabelImport
from fewpoints.server.projects.queries import class_rows
from tests.rooms import small_room
from tests.server.running import RunningServer, Visitor, checked

POINTS = 2000
NYU40 = np.array([c.external_id for c in PRESETS["scannet20"].classes])


def labelled_file(folder: Path, *, kept: int | None = None) -> bytes:
    """A room whose file has NYU40 ids and objects; of `kept` points, the others are 0."""
    room = small_room(POINTS)
    labels = NYU40[room.classes]
    if kept is not None:
        labels[kept:] = 0
    scan = PointScan(
        positions=room.scan.positions,
        colours=room.scan.colours,
        labels={"label": labels, "object_id": np.asarray(room.instances, np.int64)},
    )
    write_ply(folder / "room.ply", scan)
    return (folder / "room.ply").read_bytes()


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return labelled_file(tmp_path_factory.mktemp("dense"))


def imported(
    lead: Visitor, project_id: int, content: bytes, name: str = "room.ply"
) -> dict[str, Any]:
    """Upload a scan and wait for its import, not for what follows."""
    scan = lead.upload(project_id, content, name)
    (job,) = lead.get_json("/jobs", scan_id=scan["id"], kind="import")["items"]
    assert lead.finished(job)["state"] == "done"
    return dict(lead.get_json(f"/scans/{scan['id']}"))


def suggested(lead: Visitor, scan: dict[str, Any]) -> dict[str, Any]:
    field = lead.get_json(f"/scans/{scan['id']}/label-fields")["fields"][0]
    mapping: dict[str, Any] = field["suggestions"][0]["mapping"]
    return mapping


def start(lead: Visitor, project_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """Import and wait; return the import."""
    whole = {"client_id": str(uuid.uuid4()), **body}
    path = f"/projects/{project_id}/label-imports"
    started = lead.post_json(path, whole, status=202)
    job = lead.finished({"id": started["job_id"]})
    assert job["state"] == "done", job
    (found,) = [i for i in lead.get_json(path)["items"] if i["id"] == started["id"]]
    assert found["state"] == "done"
    return dict(found)


@pytest.fixture
def scan(lead: Visitor, content: bytes) -> dict[str, Any]:
    project = lead.project(preset="scannet20", auto_select=False)
    return imported(lead, project["id"], content)


class TestFields:
    def test_values_with_counts_and_what_they_may_mean(
        self, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        found = lead.get_json(f"/scans/{scan['id']}/label-fields")
        assert (found["scans"], found["waiting"]) == (1, 0)
        label, objects = found["fields"]
        assert (label["name"], label["points"], label["sparse"]) == ("label", POINTS, False)
        assert (objects["name"], objects["numbers_objects"]) == ("object_id", True)
        values, numbers = np.unique(NYU40[small_room(POINTS).classes], return_counts=True)
        assert {v["value"]: v["points"] for v in label["values"]} == dict(
            zip(values.tolist(), numbers.tolist(), strict=True)
        )
        best = label["suggestions"][0]
        assert best["share"] == 1.0
        assert best["mapping"]["instance"] == {"field": "object_id", "none": 0}
        names = {entry["value"]: entry["class"] for entry in best["mapping"]["values"]}
        assert names[5] == "chair"

    def test_of_a_project_they_are_added(self, lead: Visitor, content: bytes) -> None:
        project = lead.project(auto_select=False)
        empty = lead.get_json(f"/projects/{project['id']}/label-fields")
        assert empty == {"scans": 0, "waiting": 0, "fields": []}
        scans = [imported(lead, project["id"], content, f"{n}.ply") for n in "ab"]
        both = lead.get_json(f"/projects/{project['id']}/label-fields")
        assert (both["fields"][0]["scans"], both["fields"][0]["points"]) == (2, 2 * POINTS)
        one = lead.get_json(f"/projects/{project['id']}/label-fields", scan_id=scans[0]["id"])
        assert one["fields"][0]["points"] == POINTS

    def test_scans_imported_before_are_counted_when_somebody_asks(
        self, server: RunningServer, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        before = lead.get_json(f"/scans/{scan['id']}/label-fields")
        server.app.state.storage.label_counts(scan["id"]).unlink()
        assert lead.get_json(f"/scans/{scan['id']}/label-fields") == before


class TestAnswers:
    def test_some_points_of_each_class_become_answers(
        self, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        body = {"mapping": suggested(lead, scan), "per_class": 3}
        plan = lead.post_json(f"/projects/{scan['project_id']}/label-imports/preview", body)
        room = small_room(POINTS)
        classes = set(room.classes.tolist())
        sizes = np.bincount(room.classes, minlength=20)
        expected = sum(min(3, int(size)) for size in sizes)
        assert (plan["scans"], plan["answers"], plan["points"]) == (1, expected, POINTS)
        assert {c["index"]: (c["points"], c["answers"]) for c in plan["classes"]} == {
            index: (int(sizes[index]), min(3, int(sizes[index]))) for index in classes
        }

        done = start(lead, scan["project_id"], body)
        assert (done["scans"], done["answers"], done["target"]) == (1, expected, "answers")
        answers = lead.get_json(f"/scans/{scan['id']}/answers")
        assert len(answers) == expected
        instanceable = [c.instanceable for c in PRESETS["scannet20"].classes]
        for answer in answers:
            point = answer["point_index"]
            assert answer["class_index"] == room.classes[point]
            objects = int(room.instances[point]) if instanceable[room.classes[point]] else 0
            assert answer["instance"] == (objects or None)
            assert (answer["strategy"], answer["user_name"]) == ("imported", "file: label")
            assert answer["seconds"] is None
        assert lead.get_json(f"/scans/{scan['id']}")["answers"] == expected

    def test_again_it_adds_nothing_and_undone_it_is_gone(
        self, server: RunningServer, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        body = {"mapping": suggested(lead, scan), "per_class": 2}
        first = start(lead, scan["project_id"], body)
        again = start(lead, scan["project_id"], body)
        assert (again["scans"], again["answers"]) == (0, 0)
        own = lead.answer(scan["id"], point_index=1, class_index=0)

        undone = lead.post_json(f"/label-imports/{first['id']}/undo")
        assert undone["undone_at"] is not None
        assert [a["id"] for a in lead.get_json(f"/scans/{scan['id']}/answers")] == [own["id"]]
        lead.post_json(f"/label-imports/{first['id']}/undo")
        events = select(AnswerEvent.kind).where(AnswerEvent.scan_id == scan["id"])
        with server.app.state.database.read() as session:
            kinds = list(session.scalars(events))
        assert kinds.count("unimport") == kinds.count("import") == first["answers"]
        # A person's own steps know nothing of it.
        assert lead.undo(scan["id"])["undone"]["id"] == own["id"]
        redone = lead.post_json(f"/scans/{scan['id']}/redo", {"client_id": str(uuid.uuid4())})
        assert redone["redone"]["point_index"] == 1

        third = start(lead, scan["project_id"], body)
        assert third["answers"] in (first["answers"], first["answers"] - 1)

    def test_what_people_said_stays(
        self, lead: Visitor, scan: dict[str, Any], content: bytes
    ) -> None:
        body = {"mapping": suggested(lead, scan), "per_class": 1}
        start(lead, scan["project_id"], body)
        (row, *_) = lead.get_json(f"/scans/{scan['id']}/answers")
        other = lead.project(preset="scannet20", auto_select=False)
        second = imported(lead, other["id"], content)
        said = lead.answer(second["id"], point_index=row["point_index"], class_index=19)
        start(lead, other["id"], body)
        here = [
            a
            for a in lead.get_json(f"/scans/{second['id']}/answers")
            if a["point_index"] == row["point_index"]
        ]
        assert here == [said]

    def test_sent_twice_it_is_done_once(
        self, server: RunningServer, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        body = {
            "mapping": suggested(lead, scan),
            "per_class": 1,
            "client_id": str(uuid.uuid4()),
        }
        path = f"/projects/{scan['project_id']}/label-imports"
        ids = {lead.post_json(path, body, status=202)["id"] for _ in range(2)}
        assert len(ids) == 1
        lead.idle(scan["project_id"])
        with server.app.state.database.read() as session:
            found = session.scalars(
                select(LabelImport).where(LabelImport.project_id == scan["project_id"])
            )
            assert len(found.all()) == 1

    def test_sparse_labels_become_answers_as_they_are(self, lead: Visitor, tmp_path: Path) -> None:
        project = lead.project(preset="scannet20", auto_select=False)
        scan = imported(lead, project["id"], labelled_file(tmp_path, kept=30))
        field = lead.get_json(f"/scans/{scan['id']}/label-fields")["fields"][0]
        assert field["sparse"]
        mapping = field["suggestions"][0]["mapping"]
        done = start(lead, project["id"], {"mapping": mapping, "per_class": None})
        assert done["answers"] == 30
        answers = lead.get_json(f"/scans/{scan['id']}/answers")
        assert sorted(answer["point_index"] for answer in answers) == list(range(30))

    def test_they_are_nobodys_work_and_exports_say_where_they_come_from(
        self, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        project_id = scan["project_id"]
        done = start(lead, project_id, {"mapping": suggested(lead, scan), "per_class": 2})
        activity = lead.get_json(f"/projects/{project_id}/dashboard/activity")
        assert activity["replies"]["imported"] == done["answers"]
        assert (activity["replies"]["labelled"], activity["seconds"]) == (0, None)
        assert lead.get_json(f"/projects/{project_id}/pace")["answers"] == 0
        lead.post_json(f"/label-imports/{done['id']}/undo")
        activity = lead.get_json(f"/projects/{project_id}/dashboard/activity")
        assert activity["replies"]["undone"] == 0
        start(lead, project_id, {"mapping": suggested(lead, scan), "per_class": 2})
        job = lead.post_json(f"/projects/{project_id}/exports", {"kind": "sparse_csv"}, status=202)
        export_id = lead.finished(job)["result"]["export_id"]
        text = checked(lead.get(f"/exports/{export_id}/file")).text
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == done["answers"]
        assert {row["strategy"] for row in rows} == {"imported"}
        assert {row["who"] for row in rows} == {"file: label"}


class TestRefusals:
    def refused(
        self, visitor: Visitor, scan: dict[str, Any], status: int, **body: Any
    ) -> dict[str, str]:
        path = f"/projects/{scan['project_id']}/label-imports"
        whole = {"client_id": str(uuid.uuid4()), **body}
        error: dict[str, str] = checked(visitor.post(path, json=whole), status).json()["error"]
        return error

    def test_one_sentence_each(self, lead: Visitor, scan: dict[str, Any]) -> None:
        mapping = suggested(lead, scan)
        other = {**mapping, "field": "segment", "instance": None}
        error = self.refused(lead, scan, 422, mapping=other)
        assert error["message"] == 'None of the 1 scans has the field "segment".'
        nothing = {**mapping, "values": [{"value": 77, "class": "wall"}]}
        error = self.refused(lead, scan, 409, mapping=nothing)
        assert error["code"] == "nothing_to_import"
        sofa = {**mapping, "values": [{"value": 1, "class": "spaceship"}]}
        assert "spaceship" in self.refused(lead, scan, 422, mapping=sofa)["message"]
        assert self.refused(lead, scan, 404, mapping=mapping, scan_ids=[10**6])

    def test_scans_of_other_projects_are_refused(
        self, lead: Visitor, scan: dict[str, Any], content: bytes
    ) -> None:
        other = imported(lead, lead.project(auto_select=False)["id"], content)
        mapping = suggested(lead, scan)
        error = self.refused(lead, scan, 422, mapping=mapping, scan_ids=[other["id"]])
        assert str(other["id"]) in error["message"]

    def test_annotators_may_look_but_not_import(
        self, lead: Visitor, annotator: Visitor, scan: dict[str, Any]
    ) -> None:
        annotator.get_json(f"/scans/{scan['id']}/label-fields")
        self.refused(annotator, scan, 403, mapping=suggested(lead, scan))

    def test_too_many_points_of_one_scan(
        self, lead: Visitor, scan: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fewpoints.server.file_labels.service.MAX_ALL", POINTS - 1)
        error = self.refused(lead, scan, 422, mapping=suggested(lead, scan), per_class=None)
        assert error["code"] == "too_many_answers"


class TestScansThatDiffer:
    def test_scans_without_the_field_are_left_out(self, lead: Visitor, content: bytes) -> None:
        project = lead.project(preset="scannet20", auto_select=False)
        scan = imported(lead, project["id"], content)
        bare = b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\n"
        bare += b"property float z\nend_header\n1 2 3\n"
        imported(lead, project["id"], bare, "bare.ply")
        body = {"mapping": suggested(lead, scan), "per_class": 1}
        plan = lead.post_json(f"/projects/{project['id']}/label-imports/preview", body)
        assert (plan["scans"], plan["left_out"]) == (1, 1)
        assert start(lead, project["id"], body)["scans"] == 1

    def test_of_chosen_scans_those_that_failed_are_left_out(
        self, lead: Visitor, content: bytes
    ) -> None:
        project = lead.project(preset="scannet20", auto_select=False)
        scan = imported(lead, project["id"], content)
        broken = lead.upload(project["id"], content[:2000], "broken.ply")
        (job,) = lead.get_json("/jobs", scan_id=broken["id"], kind="import")["items"]
        assert lead.finished(job)["state"] == "failed"
        ids = [scan["id"], broken["id"]]
        body = {"mapping": suggested(lead, scan), "per_class": 1, "scan_ids": ids}
        plan = lead.post_json(f"/projects/{project['id']}/label-imports/preview", body)
        assert (plan["scans"], plan["left_out"]) == (1, 0)
        checked(lead.get(f"/scans/{broken['id']}/label-fields"), 409)

    def test_classes_may_move_between_asking_and_doing(
        self, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        done = start(lead, scan["project_id"], {"mapping": suggested(lead, scan), "per_class": 1})
        path = f"/projects/{scan['project_id']}"
        classes = lead.get_json(path)["classes"]
        # The list upside down, each class with its old index.
        moved = [dict(entry) for entry in reversed(classes)]
        checked(lead.put(f"{path}/classes", json=moved))
        (found,) = lead.get_json(f"{path}/label-imports")["items"]
        assert found["mapping"] == done["mapping"]


def test_a_project_goes_with_what_was_taken_in(
    server: RunningServer, lead: Visitor, content: bytes
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    scan = imported(lead, project["id"], content)
    mapping = suggested(lead, scan)
    start(lead, project["id"], {"mapping": mapping, "per_class": 1})
    start(lead, project["id"], {"mapping": mapping, "target": "truth"})
    undone = start(lead, project["id"], {"mapping": mapping, "per_class": 2})
    lead.post_json(f"/label-imports/{undone['id']}/undo")
    checked(lead.delete(f"/projects/{project['id']}"), 204)
    with server.app.state.database.read() as session:
        mine = LabelImport.project_id == project["id"]
        assert session.scalars(select(LabelImport.id).where(mine)).all() == []
        truths = select(GroundTruth.id).where(GroundTruth.scan_id == scan["id"])
        assert session.scalars(truths).all() == []


class TestWords:
    def test_words_of_text_files_get_their_class_in_every_file(
        self, server: RunningServer, lead: Visitor
    ) -> None:
        project = lead.project(preset="scannet20", auto_select=False)
        # The same word has another number in each of them.
        said = [["wall", "floor"], ["bed", "wall"], ["floor", "chair"]]
        ids = []
        for k, (one, other) in enumerate(said):
            rng = np.random.default_rng(k)
            lines = [
                f'{x:.3f},{y:.3f},{z:.3f},"{one if i % 3 else other}",scan {i}.jpg'
                for i, (x, y, z) in enumerate(rng.uniform(0, 3, (300, 3)))
            ]
            content = "\n".join(["x,y,z,class,image", *lines]).encode()
            ids.append(imported(lead, project["id"], content, f"{k}.csv")["id"])
        (field,) = lead.get_json(f"/projects/{project['id']}/label-fields")["fields"]
        points = {v["name"]: v["points"] for v in field["values"]}
        assert points == {"wall": 300, "floor": 300, "bed": 200, "chair": 100}
        (suggestion,) = field["suggestions"]
        assert suggestion["rule"] == "names"
        body = {"mapping": suggestion["mapping"], "target": "answers", "per_class": 5}
        plan = lead.post_json(f"/projects/{project['id']}/label-imports/preview", body)
        assert (plan["answers"], plan["points"], plan["unlisted"]) == (30, 900, [])
        start(lead, project["id"], body)
        with server.app.state.database.read() as session:
            names = {c.id: c.name for c in class_rows(session, [project["id"]])[project["id"]]}
            for scan_id, (one, other) in zip(ids, said, strict=True):
                events = session.scalars(
                    select(AnswerEvent).where(AnswerEvent.scan_id == scan_id)
                ).all()
                assert len(events) == 10
                for event in events:
                    assert event.point_index is not None
                    assert event.class_id is not None
                    word = one if event.point_index % 3 else other
                    assert names[event.class_id] == word

    def test_words_that_a_mapping_does_not_list_are_told_by_name(self, lead: Visitor) -> None:
        project = lead.project(preset="scannet20", auto_select=False)
        lines = [f"{i % 7},{i % 5},{i % 3},{['wall', 'pipe'][i % 2]}" for i in range(300)]
        imported(lead, project["id"], "\n".join(["x,y,z,class", *lines]).encode(), "a.csv")
        mapping = {
            "version": 1,
            "field": "class",
            "values": [{"value": 5, "class": "wall", "name": "wall"}],
        }
        body = {"mapping": mapping, "target": "answers", "per_class": 5}
        plan = lead.post_json(f"/projects/{project['id']}/label-imports/preview", body)
        assert plan["unlisted"] == [{"value": 0, "points": 150, "name": "pipe"}]
        assert plan["points"] == 150
