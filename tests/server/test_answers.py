# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Answers: stored once, taken back by their author only, checked against the scan."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from fewpoints.server.answers.tables import AnswerEvent
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import Seeded, seed_scan


def states(visitor: Visitor, seeded: Seeded) -> list[str]:
    return [query["state"] for query in visitor.get_json(f"/scans/{seeded.scan_id}/queries")]


class TestAnswer:
    def test_the_answer_carries_its_query(self, annotator: Visitor, seeded: Seeded) -> None:
        answer = annotator.answer(
            seeded.scan_id, query_id=seeded.query_ids[2], point_index=20, class_index=3, status=201
        )
        assert answer["strategy"] == "random"
        assert answer["user_name"] == "Ann"
        local = seeded.scan.positions[20] - seeded.scan.global_shift
        np.testing.assert_allclose(answer["position"], local, atol=1e-5)
        query = annotator.get_json(f"/scans/{seeded.scan_id}/queries")[2]
        assert query["state"] == "answered"
        assert query["answer"] == answer
        assert annotator.get_json(f"/scans/{seeded.scan_id}/answers") == [answer]

    def test_unsure_skip_and_unlisted_are_states_of_their_own(
        self, annotator: Visitor, seeded: Seeded
    ) -> None:
        for rank, reply in enumerate(("class", "unsure", "skip", "unlisted")):
            annotator.answer(
                seeded.scan_id,
                query_id=seeded.query_ids[rank],
                point_index=10 * rank,
                reply=reply,
                class_index=0 if reply == "class" else None,
            )
        assert states(annotator, seeded)[:5] == [
            "answered", "unsure", "skipped", "unlisted", "open",
        ]  # fmt: skip
        scan = annotator.get_json(f"/scans/{seeded.scan_id}")
        assert scan["queries"] == {
            "total": 20, "open": 16, "answered": 1, "unsure": 1, "skipped": 1, "unlisted": 1,
        }  # fmt: skip
        project = annotator.get_json(f"/projects/{seeded.project_id}")
        assert project["counts"] == {
            "scans": 1, "queries": 20, "answered": 1, "unsure": 1, "skipped": 1, "unlisted": 1,
        }  # fmt: skip

    def test_a_free_click_on_a_queried_point_answers_the_query(
        self, annotator: Visitor, seeded: Seeded
    ) -> None:
        answer = annotator.answer(seeded.scan_id, point_index=30)
        assert answer["query_id"] == seeded.query_ids[3]
        free = annotator.answer(seeded.scan_id, point_index=31)
        assert free["query_id"] is None
        local = seeded.scan.positions[31] - seeded.scan.global_shift
        np.testing.assert_allclose(free["position"], local, atol=1e-5)

    def test_a_second_answer_replaces_the_first(self, annotator: Visitor, seeded: Seeded) -> None:
        annotator.answer(seeded.scan_id, point_index=5, class_index=1)
        second = annotator.answer(seeded.scan_id, point_index=5, class_index=2)
        assert annotator.get_json(f"/scans/{seeded.scan_id}/answers") == [second]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"point_index": 1000}, "points 0 to 999"),
            ({"point_index": -1}, "point_index"),
            ({"point_index": 2**70}, "point_index"),
            ({"point_index": 7}, "no usable position"),
            ({"class_index": 20}, "no class with index 20"),
            ({"class_index": None}, "needs a class_index"),
            ({"reply": "skip"}, "has no class_index"),
            ({"reply": "unlisted"}, "has no class_index"),
            ({"note": "x" * 1001}, "note"),
            ({"reply": "maybe"}, "reply"),
            ({"instance": 0}, "instance"),
            ({"seconds": -1}, "seconds"),
            ({"client_id": "seven"}, "UUID"),
            ({"checkpoint_id": 999}, "checkpoint 999"),
            ({"surprise": 1}, "surprise"),
        ],
    )
    def test_what_is_not_possible_is_refused_in_a_sentence(
        self, annotator: Visitor, seeded: Seeded, change: dict[str, Any], says: str
    ) -> None:
        refusal = annotator.answer(seeded.scan_id, **change, status=422)
        assert says in refusal["error"]["message"]
        assert annotator.get_json(f"/scans/{seeded.scan_id}/answers") == []

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
    def test_seconds_are_finite(self, annotator: Visitor, seeded: Seeded, number: str) -> None:
        body = (
            f'{{"client_id": "{uuid.uuid4()}", "point_index": 1, "reply": "skip", '
            f'"seconds": {number}}}'
        )
        response = annotator.post(
            f"/scans/{seeded.scan_id}/answers",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        assert response.status_code == 422
        assert response.json()["error"]["code"] == "validation"

    def test_a_query_of_another_scan_is_refused(
        self, server: RunningServer, annotator: Visitor, seeded: Seeded
    ) -> None:
        other = seed_scan(server.app.state.database, server.app.state.storage)
        refusal = annotator.answer(
            seeded.scan_id, query_id=other.query_ids[0], point_index=0, status=422
        )
        assert "not about point 0" in refusal["error"]["message"]
        annotator.answer(seeded.scan_id, query_id=seeded.query_ids[1], point_index=0, status=422)
        annotator.answer(seeded.scan_id, query_id=99_999, point_index=0, status=404)


class TestIdempotence:
    def test_sent_again_it_is_stored_once(self, annotator: Visitor, seeded: Seeded) -> None:
        client_id = str(uuid.uuid4())
        first = annotator.answer(seeded.scan_id, client_id=client_id, status=201)
        again = annotator.answer(seeded.scan_id, client_id=client_id, class_index=5, status=200)
        assert again == first

    def test_sent_at_the_same_time_it_is_stored_once(
        self, server: RunningServer, annotator: Visitor, seeded: Seeded
    ) -> None:
        client_id = str(uuid.uuid4())
        body = {"client_id": client_id, "point_index": 3, "reply": "class", "class_index": 1}

        def send(_: int) -> tuple[int, Any]:
            response = annotator.post(f"/scans/{seeded.scan_id}/answers", json=body)
            return response.status_code, response.json()

        with ThreadPoolExecutor(16) as pool:
            results = list(pool.map(send, range(64)))
        assert sorted({status for status, _ in results}) == [200, 201]
        assert [status for status, _ in results].count(201) == 1
        assert len({answer["id"] for _, answer in results}) == 1
        with server.app.state.database.read() as session:
            stored = session.scalar(select(func.count()).where(AnswerEvent.client_id == client_id))
        assert stored == 1

    def test_an_id_belongs_to_one_thing(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        client_id = str(uuid.uuid4())
        annotator.answer(seeded.scan_id, client_id=client_id)
        assert lead.answer(seeded.scan_id, client_id=client_id, status=409)["error"]["code"] == (
            "client_id_taken"
        )
        checked(annotator.post(f"/scans/{seeded.scan_id}/undo", json={"client_id": client_id}), 409)

    def test_upper_case_and_braces_name_the_same_uuid(
        self, annotator: Visitor, seeded: Seeded
    ) -> None:
        client_id = uuid.uuid4()
        first = annotator.answer(seeded.scan_id, client_id=str(client_id))
        again = annotator.answer(seeded.scan_id, client_id=f"{{{client_id}}}".upper(), status=200)
        assert again == first


class TestUndo:
    def test_each_undo_goes_one_further_back(self, annotator: Visitor, seeded: Seeded) -> None:
        given = [annotator.answer(seeded.scan_id, point_index=p) for p in (0, 10, 20)]
        for expected in reversed(given):
            undone = annotator.undo(seeded.scan_id)
            assert undone == {"undone": expected, "query_id": expected["query_id"]}
        assert annotator.undo(seeded.scan_id) == {"undone": None, "query_id": None}
        assert states(annotator, seeded)[:3] == ["open"] * 3

    def test_undo_brings_the_replaced_answer_back(self, annotator: Visitor, seeded: Seeded) -> None:
        first = annotator.answer(seeded.scan_id, point_index=0, class_index=1)
        annotator.answer(seeded.scan_id, point_index=0, class_index=2)
        annotator.undo(seeded.scan_id)
        assert annotator.get_json(f"/scans/{seeded.scan_id}/answers") == [first]

    def test_answering_again_after_undo(self, annotator: Visitor, seeded: Seeded) -> None:
        annotator.answer(seeded.scan_id, point_index=0, class_index=1)
        annotator.undo(seeded.scan_id)
        second = annotator.answer(seeded.scan_id, point_index=0, class_index=2)
        assert annotator.undo(seeded.scan_id)["undone"] == second
        assert annotator.undo(seeded.scan_id)["undone"] is None

    def test_sent_twice_one_answer_is_taken_back(self, annotator: Visitor, seeded: Seeded) -> None:
        annotator.answer(seeded.scan_id, point_index=0)
        last = annotator.answer(seeded.scan_id, point_index=10)
        body = {"client_id": str(uuid.uuid4())}
        for _ in range(3):
            undone = annotator.post_json(f"/scans/{seeded.scan_id}/undo", body)
            assert undone["undone"] == last
        assert len(annotator.get_json(f"/scans/{seeded.scan_id}/answers")) == 1

    def test_nobody_takes_back_what_others_said(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        kept = annotator.answer(seeded.scan_id, point_index=0)
        assert lead.undo(seeded.scan_id)["undone"] is None
        assert lead.get_json(f"/scans/{seeded.scan_id}/answers") == [kept]

    def test_answers_of_other_scans_stay(
        self, server: RunningServer, annotator: Visitor, seeded: Seeded
    ) -> None:
        other = seed_scan(server.app.state.database, server.app.state.storage)
        annotator.answer(other.scan_id, point_index=0)
        assert annotator.undo(seeded.scan_id)["undone"] is None

    def test_the_log_only_grows(
        self, server: RunningServer, annotator: Visitor, seeded: Seeded
    ) -> None:
        annotator.answer(seeded.scan_id, point_index=0)
        annotator.undo(seeded.scan_id)
        with server.app.state.database.read() as session:
            kinds = session.scalars(
                select(AnswerEvent.kind)
                .where(AnswerEvent.scan_id == seeded.scan_id)
                .order_by(AnswerEvent.id)
            ).all()
        assert kinds == ["answer", "undo"]


class TestTwoPeople:
    def test_both_answers_are_kept(self, lead: Visitor, annotator: Visitor, seeded: Seeded) -> None:
        first = annotator.answer(seeded.scan_id, point_index=0, class_index=1)
        second = lead.answer(seeded.scan_id, point_index=0, class_index=2)
        assert annotator.get_json(f"/scans/{seeded.scan_id}/answers") == [first, second]
        query = annotator.get_json(f"/scans/{seeded.scan_id}/queries")[0]
        assert query["answer"] == second
        lead.undo(seeded.scan_id)
        query = annotator.get_json(f"/scans/{seeded.scan_id}/queries")[0]
        assert query["answer"] == first

    def test_a_lease_keeps_others_away_until_the_answer(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        path = f"/queries/{seeded.query_ids[0]}/lease"
        assert annotator.post_json(path)["leased_by"] is None
        assert annotator.post_json(path)["leased_by"] is None
        refusal = lead.post_json(path, status=409)
        assert refusal["error"]["code"] == "leased_elsewhere"
        assert "Ann" in refusal["error"]["message"]
        queries = lead.get_json(f"/scans/{seeded.scan_id}/queries")
        assert [query["leased_by"] for query in queries[:2]] == ["Ann", None]
        annotator.answer(seeded.scan_id, query_id=seeded.query_ids[0], point_index=0)
        assert lead.post_json(path)["leased_by"] is None

    def test_of_two_who_ask_at_once_one_gets_the_lease(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        ask: Callable[[tuple[Visitor, int]], int] = lambda pair: (  # noqa: E731
            pair[0].post(f"/queries/{pair[1]}/lease").status_code
        )
        pairs = [(who, query) for query in seeded.query_ids for who in (lead, annotator)]
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(ask, pairs))
        for got in zip(statuses[::2], statuses[1::2], strict=True):
            assert sorted(got) == [200, 409]

    def test_a_lease_ends_by_itself(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        from datetime import timedelta

        from fewpoints.server.db.types import utc_now
        from fewpoints.server.rounds.tables import QueryLease

        path = f"/queries/{seeded.query_ids[0]}/lease"
        annotator.post_json(path)
        with server.app.state.database.write() as session:
            session.get_one(QueryLease, seeded.query_ids[0]).expires_at = utc_now() - timedelta(
                seconds=1
            )
        assert lead.post_json(path)["leased_by"] is None


class TestClassList:
    def test_answers_follow_their_class(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        annotator.answer(seeded.scan_id, point_index=0, class_index=4)  # chair
        path = f"/projects/{seeded.project_id}/classes"
        body = [{"name": "lamp"}, {"name": "seat", "index": 4}]
        project = checked(lead.put(path, json=body)).json()
        assert [c["name"] for c in project["classes"]] == ["lamp", "seat"]
        assert [c["index"] for c in project["classes"]] == [0, 1]
        (answer,) = annotator.get_json(f"/scans/{seeded.scan_id}/answers")
        assert answer["class_index"] == 1

    def test_a_class_with_answers_cannot_vanish(
        self, lead: Visitor, annotator: Visitor, seeded: Seeded
    ) -> None:
        annotator.answer(seeded.scan_id, point_index=0, class_index=4)
        path = f"/projects/{seeded.project_id}/classes"
        refusal = checked(lead.put(path, json=[{"name": "lamp"}]), 409).json()
        assert refusal["error"]["code"] == "classes_in_use"
        assert "chair" in refusal["error"]["message"]
        assert len(lead.get_json(f"/projects/{seeded.project_id}")["classes"]) == 20
