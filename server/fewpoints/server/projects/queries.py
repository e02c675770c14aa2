# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading projects."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.errors import NotFound
from fewpoints.server.projects.arriving import has_arrived, is_arriving
from fewpoints.server.projects.schemas import (
    LabelClassRead,
    PaceRead,
    ProjectCounts,
    ProjectRead,
)
from fewpoints.server.projects.tables import LabelClassRow, Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint

PACE_ANSWERS = 500  # The newest: people get faster.


def get_project(session: Session, project_id: int) -> Project:
    """Return a project.

    Raises:
        NotFound: there is none.
    """
    project = session.get(Project, project_id)
    if project is None or is_arriving(session, project_id):
        raise NotFound("project", project_id)
    return project


def class_rows(session: Session, project_ids: Sequence[int]) -> dict[int, list[LabelClassRow]]:
    """Return project id -> its classes in index order."""
    rows = session.scalars(
        select(LabelClassRow)
        .where(LabelClassRow.project_id.in_(project_ids))
        .order_by(LabelClassRow.project_id, LabelClassRow.position)
    )
    by_project: dict[int, list[LabelClassRow]] = defaultdict(list)
    for row in rows:
        by_project[row.project_id].append(row)
    return by_project


def read_class(row: LabelClassRow) -> LabelClassRead:
    """Return a class as HTTP shows it."""
    return LabelClassRead(
        index=row.position,
        name=row.name,
        color=row.color,
        key=row.key,
        instanceable=row.instanceable,
        external_id=row.external_id,
        parent=row.parent,
        description=row.description,
    )


def shown_checkpoints(session: Session, project_ids: Sequence[int]) -> dict[int, int]:
    """Return project id -> the checkpoint whose predictions it shows."""
    rows = session.execute(
        select(Checkpoint.project_id, Checkpoint.id).where(
            Checkpoint.project_id.in_(project_ids), Checkpoint.shown
        )
    )
    return {project_id: checkpoint_id for project_id, checkpoint_id in rows if project_id}


def _counts(session: Session, project_ids: Sequence[int]) -> dict[int, ProjectCounts]:
    """Return project id -> numbers over its scans, for the projects that have any."""
    rows = session.execute(
        select(
            Scan.project_id,
            func.count(),
            func.sum(Scan.query_count),
            func.sum(Scan.answered_count),
            func.sum(Scan.unsure_count),
            func.sum(Scan.skipped_count),
            func.sum(Scan.unlisted_count),
        )
        .where(Scan.project_id.in_(project_ids))
        .group_by(Scan.project_id)
    )
    return {
        project_id: ProjectCounts(
            scans=scans,
            queries=queries,
            answered=answered,
            unsure=unsure,
            skipped=skipped,
            unlisted=unlisted,
        )
        for project_id, scans, queries, answered, unsure, skipped, unlisted in rows
    }


def read_projects(session: Session, projects: Sequence[Project]) -> list[ProjectRead]:
    """Return projects as HTTP shows them, in the same order, with a fixed number of queries."""
    ids = [project.id for project in projects]
    classes = class_rows(session, ids)
    shown = shown_checkpoints(session, ids)
    counts = _counts(session, ids)
    return [
        ProjectRead(
            id=project.id,
            name=project.name,
            description=project.description,
            budget=project.budget,
            strategy=project.strategy,  # type: ignore[arg-type] # Checked when it was stored.
            auto_select=project.auto_select,
            hide_predictions=project.hide_predictions,
            classes=[read_class(row) for row in classes.get(project.id, [])],
            shown_checkpoint_id=shown.get(project.id),
            created_at=project.created_at,
            counts=counts.get(project.id, ProjectCounts()),
        )
        for project in projects
    ]


def read_project(session: Session, project_id: int) -> ProjectRead:
    """Return one project as HTTP shows it.

    Raises:
        NotFound: there is none.
    """
    return read_projects(session, [get_project(session, project_id)])[0]


def list_projects(session: Session, offset: int, limit: int) -> tuple[list[ProjectRead], int]:
    """Return a page of projects, oldest first, and how many there are."""
    here = has_arrived(Project.id)
    total = session.scalar(select(func.count()).select_from(Project).where(here)) or 0
    page = session.scalars(
        select(Project).where(here).order_by(Project.id).offset(offset).limit(limit)
    ).all()
    return read_projects(session, page), total


def read_pace(session: Session, project_id: int) -> PaceRead:
    """Return how many seconds an answer of this project takes.

    Undone answers count as well: they took their time. Imported ones were not timed here.
    """
    seconds = session.scalars(
        select(AnswerEvent.seconds)
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .where(
            Scan.project_id == project_id,
            AnswerEvent.kind == "answer",
            AnswerEvent.seconds.is_not(None),
        )
        .order_by(AnswerEvent.id.desc())
        .limit(PACE_ANSWERS)
    ).all()
    timed = [value for value in seconds if value is not None]
    return PaceRead(answers=len(timed), median_seconds=statistics.median(timed) if timed else None)
