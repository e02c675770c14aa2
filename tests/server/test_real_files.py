# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files from elsewhere, good and bad, through the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.server.running import RunningServer, Visitor, checked

SUFFIXES = {".ply", ".pcd", ".las", ".laz"}


def small_files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in SUFFIXES and path.stat().st_size < 2_000_000
    ]


def test_every_file_ends_ready_or_with_a_sentence(
    server: RunningServer, lead: Visitor, project: dict[str, Any], real_data: Path
) -> None:
    files = [
        path
        for folder in ("invalid", "derived", "valid")
        for path in small_files(real_data / "zoo" / folder)
    ]
    assert len(files) > 20
    scans = [
        (path, lead.upload(project["id"], path.read_bytes(), path.name))
        for path in files
        if path.stat().st_size
    ]
    lead.idle(project["id"])
    states: dict[str, str] = {}
    for path, uploaded in scans:
        scan = lead.get_json(f"/scans/{uploaded['id']}")
        states[path.name] = scan["state"]
        folder = server.settings.home / "scans" / str(scan["id"])
        assert not list(folder.glob("source*"))
        if scan["state"] == "failed":
            assert "unexpected" not in scan["error"], (path.name, scan["error"])
            assert path.name in scan["error"], scan["error"]
            assert not [file for file in folder.rglob("*") if file.is_file()]
            continue
        assert scan["state"] == "ready"
        order = np.frombuffer(lead.get(f"/scans/{scan['id']}/order.bin").content, "<u4")
        assert len(set(order.tolist())) == len(order) == scan["finite_points"]
        checked(lead.get(f"/scans/{scan['id']}/preflight"))
    bad = {name for name in states if name.startswith("bad_")}
    assert len(bad) > 8
    assert {states[name] for name in bad} == {"failed"}
    assert list((server.settings.home / "work").iterdir()) == []


NOWHERE = (
    b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\n"
    b"property float z\nend_header\nnan nan nan\ninf 0 0\n"
)
ONE = NOWHERE.replace(b"vertex 2", b"vertex 1").replace(b"nan nan nan\ninf 0 0", b"1 2 3")


def test_points_without_a_place_are_no_scan(lead: Visitor, project: dict[str, Any]) -> None:
    scan = lead.upload(project["id"], NOWHERE, "nowhere.ply")
    lead.idle(project["id"])
    failed = lead.get_json(f"/scans/{scan['id']}")
    assert failed["state"] == "failed"
    assert failed["error"].startswith("nowhere.ply")
    assert "finite" in failed["error"]
    answer = lead.post("/inspect", params={"name": "nowhere.ply"}, content=NOWHERE)
    assert "nowhere.ply" in checked(answer, 422).json()["error"]["message"]


def test_one_point_is_a_scan(lead: Visitor) -> None:
    project = lead.project(strategy="kmeans_features", budget=20)
    scan = lead.ready_scan(project["id"], ONE, "one.ply")
    assert scan["points"] == 1
    (query,) = lead.get_json(f"/scans/{scan['id']}/queries")
    assert query["point_index"] == 0
    lead.answer(scan["id"], query_id=query["id"], point_index=0)
