# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every format of the registry: written by a job, read by its own loader example, compared."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import laspy
import numpy as np
import pyarrow.parquet as pq
import pytest

from fewpoints.server.exports.formats import FORMATS, ExportFormat
from fewpoints.server.exports.schemas import ExportKind
from fewpoints.server.exports.written import sha256_of
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.test_exports_preview import made, preview

ROOM_POINTS = 1500


@pytest.fixture(scope="module")
def answered(server: RunningServer, lead: Visitor, annotator: Visitor) -> dict[str, Any]:
    """A project with a room, its answers by point, and what its dense labels are."""
    project = lead.project(strategy="kmeans_features", budget=6)
    room = room_file(ROOM_POINTS)
    scan = lead.ready_scan(project["id"], room.content)
    given = {}
    for number, query in enumerate(lead.get_json(f"/scans/{scan['id']}/queries")):
        point = query["point_index"]
        instance = number + 1 if number % 2 == 0 else None
        answer = annotator.answer(
            scan["id"],
            query_id=query["id"],
            point_index=point,
            class_index=int(room.classes[point]),
            instance=instance,
            note="sure" if number == 0 else None,
        )
        given[point] = answer
    order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
    pairs = np.frombuffer(lead.get(f"/scans/{scan['id']}/dense.bin").content, np.uint8)
    dense = np.full((ROOM_POINTS, 2), 255, np.uint8)
    dense[order] = pairs.reshape(-1, 2)
    return {"project": project, "scan": scan, "given": given, "dense": dense, "room": room}


