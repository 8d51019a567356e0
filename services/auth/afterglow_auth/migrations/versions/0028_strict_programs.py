"""Admins say of programs that they must push their requests and prove a key, as a registration at the host can."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APP = "auth_app"
COLUMNS = "require_pushed_authorization_requests, dpop_bound_access_tokens"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"GRANT UPDATE ({COLUMNS}) ON oauth_clients TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE UPDATE ({COLUMNS}) ON oauth_clients FROM {APP}")
