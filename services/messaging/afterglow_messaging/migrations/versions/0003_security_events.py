"""What auth tells: sessions that are over, grants, and the receiver's own notes."""

from afterglow_foundation.security_events.ddl import create_feed, create_grants, drop_feed
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_feed("messaging")
    create_grants("messaging")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("grants")
    drop_feed()
