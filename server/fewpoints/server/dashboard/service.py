# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Putting the dashboard's numbers together."""

from __future__ import annotations

from sqlalchemy.orm import Session

from fewpoints.server.dashboard.coverage import points_by_class
from fewpoints.server.dashboard.queries import answers_by_class
from fewpoints.server.dashboard.schemas import ClassBalanceRead, ClassShare
from fewpoints.server.projects.queries import class_rows, get_project


def class_balance(session: Session, project_id: int) -> ClassBalanceRead:
    """Return the answers with each class, and its share of the points of labelled scans.

    Raises:
        NotFound: there is no such project.
    """
    get_project(session, project_id)
    answers = answers_by_class(session, project_id)
    points, scans, counted = points_by_class(session, project_id)
    whole = sum(points.values())
    rows = class_rows(session, [project_id]).get(project_id, [])
    return ClassBalanceRead(
        classes=[
            ClassShare(
                index=row.position,
                name=row.name,
                color=row.color,
                answers=answers.get(row.id, 0),
                share=points.get(row.id, 0) / whole if whole else None,
            )
            for row in rows
        ],
        answers=sum(answers.values()),
        scans=scans,
        counted=counted,
    )
