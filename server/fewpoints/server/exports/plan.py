# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What an export holds, from the options and the logs as they are in one transaction.

The preview shows a plan and the job writes one, so that they cannot differ. Imports no torch.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.formats.content import WrittenFile
from fewpoints.annotations.sparse_labels import SparseLabel, SparseLabels
from fewpoints.server.answers.queries import deciding_ids, live_ids, noted_at
from fewpoints.server.answers.sparse import class_list
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.dense.queries import Labelled, SuperpointsMissing, read_labelled
from fewpoints.server.errors import Invalid
from fewpoints.server.exports.formats import ExportFormat, Titled, format_of
from fewpoints.server.exports.schemas import AnswerReason, ExportCreate, LeftOutScan, ScanReason
from fewpoints.server.projects.queries import get_project, shown_checkpoints
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.reviews.tables import ReviewEvent
from fewpoints.server.reviews.verdicts import state_of, verdicts
from fewpoints.server.scans.tables import Scan
from fewpoints.server.schemas import iso_utc
from fewpoints.server.training.queries import find_prediction
from fewpoints.server.training.tables import Checkpoint

# A scan that is called so would have its labels where `written.MANIFEST` goes.
_MANIFEST = "manifest"
_CHUNK = 500  # Scans per statement; databases limit the number of parameters.


