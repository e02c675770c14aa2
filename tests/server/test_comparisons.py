# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Two versions against each other: every number is checked against plain loops over the points."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import delete

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.comparisons import counts, service
from fewpoints.server.comparisons.counts import Patch, count_pairs, patches, shares
from fewpoints.server.comparisons.service import agreement, version_before
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint, Prediction
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import seed_scan
from tests.server.versions import add_prediction, add_version

NONE = 20  # The classes are those of ScanNet; no class is in the last row and column.


@dataclass(frozen=True)
class Pair:
    """A project with two versions and what they say about one scan."""

    project_id: int
    scan_id: int
    ids: tuple[int, int]
    classes: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    finite: NDArray[np.bool_]
    local: NDArray[np.float64]

    @property
    def path(self) -> str:
        return f"/projects/{self.project_id}/comparisons/{self.ids[0]}/{self.ids[1]}"


@pytest.fixture
def pair(server: RunningServer) -> Pair:
    """A cube whose points two versions see differently in places."""
    database, storage = server.app.state.database, server.app.state.storage
    seeded = seed_scan(database, storage, points=1500)
    rng = np.random.default_rng(5)
    one = rng.integers(0, 4, 1500).astype(np.uint8)
    two = np.where(rng.random(1500) < 0.3, rng.integers(0, 4, 1500), one).astype(np.uint8)
    one[:5], two[3:9] = 255, 255
    ids = tuple(add_version(server, seeded.project_id, name) for name in ("Old", "New"))
    for checkpoint_id, classes in zip(ids, (one, two), strict=True):
        add_prediction(server, seeded.scan_id, checkpoint_id, classes)
    local = np.asarray(seeded.scan.local_positions(), np.float64)
    return Pair(
        seeded.project_id,
        seeded.scan_id,
        (ids[0], ids[1]),
        (one, two),
        np.asarray(seeded.scan.finite),
        local,
    )


def counted(pair: Pair) -> Counter[tuple[int, int]]:
    """What a table of the two must hold, point by point."""
    found: Counter[tuple[int, int]] = Counter()
    for a, b, finite in zip(*pair.classes, pair.finite, strict=True):
        if finite:
            found[min(int(a), NONE), min(int(b), NONE)] += 1
    return found