def test_the_names_in_the_types_are_those_of_the_registry(lead: Visitor) -> None:
    names = [known.name for known in FORMATS]
    assert list(get_args(ExportKind)) == names
    listed = lead.get_json("/export-formats")
    assert [entry["name"] for entry in listed] == names
    assert all(len(name) <= 16 for name in names), "as the column in the database"
    for language in ("en", "de", "zh"):
        words = json.loads(Path(f"webui/src/i18n/{language}/exports.json").read_text())
        for name in names:
            assert words[f"exports.kind.{name}"], (language, name)
            assert words[f"exports.hint.{name}"], (language, name)


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_the_loader_example_reads_what_was_answered(
    known: ExportFormat,
    answered: dict[str, Any],
    lead: Visitor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project_id = answered["project"]["id"]
    shown = preview(lead, project_id, known.name)
    export, content = made(lead, project_id, known.name)
    assert shown["refusal"] is None
    assert (shown["filename"], shown["unit"]) == (
        export["filename"],
        {"sparse": "answers", "dense": "points", "objects": "objects"}[known.group],
    )
    manifest = checked(lead.get(f"/exports/{export['id']}/manifest")).json()
    (tmp_path / export["filename"]).write_bytes(content)
    if shown["zipped"]:
        with zipfile.ZipFile(tmp_path / export["filename"]) as archive:
            assert {*archive.namelist()} == {"manifest.json", *names_of(manifest)}
            archive.extractall(tmp_path)
        inside = json.loads((tmp_path / "manifest.json").read_text())
        assert {**manifest, **inside} == manifest
    check_manifest(manifest, answered, tmp_path, known)
    for file in shown["files"]:
        assert any(Path(name).match(file["name"]) for name in names_of(manifest)), file

    monkeypatch.chdir(tmp_path)
    read: dict[str, Any] = {}
    exec(compile(manifest["loader"], known.name, "exec"), read)  # Our own text.
    compare(known, read, answered)


def names_of(manifest: dict[str, Any]) -> list[str]:
    return [file["name"] for file in manifest["files"]]


def check_manifest(
    manifest: dict[str, Any], answered: dict[str, Any], folder: Path, known: ExportFormat
) -> None:
    scan = answered["scan"]
    assert manifest["format"] == "fewpoints export 2"
    assert manifest["app_version"]
    assert manifest["written_as"] == {"title": known.title, "version": known.version}
    assert manifest["project"] == {
        "id": answered["project"]["id"], "name": answered["project"]["name"],
    }  # fmt: skip
    (told,) = manifest["scans"]
    source = folder / "source.ply"
    source.write_bytes(answered["room"].content)
    assert told == {
        "id": scan["id"], "name": scan["name"], "points": ROOM_POINTS, "format": "ply",
        "source_sha256": sha256_of(source),
    }  # fmt: skip
    assert manifest["snapshot"]["answers"] == len(answered["given"])
    assert len(manifest["classes"]) == len(answered["project"]["classes"])
    for file in manifest["files"]:
        path = folder / file["name"]
        assert (path.stat().st_size, sha256_of(path)) == (file["bytes"], file["sha256"])


def compare(known: ExportFormat, read: dict[str, Any], answered: dict[str, Any]) -> None:
    given, dense, room = answered["given"], answered["dense"], answered["room"]
    classes = dense[:, 0].astype(int)
    if known.name == "sparse_csv":
        assert read["points"] == list(given)
        assert [int(row["class"]) for row in read["answers"]] == [
            answer["class_index"] for answer in given.values()
        ]
    elif known.name == "sparse_parquet":
        compare_parquet(read, answered)
    elif known.name == "sparse_pth":
        assert sorted(given) == read["points"].tolist() == read["labels"]["points"].tolist()
        expected = [given[point]["class_index"] for point in sorted(given)]
        assert read["labels"]["classes"].tolist() == expected
    elif known.name in ("ply", "las", "laz"):
        assert read["label"].tolist() == classes.tolist()
        if known.name != "ply":
            expected = [answered["project"]["classes"][c]["external_id"] for c in classes]
            assert read["codes"].tolist() == expected
            np.testing.assert_allclose(read["las"].xyz, room.scan.positions, atol=1e-8)
    elif known.name in ("npz", "npy"):
        assert read["segment"].tolist() == classes.tolist()
        np.testing.assert_array_equal(read["coord"], room.scan.positions)
        numbered = {p for p, answer in given.items() if answer["instance"] is not None}
        objects = [read["instance"][p] for p in numbered]
        assert min(objects) >= 0
        assert len(set(objects)) == len(objects)
    elif known.name in ("semantic_kitti", "scannet"):
        ids = [answered["project"]["classes"][c]["external_id"] for c in classes]
        found = read["semantic"] if known.name == "semantic_kitti" else read["ids"]
        assert found.tolist() == ids
        if known.name == "semantic_kitti":
            for point, answer in given.items():
                if answer["instance"] is not None:
                    assert read["instance"][point] == answer["instance"]
    else:
        compare_boxes(known, read, answered)


def compare_parquet(read: dict[str, Any], answered: dict[str, Any]) -> None:
    given, room = answered["given"], answered["room"]
    columns = read["table"].to_pydict()
    assert read["points"] == list(given)
    for row, answer in enumerate(given.values()):
        point = answer["point_index"]
        assert [columns[axis][row] for axis in "xyz"] == room.scan.positions[point].tolist()
        assert columns["class"][row] == answer["class_index"]
        entry = answered["project"]["classes"][answer["class_index"]]
        assert columns["class_name"][row] == entry["name"]
        assert columns["class_key"][row] == entry["key"]
        assert columns["instance"][row] == answer["instance"]
        assert columns["who"][row] == "Ann"
        assert isinstance(columns["when"][row], datetime)
        assert columns["answer_id"][row] == answer["id"]
        assert columns["query_id"][row] is not None
        assert columns["counts"][row] is True
        assert columns["note"][row] == ("sure" if row == 0 else None)
    facts = read["facts"]
    assert facts["version"] == 1
    assert facts["snapshot"]["answers"] == len(given)
    assert facts["scans"][0]["source_sha256"]
    assert [c["name"] for c in facts["classes"]] == [
        c["name"] for c in answered["project"]["classes"]
    ]


def compare_boxes(known: ExportFormat, read: dict[str, Any], answered: dict[str, Any]) -> None:
    """Each numbered answer has a box of its class whose centre is among its points."""
    numbered = [a for a in answered["given"].values() if a["instance"] is not None]
    if known.name == "kitti_boxes":
        assert len(read["bottom"]) == len(read["size"]) == len(numbered)
        return
    centres = np.array(read["centres"])
    assert len(centres) == len(numbered)
    low, high = (f(answered["room"].scan.positions, axis=0) for f in (np.min, np.max))
    assert (centres >= low - 1e-3).all()
    assert (centres <= high + 1e-3).all()
    if known.name == "boxes_json":
        named = Counter((o["class"], o["instance"]) for o in read["objects"])
        assert named == Counter((a["class_index"], a["instance"]) for a in numbered)


class TestRefusals:
    def test_boxes_need_numbered_objects(
        self, lead: Visitor, annotator: Visitor, answered: dict[str, Any]
    ) -> None:
        project = lead.project(strategy="kmeans_features", budget=3)
        room = room_file(600)
        scan = lead.ready_scan(project["id"], room.content)
        for query in lead.get_json(f"/scans/{scan['id']}/queries"):
            annotator.answer(scan["id"], point_index=query["point_index"], class_index=1)
        shown = preview(lead, project["id"], "boxes_json")
        assert shown["left_out_scans"] == {"no_objects": 1}
        assert "which object" in shown["refusal"]

    def test_only_dense_formats_are_made_from_predictions(
        self, lead: Visitor, answered: dict[str, Any]
    ) -> None:
        path = f"/projects/{answered['project']['id']}/exports"
        for known in FORMATS:
            body = {"kind": known.name, "source": "prediction"}
            refusal = lead.post_json(path, body, status=409 if known.group == "dense" else 422)
            assert refusal["error"]["message"]


class TestFixedScans:
    def test_exports_are_in_the_frame_of_the_file(
        self, lead: Visitor, annotator: Visitor, tmp_path: Path
    ) -> None:
        room = room_file(1200)
        x, y, z = (room.scan.positions / 0.3048).T
        header = laspy.LasHeader(version="1.2", point_format=2)
        header.scales, header.offsets = [0.001] * 3, [1000.0, 20.0, -7.5]
        las = laspy.LasData(header)
        las.xyz = np.stack([x, z, -y], axis=1)  # Feet, and y is up.
        las.write(tmp_path / "feet.las")
        project = lead.project(strategy="kmeans_features", budget=4)
        fixes = {"unit": "feet", "up": "+y", "thin_to": 0.15}
        ask = {"name": "feet.las", "options": json.dumps({"fixes": fixes})}
        answer = lead.post(
            f"/projects/{project['id']}/scans",
            params=ask,
            content=(tmp_path / "feet.las").read_bytes(),
        )
        scan_id = checked(answer, 201).json()["id"]
        lead.idle(project["id"])
        lead.idle(project["id"])
        queries = lead.get_json(f"/scans/{scan_id}/queries")
        for query in queries:
            point = query["point_index"]
            annotator.answer(
                scan_id, point_index=point, class_index=int(room.classes[point]), instance=1
            )
        _, content = made(lead, project["id"], "las")
        (tmp_path / "out.las").write_bytes(content)
        back = laspy.read(tmp_path / "out.las")
        for axis in "XYZ":
            np.testing.assert_array_equal(back[axis], las[axis])
        assert not np.asarray(back.withheld).any()
        labels = np.asarray(back.label)
        assert (labels != 255).all(), "points that were thinned out have the label of a kept one"
        for query in queries:
            assert labels[query["point_index"]] == room.classes[query["point_index"]]

        _, content = made(lead, project["id"], "boxes_json")
        named = np.unique(room.classes[[query["point_index"] for query in queries]])
        found = json.loads(content)
        assert (found["up"], len(found["objects"])) == ([0, 1, 0], len(named))
        for box in found["objects"]:
            mine = (labels == box["class"]) & (np.asarray(back.instance) == 1)
            np.testing.assert_allclose(box["aligned"]["min"], back.xyz[mine].min(axis=0), atol=1e-6)
            assert box["oriented"]["axis"] == "y"

        _, content = made(lead, project["id"], "sparse_parquet")
        (tmp_path / "answers.parquet").write_bytes(content)
        columns = pq.read_table(tmp_path / "answers.parquet").to_pydict()
        places = np.stack([columns[axis] for axis in "xyz"], axis=1)
        np.testing.assert_allclose(places, las.xyz[columns["index"]], atol=1e-9)
