# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that came with the files of scans, taken in as answers or as the truth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "label_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("field", sa.String(200), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("class_ids", sa.JSON(), nullable=False),
        sa.Column("scan_ids", sa.JSON(), nullable=False),
        sa.Column("per_class", sa.Integer(), nullable=True),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name="fk_label_import_project_id_project",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_label_import_user_id_user_account"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name="fk_label_import_job_id_job", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_label_import"),
        sa.UniqueConstraint("client_id", name="uq_label_import_client_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_label_import_project_id", "label_import", ["project_id"])
    op.create_table(
        "ground_truth",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("class_points", sa.JSON(), nullable=False),
        sa.Column("measured", sa.String(200), nullable=True),
        sa.Column("table", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name="fk_ground_truth_scan_id_scan", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["label_import.id"],
            name="fk_ground_truth_import_id_label_import",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ground_truth"),
        sa.UniqueConstraint("scan_id", "import_id", name="uq_ground_truth_scan_id_import_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ground_truth_import_id", "ground_truth", ["import_id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_ground_truth_import_id", "ground_truth")
    op.drop_table("ground_truth")
    op.drop_index("ix_label_import_project_id", "label_import")
    op.drop_table("label_import")
