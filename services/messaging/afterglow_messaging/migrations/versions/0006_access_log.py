"""Clients read who opened their conversations: a view without sessions, and the index for it."""

from afterglow_foundation.ddl import create_access_log, drop_access_log
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPENED = ("conversation.read", "messages.read", "audit.read")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_access_log("messaging", *OPENED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("messaging")