@dataclass(frozen=True, eq=False)
class PlannedScan:
    """One scan of an export.

    rows: what a CSV says, in order. decided: the one answer of each labelled point that counts, by
    the order in which they were given. format, content_hash: of the file it came from. translation:
    from a checkpoint's classes to the present ones. labelled: what dense labels follow from.
    instances: (Q,) the object that each of those answers names, 0 for none; None if none does.
    """

    scan_id: int
    name: str
    title: str
    points: int
    rows: SparseLabels
    decided: SparseLabels
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    format: str | None = None
    content_hash: str | None = None
    translation: bytes | None = None
    labelled: Labelled | None = None
    instances: NDArray[np.int64] | None = None

    @property
    def objects(self) -> dict[tuple[int, int], int]:
        """(class, instance) -> answers that name it."""
        return Counter(
            (label.class_index, label.instance)
            for label in self.decided
            if label.class_index is not None and label.instance
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """A whole export."""

    options: ExportCreate
    project_id: int
    project_name: str
    project_title: str
    classes: ClassList
    scans: list[PlannedScan]
    left_out: list[LeftOutScan]
    left_out_answers: Counter[AnswerReason]
    last_event_id: int
    last_review_id: int
    checkpoint: Checkpoint | None

    @property
    def format(self) -> ExportFormat:
        """The format it is written in."""
        return format_of(self.options.kind)

    @property
    def files(self) -> list[WrittenFile]:
        """The files that are written, but for those of which there is one per object."""
        titled = [
            Titled(scan.scan_id, scan.title, scan.instances is not None) for scan in self.scans
        ]
        return self.format.files(self.project_title, titled, self.options.source)

    @property
    def zipped(self) -> bool:
        """Whether the files come in a zip."""
        return bool(self.scans) and (self.format.folder or len(self.files) > 1)

    @property
    def filename(self) -> str | None:
        """The name of the download; None where nothing is written."""
        files = self.files
        if self.zipped:
            source = "" if self.options.source == "answers" else "-predicted"
            return f"{self.project_title}-{self.options.kind.replace('_', '-')}{source}.zip"
        return files[0].name if files else None

    @property
    def answers(self) -> int:
        """Answers in the export, notes by themselves among them."""
        rows = as_rows(self.options.kind)
        return sum(len(scan.rows if rows else scan.decided) for scan in self.scans)

    def facts(self) -> dict[str, Any]:
        """What an export is a snapshot of: the project, its scans, the logs, the checkpoint."""
        made_by = self.checkpoint
        return {
            "project": {"id": self.project_id, "name": self.project_name},
            "scans": [
                {
                    "id": scan.scan_id,
                    "name": scan.name,
                    "points": scan.points,
                    "format": scan.format,
                    "source_sha256": scan.content_hash,
                }
                for scan in self.scans
            ],
            "snapshot": {
                "last_event_id": self.last_event_id,
                "last_review_id": self.last_review_id,
                "checkpoint_id": None if made_by is None else made_by.id,
                "checkpoint_name": None if made_by is None else made_by.name,
                "checkpoint_sha256": None if made_by is None else made_by.sha256,
                "scan_ids": [scan.scan_id for scan in self.scans],
                "answers": self.answers,
                "left_out_scans": len(self.left_out),
            },
        }


def as_rows(kind: str) -> bool:
    """Whether a format has a row for every answer, not only for those that decide."""
    return kind in ("sparse_csv", "sparse_parquet")


def slug(name: str, *, fallback: str) -> str:
    """Return a name that is a safe part of a file name everywhere."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:80] or fallback


def plan_export(session: Session, project_id: int, options: ExportCreate) -> Plan:
    """Return what an export with these options would hold now.

    Raises:
        NotFound: there is no such project.
        Invalid: a scan or checkpoint is not the project's, or a chosen scan is not imported.
    """
    project = get_project(session, project_id)
    checkpoint = _checkpoint(session, project_id, options)
    left: list[LeftOutScan] = []
    chosen = list(_chosen(session, project_id, options, left))
    titles = _titles(chosen)
    reasons: Counter[AnswerReason] = Counter()
    planned: list[PlannedScan] = []
    for at in range(0, len(chosen), _CHUNK):
        some = chosen[at : at + _CHUNK]
        answers = _answers(session, Scan.id.in_([scan.id for scan in some]), options)
        for scan in some:
            assert scan.points is not None
            found = answers.get(scan.id, _Answers())
            made = PlannedScan(
                scan.id,
                scan.name,
                titles[scan.id],
                scan.points,
                SparseLabels(tuple(found.rows)),
                SparseLabels(tuple(found.decided)),
                up=(0.0, 0.0, 1.0) if scan.up is None else (scan.up[0], scan.up[1], scan.up[2]),
                format=scan.format,
                content_hash=scan.content_hash,
            )
            ready = _completed(session, scan, made, options, checkpoint)
            if isinstance(ready, PlannedScan):
                planned.append(ready)
                reasons += found.left
            else:
                left.append(LeftOutScan(scan_id=scan.id, name=scan.name, reason=ready))
    if options.source == "prediction":
        reasons = Counter()  # A prediction holds no answers that could be left out.
    mine = select(Scan.id).where(Scan.project_id == project_id)
    last = [
        session.scalar(select(func.max(log.id)).where(log.scan_id.in_(mine))) or 0
        for log in (AnswerEvent, ReviewEvent)
    ]
    return Plan(
        options=options,
        project_id=project_id,
        project_name=project.name,
        project_title=slug(project.name, fallback="project"),
        classes=class_list(session, project_id),
        scans=planned,
        left_out=sorted(left, key=lambda scan: scan.scan_id),
        left_out_answers=reasons,
        last_event_id=last[0],
        last_review_id=last[1],
        checkpoint=checkpoint,
    )


def _checkpoint(session: Session, project_id: int, options: ExportCreate) -> Checkpoint | None:
    if options.source != "prediction":
        return None
    checkpoint_id = options.checkpoint_id or shown_checkpoints(session, [project_id]).get(
        project_id
    )
    if checkpoint_id is None:
        return None
    checkpoint = session.get(Checkpoint, checkpoint_id)
    if checkpoint is None or checkpoint.project_id != project_id:
        raise Invalid(f"The project has no checkpoint {checkpoint_id}.")
    return checkpoint


def _chosen(
    session: Session, project_id: int, options: ExportCreate, left: list[LeftOutScan]
) -> Iterator[Scan]:
    """Yield the imported scans to look at, by id; others go to `left`."""
    scans = session.scalars(
        select(Scan).where(Scan.project_id == project_id).order_by(Scan.id)
    ).all()
    if options.scan_ids is not None:
        wanted = set(options.scan_ids)
        unknown = sorted(wanted - {scan.id for scan in scans if scan.state == "ready"})
        if unknown:
            raise Invalid(f"The project has no imported scan {unknown[0]}.")
        scans = [scan for scan in scans if scan.id in wanted]
    for scan in scans:
        reason: ScanReason | None = None
        if scan.state != "ready":
            reason = "not_imported"
        elif options.done_only and (scan.query_count == 0 or scan.open_count > 0):
            reason = "open_queries"
        if reason is None:
            yield scan
        else:
            left.append(LeftOutScan(scan_id=scan.id, name=scan.name, reason=reason))


def _titles(scans: Sequence[Scan]) -> dict[int, str]:
    """Return scan id -> a name for its files that no other one has, in small letters either."""
    plain = {
        scan.id: slug(scan.name.rpartition(".")[0] or scan.name, fallback="scan") for scan in scans
    }
    often = Counter(title.lower() for title in plain.values())
    often[_MANIFEST] += 1
    taken = {title for title, times in often.items() if times == 1} | {_MANIFEST}
    titles = {}
    for scan_id, title in plain.items():
        if often[title.lower()] > 1:
            own = (f"{title}-{scan_id}-{number}" for number in count(2))
            names = chain([f"{title}-{scan_id}"], own)
            title = next(name for name in names if name.lower() not in taken)
            taken.add(title.lower())
        titles[scan_id] = title
    return titles


def _completed(
    session: Session,
    scan: Scan,
    planned: PlannedScan,
    options: ExportCreate,
    checkpoint: Checkpoint | None,
) -> PlannedScan | ScanReason:
    """Return a scan with what its kind of export needs, or why it is left out."""
    if as_rows(options.kind):
        return planned if len(planned.rows) else "no_answers"
    if options.source == "prediction":
        found = None if checkpoint is None else find_prediction(session, scan, checkpoint.id)
        if found is None:
            return "no_prediction"
        return replace(planned, translation=found.translation)
    group = format_of(options.kind).group
    if group == "sparse":
        return planned if len(planned.decided) else "no_answers"
    try:
        labelled = read_labelled(session, scan, even_none=True)
    except SuperpointsMissing:
        return "not_prepared"
    if not len(planned.decided):
        return "no_answers"
    rows = np.array([label.index for label in planned.decided], np.int64)
    classes = np.array([label.class_index for label in planned.decided], np.int64)
    named = np.array([label.instance or 0 for label in planned.decided], np.int64)
    if group == "objects" and not named.any():
        return "no_objects"
    return replace(
        planned,
        labelled=replace(labelled, rows=rows, classes=classes),
        instances=named if named.any() else None,
    )


@dataclass
class _Answers:
    """Of one scan."""

    rows: list[SparseLabel] = field(default_factory=list)
    decided: list[SparseLabel] = field(default_factory=list)
    left: Counter[AnswerReason] = field(default_factory=Counter)


def _answers(
    session: Session, condition: ColumnElement[bool], options: ExportCreate
) -> dict[int, _Answers]:
    """Return scan id -> its answers as exports write them, in the order they were given."""
    own, given = verdicts(condition), verdicts(condition)
    rows = session.execute(
        # Columns, not rows of the table: a hundred thousand of those take seconds to make.
        select(
            AnswerEvent.id,
            AnswerEvent.scan_id,
            AnswerEvent.point_index,
            AnswerEvent.author,
            AnswerEvent.instance,
            AnswerEvent.answered_at,
            AnswerEvent.seconds,
            AnswerEvent.strategy,
            AnswerEvent.checkpoint_id,
            AnswerEvent.query_id,
            AnswerEvent.reply,
            LabelClassRow.position,
            own.c.kind,
            given.c.id,
        )
        .outerjoin(LabelClassRow, LabelClassRow.id == AnswerEvent.class_id)
        .outerjoin(own, own.c.answer_id == AnswerEvent.id)
        .outerjoin(given, given.c.correction_id == AnswerEvent.id)
        .where(AnswerEvent.id.in_(live_ids(condition)))
        .order_by(AnswerEvent.id)
    ).all()
    deciding = set(session.scalars(deciding_ids(condition, naming=True)))
    notes = noted_at(session, AnswerEvent.scan_id.in_(select(Scan.id).where(condition)))
    found: dict[int, _Answers] = defaultdict(_Answers)
    said: set[tuple[int, int, str]] = set()
    for event in rows:
        *_, index, kind, given_id = event
        assert event.point_index is not None
        place = (event.scan_id, event.point_index, event.author)
        into = found[event.scan_id]
        reason = _left_out(event.reply, kind, given_id, options, decides=event[0] in deciding)
        if reason is not None:
            into.left[reason] += 1
            if reason in ("sent_back", "corrected"):
                continue
        note = notes.get(place)
        label = SparseLabel(
            index=event.point_index,
            class_index=index,
            instance=event.instance,
            who=event.author,
            when=iso_utc(event.answered_at),
            seconds=event.seconds,
            strategy=event.strategy or "",
            checkpoint="" if event.checkpoint_id is None else str(event.checkpoint_id),
            reply=event.reply or "",
            note="" if note is None else note.text,
            answer_id=event.id,
            query_id=event.query_id,
            review=_review(kind, given_id),
        )
        said.add(place)
        if reason is None:
            into.rows.append(label)
            if event[0] in deciding:
                into.decided.append(label)
    if options.other_replies and not options.approved_only:
        for (scan_id, point, author), note in notes.items():
            if (scan_id, point, author) not in said:
                found[scan_id].rows.append(
                    SparseLabel(
                        index=point,
                        class_index=None,
                        who=author,
                        when=iso_utc(note.created_at),
                        reply="note",
                        note=note.text,
                    )
                )
    return found


def _review(verdict: str | None, given_id: int | None) -> str:
    """Return what reviewers did to an answer that is exported."""
    state = state_of(verdict, is_correction=given_id is not None)
    return state if state in ("approved", "correction") else ""


def _left_out(
    reply: str | None,
    verdict: str | None,
    given_id: int | None,
    options: ExportCreate,
    *,
    decides: bool,
) -> AnswerReason | None:
    """Return why an answer is not in the export; None if it is."""
    if verdict == "send_back":
        return "sent_back"
    if verdict == "correct":
        return "corrected"
    if options.approved_only and verdict != "approve" and given_id is None:
        return "not_approved"
    rows = as_rows(options.kind)
    if reply != "class" and not (rows and options.other_replies):
        return "no_class"
    return None if rows or decides else "other_decides"
