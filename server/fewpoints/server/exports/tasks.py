# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Writing exports. Runs in workers; one kind imports torch."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.progress import Progress, part_of
from fewpoints.annotations.scans.writers import write_ply
from fewpoints.annotations.sparse_labels import SparseLabels, write_csv
from fewpoints.server.answers.sparse import class_list, sparse_labels
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.dense.labellers import label, load_labeller, pairs_of
from fewpoints.server.dense.queries import Labelled, NoAnswersYet, read_labelled
from fewpoints.server.exports.tables import Export
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.scan_arrays import load_arrays
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.predictions import read_prediction
from fewpoints.server.training.queries import find_prediction

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # The same content gives the same bytes.


@dataclass(frozen=True)
class _Part:
    """One scan as it was when the export began."""

    scan_id: int
    title: str
    points: int
    labels: SparseLabels
    translation: bytes | None
    labelled: Labelled | None


def export(
    context: JobContext,
    *,
    project_id: int,
    kind: str,
    scan_ids: list[int],
    checkpoint_id: int | None,
) -> dict[str, Any]:
    """Write one export: a file, or a zip where there are several.

    Safe to run twice: a job finds the export that it made before.
    """
    with context.session() as session:
        made = session.scalar(select(Export.id).where(Export.job_id == context.job_id))
        if made is not None:
            return {"export_id": made}
    with context.read() as session:
        project = session.get(Project, project_id)
        if project is None:
            raise JobCancelled
        title = slug(project.name, fallback="project")
        classes = class_list(session, project_id)
        parts = _parts(session, kind, scan_ids, checkpoint_id)
        mine = select(Scan.id).where(Scan.project_id == project_id)
        last = session.scalar(select(func.max(AnswerEvent.id)).where(AnswerEvent.scan_id.in_(mine)))
    if not parts:
        raise JobCancelled
    with context.storage.work_folder(context.work_name) as work:
        made_folder = work / "made"
        made_folder.mkdir()
        context.progress(0.0, "Writing")
        if kind == "sparse_csv":
            files = _sparse_csv(made_folder, parts, classes)
        elif kind == "sparse_pth":
            files = _sparse_pth(made_folder, parts)
        elif kind == "labels_ply":
            files = _labels_ply(context, made_folder, parts, classes)
        else:
            assert kind == "dense_ply"
            assert checkpoint_id is not None
            files = _dense_ply(context, made_folder, parts, checkpoint_id, classes)
        file = _one_file(context, work, files, f"{title}-{kind.replace('_', '-')}.zip")
        folder = work / "final"
        folder.mkdir()
        file.rename(folder / file.name)
        with context.session() as session:
            if session.get(Project, project_id) is None:
                raise JobCancelled
            row = Export(
                project_id=project_id,
                job_id=context.job_id,
                kind=kind,
                filename=file.name,
                bytes=(folder / file.name).stat().st_size,
                snapshot={
                    "last_event_id": last or 0,
                    "checkpoint_id": checkpoint_id,
                    "scan_ids": [part.scan_id for part in parts],
                    "answers": sum(len(part.labels) for part in parts),
                },
            )
            session.add(row)
            session.flush()
            context.storage.publish(folder, context.storage.export_folder(row.id))
            return {"export_id": row.id, "filename": row.filename}


def slug(name: str, *, fallback: str) -> str:
    """Return a name that is a safe part of a file name everywhere."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:80] or fallback


def _parts(
    session: Session, kind: str, scan_ids: list[int], checkpoint_id: int | None
) -> list[_Part]:
    scans = session.scalars(
        select(Scan).where(Scan.id.in_(scan_ids), Scan.state == "ready").order_by(Scan.id)
    ).all()
    titles = [slug(scan.name.rpartition(".")[0] or scan.name, fallback="scan") for scan in scans]
    parts = []
    for scan, title in zip(scans, titles, strict=True):
        translation = None
        if checkpoint_id is not None:
            found = find_prediction(session, scan, checkpoint_id)
            if found is None:
                continue
            translation = found.translation
        labelled = None
        if kind == "labels_ply":
            try:
                labelled = read_labelled(session, scan)
            except NoAnswersYet:  # They were taken back since the export was asked for.
                continue
        unique = title if titles.count(title) == 1 else f"{title}-{scan.id}"
        assert scan.points is not None
        parts.append(
            _Part(
                scan.id, unique, scan.points, sparse_labels(session, scan.id), translation, labelled
            )
        )
    return parts


def _sparse_csv(folder: Path, parts: list[_Part], classes: ClassList) -> list[Path]:
    files = []
    for part in parts:
        path = folder / f"{part.title}-sparse.csv"
        path.write_text(write_csv(part.labels, classes), encoding="utf-8")
        files.append(path)
    return files


def _sparse_pth(folder: Path, parts: list[_Part]) -> list[Path]:
    """The dictionary of the original benchmark, and the same points with their labels."""
    from fewpoints.models.selection.files import write_labels_pth, write_points_pth

    columns = {part.title: part.labels.points() for part in parts}
    points, labels = folder / "points.pth", folder / "labels.pth"
    write_points_pth(points, {title: rows for title, (rows, _, _) in columns.items()})
    write_labels_pth(
        labels,
        {
            title: {"points": rows, "classes": indices, "instances": instances}
            for title, (rows, indices, instances) in columns.items()
        },
    )
    return [points, labels]


def _labels_ply(
    context: JobContext, folder: Path, parts: list[_Part], classes: ClassList
) -> list[Path]:
    files = []
    for number, part in enumerate(parts):
        assert part.labelled is not None
        progress = part_of(context.progress, number / len(parts), (number + 1) / len(parts))
        progress(0.0, f"Labelling {part.title}")
        pairs = pairs_of(label(load_labeller(context.storage, part.labelled), part.labelled))
        path = folder / f"{part.title}-labels.ply"
        files.append(path)
        _write_classes(context, path, part, pairs[:, 0], pairs[:, 1], classes, progress)
    return files


def _dense_ply(
    context: JobContext,
    folder: Path,
    parts: list[_Part],
    checkpoint_id: int,
    classes: ClassList,
) -> list[Path]:
    files = []
    for number, part in enumerate(parts):
        progress = part_of(context.progress, number / len(parts), (number + 1) / len(parts))
        stored = context.storage.prediction_folder(part.scan_id, checkpoint_id)
        predicted, confidence = read_prediction(stored)
        if part.translation is not None:
            predicted = np.frombuffer(part.translation, np.uint8)[predicted]
        path = folder / f"{part.title}-predicted.ply"
        files.append(path)
        _write_classes(context, path, part, predicted, confidence, classes, progress)
    return files


def _write_classes(
    context: JobContext,
    path: Path,
    part: _Part,
    found: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
    classes: ClassList,
    progress: Progress,
) -> None:
    """Write a scan with (N,) classes and confidences beside its own columns."""
    context.storage.require_free(part.points * 40)
    write_ply(
        path,
        load_arrays(context.storage.scan_arrays(part.scan_id)),
        {"class": found, "confidence": confidence},
        comments=(
            "class 255 is none; confidence is a probability times 255",
            *(f"class {entry.index} {entry.name}" for entry in classes),
        ),
        progress=progress,
    )


def _one_file(context: JobContext, work: Path, files: list[Path], zip_name: str) -> Path:
    if len(files) == 1:
        return files[0]
    target = work / zip_name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in files:
            context.raise_if_cancelled()
            info = zipfile.ZipInfo(path.name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as out:
                while chunk := source.read(1 << 20):
                    out.write(chunk)
    return target
