# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Exports: what the preview says is what is written, with a manifest, options and reasons."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.models.selection.files import read_labels_pth
from fewpoints.server.scans.tables import Scan
from tests.server.reviewing import review
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, seed_scan
from tests.server.versions import add_prediction, add_version, class_row_ids


def preview(visitor: Visitor, project_id: int, kind: str, **options: Any) -> Any:
    body = {"kind": kind, **options}
    return visitor.post_json(f"/projects/{project_id}/exports/preview", body, status=200)


def made(lead: Visitor, project_id: int, kind: str, **options: Any) -> tuple[Any, bytes]:
    """Export; return the export and the bytes of its file."""
    path = f"/projects/{project_id}/exports"
    job = lead.finished(lead.post_json(path, {"kind": kind, **options}, status=202))
    assert job["state"] == "done", job
    export = lead.get_json(path)["items"][0]
    assert export["id"] == job["result"]["export_id"]
    content = checked(lead.get(f"/exports/{export['id']}/file")).content
    assert len(content) == export["bytes"]
    assert hashlib.sha256(content).hexdigest() == export["sha256"]
    return export, content


def lines_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def answered(lead: Visitor, annotator: Visitor, bob: Visitor, seeded: Seeded) -> dict[str, Any]:
    """Two people's answers of every kind and state, by name."""
    scan = seeded.scan_id
    given = {
        "plain": annotator.answer(scan, point_index=10, class_index=1),
        "older": bob.answer(scan, point_index=20, class_index=2),
        "newer": annotator.answer(scan, point_index=20, class_index=3, instance=4),
        "unsure": annotator.answer(scan, point_index=30, reply="unsure", class_index=None),
        "unlisted": bob.answer(scan, point_index=40, reply="unlisted", class_index=None),
        "back": annotator.answer(scan, point_index=50, class_index=5),
        "wrong": annotator.answer(scan, point_index=60, class_index=6),
        "good": annotator.answer(scan, point_index=70, class_index=7, note="sure"),
        "later": bob.answer(scan, point_index=70, class_index=8),
    }
    review(lead, given["back"], "send_back")
    review(lead, given["wrong"], "correct", class_index=9)
    review(lead, given["good"], "approve")
    return given


