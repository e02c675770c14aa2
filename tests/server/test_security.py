# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Who may do what, and from where."""

from __future__ import annotations

import re
import socket
import time
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from fewpoints.server.app import API_PREFIX, create_app
from fewpoints.server.db.types import utc_now
from fewpoints.server.settings import Settings
from fewpoints.server.users.service import create_api_token, create_sign_in_token, ensure_user
from fewpoints.server.users.tables import ApiToken, BrowserSession, SignInToken
from tests.server.running import RunningServer, Visitor, checked

OPEN = {("GET", "/health"), ("POST", "/session")}
ANNOTATORS_WRITE = {
    ("DELETE", "/session"),
    ("POST", "/inspect"),
    ("POST", "/queries/{query_id}/lease"),
    ("POST", "/scans/{scan_id}/answers"),
    ("POST", "/scans/{scan_id}/channels/{name}"),
    ("POST", "/scans/{scan_id}/features"),
    ("POST", "/scans/{scan_id}/next-point"),
    ("POST", "/scans/{scan_id}/notes"),
    ("POST", "/scans/{scan_id}/redo"),
    ("POST", "/scans/{scan_id}/undo"),
}


def operations() -> list[tuple[str, str]]:
    paths = create_app(Settings(port=0)).openapi()["paths"]
    found = [
        (method.upper(), path.removeprefix(API_PREFIX))
        for path, methods in paths.items()
        for method in methods
    ]
    assert len(found) > 35
    return [*found, ("GET", "/openapi.json")]


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", path)


class TestEveryRoute:
    @pytest.mark.parametrize(("method", "path"), operations())
    def test_strangers_are_sent_away(self, server: RunningServer, method: str, path: str) -> None:
        with server.stranger() as stranger:
            response = stranger.request(method, filled(path), json={})
        if (method, path) == ("GET", "/health"):
            assert response.status_code == 200
        elif (method, path) == ("POST", "/session"):
            assert response.status_code == 422
        else:
            assert response.status_code == 401, response.text
            assert response.json()["error"]["code"] == "not_signed_in"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            operation
            for operation in operations()
            if operation[0] != "GET" and operation not in OPEN | ANNOTATORS_WRITE
        ],
    )
    def test_only_leads_change_things(self, annotator: Visitor, method: str, path: str) -> None:
        response = annotator.request(method, filled(path), json={})
        assert response.status_code == 403, response.text
        assert response.json()["error"]["code"] == "forbidden"


class TestSignIn:
    def test_a_link_works_once(self, server: RunningServer) -> None:
        with server.app.state.database.write() as session:
            user = ensure_user(session, "Otto", "annotator")
            token = create_sign_in_token(session, user, valid_for=timedelta(minutes=1))
        visitor = server.stranger()
        response = checked(visitor.post("/session", json={"token": token}))
        assert response.json()["name"] == "Otto"
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert visitor.get_json("/session")["role"] == "annotator"
        again = checked(server.stranger().post("/session", json={"token": token}), 401)
        assert again.json()["error"]["code"] == "token_spent"
        checked(visitor.delete("/session"), 204)
        checked(visitor.get("/session"), 401)

    def test_the_cookie_itself_is_worth_nothing_after_signing_out(
        self, server: RunningServer
    ) -> None:
        visitor = server.visitor("Olga", "annotator")
        cookie = visitor.cookies["fewpoints_session"]
        visitor.get_json("/session")
        checked(visitor.delete("/session"), 204)
        thief = server.stranger()
        thief.cookies.set("fewpoints_session", cookie)
        checked(thief.get("/session"), 401)

    def test_an_expired_link_and_an_expired_session(self, server: RunningServer) -> None:
        database = server.app.state.database
        with database.write() as session:
            user = ensure_user(session, "Late", "annotator")
            token = create_sign_in_token(session, user, valid_for=timedelta(seconds=-1))
        checked(server.stranger().post("/session", json={"token": token}), 401)
        visitor = server.visitor("Late", "annotator")
        with database.write() as session:
            for row in session.scalars(
                select(BrowserSession).where(BrowserSession.user_id == user.id)
            ):
                row.expires_at = utc_now() - timedelta(seconds=1)
        checked(visitor.get("/session"), 401)

    def test_secrets_are_stored_as_hashes(self, server: RunningServer) -> None:
        database = server.app.state.database
        with database.write() as session:
            user = ensure_user(session, "Scripter", "annotator")
            secret = create_api_token(session, user, name="ci")
        visitor = server.stranger()
        visitor.headers["Authorization"] = f"Bearer {secret}"
        assert visitor.get_json("/session")["name"] == "Scripter"
        visitor.headers["Authorization"] = f"Bearer {secret[:-1]}"
        checked(visitor.get("/session"), 401)
        with database.read() as session:
            for table in (ApiToken, BrowserSession, SignInToken):
                hashes = session.scalars(select(table.token_hash)).all()
                assert all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes)

    def test_an_invitation_brings_one_person_in(self, server: RunningServer, lead: Visitor) -> None:
        invitation = lead.post_json("/invitations", {"name": "Nora", "role": "annotator"})
        token = invitation["sign_in_path"].removeprefix("/?token=")
        visitor = server.stranger()
        assert visitor.post_json("/session", {"token": token})["name"] == "Nora"
        refusal = lead.post_json("/invitations", {"name": "Nora", "role": "lead"}, status=409)
        assert refusal["error"]["code"] == "role_mismatch"


