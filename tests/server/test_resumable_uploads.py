# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads in pieces: they go on where they stopped, and are a scan only once somebody says so."""

from __future__ import annotations

import hashlib
import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from fewpoints.server.db.types import utc_now
from fewpoints.server.scans import upload as upload_module
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.uploads.service import sweep
from fewpoints.server.uploads.tables import Upload
from tests.server.processes import ServerProcess, wait_until
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor, checked

ROOM = room_file().content


def begin(
    visitor: Visitor, project: dict[str, Any], size: int, name: str = "room.ply", print_: str = "a"
) -> dict[str, Any]:
    body = {"name": name, "bytes": size, "fingerprint": print_}
    upload: dict[str, Any] = visitor.post_json(f"/projects/{project['id']}/uploads", body)
    return upload


def send(visitor: Visitor, upload: dict[str, Any], offset: int, content: bytes) -> httpx.Response:
    path = f"/uploads/{upload['id']}/bytes"
    return visitor.put(path, params={"offset": offset}, content=content)


def check(visitor: Visitor, upload: dict[str, Any], content: bytes | None = None) -> Any:
    sha256 = None if content is None else hashlib.sha256(content).hexdigest()
    return visitor.post_json(f"/uploads/{upload['id']}/check", {"sha256": sha256})


def scans(visitor: Visitor, project: dict[str, Any]) -> list[dict[str, Any]]:
    return list(visitor.get_json(f"/projects/{project['id']}/scans")["items"])


def here(server: RunningServer, upload: dict[str, Any]) -> list[Path]:
    return list((server.settings.home / "partial").glob(f"{upload['id']}/*"))


