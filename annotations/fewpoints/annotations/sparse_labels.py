# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sparse labels: one answer per labelled point, as a table and as CSV.

The CSV has the columns

    index,class,class_name,instance,who,when,seconds,strategy,checkpoint,reply,note

`index` is the row of the scan as imported, from 0; `class` the class index; `instance` a number
that tells objects of a class apart; `when` ISO 8601 in UTC; `seconds` what the answer took;
`strategy` how the point was chosen; `checkpoint` which network's prediction was shown; `reply` is
"class", "unsure", "skip", "unlisted" (none of the classes) or "note" (no reply, only the note), all
but the first without a class; `note` what the person wrote about it. Empty means unknown. Reading
is lenient: only `index` and `class` are needed, in any order and case, other columns are ignored,
and `class` may be a name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fewpoints.annotations.arrays import IndexArray, Int32Array, UInt8Array
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.errors import InvalidLabels

COLUMNS = (
    "index", "class", "class_name", "instance", "who",
    "when", "seconds", "strategy", "checkpoint", "reply", "note",
)  # fmt: skip
REPLIES = ("class", "unsure", "skip", "unlisted", "note")
MAX_NOTE = 1000
MAX_PROBLEMS = 20
_MAX_INSTANCE = 2**31 - 1
# Spreadsheets run cells that begin like this.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class SparseLabel:
    """One person's reply to one point; `class_index` is None unless `reply` is "class".

    The last three are known to the server alone and stand in no CSV: the ids of the answer and of
    the query that asked for it, and what a reviewer did, "approved" or "correction".
    """

    index: int
    class_index: int | None
    class_name: str = ""
    instance: int | None = None
    who: str = ""
    when: str = ""
    seconds: float | None = None
    strategy: str = ""
    checkpoint: str = ""
    reply: str = "class"
    note: str = ""
    answer_id: int | None = None
    query_id: int | None = None
    review: str = ""


