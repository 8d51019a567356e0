"""Open sessions are found without looking at planned and ended ones: a caseload says first who has one."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_course_sessions_open", "course_sessions", ["client_id"], postgresql_where=sa.text("state = 'open'")
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_course_sessions_open", "course_sessions")
