# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Lists of scenes as text, one name per line: splits, and the scenes of limited reconstructions."""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.errors import UnreadableDataset

# The code of Contrastive Scene Contexts reads the first and ships the second.
_FOLDERS = ("splits", "split")


def read_scene_list(path: Path) -> tuple[str, ...]:
    """The names in the file's order; blank lines do not count, nor does naming a scene again.

    Raises UnreadableDataset naming the file and the line.
    """
    names: dict[str, None] = {}
    for number, line in enumerate(text_lines(path), start=1):
        name = line.strip()
        if len(name.split()) > 1 or not name.isprintable():
            raise UnreadableDataset(
                path.name, f"{name[:60]!a} is no name of a scene.", where=f"line {number}"
            )
        if name:
            names[name] = None
    if not names:
        raise UnreadableDataset(path.name, "the list names no scene.")
    return tuple(names)


def read_lists(root: Path, pattern: str) -> dict[str, tuple[str, ...]]:
    """File name without `.txt` -> scenes, of the lists in `splits/` or `split/` that match."""
    for folder in _FOLDERS:
        found = sorted((root / folder).glob(pattern))
        if found:
            return {path.stem: read_scene_list(path) for path in found}
    return {}


def text_lines(path: Path) -> list[str]:
    """The lines of a text file; UnreadableDataset names a file that is none."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UnreadableDataset(path.name, f"cannot be opened: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableDataset(
            path.name, "not a text file.", where=f"byte {error.start:,}"
        ) from error
