# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What commands share: progress bars, JSON and tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.progress import Progress


class BadArgument(AppError):
    """An argument of the command line cannot be used."""

    status = 422
    code = "bad_argument"


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A bar on stderr, gone when the work is done; nothing where stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.fields[title]}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True)
    shown = RichProgress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with shown:
        task = shown.add_task("", total=1.0, title=title)

        def report(fraction: float, sentence: str) -> None:
            shown.update(task, completed=fraction, description=sentence)

        yield report


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_pairs(pairs: Mapping[str, object] | Sequence[tuple[str, object]]) -> None:
    """Aligned `name  value` lines; a list becomes one line per element."""
    items = list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)
    width = max((len(name) for name, _ in items), default=0)
    for name, value in items:
        lines: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
        for number, line in enumerate(lines or ["-"]):
            print(f"{name if number == 0 else '':<{width}}  {line}")


def note(sentence: str) -> None:
    """A sentence for the person at the terminal, apart from the result on stdout."""
    print(sentence, file=sys.stderr)


def existing_file(path: Path) -> Path:
    """The path, or one clear sentence."""
    if not path.exists():
        raise BadArgument(f"{path}: there is no such file. Check the path.")
    if path.is_dir():
        raise BadArgument(f"{path} is a folder; name a scan file inside it.")
    return path


def existing_scan(path: Path) -> Path:
    """The path of a file or of a folder, or one clear sentence."""
    return path if path.is_dir() else existing_file(path)


def writable_target(path: Path, suffixes: Sequence[str]) -> Path:
    """The path if its suffix fits and its folder exists: checked before long work, not after."""
    if path.suffix.lower() not in suffixes:
        raise BadArgument(f"--out {path}: the name must end in {' or '.join(suffixes)}.")
    if not path.absolute().parent.is_dir():
        raise BadArgument(
            f"--out {path}: the folder {path.absolute().parent} does not exist. Make it first."
        )
    return path
