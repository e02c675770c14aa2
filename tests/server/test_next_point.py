# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One more point to ask about, chosen at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.selection.uncertain import uncertain_superpoints
from fewpoints.models.superpoints.files import save_superpoints
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.server.scans.tables import Scan
from tests.models.densify.rooms import boxes_room
from tests.server.conftest import quick_settings
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import seed_scan

NONE = np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without workers: nothing here needs a job."""
    settings = quick_settings(tmp_path_factory.mktemp("home"))
    with RunningServer(settings.model_copy(update={"run_jobs": False})) as running:
        yield running


@pytest.fixture(scope="module")
def room() -> tuple[PointScan, Superpoints]:
    scan, _ = boxes_room()
    return scan, cut_into_superpoints(scan, voxel_size_m=0.04)


@pytest.fixture
def scan_id(server: RunningServer, room: tuple[PointScan, Superpoints]) -> int:
    state = server.app.state
    made = seed_scan(state.database, state.storage, queries=1, scan=room[0])
    save_superpoints(state.storage.superpoints_file(made.scan_id, "net"), room[1], None)
    with state.database.write() as session:
        session.get_one(Scan, made.scan_id).features_key = "net"
    return made.scan_id


def ask(visitor: Visitor, scan_id: int) -> dict[str, Any]:
    query: dict[str, Any] = visitor.post_json(f"/scans/{scan_id}/next-point", status=201)
    return query


def test_it_is_the_one_that_the_answers_leave_most_open(
    annotator: Visitor, scan_id: int, room: tuple[PointScan, Superpoints]
) -> None:
    scan, superpoints = room
    labeller = DenseLabeller(superpoints, looks(superpoints, None), scan.positions)
    rows = np.array([100, 2000, 3000])
    for index, row in enumerate(rows.tolist()):
        annotator.answer(scan_id, point_index=row, class_index=index)
    waiting = np.array([superpoints.of_point[0]])  # The seeded query is about point 0.
    order = uncertain_superpoints(labeller, rows, np.arange(3), 1, expected=waiting)
    query = ask(annotator, scan_id)
    assert superpoints.of_point[query["point_index"]] == order[0]
    assert query["strategy"] == "uncertain"
    assert query["state"] == "open"
    local = scan.local_positions()[query["point_index"]]
    np.testing.assert_allclose(query["position"], local, atol=1e-6)
    assert query["view"]["eye"] != query["view"]["target"]
    # It joins the others, last, and is answered like them.
    listed = annotator.get_json(f"/scans/{scan_id}/queries")
    assert [entry["point_index"] for entry in listed] == [0, query["point_index"]]
    annotator.answer(scan_id, query_id=query["id"], point_index=query["point_index"])
    following = ask(annotator, scan_id)
    owners = superpoints.of_point[[0, query["point_index"], following["point_index"]]]
    assert len(set(owners.tolist())) == 3
    assert following["round_id"] == query["round_id"]
    assert [query["rank"], following["rank"]] == [0, 1]


def test_it_is_reserved_for_the_person_who_asked(
    lead: Visitor, annotator: Visitor, scan_id: int
) -> None:
    query = ask(annotator, scan_id)
    assert query["leased_by"] is None
    seen = next(
        entry for entry in lead.get_json(f"/scans/{scan_id}/queries") if entry["id"] == query["id"]
    )
    assert seen["leased_by"] is not None
    refused = checked(lead.post(f"/queries/{query['id']}/lease"), 409)
    assert refused.json()["error"]["code"] == "leased_elsewhere"


def test_people_who_ask_at_the_same_time_get_different_points(
    lead: Visitor, annotator: Visitor, scan_id: int
) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, person, scan_id) for person in (lead, annotator) * 2]
        points = [query.result()["point_index"] for query in asked]
    assert len(set(points)) == 4


def test_when_every_surface_was_asked_about_that_is_said(
    lead: Visitor, scan_id: int, room: tuple[PointScan, Superpoints]
) -> None:
    of_point = room[1].of_point
    for superpoint in range(1, len(room[1])):
        lead.answer(scan_id, point_index=int(np.flatnonzero(of_point == superpoint)[0]))
    if of_point[0] != 0:
        ask(lead, scan_id)
    refused = checked(lead.post(f"/scans/{scan_id}/next-point"), 409).json()["error"]
    assert refused["code"] == "nothing_to_ask"
    assert "cube.ply" in refused["message"]
    # A contradiction makes one of them worth asking about again.
    twice = np.flatnonzero(of_point == 1)
    lead.answer(scan_id, point_index=int(twice[-1]), class_index=1)
    assert of_point[ask(lead, scan_id)["point_index"]] == 1


def test_a_scan_that_is_not_prepared_says_so(server: RunningServer, lead: Visitor) -> None:
    made = seed_scan(server.app.state.database, server.app.state.storage)
    refused = checked(lead.post(f"/scans/{made.scan_id}/next-point"), 404).json()["error"]
    assert refused["code"] == "superpoints_missing"
    missing = checked(lead.post("/scans/99999/next-point"), 404).json()["error"]
    assert missing["code"] == "not_found"
