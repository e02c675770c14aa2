# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Dense labels from the answers as they are now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.labeller import DenseLabeller, DenseLabels
from fewpoints.models.superpoints.files import save_superpoints
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.server.dense import labellers
from fewpoints.server.dense.labellers import Labellers, pairs_of
from fewpoints.server.dense.queries import Labelled, NoAnswersYet, SuperpointsMissing
from fewpoints.server.scans.tables import Scan
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from tests.models.densify.rooms import BLUE, FLOOR, RED, WALL, boxes_room
from tests.server.conftest import quick_settings
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, plain_superpoints, seed_scan

VOXEL = 0.04
NOWHERE = 5  # A row without a place.


@dataclass(frozen=True)
class Room:
    """A seeded scan of four plain things, its superpoints, and a row of each thing."""

    seeded: Seeded
    kinds: np.ndarray
    superpoints: Superpoints
    rows: tuple[int, ...]

    @property
    def path(self) -> str:
        return f"/scans/{self.seeded.scan_id}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without workers: nothing here needs a job."""
    settings = quick_settings(tmp_path_factory.mktemp("home"))
    with RunningServer(settings.model_copy(update={"run_jobs": False})) as running:
        yield running


@pytest.fixture(scope="module")
def cut() -> tuple[PointScan, np.ndarray, Superpoints]:
    scan, kinds = boxes_room()
    positions = scan.positions.copy()
    positions[NOWHERE] = np.nan
    scan = replace(scan, positions=positions)
    return scan, kinds, cut_into_superpoints(scan, voxel_size_m=VOXEL)


@pytest.fixture
def room(server: RunningServer, cut: tuple[PointScan, np.ndarray, Superpoints]) -> Room:
    scan, kinds, superpoints = cut
    seeded = seed_scan(server.app.state.database, server.app.state.storage, scan=scan)
    prepare(server, seeded, superpoints)
    rows = tuple(int(np.flatnonzero(kinds == kind)[40]) for kind in (FLOOR, WALL, RED, BLUE))
    return Room(seeded, kinds, superpoints, rows)


def prepare(server: RunningServer, seeded: Seeded, superpoints: Superpoints) -> None:
    """Do as the job that makes superpoints does."""
    path = server.app.state.storage.superpoints_file(seeded.scan_id, "some network")
    save_superpoints(path, superpoints, None)
    with server.app.state.database.write() as session:
        session.get_one(Scan, seeded.scan_id).features_key = "some network"


def dense(visitor: Visitor, room: Room) -> np.ndarray:
    response = checked(visitor.get(f"{room.path}/dense.bin"), 200)
    return np.frombuffer(response.content, np.uint8).reshape(-1, 2)


def refusal(visitor: Visitor, room: Room) -> str:
    answer = visitor.get(f"{room.path}/dense.bin")
    assert answer.status_code == 404
    return str(answer.json()["error"]["code"])


def order_of(visitor: Visitor, room: Room) -> np.ndarray:
    return np.frombuffer(visitor.get(f"{room.path}/order.bin").content, "<u4")


def expected(visitor: Visitor, room: Room, answers: dict[int, int]) -> np.ndarray:
    """The labels as a script would make them, brought into the order of the tiles in a loop."""
    labeller = DenseLabeller(
        room.superpoints, looks(room.superpoints, None), room.seeded.scan.positions
    )
    found = labeller.label(np.array(list(answers)), np.array(list(answers.values())))
    return np.array(
        [
            (found.classes[row], round(float(found.confidence[row]) * 255))
            for row in order_of(visitor, room)
        ]
    )


