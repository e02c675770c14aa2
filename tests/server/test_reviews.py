# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reviews: what a verdict makes of an answer, which answers are listed, and what is undone."""

from __future__ import annotations

import json
import uuid
from typing import Any

import numpy as np
import pytest

from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.reviews import listing
from fewpoints.server.reviews.schemas import ReviewFilter
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.predictions import write_prediction
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, seed_scan


@pytest.fixture
def seeded(server: RunningServer) -> Seeded:
    return seed_scan(server.app.state.database, server.app.state.storage)


@pytest.fixture(scope="module")
def bob(server: RunningServer) -> Visitor:
    return server.visitor("Bob", "annotator")


@pytest.fixture(scope="module")
def second_lead(server: RunningServer) -> Visitor:
    return server.visitor("Lou", "lead")


def review(visitor: Visitor, answer: Any, verdict: str, *, status: int = 201, **more: Any) -> Any:
    body = {"client_id": str(uuid.uuid4()), "verdict": verdict, **more}
    return visitor.post_json(f"/answers/{answer['id']}/reviews", body, status=status)


def undo(visitor: Visitor, seeded: Seeded) -> Any:
    path = f"/projects/{seeded.project_id}/reviews/undo"
    return visitor.post_json(path, {"client_id": str(uuid.uuid4())}, status=200)


def listed(visitor: Visitor, seeded: Seeded, **filters: Any) -> list[Any]:
    page = visitor.get_json(f"/projects/{seeded.project_id}/reviews", **filters)
    assert page["total"] == len(page["items"])
    return list(page["items"])


def states(visitor: Visitor, seeded: Seeded) -> dict[int, str]:
    return {item["answer"]["id"]: item["state"] for item in listed(visitor, seeded)}


def labels(server: RunningServer, seeded: Seeded) -> dict[int, int]:
    with server.app.state.database.read() as session:
        rows = labelled_points(session, Scan.id == seeded.scan_id)
    return {point: index for _, _, point, index in rows}


def query(visitor: Visitor, seeded: Seeded, rank: int) -> Any:
    return visitor.get_json(f"/scans/{seeded.scan_id}/queries")[rank]


