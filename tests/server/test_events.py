# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The event stream: what changed, for whom, and a prompt end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from fewpoints.server.db.types import utc_now
from fewpoints.server.scans.tables import Scan
from tests.server.many_scans import seed_many
from tests.server.processes import ServerProcess, wait_until
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor
from tests.server.seeding import seed_scan


class Stream:
    """A reader of /events in a thread."""

    def __init__(
        self, visitor: Visitor, *, last_event_id: str | None = None, **params: Any
    ) -> None:
        self._events: list[tuple[str, str, Any]] = []
        self._visitor = visitor
        self._params = params
        self._headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        self.connected = threading.Event()
        self.ended = threading.Event()
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Stream:
        self._thread.start()
        assert self.connected.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join(0.01)

    _stop = False

    def _read(self) -> None:
        try:
            with self._visitor.stream(
                "GET", "/events", params=self._params, headers=self._headers, timeout=30
            ) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                event: dict[str, str] = {}
                for line in response.iter_lines():
                    if line.startswith(":"):
                        self.connected.set()
                    elif line:
                        key, _, value = line.partition(": ")
                        event[key] = value
                    elif "data" in event:
                        self._events.append(
                            (event["event"], event["id"], json.loads(event["data"]))
                        )
                        event = {}
                    if self._stop:
                        return
        except httpx.TransportError:
            pass
        finally:
            self.ended.set()

    def wait_for(self, event: str, timeout_s: float = 10, **fields: Any) -> tuple[str, Any]:
        """Return id and data of the first event since `forget` of this kind with these fields."""

        def found() -> tuple[str, Any] | None:
            for name, event_id, data in list(self._events):
                if name == event and all(data[key] == value for key, value in fields.items()):
                    return event_id, data
            return None

        result: tuple[str, Any] = wait_until(found, timeout_s=timeout_s, what=f"{event} {fields}")
        return result

    def kinds(self) -> set[str]:
        """Return the kinds of events since `forget`."""
        return {name for name, _, _ in list(self._events)}

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self._events.clear()

    def silent_for(self, seconds: float) -> bool:
        """Whether nothing comes."""
        self.forget()
        time.sleep(seconds)
        return not self._events


@pytest.fixture
def stream(server: RunningServer) -> Iterator[Stream]:
    with Stream(server.visitor("Watcher", "annotator")) as stream:
        yield stream


def test_a_job_is_told_from_start_to_end(lead: Visitor, stream: Stream) -> None:
    project = lead.project(auto_select=False)
    stream.wait_for("project", id=project["id"])
    scan = lead.upload(project["id"], room_file().content)
    stream.wait_for("job", kind="import", scan_id=scan["id"])
    stream.wait_for("scan", id=scan["id"], state="ready", timeout_s=30)
    _, job = stream.wait_for("job", kind="import", scan_id=scan["id"], state="done")
    assert job == lead.get_json(f"/jobs/{job['id']}")


def test_answers_of_one_are_seen_by_others(
    server: RunningServer, lead: Visitor, stream: Stream
) -> None:
    seeded = seed_scan(server.app.state.database, server.app.state.storage)
    stream.wait_for("project", id=seeded.project_id)
    stream.forget()
    lead.answer(seeded.scan_id, point_index=0)
    _, scan = stream.wait_for("scan", id=seeded.scan_id, answers=1)
    assert scan == lead.get_json(f"/scans/{seeded.scan_id}")
    stream.wait_for("project", id=seeded.project_id)
    assert lead.get_json(f"/projects/{seeded.project_id}")["counts"]["answered"] == 1
    stream.forget()
    lead.undo(seeded.scan_id)
    stream.wait_for("scan", id=seeded.scan_id, answers=0)


def test_one_project_only(server: RunningServer, lead: Visitor) -> None:
    mine, other = lead.project(), lead.project()
    time.sleep(1)
    with Stream(server.visitor("Watcher", "annotator"), project_id=mine["id"]) as stream:
        time.sleep(1)
        while not stream.silent_for(0.2):
            pass
        lead.patch(f"/projects/{other['id']}", json={"name": "Other"})
        assert stream.silent_for(1.5)
        lead.patch(f"/projects/{mine['id']}", json={"name": "Mine"})
        stream.wait_for("project", id=mine["id"], name="Mine")


def test_who_comes_back_hears_what_was_missed(server: RunningServer, lead: Visitor) -> None:
    project = lead.project()
    with Stream(server.visitor("Watcher", "annotator")) as stream:
        lead.patch(f"/projects/{project['id']}", json={"name": "First"})
        event_id, _ = stream.wait_for("project", id=project["id"], name="First")
    lead.patch(f"/projects/{project['id']}", json={"name": "Second"})
    time.sleep(1)
    again = server.visitor("Watcher", "annotator")
    with Stream(again, last_event_id=event_id, project_id=project["id"]) as stream:
        stream.wait_for("project", id=project["id"], name="Second")


def test_thousands_of_changes_are_one_piece_of_news(server: RunningServer, lead: Visitor) -> None:
    database = server.app.state.database
    project = seed_many(database, 300, queries=1, states=("ready",))
    quiet = lead.project()
    with Stream(server.visitor("Watcher", "annotator")) as stream:
        time.sleep(1)
        stream.forget()
        with database.write() as session:
            session.execute(
                update(Scan).where(Scan.project_id == project).values(updated_at=utc_now())
            )
        lead.patch(f"/projects/{quiet['id']}", json={"name": "Still told"})
        _, news = stream.wait_for("many", project_id=project)
        assert news == {"project_id": project, "jobs": 0, "scans": 300}
        stream.wait_for("project", id=project)
        stream.wait_for("project", id=quiet["id"], name="Still told")
        assert stream.kinds() == {"many", "project"}
        stream.forget()
        with database.write() as session:
            some = session.scalars(select(Scan).where(Scan.project_id == project).limit(3)).all()
            for scan in some:
                scan.name = "Told one by one"
        for scan in some:
            stream.wait_for("scan", id=scan.id, name="Told one by one")
        assert stream.kinds() == {"scan", "project"}


@pytest.mark.parametrize("event_id", ["x", "-1", "99999999999999999999", "99999999999999", "1e9"])
def test_an_odd_last_event_id_does_no_harm(
    server: RunningServer, lead: Visitor, event_id: str
) -> None:
    with Stream(server.visitor("Watcher", "annotator"), last_event_id=event_id) as stream:
        project = lead.project()
        stream.wait_for("project", id=project["id"])


def test_an_open_stream_does_not_keep_the_server(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server, Stream(server.owner()) as stream:
        began = time.monotonic()
        output = server.interrupt()
        assert time.monotonic() - began < 4
        assert stream.ended.wait(5)
    assert output.strip() == "False"