class TestLabels:
    def test_every_record_has_the_class_and_confidence_of_its_point(
        self, lead: Visitor, room: Room
    ) -> None:
        given = dict(zip(room.rows, (3, 0, 7, 2), strict=True))
        for row, index in given.items():
            lead.answer(room.seeded.scan_id, point_index=row, class_index=index)
        found = dense(lead, room)
        assert len(found) == len(room.kinds) - 1, "the row without a place has no record"
        np.testing.assert_array_equal(found, expected(lead, room, given))
        truth = np.array([3, 0, 7, 2])[room.kinds[order_of(lead, room)]]
        assert (found[:, 0] == truth).mean() > 0.97

    def test_the_newest_answer_that_names_a_class_counts(
        self, lead: Visitor, annotator: Visitor, room: Room
    ) -> None:
        scan_id, (floor, wall, *_) = room.seeded.scan_id, room.rows
        lead.answer(scan_id, point_index=floor, class_index=1)
        lead.answer(scan_id, point_index=wall, class_index=4)
        annotator.answer(scan_id, point_index=floor, class_index=2)
        annotator.answer(scan_id, point_index=wall, reply="unsure", class_index=None)
        np.testing.assert_array_equal(dense(lead, room), expected(lead, room, {floor: 2, wall: 4}))
        lead.answer(scan_id, point_index=floor, class_index=5)
        np.testing.assert_array_equal(
            dense(annotator, room), expected(lead, room, {floor: 5, wall: 4})
        )

    def test_answers_that_contradict_each_other_both_stand(self, lead: Visitor, room: Room) -> None:
        of_floor = room.superpoints.of_point[(room.kinds == FLOOR) & room.seeded.scan.finite]
        large = np.bincount(of_floor).argmax()
        members = np.flatnonzero(room.superpoints.of_point == large)
        x = room.seeded.scan.positions[members, 0]
        left, right = int(members[x.argmin()]), int(members[x.argmax()])
        lead.answer(room.seeded.scan_id, point_index=left, class_index=8)
        lead.answer(room.seeded.scan_id, point_index=right, class_index=9)
        found = dense(lead, room)
        order = order_of(lead, room)
        assert found[order == left].tolist() == [[8, 255]]
        assert found[order == right].tolist() == [[9, 255]]
        np.testing.assert_array_equal(found, expected(lead, room, {left: 8, right: 9}))

    def test_undo_takes_labels_back(self, lead: Visitor, room: Room) -> None:
        assert refusal(lead, room) == "no_answers"
        scan_id, (floor, wall, *_) = room.seeded.scan_id, room.rows
        lead.answer(scan_id, point_index=floor, class_index=1)
        one = dense(lead, room)
        lead.answer(scan_id, point_index=wall, class_index=2)
        assert (dense(lead, room)[:, 0] == 2).any()
        lead.undo(scan_id)
        np.testing.assert_array_equal(dense(lead, room), one)
        lead.undo(scan_id)
        assert refusal(lead, room) == "no_answers"
        lead.answer(scan_id, point_index=floor, reply="skip", class_index=None)
        assert refusal(lead, room) == "no_answers", "a skip names no class"

    def test_they_follow_the_class_list(self, lead: Visitor, room: Room) -> None:
        project = f"/projects/{room.seeded.project_id}"
        for row, index in zip(room.rows, (3, 0, 7, 2), strict=True):
            lead.answer(room.seeded.scan_id, point_index=row, class_index=index)
        before, tag = dense(lead, room), etag(lead, room)
        version = lead.get_json(room.path)["dense"]["version"]
        classes = lead.get_json(project)["classes"]
        # Class 3 comes first, and classes 1 and 5, which have no answers, are gone.
        new = [classes[index] for index in (3, 0, 2, 4, *range(6, 20))]
        checked(lead.put(f"{project}/classes", json=new))
        place = {entry["index"]: number for number, entry in enumerate(new)}
        after = dense(lead, room)
        assert after[:, 0].tolist() == [place[index] for index in before[:, 0].tolist()]
        np.testing.assert_array_equal(after[:, 1], before[:, 1])
        assert etag(lead, room) != tag
        assert lead.get_json(room.path)["dense"]["version"] != version

    def test_imported_answers_count(self, lead: Visitor, room: Room) -> None:
        floor, wall, *_ = room.rows
        content = f"index,class\n{floor},3\n{wall},4\n{NOWHERE},5\n"
        checked(lead.post(f"{room.path}/answers/import", content=content))
        np.testing.assert_array_equal(dense(lead, room), expected(lead, room, {floor: 3, wall: 4}))


def etag(visitor: Visitor, room: Room) -> str:
    return str(visitor.get(f"{room.path}/dense.bin").headers["etag"])


