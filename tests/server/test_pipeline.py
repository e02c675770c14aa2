# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The whole way over HTTP: upload, answers, training, prediction, export, import of the export."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.models.selection.files import read_labels_pth, read_points_pth
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import seed_scan

BUDGET = 12


@pytest.fixture(scope="module")
def project(lead: Visitor) -> dict[str, Any]:
    return lead.project(name="Flat", strategy="kmeans_features", budget=BUDGET)


@pytest.fixture(scope="module")
def scan(lead: Visitor, project: dict[str, Any]) -> dict[str, Any]:
    """A room that is imported; its points are selected again after the voxels were made large."""
    return lead.ready_scan(project["id"], room_file().content, "../../living room.ply")


@pytest.fixture(scope="module")
def answered(lead: Visitor, annotator: Visitor, scan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every query answered with the true class, two of them not."""
    truth = room_file().classes
    answers = []
    for number, query in enumerate(annotator.get_json(f"/scans/{scan['id']}/queries")):
        reply = ("unsure", "skip")[number] if number < 2 else "class"
        point = query["point_index"]
        answers.append(
            annotator.answer(
                scan["id"],
                query_id=query["id"],
                point_index=point,
                reply=reply,
                class_index=int(truth[point]) if reply == "class" else None,
                instance=number if reply == "class" else None,
                seconds=1.25,
            )
        )
    return answers


@pytest.fixture(scope="module")
def trained(
    lead: Visitor, project: dict[str, Any], answered: list[dict[str, Any]]
) -> dict[str, Any]:
    """The project's first checkpoint."""
    job = lead.post_json(f"/projects/{project['id']}/trainings", {}, status=202)
    done = lead.finished(job)
    assert done["state"] == "done", done
    (checkpoint,) = lead.get_json(f"/projects/{project['id']}/checkpoints")["items"]
    return dict(checkpoint)


class TestImport:
    def test_the_scan_is_described(self, scan: dict[str, Any]) -> None:
        source = room_file().scan
        assert scan["name"] == "living room.ply"
        assert scan["points"] == scan["finite_points"] == len(source)
        assert scan["format"] == "ply"
        assert scan["up"] == [0, 0, 1]
        assert scan["has_features"]
        local = source.local_positions()
        np.testing.assert_allclose(scan["bounds"]["min"], local.min(axis=0), atol=1e-4)
        np.testing.assert_allclose(scan["bounds"]["max"], local.max(axis=0), atol=1e-4)

    def test_tiles_decode_to_the_points(self, lead: Visitor, scan: dict[str, Any]) -> None:
        path = f"/scans/{scan['id']}"
        manifest = lead.get_json(f"{path}/tiles.json")
        records = np.frombuffer(lead.get(f"{path}/tiles.bin").content, "<u4").reshape(-1, 3)
        order = np.frombuffer(lead.get(f"{path}/order.bin").content, "<u4")
        assert len(records) == len(order) == manifest["count"]
        assert sorted(order) == list(range(3000))
        low = np.zeros((len(records), 3))
        scale = np.zeros((len(records), 3))
        for tile in manifest["tiles"]:
            part = slice(tile["base"], tile["base"] + tile["count"])
            low[part], scale[part] = tile["lo"], tile["scale"]
        steps = np.stack(
            [records[:, 0] & 0xFFFF, records[:, 0] >> 16, records[:, 1] & 0xFFFF], axis=1
        )
        expected = room_file().scan.positions[order] - np.array(scan["shift"])
        np.testing.assert_allclose(low + scale * steps, expected, atol=1e-3)

    def test_files_are_cached_for_good_only_by_version(
        self, lead: Visitor, scan: dict[str, Any]
    ) -> None:
        path = f"/scans/{scan['id']}/tiles.bin"
        plain = lead.get(path)
        assert plain.headers["cache-control"] == "private, no-cache"
        versioned = lead.get(path, params={"v": scan["version"]})
        assert "immutable" in versioned.headers["cache-control"]
        again = lead.get(path, headers={"If-None-Match": plain.headers["etag"]})
        assert again.status_code == 304
        part = lead.get(path, headers={"Range": "bytes=12-23"})
        assert part.status_code == 206
        assert part.content == plain.content[12:24]
        beyond = lead.get(path, headers={"Range": "bytes=999999999-"})
        assert beyond.status_code == 416

    def test_the_root_is_the_start_of_every_tile(self, lead: Visitor, scan: dict[str, Any]) -> None:
        path = f"/scans/{scan['id']}/root.bin"
        every = lead.get(f"/scans/{scan['id']}/tiles.bin").content
        (tile,) = lead.get_json(f"/scans/{scan['id']}/tiles.json")["tiles"]
        assert (tile["base"], tile["count"]) == (0, 3000)
        root = lead.get(path, params={"points": 500})
        assert root.content == every[: 500 * 12]
        assert root.headers["content-length"] == "6000"
        assert root.headers["records-per-tile"] == "500"
        assert lead.get(path, params={"points": 200_000}).content == every
        again = lead.get(
            path, params={"points": 500}, headers={"If-None-Match": root.headers["etag"]}
        )
        assert again.status_code == 304
        for wrong in (0, 2_000_001, "x"):
            assert lead.get(path, params={"points": wrong}).status_code == 422

    def test_ranges_of_records_come_together(self, lead: Visitor, scan: dict[str, Any]) -> None:
        path = f"/scans/{scan['id']}/records.bin"
        every = lead.get(f"/scans/{scan['id']}/tiles.bin").content
        found = lead.get(path, params={"ranges": "2990-3000,0-3"})
        assert found.content == every[2990 * 12 :] + every[: 3 * 12]
        for wrong in ("", "5", "5-5", "6-5", "2999-3001", "-1-5", "1-2,", ",".join(["0-1"] * 65)):
            assert lead.get(path, params={"ranges": wrong}).status_code == 422, wrong
        many = lead.get(path, params={"ranges": ",".join(["0-3000"] * 64)})
        assert many.status_code == 200
        assert lead.get("/scans/77777/records.bin", params={"ranges": "0-1"}).status_code == 404

    def test_the_preflight_is_kept(self, lead: Visitor, scan: dict[str, Any]) -> None:
        preflight = lead.get_json(f"/scans/{scan['id']}/preflight")
        assert preflight["points"] == 3000
        assert preflight["name"] == "living room.ply"


class TestQueries:
    def test_as_many_as_the_budget_all_different(self, lead: Visitor, scan: dict[str, Any]) -> None:
        queries = lead.get_json(f"/scans/{scan['id']}/queries")
        assert [query["rank"] for query in queries] == list(range(BUDGET))
        assert len({query["point_index"] for query in queries}) == BUDGET
        for query in queries:
            expected = room_file().scan.positions[query["point_index"]] - np.array(scan["shift"])
            np.testing.assert_allclose(query["position"], expected, atol=1e-4)
            np.testing.assert_allclose(query["view"]["target"], expected, atol=1e-4)
            assert query["strategy"] == "kmeans_features"

    def test_another_round_asks_about_other_points(
        self, lead: Visitor, project: dict[str, Any]
    ) -> None:
        other = lead.project(strategy="random", budget=5)
        scan = lead.ready_scan(other["id"], room_file(500).content)
        free = lead.answer(scan["id"], point_index=123)
        for strategy in ("random", "kmeans_color"):
            job = lead.post_json(
                f"/scans/{scan['id']}/rounds", {"strategy": strategy, "budget": 100}, status=202
            )
            assert lead.finished(job)["state"] == "done"
        queries = lead.get_json(f"/scans/{scan['id']}/queries")
        points = [query["point_index"] for query in queries]
        assert len(points) == len(set(points)) == 205
        assert free["point_index"] not in points
        job = lead.post_json(
            f"/scans/{scan['id']}/rounds", {"strategy": "random", "budget": 400}, status=202
        )
        failed = lead.finished(job)
        assert failed["state"] == "failed"
        assert "400" in failed["error"]
        assert len(lead.get_json(f"/scans/{scan['id']}/queries")) == 205


class TestTraining:
    def test_too_few_answers_are_refused_with_the_reasons(self, lead: Visitor) -> None:
        empty = lead.project()
        readiness = lead.get_json(f"/projects/{empty['id']}/training/readiness")
        assert not readiness["ready"]
        refusal = lead.post_json(
            f"/projects/{empty['id']}/trainings", {"variant": "head"}, status=409
        )
        assert refusal["error"]["code"] == "not_enough_answers"
        assert refusal["error"]["details"]["reasons"] == readiness["reasons"]

    def test_the_checkpoint_says_where_it_comes_from(
        self,
        lead: Visitor,
        project: dict[str, Any],
        answered: list[dict[str, Any]],
        trained: dict[str, Any],
    ) -> None:
        assert trained["shown"]
        assert trained["variant"] == "superpoints"
        assert trained["name"] == f"Superpoints, {BUDGET - 2} answers"
        assert trained["snapshot"]["answers"] == BUDGET - 2
        assert trained["snapshot"]["last_event_id"] == answered[-1]["id"]
        assert len(trained["snapshot"]["classes"]) == 20
        assert trained["metrics"]
        assert trained["config"]["seed"] == 0
        shown = lead.get_json(f"/projects/{project['id']}")["shown_checkpoint_id"]
        assert shown == trained["id"]

    def test_the_prediction_has_a_pair_of_bytes_per_record(
        self, lead: Visitor, scan: dict[str, Any], trained: dict[str, Any]
    ) -> None:
        shown = lead.get_json(f"/scans/{scan['id']}")["prediction"]
        assert shown["checkpoint_id"] == trained["id"]
        assert shown["last_event_id"] == trained["snapshot"]["last_event_id"]
        response = checked(
            lead.get(f"/scans/{scan['id']}/prediction.bin", params={"v": shown["version"]})
        )
        assert "immutable" in response.headers["cache-control"]
        pairs = np.frombuffer(response.content, np.uint8).reshape(-1, 2)
        assert len(pairs) == 3000
        assert pairs[:, 0].max() < 20
        # The head has seen these very points: most are right, in tile order.
        order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
        truth = room_file().classes[order]
        asked = np.isin(
            order,
            [
                answer["point_index"]
                for answer in lead.get_json(f"/scans/{scan['id']}/answers")
                if answer["reply"] == "class"
            ],
        )
        assert (pairs[asked, 0] == truth[asked]).mean() > 0.5

    @pytest.mark.parametrize("variant", ["head", "adapter", "network"])
    def test_every_other_way_to_learn(
        self,
        lead: Visitor,
        project: dict[str, Any],
        scan: dict[str, Any],
        trained: dict[str, Any],
        variant: str,
    ) -> None:
        path = f"/projects/{project['id']}"
        body = {"variant": variant, "steps": 1}
        done = lead.finished(lead.post_json(f"{path}/trainings", body, status=202))
        assert done["state"] == "done", done
        made = lead.get_json(f"{path}/checkpoints")["items"][0]
        assert made["variant"] == variant
        response = checked(lead.get(f"/scans/{scan['id']}/prediction.bin"))
        assert len(response.content) == 2 * 3000
        checked(lead.patch(path, json={"shown_checkpoint_id": trained["id"]}))

    def test_the_prediction_follows_the_class_list(
        self, lead: Visitor, project: dict[str, Any], scan: dict[str, Any], trained: dict[str, Any]
    ) -> None:
        path = f"/scans/{scan['id']}/prediction.bin"
        before = np.frombuffer(lead.get(path).content, np.uint8).reshape(-1, 2)
        version = lead.get_json(f"/scans/{scan['id']}")["prediction"]["version"]
        classes = lead.get_json(f"/projects/{project['id']}")["classes"]
        keep = [{k: v for k, v in c.items() if k != "index"} for c in classes]
        checked(lead.put(f"/projects/{project['id']}/classes", json=[*keep[1:], keep[0]]))
        after = np.frombuffer(lead.get(path).content, np.uint8).reshape(-1, 2)
        np.testing.assert_array_equal(after[:, 0], (before[:, 0].astype(int) - 1) % 20)
        np.testing.assert_array_equal(after[:, 1], before[:, 1])
        assert lead.get_json(f"/scans/{scan['id']}")["prediction"]["version"] != version
        checked(lead.put(f"/projects/{project['id']}/classes", json=keep))
        np.testing.assert_array_equal(
            np.frombuffer(lead.get(path).content, np.uint8).reshape(-1, 2), before
        )

    def test_ranges_and_counts_are_those_of_the_whole(
        self, lead: Visitor, scan: dict[str, Any], trained: dict[str, Any]
    ) -> None:
        path = f"/scans/{scan['id']}/prediction.bin"
        whole = lead.get(path, params={"checkpoint": trained["id"]})
        asked = {"checkpoint": trained["id"], "ranges": "2990-3000,5-6"}
        part = checked(lead.get(path, params=asked), 200)
        assert part.content == whole.content[5980:] + whole.content[10:12]
        assert part.headers["etag"] == whole.headers["etag"]
        gone = checked(lead.get(path, params=asked, headers={"If-Match": '"old"'}), 412)
        assert gone.json()["error"]["code"] == "other_version"
        counts = lead.get_json(f"/scans/{scan['id']}/prediction/counts")
        classes = whole.content[::2]
        assert counts["records"] == 3000
        assert {c["class_index"]: c["records"] for c in counts["counts"]} == {
            index: classes.count(index) for index in set(classes)
        }

    def test_another_checkpoint_can_be_asked_for(
        self, lead: Visitor, project: dict[str, Any], scan: dict[str, Any], trained: dict[str, Any]
    ) -> None:
        path = f"/scans/{scan['id']}/prediction.bin"
        assert lead.get(path, params={"checkpoint": trained["id"]}).status_code == 200
        refusal = checked(lead.get(path, params={"checkpoint": 999}), 404).json()
        assert refusal["error"]["code"] == "no_prediction"
        checked(lead.patch(f"/projects/{project['id']}", json={"shown_checkpoint_id": None}))
        assert lead.get_json(f"/scans/{scan['id']}")["prediction"] is None
        checked(
            lead.patch(f"/projects/{project['id']}", json={"shown_checkpoint_id": trained["id"]})
        )
        assert lead.get_json(f"/scans/{scan['id']}")["prediction"] is not None

    def test_a_scan_that_comes_later_is_predicted_too(
        self, lead: Visitor, project: dict[str, Any], trained: dict[str, Any]
    ) -> None:
        scan = lead.ready_scan(project["id"], room_file(1000).content, "later.ply")
        lead.idle(project["id"])
        assert lead.get_json(f"/scans/{scan['id']}")["prediction"]["checkpoint_id"] == trained["id"]
        checked(lead.delete(f"/scans/{scan['id']}"))


def exported(lead: Visitor, project: dict[str, Any], kind: str) -> tuple[str, bytes]:
    job = lead.post_json(f"/projects/{project['id']}/exports", {"kind": kind}, status=202)
    done = lead.finished(job)
    assert done["state"] == "done", done
    newest = lead.get_json(f"/projects/{project['id']}/exports")["items"][0]
    response = checked(lead.get(f"/exports/{newest['id']}/file"))
    assert len(response.content) == newest["bytes"]
    assert newest["filename"] in response.headers["content-disposition"]
    return newest["filename"], response.content


def confidence_of(path: Path) -> np.ndarray:
    """The column `confidence` of an exported PLY, taken from its bytes."""
    header, _, body = path.read_bytes().partition(b"end_header\n")
    lines = [line.split() for line in header.decode().splitlines()]
    kinds = {"double": "<f8", "float": "<f4", "uchar": "u1", "uint8": "u1", "int": "<i4"}
    columns = [(words[2], kinds[words[1]]) for words in lines if words[0] == "property"]
    return np.asarray(np.frombuffer(body, np.dtype(columns))["confidence"])


class TestExport:
    def test_sparse_csv_comes_back_as_the_same_answers(
        self,
        lead: Visitor,
        project: dict[str, Any],
        scan: dict[str, Any],
        answered: list[dict[str, Any]],
    ) -> None:
        filename, content = exported(lead, project, "sparse_csv")
        assert filename == "living-room-sparse.csv"
        lines = list(csv.DictReader(io.StringIO(content.decode())))
        assert len(lines) == BUDGET
        for line, answer in zip(lines, answered, strict=True):
            assert int(line["index"]) == answer["point_index"]
            assert line["who"] == "Ann"
            assert line["when"] == answer["created_at"]
            assert line["reply"] == answer["reply"]

        again = lead.post(f"/scans/{scan['id']}/answers/import", content=content)
        assert again.json() == {"imported": 0, "skipped": BUDGET, "problems": []}

        twin = lead.project(strategy="random")
        other = lead.ready_scan(twin["id"], room_file().content)
        path = f"/scans/{other['id']}/answers"
        report = checked(lead.post(f"{path}/import", content=content)).json()
        assert report == {"imported": BUDGET, "skipped": 0, "problems": []}
        told = (
            "point_index", "position", "reply", "class_index", "instance", "user_name",
            "created_at", "seconds", "strategy",
        )  # fmt: skip
        for mine, theirs in zip(lead.get_json(path), answered, strict=True):
            assert {key: mine[key] for key in told} == {key: theirs[key] for key in told}

    def test_the_original_container(
        self,
        lead: Visitor,
        project: dict[str, Any],
        answered: list[dict[str, Any]],
        tmp_path: Any,
    ) -> None:
        _, content = exported(lead, project, "sparse_pth")
        zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)
        points = read_points_pth(tmp_path / "points.pth")
        labels = read_labels_pth(tmp_path / "labels.pth")
        expected = {
            answer["point_index"]: (answer["class_index"], answer["instance"])
            for answer in answered
            if answer["reply"] == "class"
        }
        (name,) = points
        assert points[name].tolist() == sorted(expected)
        columns = labels[name]
        assert {
            int(p): (int(c), int(i))
            for p, c, i in zip(
                columns["points"], columns["classes"], columns["instances"], strict=True
            )
        } == expected

    def test_dense_ply_has_the_prediction_row_by_row(
        self,
        lead: Visitor,
        project: dict[str, Any],
        scan: dict[str, Any],
        trained: dict[str, Any],
        tmp_path: Any,
    ) -> None:
        filename, content = exported(lead, project, "dense_ply")
        path = tmp_path / filename
        path.write_bytes(content)
        back = read_scan(path)
        np.testing.assert_array_equal(back.positions, room_file().scan.positions)
        pairs = np.frombuffer(
            lead.get(f"/scans/{scan['id']}/prediction.bin").content, np.uint8
        ).reshape(-1, 2)
        order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
        np.testing.assert_array_equal(back.labels["class"][order], pairs[:, 0])

    def test_labels_ply_has_what_follows_from_the_answers(
        self,
        lead: Visitor,
        project: dict[str, Any],
        scan: dict[str, Any],
        answered: list[dict[str, Any]],
        tmp_path: Any,
    ) -> None:
        silent = lead.ready_scan(project["id"], room_file(500).content, "silent.ply")
        filename, content = exported(lead, project, "labels_ply")
        assert filename == "living-room-labels.ply", "a scan without answers is left out"
        path = tmp_path / filename
        path.write_bytes(content)
        back = read_scan(path)
        np.testing.assert_array_equal(back.positions, room_file().scan.positions)
        pairs = np.frombuffer(lead.get(f"/scans/{scan['id']}/dense.bin").content, np.uint8).reshape(
            -1, 2
        )
        order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
        np.testing.assert_array_equal(back.labels["class"][order], pairs[:, 0])
        np.testing.assert_array_equal(confidence_of(path)[order], pairs[:, 1])
        for answer in answered:
            if answer["reply"] == "class":
                assert back.labels["class"][answer["point_index"]] == answer["class_index"]

        body = {"kind": "labels_ply", "scan_ids": [silent["id"]]}
        refusal = lead.post_json(f"/projects/{project['id']}/exports", body, status=409)
        assert refusal["error"]["code"] == "nothing_to_export"
        assert "silent.ply" in refusal["error"]["message"]
        checked(lead.delete(f"/scans/{silent['id']}"))

    def test_labels_wait_for_what_they_are_made_from(
        self, server: RunningServer, lead: Visitor
    ) -> None:
        seeded = seed_scan(server.app.state.database, server.app.state.storage)
        path = f"/projects/{seeded.project_id}/exports"
        for _ in range(2):  # Without an answer, and with one.
            refusal = lead.post_json(path, {"kind": "labels_ply"}, status=409)
            assert refusal["error"]["code"] == "nothing_to_export"
            assert "superpoints of cube.ply are not there" in refusal["error"]["message"]
            lead.answer(seeded.scan_id, point_index=3)

    def test_the_same_export_twice_has_the_same_bytes(
        self, lead: Visitor, project: dict[str, Any], answered: list[dict[str, Any]]
    ) -> None:
        assert exported(lead, project, "sparse_pth")[1] == exported(lead, project, "sparse_pth")[1]

    def test_without_a_prediction_there_is_nothing_dense(self, lead: Visitor) -> None:
        empty = lead.project()
        for kind in ("dense_ply", "labels_ply", "sparse_csv"):
            refusal = lead.post_json(f"/projects/{empty['id']}/exports", {"kind": kind}, status=409)
            assert refusal["error"]["code"] == "nothing_to_export"


class TestImportOfAnswers:
    def test_bad_lines_are_named_and_left_out(self, lead: Visitor, scan: dict[str, Any]) -> None:
        content = "index,class\n5,wall\n6,spaceship\n999999,1\n"
        report = checked(
            lead.post(
                f"/scans/{scan['id']}/answers/import", content=content, params={"name": "my.csv"}
            )
        ).json()
        assert report["imported"] == 1
        assert [text.partition(":")[0] for text in report["problems"]] == [
            "my.csv, line 3",
            "my.csv, line 4",
        ]

    @pytest.mark.parametrize("content", [b"\x00\x01", b"a,b\n1,2\n", b"\xff\xfe\x00"])
    def test_no_table_at_all(self, lead: Visitor, scan: dict[str, Any], content: bytes) -> None:
        path = f"/scans/{scan['id']}/answers/import"
        refusal = checked(lead.post(path, content=content), 422).json()
        assert refusal["error"]["code"] == "invalid_labels"


def test_json_of_every_list_is_json(lead: Visitor, project: dict[str, Any]) -> None:
    for path in ("/projects", "/jobs", f"/projects/{project['id']}/scans"):
        page = lead.get_json(path)
        assert {"items", "total"} <= set(page)
        json.dumps(page, allow_nan=False)
