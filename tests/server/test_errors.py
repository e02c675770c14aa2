# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent: never a 500, always the one shape."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fewpoints.server.settings import Settings
from tests.server.running import RunningServer, Visitor
from tests.server.seeding import Seeded, seed_scan
from tests.server.test_security import operations

BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'"text"',
    b"NaN",
    b'{"name": "\\ud800"}',
    b'{"name": "a\\u0000b", "token": "\\u0000", "description": "\\u0000"}',
    b'{"name": 1e999, "budget": 99999999999999999999999}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    json.dumps([{"name": "a" * 100_000}] * 3).encode(),
]
KEYS = ["1", "0", "-1", "99999999999999999999999", "1.5", "x", "%00", "2147483647"]


@pytest.fixture(scope="module")
def seeded(server: RunningServer) -> Seeded:
    return seed_scan(server.app.state.database, server.app.state.storage)


def assert_shape(response: Any) -> None:
    assert response.status_code < 500, (response.request.method, response.url, response.text)
    if response.status_code >= 400:
        error = response.json()["error"]
        assert re.fullmatch("[a-z_]+", error["code"])
        assert error["message"].endswith((".", "?"))
        assert "Traceback" not in response.text
        assert "sqlalchemy" not in response.text.lower()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        operation
        for operation in operations()
        # Streams for ever; signs the test out; deletes what the other cases need.
        if operation not in {("GET", "/events"), ("DELETE", "/session")}
    ],
)
def test_bad_input_is_refused_in_the_one_shape(
    lead: Visitor, seeded: Seeded, method: str, path: str
) -> None:
    keys = KEYS if "{" in path else ["1"]
    if method == "DELETE":
        keys = keys[1:]
    for key in keys:
        target = re.sub(r"\{[^}]*\}", key, path)
        assert_shape(lead.request(method, target, params={"offset": "-1", "limit": "x"}))
        assert_shape(lead.request(method, target, params={"limit": "1001", "checkpoint": "x"}))
    if method in ("POST", "PUT", "PATCH"):
        # A preflight starts a process each time; the readers have tests of their own.
        for body in BODIES[:3] if path == "/inspect" else BODIES:
            target = re.sub(r"\{[^}]*\}", "1", path)
            headers = {"Content-Type": "application/json"}
            assert_shape(lead.request(method, target, content=body, headers=headers))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "client_id", "query_id", "point_index", "reply", "class_index", "instance",
                "seconds", "checkpoint_id", "name", "description", "budget", "strategy", "classes",
                "preset", "color", "key", "external_id", "variant", "steps", "seed", "kind",
                "scan_ids", "voxel_size_m", "shown_checkpoint_id", "token", "role",
            ]
        ),
        JSON,
        max_size=4,
    )
)  # fmt: skip
def test_any_json_is_refused_or_taken(lead: Visitor, seeded: Seeded, body: dict[str, Any]) -> None:
    content = json.dumps(body)
    headers = {"Content-Type": "application/json"}
    scan, project = seeded.scan_id, seeded.project_id
    for method, path in (
        ("POST", f"/scans/{scan}/answers"),
        ("POST", f"/scans/{scan}/undo"),
        ("POST", f"/scans/{scan}/rounds"),
        ("PATCH", f"/scans/{scan}"),
        ("PATCH", f"/projects/{project}"),
        ("POST", f"/projects/{project}/trainings"),
        ("POST", f"/projects/{project}/exports"),
        ("POST", "/projects"),
        ("POST", "/invitations"),
        ("POST", "/session"),
    ):
        assert_shape(lead.request(method, path, content=content, headers=headers))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("POST", "/nothing", 404, "not_found"),
        ("PUT", "/projects", 405, "method_not_allowed"),
        ("DELETE", "/health", 405, "method_not_allowed"),
        ("GET", "/projects/", 404, "not_found"),
        ("GET", "/projects/77777", 404, "not_found"),
        ("GET", "/scans/77777/tiles.bin", 404, "not_found"),
        ("GET", "/exports/77777/file", 404, "not_found"),
        ("GET", "/jobs?state=odd", 422, "validation"),
    ],
)
def test_known_refusals(lead: Visitor, method: str, path: str, status: int, code: str) -> None:
    response = lead.request(method, path)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_a_mistake_of_ours_shows_no_trace(
    server: RunningServer, lead: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fewpoints.server.projects import queries

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(queries, "list_projects", broken)
    response = lead.get("/projects")
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal"
    assert "secret" not in response.text


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWPOINTS_HOME", "~/somewhere")
    monkeypatch.setenv("FEWPOINTS_ALLOWED_HOSTS", "scans.example, Other.example")
    read = Settings()
    assert read.home.is_absolute()
    assert read.resolved_database_url.endswith("/somewhere/fewpoints.db")
    assert {"scans.example", "other.example", "localhost"} <= read.host_names
