# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reviews: what a verdict makes of an answer, what is refused, and what is undone."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.scans.tables import Scan
from tests.server.reviewing import listed, review, undo
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded


@pytest.fixture(scope="module")
def second_lead(server: RunningServer) -> Visitor:
    return server.visitor("Lou", "lead")


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
