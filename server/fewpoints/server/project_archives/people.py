# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""People whom an archive names: known by their names, or added without any way to sign in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.server.project_archives.contents import Person
from fewpoints.server.project_archives.ids import Ids
from fewpoints.server.users.tables import User


def add_people(session: Session, named: Sequence[Person]) -> tuple[Ids, list[User]]:
    """Return the ids of people, and those who were not known."""
    people = sorted(named)
    mine = select(User).where(User.name.in_([person.name for person in people]))
    known = {user.name for user in session.scalars(mine)}
    new = [
        User(name=person.name, role=person.role, created_at=person.created_at)
        for person in people
        if person.name not in known
    ]
    session.add_all(new)
    session.flush()
    by_name = {user.name: user.id for user in session.scalars(mine)}
    ids = Ids([person.id for person in people], [by_name[person.name] for person in people])
    return ids, new
