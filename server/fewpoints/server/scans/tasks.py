# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The import of an uploaded file."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.orm import Session

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.json_values import without_nan
from fewpoints.annotations.progress import part_of
from fewpoints.annotations.scans.archives.container import effort_bytes
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.annotations.scans.preflight import Preflight, inspect_scan
from fewpoints.annotations.scans.readers.in_process import read_fixed_in_process
from fewpoints.annotations.scans.readers.reading_limits import ReadingTooLarge, ReadingTooSlow
from fewpoints.annotations.scans.tiles import write_tiles
from fewpoints.models.selection.options import needs_features, strategy_options
from fewpoints.server.file_labels.counts import save_counts
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.projects.queries import get_project, shown_checkpoints
from fewpoints.server.projects.tables import Project
from fewpoints.server.rounds.schemas import RoundCreate
from fewpoints.server.rounds.service import queue_selection
from fewpoints.server.scans.archived import lies_in_archive, take_out
from fewpoints.server.scans.inspection import PATIENCE, reading_limits
from fewpoints.server.scans.service import queue_features
from fewpoints.server.scans.tables import Scan


def import_scan(context: JobContext, *, scan_id: int) -> dict[str, Any]:
    """Read the file once, keep its arrays and tiles, and queue what follows.

    Safe to run twice: a scan that is ready is left alone, and everything appears in one step. A
    file that cannot be read is removed, as reading it again would not help; one that would have
    taken too much time or memory stays.
    """
    with context.session() as session:
        scan = session.get(Scan, scan_id)
        if scan is None:
            raise JobCancelled
        if scan.state == "ready":
            return {"scan_id": scan_id}
        scan.state = "importing"
        scan.error = None
        archived = lies_in_archive(scan)
    if archived:
        try:
            take_out(context, scan_id, part_of(context.progress, 0.0, 0.2))
        except UnreadableScan as error:
            _give_up(context, scan_id, error.message, keep_source=False)
    reading = part_of(context.progress, 0.2 if archived else 0.0, 0.5)
    with context.read() as session:
        scan = session.get(Scan, scan_id)
        if scan is None:
            raise JobCancelled
        name, suffix, size = scan.name, scan.suffix, scan.bytes
        options = ImportOptions.from_json(scan.import_options)
    source = context.storage.scan_source(scan_id, suffix)
    # Arrays and tiles together are about as large as a binary source; text formats are larger.
    context.storage.require_free(2 * max(size, effort_bytes(source) if source.exists() else 0))

    with context.storage.work_folder(context.work_name) as work:
        data = work / "data"
        data.mkdir()
        try:
            points, undo = read_fixed_in_process(
                source,
                name=name,
                folder=data / "arrays",
                scratch_in=work,
                options=options,
                limits=reading_limits(context.settings, source).patient(PATIENCE),
                progress=reading,
            )
            context.progress(0.5, "Looking at the points")
            preflight = inspect_scan(points, name=name, undo=undo)
            manifest = write_tiles(points, data, progress=part_of(context.progress, 0.55, 0.9))
        except AppError as error:
            # More time or memory may be allowed before the next try.
            keep = isinstance(error, (ReadingTooSlow, ReadingTooLarge))
            _give_up(context, scan_id, error.message, keep_source=keep)
        context.progress(0.9, "Saving the points")
        save_counts(data / "arrays", data / "label-counts.json")
        facts = without_nan(preflight.to_dict())
        (data / "preflight.json").write_text(json.dumps(facts), encoding="utf-8")

        with context.session() as session:
            scan = session.get_one(Scan, scan_id)
            context.storage.publish(data, context.storage.scan_data(scan_id))
            scan.state = "ready"
            scan.points = len(points)
            scan.finite_points = manifest.count
            scan.format = points.source_format
            scan.voxel_size_m = float(preflight.voxel_size_m)
            scan.unit = preflight.unit
            scan.up = up_vector(preflight)
            scan.shift = list(manifest.shift)
            scan.bounds = manifest.bounds
            scan.warnings = list(preflight.warnings)
            project = get_project(session, scan.project_id)
            _queue_preparation(session, scan, project, most=manifest.count)
            shown = shown_checkpoints(session, [project.id]).get(project.id)
            if shown is not None:
                jobs.enqueue(
                    session,
                    "predict",
                    args={"scan_id": scan_id, "checkpoint_id": shown},
                    project_id=project.id,
                    scan_id=scan_id,
                )
    context.storage.remove_sources(scan_id)
    return {"scan_id": scan_id, "points": len(points)}


def _queue_preparation(session: Session, scan: Scan, project: Project, *, most: int) -> None:
    """Queue features, superpoints and the first round; one that needs neither comes first."""
    quick = project.auto_select and not needs_features(strategy_options(project.strategy))
    if not quick:
        queue_features(session, scan, user_id=None)
    if project.auto_select:
        body = RoundCreate(
            strategy=project.strategy,  # type: ignore[arg-type] # Checked when stored.
            budget=min(project.budget, most),
        )
        queue_selection(session, scan, body, user_id=None)
    if quick:
        queue_features(session, scan, user_id=None)


def up_vector(preflight: Preflight) -> list[float]:
    """Return the upward axis as a unit vector."""
    vector = [0.0, 0.0, 0.0]
    vector["xyz".index(preflight.up_axis)] = float(preflight.up_sign)
    return vector


class _Unreadable(AppError):
    """The file cannot be imported."""

    status = 422
    code = "unreadable_scan"


def _give_up(context: JobContext, scan_id: int, message: str, *, keep_source: bool) -> None:
    with context.session() as session:
        scan = session.get_one(Scan, scan_id)
        scan.state = "failed"
        scan.error = message
        scan.source_gone = not keep_source
    if not keep_source:
        context.storage.remove_sources(scan_id)
    raise _Unreadable(message)
