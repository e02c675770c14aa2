# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scan of a project comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.kernel_head import kernel_scores
from fewpoints.models.superpoints.files import save_superpoints
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.server.scans.tables import Scan
from tests.models.densify.rooms import boxes_room
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
def cut() -> tuple[PointScan, Superpoints]:
    scan, _ = boxes_room()
    return scan, cut_into_superpoints(scan, voxel_size_m=0.04)


@dataclass(frozen=True)
class Project:
    """A project to which scans of one room are added, told apart by their names."""

    server: RunningServer
    id: int
    scan: PointScan
    superpoints: Superpoints

    def add(self, name: str, *, queries: int = 0, **columns: Any) -> int:
        """Add a scan with superpoints; `columns` of its row as given."""
        state = self.server.app.state
        made = seed_scan(state.database, state.storage, queries=queries, scan=self.scan)
        save_superpoints(
            state.storage.superpoints_file(made.scan_id, "net"), self.superpoints, None
        )
        with state.database.write() as session:
            row = session.get_one(Scan, made.scan_id)
            row.project_id, row.name, row.features_key = self.id, name, "net"
            row.cells = len(self.superpoints.of_cell)
            for column, value in columns.items():
                setattr(row, column, value)
        return made.scan_id

    def stored(self, scan_id: int) -> Scan:
        with self.server.app.state.database.read() as session:
            row: Scan = session.get_one(Scan, scan_id)
            return row

    def next(self, visitor: Visitor, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = visitor.get_json(
            f"/projects/{self.id}/next-scan", **{"limit": 20, **params}
        )
        return found

    def names(self, visitor: Visitor, **params: Any) -> list[str]:
        return [entry["name"] for entry in self.next(visitor, **params)]


@pytest.fixture
def project(server: RunningServer, lead: Visitor, cut: tuple[PointScan, Superpoints]) -> Project:
    return Project(server, lead.project(auto_select=False)["id"], *cut)


def test_open_queries_come_first_then_untouched_scans_then_the_least_explained(
    project: Project, annotator: Visitor
) -> None:
    covered = project.add("covered")
    begun = project.add("begun")
    project.add("small and untouched", cells=50)
    project.add("large and untouched", cells=5000)
    project.add("asked", queries=2, cells=10)
    project.add("asked and large", queries=1, cells=5000)
    project.add("being imported", queries=3, state="importing")
    project.add("no superpoints yet", features_key=None, cells=None)
    annotator.answer(begun, point_index=3)
    middles = [int(np.flatnonzero(project.superpoints.of_point == s)[0]) for s in range(12)]
    for row in middles:
        annotator.answer(covered, point_index=row)
    found = project.next(annotator)
    assert [entry["name"] for entry in found] == [
        "asked and large",
        "asked",
        "large and untouched",
        "small and untouched",
        "no superpoints yet",
        "begun",
        "covered",
    ]
    reasons = {entry["name"]: entry["reason"] for entry in found}
    assert reasons["asked and large"] == "1 point waits for an answer."
    assert reasons["asked"] == "2 points wait for an answer."
    assert reasons["large and untouched"] == "Nobody has answered anything here yet."
    share = next(entry["unexplained"] for entry in found if entry["name"] == "begun")
    assert 0.3 < share < 1
    assert reasons["begun"] == f"The answers say nothing about {share:.0%} of its surfaces."
    assert [entry["open"] for entry in found] == [1, 2, 0, 0, 0, 0, 0]
    assert project.names(annotator, limit=1) == ["asked and large"]


def test_the_share_is_what_the_head_says_and_is_kept_without_touching_the_scan(
    project: Project, lead: Visitor
) -> None:
    scan_id = project.add("room")
    rows = [3, 1500, 2500]
    for index, row in enumerate(rows):
        lead.answer(scan_id, point_index=row, class_index=index)
    before = project.stored(scan_id)
    assert before.unexplained is None
    (found,) = project.next(lead)
    superpoints = project.superpoints
    head = kernel_scores(
        looks(superpoints, None),
        superpoints.centres,
        np.unique(superpoints.of_point[rows]).astype(np.int64),
        np.arange(len(set(superpoints.of_point[rows].tolist()))),
        len(set(superpoints.of_point[rows].tolist())),
        reach=50 * 0.04,
    )
    open_cells = sum(
        (1 - explained) * size
        for explained, size in zip(head.explained, superpoints.sizes, strict=True)
    )
    assert found["unexplained"] == pytest.approx(open_cells / superpoints.sizes.sum(), abs=1e-5)
    after = project.stored(scan_id)
    assert after.unexplained == found["unexplained"]
    assert after.updated_at == before.updated_at
    assert project.next(lead) == [found]


def test_an_undo_forgets_what_was_explained(project: Project, lead: Visitor) -> None:
    scan_id = project.add("room")
    lead.answer(scan_id, point_index=3)
    one = project.next(lead)[0]["unexplained"]
    lead.answer(scan_id, point_index=2500)
    assert project.next(lead)[0]["unexplained"] < one
    lead.undo(scan_id)
    assert project.stored(scan_id).unexplained is None
    assert project.next(lead)[0]["unexplained"] == pytest.approx(one)
    lead.undo(scan_id)
    assert project.next(lead)[0]["unexplained"] == 1


def test_only_queries_that_a_person_can_answer_count(
    project: Project, lead: Visitor, annotator: Visitor
) -> None:
    scan_id = project.add("asked", queries=3)
    queries = lead.get_json(f"/scans/{scan_id}/queries")
    checked(lead.post(f"/queries/{queries[0]['id']}/lease"))
    given = {"query_id": queries[1]["id"], "point_index": queries[1]["point_index"]}
    annotator.answer(scan_id, reply="unsure", class_index=None, **given)
    assert [entry["open"] for entry in project.next(lead)] == [2]
    assert [entry["open"] for entry in project.next(annotator)] == [1]
    annotator.undo(scan_id)
    assert [entry["open"] for entry in project.next(annotator)] == [2]


def test_the_scan_just_labelled_is_left_out(project: Project, lead: Visitor) -> None:
    only = project.add("only")
    assert project.names(lead) == ["only"]
    assert project.names(lead, without=only) == []
    missing = lead.get("/projects/99999/next-scan")
    assert checked(missing, 404).json()["error"]["code"] == "not_found"


def test_superpoints_that_cannot_be_read_keep_nobody_waiting(
    project: Project, lead: Visitor
) -> None:
    scan_id = project.add("damaged")
    project.server.app.state.storage.superpoints_file(scan_id, "net").write_bytes(b"PK")
    lead.answer(scan_id, point_index=3)
    (found,) = project.next(lead)
    assert found["unexplained"] is None
    assert "not been compared" in found["reason"]