class TestPieces:
    def test_three_pieces_are_a_scan_when_it_is_said(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        before = len(scans(lead, project))
        upload = begin(lead, project, len(ROOM), print_="three")
        assert (upload["state"], upload["received"], upload["twins"]) == ("receiving", 0, [])
        for start in range(0, len(ROOM), 20_000):
            piece = ROOM[start : start + 20_000]
            upload = checked(send(lead, upload, start, piece), 200).json()
            assert upload["received"] == start + len(piece)
        assert upload["state"] == "received"
        assert here(server, upload)[0].read_bytes() == ROOM

        found = check(lead, upload, ROOM)
        assert found["state"] == "checked"
        assert found["preflight"]["points"] == 3000
        assert found["preflight"]["name"] == "room.ply"
        assert len(scans(lead, project)) == before, "a check makes no scan"

        scan = lead.post_json(f"/uploads/{upload['id']}/scans", status=201)[0]
        again = lead.post_json(f"/uploads/{upload['id']}/scans", status=201)[0]
        assert scan["id"] == again["id"]
        assert (scan["name"], scan["bytes"]) == ("room.ply", len(ROOM))
        assert len(scans(lead, project)) == before + 1
        assert here(server, upload) == []
        lead.idle(project["id"])
        assert lead.get_json(f"/scans/{scan['id']}")["state"] == "ready"

        # The same bytes under another name are known again, before and after they are sent.
        twin = begin(lead, project, len(ROOM), name="copy.ply", print_="twin")
        assert twin["twins"] == []
        checked(send(lead, twin, 0, ROOM), 200)
        assert check(lead, twin)["twins"] == ["room.ply"]
        checked(lead.delete(f"/uploads/{twin['id']}"), 204)
        same_name = begin(lead, project, len(ROOM), print_="same name")
        assert same_name["twins"] == ["room.ply"]
        checked(lead.delete(f"/uploads/{same_name['id']}"), 204)

    def test_a_wrong_offset_is_told_the_right_one(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 100, print_="offset")
        checked(send(lead, upload, 0, b"x" * 40), 200)
        for offset in (0, 39, 41, 100):
            refusal = checked(send(lead, upload, offset, b"y" * 10), 409).json()["error"]
            assert refusal["code"] == "wrong_offset"
            assert refusal["details"] == {"received": 40}
        assert here(server, upload)[0].read_bytes() == b"x" * 40

    def test_no_more_is_taken_than_was_announced(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 100, print_="more")
        assert "100" in checked(send(lead, upload, 0, b"x" * 101), 422).json()["error"]["message"]

        def chunks() -> Any:  # Without a Content-Length.
            for _ in range(30):
                yield b"x" * 10

        path = f"/uploads/{upload['id']}/bytes"
        checked(lead.put(path, params={"offset": 0}, content=chunks()), 422)
        assert sum(path.stat().st_size for path in here(server, upload)) <= 100
        checked(send(lead, upload, 0, b""), 422) if not here(server, upload) else None

    def test_an_unfinished_one_is_neither_checked_nor_imported(
        self, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 100, print_="unfinished")
        checked(send(lead, upload, 0, b"x" * 99), 200)
        refusal = lead.post_json(f"/uploads/{upload['id']}/check", {}, status=409)
        assert "99 of 100" in refusal["error"]["message"]
        refusal = lead.post_json(f"/uploads/{upload['id']}/scans", status=409)
        assert refusal["error"]["code"] == "upload_state"


class TestGoingOn:
    def test_the_same_file_goes_on_and_another_does_not(
        self, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 100, name="go.ply", print_="p")
        checked(send(lead, upload, 0, b"x" * 30), 200)
        path = f"/projects/{project['id']}/uploads"
        body = {"name": "go.ply", "bytes": 100, "fingerprint": "p"}
        again = lead.post_json(path, body, status=200)
        assert (again["id"], again["received"]) == (upload["id"], 30)
        for other in ({"name": "on.ply"}, {"bytes": 101}, {"fingerprint": "q"}):
            fresh = lead.post_json(path, {**body, **other}, status=201)
            assert (fresh["id"] != upload["id"], fresh["received"]) == (True, 0)
        mine = [item["id"] for item in lead.get_json(path)["items"]]
        assert upload["id"] in mine

    def test_what_arrived_of_a_piece_that_broke_off_is_kept(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 1000, print_="cut")
        with half_request(server, lead, upload, b"x" * 600):
            wait_until(lambda: server.app.state.writers.busy(), what="the writer")
            time.sleep(0.3)  # Bytes that come together with the end of the connection are lost.
        wait_until(
            lambda: lead.get_json(f"/uploads/{upload['id']}")["received"] == 600,
            what="the bytes that were sent",
        )
        checked(send(lead, upload, 600, b"y" * 400), 200)
        assert here(server, upload)[0].read_bytes() == b"x" * 600 + b"y" * 400

    def test_after_the_server_was_killed(self, tmp_path: Path) -> None:
        with ServerProcess(tmp_path / "home") as process:
            visitor = process.owner()
            project = visitor.project(auto_select=False)
            upload = begin(visitor, project, len(ROOM))
            checked(send(visitor, upload, 0, ROOM[:30_000]), 200)
            process.kill()
        with ServerProcess(tmp_path / "home") as process:
            visitor = process.owner()
            again = begin(visitor, project, len(ROOM))
            assert (again["id"], again["received"]) == (upload["id"], 30_000)
            checked(send(visitor, again, 30_000, ROOM[30_000:]), 200)
            assert check(visitor, again, ROOM)["state"] == "checked"
            scan = visitor.post_json(f"/uploads/{again['id']}/scans", status=201)[0]
            visitor.idle(project["id"])
            assert visitor.get_json(f"/scans/{scan['id']}")["points"] == 3000

    def test_one_writer_at_a_time(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 1000, print_="two")
        with half_request(server, lead, upload, b"x" * 10):
            wait_until(lambda: server.app.state.writers.busy(), what="the first writer")
            refusal = checked(send(lead, upload, 0, b"y" * 1000), 409).json()
            assert refusal["error"]["code"] == "upload_busy"
        wait_until(lambda: not server.app.state.writers.busy(), what="the first writer to go")
        checked(send(lead, upload, 10, b"y" * 990), 200)

    def test_a_sender_that_stands_still_gives_way(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(upload_module, "STALLED_S", 0.2)
        upload = begin(lead, project, 1000, print_="still")
        with half_request(server, lead, upload, b"x" * 10):
            wait_until(
                lambda: lead.get_json(f"/uploads/{upload['id']}")["received"] == 10,
                what="the bytes that were sent",
            )
            wait_until(lambda: not server.app.state.writers.busy(), what="the writer to give way")
            checked(send(lead, upload, 10, b"y" * 990), 200)


class TestRefused:
    def test_too_large(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        small = server.settings.model_copy(update={"max_upload_bytes": 1000})
        monkeypatch.setitem(server.app.state._state, "settings", small)
        body = {"name": "big.ply", "bytes": 1001, "fingerprint": "big"}
        refusal = lead.post_json(f"/projects/{project['id']}/uploads", body, status=413)
        assert refusal["error"]["code"] == "too_large"

    def test_disk_full_before_and_in_the_middle(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        upload = begin(lead, project, 1000, print_="full")
        checked(send(lead, upload, 0, b"x" * 400), 200)
        with monkeypatch.context() as patch:
            patch.setattr(Storage, "free_bytes", lambda _: 10)
            body = {"name": "other.ply", "bytes": 1000, "fingerprint": "full"}
            path = f"/projects/{project['id']}/uploads"
            assert "10 bytes free" in lead.post_json(path, body, status=507)["error"]["message"]
            assert checked(send(lead, upload, 400, b"y" * 600), 507).json()
        # With room again it goes on where it was.
        checked(send(lead, upload, 400, b"y" * 600), 200)
        assert here(server, upload)[0].read_bytes() == b"x" * 400 + b"y" * 600

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "a.ply", "bytes": 0, "fingerprint": "p"},
            {"name": "a.ply", "bytes": -1, "fingerprint": "p"},
            {"name": "a.ply", "bytes": 10, "fingerprint": ""},
            {"name": "a.ply", "bytes": 10, "fingerprint": "p", "more": 1},
        ],
    )
    def test_what_cannot_be(
        self, lead: Visitor, project: dict[str, Any], body: dict[str, Any]
    ) -> None:
        lead.post_json(f"/projects/{project['id']}/uploads", body, status=422)

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("../../../etc/passwd", "passwd"),
            ("C:\\scans\\room.ply", "room.ply"),
            ("..", "scan"),
            ("", "scan"),
            ("flat 4/kitchen.ply", "kitchen.ply"),
            ("a.ply/../../../b", "b"),
        ],
    )
    def test_a_name_is_for_people_only(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any], sent: str, shown: str
    ) -> None:
        upload = begin(lead, project, 10, name=sent, print_=f"names {sent!r}")
        assert upload["name"] == shown
        checked(send(lead, upload, 0, b"x" * 10), 200)
        (path,) = here(server, upload)
        assert path.parent == server.settings.home / "partial" / str(upload["id"])

    def test_a_file_that_is_no_scan_says_why_and_cannot_be_imported(
        self, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 12, name="broken.ply", print_="broken")
        checked(send(lead, upload, 0, b"ply\nnonsense"), 200)
        found = check(lead, upload)
        assert found["state"] == "refused"
        assert found["problem"]["message"].startswith("broken.ply")
        assert "upload-" not in found["problem"]["message"]
        refusal = lead.post_json(f"/uploads/{upload['id']}/scans", status=409)
        assert "broken.ply" in refusal["error"]["message"]

    def test_a_check_that_takes_too_long_leaves_the_import_possible(
        self,
        server: RunningServer,
        lead: Visitor,
        project: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        upload = begin(lead, project, len(ROOM), name="slow.ply", print_="slow")
        checked(send(lead, upload, 0, ROOM), 200)
        hasty = server.settings.model_copy(update={"inspect_timeout_s": 1e-6})
        monkeypatch.setitem(server.app.state._state, "settings", hasty)
        found = check(lead, upload)
        assert (found["state"], found["preflight"]) == ("checked", None)
        assert found["problem"]["code"] == "inspection_timeout"
        scan = lead.post_json(f"/uploads/{upload['id']}/scans", status=201)[0]
        lead.idle(project["id"])
        assert lead.get_json(f"/scans/{scan['id']}")["state"] == "ready"

    def test_bytes_that_are_not_those_of_the_sender_go(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, len(ROOM), print_="damaged")
        checked(send(lead, upload, 0, ROOM[:-1] + b"!"), 200)
        body = {"sha256": hashlib.sha256(ROOM).hexdigest()}
        refusal = lead.post_json(f"/uploads/{upload['id']}/check", body, status=422)
        assert refusal["error"]["code"] == "upload_damaged"
        assert here(server, upload) == []
        assert lead.get_json(f"/uploads/{upload['id']}")["received"] == 0

    def test_nor_can_others_take_their_place_after_the_check(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        other = ROOM[:-1] + b"!"
        upload = begin(lead, project, len(ROOM), print_="swapped")
        checked(send(lead, upload, 0, ROOM), 200)
        assert check(lead, upload, ROOM)["state"] == "checked"
        body = {"sha256": hashlib.sha256(other).hexdigest()}
        refusal = lead.post_json(f"/uploads/{upload['id']}/check", body, status=422)
        assert refusal["error"]["code"] == "upload_damaged"
        left = lead.get_json(f"/uploads/{upload['id']}")
        assert (left["state"], left["received"], left["preflight"]) == ("receiving", 0, None)
        checked(send(lead, upload, 0, other), 200)
        assert check(lead, upload, other)["state"] == "checked"
        scan = lead.post_json(f"/uploads/{upload['id']}/scans", status=201)[0]
        with server.app.state.database.read() as session:
            stored = session.get_one(Scan, scan["id"]).content_hash
        assert stored == hashlib.sha256(other).hexdigest()
        lead.idle(project["id"])


class TestWhose:
    def test_leads_only_and_each_their_own(
        self, server: RunningServer, lead: Visitor, annotator: Visitor, project: dict[str, Any]
    ) -> None:
        other = server.visitor("Leo", "lead")
        upload = begin(lead, project, 10, print_="mine")
        path = f"/uploads/{upload['id']}"
        for visitor in (annotator, other):
            checked(visitor.get(path), 403)
            checked(send(visitor, upload, 0, b"x"), 403)
            checked(visitor.delete(path), 403)
            checked(visitor.post(f"{path}/check", json={}), 403)
            checked(visitor.post(f"{path}/scans"), 403)
        assert other.get_json(f"/projects/{project['id']}/uploads")["total"] == 0
        checked(lead.get("/uploads/999999"), 404)

    def test_cancelled_it_is_gone(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 10, print_="cancelled")
        checked(send(lead, upload, 0, b"x"), 200)
        checked(lead.delete(f"/uploads/{upload['id']}"), 204)
        assert here(server, upload) == []
        checked(lead.get(f"/uploads/{upload['id']}"), 404)
        checked(send(lead, upload, 1, b"x"), 404)


class TestExpiry:
    def test_what_nobody_came_back_for_goes_and_the_rest_stays(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        old, young = (begin(lead, project, 10, print_=name) for name in ("old", "young"))
        for upload in (old, young):
            checked(send(lead, upload, 0, b"x"), 200)
        state = server.app.state
        with state.database.write() as session:
            session.execute(
                update(Upload)
                .where(Upload.id == old["id"])
                .values(expires_at=utc_now() - timedelta(seconds=1))
            )
        checked(lead.get(f"/uploads/{old['id']}"), 404)
        stray = server.settings.home / "partial" / "987654"
        stray.mkdir()
        sweep(state.database, state.storage, state.writers)
        assert (here(server, old), len(here(server, young))) == ([], 1)
        assert not stray.exists()

    def test_every_piece_lets_it_live_on(
        self, server: RunningServer, lead: Visitor, project: dict[str, Any]
    ) -> None:
        upload = begin(lead, project, 10, print_="alive")
        soon = utc_now() + timedelta(minutes=1)
        with server.app.state.database.write() as session:
            session.execute(update(Upload).where(Upload.id == upload["id"]).values(expires_at=soon))
        later = checked(send(lead, upload, 0, b"x"), 200).json()
        assert later["expires_at"] > (soon + timedelta(hours=40)).isoformat()

    def test_they_go_with_their_project(self, server: RunningServer, lead: Visitor) -> None:
        project = lead.project(auto_select=False)
        upload = begin(lead, project, 10)
        checked(send(lead, upload, 0, b"x"), 200)
        checked(lead.delete(f"/projects/{project['id']}"), 204)
        checked(lead.get(f"/uploads/{upload['id']}"), 404)
        state = server.app.state
        sweep(state.database, state.storage, state.writers)
        assert here(server, upload) == []


def half_request(
    server: RunningServer, lead: Visitor, upload: dict[str, Any], content: bytes
) -> socket.socket:
    """Announce all that is missing, send `content`, and leave it at that."""
    cookie = lead.cookies["fewpoints_session"]
    connection = socket.create_connection(("127.0.0.1", server.port))
    head = (
        f"PUT /api/v1/uploads/{upload['id']}/bytes?offset=0 HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\nCookie: fewpoints_session={cookie}\r\n"
        f"Content-Length: {upload['bytes']}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    return connection
