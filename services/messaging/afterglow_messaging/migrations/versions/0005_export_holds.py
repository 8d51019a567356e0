"""Whose exports are held: auth says so, and nothing of theirs leaves meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("people", sa.Column("exports_held", sa.Boolean, nullable=False, server_default=sa.false()))
    op.alter_column("people", "exports_held", server_default=None)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("people", "exports_held")
