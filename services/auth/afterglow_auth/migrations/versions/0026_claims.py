"""Claims that a program asked for by name (OpenID Connect Core §5.5), kept with what it was allowed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("authorizations", sa.Column("claims", JSONB, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("authorizations", "claims")
