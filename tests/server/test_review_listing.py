# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which answers there are to review, in which order, and how far people agree."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import event

from fewpoints.server.reviews import listing
from fewpoints.server.reviews.schemas import ReviewFilter
from fewpoints.server.scans.tables import Scan
from tests.server.reviewing import listed, review, undo
from tests.server.running import RunningServer, Visitor
from tests.server.seeding import Seeded, seed_scan
from tests.server.versions import add_prediction, add_version, class_row_ids

T = TypeVar("T")


def counted(server: RunningServer, work: Callable[[], T]) -> tuple[T, int]:
    """Run `work`; return how many statements it made about checkpoints and their predictions."""
    statements: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if "FROM prediction" in statement or "FROM snapshot" in statement:
            statements.append(statement)

    engine = server.app.state.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        return work(), len(statements)
    finally:
        event.remove(engine, "before_cursor_execute", note)


def predict(
    server: RunningServer,
    seeded: Seeded,
    classes: NDArray[np.integer],
    confidence: NDArray[np.integer],
    *,
    class_ids: list[int],
) -> int:
    """Store a shown checkpoint whose outputs stand for these classes, and its prediction."""
    made = add_version(server, seeded.project_id, "First", shown=True, class_ids=class_ids)
    add_prediction(
        server, seeded.scan_id, made, classes.astype(np.uint8), confidence.astype(np.uint8)
    )
    return made


