# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How often each value of each label field occurs in a scan, kept beside it.

Counted when a scan is imported; for scans that were imported before that was done, when somebody
asks.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from fewpoints.annotations.label_mapping.counting import VERSION, FieldCounts, count_scan
from fewpoints.server.storage import Storage

MOMENT_S = 1.5


def save_counts(data: Path, file: Path) -> None:
    """Count the fields of a scan whose arrays are in `data`, and write `file`."""
    facts = {"version": VERSION, "fields": [one.to_json() for one in count_scan(data)]}
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)


def read_counts(storage: Storage, scan_id: int) -> list[FieldCounts] | None:
    """Return the counts of a scan; None if it was not counted yet."""
    try:
        facts = json.loads(storage.label_counts(scan_id).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if facts["version"] != VERSION:
        return None
    return [FieldCounts.from_json(raw) for raw in facts["fields"]]


def counts_of(storage: Storage, scan_id: int) -> list[FieldCounts]:
    """Return the counts of an imported scan, made now if need be.

    Raises:
        FileNotFoundError: the scan is being deleted.
    """
    found = read_counts(storage, scan_id)
    if found is None:
        save_counts(storage.scan_arrays(scan_id), storage.label_counts(scan_id))
        found = read_counts(storage, scan_id)
    assert found is not None
    return found


def counts_by_scan(
    storage: Storage, scan_ids: Iterable[int], *, moment_s: float = MOMENT_S
) -> dict[int, list[FieldCounts] | None]:
    """Return scan id -> its counts, made for as many as can be in a moment; None for the others.

    Scans that are being deleted are not in it.
    """
    until = time.monotonic() + moment_s
    found: dict[int, list[FieldCounts] | None] = {}
    for scan_id in scan_ids:
        counts = read_counts(storage, scan_id)
        if counts is None and time.monotonic() < until:
            try:
                counts = counts_of(storage, scan_id)
            except FileNotFoundError:
                continue
        found[scan_id] = counts
    return found
