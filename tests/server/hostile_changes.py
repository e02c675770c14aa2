# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong in an archive of a project, each with a part of the sentence that says so."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.models.superpoints.files import save_superpoints
from tests.server.project_archives import Members, rows_of, with_rows
from tests.server.seeding import plain_superpoints
from tests.server.small_projects import POINTS, safetensors

Change = Callable[[Members], Members]


def row(name: str, /, **values: Any) -> Change:
    """The first row of a table with other values."""

    def change(members: Members) -> Members:
        return with_rows(members, name, lambda rows: rows[0].update(values))

    return change


def replaced(name: str, content: bytes) -> Change:
    """Another member in place of one."""
    return lambda members: {**_without(members, name), name: content}


def replaced_in(name: str, old: bytes, new: bytes) -> Change:
    """Other bytes within a member."""

    def change(members: Members) -> Members:
        content = members[name].replace(b": ", b":")
        assert old in content, content
        return {**members, name: content.replace(old, new)}

    return change


def _without(members: Members, name: str) -> Members:
    assert name in members, sorted(members)
    return {key: content for key, content in members.items() if key != name}


def without(part: str) -> Change:
    """No member whose name ends so."""

    def change(members: Members) -> Members:
        kept = {name: content for name, content in members.items() if not name.endswith(part)}
        assert len(kept) < len(members)
        return kept

    return change


def array(name: str, values: Any) -> Change:
    """Another array in place of a member whose name ends so."""

    def change(members: Members) -> Members:
        (found,) = [member for member in members if member.endswith(name)]
        if isinstance(values, bytes):
            return {**members, found: values}
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=True)
        return {**members, found: buffer.getvalue()}

    return change


def manifest(**values: Any) -> Change:
    """Other values in the manifest."""

    def change(members: Members) -> Members:
        told = {**json.loads(members["manifest.json"]), **values}
        return {**members, "manifest.json": json.dumps(told).encode()}

    return change


def added(name: str) -> Change:
    """One more member."""
    return lambda members: {**members, name: b"x"}


ANSWERS, SCANS = "tables/answer_event.jsonl", "tables/scan.jsonl"
HUGE = {"a": 1}
for _ in range(40):
    HUGE = {"a": HUGE}  # type: ignore[dict-item]

