# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the answers of each scan amount to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fewpoints.server.db.types import LongId

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "scan_figures",
        sa.Column("scan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("features_key", sa.String(200), nullable=False),
        sa.Column("event_id", LongId, nullable=False),
        sa.Column("review_id", LongId, nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("superpoints", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("explained", sa.Double(), nullable=False),
        sa.Column("reached", sa.Double(), nullable=False),
        sa.Column("class_points", sa.JSON(), nullable=False),
        sa.Column("curve_event", LongId, nullable=True),
        sa.Column("curve_review", LongId, nullable=True),
        sa.Column("curve_at", sa.DateTime(), nullable=True),
        sa.Column("curve_answers", sa.Integer(), nullable=True),
        sa.Column("curve", sa.JSON(), nullable=True),
        sa.Column("gain", sa.Double(), nullable=True),
        sa.Column("gain_low", sa.Double(), nullable=True),
        sa.Column("gain_high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["scan.id"], name="fk_scan_figures_scan_id_scan", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("scan_id", name="pk_scan_figures"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("scan_figures")
