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


class GrowingIds(Ids):
    """Ids that become known portion by portion."""

    def __init__(self) -> None:
        self._old: list[int] = []
        self._new: list[int] = []
        super().__init__(self._old, self._new)

    def extend(self, old: Sequence[int], new: Sequence[int]) -> None:
        """Add ids that are larger than those before, old and new ones."""
        assert len(old) == len(new)
        self._old += old
        self._new += new


def is_kept(table: Table) -> bool:
    """Whether ids of a table can be had for rows that are written later, by other transactions.

    SQLite gives the number after the largest one, unless a table counts up by itself.
    """
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def reserve(session: Session, table: Table, count: int) -> Sequence[int]:
    """Return `count` ids, ascending, that no row of `table` has or will be given otherwise.

    For good, if `is_kept`, else until the end of the transaction. That must be one that writes: it
    holds SQLite's lock, and so its largest id.
    """
    if count == 0:
        return []
    (key,) = table.primary_key.columns
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        most = connection.execute(select(func.max(key))).scalar_one() or 0
        if is_kept(table):
            counted = connection.execute(
                text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
            ).scalar_one_or_none()
            most = max(most, counted or 0)
            store = (
                "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"
                if counted is None
                else "UPDATE sqlite_sequence SET seq = :seq WHERE name = :name"
            )
            connection.execute(text(store), {"name": table.name, "seq": most + count})
        return range(most + 1, most + 1 + count)
    sequence = text(
        "SELECT nextval(pg_get_serial_sequence(:name, :key)) FROM generate_series(1, :count)"
    )
    given = {"name": f'"{table.name}"', "key": key.name, "count": count}
    return sorted(connection.execute(sequence, given).scalars())
