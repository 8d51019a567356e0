"""A therapist may watch for raised energy: a switch in the plan, off until somebody switches it on (decision 0073)."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLES = ("courses", "course_versions")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.add_column(table, sa.Column("watch_energy", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_courses_watched", "courses", ["client_id"], postgresql_where=sa.text("watch_energy"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_courses_watched", "courses")
    for table in reversed(TABLES):
        op.drop_column(table, "watch_energy")
