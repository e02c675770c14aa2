# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scans lie in an archive or a folder: by names, and by a look at what may be any text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.archives.container import Container
from fewpoints.annotations.scans.archives.groups import Found, Group, groups, without
from fewpoints.annotations.scans.archives.names import spelled
from fewpoints.annotations.scans.readers.text_layout import is_number

MOST_SCANS = 2000
_LOOK_BYTES = 16384
_LOOK_LINES = 40
# How many names a message has, and how long they may be together.
_FEW = 8
_FEW_CHARACTERS = 240
_TEXTS = frozenset({".txt", ".csv", ".asc"})
_BETWEEN = re.compile(r"[\s,;|]+")


def scans_in(container: Container) -> Found:
    """Return the scans among the files of a container, each with a title.

    Raises:
        UnreadableScan: there is none, or there are more than `MOST_SCANS`.
    """
    found = groups(container.sizes)
    if len(found.groups) > 1:
        found = without(
            found, lambda name: _may_be_points(container, name), "a text without rows of points"
        )
    if not found.groups:
        raise UnreadableScan(container.name, f"no scan is in it{_instead(found)}.")
    if len(found.groups) > MOST_SCANS:
        raise UnreadableScan(
            container.name,
            f"{len(found.groups):,} scans are in it; at most {MOST_SCANS:,} are taken at once.",
        )
    whole = PurePosixPath(container.name).name
    stem = whole if container.is_folder else Path(whole).stem
    return replace(
        found,
        groups=tuple(g if g.title else replace(g, title=stem or "scan") for g in found.groups),
    )


def chosen(container: Container, found: Found, member: str | None) -> Group:
    """Return the one scan, or the one that `member` names by its path or its title.

    Raises:
        UnreadableScan: there are several and none is named, or there is none of that name.
    """
    several = found.groups
    if member is None:
        if len(several) == 1:
            return several[0]
        raise UnreadableScan(
            container.name, f"{len(several)} scans are in it: {_list(several)}. Name one of them."
        )
    for group in several:
        if member in (group.name, group.title, *group.members[:1]):
            return group
    raise UnreadableScan(
        container.name, f'no scan "{spelled(member)}" is in it; there is {_list(several)}.'
    )


def _list(several: tuple[Group, ...]) -> str:
    names = [spelled(group.name or group.title) for group in several[:_FEW]]
    while len(names) > 1 and sum(map(len, names)) > _FEW_CHARACTERS:
        names.pop()
    more = len(several) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _instead(found: Found) -> str:
    if not found.left_out:
        return ": it is empty"
    shown = "; ".join(f"{spelled(one.name)} ({one.reason})" for one in found.left_out[:3])
    more = len(found.left_out) - 3
    return f", only {shown}" + (f" and {more:,} more" if more > 0 else "")


def _may_be_points(container: Container, name: str) -> bool:
    """Whether a file is none of text, or has rows of three numbers or more."""
    if PurePosixPath(name).suffix.lower() not in _TEXTS:
        return True
    lines = container.head(name, _LOOK_BYTES).decode("latin-1").splitlines()
    rows = [_numbers(line) for line in lines[: _LOOK_LINES + 1] if line.strip()]
    # The first lines may be a header, the last one is cut off.
    rows = rows[min(len(rows) // 2, 10) :]
    return sum(count >= 3 for count in rows) >= max(1, len(rows) // 2)


def _numbers(line: str) -> int:
    return sum(is_number(word.strip("\"'"), "point") for word in _BETWEEN.split(line))