@dataclass(frozen=True)
class SparseLabels(Sequence[SparseLabel]):
    """Replies in the order they were given; a point may have several, of different people."""

    labels: tuple[SparseLabel, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[SparseLabel]:
        return iter(self.labels)

    def __getitem__(self, at):  # type: ignore[no-untyped-def] # int -> label, slice -> tuple.
        return self.labels[at]

    def points(self) -> tuple[IndexArray, UInt8Array, Int32Array]:
        """((L,) rows, (L,) class indices, (L,) instances, -1 for none) of the points with a class.

        One entry per point, rows ascending; where several replies give a class, the last one wins.
        """
        last = {label.index: label for label in self.labels if label.class_index is not None}
        rows = sorted(last)
        return (
            np.array(rows, np.int64),
            np.array([last[r].class_index for r in rows], np.uint8),
            np.array(
                [-1 if last[r].instance is None else last[r].instance for r in rows], np.int32
            ),
        )

    def dense(self, scan_points: int) -> UInt8Array:
        """(N,) class index per scan row, 255 where there is none."""
        out = np.full(scan_points, UNLABELLED, np.uint8)
        rows, classes, _ = self.points()
        out[rows] = classes
        return out


@dataclass
class ReadLabels:
    """What a lenient reading gave: the labels, and a sentence for each line left out."""

    labels: SparseLabels
    problems: list[str] = field(default_factory=list)


def write_csv(labels: Iterable[SparseLabel], classes: ClassList) -> str:
    """Return the labels as CSV text. Raises InvalidLabels for a class index not in `classes`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for label in labels:
        if label.class_index is None:
            class_cell, name = "", ""
        elif 0 <= label.class_index < len(classes):
            class_cell, name = str(label.class_index), classes[label.class_index].name
        else:
            raise InvalidLabels(
                f"Point {label.index} has class {label.class_index}, but there are only "
                f"{len(classes)} classes."
            )
        writer.writerow(
            [
                label.index,
                class_cell,
                _safe(name),
                "" if label.instance is None else label.instance,
                _safe(label.who),
                label.when,
                "" if label.seconds is None else repr(float(label.seconds)),
                _safe(label.strategy),
                _safe(label.checkpoint),
                label.reply,
                _safe(label.note),
            ]
        )
    return out.getvalue()


def read_csv(
    content: str | bytes,
    classes: ClassList,
    *,
    scan_points: int | None = None,
    name: str = "The file",
    strict: bool = True,
) -> ReadLabels:
    """Read labels from CSV; comma, semicolon or tab, with or without a byte order mark.

    scan_points: N of the scan; indices must be below it. strict: the first bad line raises
    InvalidLabels naming it; otherwise bad lines are left out and reported in `problems` (the first
    twenty, then their number). A file without the needed columns always raises.
    """
    text = _decoded(content, name)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise InvalidLabels(f"{name} is empty; it needs a line of column names and the labels.")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: dict[str, int] | None = None
    labels: list[SparseLabel] = []
    problems: list[str] = []
    bad = 0
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns(row, name)
                continue
            try:
                labels.append(_label(row, columns, classes, scan_points))
            except ValueError as error:
                sentence = f"{name}, line {reader.line_num}: {error}"
                if strict:
                    raise InvalidLabels(sentence) from None
                bad += 1
                if bad <= MAX_PROBLEMS:
                    problems.append(sentence)
    except csv.Error as error:
        raise InvalidLabels(f"{name}, line {reader.line_num}: not CSV ({error}).") from error
    if bad > MAX_PROBLEMS:
        problems.append(f"{bad - MAX_PROBLEMS:,} more lines could not be used.")
    return ReadLabels(SparseLabels(tuple(labels)), problems)


def _decoded(content: str | bytes, name: str) -> str:
    if isinstance(content, bytes):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            encoding = "utf-16"
        else:
            encoding = "utf-8-sig"
        try:
            content = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise InvalidLabels(f"{name} is not a text file (byte {error.start:,}).") from error
    if "\0" in content:
        raise InvalidLabels(f"{name} is not a text file (byte {content.index(chr(0)):,}).")
    return content.removeprefix("\ufeff")


def _columns(header: list[str], name: str) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, cell in enumerate(header):
        title = cell.strip().lower()
        if title in columns and title in COLUMNS:
            raise InvalidLabels(f'{name}, line 1: two columns are called "{title}".')
        columns.setdefault(title, place)
    if "class" not in columns and "class_name" in columns:
        columns["class"] = columns["class_name"]
    missing = [title for title in ("index", "class") if title not in columns]
    if missing:
        have = ascii(", ".join(cell.strip() for cell in header)[:120])[:122]
        raise InvalidLabels(
            f"{name}, line 1: no column {' and no column '.join(missing)}; the columns are {have}."
        )
    return columns


def _label(
    row: list[str], columns: dict[str, int], classes: ClassList, scan_points: int | None
) -> SparseLabel:
    """Parse one line. Raises ValueError with the reason."""

    def cell(title: str) -> str:
        place = columns.get(title)
        return row[place].strip() if place is not None and place < len(row) else ""

    index = _whole(cell("index"), "index")
    if index < 0:
        raise ValueError(f"the index {index} is negative.")
    if scan_points is not None and index >= scan_points:
        raise ValueError(
            f"the index {index:,} is not a row of the scan, which has {scan_points:,}."
        )
    reply = cell("reply").lower() or "class"
    if reply not in REPLIES:
        raise ValueError(f"the reply {_shown(reply)} is none of {', '.join(REPLIES)}.")
    class_index: int | None = None
    if reply == "class":
        class_index = _class(cell("class"), _unsafe(cell("class_name")), classes)
    elif cell("class"):
        raise ValueError(f'a reply "{reply}" cannot have a class.')
    instance = _whole(cell("instance"), "instance") if cell("instance") else None
    if instance is not None and not 0 <= instance <= _MAX_INSTANCE:
        raise ValueError(f"the instance {instance} is not between 0 and {_MAX_INSTANCE:,}.")
    note = cell("note")
    if len(note) > MAX_NOTE:
        raise ValueError(f"the note has {len(note):,} characters; at most {MAX_NOTE:,} are kept.")
    if reply == "note" and not note:
        raise ValueError('a reply "note" needs a note.')
    return SparseLabel(
        index=index,
        class_index=class_index,
        class_name="" if class_index is None else classes[class_index].name,
        instance=instance,
        who=_unsafe(cell("who")),
        when=cell("when"),
        seconds=_seconds(cell("seconds")),
        strategy=_unsafe(cell("strategy")),
        checkpoint=_unsafe(cell("checkpoint")),
        reply=reply,
        note=_unsafe(note),
    )


def _class(text: str, name: str, classes: ClassList) -> int:
    if not text:
        raise ValueError("there is no class.")
    try:
        index = _whole(text, "class")
    except ValueError:
        found = classes.find(_unsafe(text))
        if found is None:
            raise ValueError(
                f"there is no class {_shown(text)}; the classes are {_some(classes.names)}."
            ) from None
        return int(found.index)
    if not 0 <= index < len(classes):
        raise ValueError(f"class {index} does not exist; there are 0 to {len(classes) - 1}.")
    expected = classes[index].name
    if name and name.casefold() != expected.casefold():
        # The same number in another class list would silently mean something else.
        raise ValueError(f'class {index} is "{expected}" here, but the line says {_shown(name)}.')
    return index


def _whole(text: str, what: str) -> int:
    digits = text[:-2] if text.endswith(".0") else text  # pandas writes 3.0 next to gaps.
    if not digits.lstrip("+-").isascii() or not digits.lstrip("+-").isdigit() or len(digits) > 18:
        raise ValueError(f"the {what} {_shown(text)} is not a whole number.")
    return int(digits)


def _seconds(text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise ValueError(f"the seconds {_shown(text)} are no length of time.")
    return seconds


def _safe(text: str) -> str:
    """Keep a spreadsheet from running a name as a formula."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _unsafe(text: str) -> str:
    """What `_safe` was given."""
    return text[1:] if text.startswith("'") and _safe(text) != text else text


def _shown(text: str) -> str:
    return '"' + ascii(text[:40])[1:-1] + '"'


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
