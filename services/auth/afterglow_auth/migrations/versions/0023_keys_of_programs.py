"""Codes and refresh tokens that are bound to a key of the program's (RFC 9449), and programs whose tokens all are."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    bound = sa.Column("dpop_bound_access_tokens", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("oauth_clients", bound)
    op.add_column("authorizations", sa.Column("code_jkt", sa.String))
    op.add_column("authorizations", sa.Column("refresh_jkt", sa.String))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("authorizations", "refresh_jkt")
    op.drop_column("authorizations", "code_jkt")
    op.drop_column("oauth_clients", "dpop_bound_access_tokens")
