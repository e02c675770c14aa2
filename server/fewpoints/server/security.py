# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Defence against other web pages: host names, origins and response headers.

A page elsewhere can make a browser send requests here. Checking `Host` stops it from reaching the
server under a name of its own (DNS rebinding), checking `Origin` stops it from changing anything,
and the cookie is `SameSite=Strict`.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fewpoints.server.error_handlers import error_response

# What is left unread when a connection closes resets it, and the refusal may be lost on its way.
READ_ON_BYTES = 1 << 20
READ_ON_S = 2.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def host_name(host: str) -> str:
    """Return a Host header without its port, lower case; IPv6 keeps its brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


async def _read_on(receive: Receive) -> None:
    """Take in the body of a request that will be refused, as far as it is small and comes soon."""

    async def read() -> None:
        taken = 0
        while taken < READ_ON_BYTES:
            message = await receive()
            taken += len(message.get("body", b""))
            if not message.get("more_body", False):
                return

    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(read(), READ_ON_S)


class Guard:
    """Refuses requests under foreign names or from foreign pages; adds the security headers."""

    def __init__(self, app: ASGIApp, *, allowed: frozenset[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with the reason for the refusal."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal is not None:
            code, sentence = refusal
            await _read_on(receive)
            response = error_response(403, code, sentence, headers={"Connection": "close"})
            await response(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> tuple[str, str] | None:
        host = headers.get("host", "")
        if "*" not in self._allowed and host_name(host) not in self._allowed:
            return (
                "host_not_allowed",
                f"This server does not answer under the name {host[:100]!r}. "
                "Add the name to FEWPOINTS_ALLOWED_HOSTS if it is meant to.",
            )
        if method in SAFE_METHODS:
            return None
        origin = headers.get("origin")
        # Behind a proxy the scheme may differ; name and port may not.
        if origin is not None and origin.partition("://")[2].lower() != host.strip().lower():
            return (
                "origin_not_allowed",
                f"A page at {origin[:100]!r} may not change anything here. Open the app itself.",
            )
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return ("origin_not_allowed", "Another site may not change anything here.")
        return None