class TestVersions:
    def test_what_the_browser_has_is_not_sent_again(self, lead: Visitor, room: Room) -> None:
        scan_id, (floor, wall, *_) = room.seeded.scan_id, room.rows
        lead.answer(scan_id, point_index=floor, class_index=1)
        path = f"{room.path}/dense.bin"
        first = lead.get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        known = {"If-None-Match": first.headers["etag"]}
        again = lead.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        lead.answer(scan_id, point_index=wall, class_index=2)
        assert lead.get(path, headers=known).status_code == 200
        lead.undo(scan_id)
        assert lead.get(path, headers=known).status_code == 304, "the same labels, the same tag"

    def test_the_scan_says_when_they_may_have_changed(self, lead: Visitor, room: Room) -> None:
        scan_id, (floor, *_) = room.seeded.scan_id, room.rows

        def news() -> Any:
            return lead.get_json(room.path)["dense"]

        assert news() is None
        first = lead.answer(scan_id, point_index=floor, class_index=1)
        one = news()
        assert one["last_event_id"] == first["id"]
        lead.answer(scan_id, point_index=floor, class_index=2)
        two = news()
        lead.undo(scan_id)
        three = news()
        assert len({entry["version"] for entry in (one, two, three)}) == 3
        assert three["last_event_id"] > two["last_event_id"] > one["last_event_id"]

    def test_nothing_is_computed_for_what_is_known(
        self, lead: Visitor, room: Room, counted: Counted
    ) -> None:
        scan_id, (floor, wall, *_) = room.seeded.scan_id, room.rows
        lead.answer(scan_id, point_index=floor, class_index=1)
        lead.answer(scan_id, point_index=wall, class_index=2)
        assert counted.labelled == 0, "an answer costs nothing"
        first = dense(lead, room)
        np.testing.assert_array_equal(dense(lead, room), first)
        assert (counted.labelled, counted.loaded) == (1, 1)
        lead.undo(scan_id)
        dense(lead, room)
        assert (counted.labelled, counted.loaded) == (2, 1)

    def test_ranges_are_those_of_the_whole(
        self, lead: Visitor, room: Room, counted: Counted
    ) -> None:
        scan_id, (floor, wall, *_) = room.seeded.scan_id, room.rows
        path = f"{room.path}/dense.bin"
        lead.answer(scan_id, point_index=floor, class_index=1)
        whole = lead.get(path)
        records = len(whole.content) // 2
        ranges = {"ranges": f"{records - 40}-{records},0-3,7-8"}
        part = checked(lead.get(path, params=ranges), 200)
        assert part.content == whole.content[-80:] + whole.content[:6] + whole.content[14:16]
        assert part.headers["etag"] == whole.headers["etag"]
        assert counted.labelled == 1
        for wrong in ("", "5-5", f"0-{records + 1}", "1-2,", "-1-5"):
            assert lead.get(path, params={"ranges": wrong}).status_code == 422, wrong

        # Parts that belong together are asked for by their tag; that it is old is said at once.
        first = {"If-Match": part.headers["etag"]}
        assert checked(lead.get(path, params=ranges, headers=first), 200).content == part.content
        known = {"If-None-Match": part.headers["etag"]}
        assert lead.get(path, params=ranges, headers=known).status_code == 304
        lead.answer(scan_id, point_index=wall, class_index=2)
        refused = lead.get(path, params=ranges, headers=first)
        assert refused.status_code == 412
        assert refused.json()["error"]["code"] == "other_version"
        assert counted.labelled == 1, "nothing is made for who wants what is gone"
        newer = checked(lead.get(path, params=ranges, headers=known), 200)
        assert newer.headers["etag"] != part.headers["etag"]
        assert newer.content[:80] == lead.get(path).content[-80:]

    def test_classes_are_counted(self, lead: Visitor, room: Room) -> None:
        path = f"{room.path}/dense/counts"
        assert lead.get(path).json()["error"]["code"] == "no_answers"
        for row, index in zip(room.rows, (3, 0, 7, 3), strict=True):
            lead.answer(room.seeded.scan_id, point_index=row, class_index=index)
        found = dense(lead, room)[:, 0].tolist()
        counts = lead.get_json(path)
        assert counts["records"] == len(found)
        assert [c["records"] for c in counts["counts"]] == sorted(
            (found.count(index) for index in set(found)), reverse=True
        )
        for entry in counts["counts"]:
            assert entry["records"] == found.count(entry["class_index"])
            assert entry["instance"] is None

    def test_two_at_once_compute_once(
        self, lead: Visitor, annotator: Visitor, room: Room, counted: Counted
    ) -> None:
        lead.answer(room.seeded.scan_id, point_index=room.rows[0], class_index=1)
        counted.pause_s = 0.3
        with ThreadPoolExecutor(2) as pool:
            one, two = pool.map(lambda visitor: dense(visitor, room), (lead, annotator))
        np.testing.assert_array_equal(one, two)
        assert (counted.labelled, counted.loaded) == (1, 1)


