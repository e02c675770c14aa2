# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads: whole or not at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fewpoints.server.storage import Storage
from tests.server.processes import wait_until
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked


def leftovers(server: RunningServer) -> list[Path]:
    home = server.settings.home
    return [*(home / "uploads").iterdir(), *(home / "work").iterdir()]


def scans(visitor: Visitor, project: dict[str, Any]) -> int:
    return int(visitor.get_json(f"/projects/{project['id']}/scans")["total"])


class TestRefused:
    def test_empty(self, server: RunningServer, lead: Visitor, project: dict[str, Any]) -> None:
        refusal = checked(lead.post(f"/projects/{project['id']}/scans"), 422).json()
        assert "no body" in refusal["error"]["message"]
        assert leftovers(server) == []

    def test_too_large_by_what_is_announced_and_by_what_arrives(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        small = server.settings.model_copy(update={"max_upload_bytes": 1000})
        monkeypatch.setitem(server.app.state._state, "settings", small)
        before = scans(lead, project)

        def chunks() -> Iterator[bytes]:  # Sent without a Content-Length.
            for _ in range(20):
                yield b"x" * 100

        for content in (b"x" * 1001, chunks()):
            response = lead.post(f"/projects/{project['id']}/scans", content=content)
            assert checked(response, 413).json()["error"]["code"] == "too_large"
        assert scans(lead, project) == before
        assert leftovers(server) == []

    @pytest.mark.parametrize("path", ["/projects/{id}/scans", "/inspect"])
    def test_disk_full(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
        path: str,
    ) -> None:
        before = scans(lead, project)
        # Enough when the upload begins, not when it arrives.
        answers = iter([10**9, 10])
        monkeypatch.setattr(Storage, "free_bytes", lambda _: next(answers, 10))
        response = lead.post(path.format(id=project["id"]), content=b"x" * 1000)
        refusal = checked(response, 507).json()
        assert refusal["error"]["code"] == "disk_full"
        assert "10 bytes free" in refusal["error"]["message"]
        assert scans(lead, project) == before
        assert leftovers(server) == []

    def test_broken_off_in_the_middle(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        before = scans(lead, project)
        cookie = lead.cookies["fewpoints_session"]
        uploads = server.settings.home / "uploads"
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = (
                f"POST /api/v1/projects/{project['id']}/scans?name=a.ply HTTP/1.1\r\n"
                f"Host: 127.0.0.1:{server.port}\r\nCookie: fewpoints_session={cookie}\r\n"
                "Content-Length: 100000000\r\n\r\n"
            )
            connection.sendall(head.encode() + b"x" * 5_000_000)
            wait_until(lambda: list(uploads.iterdir()), what="the temporary file")
        wait_until(lambda: not list(uploads.iterdir()), what="the temporary file to go")
        assert scans(lead, project) == before

    def test_an_unknown_project(self, server: RunningServer, lead: Visitor) -> None:
        checked(lead.post("/projects/9999/scans", content=b"x"), 404)
        assert leftovers(server) == []


class TestUnreadable:
    def test_the_scan_says_why_and_its_file_is_gone(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        scan = lead.upload(project["id"], room_file().content[:5000], "half.ply")
        lead.idle(project["id"])
        failed = lead.get_json(f"/scans/{scan['id']}")
        assert failed["state"] == "failed"
        assert failed["error"].startswith("half.ply")
        assert "source" not in failed["error"]
        assert not failed["can_retry"]
        folder = server.settings.home / "scans" / str(scan["id"])
        assert not [path for path in folder.rglob("*") if path.is_file()]
        refusal = lead.post_json(f"/scans/{scan['id']}/retry", status=409)
        assert refusal["error"]["code"] == "cannot_retry"
        for name in ("tiles.bin", "tiles.json", "order.bin", "preflight"):
            refusal = checked(lead.get(f"/scans/{scan['id']}/{name}"), 409).json()
            assert refusal["error"]["code"] == "scan_not_ready"
        answer = lead.answer(scan["id"], status=409)
        assert answer["error"]["code"] == "scan_not_ready"
        checked(lead.delete(f"/scans/{scan['id']}"), 204)
        assert not folder.exists()
        checked(lead.get(f"/scans/{scan['id']}"), 404)


class TestNames:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("../../../etc/passwd", "passwd"),
            ("C:\\scans\\room.ply", "room.ply"),
            ("..", "scan"),
            ("", "scan"),
            ("Küche \N{BED}.ply", "Küche \N{BED}.ply"),
            ("a\x00b\n.ply", "ab.ply"),
            ("x" * 400 + ".ply", "x" * 180 + ".ply"),
            ("<img src=x onerror=alert(1)>.ply", "<img src=x onerror=alert(1)>.ply"),
        ],
    )
    def test_a_name_is_for_people_only(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        sent: str,
        shown: str,
    ) -> None:
        scan = lead.upload(project["id"], b"ply\n", sent)
        assert scan["name"] == shown
        folder = server.settings.home / "scans" / str(scan["id"])
        assert {path.parent for path in folder.rglob("source*")} <= {folder}
        lead.idle(project["id"])


class TestInspect:
    def test_it_describes_and_keeps_nothing(
        self, server: RunningServer, annotator: Visitor, lead: Visitor, project: dict[str, Any]
    ) -> None:
        before = scans(lead, project)
        response = annotator.post(
            "/inspect", params={"name": "room.ply"}, content=room_file().content
        )
        preflight = checked(response, 200).json()
        assert preflight["points"] == 3000
        assert preflight["name"] == "room.ply"
        assert scans(lead, project) == before
        assert leftovers(server) == []

    def test_garbage_gets_a_sentence(self, annotator: Visitor) -> None:
        response = annotator.post("/inspect", params={"name": "my.ply"}, content=b"\x00garbage")
        error = checked(response, 422).json()["error"]
        assert "my.ply" in error["message"]
        assert "upload-" not in error["message"]

    def test_it_ends_in_time(
        self,
        server: RunningServer,
        annotator: Visitor,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        hasty = server.settings.model_copy(update={"inspect_timeout_s": 1e-6})
        monkeypatch.setitem(server.app.state._state, "settings", hasty)
        response = annotator.post("/inspect", content=room_file().content)
        assert checked(response, 422).json()["error"]["code"] == "inspection_timeout"


class TestRetry:
    def test_a_cancelled_import_can_be_tried_again(
        self, server: RunningServer, lead: Visitor
    ) -> None:
        project = lead.project(auto_select=False)
        # Keep the lane busy, so that the second import is still queued when it is cancelled.
        lead.upload(project["id"], room_file(30_000).content)
        scan = lead.upload(project["id"], room_file().content)
        jobs = lead.get_json("/jobs", project_id=project["id"])["items"]
        job = next(job for job in jobs if job["scan_id"] == scan["id"])
        lead.post_json(f"/jobs/{job['id']}/cancel")
        lead.idle(project["id"])
        failed = lead.get_json(f"/scans/{scan['id']}")
        if failed["state"] == "failed":  # Otherwise it was faster than the request.
            assert "cancelled" in failed["error"]
            again = lead.post_json(f"/scans/{scan['id']}/retry", status=202)
            assert lead.finished(again)["state"] == "done"
        assert lead.get_json(f"/scans/{scan['id']}")["state"] == "ready"
        assert not list((server.settings.home / "scans" / str(scan["id"])).glob("source*"))


class TestDelete:
    def test_a_project_goes_with_its_files(self, server: RunningServer, lead: Visitor) -> None:
        project = lead.project()
        scan = lead.ready_scan(project["id"], room_file(500).content)
        lead.answer(scan["id"])
        lead.undo(scan["id"])
        folder = server.settings.home / "scans" / str(scan["id"])
        assert folder.exists()
        checked(lead.delete(f"/projects/{project['id']}"), 204)
        assert not folder.exists()
        checked(lead.get(f"/projects/{project['id']}"), 404)
        checked(lead.get(f"/scans/{scan['id']}"), 404)
        assert leftovers(server) == []
