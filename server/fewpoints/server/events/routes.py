# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The stream of changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from fewpoints.server.dependencies import CurrentUser
from fewpoints.server.errors import NotSignedIn, problem
from fewpoints.server.events.hub import EventHub, Listener, time_of_event_id
from fewpoints.server.schemas import MAX_ID

PING_S = 15.0
router = APIRouter(tags=["events"], responses=problem(NotSignedIn))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_events(
    _: CurrentUser,
    request: Request,
    project_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Changed jobs, scans and projects as they are now: events "job", "scan" and "project".

    Where very many changed at once an event "many" says how many, in place of theirs.
    """
    hub: EventHub = request.app.state.events
    listener = Listener(asyncio.get_running_loop(), project_id)
    since = time_of_event_id(last_event_id)

    async def stream() -> AsyncIterator[bytes]:
        await run_in_threadpool(hub.listen, listener, since=since)
        try:
            yield b": connected\nretry: 1000\n\n"
            while True:
                try:
                    news = await asyncio.wait_for(listener.queue.get(), PING_S)
                except asyncio.TimeoutError:
                    yield b": ping\n\n"
                    continue
                if news is None:
                    return
                yield news.encode()
        finally:
            hub.leave(listener)

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