class TestListing:
    def test_answers_against_the_prediction_come_surest_first(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        ids = class_row_ids(server, seeded.project_id)
        # The checkpoint knew the first three classes in another order.
        predicted = np.full(1000, 0)
        confidence = np.arange(1000) % 200
        checkpoint = predict(
            server, seeded, predicted, confidence, class_ids=[ids[2], ids[0], ids[1]]
        )
        answers = {
            point: annotator.answer(seeded.scan_id, point_index=point, class_index=index)
            for point, index in ((10, 2), (120, 1), (30, 0), (150, 2))
        }
        skip = annotator.answer(
            seeded.scan_id, point_index=60, reply="skip", class_index=None, checkpoint_id=checkpoint
        )
        items = listed(lead, seeded, sort="contradicted")
        order = [item["answer"]["point_index"] for item in items]
        assert order == [120, 30, 60, 10, 150]
        assert [item["contradicted"] for item in items] == [True, True, False, False, False]
        first = items[0]["prediction"]
        assert (first["class_index"], first["confidence"]) == (2, pytest.approx(120 / 255))
        against = listed(lead, seeded, disagrees="prediction", sort="oldest")
        assert [item["answer"]["id"] for item in against] == [
            answers[120]["id"], answers[30]["id"],
        ]  # fmt: skip
        then = lead.get_json(f"/answers/{skip['id']}/review")["prediction_then"]
        assert (then["checkpoint_name"], then["class_index"]) == ("First", 2)
        summary = lead.get_json(f"/projects/{seeded.project_id}/reviews/summary")
        assert (summary["contradicted"], summary["predicted"]) == (2, 5)

    def test_a_page_of_many_scans_takes_as_many_statements_as_one_of_one(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        state = server.app.state
        others = [seed_scan(state.database, state.storage).scan_id for _ in range(3)]
        with state.database.write() as session:
            for scan_id in others:
                session.get_one(Scan, scan_id).project_id = seeded.project_id
        ids = class_row_ids(server, seeded.project_id)
        predict(server, seeded, np.full(1000, 1), np.full(1000, 51), class_ids=ids)
        annotator.answer(seeded.scan_id, point_index=10)
        (alone,), of_one = counted(server, lambda: listed(lead, seeded))
        for scan_id in others:
            annotator.answer(scan_id, point_index=10)
        items, of_many = counted(server, lambda: listed(lead, seeded))
        said = {item["answer"]["scan_id"]: item["prediction"] for item in items}
        assert said == {seeded.scan_id: alone["prediction"], **dict.fromkeys(others)}
        assert (said[seeded.scan_id]["class_index"], said[seeded.scan_id]["confidence"]) == (1, 0.2)
        assert of_many == of_one > 0

    def test_every_filter_gives_what_a_loop_over_all_answers_gives(
        self,
        server: RunningServer,
        lead: Visitor,
        annotator: Visitor,
        bob: Visitor,
        seeded: Seeded,
    ) -> None:
        rng = np.random.default_rng(0)
        for i in range(40):
            person = annotator if rng.random() < 0.5 else bob
            named = rng.random() < 0.8
            answer = person.answer(
                seeded.scan_id,
                point_index=int(rng.integers(0, 12)) * 10,
                reply="class" if named else "unsure",
                class_index=int(rng.integers(0, 3)) if named else None,
                note="odd" if i % 7 == 0 else None,
            )
            if rng.random() < 0.4:
                kind = ("approve", "send_back")[i % 2]
                review(lead, answer, kind)
        everything = listed(lead, seeded, limit=1000)
        cases: list[tuple[dict[str, Any], Any]] = [
            ({"class_index": [0, 2]}, lambda i: i["answer"]["class_index"] in (0, 2)),
            ({"user": "Bob"}, lambda i: i["answer"]["user_name"] == "Bob"),
            ({"user": "Nobody"}, lambda i: False),
            ({"reply": "unsure"}, lambda i: i["answer"]["reply"] == "unsure"),
            ({"state": ["approved", "sent_back"]}, lambda i: i["state"] != "unreviewed"),
            ({"scan_id": seeded.scan_id}, lambda i: True),
            ({"scan_id": seeded.scan_id + 1}, lambda i: False),
            ({"noted": True}, lambda i: i["answer"]["note"] is not None),
            ({"noted": False}, lambda i: i["answer"]["note"] is None),
            ({"before": everything[5]["answer"]["created_at"]}, None),
            ({"disagrees": "people"}, lambda i: disputed(i, everything)),
            (
                {"disagrees": "people", "user": "Ann", "state": "approved"},
                lambda i: (
                    disputed(i, everything)
                    and i["answer"]["user_name"] == "Ann"
                    and i["state"] == "approved"
                ),
            ),
        ]
        for filters, meets in cases:
            found = listed(lead, seeded, limit=1000, **filters)
            if meets is None:
                moment = filters["before"]
                assert all(item["answer"]["created_at"] <= moment for item in found)
                assert 0 < len(found) < len(everything)
                continue
            assert found == [item for item in everything if meets(item)], filters
        ids = lead.get_json(f"/projects/{seeded.project_id}/reviews/walk", sort="oldest")
        assert ids["answer_ids"] == sorted(item["answer"]["id"] for item in everything)
        pages = [
            lead.get_json(f"/projects/{seeded.project_id}/reviews", offset=at, limit=3)
            for at in range(0, len(everything), 3)
        ]
        assert [item for page in pages for item in page["items"]] == everything
        assert {page["total"] for page in pages} == {len(everything)}

    def test_notes_without_an_answer_count_as_notes_of_their_author(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10)
        assert listed(lead, seeded, noted=True) == []
        body = {"client_id": str(uuid.uuid4()), "point_index": 10, "note": "a bench?"}
        note = annotator.post_json(f"/scans/{seeded.scan_id}/notes", body)
        assert note["text"] == "a bench?"
        (item,) = listed(lead, seeded, noted=True)
        assert (item["answer"]["id"], item["answer"]["note"]) == (answer["id"], "a bench?")

    def test_filters_that_make_no_sense_are_refused(self, lead: Visitor, seeded: Seeded) -> None:
        path = f"/projects/{seeded.project_id}/reviews"
        for bad in ({"state": "odd"}, {"after": "2026-01-01T00:00:00"}, {"surprise": "1"}):
            assert lead.get(path, params=bad).status_code == 422, bad

    def test_the_columns_are_read_again_where_a_log_grew(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        reviewing = server.app.state.reviewing

        def ids() -> list[int]:
            with server.app.state.database.read() as session:
                seen = listing.see(session, reviewing.rows, reviewing.predicted, seeded.project_id)
                keep = listing.matching(seen, ReviewFilter(state=["unreviewed"]))
            return [int(i) for i in seen.rows.id[keep]]

        assert ids() == []
        answer = annotator.answer(seeded.scan_id, point_index=10)
        assert ids() == [answer["id"]]
        review(lead, answer, "approve")
        assert ids() == []
        undo(lead, seeded)
        assert ids() == [answer["id"]]
        annotator.undo(seeded.scan_id)
        assert ids() == []

    def test_agreement_of_two_people(
        self, lead: Visitor, annotator: Visitor, bob: Visitor, seeded: Seeded
    ) -> None:
        for point, one, other in ((10, 0, 0), (20, 1, 1), (30, 0, 1), (40, 1, 1)):
            annotator.answer(seeded.scan_id, point_index=point, class_index=one)
            wrong = bob.answer(seeded.scan_id, point_index=point, class_index=other)
            if point == 30:
                review(lead, wrong, "correct", class_index=2)
        summary = lead.get_json(f"/projects/{seeded.project_id}/reviews/summary")
        (pair,) = summary["pairs"]
        assert (pair["users"], pair["points"], pair["agreed"]) == (["Ann", "Bob"], 4, 0.75)
        assert pair["kappa"] == pytest.approx(0.5)
        assert summary["shared_points"] == 4
        assert summary["states"]["corrected"] == summary["states"]["correction"] == 1
        bobs = next(user for user in summary["users"] if user["name"] == "Bob")
        assert (bobs["answers"], bobs["corrected"]) == (4, 1)


def disputed(item: Any, everything: list[Any]) -> bool:
    """Another class at the same point, neither answer being sent back."""
    if item["answer"]["class_index"] is None or item["state"] == "sent_back":
        return False
    return any(
        other["answer"]["point_index"] == item["answer"]["point_index"]
        and other["answer"]["class_index"] not in (None, item["answer"]["class_index"])
        and other["state"] != "sent_back"
        for other in everything
    )
