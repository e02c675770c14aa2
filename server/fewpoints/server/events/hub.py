# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tells browsers what changed.

One thread looks at the `updated_at` columns a few times a second while anybody listens, so that the
writes of worker processes are seen as well, and hands the news to every listener. A row that
changes ten times between two looks is news once, and thousands of rows at once are one piece of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.schemas import read_job
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.arriving import has_arrived
from fewpoints.server.projects.queries import read_projects
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.queries import read_scans
from fewpoints.server.scans.tables import Scan

POLL_S = 0.4
# A row may become visible later than its time says, by the length of the transaction that wrote it.
OVERLAP = timedelta(seconds=5)
MAX_REPLAY = timedelta(minutes=10)
MAX_WAITING = 1000
# A browser that is to show more changes than this at once had better read its lists again.
MANY = 50
logger = logging.getLogger(__name__)


class ManyChanged(BaseModel):
    """So many scans and jobs of a project changed at once that they are not told one by one."""

    project_id: int | None
    jobs: int
    scans: int


@dataclass(frozen=True)
class News:
    """One changed row, as sent."""

    event: str
    event_id: str
    project_id: int | None
    data: str

    def encode(self) -> bytes:
        """Return the frame of the event stream."""
        return f"event: {self.event}\nid: {self.event_id}\ndata: {self.data}\n\n".encode()


@dataclass(eq=False)
class Listener:
    """One open stream. None in the queue means that the stream ends."""

    loop: asyncio.AbstractEventLoop
    project_id: int | None
    queue: asyncio.Queue[News | None] = field(default_factory=asyncio.Queue)

    def wants(self, news: News) -> bool:
        """Whether the stream shows this."""
        return self.project_id is None or self.project_id == news.project_id


class EventHub:
    """Listeners and the thread that serves them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: set[Listener] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def listen(self, listener: Listener, *, since: datetime | None) -> None:
        """Add a listener; with `since`, first send it what changed from then on."""
        with self._changed:
            if self._closed:
                self._put(listener, None)
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="events", daemon=True)
                self._thread.start()
            self._listeners.add(listener)
            self._changed.notify()
        if since is not None:
            with self._database.read() as session:
                news, _ = changes(session, max(since, utc_now() - MAX_REPLAY), {})
            for item in news:
                if listener.wants(item):
                    self._put(listener, item)

    def leave(self, listener: Listener) -> None:
        """Remove a listener."""
        with self._changed:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream."""
        with self._changed:
            self._closed = True
            for listener in self._listeners:
                self._put(listener, None)
            self._listeners.clear()
            self._changed.notify()
            thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _loop(self) -> None:
        since = utc_now()
        seen: dict[tuple[str, int], datetime] = {}
        while True:
            with self._changed:
                if self._closed:
                    return
                if not self._listeners:
                    self._changed.wait()
                    since = utc_now()
                    continue
            try:
                now = utc_now()
                with self._database.read() as session:
                    news, seen = changes(session, since - OVERLAP, seen)
                since = now
                self._send(news)
            except Exception:
                logger.exception("could not look for changes; trying again")
            with self._changed:
                if not self._closed:
                    self._changed.wait(POLL_S)

    def _send(self, news: list[News]) -> None:
        with self._changed:
            for listener in list(self._listeners):
                if listener.queue.qsize() > MAX_WAITING:
                    # Too slow: the browser connects again and catches up by its last event id.
                    self._listeners.discard(listener)
                    self._put(listener, None)
                    continue
                for item in news:
                    if listener.wants(item):
                        self._put(listener, item)

    @staticmethod
    def _put(listener: Listener, item: News | None) -> None:
        try:
            listener.loop.call_soon_threadsafe(listener.queue.put_nowait, item)
        except RuntimeError:  # Its loop has ended, and the listener with it.
            return


def changes(
    session: Session, since: datetime, seen: dict[tuple[str, int], datetime]
) -> tuple[list[News], dict[tuple[str, int], datetime]]:
    """Return rows changed from `since` on that are not as in `seen`, and what is now seen.

    A project counts as changed with each of its scans, because it carries their numbers. Where more
    than `MANY` scans or jobs of a project changed, one event "many" says how many.
    """
    now_seen: dict[tuple[str, int], datetime] = {}
    news: list[News] = []
    crowds: dict[int | None, dict[str, int]] = {}
    latest = since

    def fresh(kind: str, table: type[Job | Scan], many_as: str) -> list[int]:
        """Return the ids of changed rows that are told one by one; the others join `crowds`."""
        nonlocal latest
        by_project: dict[int | None, list[int]] = {}
        rows = session.execute(
            select(table.id, table.project_id, table.updated_at)
            .where(table.updated_at >= since, has_arrived(table.project_id))
            .order_by(table.id)
        )
        for row_id, project_id, at in rows:
            now_seen[(kind, row_id)] = at
            if seen.get((kind, row_id)) != at:
                by_project.setdefault(project_id, []).append(row_id)
                latest = max(latest, at)
        told = []
        for project_id, ids in by_project.items():
            if len(ids) > MANY:
                crowds.setdefault(project_id, {"jobs": 0, "scans": 0})[many_as] = len(ids)
            else:
                told += ids
            if kind == "scan" and project_id is not None:
                project_ids.add(project_id)
        return told

    project_ids: set[int] = set()
    for project_id, at in session.execute(
        select(Project.id, Project.updated_at).where(
            Project.updated_at >= since, has_arrived(Project.id)
        )
    ):
        now_seen[("project", project_id)] = at
        if seen.get(("project", project_id)) != at:
            project_ids.add(project_id)
    job_ids = fresh("job", Job, "jobs")
    scan_ids = fresh("scan", Scan, "scans")

    jobs = session.scalars(select(Job).where(Job.id.in_(job_ids)).order_by(Job.id)).all()
    news += [_news("job", job.updated_at, job.project_id, read_job(job)) for job in jobs]
    scans = session.scalars(select(Scan).where(Scan.id.in_(scan_ids)).order_by(Scan.id)).all()
    news += [
        _news("scan", scan.updated_at, scan.project_id, shown)
        for scan, shown in zip(scans, read_scans(session, scans), strict=True)
    ]
    news += [
        _news("many", latest, crowded, ManyChanged(project_id=crowded, **numbers))
        for crowded, numbers in crowds.items()
    ]
    projects = session.scalars(
        select(Project).where(Project.id.in_(project_ids)).order_by(Project.id)
    ).all()
    news += [
        _news("project", project.updated_at, project.id, shown)
        for project, shown in zip(projects, read_projects(session, projects), strict=True)
    ]
    return news, now_seen


def _news(event: str, changed: datetime, project_id: int | None, shown: BaseModel) -> News:
    event_id = str(int(changed.timestamp() * 1000))
    return News(event, event_id, project_id, json.dumps(shown.model_dump(mode="json")))


def time_of_event_id(event_id: str | None) -> datetime | None:
    """Return the time that an event id stands for; None if it is none of ours."""
    if event_id is None or not event_id.isascii() or not event_id.isdigit() or len(event_id) > 14:
        return None
    return datetime.fromtimestamp(int(event_id) / 1000, timezone.utc)
