# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scans know their counts, jobs know their batch, queries can be deleted by the thousand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fewpoints.server.db.types import LongId

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTS = (
    "query_count",
    "open_count",
    "answered_count",
    "unsure_count",
    "skipped_count",
    "unlisted_count",
    "answer_count",
)
STANDS = (
    "{0}.kind IN ('answer', 'import')"
    " AND NOT EXISTS (SELECT 1 FROM answer_event u WHERE u.undoes_id = {0}.id)"
)
# The newest answer at a query's point that was not taken back, whoever gave it.
BY_REPLY = f"""
UPDATE scan SET {{column}} = (
    SELECT count(*) FROM query q JOIN answer_event e
    ON e.scan_id = q.scan_id AND e.point_index = q.point_index
    WHERE q.scan_id = scan.id AND e.reply = '{{reply}}' AND e.id = (
        SELECT max(n.id) FROM answer_event n
        WHERE n.scan_id = q.scan_id AND n.point_index = q.point_index AND {STANDS.format("n")}
    )
)
"""
STATEMENTS = (
    "UPDATE scan SET query_count = (SELECT count(*) FROM query q WHERE q.scan_id = scan.id)",
    BY_REPLY.format(column="answered_count", reply="class"),
    BY_REPLY.format(column="unsure_count", reply="unsure"),
    BY_REPLY.format(column="skipped_count", reply="skip"),
    BY_REPLY.format(column="unlisted_count", reply="unlisted"),
    """
UPDATE scan SET open_count =
    query_count - answered_count - unsure_count - skipped_count - unlisted_count
""",
    f"""
UPDATE scan SET answer_count = (
    SELECT count(*) FROM (
        SELECT DISTINCT e.point_index, e.user_id, e.author FROM answer_event e
        WHERE e.scan_id = scan.id AND {STANDS.format("e")}
    ) AS live
)
""",
    """
UPDATE scan SET newest_event = (
    SELECT max(e.id) FROM answer_event e WHERE e.scan_id = scan.id
)
""",
    """
UPDATE scan SET answered_at = (
    SELECT e.created_at FROM answer_event e WHERE e.id = scan.newest_event
)
""",
)


def upgrade() -> None:
    """Apply the change."""
    for name in COUNTS:
        op.add_column(
            "scan", sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
    op.add_column("scan", sa.Column("newest_event", LongId, nullable=True))
    op.add_column("scan", sa.Column("answered_at", sa.DateTime(), nullable=True))
    op.add_column("job", sa.Column("batch", sa.Integer(), nullable=True))
    op.create_index("ix_job_batch", "job", ["batch"])
    op.create_index("ix_answer_event_query_id", "answer_event", ["query_id"])
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_answer_event_query_id", "answer_event")
    op.drop_index("ix_job_batch", "job")
    with op.batch_alter_table("job") as table:
        table.drop_column("batch")
    with op.batch_alter_table("scan") as table:
        for name in ("answered_at", "newest_event", *reversed(COUNTS)):
            table.drop_column(name)