class TestComparison:
    def test_the_table_counts_every_point_once(self, lead: Visitor, pair: Pair) -> None:
        read = lead.get_json(pair.path)
        expected = counted(pair)
        for a, row in enumerate(read["counts"]):
            for b, points in enumerate(row):
                assert points == expected[a, b], (a, b)
        same = sum(points for (a, b), points in expected.items() if a == b)
        assert read["points"] == sum(expected.values()) == 1499
        assert read["flipped"] == 1499 - same
        assert read["agreement"] == pytest.approx(same / 1499)
        assert (read["compared"], read["common"], read["lacking"]) == (1, 1, [0, 0])
        for entry in read["per_class"]:
            index = entry["index"]
            assert entry["first"] == sum(n for (a, _), n in expected.items() if a == index)
            assert entry["second"] == sum(n for (_, b), n in expected.items() if b == index)
            left = sum(n for (a, b), n in expected.items() if a == index != b)
            came = sum(n for (a, b), n in expected.items() if b == index != a)
            assert (entry["left"], entry["came"]) == (left, came)

    def test_the_other_way_round_it_is_the_transpose(self, lead: Visitor, pair: Pair) -> None:
        first, second = pair.ids
        there = lead.get_json(pair.path)
        back = lead.get_json(f"/projects/{pair.project_id}/comparisons/{second}/{first}")
        np.testing.assert_array_equal(np.array(there["counts"]).T, back["counts"])

    def test_a_cell_filters_the_scans(self, lead: Visitor, pair: Pair) -> None:
        read = lead.get_json(pair.path, from_class=1, to_class=2)
        (scan,) = read["scans"]["items"]
        assert scan["flipped"] == counted(pair)[1, 2]
        assert scan["points"] == 1499
        half = lead.get(pair.path, params={"from_class": 1})
        assert (half.status_code, half.json()["error"]["code"]) == (422, "invalid")

    def test_it_follows_the_class_list(self, lead: Visitor, pair: Pair) -> None:
        before = np.array(lead.get_json(pair.path)["counts"])
        path = f"/projects/{pair.project_id}"
        classes = lead.get_json(path)["classes"]
        keep = [{k: v for k, v in entry.items() if k != "index"} for entry in classes]
        checked(lead.put(f"{path}/classes", json=[*keep[1:], keep[0]]))
        after = np.array(lead.get_json(pair.path)["counts"])
        moved = [*range(1, NONE), 0, NONE]
        np.testing.assert_array_equal(after, before[np.ix_(moved, moved)])

    def test_the_most_flipped_scans_come_first(
        self, server: RunningServer, lead: Visitor, pair: Pair
    ) -> None:
        # Two more scans in a project of their own with known shares: 10 % and 60 %.
        seeded = [
            seed_scan(server.app.state.database, server.app.state.storage, points=1000)
            for _ in range(2)
        ]
        with server.app.state.database.write() as session:
            session.get_one(Scan, seeded[1].scan_id).project_id = seeded[0].project_id
        ids = [add_version(server, seeded[0].project_id, name) for name in ("A", "B")]
        for item, share in zip(seeded, (100, 600), strict=True):
            flat = np.zeros(1000, np.uint8)
            add_prediction(server, item.scan_id, ids[0], flat)
            flat[100 : 100 + share] = 1  # Row 7 is not finite and has no record.
            add_prediction(server, item.scan_id, ids[1], flat)
        path = f"/projects/{seeded[0].project_id}/comparisons/{ids[0]}/{ids[1]}"
        read = lead.get_json(path)
        assert [scan["flipped"] for scan in read["scans"]["items"]] == [600, 100]
        part = lead.get_json(path, offset=1, limit=1)["scans"]
        assert part["total"] == 2
        assert [scan["scan_id"] for scan in part["items"]] == [seeded[0].scan_id]

    def test_a_new_prediction_is_counted_anew(
        self, server: RunningServer, lead: Visitor, pair: Pair
    ) -> None:
        assert lead.get_json(pair.path)["flipped"] > 0
        lead.get_json(f"{pair.path}/scans/{pair.scan_id}/patches")
        with server.app.state.database.write() as session:
            session.execute(delete(Prediction).where(Prediction.checkpoint_id == pair.ids[1]))
        storage = server.app.state.storage
        storage.remove_prediction(pair.scan_id, pair.ids[1])
        add_prediction(server, pair.scan_id, pair.ids[1], pair.classes[0])
        assert lead.get_json(pair.path)["flipped"] == 0
        assert lead.get_json(f"{pair.path}/scans/{pair.scan_id}/patches")["total"] == 0

    def test_what_cannot_be_compared_is_refused_with_the_way_out(
        self, server: RunningServer, lead: Visitor, pair: Pair
    ) -> None:
        base = f"/projects/{pair.project_id}/comparisons"
        lonely = add_version(server, pair.project_id, "Lonely")
        refusal = lead.get(f"{base}/{pair.ids[0]}/{lonely}")
        assert refusal.status_code == 409
        error = refusal.json()["error"]
        assert error["code"] == "nothing_in_common"
        assert "Lonely" in error["message"]
        assert error["details"]["lacking"] == [0, 1]
        assert lead.get(f"{base}/{pair.ids[0]}/{pair.ids[0]}").status_code == 422
        assert lead.get(f"{base}/{pair.ids[0]}/99999").status_code == 404
        other = lead.project(auto_select=False)
        elsewhere = f"/projects/{other['id']}/comparisons/{pair.ids[0]}/{pair.ids[1]}"
        assert lead.get(elsewhere).status_code == 404

    def test_many_scans_are_counted_over_several_requests(
        self, server: RunningServer, lead: Visitor, pair: Pair, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "COUNT_FOR_S", 0.0)
        seeded = seed_scan(server.app.state.database, server.app.state.storage, points=1500)
        with server.app.state.database.write() as session:
            session.get_one(Scan, seeded.scan_id).project_id = pair.project_id
        for checkpoint_id, classes in zip(pair.ids, pair.classes, strict=True):
            add_prediction(server, seeded.scan_id, checkpoint_id, classes)
        first = lead.get_json(pair.path)
        assert (first["compared"], first["common"], first["points"]) == (1, 2, 1499)
        second = lead.get_json(pair.path)
        assert (second["compared"], second["points"]) == (2, 2998)


