# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How far answers reach and how good labels are, over HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.learning_curve.held_out import changed_share, held_out_steps, run
from fewpoints.models.learning_curve.reach import reached_share
from fewpoints.models.learning_curve.saturation import expected_gain, shares_right
from fewpoints.models.selection.unexplained import unexplained_share
from fewpoints.models.superpoints.files import save_superpoints
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.server.coverage import keeper
from fewpoints.server.coverage.tables import ScanFigures
from fewpoints.server.dashboard.coverage import advice
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint, Snapshot
from tests.rooms import SmallRoom, small_room
from tests.server.conftest import quick_settings
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import seed_scan


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without workers: nothing here needs a job."""
    settings = quick_settings(tmp_path_factory.mktemp("home"))
    with RunningServer(settings.model_copy(update={"run_jobs": False})) as running:
        yield running


@pytest.fixture(scope="module")
def room() -> SmallRoom:
    return small_room(6000)


@pytest.fixture(scope="module")
def cut(room: SmallRoom) -> Superpoints:
    return cut_into_superpoints(room.scan, voxel_size_m=0.08)


class Rooms:
    """A project of copies of one room."""

    def __init__(
        self, server: RunningServer, lead: Visitor, room: SmallRoom, cut: Superpoints
    ) -> None:
        self.server, self.lead, self.room, self.cut = server, lead, room, cut
        self.project = lead.project(auto_select=False)
        self.id = self.project["id"]
        self.labeller = DenseLabeller(cut, looks(cut, None), room.scan.positions)
        self.rows = np.random.default_rng(0).permutation(len(room.classes))

    def add(self, name: str, *, prepared: bool = True) -> int:
        state = self.server.app.state
        made = seed_scan(state.database, state.storage, queries=0, scan=self.room.scan)
        if prepared:
            path = state.storage.superpoints_file(made.scan_id, "net")
            save_superpoints(path, self.cut, None)
        with state.database.write() as session:
            row = session.get_one(Scan, made.scan_id)
            row.project_id, row.name = self.id, name
            if prepared:
                row.features_key, row.cells = "net", len(self.cut.of_cell)
        return made.scan_id

    def answer(self, scan_id: int, count: int, *, start: int = 0) -> None:
        for row in self.rows[start : start + count].tolist():
            index = int(self.room.classes[row])
            self.lead.answer(scan_id, point_index=row, class_index=index)

    def coverage(self, **params: Any) -> dict[str, Any]:
        """The figures, once nothing waits any more."""
        deadline = time.monotonic() + 60
        while True:
            path = f"/projects/{self.id}/dashboard/coverage"
            found: dict[str, Any] = self.lead.get_json(path, **params)
            if not found["waiting"]:
                return found
            assert time.monotonic() < deadline, found

    def curve(self, scan_id: int) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while True:
            found: dict[str, Any] = self.lead.get_json(f"/scans/{scan_id}/learning-curve")
            if found["current"]:
                return found
            assert time.monotonic() < deadline, found


@pytest.fixture
def rooms(
    server: RunningServer,
    lead: Visitor,
    room: SmallRoom,
    cut: Superpoints,
    monkeypatch: pytest.MonkeyPatch,
) -> Rooms:
    monkeypatch.setattr(keeper, "CURVE_EVERY", timedelta(0))
    return Rooms(server, lead, room, cut)


def test_coverage_is_what_the_superpoints_say(rooms: Rooms) -> None:
    one, two = rooms.add("one"), rooms.add("two")
    rooms.add("untouched")
    rooms.add("not prepared", prepared=False)
    rooms.answer(one, 3)
    rooms.answer(two, 8, start=3)
    rooms.lead.answer(two, point_index=int(rooms.rows[20]), reply="unsure", class_index=None)
    found = rooms.coverage()
    assert [found[name] for name in ("scans", "prepared", "waiting")] == [4, 3, 0]
    assert (found["too_early"], found["stop"], found["go_on"], found["best"]) == (2, 0, 0, None)
    lines = {line["name"]: line for line in found["items"]}
    assert set(lines) == {"one", "two"}
    wanted: dict[str, list[float]] = {"answered": [0.0], "explained": [0.0], "reached": [0.0]}
    for name, rows in (("one", rooms.rows[:3]), ("two", rooms.rows[3:11])):
        owners = {int(rooms.cut.of_point[row]) for row in rows}
        line = lines[name]
        assert (line["answers"], line["answered"]) == (len(rows), len(owners))
        assert line["superpoints"] == len(rooms.cut)
        assert line["explained"] == pytest.approx(1 - unexplained_share(rooms.labeller, rows))
        reached = reached_share(rooms.labeller.looks, rooms.cut.sizes, np.array(sorted(owners)))
        assert line["reached"] == pytest.approx(reached)
        assert line["current"] is True
        wanted["answered"].append(len(owners) / len(rooms.cut))
        wanted["explained"].append(line["explained"])
        wanted["reached"].append(line["reached"])
    for name, shares in wanted.items():  # The three prepared scans are equally large.
        assert found[name] == pytest.approx(np.mean(shares))


def test_class_balance_counts_the_points_of_dense_labels(rooms: Rooms) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 12)
    rooms.coverage()
    rows = rooms.rows[:12]
    labels = rooms.labeller.label(rows, rooms.room.classes[rows].astype(np.int64)).classes
    found = rooms.lead.get_json(f"/projects/{rooms.id}/dashboard/classes")
    assert (found["scans"], found["counted"]) == (1, 1)
    for entry in found["classes"]:
        assert entry["share"] == pytest.approx(float((labels == entry["index"]).mean()))
        assert entry["answers"] == int((rooms.room.classes[rows] == entry["index"]).sum())


def test_enough_answers_whose_figures_are_not_ready_are_not_called_too_few() -> None:
    told = advice(231, None)
    assert told.verdict == "too_early"
    assert "worked out from the 231 answers" in told.reason
    assert "needs at least" not in told.reason


def test_the_curve_is_that_of_the_model_and_says_why_to_stop(rooms: Rooms) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 9)
    few = rooms.curve(scan_id)
    assert (few["points"], few["advice"]["verdict"]) == ([], "too_early")
    assert few["advice"]["reason"].startswith("Too early to say: needs at least 40 answers")
    rooms.answer(scan_id, 36, start=9)
    found = rooms.curve(scan_id)
    rows = rooms.rows[:45]
    held = run(held_out_steps(rooms.labeller, rows, rooms.room.classes[rows].astype(np.int64)))
    assert [point["answers"] for point in found["points"]] == [*held.sizes.tolist(), 45]
    assert found["tested"] == 45
    tested = found["points"][:-1]
    assert [point["right"] for point in tested] == pytest.approx(shares_right(held).tolist())
    assert [p["right_plain"] for p in tested] == pytest.approx(held.right.mean(axis=0).tolist())
    for point in tested:
        assert point["right_low"] <= point["right"] <= point["right_high"]
        assert 0 <= point["miou"] <= 1
    last = found["points"][-1]
    before, after = (
        rooms.labeller.label(rows[:n], rooms.room.classes[rows[:n]].astype(np.int64)).classes
        for n in (int(held.sizes[-1]), 45)
    )
    assert last["right"] is None
    assert last["agreement"] == pytest.approx(float((before == after).mean()))
    truth = rooms.room.classes[rows].astype(np.int64)
    gain = expected_gain(held, changed_share(rooms.labeller, rows, truth, 10))
    told = found["advice"]
    assert told["gain"]["expected"] == pytest.approx(gain.expected)
    assert (told["gain"]["low"], told["gain"]["high"]) == pytest.approx((gain.low, gain.high))
    words = "You may stop: " if told["verdict"] == "stop" else "Keep going: "
    assert told["reason"] == (
        f"{words}the next 10 clicks are expected to bring {100 * gain.expected:.1f} %"
        f" ({100 * gain.low:.1f} to {100 * gain.high:.1f}) of its surfaces."
    )
    best = rooms.coverage()["best"]
    assert best["scan_id"] == scan_id
    assert best["advice"] == told


def test_answers_and_undo_make_figures_anew(rooms: Rooms) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 12)
    before = rooms.coverage()["items"][0]
    curve = rooms.curve(scan_id)
    rooms.answer(scan_id, 1, start=12)
    path = f"/projects/{rooms.id}/dashboard/coverage"
    assert rooms.coverage()["items"][0]["answers"] == 13
    rooms.lead.undo(scan_id)
    assert rooms.coverage()["items"][0] == before
    assert rooms.curve(scan_id) == curve
    tag = checked(rooms.lead.get(path)).headers["ETag"]
    again = rooms.lead.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_an_answer_sent_back_counts_no_more(rooms: Rooms, annotator: Visitor) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 3)
    row = int(rooms.rows[3])
    given = annotator.answer(scan_id, point_index=row, class_index=int(rooms.room.classes[row]))
    assert rooms.coverage()["items"][0]["answers"] == 4
    body = {"client_id": str(uuid.uuid4()), "verdict": "send_back", "note": "Look again."}
    checked(rooms.lead.post(f"/answers/{given['id']}/reviews", json=body), 201)
    assert rooms.coverage()["items"][0]["answers"] == 3


def test_a_curve_is_not_made_again_at_once(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 12)
    rooms.curve(scan_id)
    monkeypatch.setattr(keeper, "CURVE_EVERY", timedelta(hours=1))
    rooms.answer(scan_id, 1, start=12)
    path = f"/scans/{scan_id}/learning-curve"
    found = rooms.lead.get_json(path)
    found = rooms.lead.get_json(path)
    assert (found["answers"], found["tested"], found["current"]) == (13, 12, False)
    monkeypatch.setattr(keeper, "CURVE_EVERY", timedelta(0))
    assert rooms.curve(scan_id)["tested"] == 13


def test_a_request_works_only_for_a_moment(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    scan_ids = [rooms.add(f"room {n}") for n in range(3)]
    for scan_id in scan_ids:
        rooms.answer(scan_id, 10)
    state = rooms.server.app.state
    state.figures.advance(state.database, Scan.project_id == rooms.id, moment_s=0)
    with state.database.read() as session:
        mine = select(ScanFigures).where(ScanFigures.scan_id.in_(scan_ids))
        assert session.scalars(mine).all() == []
        state.figures.advance(state.database, Scan.project_id == rooms.id, moment_s=1e-9)
    with state.database.read() as session:
        assert len(session.scalars(mine).all()) <= 1
    assert rooms.coverage()["waiting"] == 0


def test_a_curve_that_could_not_be_stored_is_made_again(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 12)
    state = rooms.server.app.state

    def locked(*_: object) -> None:
        raise OSError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(keeper, "_store_curve", locked)
        with pytest.raises(OSError, match="locked"):
            state.figures.advance(state.database, Scan.id == scan_id, moment_s=60)
    assert rooms.curve(scan_id)["tested"] == 12


def test_superpoints_that_cannot_be_read_keep_nobody_waiting(rooms: Rooms) -> None:
    broken, whole = rooms.add("broken"), rooms.add("whole")
    rooms.answer(broken, 2)
    rooms.answer(whole, 2)
    rooms.server.app.state.storage.superpoints_file(broken, "net").write_bytes(b"PK")
    path = f"/projects/{rooms.id}/dashboard/coverage"
    for _ in range(2):
        found = rooms.lead.get_json(path)
    lines = {line["name"]: line for line in found["items"]}
    assert lines["whole"]["current"] is True
    assert (lines["broken"]["current"], lines["broken"]["reached"]) == (False, None)
    assert found["waiting"] == 1


def test_pages_of_scans(rooms: Rooms) -> None:
    for number in range(3):
        rooms.answer(rooms.add(f"room {number}"), number + 1)
    names = [line["name"] for line in rooms.coverage()["items"]]
    assert names == ["room 2", "room 1", "room 0"]
    found = rooms.coverage(offset=1, limit=1)
    assert [line["name"] for line in found["items"]] == ["room 1"]
    assert found["total"] == 3


def test_checkpoints_are_points_by_answers(rooms: Rooms) -> None:
    path = f"/projects/{rooms.id}/dashboard/versions"
    assert rooms.lead.get_json(path) == {"items": [], "total": 0}
    with rooms.server.app.state.database.write() as session:
        for answers, miou, agreement in ((9, None, None), (30, 0.6, 0.8), (20, 0.5, 0.9)):
            snapshot = Snapshot(
                project_id=rooms.id,
                last_event_id=answers,
                rows=[[n, 1, n, 0] for n in range(answers)],
                classes=[],
            )
            session.add(snapshot)
            session.flush()
            session.add(
                Checkpoint(
                    project_id=rooms.id,
                    snapshot_id=snapshot.id,
                    name=f"{answers} answers",
                    arch="Res16UNet14A",
                    variant="head",
                    bytes=1,
                    sha256="",
                    metrics={"answers": 7, "miou": miou, "accuracy": miou, "per_class": []},
                    config={},
                    agreement=agreement,
                )
            )
    found = rooms.lead.get_json(path)
    assert [item["answers"] for item in found["items"]] == [9, 20, 30]
    assert [item["miou"] for item in found["items"]] == [None, 0.5, 0.6]
    assert [item["agreement"] for item in found["items"]] == [None, 0.9, 0.8]
    assert found["items"][1]["measured"] == 7
    assert found["total"] == 3
    newest = rooms.lead.get_json(path, limit=1)
    assert [item["answers"] for item in newest["items"]] == [20]
    assert newest["total"] == 3


def test_figures_go_with_their_scan(rooms: Rooms) -> None:
    scan_id = rooms.add("room")
    rooms.answer(scan_id, 2)
    rooms.coverage()
    checked(rooms.lead.delete(f"/scans/{scan_id}"))
    with rooms.server.app.state.database.read() as session:
        assert session.get(ScanFigures, scan_id) is None
    assert rooms.coverage()["items"] == []


@pytest.mark.parametrize(
    "path", ["/projects/{}/dashboard/coverage", "/projects/{}/dashboard/versions"]
)
def test_who_may_see_what(rooms: Rooms, annotator: Visitor, path: str) -> None:
    checked(annotator.get(path.format(rooms.id)), 200)
    checked(annotator.get(path.format(99999)), 404)
    checked(rooms.server.stranger().get(path.format(rooms.id)), 401)
    checked(annotator.get("/scans/99999/learning-curve"), 404)
