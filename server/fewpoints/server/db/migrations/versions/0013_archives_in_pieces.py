# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives of projects come in pieces like scans, but belong to no project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COUNTS_UP = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("upload", table_kwargs=_COUNTS_UP) as batch:
        batch.alter_column("project_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("job_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_upload_job_id_job"), "job", ["job_id"], ["id"], ondelete="CASCADE"
        )


def downgrade() -> None:
    """Take the change back."""
    op.execute("DELETE FROM upload WHERE project_id IS NULL")
    with op.batch_alter_table("upload", table_kwargs=_COUNTS_UP) as batch:
        batch.drop_constraint(op.f("fk_upload_job_id_job"), type_="foreignkey")
        batch.drop_column("job_id")
        batch.alter_column("project_id", existing_type=sa.Integer(), nullable=False)