class TestPatches:
    def test_they_are_those_of_a_search_from_point_to_point(
        self, lead: Visitor, pair: Pair
    ) -> None:
        path = f"{pair.path}/scans/{pair.scan_id}/patches"
        found: list[dict[str, Any]] = []
        while True:
            part = lead.get_json(path, offset=len(found), limit=50)
            found += part["items"]
            if len(found) >= part["total"]:
                break
        one, two = (np.minimum(side, NONE) for side in pair.classes)
        differ = np.flatnonzero((one != two) & pair.finite)
        assert sum(patch["points"] for patch in found) == len(differ)
        sizes = [patch["points"] for patch in found]
        assert sizes == sorted(sizes, reverse=True)
        expected = searched(differ, one, two, pair.local, cell=0.5 * service.CELLS_PER_VOXEL)
        shown = sorted(
            (
                NONE if patch["from_class"] is None else patch["from_class"],
                NONE if patch["to_class"] is None else patch["to_class"],
                patch["points"],
            )
            for patch in found
        )
        assert shown == expected
        for patch in found:
            row = patch["point_index"]
            np.testing.assert_allclose(patch["position"], pair.local[row], atol=1e-4)
            assert one[row] == (NONE if patch["from_class"] is None else patch["from_class"])
            assert two[row] == (NONE if patch["to_class"] is None else patch["to_class"])
            np.testing.assert_allclose(patch["view"]["target"], patch["position"], atol=1e-4)

    def test_a_cell_filters_them(self, lead: Visitor, pair: Pair) -> None:
        path = f"{pair.path}/scans/{pair.scan_id}/patches"
        read = lead.get_json(path, from_class=1, to_class=2, limit=50)
        assert read["total"] > 0
        assert {(p["from_class"], p["to_class"]) for p in read["items"]} == {(1, 2)}
        assert sum(p["points"] for p in read["items"]) == counted(pair)[1, 2]

    def test_no_patches_of_a_scan_without_both(
        self, server: RunningServer, lead: Visitor, pair: Pair
    ) -> None:
        seeded = seed_scan(server.app.state.database, server.app.state.storage)
        assert lead.get(f"{pair.path}/scans/{seeded.scan_id}/patches").status_code == 404

    def test_cells_touch_at_corners_and_kinds_stay_apart(self) -> None:
        # Four points on a diagonal, one cell apart, and one of another kind among them.
        positions = np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2], [1, 1, 1], [9, 9, 9]], float) + 0.5
        first = np.array([1, 1, 1, 2, 1], np.uint8)
        second = np.array([2, 2, 2, 1, 2], np.uint8)
        found = patches(first, second, np.arange(5) * 10, positions, cell=1.0)
        assert [(p.first, p.second, p.points, p.row) for p in found] == [
            (1, 2, 3, 10),
            (2, 1, 1, 30),
            (1, 2, 1, 40),
        ]
        assert found[0].radius == pytest.approx(3**0.5)
        assert patches(first[:0], second[:0], np.arange(0), positions[:0], cell=1.0) == []


def searched(
    differ: NDArray[np.int64],
    one: NDArray[np.uint8],
    two: NDArray[np.uint8],
    positions: NDArray[np.float64],
    *,
    cell: float,
) -> list[tuple[int, int, int]]:
    """(class, other class, points) of each patch: points joined pair by pair."""
    low = positions[differ].min(axis=0)
    index = {row: np.floor((positions[row] - low) / cell).astype(int) for row in differ.tolist()}
    owner = {row: row for row in index}

    def root(row: int) -> int:
        while owner[row] != row:
            row = owner[row]
        return row

    for a, b in combinations(index, 2):
        alike = one[a] == one[b] and two[a] == two[b]
        if alike and np.abs(index[a] - index[b]).max() <= 1:
            owner[root(a)] = root(b)
    sizes = Counter(root(row) for row in index)
    return sorted((int(one[row]), int(two[row]), points) for row, points in sizes.items())


class TestAgreement:
    def test_it_is_the_part_of_the_points_with_the_same_class(
        self, server: RunningServer, pair: Pair
    ) -> None:
        with server.app.state.database.read() as session:
            before = version_before(session, session.get_one(Checkpoint, pair.ids[1]))
            assert version_before(session, session.get_one(Checkpoint, pair.ids[0])) is None
        assert before is not None
        same = sum(n for (a, b), n in counted(pair).items() if a == b)
        assert agreement(server.app.state.storage, before) == pytest.approx(same / 1499)

    def test_classes_are_told_apart_by_what_they_are(self) -> None:
        table = np.array([[0, 1, 5], [1, 0, 7], [0, 0, 2], [255, 255, 1]])
        # The second version has the first two classes the other way round.
        assert shares(table, [10, 11], [11, 10]).tolist() == [13, 15]
        assert shares(table, [10, 11], [10, 11]).tolist() == [3, 15]

    def test_large_scans_are_counted_in_blocks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(counts, "_RECORDS_AT_ONCE", 7)
        rng = np.random.default_rng(1)
        one, two = rng.integers(0, 3, (2, 50, 2), dtype=np.uint8)
        one.tofile(tmp_path / "one")
        two.tofile(tmp_path / "two")
        found = {(a, b): n for a, b, n in count_pairs(tmp_path / "one", tmp_path / "two").tolist()}
        assert found == Counter(zip(one[:, 0].tolist(), two[:, 0].tolist(), strict=True))

    def test_files_of_different_scans_are_no_pair(self, tmp_path: Path) -> None:
        (tmp_path / "one").write_bytes(b"\x00\x00")
        (tmp_path / "two").write_bytes(b"\x00\x00\x01\x00")
        with pytest.raises(ValueError, match="1 and 2 records"):
            count_pairs(tmp_path / "one", tmp_path / "two")


def test_a_patch_of_one_point_has_no_radius() -> None:
    scan = PointScan(positions=np.array([[1.0, 2.0, 3.0]]))
    one = np.array([4], np.uint8)
    (patch,) = patches(one, one + 1, np.array([0]), scan.positions, cell=0.1)
    assert patch == Patch(first=4, second=5, points=1, row=0, radius=0.0)
