"""What auth tells: sessions that are over, and the receiver's own notes; the worker role ends sessions."""

import sqlalchemy as sa
from afterglow_foundation.ddl import secure_rows
from afterglow_foundation.security_events.ddl import create_feed, drop_feed
from alembic import op

revision = "0002"
down_revision = "0001"

WORKER = "web_worker"
READ = "id, person_id, role, provider_session_id, access_expires_at, created_at, ended_at, told_at"
CHANGED = "role, name, time_zone, access_token, refresh_token, id_token, access_expires_at, ended_at, told_at"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_feed("web", sessions_seen="true")  # looked at before anybody knows whose the session is
    op.add_column("web_sessions", sa.Column("told_at", sa.DateTime(timezone=True)))
    op.create_index("ix_web_sessions_provider_session_id", "web_sessions", ["provider_session_id"])
    secure_rows("web_sessions", {("SELECT", WORKER): "true", ("UPDATE", WORKER): "true"})
    op.execute(f"REVOKE SELECT, UPDATE ON web_sessions FROM {WORKER}")  # no cookie's hash, and no token to read
    op.execute(f"GRANT SELECT ({READ}), UPDATE ({CHANGED}) ON web_sessions TO {WORKER}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE ALL ON web_sessions FROM {WORKER}")
    for command in ("select", "update"):
        op.execute(f"DROP POLICY web_sessions_{command}_{WORKER} ON web_sessions")
    op.drop_index("ix_web_sessions_provider_session_id", "web_sessions")
    op.drop_column("web_sessions", "told_at")
    drop_feed()
