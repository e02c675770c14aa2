# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Projects that are being imported, which nobody sees until they are whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import InstrumentedAttribute, Session

from fewpoints.server.projects.tables import ProjectArrival

# Any: of a column that may be null, or not.
ProjectId = InstrumentedAttribute[Any]


def has_arrived(project_id: ProjectId) -> ColumnElement[bool]:
    """Condition on rows: their project is whole, or they have none."""
    return ~exists().where(ProjectArrival.project_id == project_id)


def is_arriving(session: Session, project_id: int | None) -> bool:
    """Whether a project is not whole yet."""
    return project_id is not None and session.get(ProjectArrival, project_id) is not None
