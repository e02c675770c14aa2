# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The log of reviews; who asked for an export, with which options, and its checksum."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fewpoints.server.db.types import LongId, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "review_event",
        sa.Column("id", LongId, nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("batch", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("answer_id", LongId, nullable=True),
        sa.Column("correction_id", LongId, nullable=True),
        sa.Column("undoes_id", LongId, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["answer_event.id"],
            name="fk_review_event_answer_id_answer_event",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["answer_event.id"],
            name="fk_review_event_correction_id_answer_event",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name="fk_review_event_scan_id_scan", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"],
            ["review_event.id"],
            name="fk_review_event_undoes_id_review_event",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_review_event_user_id_user_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_review_event"),
        sa.UniqueConstraint("client_id", name="uq_review_event_client_id"),
        sa.UniqueConstraint("undoes_id", name="uq_review_event_undoes_id"),
        sqlite_autoincrement=True,
    )
    for column in ("batch", "answer_id", "correction_id"):
        op.create_index(f"ix_review_event_{column}", "review_event", [column])
    op.create_index("ix_review_event_scan_id_id", "review_event", ["scan_id", "id"])
    op.create_index("ix_review_event_user_id_id", "review_event", ["user_id", "id"])
    op.add_column("scan", sa.Column("newest_review", LongId, nullable=True))
    with op.batch_alter_table("export") as batch:
        batch.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("options", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("sha256", sa.String(64), nullable=True))
        batch.create_foreign_key(
            "fk_export_user_id_user_account", "user_account", ["user_id"], ["id"]
        )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("export") as batch:
        batch.drop_constraint("fk_export_user_id_user_account", type_="foreignkey")
        for column in ("sha256", "options", "user_id"):
            batch.drop_column(column)
    with op.batch_alter_table("scan") as batch:
        batch.drop_column("newest_review")
    op.drop_table("review_event")
