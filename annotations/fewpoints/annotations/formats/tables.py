# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Answers as tables: CSV per scan, and one Parquet file with the whole provenance."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.files import replacing
from fewpoints.annotations.formats.content import Answered, AnsweredScan, WrittenFile
from fewpoints.annotations.sparse_labels import write_csv

PARQUET_VERSION = 1
# Column -> Arrow's name of its type, in order. Times are in UTC.
PARQUET_COLUMNS: dict[str, str] = {
    "scan_id": "int64", "scan": "string", "index": "int64",
    "x": "float64", "y": "float64", "z": "float64",
    "class": "int16", "class_name": "string", "class_key": "string", "class_external_id": "int32",
    "instance": "int32", "reply": "string", "note": "string",
    "who": "string", "when": "timestamp[us, tz=UTC]", "seconds": "float64",
    "answer_id": "int64", "query_id": "int64", "strategy": "string", "checkpoint_id": "int64",
    "review": "string", "counts": "bool",
}  # fmt: skip


def write_sparse_csv(folder: Path, answered: Answered) -> list[WrittenFile]:
    """Write one CSV per scan (`sparse_labels.py`)."""
    written = []
    for scan in answered.scans:
        name = f"{scan.title}-sparse.csv"
        (folder / name).write_text(write_csv(scan.rows, answered.classes), encoding="utf-8")
        written.append(WrittenFile(name, scan.scan_id))
    return written


def write_sparse_parquet(folder: Path, answered: Answered) -> list[WrittenFile]:
    """Write all answers of all scans into one file.

    `review` is "approved", "correction" (a reviewer's own answer in place of one), or empty;
    `counts` whether the answer decides its point. The metadata `fewpoints` is JSON: version,
    classes, and the facts of the export.
    """
    import pyarrow as pa  # Tens of megabytes, and only workers write.
    import pyarrow.parquet as pq

    columns: dict[str, list[Any]] = {name: [] for name in PARQUET_COLUMNS}
    for scan in answered.scans:
        for name, values in _columns(scan, answered.classes).items():
            columns[name] += values
    facts = {
        "version": PARQUET_VERSION,
        "classes": answered.classes.to_dicts(),
        **answered.facts,
    }
    types = {"string": pa.string(), "timestamp[us, tz=UTC]": pa.timestamp("us", tz="UTC")}
    schema = pa.schema(
        [
            (name, types.get(kind) or pa.type_for_alias(kind))
            for name, kind in PARQUET_COLUMNS.items()
        ],
        metadata={"fewpoints": json.dumps(facts, ensure_ascii=False)},
    )
    name = f"{answered.project}-answers.parquet"
    with replacing(folder / name) as part:
        pq.write_table(pa.table(columns, schema=schema), part, compression="zstd")
    return [WrittenFile(name, None)]


def _columns(scan: AnsweredScan, classes: ClassList) -> dict[str, list[Any]]:
    labels = scan.rows.labels
    counting = {label.answer_id for label in scan.decided}
    rows = np.array([label.index for label in labels], np.int64)
    x, y, z = scan.place(rows).T.tolist()
    given = [None if row.class_index is None else classes[row.class_index] for row in labels]
    return {
        "scan_id": [scan.scan_id] * len(labels),
        "scan": [scan.name] * len(labels),
        "index": rows.tolist(),
        "x": x, "y": y, "z": z,
        "class": [None if c is None else c.index for c in given],
        "class_name": [None if c is None else c.name for c in given],
        "class_key": [None if c is None else c.key for c in given],
        "class_external_id": [None if c is None else c.external_id for c in given],
        "instance": [label.instance for label in labels],
        "reply": [label.reply for label in labels],
        "note": [label.note or None for label in labels],
        "who": [label.who for label in labels],
        "when": [datetime.fromisoformat(label.when.replace("Z", "+00:00")) for label in labels],
        "seconds": [label.seconds for label in labels],
        "answer_id": [label.answer_id for label in labels],
        "query_id": [label.query_id for label in labels],
        "strategy": [label.strategy or None for label in labels],
        "checkpoint_id": [int(label.checkpoint) if label.checkpoint else None for label in labels],
        "review": [label.review or None for label in labels],
        "counts": [label.answer_id is not None and label.answer_id in counting for label in labels],
    }  # fmt: skip
