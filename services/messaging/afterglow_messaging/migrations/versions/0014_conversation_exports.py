"""A client sees that somebody took their conversation out."""

from afterglow_foundation.ddl import create_access_log, drop_access_log
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OPENED_BEFORE = ("conversation.read", "messages.read", "audit.read", "messages.searched")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("messaging")
    create_access_log("messaging", *OPENED_BEFORE, "conversation.exported")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("messaging")
    create_access_log("messaging", *OPENED_BEFORE)
