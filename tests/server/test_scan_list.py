# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Lists of many scans against the same worked out in Python, and what is done to many at once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.engine import Database
from fewpoints.server.db.upgrade import alembic_config
from fewpoints.server.jobs.tables import Job
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Prediction
from tests.server.conftest import quick_settings
from tests.server.many_scans import seed_many
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import seed_scan

SCANS = 150
QUERIES = 6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose jobs wait."""
    settings = quick_settings(tmp_path_factory.mktemp("home"))
    with RunningServer(settings.model_copy(update={"run_jobs": False})) as running:
        yield running


@pytest.fixture(scope="module")
def database(server: RunningServer) -> Database:
    database: Database = server.app.state.database
    return database


@pytest.fixture(scope="module")
def project(database: Database) -> int:
    seed_many(database, 20, queries=QUERIES, seed=9)  # Of which nothing may be seen.
    return seed_many(database, SCANS, queries=QUERIES)


class Known:
    """All rows of a project, read one by one and folded in loops."""

    def __init__(self, database: Database, project_id: int) -> None:
        with database.read() as session:
            self.scans = {
                scan.id: scan
                for scan in session.scalars(select(Scan).where(Scan.project_id == project_id))
            }
            asked = session.scalars(select(Query).where(Query.scan_id.in_(self.scans))).all()
            events = session.scalars(
                select(AnswerEvent)
                .where(AnswerEvent.scan_id.in_(self.scans))
                .order_by(AnswerEvent.id)
            ).all()
            self.predicted = set(session.scalars(select(Prediction.scan_id)))
        taken_back = {event.undoes_id for event in events}
        standing = [e for e in events if e.kind in ("answer", "import") and e.id not in taken_back]
        at_point = {(event.scan_id, event.point_index): event.reply for event in standing}
        self.total = Counter(query.scan_id for query in asked)
        self.replies = Counter(
            (query.scan_id, at_point[query.scan_id, query.point_index])
            for query in asked
            if (query.scan_id, query.point_index) in at_point
        )
        live = {(e.scan_id, e.point_index, e.user_id, e.author) for e in standing}
        self.answers = Counter(scan_id for scan_id, *_ in live)
        self.people = {(event.scan_id, event.user_id) for event in standing}
        self.newest = {event.scan_id: event for event in events}

    def replied(self, key: int) -> int:
        return sum(self.replies[key, reply] for reply in ("class", "unsure", "skip", "unlisted"))

    def progress(self, key: int) -> str:
        if self.total[key] and self.replied(key) == self.total[key]:
            return "done"
        return "started" if self.answers[key] else "untouched"

    def sort_value(self, key: int, by: str) -> Any:  # Any: whatever the column holds.
        scan = self.scans[key]
        return {
            "created": key,
            "name": scan.name,
            "points": scan.points,
            "state": ["failed", "importing", "queued", "ready"].index(scan.state),
            "answered": self.replied(key) / self.total[key] if self.total[key] else None,
            "unexplained": scan.unexplained if self.answers[key] else 1.0,
            "active": self.newest[key].created_at if key in self.newest else None,
        }[by]


@pytest.fixture(scope="module")
def known(database: Database, project: int) -> Known:
    return Known(database, project)


def read_all(visitor: Visitor, project_id: int, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = visitor.get_json(
            f"/projects/{project_id}/scans", **params, offset=len(found), limit=40
        )
        found += page["items"]
        assert len(page["items"]) == min(40, page["total"] - len(found) + len(page["items"]))
        if len(found) == page["total"]:
            return found


def test_counts_are_what_the_log_amounts_to(lead: Visitor, project: int, known: Known) -> None:
    shown = read_all(lead, project)
    assert [scan["id"] for scan in shown] == sorted(known.scans)
    for scan in shown:
        key = scan["id"]
        assert scan["queries"] == {
            "total": known.total[key],
            "open": known.total[key] - known.replied(key),
            "answered": known.replies[key, "class"],
            "unsure": known.replies[key, "unsure"],
            "skipped": known.replies[key, "skip"],
            "unlisted": known.replies[key, "unlisted"],
        }
        assert scan["answers"] == known.answers[key]
    counts = lead.get_json(f"/projects/{project}")["counts"]
    assert counts["scans"] == SCANS
    assert counts["queries"] == known.total.total()
    assert counts["skipped"] == sum(known.replies[key, "skip"] for key in known.scans)


def test_the_newest_event_is_that_of_each_scan(database: Database, known: Known) -> None:
    for key, scan in known.scans.items():
        newest = known.newest.get(key)
        assert scan.newest_event == (newest and newest.id)
        assert scan.answered_at == (newest and newest.created_at)


def test_the_migration_counts_what_was_there_before(
    tmp_path: Path, database: Database, project: int
) -> None:
    names = (
        "query_count, open_count, unlisted_count, answered_count, unsure_count,"
        " skipped_count, answer_count, newest_event, answered_at"
    )
    script = ScriptDirectory.from_config(alembic_config())
    (migration,) = (
        found for found in script.walk_revisions() if "lists_of_many_scans" in found.path
    )
    with database.write() as session:
        before = session.execute(text(f"SELECT {names} FROM scan ORDER BY id")).all()
        session.execute(
            update(Scan).values(
                query_count=0,
                open_count=0,
                answered_count=0,
                answer_count=0,
                newest_event=None,
                answered_at=None,
            )
        )
        for statement in migration.module.STATEMENTS:
            session.execute(text(statement))
        assert session.execute(text(f"SELECT {names} FROM scan ORDER BY id")).all() == before
        assert len({row[1] for row in before}) > 3


FILTERS: list[tuple[dict[str, Any], Any]] = [  # Any: functions of Known and a scan's id.
    ({"name": "KITCHEN"}, lambda known, key: "kitchen" in known.scans[key].name.lower()),
    ({"name": "50%"}, lambda known, key: "50%" in known.scans[key].name),
    ({"name": "h_r"}, lambda known, key: "h_r" in known.scans[key].name),
    ({"name": "Ä-"}, lambda known, key: "Ä-" in known.scans[key].name),
    ({"state": "failed"}, lambda known, key: known.scans[key].state == "failed"),
    ({"progress": "done"}, lambda known, key: known.progress(key) == "done"),
    ({"progress": "started"}, lambda known, key: known.progress(key) == "started"),
    ({"progress": "untouched"}, lambda known, key: known.progress(key) == "untouched"),
    ({"warnings": True}, lambda known, key: bool(known.scans[key].warnings)),
    ({"warnings": False}, lambda known, key: not known.scans[key].warnings),
    ({"predicted": True}, lambda known, key: key in known.predicted),
    ({"predicted": False}, lambda known, key: key not in known.predicted),
]


@pytest.mark.parametrize("which", [*[(n,) for n in range(12)], (0, 8), (5, 10), (0, 9, 11, 6)])
def test_filters(lead: Visitor, project: int, known: Known, which: tuple[int, ...]) -> None:
    params = {key: value for n in which for key, value in FILTERS[n][0].items()}
    meets = [FILTERS[n][1] for n in which]
    expected = [key for key in sorted(known.scans) if all(test(known, key) for test in meets)]
    assert [scan["id"] for scan in read_all(lead, project, **params)] == expected
    assert 0 < len(expected) < SCANS or which == (2,)


def test_states_are_counted_whatever_state_is_asked_for(
    lead: Visitor, project: int, known: Known
) -> None:
    page = lead.get_json(f"/projects/{project}/scans", state="failed", name="kitchen", limit=1)
    states = Counter(s.state for s in known.scans.values() if s.name.startswith("Kitchen"))
    assert page["states"] == {
        name: states[name] for name in ("queued", "importing", "ready", "failed")
    }
    assert (page["total"], page["scans"]) == (states["failed"], SCANS)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    "by", ["created", "name", "points", "state", "answered", "unexplained", "active"]
)
def test_orders(lead: Visitor, project: int, known: Known, by: str, *, descending: bool) -> None:
    values = {key: known.sort_value(key, by) for key in known.scans}
    if by == "name":  # As SQLite sees letters: only A to Z have a small form.
        small = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
        values = {key: name.translate(small).encode() for key, name in values.items()}
    there = sorted(key for key, value in values.items() if value is not None)
    there.sort(key=lambda key: values[key], reverse=descending)  # Stable, in both directions.
    absent = sorted(key for key, value in values.items() if value is None)
    assert (absent == []) == (by in ("created", "name", "state"))
    shown = read_all(lead, project, sort=by, descending=descending)
    assert [scan["id"] for scan in shown] == there + absent
    params = {"sort": by, "descending": descending, "offset": 7, "limit": 100}
    ids = lead.get_json(f"/projects/{project}/scan-ids", **params)
    assert ids == (there + absent)[7:107]


def test_who_answered(lead: Visitor, project: int, known: Known) -> None:
    people = lead.get_json(f"/projects/{project}/authors")
    assert [person["name"] for person in people] == ["Ann", "Bob"]
    for person in people:
        shown = read_all(lead, project, person=person["id"])
        expected = {scan_id for scan_id, user_id in known.people if user_id == person["id"]}
        assert {scan["id"] for scan in shown} == expected


def test_what_makes_no_sense_is_refused(lead: Visitor, project: int) -> None:
    for params in ({"sort": "id"}, {"state": "x"}, {"limit": 1001}, {"offset": -1}, {"nme": "x"}):
        assert lead.get(f"/projects/{project}/scans", params=params).status_code == 422
    assert lead.get("/projects/999999/scans").status_code == 404


def test_an_answer_and_an_undo_count_at_once(server: RunningServer, lead: Visitor) -> None:
    seeded = seed_scan(server.app.state.database, server.app.state.storage, queries=3)
    path = f"/scans/{seeded.scan_id}"
    assert lead.get_json(path)["queries"]["open"] == 3
    lead.answer(seeded.scan_id, point_index=10)
    lead.answer(seeded.scan_id, point_index=3)  # Of no query.
    scan = lead.get_json(path)
    assert (scan["queries"]["answered"], scan["answers"]) == (1, 2)
    assert scan["answered_at"] is not None
    lead.undo(seeded.scan_id)
    lead.undo(seeded.scan_id)
    scan = lead.get_json(path)
    assert (scan["queries"]["answered"], scan["answers"]) == (0, 0)


class TestBulk:
    @pytest.fixture
    def many(self, database: Database) -> int:
        states = ("ready",) * 6 + ("failed", "queued", "importing")
        return seed_many(database, 40, queries=3, seed=next(SEEDS), states=states)

    def bulk(self, visitor: Visitor, project_id: int, status: int = 200, **body: Any) -> Any:
        return visitor.post_json(f"/projects/{project_id}/scans/bulk", body, status=status)

    def test_points_are_chosen_once_where_they_can_be(
        self, lead: Visitor, database: Database, many: int
    ) -> None:
        scans = read_all(lead, many)
        ready = [scan for scan in scans if scan["state"] == "ready"]
        other = [scan["name"] for scan in scans if scan["state"] != "ready"]
        would = self.bulk(lead, many, action="select", filter={}, dry_run=True)
        assert lead.get_json("/jobs", project_id=many)["total"] == 0
        did = self.bulk(lead, many, action="select", filter={}, expected=40, budget=7)
        assert did == {**would, "batch": did["batch"]}
        assert (did["matched"], did["done"]) == (40, len(ready))
        assert did["refused"] == [{"reason": "not_ready", "count": len(other), "names": other[:5]}]
        with database.read() as session:
            jobs = session.scalars(select(Job).where(Job.project_id == many)).all()
        assert {job.scan_id for job in jobs} == {scan["id"] for scan in ready}
        assert {(job.kind, job.lane, job.state, job.batch) for job in jobs} == {
            ("select", "heavy", "queued", did["batch"])
        }
        for job in jobs:
            assert job.args == {
                "scan_id": job.scan_id,
                "strategy": "random",
                "budget": 7,
                "scaling": "scaled",
                "seed": 0,
            }
        again = self.bulk(lead, many, action="select", filter={"state": "ready"}, dry_run=True)
        assert again["done"] == 0
        assert again["refused"][0]["reason"] == "under_way"

    def test_only_what_is_missing_is_prepared(self, lead: Visitor, many: int) -> None:
        scans = read_all(lead, many, state="ready")
        missing = [scan["id"] for scan in scans if not scan["has_features"]]
        ids = [scan["id"] for scan in scans]
        did = self.bulk(lead, many, action="prepare", ids=ids, expected=len(ids))
        assert did["done"] == len(missing)
        assert [entry["reason"] for entry in did["refused"]] == ["prepared"]
        jobs = lead.get_json("/jobs", project_id=many)["items"]
        assert sorted(job["scan_id"] for job in jobs) == missing

    def test_imports_are_tried_again_where_the_file_is_there(
        self, lead: Visitor, database: Database, many: int
    ) -> None:
        failed = read_all(lead, many, state="failed")
        gone = [scan["id"] for scan in failed[1:]]
        with database.write() as session:
            session.execute(update(Scan).where(Scan.id.in_(gone)).values(source_gone=True))
        read = read_all(lead, many, state="failed")
        assert [scan["can_retry"] for scan in read] == [True] + [False] * len(gone)
        did = self.bulk(
            lead, many, action="retry", filter={"state": "failed"}, expected=len(failed)
        )
        assert (did["done"], did["refused"][0]["reason"]) == (1, "file_gone")
        scan = lead.get_json(f"/scans/{failed[0]['id']}")
        assert (scan["state"], scan["error"]) == ("queued", None)

    def test_deleting_takes_what_was_meant_and_nothing_else(
        self, server: RunningServer, lead: Visitor, database: Database, many: int
    ) -> None:
        scans = read_all(lead, many, progress="done")
        spared, *doomed = scans
        folder = server.app.state.storage.scan_folder(doomed[0]["id"])
        folder.mkdir(parents=True)
        self.bulk(lead, many, action="select", filter={"progress": "done"}, dry_run=True)
        self.bulk(lead, many, action="select", filter={"progress": "done"}, expected=len(scans))
        body: dict[str, Any] = {
            "action": "delete",
            "filter": {"progress": "done"},
            "without": [spared["id"]],
            "expected": len(doomed),
        }
        would = self.bulk(lead, many, **{**body, "dry_run": True})
        assert would["answers"] == sum(scan["answers"] for scan in doomed)
        did = self.bulk(lead, many, **body)
        assert did["done"] == len(doomed)
        left = read_all(lead, many)
        assert len(left) == 40 - len(doomed)
        assert [scan["id"] for scan in left if scan["id"] in {s["id"] for s in scans}] == [
            spared["id"]
        ]
        assert not folder.exists()
        gone = [scan["id"] for scan in doomed]
        with database.read() as session:
            for table in (Query, AnswerEvent, Prediction):
                found = session.scalars(select(table.id).where(table.scan_id.in_(gone)))
                assert found.all() == []
            states = session.scalars(select(Job.state).where(Job.project_id == many)).all()
        assert Counter(states) == {"cancelled": len(doomed), "queued": 1}

    def test_nothing_is_done_if_others_are_there_than_was_believed(
        self, lead: Visitor, many: int
    ) -> None:
        answer = self.bulk(lead, many, 409, action="delete", filter={}, expected=39)
        assert answer["error"]["code"] == "count_changed"
        assert "39" in answer["error"]["message"]
        assert "40" in answer["error"]["message"]
        first = read_all(lead, many)[0]["id"]
        ids = [first, first + 10_000_000]
        self.bulk(lead, many, 409, action="delete", ids=ids, expected=2)
        assert len(read_all(lead, many)) == 40

    def test_scans_of_other_projects_are_out_of_reach(
        self, lead: Visitor, project: int, many: int
    ) -> None:
        theirs = read_all(lead, project)[0]["id"]
        self.bulk(lead, many, 409, action="delete", ids=[theirs], expected=1)
        assert lead.get(f"/scans/{theirs}").status_code == 200

    def test_what_is_half_said_is_refused(self, lead: Visitor, many: int) -> None:
        for body in (
            {"action": "delete", "expected": 1},
            {"action": "delete", "ids": [1], "filter": {}, "expected": 1},
            {"action": "delete", "ids": [1], "without": [2], "expected": 1},
            {"action": "delete", "filter": {}},
            {"action": "burn", "filter": {}, "expected": 40},
        ):
            self.bulk(lead, many, 422, **body)

    def test_annotators_may_look_and_not_touch(
        self, lead: Visitor, annotator: Visitor, many: int
    ) -> None:
        assert len(read_all(annotator, many)) == 40
        self.bulk(annotator, many, 403, action="delete", filter={}, expected=40)
        self.bulk(annotator, many, 403, action="prepare", filter={}, dry_run=True)
        answer = annotator.post(
            f"/projects/{many}/job-groups/cancel", json={"kind": "select", "batch": None}
        )
        assert answer.status_code == 403


SEEDS = itertools.count(100)


class TestJobGroups:
    def test_batches_are_counted_and_cancelled_as_one(
        self, lead: Visitor, database: Database
    ) -> None:
        many = seed_many(database, 30, queries=3, seed=next(SEEDS), states=("ready",))
        bulk = f"/projects/{many}/scans/bulk"
        first = lead.post_json(bulk, {"action": "select", "filter": {}, "expected": 30})
        scan = read_all(lead, many)[0]["id"]
        alone = lead.post_json(f"/scans/{scan}/rounds", {"strategy": "random", "budget": 1})
        groups = lead.get_json(f"/projects/{many}/job-groups")
        nobody = {"running": 0, "done": 0, "failed": 0, "cancelled": 0}
        assert groups == [
            {"kind": "select", "batch": first["batch"], "queued": 30, **nobody},
            {"kind": "select", "batch": None, "queued": 1, **nobody},
        ]
        with database.write() as session:
            running = session.scalars(select(Job).where(Job.batch == first["batch"])).first()
            assert running is not None
            running.state = "running"
        listed = lead.get_json("/jobs", project_id=many, active=True, limit=2)
        assert [job["state"] for job in listed["items"]] == ["running", "queued"]
        assert listed["total"] == 31
        own = lead.get_json("/jobs", scan_id=scan)["items"]
        assert [job["id"] for job in own] == [alone["id"], first["batch"]]
        assert {job["scan_name"] for job in own} == {read_all(lead, many)[0]["name"]}
        path = f"/projects/{many}/job-groups/cancel"
        body = {"kind": "select", "batch": first["batch"]}
        assert lead.post_json(path, body) == {"cancelled": 30}
        states = Counter(
            job["state"] for job in lead.get_json("/jobs", project_id=many, limit=50)["items"]
        )
        assert states == {"cancelled": 29, "running": 1, "queued": 1}
        assert lead.get_json(f"/jobs/{running.id}")["message"] == "Cancelling"
        assert lead.get_json(f"/jobs/{alone['id']}")["state"] == "queued"
        over = lead.get_json("/jobs", project_id=many, active=False, limit=50)
        assert {job["state"] for job in over["items"]} == {"cancelled"}

    def test_scans_whose_imports_are_cancelled_say_so(
        self, lead: Visitor, database: Database
    ) -> None:
        project = lead.project(auto_select=False)
        scans = [lead.upload(project["id"], b"ply", f"{n}.ply") for n in range(3)]
        path = f"/projects/{project['id']}/job-groups/cancel"
        assert lead.post_json(path, {"kind": "import"}) == {"cancelled": 3}
        for scan in read_all(lead, project["id"]):
            assert (scan["state"], scan["error"]) == ("failed", "The import was cancelled.")
        checked(lead.delete(f"/scans/{scans[0]['id']}"))
