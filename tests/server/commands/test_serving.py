# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What `fewpoints quickstart` prepares before it serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fewpoints.annotations.progress import no_progress
from fewpoints.server.commands import serving
from fewpoints.server.commands.store import open_store
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan
from fewpoints.server.settings import Settings
from tests.rooms import SmallRoom, small_room


def test_the_demo_is_a_labelled_room_with_20_points_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = []

    def small(seed: int, **_: object) -> SmallRoom:
        seeds.append(seed)
        return small_room(3_000)

    monkeypatch.setattr(serving, "demo_room", small)
    monkeypatch.setenv("FEWPOINTS_ARCH", "Res16UNet14A")
    settings = Settings(home=tmp_path)
    serving.prepare_demo(settings, seed=7, progress=no_progress)
    serving.prepare_demo(settings, seed=8, progress=no_progress)
    assert seeds == [7]
    with open_store(settings) as store, store.database.read() as session:
        (scan,) = session.scalars(select(Scan).order_by(Scan.id))
        assert (scan.name, scan.state, scan.points) == (serving.DEMO_FILE, "ready", 3_000)
        assert session.scalar(select(func.count()).select_from(Query)) == 20
        report = json.loads((store.storage.scan_data(scan.id) / "preflight.json").read_text())
    known = len(set(small_room(3_000).classes.tolist()))
    assert report["label_fields"]["label"] == {"count": 3_000, "classes": known}
    assert "instance" in report["label_fields"]
