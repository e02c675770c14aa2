# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Signing in, inviting, and tokens for scripts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, NotSignedIn
from fewpoints.server.users.authentication import SignedIn, hash_secret, new_secret
from fewpoints.server.users.schemas import PersonRead
from fewpoints.server.users.tables import ApiToken, BrowserSession, SignInToken, User


class RoleMismatch(Conflict):
    """An invitation names someone who already has another role."""

    code = "role_mismatch"

    def __init__(self, name: str, role: str) -> None:
        super().__init__(f"{name} is already here as {role}. Invite them as {role}.")


class TokenSpent(NotSignedIn):
    """A sign-in link that was used, has expired or never existed."""

    code = "token_spent"

    def __init__(self) -> None:
        super().__init__(
            "This sign-in link has been used or has expired. Ask for a new one; the server prints "
            "one each time it starts."
        )


def ensure_user(session: Session, name: str, role: str) -> User:
    """Return the person called `name`, made with `role` if new."""
    user = session.scalars(select(User).where(User.name == name)).one_or_none()
    if user is None:
        user = User(name=name, role=role)
        session.add(user)
        session.flush()
    return user


def list_people(session: Session, offset: int, limit: int) -> tuple[list[PersonRead], int]:
    """Return a page of people, oldest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(User)) or 0
    signed_in = exists().where(
        BrowserSession.user_id == User.id, BrowserSession.expires_at > utc_now()
    )
    rows = session.execute(
        select(User, signed_in).order_by(User.id).offset(offset).limit(limit)
    ).all()
    people = [
        PersonRead(
            id=user.id,
            name=user.name,
            role=user.role,  # type: ignore[arg-type] # Checked when it was stored.
            created_at=user.created_at,
            signed_in=here,
        )
        for user, here in rows
    ]
    return people, total


def ensure_owner(session: Session, name: str) -> User:
    """Return the lead whom the printed link signs in: the first one, else a new one."""
    leads = select(User).where(User.role == "lead").order_by(User.id).limit(1)
    owner = session.scalars(leads).one_or_none()
    if owner is not None:
        return owner
    owner = ensure_user(session, name, "lead")
    owner.role = "lead"
    return owner


def create_sign_in_token(session: Session, user: User, *, valid_for: timedelta) -> str:
    """Return a secret that signs `user` in once."""
    secret = new_secret()
    now = utc_now()
    session.execute(delete(SignInToken).where(SignInToken.expires_at < now - timedelta(days=30)))
    session.add(
        SignInToken(user_id=user.id, token_hash=hash_secret(secret), expires_at=now + valid_for)
    )
    return secret


def create_api_token(session: Session, user: User, *, name: str) -> str:
    """Return a secret that scripts send as `Authorization: Bearer`; it does not expire."""
    secret = new_secret()
    session.add(ApiToken(user_id=user.id, name=name, token_hash=hash_secret(secret)))
    return secret


def redeem(session: Session, token: str, *, valid_for: timedelta) -> tuple[SignedIn, str]:
    """Exchange a one-time token for a browser session; return the person and the cookie's secret.

    Raises:
        TokenSpent: used, expired or unknown.
    """
    now = utc_now()
    spent = session.execute(
        update(SignInToken)
        .where(
            SignInToken.token_hash == hash_secret(token),
            SignInToken.used_at.is_(None),
            SignInToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInToken.user_id)
    ).scalar_one_or_none()
    if spent is None:
        raise TokenSpent
    user = session.get_one(User, spent)
    secret = new_secret()
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at < now))
    session.add(
        BrowserSession(user_id=user.id, token_hash=hash_secret(secret), expires_at=now + valid_for)
    )
    return SignedIn(user.id, user.name, user.role), secret


def sign_out(session: Session, token_hash: str) -> None:
    """End one browser session."""
    session.execute(delete(BrowserSession).where(BrowserSession.token_hash == token_hash))


def invite(session: Session, name: str, role: str, *, valid_for: timedelta) -> str:
    """Return a one-time token for a person, new or known.

    Raises:
        RoleMismatch: the person is known with another role.
    """
    user = ensure_user(session, name, role)
    if user.role != role:
        raise RoleMismatch(name, user.role)
    return create_sign_in_token(session, user, valid_for=valid_for)