class TestVerdicts:
    def test_an_approved_answer_counts_as_before(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        assert states(lead, seeded) == {answer["id"]: "unreviewed"}
        detail = review(lead, answer, "approve")
        assert (detail["state"], detail["review"]["reviewer"]) == ("approved", "Lea")
        assert detail["view"]["target"] == [1.0, 1.0, 1.0]
        assert labels(server, seeded) == {10: 3}

    def test_a_sent_back_answer_is_no_label_and_its_query_is_open_again(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        before = lead.get_json(f"/scans/{seeded.scan_id}")
        review(lead, answer, "send_back", note="Look behind it.")
        assert labels(server, seeded) == {}
        again = query(annotator, seeded, 1)
        assert (again["state"], again["answer"]) == ("open", None)
        sent = again["sent_back"]
        assert (sent["author"], sent["reviewer"], sent["note"], sent["class_index"]) == (
            "Ann", "Lea", "Look behind it.", 3,
        )  # fmt: skip
        scan = annotator.get_json(f"/scans/{seeded.scan_id}")
        assert scan["queries"]["open"] == 20
        assert before["queries"]["open"] == 19
        next_scan = annotator.get_json(f"/projects/{seeded.project_id}/next-scan")
        assert next_scan[0]["open"] == 20

        second = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        assert states(lead, seeded) == {second["id"]: "unreviewed"}
        again = query(annotator, seeded, 1)
        assert (again["state"], again["sent_back"]) == ("answered", None)
        assert labels(server, seeded) == {10: 3}

    def test_what_another_person_answered_counts_where_one_answer_was_sent_back(
        self,
        server: RunningServer,
        lead: Visitor,
        annotator: Visitor,
        bob: Visitor,
        seeded: Seeded,
    ) -> None:
        bob.answer(seeded.scan_id, point_index=10, class_index=1)
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=2)
        assert labels(server, seeded) == {10: 2}
        review(lead, answer, "send_back")
        assert labels(server, seeded) == {10: 1}
        assert query(annotator, seeded, 1)["state"] == "answered"

    def test_a_correction_counts_instead_whatever_is_answered_later(
        self,
        server: RunningServer,
        lead: Visitor,
        annotator: Visitor,
        bob: Visitor,
        seeded: Seeded,
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        detail = review(lead, answer, "correct", class_index=5)
        assert detail["state"] == "corrected"
        (other,) = detail["others"]
        assert (other["state"], other["answer"]["class_index"]) == ("correction", 5)
        assert detail["review"]["correction_id"] == other["answer"]["id"]
        assert labels(server, seeded) == {10: 5}

        stubborn = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        bob.answer(seeded.scan_id, point_index=10, class_index=4)
        assert labels(server, seeded) == {10: 5}, "the reviewer's word stands"
        assert query(annotator, seeded, 1)["answer"]["class_index"] == 5
        assert states(lead, seeded)[stubborn["id"]] == "unreviewed"
        review(lead, stubborn, "approve")
        assert labels(server, seeded) == {10: 3}, "until another answer there is approved"

    def test_an_approved_answer_counts_before_later_ones(
        self,
        server: RunningServer,
        lead: Visitor,
        annotator: Visitor,
        bob: Visitor,
        seeded: Seeded,
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        review(lead, answer, "approve")
        bob.answer(seeded.scan_id, point_index=10, class_index=4)
        assert labels(server, seeded) == {10: 3}
        annotator.answer(seeded.scan_id, point_index=10, class_index=6)
        assert labels(server, seeded) == {10: 6}, "its author thought again: nobody approved that"

    def test_leads_review_their_own_answers_too(self, lead: Visitor, seeded: Seeded) -> None:
        answer = lead.answer(seeded.scan_id, point_index=10)
        assert listed(lead, seeded)[0]["own"]
        assert review(lead, answer, "approve")["state"] == "approved"

    def test_a_lead_corrects_their_own_answer(
        self, server: RunningServer, lead: Visitor, seeded: Seeded
    ) -> None:
        answer = lead.answer(seeded.scan_id, point_index=10, class_index=1)
        detail = review(lead, answer, "correct", class_index=2)
        assert not detail["live"]
        assert labels(server, seeded) == {10: 2}
        undo(lead, seeded)
        assert labels(server, seeded) == {10: 1}


class TestRefusals:
    def test_annotators_look_and_do_not_review(self, annotator: Visitor, seeded: Seeded) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10)
        assert len(listed(annotator, seeded)) == 1
        refusal = review(annotator, answer, "approve", status=403)
        assert refusal["error"]["code"] == "forbidden"

    def test_an_answer_that_was_replaced_or_taken_back_cannot_be_reviewed(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        old = annotator.answer(seeded.scan_id, point_index=10)
        new = annotator.answer(seeded.scan_id, point_index=10, class_index=1)
        refusal = review(lead, old, "approve", status=409)
        assert refusal["error"]["code"] == "answer_replaced"
        assert "Ann" in refusal["error"]["message"]
        annotator.undo(seeded.scan_id)
        review(lead, new, "approve", status=409)
        review(lead, old, "approve")

    def test_a_verdict_sent_twice_counts_once_and_an_id_means_one_thing(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10)
        other = annotator.answer(seeded.scan_id, point_index=20)
        body = {"client_id": str(uuid.uuid4()), "verdict": "correct", "class_index": 2}
        for _ in range(2):
            lead.post_json(f"/answers/{answer['id']}/reviews", body, status=201)
        assert undo(lead, seeded)["answers"] == 1
        assert undo(lead, seeded) == {"answers": 0, "answer_id": None}
        refusal = lead.post_json(f"/answers/{other['id']}/reviews", body, status=409)
        assert refusal["error"]["code"] == "client_id_taken"

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            ({"verdict": "correct"}, "needs a class_index"),
            ({"verdict": "approve", "class_index": 1}, "has no class_index"),
            ({"verdict": "correct", "class_index": 99}, "no class with index 99"),
            ({"verdict": "correct", "class_index": 0}, "this class already"),
            ({"verdict": "praise"}, "verdict"),
            ({"verdict": "send_back", "note": "x" * 1001}, "note"),
        ],
    )
    def test_what_is_not_possible_is_refused_in_a_sentence(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded, body: dict[str, Any], says: str
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=0)
        refusal = review(lead, answer, **body, status=422)
        assert says in refusal["error"]["message"]
        assert states(lead, seeded) == {answer["id"]: "unreviewed"}

    def test_what_is_not_there_is_said(self, lead: Visitor, seeded: Seeded) -> None:
        review(lead, {"id": 10**9}, "approve", status=404)
        assert lead.get("/answers/1000000000/review").status_code == 404
        assert lead.get("/projects/999999/reviews").status_code == 404


class TestUndo:
    def test_each_undo_takes_one_step_back(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        review(lead, answer, "approve")
        review(lead, answer, "send_back", note="No.")
        assert labels(server, seeded) == {}
        assert undo(lead, seeded) == {"answers": 1, "answer_id": answer["id"]}
        assert states(lead, seeded) == {answer["id"]: "approved"}
        undo(lead, seeded)
        assert states(lead, seeded) == {answer["id"]: "unreviewed"}
        assert labels(server, seeded) == {10: 3}
        assert undo(lead, seeded)["answers"] == 0

    def test_nobody_takes_back_what_another_reviewer_said(
        self, lead: Visitor, second_lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10)
        review(lead, answer, "approve")
        assert undo(second_lead, seeded)["answers"] == 0
        assert states(lead, seeded) == {answer["id"]: "approved"}

    def test_a_correction_goes_with_its_answer(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10, class_index=3)
        review(lead, answer, "correct", class_index=4)
        undo(lead, seeded)
        assert labels(server, seeded) == {10: 3}
        assert states(lead, seeded) == {answer["id"]: "unreviewed"}
        # The other way round: on the label page the lead takes the answer back.
        review(lead, answer, "correct", class_index=4)
        lead.undo(seeded.scan_id)
        assert labels(server, seeded) == {10: 3}
        assert states(lead, seeded) == {answer["id"]: "unreviewed"}


class TestApproveAll:
    def test_it_approves_what_the_filter_showed_and_one_undo_takes_it_back(
        self, lead: Visitor, annotator: Visitor, bob: Visitor, seeded: Seeded
    ) -> None:
        mine = [annotator.answer(seeded.scan_id, point_index=10 * i) for i in range(3)]
        bad = annotator.answer(seeded.scan_id, point_index=40)
        review(lead, bad, "send_back")
        other = bob.answer(seeded.scan_id, point_index=50)
        path = f"/projects/{seeded.project_id}/reviews"
        page = lead.get_json(path, user="Ann", state="unreviewed")
        late = annotator.answer(seeded.scan_id, point_index=60)
        body = {
            "client_id": str(uuid.uuid4()),
            "user": ["Ann"],
            "up_to_answer_id": page["last_answer_id"],
        }
        for _ in range(2):
            assert lead.post_json(f"{path}/approve", body, status=200) == {"approved": 3}
        expected = {answer["id"]: "approved" for answer in mine}
        expected |= {bad["id"]: "sent_back", other["id"]: "unreviewed", late["id"]: "unreviewed"}
        assert states(lead, seeded) == expected
        assert undo(lead, seeded)["answers"] == 3
        assert set(states(lead, seeded).values()) == {"unreviewed", "sent_back"}


def predict(
    server: RunningServer,
    seeded: Seeded,
    classes: np.ndarray,
    confidence: np.ndarray,
    *,
    class_ids: list[int],
) -> int:
    """Store a shown checkpoint whose outputs stand for these classes, and its prediction."""
    storage = server.app.state.storage
    with server.app.state.database.write() as session:
        snapshot = Snapshot(
            project_id=seeded.project_id,
            last_event_id=0,
            rows=[],
            classes=[{"id": i, "name": "", "color": ""} for i in class_ids],
        )
        session.add(snapshot)
        session.flush()
        checkpoint = Checkpoint(
            project_id=seeded.project_id,
            snapshot_id=snapshot.id,
            name="First",
            arch="x",
            variant="head",
            bytes=0,
            sha256="",
            metrics={},
            config={},
            shown=True,
        )
        session.add(checkpoint)
        session.flush()
        session.add(Prediction(scan_id=seeded.scan_id, checkpoint_id=checkpoint.id))
        write_prediction(
            storage.prediction_folder(seeded.scan_id, checkpoint.id),
            classes.astype(np.uint8),
            confidence.astype(np.uint8),
            storage.scan_file(seeded.scan_id, "order.bin"),
        )
        return checkpoint.id


def class_row_ids(server: RunningServer, project_id: int) -> list[int]:
    from fewpoints.server.projects.queries import class_rows

    with server.app.state.database.read() as session:
        return [row.id for row in class_rows(session, [project_id])[project_id]]


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


class TestWhatFollows:
    def test_listeners_hear_of_it_and_labels_are_made_anew(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10)
        with lead.stream(
            "GET", "/events", params={"project_id": seeded.project_id}, timeout=20
        ) as stream:
            lines = stream.iter_lines()
            next(lines)
            review(lead, answer, "send_back")
            scans = (
                json.loads(line[6:])
                for line in lines
                if line.startswith("data: ") and '"has_features"' in line
            )
            heard = next(scan for scan in scans if scan["queries"]["open"] == 20)
        assert heard["id"] == seeded.scan_id

    def test_a_deleted_scan_takes_its_reviews_along(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=10)
        review(lead, answer, "correct", class_index=2)
        checked(lead.delete(f"/scans/{seeded.scan_id}"))
        assert listed(lead, seeded) == []
