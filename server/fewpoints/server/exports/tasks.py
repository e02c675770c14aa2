# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Writing exports. Runs in workers; one format imports torch."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from fewpoints.annotations.formats.content import WrittenFile
from fewpoints.server.db.types import utc_now
from fewpoints.server.exports.content import answered, labelled_scans
from fewpoints.server.exports.plan import Plan, plan_export
from fewpoints.server.exports.schemas import ExportCreate
from fewpoints.server.exports.tables import Export
from fewpoints.server.exports.written import MANIFEST, manifest, sha256_of
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import Project
from fewpoints.server.schemas import iso_utc

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
        told = manifest(plan, made_folder, files)
        file = _one_file(context, work, made_folder, files, plan, told)
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
                kind=wanted.kind,
                filename=file.name,
                bytes=final.stat().st_size,
                snapshot=plan.facts()["snapshot"],
                user_id=session.get_one(Job, context.job_id).user_id,
                options=None if options is None else wanted.model_dump(mode="json"),
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


def _write(context: JobContext, folder: Path, plan: Plan) -> list[WrittenFile]:
    known = plan.format
    if known.answers is not None:
        return known.answers(folder, answered(context.storage, plan))
    assert known.scans is not None
    scans = labelled_scans(context.storage, plan, context.progress)
    return known.scans(folder, scans, plan.classes)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _one_file(
    context: JobContext,
    work: Path,
    made: Path,
    files: list[WrittenFile],
    plan: Plan,
    told: dict[str, Any],
) -> Path:
    """Return the only file, or a zip of all and of what the manifest tells."""
    if not plan.zipped:
        return made / files[0].name
    assert plan.filename is not None
    target = work / plan.filename
    (made / MANIFEST).write_text(_json(told), encoding="utf-8")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in (*(file.name for file in files), MANIFEST):
            context.raise_if_cancelled()
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with (
                (made / name).open("rb") as source,
                archive.open(info, "w", force_zip64=True) as out,
            ):
                while chunk := source.read(1 << 20):
                    out.write(chunk)
    return target