@dataclass
class Counted:
    """How often scans were labelled and superpoints read; each labelling takes `pause_s` longer."""

    labelled: int = 0
    loaded: int = 0
    pause_s: float = 0.0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counts, guard = Counted(), threading.Lock()

    def counting(target: Any, name: str, what: str) -> None:
        original: Callable[..., Any] = getattr(target, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with guard:
                setattr(counts, what, getattr(counts, what) + 1)
            time.sleep(counts.pause_s)
            return original(*args, **kwargs)

        monkeypatch.setattr(target, name, wrapper)

    counting(DenseLabeller, "label", "labelled")
    counting(labellers, "find_superpoints", "loaded")
    return counts


class TestWhatIsMissing:
    def test_a_scan_that_is_not_prepared_says_so(
        self,
        server: RunningServer,
        lead: Visitor,
        cut: tuple[PointScan, np.ndarray, Superpoints],
    ) -> None:
        scan, kinds, superpoints = cut
        seeded = seed_scan(server.app.state.database, server.app.state.storage, scan=scan)
        room = Room(seeded, kinds, superpoints, ())
        lead.answer(seeded.scan_id, point_index=0, class_index=1)
        assert refusal(lead, room) == "superpoints_missing"
        assert lead.get_json(room.path)["dense"] is None
        job = lead.post_json(f"{room.path}/features", status=202)
        assert (job["kind"], job["scan_id"]) == ("features", seeded.scan_id)
        assert lead.post_json(f"{room.path}/features", status=202)["id"] == job["id"]
        prepare(server, seeded, superpoints)
        assert len(dense(lead, room)) == len(kinds) - 1

    def test_damaged_superpoints_are_as_good_as_none(
        self, server: RunningServer, lead: Visitor, room: Room
    ) -> None:
        lead.answer(room.seeded.scan_id, point_index=0, class_index=1)
        path: Path = server.app.state.storage.superpoints_file(room.seeded.scan_id, "some network")
        path.write_bytes(path.read_bytes()[:-100])
        assert refusal(lead, room) == "superpoints_missing"

    def test_another_voxel_size_drops_the_old_ones(self, lead: Visitor, room: Room) -> None:
        lead.answer(room.seeded.scan_id, point_index=0, class_index=1)
        dense(lead, room)
        checked(lead.patch(room.path, json={"voxel_size_m": 0.2}))
        assert refusal(lead, room) == "superpoints_missing"

    def test_a_deleted_scan_is_let_go_of(
        self, server: RunningServer, lead: Visitor, room: Room
    ) -> None:
        lead.answer(room.seeded.scan_id, point_index=0, class_index=1)
        dense(lead, room)
        held: Labellers = server.app.state.labellers
        assert room.seeded.scan_id in held.scan_ids
        checked(lead.delete(room.path))
        assert refusal(lead, room) == "not_found"
        with pytest.raises(SuperpointsMissing):
            held.pairs(labelled(room.seeded.scan_id, points=len(room.kinds)))
        assert room.seeded.scan_id not in held.scan_ids

    def test_strangers_see_nothing(self, server: RunningServer, room: Room) -> None:
        stranger = server.stranger()
        assert stranger.get(f"{room.path}/dense.bin").status_code == 401
        assert stranger.post(f"{room.path}/features").status_code == 401


def labelled(scan_id: int, *, points: int, rows: tuple[int, ...] = (0,)) -> Labelled:
    return Labelled(
        scan_id=scan_id,
        name="scan",
        points=points,
        key="some network",
        superpoints="some network of some scan",
        rows=np.array(rows, np.int64),
        classes=np.arange(len(rows)),
    )


class TestMemory:
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        return Storage(Settings(home=tmp_path))

    def scan_of(
        self, storage: Storage, scan_id: int, *, points: int, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Write points at random into `count` places, each a superpoint; row 1 has no place."""
        arrays = storage.scan_arrays(scan_id)
        arrays.mkdir(parents=True)
        rng = np.random.default_rng(scan_id)
        of_point = rng.integers(0, count, points).astype(np.int32)
        of_point[1] = -1
        centres = rng.uniform(0, 10, (count, 3))
        np.save(arrays / "positions.npy", centres[of_point])
        order = rng.permutation(points).astype("<u4")
        order.tofile(storage.scan_file(scan_id, "order.bin"))
        superpoints = plain_superpoints(of_point, centres, seed=scan_id)
        save_superpoints(storage.superpoints_file(scan_id, "some network"), superpoints, None)
        return of_point, order

    def test_the_scans_used_last_are_kept(self, storage: Storage) -> None:
        for scan_id in (1, 2, 3):
            self.scan_of(storage, scan_id, points=10_000, count=20)
        # Each takes 10,000 times 4 + 4 + 2 bytes, and a little.
        held = Labellers(storage, capacity_bytes=250_000)
        for scan_id in (1, 2, 1, 3):
            held.pairs(labelled(scan_id, points=10_000))
        assert held.scan_ids == [1, 3]
        tiny = Labellers(storage, capacity_bytes=1)
        for scan_id in (1, 2):
            assert len(tiny.pairs(labelled(scan_id, points=10_000))) == 20_000
        assert tiny.scan_ids == [2], "the one in use is kept, however large"

    def test_two_million_points(self, storage: Storage) -> None:
        of_point, order = self.scan_of(storage, 1, points=2_000_000, count=2_000)
        held = Labellers(storage)
        placed, first = np.unique(of_point[2:], return_index=True)
        rows = tuple((first[:200] + 2).tolist())
        found = np.frombuffer(
            held.pairs(labelled(1, points=2_000_000, rows=rows)), np.uint8
        ).reshape(-1, 2)
        assert len(found) == 2_000_000
        back = np.empty_like(found)
        back[order] = found
        assert back[1].tolist() == [255, 0]
        assert back[list(rows)].tolist() == [[index, 255] for index in range(200)]
        for superpoint in placed[190:210]:
            members = back[of_point == superpoint]
            assert (members == members[0]).all()

    def test_answers_without_a_place_say_nothing(self, storage: Storage) -> None:
        self.scan_of(storage, 1, points=1000, count=10)
        held = Labellers(storage)
        with pytest.raises(NoAnswersYet):
            held.pairs(labelled(1, points=1000, rows=(1,)))
        found = np.frombuffer(held.pairs(labelled(1, points=1000, rows=(1, 2))), np.uint8)
        assert set(found[0::2]) == {1, 255}

    def test_superpoints_of_another_scan_are_not_used(self, storage: Storage) -> None:
        self.scan_of(storage, 1, points=1000, count=10)
        with pytest.raises(SuperpointsMissing):
            Labellers(storage).pairs(labelled(1, points=1001))


def test_pairs_hold_the_class_and_the_rounded_confidence() -> None:
    found = DenseLabels(
        classes=np.array([0, 249, -1]),
        confidence=np.array([1.0, 0.5, 0.0], np.float32),
        values=np.array([0, 249]),
        superpoint_probabilities=np.ones((1, 2), np.float32),
        of_point=np.array([0, 0, -1], np.int32),
    )
    assert pairs_of(found).tolist() == [[0, 255], [249, 128], [255, 0]]


def test_a_real_import_can_be_labelled_at_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with RunningServer(quick_settings(tmp_path_factory.mktemp("jobs"))) as server:
        lead = server.visitor("Lea", "lead")
        project = lead.project(auto_select=False)
        scan = lead.ready_scan(project["id"], room_file().content)
        truth = room_file().classes
        for row in range(0, 3000, 100):
            lead.answer(scan["id"], point_index=row, class_index=int(truth[row]))
        response = checked(lead.get(f"/scans/{scan['id']}/dense.bin"))
        found = np.frombuffer(response.content, np.uint8).reshape(-1, 2)
        order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
        assert (found[np.isin(order, range(0, 3000, 100)), 1] == 255).all()
        assert (found[:, 0] == truth[order]).mean() > 0.5
