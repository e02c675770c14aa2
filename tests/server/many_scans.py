# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Very many scans with queries and answers, written past the ORM: ten thousand take seconds."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from fewpoints.server.answers import tally
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.tables import Job  # noqa: F401 - Rounds refer to it.
from fewpoints.server.projects.queries import class_rows
from fewpoints.server.projects.schemas import ProjectCreate
from fewpoints.server.projects.service import create_project
from fewpoints.server.rounds.tables import Query, SelectionRound
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint, Prediction
from fewpoints.server.users.service import ensure_user

ROOMS = ("Kitchen", "Bath_room", "Hall 50%", "Büro", "attic", "Ä-Keller")
VIEW = {"eye": [0.0, 0.0, 0.0], "target": [1.0, 1.0, 1.0], "up": [0.0, 0.0, 1.0]}


def seed_many(
    database: Database,
    scans: int,
    *,
    queries: int = 20,
    seed: int = 0,
    states: tuple[str, ...] = ("ready",) * 16 + ("failed", "queued", "importing", "ready"),
) -> int:
    """Write a project with scans of every kind that a list can show; return its id.

    A third of the ready scans is untouched, a third done, the rest somewhere between, some of that
    taken back. Two people answered, and both the same points now and then.
    """
    rng = random.Random(seed)
    now = utc_now()
    with database.write() as session:
        project = create_project(
            session, ProjectCreate(name=f"Campus {seed}", strategy="random", auto_select=False)
        )
        people = [ensure_user(session, name, "annotator") for name in ("Ann", "Bob")]
        classes = [row.id for row in class_rows(session, [project.id])[project.id]]
        rows = []
        for number in range(scans):
            state = rng.choice(states)
            ready = state == "ready"
            points = rng.randrange(1000, 900_000) if ready else None
            rows.append(
                {
                    "project_id": project.id,
                    "name": f"{rng.choice(ROOMS)} {number:05d}.ply",
                    "suffix": ".ply",
                    "state": state,
                    "error": "Line 7 of the header is not one." if state == "failed" else None,
                    "bytes": 15 * (points or 1000),
                    "points": points,
                    "finite_points": points,
                    "format": "ply" if ready else None,
                    "content_hash": f"{number:064x}",
                    "voxel_size_m": 0.02 if ready else None,
                    "unit": "m" if ready else None,
                    "up": [0.0, 0.0, 1.0] if ready else None,
                    "shift": [0.0, 0.0, 0.0] if ready else None,
                    "bounds": {"min": [0.0] * 3, "max": [4.0] * 3} if ready else None,
                    "warnings": ["No colours."] if ready and rng.random() < 0.2 else [],
                    "features_key": "key" if ready and rng.random() < 0.8 else None,
                    "cells": 500 if ready else None,
                    "unexplained": rng.choice((None, rng.random())) if ready else None,
                    "created_at": now - timedelta(minutes=scans - number),
                    "updated_at": now - timedelta(hours=1),
                }
            )
        session.execute(insert(Scan), rows)
        ids = sorted(
            session.query(Scan.id).filter(Scan.project_id == project.id).all()  # Written in order.
        )
        ready_ids = [key for (key,), row in zip(ids, rows, strict=True) if row["state"] == "ready"]
        _ask_and_answer(session, rng, ready_ids, queries, people, classes)
        checkpoint = Checkpoint(
            project_id=project.id,
            name="First",
            arch="Res16UNet14A",
            variant="head",
            bytes=1,
            sha256="0" * 64,
            metrics={},
            config={},
            shown=True,
        )
        session.add(checkpoint)
        session.flush()
        predicted = [key for key in ready_ids if rng.random() < 0.5]
        if predicted:
            session.execute(
                insert(Prediction),
                [{"scan_id": key, "checkpoint_id": checkpoint.id} for key in predicted],
            )
        tally.recount(session, ready_ids)
        return project.id


def _ask_and_answer(
    session: Session,
    rng: random.Random,
    scan_ids: list[int],
    queries: int,
    people: list[Any],  # Any: rows of User.
    classes: list[int],
) -> None:
    now = utc_now()
    session.execute(
        insert(SelectionRound),
        [
            {"scan_id": key, "strategy": "random", "options": {}, "budget": queries, "seed": 0}
            for key in scan_ids
        ],
    )
    rounds: dict[int, int] = dict(
        session.query(SelectionRound.scan_id, SelectionRound.id)
        .filter(SelectionRound.scan_id.in_(scan_ids[:1]) | (SelectionRound.scan_id > scan_ids[0]))
        .all()
    )
    asked = [
        {
            "round_id": rounds[key],
            "scan_id": key,
            "rank": rank,
            "point_index": rank,
            "position": [0.0, 0.0, 0.0],
            "view": VIEW,
        }
        for key in scan_ids
        if rng.random() < 0.95
        for rank in range(queries)
    ]
    session.execute(insert(Query), asked)
    events = []
    for key in scan_ids:
        share = rng.choice((0.0, 1.0, rng.random()))
        for point in range(queries):
            for person in people:
                if share > 0 and rng.random() <= (share if person is people[0] else share - 0.5):
                    reply = rng.choices(("class", "unsure", "skip", "unlisted"), (8, 1, 1, 1))[0]
                    events.append(
                        {
                            "client_id": str(uuid.UUID(int=rng.getrandbits(128))),
                            "kind": "answer",
                            "scan_id": key,
                            "user_id": person.id,
                            "author": person.name,
                            "point_index": point,
                            "position": [0.0, 0.0, 0.0],
                            "reply": reply,
                            "class_id": rng.choice(classes) if reply == "class" else None,
                            "seconds": 2.0,
                            "answered_at": now - timedelta(seconds=rng.randrange(10_000)),
                            "created_at": now - timedelta(seconds=rng.randrange(10_000)),
                        }
                    )
    if not events:
        return
    session.execute(insert(AnswerEvent), events)
    taken_back = [
        (event_id, scan_id, user_id)
        for event_id, scan_id, user_id in session.query(
            AnswerEvent.id, AnswerEvent.scan_id, AnswerEvent.user_id
        ).filter(AnswerEvent.scan_id >= scan_ids[0])
        if rng.random() < 0.05
    ]
    if taken_back:
        names = {person.id: person.name for person in people}
        session.execute(
            insert(AnswerEvent),
            [
                {
                    "client_id": str(uuid.UUID(int=rng.getrandbits(128))),
                    "kind": "undo",
                    "scan_id": scan_id,
                    "user_id": user_id,
                    "author": names[user_id],
                    "undoes_id": event_id,
                    "answered_at": now,
                    "created_at": now,
                }
                for event_id, scan_id, user_id in taken_back
            ],
        )
