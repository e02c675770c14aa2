# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A small project with every kind of row and file, in a data folder on which no server runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import func, insert, select

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.channels.service import Facts, channel_path
from fewpoints.server.db.all_tables import metadata
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.rounds.tables import SelectionRound
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from fewpoints.server.training.predictions import write_prediction
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot
from fewpoints.server.users.service import ensure_owner
from tests.server.databases import database_url
from tests.server.project_archives import Members, members_of, pack
from tests.server.seeding import seed_scan, seed_superpoints

POINTS = 200  # Of its scan.
NOW = utc_now()


@dataclass(frozen=True)
class Home:
    """A data folder with its database; no server runs on it."""

    database: Database
    storage: Storage
    settings: Settings


@contextmanager
def small_home(folder: Path) -> Iterator[Home]:
    """A data folder with one person in its database."""
    settings = Settings(home=folder, database_url=database_url(folder), min_free_bytes=0)
    storage = Storage(settings)
    storage.prepare()
    database = Database(settings.resolved_database_url)
    upgrade(database.engine)
    with database.write() as session:
        ensure_owner(session, "Somebody")
    yield Home(database, storage, settings)
    database.close()


def good_members(home: Home, folder: Path) -> Members:
    """The members of a small project with every kind of row and file."""
    seeded = seed_scan(home.database, home.storage, queries=3, points=POINTS)
    of_point = np.arange(POINTS, dtype=np.int32) % 5
    of_point[7] = -1
    seed_superpoints(home.database, home.storage, seeded, of_point, np.zeros((5, 3)))
    order = home.storage.scan_file(seeded.scan_id, "order.bin")
    with home.database.write() as session:
        user = ensure_owner(session, "Somebody")
        classes = session.scalars(
            select(LabelClassRow).where(LabelClassRow.project_id == seeded.project_id)
        ).all()
        answer = {
            "scan_id": seeded.scan_id,
            "user_id": user.id,
            "author": user.name,
            "position": [1.0, 2.0, 3.0],
            "answered_at": NOW,
            "created_at": NOW,
        }
        for number in range(3):
            session.execute(
                insert(AnswerEvent),
                {
                    **answer,
                    "client_id": f"00000000-0000-4000-8000-00000000000{number}",
                    "kind": "answer",
                    "point_index": 10 * number,
                    "reply": "class",
                    "class_id": classes[number].id,
                },
            )
        newest = session.scalar(select(func.max(AnswerEvent.id)))
        session.execute(
            insert(AnswerEvent),
            {
                **answer,
                "client_id": "00000000-0000-4000-8000-000000000009",
                "kind": "undo",
                "undoes_id": newest,
            },
        )
        asked = session.scalars(
            select(SelectionRound).where(SelectionRound.scan_id == seeded.scan_id)
        ).one()
        selection = Job(
            kind="select",
            lane="heavy",
            state="done",
            args={"scan_id": seeded.scan_id},
            result={"round_id": asked.id},
            project_id=seeded.project_id,
            scan_id=seeded.scan_id,
            user_id=user.id,
        )
        session.add(selection)
        session.flush()
        asked.job_id = selection.id
        snapshot = Snapshot(
            project_id=seeded.project_id,
            last_event_id=newest or 0,
            rows=[[newest, seeded.scan_id, 20, 2]],
            classes=[{"id": classes[0].id, "name": classes[0].name, "color": "#000000"}],
        )
        session.add(snapshot)
        session.flush()
        weights = safetensors()
        checkpoint = Checkpoint(
            project_id=seeded.project_id,
            snapshot_id=snapshot.id,
            name="First",
            arch="Res16UNet14A",
            variant="head",
            bytes=len(weights),
            sha256=hashlib.sha256(weights).hexdigest(),
            metrics={},
            config={},
            shown=True,
        )
        session.add(checkpoint)
        session.flush()
        session.add(Prediction(scan_id=seeded.scan_id, checkpoint_id=checkpoint.id))
        file = home.storage.checkpoint_file(checkpoint.id)
        file.parent.mkdir(parents=True)
        file.write_bytes(weights)
        folder = home.storage.prediction_folder(seeded.scan_id, checkpoint.id)
        classes_of = np.zeros(POINTS, np.uint8)
        folder.parent.mkdir(parents=True)
        write_prediction(folder, classes_of, classes_of, order)
    with home.database.read() as session:
        facts = Facts.of(session, seeded.scan_id)
    channel = channel_path(home.storage, facts, "intensity")
    channel.parent.mkdir()
    channel.write_bytes(bytes(4 * (POINTS - 1)))  # One point is not finite.
    target = folder / "good.zip"
    pack(home.database, home.storage, seeded.project_id, target)
    return members_of(target)


def safetensors() -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0" * 4


def everything(home: Home) -> tuple[dict[str, int], list[str]]:
    """How many rows each table has, and every file and folder."""
    with home.database.read() as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }
    ours = ("scans", "checkpoints", "logs", "exports", "partial", "uploads", "work")
    files = [
        str(path.relative_to(home.storage.home))
        for name in ours
        for path in (home.storage.home / name).rglob("*")
    ]
    return counts, sorted(files)
