# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Names of files in an archive: none may lead out of the folder that it is unpacked into."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress

from fewpoints.annotations.errors import UnreadableScan

MOST_PART_BYTES = 200
MOST_NAME_BYTES = 1000
MOST_DEPTH = 30
_DRIVE = re.compile(r"[A-Za-z]:")


def checked_names(raw: Sequence[tuple[str, bool]], archive: str) -> list[str]:
    r"""Return names with "/" between their parts, in order.

    raw: names as `zipfile` decodes them, and whether they are marked as UTF-8. Others are UTF-8 if
    they can be, whatever the standard says; and "\" separates parts, as old tools of Windows write.

    Raises:
        UnreadableScan: a name leads elsewhere, or two cannot be told apart on every system.
    """
    names = [_checked(_decoded(name, is_utf8), archive) for name, is_utf8 in raw]
    seen: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        same = seen.get(key)
        if same is not None:
            problem = "is there twice" if same == name else f"is also there as {spelled(same)}"
            raise UnreadableScan(archive, f"the file {problem}.", where=spelled(name))
        seen[key] = name
    folders = {part for name in seen for part in _parents(name)}
    for key, name in seen.items():
        if key in folders:
            raise UnreadableScan(archive, "it is a file and a folder at once.", where=spelled(name))
    return names


def spelled(name: str) -> str:
    """Return a name for a message: short, and without what terminals would obey."""
    shown = "".join(c if c.isprintable() else "?" for c in name)
    return shown if len(shown) <= 100 else f"{shown[:48]}…{shown[-48:]}"


def _decoded(name: str, is_utf8: bool) -> str:
    if not is_utf8:
        # Else it is another code page, nobody knows which: the name is odd, but a name.
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _checked(name: str, archive: str) -> str:
    def refuse(problem: str) -> UnreadableScan:
        return UnreadableScan(
            archive, f"{problem}; nothing was unpacked.", where=f'name "{spelled(name)}"'
        )

    parts = name.split("/")
    if name.startswith("/") or _DRIVE.match(name):
        raise refuse("a name in the archive is an absolute path")
    if ".." in parts:
        raise refuse("a name in the archive leads out of its folder")
    if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in name):
        raise refuse("a name in the archive has control characters")
    kept = [part for part in parts if part not in ("", ".")]
    if not kept or kept[-1] != parts[-1]:
        raise refuse("a name in the archive is none")
    if (
        len(kept) > MOST_DEPTH
        or len(name.encode()) > MOST_NAME_BYTES
        or any(len(part.encode()) > MOST_PART_BYTES for part in kept)
    ):
        raise refuse("a name in the archive is too long")
    return "/".join(kept)


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
