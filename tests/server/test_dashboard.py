# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the dashboard counts, against plain loops over the same events."""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import insert

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.dashboard.activity import read_activity
from fewpoints.server.dashboard.buckets import buckets_until, known_zone, start_of_day
from fewpoints.server.dashboard.reply_log import ReplyLog
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.service import ensure_user
from tests.server.conftest import quick_settings
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, seed_scan


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without workers: nothing here needs a job."""
    settings = quick_settings(tmp_path_factory.mktemp("home"))
    with RunningServer(settings.model_copy(update={"run_jobs": False})) as running:
        yield running


def seed_events(
    server: RunningServer, seeded: Seeded, count: int, *, now: datetime, seed: int = 0
) -> list[dict[str, Any]]:
    """Write replies, undos and imports of three people over the last month; return them."""
    rng = np.random.default_rng(seed)
    database = server.app.state.database
    with database.write() as session:
        users = [ensure_user(session, name, "annotator").id for name in ("Ann", "Bo", "Cem")]
        classes = [
            row.id
            for row in session.query(LabelClassRow).filter_by(project_id=seeded.project_id).all()
        ]
        events = []
        for _ in range(count):
            kind = str(rng.choice(["answer"] * 18 + ["import"]))
            reply = (
                str(rng.choice(["class"] * 8 + ["unsure", "skip"])) if kind == "answer" else "class"
            )
            user = int(rng.integers(3))
            at = now - timedelta(seconds=float(rng.uniform(0, 30 * 86_400)))
            events.append(
                {
                    "client_id": str(uuid.uuid4()),
                    "kind": kind,
                    "scan_id": seeded.scan_id,
                    "user_id": users[user],
                    "author": ("Ann", "Bo", "Cem")[user] if kind == "answer" else "somebody",
                    "point_index": int(rng.integers(1000)),
                    "position": [0.0, 0.0, 0.0],
                    "reply": reply,
                    "class_id": int(rng.choice(classes)) if reply == "class" else None,
                    "seconds": None if rng.random() < 0.1 else float(rng.lognormal(1.5, 1.5)),
                    "answered_at": at,
                    "created_at": at,
                }
            )
        session.execute(insert(AnswerEvent), events)
        return events


def loops(events: list[dict[str, Any]], user_id: int | None) -> dict[str, Any]:
    """Totals as a person would count them; None: of everyone."""
    found: dict[str, Any] = defaultdict(int)
    for event in events:
        if user_id is not None and event["user_id"] != user_id:
            continue
        if event["kind"] == "import":
            found["imported"] += 1
            continue
        found[{"class": "labelled", "unsure": "unsure", "skip": "skipped"}[event["reply"]]] += 1
        found["spent_s"] += min(event["seconds"] or 0.0, 300.0)
    return found


def middle(values: list[float], share: float) -> float:
    """A quantile, by hand: between the two values around its place."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@pytest.mark.parametrize(("days", "bucket"), [(3, "hour"), (30, "day"), (200, "week")])
def test_activity_is_what_loops_count(
    server: RunningServer, seeded: Seeded, days: int, bucket: str
) -> None:
    now = datetime(2026, 4, 3, 10, 20, 30, tzinfo=timezone.utc)  # The clocks went on 29 March.
    events = seed_events(server, seeded, 700, now=now)
    zone = ZoneInfo("Europe/Berlin")
    with server.app.state.database.read() as session:
        found = read_activity(
            session,
            ReplyLog().read(session, seeded.project_id),
            now=now,
            zone=zone,
            name="Europe/Berlin",
            days=days,
            limit=9,
        )
    assert found.bucket == bucket
    given = [event for event in events if event["kind"] == "answer"]
    totals = loops(events, None)
    for name in ("labelled", "unsure", "skipped", "imported"):
        assert getattr(found.replies, name) == totals[name]
    assert found.spent_s == pytest.approx(totals["spent_s"])
    local_today = now.astimezone(zone).date()
    assert found.today == sum(e["created_at"].astimezone(zone).date() == local_today for e in given)
    edges = [*found.starts, found.end]
    assert all(a < b for a, b in itertools.pairwise(edges))
    assert edges[0] < now - timedelta(days=days - 1)
    assert found.starts[-1] <= now < found.end
    for start in found.starts:
        local = start.astimezone(zone)
        assert (local.minute, local.second) == (0, 0)
        assert bucket == "hour" or local.hour == 0
        assert bucket != "week" or local.weekday() == 0
    assert found.total_people == 3
    for person in found.people:
        own = [event for event in given if event["user_id"] == person.user_id]
        counts = [
            sum(start <= event["created_at"] < end for event in own)
            for start, end in itertools.pairwise(edges)
        ]
        assert person.counts == counts
        mine = [event for event in own if event["created_at"] >= edges[0]]
        known = [event["seconds"] for event in mine if event["seconds"] is not None]
        assert person.seconds is not None
        assert person.seconds.replies == len(known)
        assert person.seconds.lower == pytest.approx(middle(known, 0.25))
        assert person.seconds.median == pytest.approx(middle(known, 0.5))
        assert person.seconds.upper == pytest.approx(middle(known, 0.75))
        hours = {event["created_at"].astimezone(zone).strftime("%Y%m%d%H%z") for event in mine}
        assert person.per_hour == pytest.approx(len(mine) / len(hours))
    listed = [sum(person.counts) for person in found.people]
    assert listed == sorted(listed, reverse=True)
    assert found.counts == np.sum([person.counts for person in found.people], axis=0).tolist()


