# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""An archive of a project comes in pieces, as scans do, and becomes a project when it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.project_archives import pack
from tests.server.running import RunningServer, Visitor, checked
from tests.server.seeding import seed_scan


@pytest.fixture(scope="module")
def content(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an archive."""
    state = server.app.state
    seeded = seed_scan(state.database, state.storage, queries=2)
    target = tmp_path_factory.mktemp("archive") / "seeded.zip"
    pack(state.database, state.storage, seeded.project_id, target)
    return target.read_bytes()


def begin(visitor: Visitor, content: bytes, print_: str) -> dict[str, Any]:
    body = {"name": "seeded.zip", "bytes": len(content), "fingerprint": print_}
    upload: dict[str, Any] = visitor.post_json("/project-archives/uploads", body)
    return upload


def send(visitor: Visitor, upload: dict[str, Any], offset: int, piece: bytes) -> httpx.Response:
    path = f"/uploads/{upload['id']}/bytes"
    return visitor.put(path, params={"offset": offset}, content=piece)


def files(server: RunningServer, name: str) -> list[Path]:
    return [path for path in (server.settings.home / name).rglob("*") if path.is_file()]


def test_it_goes_on_where_it_stopped_and_becomes_one_project(
    server: RunningServer, lead: Visitor, annotator: Visitor, content: bytes
) -> None:
    half = len(content) // 2
    upload = begin(lead, content, "one")
    assert (upload["project_id"], upload["state"]) == (None, "receiving")
    checked(send(lead, upload, 0, content[:half]), 200)
    path = f"/uploads/{upload['id']}"
    early = lead.post_json(f"{path}/project", {}, status=409)
    assert f"{half} of {len(content)} bytes" in early["error"]["message"]
    again = begin(lead, content, "one")  # A browser after a reload.
    assert (again["id"], again["received"]) == (upload["id"], half)
    assert send(lead, upload, 0, content).status_code == 409
    received = checked(send(lead, upload, half, content[half:]), 200).json()
    assert received["state"] == "received"
    assert annotator.post(f"{path}/project", json={}).status_code == 403
    for other in ("check", "scans"):  # It is no scan.
        refused = lead.post_json(f"{path}/{other}", {}, status=409)
        assert "become a project" in refused["error"]["message"]

    job = lead.post_json(f"{path}/project", {"name": "In pieces"}, status=202)
    assert lead.post_json(f"{path}/project", {}, status=202)["id"] == job["id"]
    done = lead.finished(job)
    assert (done["state"], done["result"].get("name")) == ("done", "In pieces"), done
    assert lead.get_json(path)["state"] == "imported"
    assert lead.get_json(path)["job_id"] == job["id"]
    assert files(server, "partial") == files(server, "archives") == []
    assert send(lead, upload, 0, content).status_code == 409
    assert begin(lead, content, "one")["id"] != upload["id"], "the same file again is a new one"


def test_what_is_no_archive_is_forgotten(
    server: RunningServer, lead: Visitor, content: bytes
) -> None:
    upload = begin(lead, content, "odd")
    checked(send(lead, upload, 0, bytes(len(content))), 200)
    refused = lead.post_json(f"/uploads/{upload['id']}/project", {}, status=422)
    assert refused["error"]["code"] == "damaged_archive"
    assert lead.get(f"/uploads/{upload['id']}").status_code == 404
    assert files(server, "partial") == []


def test_it_can_be_cancelled_and_is_no_upload_of_a_project(
    server: RunningServer, lead: Visitor, content: bytes
) -> None:
    project = lead.project(name="Another")
    upload = begin(lead, content, "gone")
    checked(send(lead, upload, 0, content[:100]), 200)
    listed = lead.get_json(f"/projects/{project['id']}/uploads")["items"]
    assert upload["id"] not in [one["id"] for one in listed]
    checked(lead.delete(f"/uploads/{upload['id']}"), 204)
    assert files(server, "partial") == []
    scan = lead.post_json(
        f"/projects/{project['id']}/uploads", {"name": "a.ply", "bytes": 3, "fingerprint": "x"}
    )
    checked(send(lead, scan, 0, b"abc"), 200)
    refused = lead.post_json(f"/uploads/{scan['id']}/project", {}, status=409)
    assert "was sent to a project" in refused["error"]["message"]
