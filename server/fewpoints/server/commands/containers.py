# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives and folders of several scans, for people at a terminal."""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.scans.archives.container import opened, starts_like_zip
from fewpoints.annotations.scans.archives.groups import TITLES, Found
from fewpoints.annotations.scans.archives.looking import scans_in
from fewpoints.annotations.scans.readers.npy_tables import starts_like_npz
from fewpoints.server.commands.terminal import note, print_json, print_pairs


def holds_scans(path: Path) -> bool:
    """Whether something is a folder or an archive of scans, by its first bytes and its name."""
    if path.is_dir():
        return True
    with path.open("rb") as file:
        head = file.read(2048)
    if starts_like_npz(head):
        return path.suffix.lower() == ".zip"
    return starts_like_zip(head)


def several_scans(path: Path) -> Found | None:
    """What is in an archive or a folder, if those are several scans.

    Raises:
        UnreadableScan: it cannot be looked into.
    """
    if not holds_scans(path):
        return None
    with opened(path, name=path.name) as container:
        found = scans_in(container)
    return found if len(found.groups) > 1 else None


def print_scans(found: Found, *, as_json: bool) -> None:
    """Print which scans there are, and what belongs to none."""
    if as_json:
        print_json(
            {
                "scans": [
                    {"member": g.name, "title": g.title, "kind": g.kind, "files": len(g.members)}
                    for g in found.groups
                ],
                "left_out": [{"file": one.name, "reason": one.reason} for one in found.left_out],
            }
        )
        return
    print_pairs([(g.name or g.title, TITLES[g.kind]) for g in found.groups])
    for one in found.left_out:
        note(f"left out: {one.name}: {one.reason}")
    note(f"{len(found.groups)} scans. To look at one: --member {found.groups[0].name}")
