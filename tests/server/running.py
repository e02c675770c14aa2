# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A real server in a thread of the test process, spoken to over HTTP."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from fewpoints.server.app import create_app
from fewpoints.server.jobs.executors import local
from fewpoints.server.serve import KEEP_ALIVE_S
from fewpoints.server.settings import Settings
from fewpoints.server.users.service import create_sign_in_token, ensure_user
from tests.server import warm

JOB_TIMEOUT_S = 300  # That a job ends is checked, not how soon.


class Visitor(httpx.Client):
    """A browser of one person: keeps the cookie, speaks to /api/v1."""

    def get_json(self, path: str, **params: Any) -> Any:
        """GET and return the JSON of a success."""
        return checked(self.get(path, params=params)).json()

    def post_json(self, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """POST JSON and return the JSON of a success, or of the status that is expected."""
        return checked(self.post(path, json=body), status).json()

    def upload(self, project_id: int, content: bytes, name: str = "room.ply") -> dict[str, Any]:
        """Upload a scan."""
        path = f"/projects/{project_id}/scans"
        answer = self.post(path, params={"name": name}, content=content)
        scan: dict[str, Any] = checked(answer, 201).json()
        return scan

    def project(self, **fields: Any) -> dict[str, Any]:
        """Add a project; by default one that selects few points without a network."""
        body = {"name": "Rooms", "strategy": "kmeans_color", "budget": 4, **fields}
        project: dict[str, Any] = self.post_json("/projects", body, status=201)
        return project

    def finished(self, job: dict[str, Any], *, timeout_s: float = JOB_TIMEOUT_S) -> dict[str, Any]:
        """Wait for the end of a job."""
        deadline = time.monotonic() + timeout_s
        while True:
            job = dict(self.get_json(f"/jobs/{job['id']}"))
            if job["state"] not in ("queued", "running"):
                return job
            assert time.monotonic() < deadline, job
            time.sleep(0.05)

    def idle(self, project_id: int) -> None:
        """Wait until no job of a project is queued or running."""
        for state in ("queued", "running", "queued"):
            for job in self.get_json("/jobs", project_id=project_id, state=state)["items"]:
                self.finished(job)

    def ready_scan(self, project_id: int, content: bytes, name: str = "room.ply") -> dict[str, Any]:
        """Upload a scan and wait until it is imported and its points are selected."""
        scan = self.upload(project_id, content, name)
        self.idle(project_id)
        self.idle(project_id)
        scan = dict(self.get_json(f"/scans/{scan['id']}"))
        assert scan["state"] == "ready", scan
        return scan

    def answer(self, scan_id: int, *, status: int | None = None, **fields: Any) -> Any:
        """Answer, by default point 0 with class 0."""
        body = {
            "client_id": str(uuid.uuid4()),
            "query_id": None,
            "point_index": 0,
            "reply": "class",
            "class_index": 0,
            "instance": None,
            "seconds": 1.5,
            "checkpoint_id": None,
            **fields,
        }
        return self.post_json(f"/scans/{scan_id}/answers", body, status=status)

    def undo(self, scan_id: int) -> Any:
        """Take back the newest answer."""
        return self.post_json(f"/scans/{scan_id}/undo", {"client_id": str(uuid.uuid4())})


def checked(response: httpx.Response, status: int | None = None) -> httpx.Response:
    """Return the response if it is the expected one."""
    good = response.is_success if status is None else response.status_code == status
    assert good, f"{response.request.method} {response.url}: {response.status_code} {response.text}"
    return response


class RunningServer:
    """create_app(settings) behind uvicorn on a free port."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._visitors: list[Visitor] = []
        self._patched = pytest.MonkeyPatch()
        self.app = create_app(settings)
        config = uvicorn.Config(
            self.app,
            log_level="error",
            lifespan="on",
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> RunningServer:
        self._patched.setattr(local, "start_worker", warm.start_worker)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        for visitor in self._visitors:
            visitor.close()
        self.app.state.events.close()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server did not stop"
        self._socket.close()
        self._patched.undo()

    @property
    def address(self) -> str:
        """Address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def stranger(self) -> Visitor:
        """A browser of nobody."""
        visitor = Visitor(base_url=f"{self.address}/api/v1", timeout=30, trust_env=False)
        self._visitors.append(visitor)
        return visitor

    def visitor(self, name: str, role: str) -> Visitor:
        """A browser of a person, new or known."""
        with self.app.state.database.write() as session:
            user = ensure_user(session, name, role)
            token = create_sign_in_token(session, user, valid_for=timedelta(minutes=5))
        visitor = self.stranger()
        visitor.post_json("/session", {"token": token})
        return visitor
