# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A server in a process of its own, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from fewpoints.server.db.engine import Database
from fewpoints.server.settings import Settings
from fewpoints.server.users.service import create_api_token, ensure_user
from tests.server.databases import database_url
from tests.server.running import Visitor

SCRIPT = """
import sys
import fewpoints.server.jobs.executors.local as local
local.WORKER_MODULE = sys.argv[1]
from fewpoints.server.serve import serve
from fewpoints.server.settings import Settings
serve(Settings(), on_ready=lambda s: print(s.sign_in_url, flush=True))
print("torch" in sys.modules, flush=True)
"""


class ServerFailed(Exception):
    """The server process ended, or said nothing for 30 s."""


class ServerProcess:
    """`serve()` on a home folder; started on entering, killed at the latest on leaving."""

    def __init__(
        self, home: Path, *, worker: str = "fewpoints.server.jobs.worker", **settings: Any
    ) -> None:
        self._worker_module = worker
        self.settings = Settings(home=home, database_url=database_url(home))
        self._environment = {
            **os.environ,
            "FEWPOINTS_HOME": str(home),
            "FEWPOINTS_DATABASE_URL": self.settings.resolved_database_url,
            "FEWPOINTS_PORT": "0",
            "FEWPOINTS_DEVICE": "cpu",
            "FEWPOINTS_ARCH": "Res16UNet14A",
            "FEWPOINTS_MIN_FREE_BYTES": "0",
            **{f"FEWPOINTS_{name.upper()}": str(value) for name, value in settings.items()},
        }
        self._visitors: list[Visitor] = []

    def __enter__(self) -> ServerProcess:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, self._worker_module],
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        assert self.process.stdout is not None
        line: list[str] = []
        reader = threading.Thread(target=lambda: line.append(self.process.stdout.readline()))  # type: ignore[union-attr]
        reader.start()
        reader.join(30)
        if not line or not line[0]:
            self.kill()
            reader.join()
            self.process.stdout.close()
            raise ServerFailed(self.process.returncode)
        self.sign_in_url = line[0].strip()
        self.address = self.sign_in_url.partition("/?token=")[0]
        return self

    def __exit__(self, *_: object) -> None:
        for visitor in self._visitors:
            visitor.close()
        self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def interrupt(self, timeout_s: float = 15) -> str:
        """Ctrl-C; return what the process still printed."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout_s)
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def owner(self) -> Visitor:
        """A browser that opened the printed link."""
        visitor = self.anonymous()
        visitor.post_json("/session", {"token": self.sign_in_url.partition("token=")[2]})
        return visitor

    def anonymous(self) -> Visitor:
        """A browser of nobody."""
        limits = httpx.Limits(max_connections=None)
        visitor = Visitor(
            base_url=f"{self.address}/api/v1", timeout=30, trust_env=False, limits=limits
        )
        self._visitors.append(visitor)
        return visitor

    def script(self, name: str, role: str = "annotator") -> Visitor:
        """A script of a person, with a bearer token."""
        database = Database(self.settings.resolved_database_url)
        with database.write() as session:
            token = create_api_token(session, ensure_user(session, name, role), name="test")
        database.close()
        visitor = self.anonymous()
        visitor.headers["Authorization"] = f"Bearer {token}"
        return visitor


def wait_until(condition: Any, *, timeout_s: float = 30, what: str = "") -> Any:
    """Return the first true value of `condition()`."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"timed out waiting: {what}"
        time.sleep(0.02)