CHANGES: dict[str, tuple[Change, str]] = {
    # Names.
    "a path that leads out": (added("../../etc/cron.d/evil"), "does not belong"),
    "a path from the root": (added("/etc/passwd"), "does not belong"),
    "a path with a backslash": (added("scans\\1\\data\\tiles.bin"), "does not belong"),
    "a path out of a scan": (added("scans/1/data/arrays/../../../../x.npy"), "does not belong"),
    "a scan that has no row": (added("scans/999/data/tiles.bin"), "no row of its tables"),
    "a checkpoint that has no row": (added("checkpoints/999.safetensors"), "no row"),
    "a source of a scan that is ready": (
        lambda members: {**members, f"scans/{_scan_id(members)}/source": b"x"},
        "no row of its tables",
    ),
    # The manifest.
    "a newer format": (manifest(version=2), "Update this installation"),
    "newer tables": (manifest(migration="9999"), "Update this installation"),
    "another format": (manifest(format="something else"), "manifest.json"),
    "an odd manifest": (manifest(made_at=7), "made_at"),
    "more in the manifest": (manifest(extra=7), "extra"),
    "a manifest that is no JSON": (replaced("manifest.json", b"\xff{"), "manifest.json"),
    # Rows.
    "an unknown column": (row(ANSWERS, is_admin=True), 'no column "is_admin"'),
    "an unknown table": (manifest(rows={"project": 1, "user_account": 1}), "user_account"),
    "no table": (without("project.json"), "project.json is missing"),
    "a text for a number": (row(SCANS, points="200"), "points cannot be '200'"),
    "a truth for a number": (row(ANSWERS, instance=True), "instance cannot be True"),
    "a number that is too large": (row(SCANS, bytes=2**70), "bytes cannot be"),
    "a text that is too long": (row(ANSWERS, author="x" * 101), "author cannot be"),
    "a NUL": (row(ANSWERS, note="a\x00b"), "note cannot be"),
    "half a character": (row(ANSWERS, note="a\ud800b"), "note cannot be"),
    "null where there must be something": (row(ANSWERS, author=None), "author must not be null"),
    "a missing column": (
        lambda members: with_rows(members, ANSWERS, lambda rows: rows[0].pop("author")),
        "author is missing",
    ),
    "a time that is none": (row(ANSWERS, answered_at="yesterday"), "answered_at cannot be"),
    "a time without a zone": (row(ANSWERS, answered_at="2026-01-01T00:00:00"), "answered_at"),
    "an unknown kind": (row(ANSWERS, kind="delete"), "kind cannot be 'delete'"),
    "an unknown reply": (row(ANSWERS, reply="maybe"), "reply cannot be"),
    "a class without the reply": (row(ANSWERS, reply="unsure"), "class_id belongs"),
    "a point that is not there": (row(ANSWERS, point_index=POINTS), "there is no point 200"),
    "a point before the first": (row(ANSWERS, point_index=-1), "point_index cannot be"),
    "a class that is not there": (row(ANSWERS, class_id=4711), "class_id 4711 is not in"),
    "a scan that is not there": (row(ANSWERS, scan_id=4711), "scan_id 4711 is not in"),
    "a person who is not there": (row(ANSWERS, user_id=4711), "user_id 4711 is not in"),
    "an answer that takes back": (row(ANSWERS, undoes_id=1), "undoes_id 1 is not in"),
    "a position of two numbers": (row(ANSWERS, position=[1.0, 2.0]), "position cannot be"),
    "a position that is not finite": (
        lambda members: {
            **members,
            ANSWERS: members[ANSWERS]
            .replace(b"[1.0, 2.0", b"[NaN, 2.0")
            .replace(b"[1.0,2.0", b"[NaN,2.0"),
        },
        "it is not JSON",
    ),
    "the same uuid twice": (
        lambda members: with_rows(
            members, ANSWERS, lambda rows: rows[1].update(client_id=rows[0]["client_id"])
        ),
        "contradict each other",
    ),
    "ids that go back": (
        lambda members: with_rows(members, "tables/query.jsonl", lambda rows: rows.reverse()),
        "is not larger than the one before",
    ),
    "two projects": (
        lambda members: with_rows(
            members, "project.json", lambda rows: rows.append({**rows[0], "id": 10**6})
        ),
        "exactly one project",
    ),
    "a line that is no JSON": (replaced(ANSWERS, b"{\n"), "line 1: it is not JSON"),
    "a line that is no object": (replaced(ANSWERS, b"[]\n"), "line 1: it is not a JSON object"),
    "JSON that is very deep": (replaced(ANSWERS, b"[" * 5_000 + b"\n"), "it is not JSON"),
    "JSON that is deep in a column": (
        row("tables/checkpoint.jsonl", metrics=HUGE),
        "metrics cannot be",
    ),
    "an infinite number in a list": (
        replaced_in("tables/checkpoint.jsonl", b'"metrics":{}', b'"metrics":{"a":[1,1e999]}'),
        "metrics cannot be",
    ),
    "an infinite number in an object": (
        replaced_in("tables/checkpoint.jsonl", b'"metrics":{}', b'"metrics":{"a":-1e999}'),
        "metrics cannot be",
    ),
    "a number of thousands of digits": (
        replaced(ANSWERS, b'{"id":' + b"9" * 5_000 + b"}\n"),
        ANSWERS,
    ),
    "a colour that is none": (row("tables/label_class.jsonl", color="red"), "color cannot be"),
    "a key that a class must not have": (row("tables/label_class.jsonl", key=" "), "label_class"),
    "a place that a class must not have": (
        row("tables/label_class.jsonl", position=3),
        "positions of classes",
    ),
    "a suffix that leads out": (row(SCANS, suffix="/../../x"), "suffix cannot be"),
    "a scan's odd state": (row(SCANS, state="gone"), "state cannot be"),
    "a scan without points": (row(SCANS, points=None), "points is missing"),
    "options of an import that are none": (
        row(SCANS, import_options={"version": 1, "fixes": {"unit": "parsecs"}}),
        "import_options cannot be",
    ),
    "a project with an odd strategy": (row("project.json", strategy="psychic"), "strategy cannot"),
    "a project without a name": (row("project.json", name="  "), "name cannot be"),
    "a person with an odd role": (row("people.jsonl", role="root"), "role cannot be used"),
    "a person with a secret": (row("people.jsonl", token_hash="00"), "it must have id, name"),
    # Files.
    "no tiles": (without("tiles.bin"), "is missing"),
    "no weights": (without(".safetensors"), "is missing"),
    "no prediction": (without("predictions/1.npy"), "is missing"),
    "tiles that are cut short": (array("tiles.bin", b"x" * 12), "tiles.bin is of another length"),
    "an order beyond the points": (
        array("order.bin", b"\xff" * 4 * (POINTS - 1)),
        "points that are not there",
    ),
    "tiles.json that is no JSON": (array("tiles.json", b"{"), "cannot be read"),
    "tiles.json of another scan": (array("tiles.json", b'{"tiles": []}'), "cannot be read"),
    "positions of another length": (array("positions.npy", np.zeros((9, 3))), "cannot be read"),
    "positions of another shape": (array("positions.npy", np.zeros(POINTS)), "cannot be read"),
    "positions that are texts": (
        array("positions.npy", np.array([["a", "b", "c"]] * POINTS)),
        "cannot be read",
    ),
    "a pickle": (array("colours.npy", np.array([{"a": 1}], object)), "cannot be read"),
    "an array that claims to be huge": (
        array(
            "local.npy",
            b"\x93NUMPY\x01\x00v\x00"
            + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 3), }".ljust(117)
            + b"\n",
        ),
        "cannot be read",
    ),
    "superpoints that are none": (array("superpoints.npz", b"PK"), "cannot be read"),
    "superpoints of another scan": (
        lambda members: {**members, named(members, "superpoints.npz"): _superpoints(9)},
        "it is of another scan",
    ),
    "superpoints that are a bomb": (
        lambda members: {**members, named(members, "superpoints.npz"): _bomb()},
        "it is compressed",
    ),
    "a prediction of another length": (
        array("predictions/1.npy", np.zeros((9, 2), np.uint8)),
        "does not fit",
    ),
    "other weights": (array(".safetensors", safetensors()[:-1] + b"x"), "trained as"),
}


def _scan_id(members: Members) -> int:
    return int(rows_of(members, SCANS)[0]["id"])


def named(members: Members, end: str) -> str:
    (found,) = [name for name in members if name.endswith(end)]
    return found


def _superpoints(points: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        made = plain_superpoints(np.zeros(points, np.int32), np.zeros((2, 3)))
        save_superpoints(path, made, None)
        return path.read_bytes()


def _bomb() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, of_point=np.zeros(10**6, np.int32))
    return buffer.getvalue()