def test_hours_are_full_ones_of_the_zone() -> None:
    now = datetime(2026, 1, 5, 10, 20, tzinfo=timezone.utc)
    name, zone = known_zone("Asia/Kolkata")  # Half an hour off.
    hours = buckets_until(now, zone, days=1)
    assert name == "Asia/Kolkata"
    assert {start.astimezone(zone).minute for start in hours.starts} == {0}
    assert hours.starts[-1] <= now < hours.end
    assert len(hours.starts) == 24
    assert start_of_day(now, zone) == datetime(2026, 1, 4, 18, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "", "/etc/localtime"])
def test_a_zone_that_nobody_knows_is_utc_and_says_so(name: str) -> None:
    assert known_zone(name) == ("UTC", timezone.utc)


def test_answers_move_the_numbers_and_undo_moves_them_back(
    seeded: Seeded, annotator: Visitor
) -> None:
    path = f"/projects/{seeded.project_id}/dashboard"
    assert annotator.get_json(f"{path}/scans")["untouched"] == 1
    query = annotator.get_json(f"/scans/{seeded.scan_id}/queries")[0]
    given = {"query_id": query["id"], "point_index": query["point_index"]}
    annotator.answer(seeded.scan_id, class_index=2, seconds=4.0, **given)
    annotator.answer(seeded.scan_id, point_index=501, reply="unsure", class_index=None, seconds=2)
    annotator.answer(seeded.scan_id, point_index=502, class_index=2, seconds=None)
    found = annotator.get_json(f"{path}/activity", time_zone="Europe/Berlin")
    assert (found["today"], found["replies"]["labelled"], found["replies"]["unsure"]) == (3, 2, 1)
    assert found["seconds"] == {"replies": 2, "lower": 2.5, "median": 3.0, "upper": 3.5}
    assert found["counts"][-1] + found["counts"][-2] == 3
    assert annotator.get_json(f"{path}/scans")["begun"] == 1
    balance = annotator.get_json(f"{path}/classes")
    assert [entry["answers"] for entry in balance["classes"][:4]] == [0, 0, 2, 0]
    annotator.answer(seeded.scan_id, point_index=502, class_index=1)
    annotator.undo(seeded.scan_id)
    annotator.undo(seeded.scan_id)
    balance = annotator.get_json(f"{path}/classes")
    assert [entry["answers"] for entry in balance["classes"][:4]] == [0, 0, 1, 0]
    found = annotator.get_json(f"{path}/activity")
    assert (found["replies"]["labelled"], found["replies"]["undone"]) == (3, 2)


def test_states_of_scans(server: RunningServer, annotator: Visitor, seeded: Seeded) -> None:
    state = server.app.state
    extra = [seed_scan(state.database, state.storage, queries=n) for n in (0, 1, 2, 2, 2)]
    with state.database.write() as session:
        for made in extra:
            session.get_one(Scan, made.scan_id).project_id = seeded.project_id
        session.get_one(Scan, extra[3].scan_id).state = "failed"
        session.get_one(Scan, extra[4].scan_id).state = "queued"
    query = annotator.get_json(f"/scans/{extra[1].scan_id}/queries")[0]
    given = {"query_id": query["id"], "point_index": query["point_index"]}
    annotator.answer(extra[1].scan_id, reply="skip", class_index=None, **given)
    assert annotator.get_json(f"/projects/{seeded.project_id}/dashboard/scans") == {
        "total": 6,
        "waiting": 1,
        "importing": 0,
        "failed": 1,
        "unasked": 1,
        "untouched": 2,
        "begun": 0,
        "finished": 1,
    }


@pytest.mark.parametrize("page", ["scans", "activity", "classes"])
def test_what_is_known_is_not_sent_again(
    server: RunningServer, seeded: Seeded, annotator: Visitor, page: str
) -> None:
    path = f"/projects/{seeded.project_id}/dashboard/{page}"
    first = checked(annotator.get(path))
    known = {"If-None-Match": first.headers["ETag"]}
    again = annotator.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    query = annotator.get_json(f"/scans/{seeded.scan_id}/queries")[0]
    annotator.answer(seeded.scan_id, query_id=query["id"], point_index=query["point_index"])
    assert checked(annotator.get(path, headers=known)).status_code == 200
    assert annotator.get(f"/projects/99999/dashboard/{page}").status_code == 404
    assert server.stranger().get(path).status_code == 401


def test_the_log_in_memory_is_that_of_the_database(
    server: RunningServer, seeded: Seeded, lead: Visitor
) -> None:
    """After more answers, an undo, and the end of a scan."""
    state = server.app.state
    other = seed_scan(state.database, state.storage)
    with state.database.write() as session:
        session.get_one(Scan, other.scan_id).project_id = seeded.project_id
    seed_events(server, seeded, 50, now=datetime.now(timezone.utc))
    log = ReplyLog()

    def check() -> int:
        with state.database.read() as session:
            kept, fresh = (one.read(session, seeded.project_id) for one in (log, ReplyLog()))
        for name, values in vars(fresh).items():
            np.testing.assert_array_equal(getattr(kept, name), values)
        return len(kept.id)

    assert check() == 50
    for point in range(3):
        lead.answer(other.scan_id, point_index=point)
    assert check() == 53
    lead.undo(other.scan_id)
    lead.undo(seeded.scan_id)  # Finds nothing of this person's.
    assert check() == 55
    checked(lead.delete(f"/scans/{other.scan_id}"))
    assert check() == 51