REFUSED = (
    b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\n"
    b"Origin: http://evil.example\r\nContent-Length: 1000\r\n\r\n"
)


class TestForeignPages:
    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::2]:80"]
    )
    def test_a_foreign_name_is_refused(self, server: RunningServer, host: str) -> None:
        response = httpx.get(
            f"{server.address}/api/v1/health", headers={"Host": host}, trust_env=False
        )
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "host_not_allowed"

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:5", "[::1]:80"])
    def test_own_names_are_answered(self, server: RunningServer, host: str) -> None:
        url = f"{server.address}/api/v1/health"
        assert httpx.get(url, headers={"Host": host}, trust_env=False).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_a_foreign_page_changes_nothing(
        self, server: RunningServer, lead: Visitor, headers: dict[str, str]
    ) -> None:
        before = lead.get_json("/projects")["total"]
        response = lead.post("/projects", json={"name": "Stolen"}, headers=headers)
        assert checked(response, 403).json()["error"]["code"] == "origin_not_allowed"
        assert lead.get_json("/projects")["total"] == before

    def test_a_refusal_arrives_though_the_body_comes_later(self, server: RunningServer) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(REFUSED)
            for _ in range(2):
                time.sleep(0.2)  # Had the server closed by now, this would reset the connection.
                connection.sendall(b"x" * 500)
            assert connection.recv(100).startswith(b"HTTP/1.1 403")

    def test_a_body_that_never_comes_is_not_waited_for(self, server: RunningServer) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(REFUSED)
            assert connection.recv(100).startswith(b"HTTP/1.1 403")

    def test_the_own_page_may(self, server: RunningServer, lead: Visitor) -> None:
        headers = {"Origin": server.address, "Sec-Fetch-Site": "same-origin"}
        checked(lead.post("/projects", json={"name": "Mine"}, headers=headers), 201)


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/api/v1/health", "/nothing", "/api/v1/projects"])
    def test_every_answer_is_guarded(self, server: RunningServer, path: str) -> None:
        response = httpx.get(f"{server.address}{path}", trust_env=False)
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "cache-control" in response.headers

    @pytest.mark.parametrize(
        "path",
        [
            "/../settings.py",
            "/%2e%2e/settings.py",
            "/..%2fsettings.py",
            "/%00",
            "/assets/../../app.py",
        ],
    )
    def test_only_the_web_app_is_served(self, server: RunningServer, path: str) -> None:
        with httpx.Client(trust_env=False) as client:
            url = httpx.URL(server.address).copy_with(raw_path=path.encode())
            response = client.send(client.build_request("GET", url))
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"
