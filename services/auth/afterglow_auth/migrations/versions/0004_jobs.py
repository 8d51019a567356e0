"""Jobs: pgqueuer's tables, in a schema of their own."""

from afterglow_foundation.ddl import create_jobs, drop_jobs
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_jobs("auth")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_jobs()
