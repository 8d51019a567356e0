"""Where a public client's pushed request came from, as a keyed digest: only so many are kept of one network."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
INDEX = "ix_pushed_requests_network"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("pushed_requests", sa.Column("network", sa.LargeBinary))
    op.create_index(INDEX, "pushed_requests", ["network"], postgresql_where=sa.text("network IS NOT NULL"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(INDEX, "pushed_requests")
    op.drop_column("pushed_requests", "network")
