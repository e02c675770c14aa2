# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that came with files as the truth that labels are compared with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.oracles.loops_iou import accuracy_of_sets, ious_of_sets
from tests.rooms import small_room
from tests.server.running import RunningServer, Visitor, checked
from tests.server.test_file_labels import POINTS, imported, labelled_file, start, suggested


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return labelled_file(tmp_path_factory.mktemp("truth"))


def settled(visitor: Visitor, path: str) -> dict[str, Any]:
    """Ask until nothing waits."""
    until = time.monotonic() + 60
    while True:
        found: dict[str, Any] = visitor.get_json(path)
        if found["waiting"] == 0:
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


def dense_classes(visitor: Visitor, scan_id: int) -> list[int]:
    """The class of every point as the viewer gets it, by row; 255 for none."""
    records = checked(visitor.get(f"/scans/{scan_id}/dense.bin")).content
    order = np.frombuffer(visitor.get(f"/scans/{scan_id}/order.bin").content, "<u4")
    classes = np.full(POINTS, 255)
    classes[order] = np.frombuffer(records, np.uint8)[::2]
    return [int(index) for index in classes]


def test_labels_are_compared_with_the_truth(
    server: RunningServer, lead: Visitor, annotator: Visitor, content: bytes
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    scan = lead.ready_scan(project["id"], content)
    path = f"/scans/{scan['id']}/ground-truth"
    assert lead.get_json(path)["scans"] == 0
    mapping = suggested(lead, scan)
    done = start(lead, project["id"], {"mapping": mapping, "target": "truth"})
    assert (done["points"], done["answers"], done["scans"]) == (POINTS, 0, 1)
    truth = [int(index) for index in small_room(POINTS).classes]
    before = annotator.get_json(path)
    assert (before["scans"], before["compared"], before["points"]) == (1, 0, POINTS)
    assert (before["accuracy"], before["miou"]) == (None, None)
    assert {c["index"]: c["points"] for c in before["classes"]} == {
        index: truth.count(index) for index in set(truth)
    }

    start(lead, project["id"], {"mapping": mapping, "per_class": 2})
    found = settled(lead, path)
    classes = dense_classes(lead, scan["id"])
    ious = ious_of_sets(truth, classes, none=255)
    assert found["compared"] == 1
    assert found["accuracy"] == pytest.approx(accuracy_of_sets(truth, classes, none=255))
    assert found["miou"] == pytest.approx(sum(ious.values()) / len(ious))
    assert {c["index"]: c["iou"] for c in found["classes"] if c["points"]} == pytest.approx(ious)
    assert 0.3 < found["miou"] < 1
    assert settled(lead, f"/projects/{project['id']}/ground-truth") == found

    # Another answer, other labels, another comparison.
    wrong = next(row for row, true in enumerate(truth) if true == 1)
    lead.answer(scan["id"], point_index=wrong, class_index=19)
    other = settled(lead, path)
    classes = dense_classes(lead, scan["id"])
    assert other["accuracy"] == pytest.approx(accuracy_of_sets(truth, classes, none=255))
    assert other["accuracy"] != found["accuracy"]

    # The class list upside down: the truth moves along.
    listed = lead.get_json(f"/projects/{project['id']}")["classes"]
    checked(lead.put(f"/projects/{project['id']}/classes", json=listed[::-1]))
    moved = settled(lead, path)
    last = len(listed) - 1
    classes, upside_down = dense_classes(lead, scan["id"]), [last - index for index in truth]
    assert moved["accuracy"] == pytest.approx(accuracy_of_sets(upside_down, classes, none=255))
    assert {last - c["index"]: c["points"] for c in moved["classes"]} == {
        c["index"]: c["points"] for c in other["classes"]
    }
    ious = ious_of_sets(upside_down, classes, none=255)
    assert moved["miou"] == pytest.approx(sum(ious.values()) / len(ious))


def test_the_newest_truth_counts_and_undone_the_one_before(
    server: RunningServer, lead: Visitor, content: bytes
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    scan = imported(lead, project["id"], content)
    mapping = suggested(lead, scan)
    wall = {**mapping, "values": [{"value": 1, "class": "wall"}]}
    start(lead, project["id"], {"mapping": mapping, "target": "truth"})
    preview = f"/projects/{project['id']}/label-imports/preview"
    body = {"mapping": wall, "target": "truth"}
    assert lead.post_json(preview, body)["replaced"] == 1
    second = start(lead, project["id"], body)
    path = f"/scans/{scan['id']}/ground-truth"
    walls = int((small_room(POINTS).classes == 0).sum())
    assert lead.get_json(path)["points"] == walls == second["points"]
    lead.post_json(f"/label-imports/{second['id']}/undo")
    assert lead.get_json(path)["points"] == POINTS
    files = Path(server.settings.home / "scans" / str(scan["id"]) / "truth")
    assert len(list(files.iterdir())) == 1


def records_of(visitor: Visitor, path: str) -> np.ndarray:
    """(R, 2) bytes of every record."""
    return np.frombuffer(checked(visitor.get(path)).content, np.uint8).reshape(-1, 2)


def test_leads_see_the_truth_and_where_labels_are_wrong(
    server: RunningServer, lead: Visitor, annotator: Visitor, content: bytes
) -> None:
    project = lead.project(preset="scannet20", auto_select=False)
    scan = lead.ready_scan(project["id"], content)
    base = f"/scans/{scan['id']}"
    assert lead.get_json(f"{base}/truth") == {"version": None}
    missing = checked(lead.get(f"{base}/truth.bin"), 404).json()["error"]
    assert missing["code"] == "no_truth"
    mapping = suggested(lead, scan)
    # One class is left without a truth.
    kept = [one for one in mapping["values"] if one["class"] != "floor"]
    start(lead, project["id"], {"mapping": {**mapping, "values": kept}, "target": "truth"})
    order = np.frombuffer(lead.get(f"{base}/order.bin").content, "<u4")
    floor = next(
        one["index"]
        for one in lead.get_json(f"/projects/{project['id']}")["classes"]
        if one["name"] == "floor"
    )
    truth = np.array([255 if c == floor else c for c in small_room(POINTS).classes])[order]
    assert (truth == 255).any()
    shown = records_of(lead, f"{base}/truth.bin")
    np.testing.assert_array_equal(shown[:, 0], truth)
    assert set(shown[:, 1]) == {255}
    part = checked(lead.get(f"{base}/truth.bin", params={"ranges": "5-9,100-101"})).content
    assert part == shown[[5, 6, 7, 8, 100]].tobytes()
    counts = lead.get_json(f"{base}/truth/counts")
    assert counts["records"] == len(truth)
    assert {c["class_index"]: c["records"] for c in counts["counts"]} == {
        None if index == 255 else int(index): int((truth == index).sum()) for index in set(truth)
    }

    no_answers = checked(lead.get(f"{base}/agreement.bin"), 404).json()["error"]
    assert no_answers["code"] == "no_answers"
    start(lead, project["id"], {"mapping": mapping, "per_class": 2})
    found = records_of(lead, f"{base}/dense.bin")[:, 0]
    both = records_of(lead, f"{base}/agreement.bin")
    np.testing.assert_array_equal(both, np.column_stack((truth, found)))
    right = sum(1 for true, label in both.tolist() if true != 255 and true == label)
    wrong = sum(1 for true, label in both.tolist() if true not in (255, label))
    assert right > 0
    assert wrong > 0
    assert lead.get_json(f"{base}/agreement/counts") == {
        "records": len(truth),
        "right": right,
        "wrong": wrong,
    }
    assert settled(lead, f"{base}/ground-truth")["accuracy"] == pytest.approx(
        right / (right + wrong)
    ), "the share that is shown as right is the accuracy on the page of the scan"

    for path in ("truth", "truth.bin", "truth/counts", "agreement.bin", "agreement/counts"):
        refusal = checked(annotator.get(f"{base}/{path}"), 403).json()["error"]
        assert refusal["message"].startswith("Only project leads see the ground truth")
    for step, path in enumerate(("truth.bin", "agreement.bin"), start=1):
        first = lead.get(f"{base}/{path}")
        assert first.headers["Cache-Control"] == "private, no-cache"
        tag = {"If-None-Match": first.headers["ETag"]}
        assert checked(lead.get(f"{base}/{path}", headers=tag), 304).content == b""
        other = (int(found[0]) + step) % 20
        lead.answer(scan["id"], point_index=int(order[0]), class_index=other)
        after = lead.get(f"{base}/{path}", headers=tag)
        assert after.status_code == (304 if path == "truth.bin" else 200)

    # The class list upside down: the truth moves along, under another version.
    before = lead.get_json(f"{base}/truth")["version"]
    listed = lead.get_json(f"/projects/{project['id']}")["classes"]
    checked(lead.put(f"/projects/{project['id']}/classes", json=listed[::-1]))
    assert lead.get_json(f"{base}/truth")["version"] != before
    moved = records_of(lead, f"{base}/truth.bin")[:, 0]
    last = len(listed) - 1
    np.testing.assert_array_equal(moved, [255 if c == 255 else last - c for c in truth])
