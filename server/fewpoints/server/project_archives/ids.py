# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Ids of an archive's rows and the ones that they get here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session


class Ids:
    """The rows of one table: ids as they were, ascending, and as they become, ascending too."""

    def __init__(self, old: Sequence[int], new: Sequence[int]) -> None:
        assert len(old) == len(new)
        self.old = old
        self.new = new

    def __contains__(self, old: int) -> bool:
        return self.found(old) is not None

    def found(self, old: int | None) -> int | None:
        """Return the new id; None if no row had the old one."""
        if old is None:
            return None
        place = bisect_left(self.old, old)
        if place == len(self.old) or self.old[place] != old:
            return None
        return self.new[place]

    def up_to(self, old: int | None) -> int | None:
        """Return the new id of the last row whose old one is at most `old`; 0 without any."""
        if old is None:
            return None
        place = bisect_right(self.old, old)
        return 0 if place == 0 else self.new[place - 1]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield each old id with its new one."""
        return zip(self.old, self.new, strict=True)


def reserve(session: Session, table: Table, count: int) -> Sequence[int]:
    """Return `count` ids, ascending, that no row of `table` has or will be given otherwise.

    The transaction must be one that writes: it holds SQLite's lock, and so its largest id.
    """
    if count == 0:
        return []
    (key,) = table.primary_key.columns
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        most = connection.execute(select(func.max(key))).scalar_one() or 0
        if table.dialect_options["sqlite"]["autoincrement"]:
            counted = connection.execute(
                text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
            ).scalar_one_or_none()
            most = max(most, counted or 0)
        return range(most + 1, most + 1 + count)
    sequence = text(
        "SELECT nextval(pg_get_serial_sequence(:name, :key)) FROM generate_series(1, :count)"
    )
    given = {"name": f'"{table.name}"', "key": key.name, "count": count}
    return sorted(connection.execute(sequence, given).scalars())
