# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Notes, with an answer and by themselves; giving again what was taken back."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any

from sqlalchemy import select

from fewpoints.annotations.sparse_labels import write_csv
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.exports.plan import plan_export
from fewpoints.server.exports.schemas import ExportCreate
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, seed_scan


def note(visitor: Visitor, seeded: Seeded, text: str, **fields: Any) -> Any:
    body = {"client_id": str(uuid.uuid4()), "point_index": 0, "note": text, **fields}
    return visitor.post_json(f"/scans/{seeded.scan_id}/notes", body, status=201)


def redo(visitor: Visitor, seeded: Seeded, **fields: Any) -> Any:
    body = {"client_id": str(uuid.uuid4()), **fields}
    return visitor.post_json(f"/scans/{seeded.scan_id}/redo", body)


def first_query(visitor: Visitor, seeded: Seeded) -> Any:
    return visitor.get_json(f"/scans/{seeded.scan_id}/queries")[0]


def texts(query: Any) -> list[tuple[str, str]]:
    return [(said["user_name"], said["text"]) for said in query["notes"]]


class TestNotes:
    def test_a_note_comes_with_an_answer_and_goes_with_it(
        self, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, note="  left \tof the\u200b door ")
        assert answer["note"] == "left  of the door"
        query = first_query(annotator, seeded)
        assert query["answer"]["note"] == "left  of the door"
        assert texts(query) == [("Ann", "left  of the door")]
        annotator.undo(seeded.scan_id)
        assert texts(first_query(annotator, seeded)) == []

    def test_a_note_alone_leaves_the_query_open(self, annotator: Visitor, seeded: Seeded) -> None:
        note(annotator, seeded, "behind the chair")
        query = first_query(annotator, seeded)
        assert (query["state"], query["answer"]) == ("open", None)
        assert texts(query) == [("Ann", "behind the chair")]
        scan = annotator.get_json(f"/scans/{seeded.scan_id}")
        assert (scan["answers"], scan["queries"]["open"]) == (0, 20)
        assert annotator.undo(seeded.scan_id)["undone"] is None

    def test_an_answer_after_it_keeps_the_note(self, annotator: Visitor, seeded: Seeded) -> None:
        note(annotator, seeded, "behind the chair")
        annotator.answer(seeded.scan_id, class_index=2)
        (answer,) = annotator.get_json(f"/scans/{seeded.scan_id}/answers")
        assert (answer["class_index"], answer["note"]) == (2, "behind the chair")
        note(annotator, seeded, "a stool, really")
        assert first_query(annotator, seeded)["answer"]["note"] == "a stool, really"
        note(annotator, seeded, " ")
        assert first_query(annotator, seeded)["answer"]["note"] is None

    def test_each_person_has_a_note(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        for visitor, text in ((annotator, "chair?"), (lead, "stool"), (annotator, "bench?")):
            note(visitor, seeded, text)
        assert texts(first_query(annotator, seeded)) == [("Lea", "stool"), ("Ann", "bench?")]

    def test_sent_twice_it_is_stored_once(
        self, server: RunningServer, annotator: Visitor, seeded: Seeded
    ) -> None:
        client_id = str(uuid.uuid4())
        first = note(annotator, seeded, "one", client_id=client_id)
        assert note(annotator, seeded, "two", client_id=client_id) == first
        with server.app.state.database.read() as session:
            stored = session.scalars(
                select(AnswerEvent.note).where(AnswerEvent.scan_id == seeded.scan_id)
            ).all()
        assert stored == ["one"]

    def test_what_is_not_possible_is_refused(self, annotator: Visitor, seeded: Seeded) -> None:
        path = f"/scans/{seeded.scan_id}/notes"
        for change, says in (
            ({"point_index": 1000}, "points 0 to 999"),
            ({"point_index": 7}, "no usable position"),
            ({"query_id": seeded.query_ids[1]}, "not about point 0"),
            ({"note": "x" * 1001}, "note"),
        ):
            body = {"client_id": str(uuid.uuid4()), "point_index": 0, "note": "x", **change}
            refusal = annotator.post_json(path, body, status=422)
            assert says in refusal["error"]["message"]


class TestExport:
    def test_notes_go_out_and_come_in(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        database, storage = server.app.state.database, server.app.state.storage
        annotator.answer(seeded.scan_id, point_index=10, note='=1+1, "odd"\nsecond line')
        annotator.answer(seeded.scan_id, point_index=20, reply="unlisted", class_index=None)
        note(annotator, seeded, "nothing to see", point_index=30)
        with database.read() as session:
            plan = plan_export(session, seeded.project_id, ExportCreate(kind="sparse_csv"))
        text = write_csv(plan.scans[0].rows, plan.classes)
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(row["index"], row["reply"], row["who"]) for row in rows] == [
            ("10", "class", "Ann"), ("20", "unlisted", "Ann"), ("30", "note", "Ann"),
        ]  # fmt: skip
        assert all(row["when"] for row in rows)
        again = lead.post(f"/scans/{seeded.scan_id}/answers/import", content=text)
        assert again.json() == {"imported": 0, "skipped": 3, "problems": []}

        other = seed_scan(database, storage)
        path = f"/scans/{other.scan_id}/answers/import"
        report = checked(lead.post(path, content=text)).json()
        assert report == {"imported": 3, "skipped": 0, "problems": []}
        queries = lead.get_json(f"/scans/{other.scan_id}/queries")
        assert [query["state"] for query in queries[1:4]] == ["answered", "unlisted", "open"]
        assert texts(queries[1]) == [("Ann", '=1+1, "odd"\nsecond line')]
        assert texts(queries[3]) == [("Ann", "nothing to see")]
        report = checked(lead.post(path, content=text)).json()
        assert report == {"imported": 0, "skipped": 3, "problems": []}
        assert lead.undo(other.scan_id)["undone"] is None


class TestRedo:
    def test_what_was_taken_back_is_given_again_in_turn(
        self, annotator: Visitor, seeded: Seeded
    ) -> None:
        given = [
            annotator.answer(seeded.scan_id, point_index=10 * k, class_index=k, note=f"note {k}")
            for k in range(3)
        ]
        for _ in given:
            annotator.undo(seeded.scan_id)
        for first in given:
            again = redo(annotator, seeded)
            assert again["query_id"] == first["query_id"]
            fresh = ("id", "client_id")
            assert {k: v for k, v in again["redone"].items() if k not in fresh} == {
                k: v for k, v in first.items() if k not in fresh
            }
            assert again["redone"]["id"] > first["id"]
        assert redo(annotator, seeded) == {"redone": None, "query_id": None}
        assert len(annotator.get_json(f"/scans/{seeded.scan_id}/answers")) == 3

    def test_back_and_forth(self, annotator: Visitor, seeded: Seeded) -> None:
        for k in range(2):
            annotator.answer(seeded.scan_id, point_index=10 * k, class_index=k)
        points = []
        for step in "uuruurrr":
            if step == "u":
                undone = annotator.undo(seeded.scan_id)["undone"]
                points.append(undone and ("u", undone["point_index"]))
            else:
                redone = redo(annotator, seeded)["redone"]
                points.append(redone and ("r", redone["point_index"]))
        # By hand: take back 1, 0; give 0; take back 0; nothing left; give 0, 1; nothing left.
        assert points == [
            ("u", 10), ("u", 0), ("r", 0), ("u", 0), None, ("r", 0), ("r", 10), None,
        ]  # fmt: skip

    def test_a_new_answer_ends_it(self, annotator: Visitor, seeded: Seeded) -> None:
        annotator.answer(seeded.scan_id, point_index=0)
        annotator.undo(seeded.scan_id)
        annotator.answer(seeded.scan_id, point_index=10)
        assert redo(annotator, seeded)["redone"] is None

    def test_nobody_gives_what_others_took_back(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        annotator.answer(seeded.scan_id, point_index=0)
        annotator.undo(seeded.scan_id)
        assert redo(lead, seeded)["redone"] is None
        assert redo(annotator, seeded)["redone"]["user_name"] == "Ann"

    def test_sent_twice_one_answer_is_given(self, annotator: Visitor, seeded: Seeded) -> None:
        for k in range(2):
            annotator.answer(seeded.scan_id, point_index=10 * k)
        for _ in range(2):
            annotator.undo(seeded.scan_id)
        client_id = str(uuid.uuid4())
        first = redo(annotator, seeded, client_id=client_id)
        assert redo(annotator, seeded, client_id=client_id) == first
        assert len(annotator.get_json(f"/scans/{seeded.scan_id}/answers")) == 1
