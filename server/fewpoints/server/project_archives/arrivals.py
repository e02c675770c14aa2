# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Projects on their way in: marked before their first row, and removed if they never arrive.

Their rows and files are written bit by bit, and nobody sees them while there is a row of
`ProjectArrival`. It goes in the transaction that completes the project. Where there is one and
nobody imports, an import was killed.
"""

from __future__ import annotations

from sqlalchemy import Table, delete, exists, select
from sqlalchemy.orm import Session

from fewpoints.server.db.all_tables import metadata
from fewpoints.server.db.engine import Database
from fewpoints.server.jobs.tables import Job
from fewpoints.server.project_archives.portions import Portions
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.project_archives.turns import turn_if_free
from fewpoints.server.projects.tables import Project, ProjectArrival
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.tables import Checkpoint
from fewpoints.server.users.tables import User


def sweep(database: Database, storage: Storage) -> None:
    """Remove what killed imports left, unless an import runs just now: it does that itself."""
    with turn_if_free(storage.import_lock_file) as free:
        if free:
            remove_arrivals(database, storage)


def remove_arrivals(database: Database, storage: Storage) -> None:
    """Remove every project on its way in, its files first. For whoever has the turn."""
    with database.read() as session:
        found = session.scalars(select(ProjectArrival.project_id)).all()
    for project_id in found:
        # As long as there are rows, the files are known: killed now, it is done again.
        _remove_files(database, storage, project_id)
        _remove_rows(database, project_id)


def _remove_files(database: Database, storage: Storage, project_id: int) -> None:
    with database.read() as session:
        scans = session.scalars(select(Scan.id).where(Scan.project_id == project_id)).all()
        checkpoints = session.scalars(
            select(Checkpoint.id).where(Checkpoint.project_id == project_id)
        ).all()
        jobs = session.scalars(select(Job.id).where(Job.project_id == project_id)).all()
    for scan_id in scans:
        storage.remove_scan(scan_id)
    for checkpoint_id in checkpoints:
        storage.remove_checkpoint(checkpoint_id)
    for job_id in jobs:
        storage.job_losses(job_id).unlink(missing_ok=True)


def _remove_rows(database: Database, project_id: int) -> None:
    portions = Portions(database, database.write)
    for rule in reversed(RULES):
        if rule.table is not Project.__table__:
            _remove_rows_of(database, portions, rule, project_id)
    with portions.transaction() as session:
        arrival = session.get_one(ProjectArrival, project_id)
        for user_id in arrival.new_people:
            _remove_person(session, user_id)
        session.execute(delete(Project).where(Project.id == project_id))


def _remove_rows_of(
    database: Database, portions: Portions, rule: TableRule, project_id: int
) -> None:
    """Remove a project's rows of one table, the newest first: they may refer to older ones."""
    (key,) = rule.table.primary_key.columns
    with database.read() as session:
        mine = select(key).where(rule.belongs(project_id)).order_by(key.desc())
        ids = session.scalars(mine).all()
    for block in portions.blocks(ids):
        with portions.transaction() as session:
            session.execute(delete(rule.table).where(key.in_(block)))


def _remove_person(session: Session, user_id: int) -> None:
    """Remove somebody whom an import brought along, unless they are somebody here by now."""
    if not any(_refers_to_person(session, table, user_id) for table in metadata.sorted_tables):
        session.execute(delete(User).where(User.id == user_id))


def _refers_to_person(session: Session, table: Table, user_id: int) -> bool:
    columns = {
        column
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table is User.__table__
    }
    return any(session.scalar(select(exists().where(column == user_id))) for column in columns)
