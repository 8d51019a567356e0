"""Sessions of browsers, sign-ins on their way, kept forms; audit events and data keys.

A session is looked for before anybody knows whose it is, so its policies go by `app.web_session`: the hash of the
cookie that was sent. Rows that are long over may be seen and swept by whoever comes by; their tokens are gone or
of no use.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import (
    PERSON,
    create_audit_events,
    create_data_keys,
    drop_audit_events,
    drop_data_keys,
    secure_rows,
)
from alembic import op

revision = "0001"
down_revision = None

OWN_COOKIE = "cookie_hash = decode(nullif(current_setting('app.web_session', true), ''), 'hex')"
OWN = f"person_id = {PERSON}"
SPENT = "expires_at < now()"
LONG_SPENT = "expires_at < now() - interval '1 day'"


def upgrade() -> None:
    create_audit_events("web")
    create_data_keys(
        "web", {("SELECT", "web_app"): f"owner_id = {PERSON}", ("INSERT", "web_app"): f"owner_id = {PERSON}"}
    )
    create_sessions()
    create_sign_in_attempts()
    create_kept_forms()
    create_finder()


def create_sessions() -> None:
    op.create_table(
        "web_sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("cookie_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("person_id", sa.Uuid, nullable=False, index=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("provider_session_id", sa.Uuid),
        sa.Column("csrf_secret", sa.LargeBinary, nullable=False),
        sa.Column("access_token", sa.LargeBinary),
        sa.Column("refresh_token", sa.LargeBinary),
        sa.Column("id_token", sa.LargeBinary),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    secure_rows(
        "web_sessions",
        {
            ("SELECT", "web_app"): f"{OWN_COOKIE} OR {LONG_SPENT}",
            ("INSERT", "web_app"): f"{OWN_COOKIE} AND {OWN}",
            ("UPDATE", "web_app"): OWN_COOKIE,
            ("DELETE", "web_app"): LONG_SPENT,
        },
    )


def create_sign_in_attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("cookie_hash", sa.LargeBinary, primary_key=True),
        sa.Column("return_to", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    secure_rows(
        "sign_in_attempts",
        {
            ("SELECT", "web_app"): f"{OWN_COOKIE} OR {SPENT}",
            ("INSERT", "web_app"): OWN_COOKIE,
            ("DELETE", "web_app"): f"{OWN_COOKIE} OR {SPENT}",
        },
    )


def create_kept_forms() -> None:
    op.create_table(
        "kept_forms",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False, index=True),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    secure_rows(
        "kept_forms",
        {
            ("SELECT", "web_app"): f"{OWN} OR {SPENT}",
            ("INSERT", "web_app"): OWN,
            ("DELETE", "web_app"): f"{OWN} OR {SPENT}",
        },
    )


def create_finder() -> None:
    """Context and row in one statement: every signed-in request begins with this, and pays one round trip for it."""
    op.execute("""
        CREATE FUNCTION find_web_session(wanted bytea) RETURNS SETOF web_sessions LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM set_config('app.web_session', encode(wanted, 'hex'), true);
          RETURN QUERY SELECT * FROM web_sessions WHERE cookie_hash = wanted;
        END $$
    """)


def downgrade() -> None:
    op.execute("DROP FUNCTION find_web_session(bytea)")
    for table in ("kept_forms", "sign_in_attempts", "web_sessions"):
        op.drop_table(table)
    drop_data_keys()
    drop_audit_events()
