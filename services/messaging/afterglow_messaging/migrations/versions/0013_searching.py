"""A client sees that somebody's search showed words of their conversation."""

from afterglow_foundation.ddl import create_access_log, drop_access_log
from alembic import op

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None

OPENED_BEFORE = ("conversation.read", "messages.read", "audit.read")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("messaging")
    create_access_log("messaging", *OPENED_BEFORE, "messages.searched")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("messaging")
    create_access_log("messaging", *OPENED_BEFORE)
