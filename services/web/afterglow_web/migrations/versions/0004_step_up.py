"""Step-up: when and how somebody last proved who they are, their language, and step-ups on their way.

A step-up gives the session another cookie. The row must then meet its policies under the old hash before and under the
new one after: `app.next_web_session` names that one, for the one statement that changes it.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, secure_rows
from alembic import op

revision = "0004"
down_revision = "0003"

OWN_COOKIE = "cookie_hash = decode(nullif(current_setting('app.web_session', true), ''), 'hex')"
NEXT_COOKIE = "cookie_hash = decode(nullif(current_setting('app.next_web_session', true), ''), 'hex')"
LONG_SPENT = "expires_at < now() - interval '1 day'"
OWN = f"person_id = {PERSON}"
SPENT = "expires_at < now()"
ON_SESSIONS = "ON web_sessions"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("web_sessions", sa.Column("auth_time", sa.DateTime(timezone=True)))
    op.add_column("web_sessions", sa.Column("acr", sa.String))
    op.add_column("web_sessions", sa.Column("locale", sa.String, nullable=False, server_default="en"))
    op.add_column("web_sessions", sa.Column("earlier_csrf_secret", sa.LargeBinary))
    op.alter_column("web_sessions", "locale", server_default=None)
    op.execute("GRANT UPDATE (locale) ON web_sessions TO web_worker")
    op.execute(
        f"ALTER POLICY web_sessions_select_web_app {ON_SESSIONS} USING ({OWN_COOKIE} OR {NEXT_COOKIE} OR {LONG_SPENT})"
    )
    op.execute(
        f"ALTER POLICY web_sessions_update_web_app {ON_SESSIONS}"
        f" USING ({OWN_COOKIE}) WITH CHECK ({OWN_COOKIE} OR {NEXT_COOKIE})"
    )
    create_step_up_attempts()


def create_step_up_attempts() -> None:
    op.create_table(
        "step_up_attempts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False, index=True),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("return_to", sa.String, nullable=False),
        sa.Column("max_age", sa.Integer, nullable=False),
        sa.Column("acr_values", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    secure_rows(
        "step_up_attempts",
        {
            ("SELECT", "web_app"): f"{OWN} OR {SPENT}",
            ("INSERT", "web_app"): OWN,
            ("DELETE", "web_app"): f"{OWN} OR {SPENT}",
        },
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("step_up_attempts")
    op.execute(f"ALTER POLICY web_sessions_select_web_app {ON_SESSIONS} USING ({OWN_COOKIE} OR {LONG_SPENT})")
    op.execute(f"ALTER POLICY web_sessions_update_web_app {ON_SESSIONS} USING ({OWN_COOKIE}) WITH CHECK ({OWN_COOKIE})")
    for column in ("earlier_csrf_secret", "locale", "acr", "auth_time"):
        op.drop_column("web_sessions", column)
