"""Admins register programs and read what the audit keeps. The system's own clients stay as its installation made them.

Auth's audit was readable by the person concerned before; the index on the actor is new.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import ROLE, close_audit_to_admins, open_audit_to_admins
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APP = "auth_app"
MINE = (
    f"{ROLE} = 'admin' AND kind IN ('confidential', 'public')"
    " AND client_id NOT IN ('messaging', 'portal', 'web', 'web-events')"
)
CHANGED = "disabled_at, jwks, name, post_logout_redirect_uris, redirect_uris, scopes, version"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("oauth_clients", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("oauth_clients", sa.Column("body_digest", sa.LargeBinary))
    op.add_column("oauth_clients", sa.Column("disabled_at", sa.DateTime(timezone=True)))
    for command, clause in (("INSERT", f"WITH CHECK ({MINE})"), ("UPDATE", f"USING ({MINE}) WITH CHECK ({MINE})")):
        name = f"oauth_clients_{command.lower()}_{APP}"
        op.execute(f"CREATE POLICY {name} ON oauth_clients FOR {command} TO {APP} {clause}")
    op.execute(f"GRANT INSERT, UPDATE ({CHANGED}) ON oauth_clients TO {APP}")
    open_audit_to_admins("auth", "actor_id")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    close_audit_to_admins("auth", "actor_id")
    op.execute(f"REVOKE INSERT, UPDATE ON oauth_clients FROM {APP}")
    op.execute(f"REVOKE UPDATE ({CHANGED}) ON oauth_clients FROM {APP}")
    for command in ("insert", "update"):
        op.execute(f"DROP POLICY oauth_clients_{command}_{APP} ON oauth_clients")
    for column in ("disabled_at", "body_digest", "version"):
        op.drop_column("oauth_clients", column)
