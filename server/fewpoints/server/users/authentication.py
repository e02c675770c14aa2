# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From a credential to a person."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass

from sqlalchemy import select
from starlette.requests import Request

from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import NotSignedIn
from fewpoints.server.users.tables import ApiToken, BrowserSession, User

COOKIE = "fewpoints_session"
REMEMBER_S = 5.0
MAX_REMEMBERED = 10_000


@dataclass(frozen=True)
class SignedIn:
    """A person who has proved who they are."""

    id: int
    name: str
    role: str


@dataclass(frozen=True)
class Credential:
    """What a request offers as proof: the hash of a secret, and its kind."""

    kind: str  # "session" or "api_token".
    token_hash: str


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return what is stored of a secret. It is random, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def credential_of(request: Request) -> Credential:
    """Return what `request` offers.

    Raises:
        NotSignedIn: nothing.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return Credential("api_token", hash_secret(token.strip()))
    cookie = request.cookies.get(COOKIE)
    if cookie:
        return Credential("session", hash_secret(cookie))
    raise NotSignedIn


class Authenticator:
    """Looks credentials up, and remembers for a few seconds: answering is the hot path."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[Credential, tuple[float, SignedIn]] = {}
        self._lock = threading.Lock()

    def remembered(self, credential: Credential) -> SignedIn | None:
        """Return the person if the credential was looked up a moment ago."""
        entry = self._remembered.get(credential)
        return entry[1] if entry is not None and entry[0] > time.monotonic() else None

    def authenticate(self, credential: Credential) -> SignedIn:
        """Return the person behind a credential.

        Raises:
            NotSignedIn: unknown, signed out or expired.
        """
        table = ApiToken if credential.kind == "api_token" else BrowserSession
        query = (
            select(User.id, User.name, User.role)
            .join(table, table.user_id == User.id)
            .where(table.token_hash == credential.token_hash)
        )
        if credential.kind == "session":
            query = query.where(BrowserSession.expires_at > utc_now())
        with self._database.read() as session:
            row = session.execute(query).one_or_none()
        if row is None:
            raise NotSignedIn("Your sign-in has ended. Open a new sign-in link.")
        user = SignedIn(row.id, row.name, row.role)
        with self._lock:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[credential] = (time.monotonic() + REMEMBER_S, user)
        return user

    def forget(self, credential: Credential) -> None:
        """Look this credential up again next time."""
        with self._lock:
            self._remembered.pop(credential, None)
