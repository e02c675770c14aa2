# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A server killed in the middle of answers has all that it acknowledged, once."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

import httpx
from sqlalchemy import select, text

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.engine import Database
from fewpoints.server.storage import Storage
from tests.server.processes import ServerProcess, wait_until
from tests.server.seeding import seed_scan

ANSWERS = 1000
SENDERS = 8


def client_id_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))


def test_every_acknowledged_answer_survives_sigkill(tmp_path: Path) -> None:
    acknowledged: list[dict[str, object]] = []
    lock = threading.Lock()
    with ServerProcess(tmp_path) as server:
        database = Database(server.settings.resolved_database_url)
        seeded = seed_scan(database, Storage(server.settings), queries=100)
        database.close()
        visitor = server.owner()
        path = f"/scans/{seeded.scan_id}/answers"

        def send(worker: int) -> None:
            for number in range(worker, ANSWERS, SENDERS):
                body = {
                    "client_id": client_id_of(number),
                    "point_index": 10 * (number % 100),
                    "reply": "class",
                    "class_index": number % 20,
                }
                try:
                    response = visitor.post(path, json=body)
                except httpx.TransportError:
                    return
                assert response.status_code == 201, response.text
                with lock:
                    acknowledged.append(response.json())

        threads = [threading.Thread(target=send, args=(i,)) for i in range(SENDERS)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(acknowledged) > ANSWERS // 3, what="a third of the answers")
        server.kill()
        for thread in threads:
            thread.join()
    assert ANSWERS // 3 < len(acknowledged) < ANSWERS

    with ServerProcess(tmp_path) as server:
        again = server.owner()
        live = again.get_json(f"/scans/{seeded.scan_id}/answers")
        database = Database(server.settings.resolved_database_url)
        with database.read() as session:
            if database.is_sqlite:
                assert session.execute(text("PRAGMA integrity_check")).all() == [("ok",)]
                assert session.execute(text("PRAGMA foreign_key_check")).all() == []
            stored = session.execute(select(AnswerEvent.id, AnswerEvent.client_id)).all()
        database.close()
        # Exactly once: each acknowledged id is there, with its own event id, and none is doubled.
        assert {(a["id"], a["client_id"]) for a in acknowledged} <= set(stored)
        assert len({client_id for _, client_id in stored}) == len(stored)
        # What is live is the newest of each point, by a fold written differently.
        newest: dict[int, int] = {}
        numbers = {client_id_of(number): number for number in range(ANSWERS)}
        for event_id, client_id in stored:
            number = numbers[client_id]
            point = 10 * (number % 100)
            newest[point] = max(newest.get(point, 0), event_id)
        assert {answer["point_index"]: answer["id"] for answer in live} == newest
        # Sending the rest, and everything again, stores each answer once.
        for number in range(0, ANSWERS, 10):
            body = {
                "client_id": client_id_of(number),
                "point_index": 10 * (number % 100),
                "reply": "class",
                "class_index": number % 20,
            }
            assert again.post(path, json=body).status_code in (200, 201)
        output = server.interrupt()
    assert output.strip() == "False", "the API process imported torch"
