"""Authorization requests that clients hand in (RFC 9126), and clients that must.

A request is found before anybody is known, so the row policies say by their state which rows are open: what was handed
in changes only in how far it has come, and is deleted only when its time is over.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import secure_rows
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

APP = "auth_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    must = sa.Column("require_pushed_authorization_requests", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("oauth_clients", must)
    op.create_table(
        "pushed_requests",
        sa.Column("reference_hash", sa.LargeBinary, primary_key=True),
        sa.Column("client_id", sa.String, sa.ForeignKey("oauth_clients.client_id"), nullable=False),
        sa.Column("parameters", JSONB, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("begun_until", sa.DateTime(timezone=True)),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
    secure_rows(
        "pushed_requests",
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): "begun_until IS NULL AND used_at IS NULL",
            ("DELETE", APP): "greatest(expires_at, begun_until) < now()",
        },
    )
    op.execute(f"""
        CREATE POLICY pushed_requests_update_{APP} ON pushed_requests FOR UPDATE TO {APP}
        USING (used_at IS NULL) WITH CHECK (true)
    """)
    op.execute(f"GRANT UPDATE (begun_until, used_at) ON pushed_requests TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("pushed_requests")
    op.drop_column("oauth_clients", "require_pushed_authorization_requests")
