"""Clients read who looked at their account: a view without sessions, and the index for it."""

from afterglow_foundation.ddl import create_access_log, drop_access_log
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

OPENED = ("person:read", "sessions:listed", "care:listed", "covers:listed", "proposal:read", "audit:read")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_access_log("auth", *OPENED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("auth")
