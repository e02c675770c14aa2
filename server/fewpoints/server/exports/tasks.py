# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Writing exports. Runs in workers; one kind imports torch."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.progress import Progress, part_of
from fewpoints.annotations.scans.scan_arrays import load_in_file_frame
from fewpoints.annotations.scans.writers import write_ply
from fewpoints.annotations.sparse_labels import write_csv
from fewpoints.server.db.types import utc_now
from fewpoints.server.dense.labellers import label, load_labeller, pairs_of
from fewpoints.server.exports.plan import Plan, PlannedScan, plan_export
from fewpoints.server.exports.schemas import ExportCreate
from fewpoints.server.exports.tables import Export
from fewpoints.server.exports.written import (
    MANIFEST,
    manifest,
    ply_comments,
    sha256_of,
    snapshot,
)
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import Project
from fewpoints.server.schemas import iso_utc
from fewpoints.server.training.predictions import read_prediction

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # The same content gives the same bytes.


def export(
    context: JobContext,
    *,
    project_id: int,
    kind: str,
    scan_ids: list[int],
    checkpoint_id: int | None,
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write one export: a file, or a zip where there are several, and a manifest beside it.

    Safe to run twice: a job finds the export that it made before.

    Args:
        kind, scan_ids: of a job that an older version queued; `options` say more.
        checkpoint_id: whose prediction; the one that was shown when the export was asked for.
    """
    with context.session() as session:
        made = session.scalar(select(Export.id).where(Export.job_id == context.job_id))
        if made is not None:
            return {"export_id": made}
    wanted = ExportCreate.model_validate(options or {"kind": kind, "scan_ids": scan_ids})
    if checkpoint_id is not None:
        wanted = wanted.model_copy(update={"checkpoint_id": checkpoint_id})
    with context.read() as session:
        if session.get(Project, project_id) is None:
            raise JobCancelled
        plan = plan_export(session, project_id, wanted)
    if not plan.scans:
        raise JobCancelled
    with context.storage.work_folder(context.work_name) as work:
        made_folder = work / "made"
        made_folder.mkdir()
        context.progress(0.0, "Writing")
        files = _write(context, made_folder, plan)
        told = manifest(plan, files)
        file = _one_file(context, work, files, plan, told)
        folder = work / "final"
        folder.mkdir()
        file.rename(folder / file.name)
        final = folder / file.name
        checksum = sha256_of(final)
        with context.session() as session:
            if session.get(Project, project_id) is None:
                raise JobCancelled
            row = Export(
                project_id=project_id,
                job_id=context.job_id,
                kind=kind,
                filename=file.name,
                bytes=final.stat().st_size,
                snapshot=snapshot(plan),
                user_id=session.get_one(Job, context.job_id).user_id,
                options=options,
                sha256=checksum,
                created_at=utc_now(),
            )
            session.add(row)
            session.flush()
            whole = {
                **told,
                "export_id": row.id,
                "made_at": iso_utc(row.created_at),
                "filename": row.filename,
                "bytes": row.bytes,
                "sha256": checksum,
            }
            (folder / MANIFEST).write_text(_json(whole), encoding="utf-8")
            context.storage.publish(folder, context.storage.export_folder(row.id))
            return {"export_id": row.id, "filename": row.filename}


def _write(context: JobContext, folder: Path, plan: Plan) -> list[Path]:
    kind = plan.options.kind
    if kind == "sparse_csv":
        return _sparse_csv(folder, plan)
    if kind == "sparse_pth":
        return _sparse_pth(folder, plan)
    if kind == "labels_ply":
        return _labels_ply(context, folder, plan)
    return _dense_ply(context, folder, plan)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _sparse_csv(folder: Path, plan: Plan) -> list[Path]:
    files = []
    for scan, name in zip(plan.scans, plan.filenames, strict=True):
        path = folder / name
        path.write_text(write_csv(scan.rows, plan.classes), encoding="utf-8")
        files.append(path)
    return files


def _sparse_pth(folder: Path, plan: Plan) -> list[Path]:
    """The dictionary of the original benchmark, and the same points with their labels."""
    from fewpoints.models.selection.files import write_labels_pth, write_points_pth

    columns = {scan.title: scan.decided.points() for scan in plan.scans}
    points, labels = (folder / name for name in plan.filenames)
    write_points_pth(points, {title: rows for title, (rows, _, _) in columns.items()})
    write_labels_pth(
        labels,
        {
            title: {"points": rows, "classes": indices, "instances": instances}
            for title, (rows, indices, instances) in columns.items()
        },
    )
    return [points, labels]


def _labels_ply(context: JobContext, folder: Path, plan: Plan) -> list[Path]:
    files = []
    for number, scan in enumerate(plan.scans):
        assert scan.labelled is not None
        progress = _part(context, plan, number)
        progress(0.0, f"Labelling {scan.title}")
        pairs = pairs_of(label(load_labeller(context.storage, scan.labelled), scan.labelled))
        path = folder / plan.filenames[number]
        files.append(path)
        _write_classes(context, path, scan, pairs[:, 0], pairs[:, 1], plan.classes, progress)
    return files


def _dense_ply(context: JobContext, folder: Path, plan: Plan) -> list[Path]:
    assert plan.checkpoint is not None
    files = []
    for number, scan in enumerate(plan.scans):
        progress = _part(context, plan, number)
        stored = context.storage.prediction_folder(scan.scan_id, plan.checkpoint.id)
        predicted, confidence = read_prediction(stored)
        if scan.translation is not None:
            predicted = np.frombuffer(scan.translation, np.uint8)[predicted]
        path = folder / plan.filenames[number]
        files.append(path)
        _write_classes(context, path, scan, predicted, confidence, plan.classes, progress)
    return files


def _part(context: JobContext, plan: Plan, number: int) -> Progress:
    count = len(plan.scans)
    return part_of(context.progress, number / count, (number + 1) / count)


def _write_classes(
    context: JobContext,
    path: Path,
    scan: PlannedScan,
    found: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
    classes: ClassList,
    progress: Progress,
) -> None:
    """Write a scan with (N,) classes and confidences beside its own columns."""
    context.storage.require_free(scan.points * 40)
    whole, columns = load_in_file_frame(
        context.storage.scan_arrays(scan.scan_id), {"class": found, "confidence": confidence}
    )
    write_ply(
        path,
        whole,
        columns,
        comments=ply_comments(classes),
        progress=progress,
    )


def _one_file(
    context: JobContext, work: Path, files: list[Path], plan: Plan, told: dict[str, Any]
) -> Path:
    """Return the only file, or a zip of all and of what the manifest tells."""
    if not plan.zipped:
        return files[0]
    assert plan.filename is not None
    target = work / plan.filename
    inside = work / MANIFEST
    inside.write_text(_json(told), encoding="utf-8")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in (*files, inside):
            context.raise_if_cancelled()
            info = zipfile.ZipInfo(path.name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as out:
                while chunk := source.read(1 << 20):
                    out.write(chunk)
    return target
