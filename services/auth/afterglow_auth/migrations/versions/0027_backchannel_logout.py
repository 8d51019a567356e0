"""Programs that are told when a session ends, and the way from a program to what people allowed it."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

APP = "auth_app"
COLUMNS = "backchannel_logout_uri, backchannel_logout_session_required"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("oauth_clients", sa.Column("backchannel_logout_uri", sa.String))
    required = sa.Column("backchannel_logout_session_required", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("oauth_clients", required)
    op.create_index("ix_authorizations_client_id", "authorizations", ["client_id"])
    op.execute(f"GRANT UPDATE ({COLUMNS}) ON oauth_clients TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_authorizations_client_id", "authorizations")
    op.drop_column("oauth_clients", "backchannel_logout_session_required")
    op.drop_column("oauth_clients", "backchannel_logout_uri")
