# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A benchmark as a folder: what was asked, and a line for every figure that is known.

    folder/
        config.json         what a figure depends on
        cells.jsonl         one JSON object per figure, appended and flushed to disk

A run that was killed goes on with the figures that are missing. Scenes, methods, budgets and seeds
may change between runs in one folder, as each figure has its own; everything else may not. A
figure of a scene whose truth was replaced since is measured again.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from fewpoints.annotations.files import replacing
from fewpoints.models.benchmarks.errors import BenchmarkDamaged, BenchmarkMismatch

CONFIG = "config.json"
CELLS = "cells.jsonl"
# Raise when cells mean something else than before.
CELLS_VERSION = 1


class Key(NamedTuple):
    """Which figure: scene ("" for all together), method, budget and seed."""

    scene: str
    method: str
    budget: int
    seed: int


Values = Mapping[str, float]  # Measure -> value, NaN where it is undefined.


@dataclass(frozen=True)
class Run:
    """The figures of a folder that are known so far."""

    folder: Path
    cells: dict[Key, Values]
    versions: Mapping[str, str] = field(default_factory=dict)

    def missing(self, keys: Iterable[Key]) -> list[Key]:
        """Return those of `keys` that are still to be measured."""
        return [key for key in keys if key not in self.cells]

    def add(self, key: Key, values: Values) -> None:
        """Keep a figure; it is on disk when this returns."""
        plain = {name: None if math.isnan(v) else v for name, v in values.items()}
        version = self.versions.get(key.scene)
        told = key._asdict() if version is None else {**key._asdict(), "version": version}
        line = json.dumps({**told, "values": plain}, ensure_ascii=False) + "\n"
        # One write to the end: a kill leaves at most a part of this line.
        with (self.folder / CELLS).open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        self.cells[key] = dict(values)


def open_run(
    folder: Path,
    course: Mapping[str, Any],  # JSON
    versions: Mapping[str, str] | None = None,
) -> Run:
    """Begin a run in a folder, or go on with the one that is there.

    Args:
        folder: made if it is missing, but not its parents.
        course: what every figure depends on; JSON values.
        versions: of scenes, see `Dataset`; figures of other versions are not those asked for.

    Raises:
        BenchmarkMismatch: the folder holds a run with another course, or something else.
        BenchmarkDamaged: its files cannot be read.
    """
    config = {"version": CELLS_VERSION, "course": json.loads(json.dumps(dict(course)))}
    path = folder / CONFIG
    if path.exists():
        _check_course(_read_config(path), config, folder)
    else:
        if folder.exists() and any(folder.iterdir()):
            raise BenchmarkMismatch(
                f"{folder.name} holds files, but no benchmark. Choose an empty or a new folder."
            )
        folder.mkdir(exist_ok=True)
        with replacing(path) as part:
            part.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    versions = versions or {}
    return Run(folder, _read_cells(folder / CELLS, versions), versions)


def _read_config(path: Path) -> dict[str, Any]:  # JSON
    try:
        known = json.loads(path.read_text())
        return {"version": known["version"], "course": dict(known["course"])}
    except (ValueError, KeyError, TypeError):
        raise BenchmarkDamaged(
            f"{path.parent.name}/{CONFIG} is damaged. Choose another folder."
        ) from None


def _check_course(
    known: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path
) -> None:  # JSON
    before, now = known["course"], wanted["course"]
    changed = [
        f"{name} {_shown(before.get(name))}, not {_shown(now.get(name))}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    if known["version"] != wanted["version"]:
        changed.append(f"files of version {known['version']}, not {wanted['version']}")
    if changed:
        raise BenchmarkMismatch(
            f"The run in {folder.name} has {'; '.join(changed)}. Run it with the same options, or "
            "choose another folder."
        )


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list) and len(value) > 4:
        return f"{', '.join(map(str, value[:3]))} and {len(value) - 3} more"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read_cells(path: Path, versions: Mapping[str, str]) -> dict[Key, Values]:
    """Read what is whole and of these versions; cut off a last line of which a kill left a part."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    cells: dict[Key, Values] = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            cell = json.loads(line)
            key = Key(
                str(cell["scene"]), str(cell["method"]), int(cell["budget"]), int(cell["seed"])
            )
            values = {
                str(name): math.nan if v is None else float(v) for name, v in cell["values"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BenchmarkDamaged(
                f"{path.parent.name}/{CELLS}, line {number}: this is no figure of a benchmark. "
                "Remove the line, and it is measured again."
            ) from None
        if cell.get("version") == versions.get(key.scene):
            cells[key] = values
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return cells
