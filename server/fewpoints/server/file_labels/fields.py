# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The label fields of scans, and what their values may mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.label_mapping.counting import FieldCounts, merged
from fewpoints.annotations.label_mapping.suggestion import VOID, instance_field, suggest
from fewpoints.server.answers.sparse import class_list
from fewpoints.server.errors import Invalid
from fewpoints.server.file_labels.counts import counts_by_scan
from fewpoints.server.file_labels.schemas import (
    LabelFieldRead,
    LabelFieldsRead,
    LabelValue,
    MappingSuggestion,
)
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage

SPARSE_POINTS, SPARSE_SHARE = 5000, 0.02
_CHUNK = 500  # Scans per statement; databases limit the number of parameters.


def read_fields(
    session: Session, storage: Storage, project_id: int, scan_ids: Sequence[int] | None
) -> LabelFieldsRead:
    """Return the label fields of a project's imported scans, or of some of them.

    Raises:
        NotFound: there is no such project.
        Invalid: a scan is not the project's.
    """
    get_project(session, project_id)
    counts = counts_by_scan(storage, chosen_scans(session, project_id, scan_ids))
    known = [found for found in counts.values() if found is not None]
    fields = merged(one for found in known for one in found)
    having = Counter(one.name for found in known for one in found)
    classes = class_list(session, project_id)
    ordered = sorted(
        fields.values(),
        key=lambda one: (one.numbers_objects, one.counts is None and one.low_counts is None),
    )
    return LabelFieldsRead(
        scans=len(counts),
        waiting=len(counts) - len(known),
        fields=[_read_field(one, having[one.name], fields, classes) for one in ordered],
    )


def chosen_scans(session: Session, project_id: int, scan_ids: Sequence[int] | None) -> list[int]:
    """Return the ids of a project's imported scans, or of those of them that are wanted, ascending.

    Raises:
        Invalid, NotFound: a wanted scan is not the project's.
    """
    if scan_ids is None:
        return list(
            session.scalars(
                select(Scan.id)
                .where(Scan.project_id == project_id, Scan.state == "ready")
                .order_by(Scan.id)
            )
        )
    wanted = sorted(set(scan_ids))
    ready: set[int] = set()
    for at in range(0, len(wanted), _CHUNK):
        ready |= set(
            session.scalars(
                select(Scan.id).where(
                    Scan.id.in_(wanted[at : at + _CHUNK]),
                    Scan.project_id == project_id,
                    Scan.state == "ready",
                )
            )
        )
    for scan_id in wanted:
        if scan_id not in ready and get_scan(session, scan_id).project_id != project_id:
            raise Invalid(f"The project has no scan {scan_id}.")
    return sorted(ready)


def _read_field(
    one: FieldCounts, scans: int, fields: Mapping[str, FieldCounts], classes: ClassList
) -> LabelFieldRead:
    suggestions = suggest(one, classes, instance=instance_field(one, fields))
    best = suggestions[0] if suggestions else None
    labelled = best.share * one.points if best else _spoken(one)
    return LabelFieldRead(
        name=one.name,
        scans=scans,
        points=one.points,
        numbers_objects=one.numbers_objects,
        sparse=0 < labelled <= min(SPARSE_POINTS * scans, SPARSE_SHARE * one.points),
        values=_values(one, one.counts),
        low_values=_values(one, one.low_counts),
        suggestions=[
            MappingSuggestion(
                rule=found.rule,  # type: ignore[arg-type] # A test compares the names.
                reason=found.reason,
                share=found.share,
                mapping=found.mapping.to_json(classes),
            )
            for found in suggestions
        ],
    )


def _spoken(one: FieldCounts) -> int:
    counts = one.counts or {}
    return sum(points for value, points in counts.items() if value not in VOID and value != 0)


def _values(one: FieldCounts, counts: Mapping[int, int] | None) -> list[LabelValue] | None:
    if counts is None:
        return None
    return [
        LabelValue(value=value, points=points, name=one.names.get(value))
        for value, points in counts.items()
    ]
