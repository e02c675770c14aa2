# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Running the server: used by the command line, prints nothing itself."""

from __future__ import annotations

import gc
import getpass
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import uvicorn
from fastapi import FastAPI

from fewpoints.server.app import create_app, start, stop
from fewpoints.server.errors import AppError
from fewpoints.server.settings import Settings
from fewpoints.server.users import service as users

GRACE_S = 5
# Longer than proxies keep theirs (nginx: 60 s): the side that sends closes first, or a request can
# meet a connection that is just being closed.
KEEP_ALIVE_S = 75


class PortInUse(AppError):
    """Something else listens on the port."""

    status = 409
    code = "port_in_use"

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Cannot listen on {host}, port {port} ({reason}). Set another FEWPOINTS_PORT, or 0 "
            "for any free one."
        )


@dataclass(frozen=True)
class Serving:
    """A server that answers requests.

    Attributes:
        url: address of the app, without a token.
        sign_in_url: the same with a one-time token of the owner.
    """

    url: str
    sign_in_url: str


def serve(settings: Settings, *, on_ready: Callable[[Serving], None]) -> None:
    """Serve until interrupted; call `on_ready` once requests are answered.

    Raises:
        AppError: the port or the data folder is in use, or the database is too new.
    """
    app = create_app(settings)
    listener = _listen(settings)
    try:
        start(app)
    except BaseException:
        listener.close()
        raise
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # Nothing here depends on what a proxy says about the client.
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        lifespan="on",
    )
    server = _Server(config, app, lambda: on_ready(_serving(app, settings, listener)))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return  # Everything is stopped by then; the library only passes the signal on.
    finally:
        listener.close()
        stop(app)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: FastAPI, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._when_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # Modules, schemas and statements stay for good; searching them for garbage would stop
            # every request for a tenth of a second now and then.
            gc.collect()
            gc.freeze()
            self._when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Open event streams would otherwise keep the server waiting.
        self._app.state.events.close()
        await super().shutdown(sockets)


def _listen(settings: Settings) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise PortInUse(settings.host, settings.port, error.strerror or str(error)) from error
    return listener


def _serving(app: FastAPI, settings: Settings, listener: socket.socket) -> Serving:
    with app.state.database.write() as session:
        owner = users.ensure_owner(session, owner_name())
        token = users.create_sign_in_token(
            session, owner, valid_for=timedelta(minutes=settings.sign_in_minutes)
        )
    port = listener.getsockname()[1]
    host = settings.host if settings.host not in ("0.0.0.0", "::", "") else "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{port}/"
    return Serving(url=url, sign_in_url=f"{url}?token={token}")


def owner_name() -> str:
    """Return the system's name of the person who runs the server."""
    name = ""
    with suppress(OSError, KeyError, ImportError):
        name = getpass.getuser()
    name = "".join(c for c in name if c.isprintable()).strip()[:100]
    return name or "owner"