class TestSparse:
    def test_the_csv_has_the_answers_that_count_and_the_preview_says_so(
        self, lead: Visitor, annotator: Visitor, bob: Visitor, seeded: Seeded
    ) -> None:
        answered(lead, annotator, bob, seeded)
        shown = preview(lead, seeded.project_id, "sparse_csv")
        export, content = made(lead, seeded.project_id, "sparse_csv")
        lines = lines_of(content)
        assert [(line["index"], line["class"], line["reply"], line["who"]) for line in lines] == [
            ("10", "1", "class", "Ann"),
            ("20", "2", "class", "Bob"),
            ("20", "3", "class", "Ann"),
            ("30", "", "unsure", "Ann"),
            ("40", "", "unlisted", "Bob"),
            ("70", "7", "class", "Ann"),
            ("70", "8", "class", "Bob"),
            ("60", "9", "class", "Lea"),
        ]
        assert shown["refusal"] is None
        assert (shown["filename"], shown["zipped"]) == (export["filename"], False)
        assert (shown["bytes"], shown["bytes_exact"]) == (len(content), True)
        assert shown["rows"] == len(lines)
        rows = list(csv.reader(io.StringIO(content.decode())))
        assert shown["columns"] == rows[0]
        assert shown["sample"] == rows[1:6]
        counted = Counter(int(line["class"]) if line["class"] else None for line in lines)
        assert {c["index"]: c["count"] for c in shown["classes"]} == dict(counted)
        assert shown["left_out_answers"] == {"sent_back": 1, "corrected": 1}
        told = {key: export["snapshot"][key] for key in ("last_event_id", "answers")}
        assert told == {key: shown["snapshot"][key] for key in told}
        assert (export["created_by"], export["options"]["kind"]) == ("Lea", "sparse_csv")

    def test_only_classes_and_only_what_was_approved(
        self, lead: Visitor, annotator: Visitor, bob: Visitor, seeded: Seeded
    ) -> None:
        answered(lead, annotator, bob, seeded)
        options: dict[str, Any] = {"other_replies": False}
        shown = preview(lead, seeded.project_id, "sparse_csv", **options)
        _, content = made(lead, seeded.project_id, "sparse_csv", **options)
        assert {line["reply"] for line in lines_of(content)} == {"class"}
        assert shown["left_out_answers"]["no_class"] == 2

        options = {"approved_only": True}
        shown = preview(lead, seeded.project_id, "sparse_csv", **options)
        export, content = made(lead, seeded.project_id, "sparse_csv", **options)
        assert [(line["index"], line["class"]) for line in lines_of(content)] == [
            ("70", "7"), ("60", "9"),
        ]  # fmt: skip
        assert shown["left_out_answers"] == {"sent_back": 1, "corrected": 1, "not_approved": 6}
        assert export["options"]["approved_only"] is True

    def test_the_container_has_the_answer_that_decides_at_each_point(
        self, lead: Visitor, annotator: Visitor, bob: Visitor, seeded: Seeded, tmp_path: Path
    ) -> None:
        answered(lead, annotator, bob, seeded)
        shown = preview(lead, seeded.project_id, "sparse_pth")
        _, content = made(lead, seeded.project_id, "sparse_pth")
        archive = zipfile.ZipFile(io.BytesIO(content))
        archive.extractall(tmp_path)
        columns = read_labels_pth(tmp_path / "labels.pth")["cube"]
        assert columns["points"].tolist() == [10, 20, 60, 70]
        assert columns["classes"].tolist() == [1, 3, 9, 7], "what was approved comes before later"
        assert columns["instances"].tolist() == [-1, 4, -1, -1]
        assert [file["name"] for file in shown["files"]] == ["points.pth", "labels.pth"]
        assert shown["rows"] == 4
        assert {c["index"]: c["count"] for c in shown["classes"]} == {1: 1, 3: 1, 9: 1, 7: 1}
        assert shown["left_out_answers"] == {
            "sent_back": 1, "corrected": 1, "no_class": 2, "other_decides": 2,
        }  # fmt: skip
        size = sum(
            info.file_size for info in archive.infolist() if info.filename != "manifest.json"
        )
        assert not shown["bytes_exact"]
        assert 0.3 < shown["bytes"] / size < 3

    def test_several_scans_come_in_a_zip_with_a_manifest_of_checksums(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        from fewpoints.server.scans.tables import Scan

        other = seed_scan(server.app.state.database, server.app.state.storage)
        silent = seed_scan(server.app.state.database, server.app.state.storage)
        with server.app.state.database.write() as session:
            for scan_id in (other.scan_id, silent.scan_id):
                session.get_one(Scan, scan_id).project_id = seeded.project_id
        annotator.answer(seeded.scan_id, point_index=10)
        annotator.answer(other.scan_id, point_index=20)
        shown = preview(lead, seeded.project_id, "sparse_csv")
        export, content = made(lead, seeded.project_id, "sparse_csv")
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = [file["name"] for file in shown["files"]]
        assert names == [f"cube-{scan.scan_id}-sparse.csv" for scan in (seeded, other)]
        assert archive.namelist() == [*names, "manifest.json"]
        assert (shown["zipped"], shown["filename"]) == (True, export["filename"])
        assert shown["bytes"] == sum(len(archive.read(name)) for name in names)
        assert shown["left_out"] == [
            {"scan_id": silent.scan_id, "name": "cube.ply", "reason": "no_answers"}
        ]
        inside = json.loads(archive.read("manifest.json"))
        for file in inside["files"]:
            assert hashlib.sha256(archive.read(file["name"])).hexdigest() == file["sha256"]
        assert inside["left_out"] == shown["left_out"]
        beside = lead.get_json(f"/exports/{export['id']}/manifest")
        assert {key: beside[key] for key in inside} == inside
        assert (beside["sha256"], beside["export_id"]) == (export["sha256"], export["id"])
        again, twice = made(lead, seeded.project_id, "sparse_csv")
        assert again["id"] != export["id"]
        assert twice == content, "the same answers give the same bytes"

        one = preview(lead, seeded.project_id, "sparse_csv", scan_ids=[other.scan_id])
        assert (one["file_count"], one["scan_count"], one["zipped"]) == (1, 1, False)
        done = preview(lead, seeded.project_id, "sparse_csv", done_only=True)
        assert done["left_out_scans"] == {"open_queries": 3}
        assert "open queries" in done["refusal"]

    def test_no_two_scans_have_files_of_one_name(
        self,
        server: RunningServer,
        lead: Visitor,
        annotator: Visitor,
        seeded: Seeded,
        tmp_path: Path,
    ) -> None:
        """Nor names that are one on a system without capitals, nor that of the manifest."""
        state = server.app.state
        others = [seed_scan(state.database, state.storage).scan_id for _ in range(6)]
        last = max(others)
        names = ["room.ply", "ROOM.ply", f"room-{others[0]}.ply", f"Room-{last}-2.ply"]
        names += ["Manifest.ply", "部屋.ply", f"room-{last}.ply", "room.ply"]
        scan_ids = sorted(
            [seeded.scan_id, *others, seed_scan(state.database, state.storage).scan_id]
        )
        with state.database.write() as session:
            for scan_id, name in zip(scan_ids, names, strict=True):
                scan = session.get_one(Scan, scan_id)
                scan.project_id, scan.name = seeded.project_id, name
        for scan_id in scan_ids:
            annotator.answer(scan_id, point_index=10, class_index=1)
        _, content = made(lead, seeded.project_id, "sparse_csv")
        archive = zipfile.ZipFile(io.BytesIO(content))
        written = [name.lower() for name in archive.namelist()]
        assert len(written) == len(set(written)) == len(scan_ids) + 1
        _, content = made(lead, seeded.project_id, "sparse_pth")
        zipfile.ZipFile(io.BytesIO(content)).extract("labels.pth", tmp_path)
        assert len(read_labels_pth(tmp_path / "labels.pth")) == len(scan_ids)
        with state.database.write() as session:
            session.get_one(Scan, scan_ids[0]).name = "manifest.ply"
        export, content = made(lead, seeded.project_id, "sparse_csv", scan_ids=scan_ids[:1])
        assert export["filename"] == f"manifest-{scan_ids[0]}-sparse.csv"
        assert [line["index"] for line in lines_of(content)] == ["10"]


class TestPredictions:
    def test_the_preview_counts_the_classes_that_are_written(
        self, server: RunningServer, lead: Visitor, seeded: Seeded, tmp_path: Path
    ) -> None:
        ids = class_row_ids(server, seeded.project_id)
        raw = np.random.default_rng(0).integers(0, 3, 1000)
        checkpoint = add_version(
            server, seeded.project_id, "First", shown=True, class_ids=[ids[4], ids[0], ids[7]]
        )
        add_prediction(server, seeded.scan_id, checkpoint, raw.astype(np.uint8))
        shown = preview(lead, seeded.project_id, "dense_ply")
        export, content = made(lead, seeded.project_id, "dense_ply")
        (tmp_path / "x.ply").write_bytes(content)
        written = read_scan(tmp_path / "x.ply").labels["class"]
        assert np.array_equal(written, np.array([4, 0, 7])[raw])
        assert {c["index"]: c["count"] for c in shown["classes"]} == dict(Counter(written.tolist()))
        assert (shown["rows"], shown["bytes"], shown["bytes_exact"]) == (1000, len(content), True)
        assert shown["snapshot"]["checkpoint_name"] == "First"
        assert export["snapshot"]["checkpoint_id"] == checkpoint
        refused = lead.post_json(
            f"/projects/{seeded.project_id}/exports/preview",
            {"kind": "dense_ply", "checkpoint_id": 10**6},
            status=422,
        )
        assert "no checkpoint 1000000" in refused["error"]["message"]

    def test_without_a_checkpoint_the_preview_says_why(self, lead: Visitor, seeded: Seeded) -> None:
        shown = preview(lead, seeded.project_id, "dense_ply")
        assert (shown["files"], shown["filename"]) == ([], None)
        assert "Train the project first" in shown["refusal"]
        body = {"kind": "sparse_csv", "checkpoint_id": 1}
        path = f"/projects/{seeded.project_id}/exports/preview"
        assert lead.post(path, json=body).status_code == 422


class TestLabels:
    def test_the_preview_counts_the_labels_that_are_written(
        self, lead: Visitor, annotator: Visitor, tmp_path: Path
    ) -> None:
        project = lead.project(strategy="kmeans_features", budget=6)
        room = room_file()
        scan = lead.ready_scan(project["id"], room.content)
        given = []
        for query in lead.get_json(f"/scans/{scan['id']}/queries"):
            point = query["point_index"]
            given.append(
                annotator.answer(
                    scan["id"], point_index=point, class_index=int(room.classes[point])
                )
            )
        review(lead, given[0], "approve")
        review(lead, given[1], "send_back")
        for options in ({}, {"approved_only": True}):
            shown = preview(lead, project["id"], "labels_ply", **options)
            _, content = made(lead, project["id"], "labels_ply", **options)
            (tmp_path / "x.ply").write_bytes(content)
            written = Counter(read_scan(tmp_path / "x.ply").labels["class"].tolist())
            assert {
                255 if c["index"] is None else c["index"]: c["count"] for c in shown["classes"]
            } == dict(written)
            assert (shown["bytes"], shown["rows"]) == (len(content), len(room.classes))
            assert shown["counted_scans"] == 1
        assert set(written) - {255} == {given[0]["class_index"]}
        assert shown["snapshot"]["answers"] == 1


class TestPastExports:
    def test_they_are_listed_and_deleted_by_leads(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        annotator.answer(seeded.scan_id, point_index=10)
        export, _ = made(lead, seeded.project_id, "sparse_csv")
        path = f"/exports/{export['id']}"
        assert annotator.delete(path).status_code == 403
        folder = server.app.state.storage.export_folder(export["id"])
        assert folder.is_dir()
        assert lead.delete(path).status_code == 204
        assert not folder.exists()
        assert lead.get(f"{path}/file").status_code == 404
        assert lead.get_json(f"/projects/{seeded.project_id}/exports")["items"] == []
        assert lead.delete(path).status_code == 404

    def test_a_job_that_an_older_version_queued_still_runs(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        from fewpoints.server.jobs import service as jobs

        annotator.answer(seeded.scan_id, point_index=10, client_id=str(uuid.uuid4()))
        with server.app.state.database.write() as session:
            job = jobs.enqueue(
                session,
                "export",
                args={
                    "project_id": seeded.project_id,
                    "kind": "sparse_csv",
                    "scan_ids": [seeded.scan_id],
                    "checkpoint_id": None,
                },
                project_id=seeded.project_id,
                user_id=None,
            )
            job_id = job.id
        done = lead.finished({"id": job_id})
        assert done["state"] == "done", done
        export = lead.get_json(f"/projects/{seeded.project_id}/exports")["items"][0]
        assert (export["created_by"], export["options"]) == (None, None)


@pytest.mark.parametrize("source", ["answers", "prediction"])
def test_points_that_were_thinned_away_count_with_the_class_that_they_get(
    lead: Visitor, server: RunningServer, source: str
) -> None:
    project = lead.project(strategy="random", auto_select=False)
    options = json.dumps({"version": 1, "fixes": {"thin_to": 0.2}})
    answer = lead.post(
        f"/projects/{project['id']}/scans",
        params={"name": "room.ply", "options": options},
        content=room_file(1500).content,
    )
    scan = checked(answer, 201).json()
    lead.idle(project["id"])
    lead.idle(project["id"])
    storage = server.app.state.storage
    order = np.fromfile(storage.scan_file(scan["id"], "order.bin"), "<u4")
    assert len(order) < 1400
    for number, point in enumerate(order[:4].tolist()):
        lead.answer(scan["id"], point_index=point, class_index=number)
    if source == "prediction":
        version = add_version(server, project["id"], "Some", shown=True)
        classes = np.full(1500, 255, np.uint8)
        classes[order] = order % 5
        add_prediction(server, scan["id"], version, classes)
    shown = preview(lead, project["id"], "npz", source=source)
    _, content = made(lead, project["id"], "npz", source=source)
    written = np.load(io.BytesIO(content))["segment"]
    assert len(written) == 1500
    values, counts = np.unique(written, return_counts=True)
    expected = {
        None if value < 0 else value: count
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    }
    assert {entry["index"]: entry["count"] for entry in shown["classes"]} == expected
