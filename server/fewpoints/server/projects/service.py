# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Changing projects and their class lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import ClassList, LabelClass, preset
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Invalid, NotFound
from fewpoints.server.exports.tables import Export
from fewpoints.server.jobs import service as jobs
from fewpoints.server.projects.queries import class_rows, get_project
from fewpoints.server.projects.schemas import LabelClassWrite, ProjectCreate, ProjectUpdate
from fewpoints.server.projects.tables import LabelClassRow, Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.tables import Checkpoint

DEFAULT_PRESET = "scannet20"


class ClassesInUse(Conflict):
    """A class that has answers would vanish."""

    code = "classes_in_use"

    def __init__(self, names: Sequence[str]) -> None:
        self.details = {"classes": list(names)}
        super().__init__(
            f"There are answers of {', '.join(names)}, which the new list lacks. Keep the class, "
            "or give its present index to rename it."
        )


def checked_classes(classes: Sequence[LabelClassWrite]) -> ClassList:
    """Return a valid class list; missing colours and keys are filled in.

    Raises:
        InvalidClasses: the list breaks a rule; the message names the class.
    """
    return ClassList.from_dicts(
        [entry.model_dump(exclude_unset=True, exclude={"index"}) for entry in classes]
    )


def create_project(session: Session, body: ProjectCreate) -> Project:
    """Add a project with its classes."""
    if body.preset is not None and body.classes is not None:
        raise Invalid("Give a preset or classes, not both.")
    if body.classes is not None:
        classes = checked_classes(body.classes)
    else:
        classes = preset(body.preset or DEFAULT_PRESET).classes
    project = Project(
        name=body.name,
        description=body.description,
        budget=body.budget,
        strategy=body.strategy,
        auto_select=body.auto_select,
        hide_predictions=body.hide_predictions,
    )
    session.add(project)
    session.flush()
    session.add_all(_new_row(project.id, entry) for entry in classes)
    session.flush()
    return project


def update_project(session: Session, project_id: int, body: ProjectUpdate) -> None:
    """Change what `body` gives."""
    project = get_project(session, project_id)
    given = body.model_dump(exclude_unset=True)
    if "shown_checkpoint_id" in given:
        show_checkpoint(session, project_id, given.pop("shown_checkpoint_id"))
    for name, value in given.items():
        if value is None:
            raise Invalid(f"{name} cannot be null.")
        setattr(project, name, value)
    project.updated_at = utc_now()


def show_checkpoint(session: Session, project_id: int, checkpoint_id: int | None) -> None:
    """Choose whose predictions the project shows; None shows none."""
    if checkpoint_id is not None:
        checkpoint = session.get(Checkpoint, checkpoint_id)
        if checkpoint is None or checkpoint.project_id != project_id:
            raise NotFound("checkpoint", checkpoint_id)
    session.execute(
        update(Checkpoint)
        .where(Checkpoint.project_id == project_id)
        .values(shown=Checkpoint.id == (checkpoint_id or 0))
    )
    now = utc_now()
    session.execute(update(Scan).where(Scan.project_id == project_id).values(updated_at=now))
    session.execute(update(Project).where(Project.id == project_id).values(updated_at=now))


def replace_classes(session: Session, project_id: int, classes: Sequence[LabelClassWrite]) -> None:
    """Give a project another class list; classes that stay keep their answers.

    Raises:
        ClassesInUse: a class with answers, even undone ones, is not in the new list.
    """
    project = get_project(session, project_id)
    checked = checked_classes(classes)
    old = class_rows(session, [project_id]).get(project_id, [])
    kept = _match(old, classes)
    gone = [row for row in old if row.id not in {row.id for row in kept if row is not None}]
    if gone:
        used = set(
            session.scalars(
                select(AnswerEvent.class_id)
                .where(AnswerEvent.class_id.in_([row.id for row in gone]))
                .distinct()
            )
        )
        if used:
            raise ClassesInUse([row.name for row in gone if row.id in used])
        session.execute(delete(LabelClassRow).where(LabelClassRow.id.in_([row.id for row in gone])))
    for entry, row in zip(checked, kept, strict=True):
        if row is None:
            session.add(_new_row(project_id, entry))
        else:
            _fill(row, entry)
    now = utc_now()
    project.updated_at = now
    # Predictions are translated to the present class order, so scans look different too.
    session.execute(update(Scan).where(Scan.project_id == project_id).values(updated_at=now))
    session.flush()


def _match(
    old: Sequence[LabelClassRow], new: Sequence[LabelClassWrite]
) -> list[LabelClassRow | None]:
    """Return for each new class the old one that it continues."""
    by_name = {row.name.casefold(): row for row in old}
    taken: set[int] = set()
    matched: list[LabelClassRow | None] = [None] * len(new)
    for place, entry in enumerate(new):
        if entry.index is None:
            continue
        if entry.index >= len(old):
            raise Invalid(f"There is no class with index {entry.index}.")
        row = old[entry.index]
        if row.id in taken:
            raise Invalid(f"Two classes claim the index {entry.index}.")
        taken.add(row.id)
        matched[place] = row
    for place, entry in enumerate(new):
        row_by_name = by_name.get(entry.name.casefold())
        if matched[place] is None and row_by_name is not None and row_by_name.id not in taken:
            taken.add(row_by_name.id)
            matched[place] = row_by_name
    return matched


def _new_row(project_id: int, entry: LabelClass) -> LabelClassRow:
    row = LabelClassRow(project_id=project_id)
    _fill(row, entry)
    return row


def _fill(row: LabelClassRow, entry: LabelClass) -> None:
    row.position = entry.index
    row.name = entry.name
    row.color = entry.color
    row.key = entry.key
    row.instanceable = entry.instanceable
    row.external_id = entry.external_id
    row.parent = entry.parent
    row.description = entry.description


def delete_project(session: Session, project_id: int) -> ProjectFiles:
    """Delete a project with everything in it; return the files to remove after the commit."""
    get_project(session, project_id)
    jobs.cancel_all(session, project_id=project_id)
    files = ProjectFiles(
        scans=list(session.scalars(select(Scan.id).where(Scan.project_id == project_id))),
        checkpoints=list(
            session.scalars(select(Checkpoint.id).where(Checkpoint.project_id == project_id))
        ),
        exports=list(session.scalars(select(Export.id).where(Export.project_id == project_id))),
    )
    # Answers first: they hold their classes, which may be deleted before them otherwise.
    session.execute(delete(Scan).where(Scan.project_id == project_id))
    session.execute(delete(Project).where(Project.id == project_id))
    return files


class ProjectFiles:
    """Ids of what a deleted project leaves on disk."""

    def __init__(self, *, scans: list[int], checkpoints: list[int], exports: list[int]) -> None:
        self._scans = scans
        self._checkpoints = checkpoints
        self._exports = exports

    def remove(self, storage: Storage) -> None:
        """Remove the files."""
        for scan_id in self._scans:
            storage.remove_scan(scan_id)
        for checkpoint_id in self._checkpoints:
            storage.remove_checkpoint(checkpoint_id)
        for export_id in self._exports:
            storage.remove_export(export_id)
