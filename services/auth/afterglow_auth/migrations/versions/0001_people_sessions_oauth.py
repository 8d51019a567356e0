"""People, care relationships, sessions, OAuth, audit.

In auth a row is found before anybody is known: signing in is what makes somebody known. So the row policies say
`true` and the protection lies in which role may do which command at all: the app that answers requests cannot add or
delete a person or change who one is, assign care or register an OAuth client (the worker role of the operator does),
and deletes nothing but what has expired. (What admins do through the app since then stands in 0002.)
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import create_audit_events, drop_audit_events, secure_rows
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APP = "auth_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_people()
    create_care_relationships()
    create_sessions()
    create_sign_in_tries()
    create_oauth_clients()
    create_authorizations()
    create_refresh_tokens()
    create_used_assertions()
    create_signing_keys()
    create_audit_events("auth")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_audit_events()
    for table in (
        "signing_keys",
        "used_assertions",
        "refresh_tokens",
        "authorizations",
        "oauth_clients",
        "sign_in_tries",
        "sessions",
        "care_relationships",
        "people",
    ):
        op.drop_table(table)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def strings(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.ARRAY(sa.String), nullable=False)


def allow(table: str, **commands: str) -> None:
    """Row security with a policy for each command named: `allow("people", auth_app="SELECT UPDATE")`."""
    secure_rows(table, {(command, role): "true" for role, listed in commands.items() for command in listed.split()})


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        moment("created_at"),
        moment("disabled_at", nullable=True),
        moment("last_sign_in_at", nullable=True),
        sa.CheckConstraint("role IN ('admin', 'client', 'therapist')", name=op.f("ck_people_role")),
    )
    op.create_index("uq_people_email", "people", [sa.text("lower(email)")], unique=True)
    op.create_index("ix_people_name", "people", [sa.text("lower(name)"), "id"])
    allow("people", auth_app="SELECT UPDATE", auth_worker="SELECT INSERT UPDATE")
    op.execute(f"REVOKE UPDATE ON people FROM {APP}")  # what signing in changes, and no more
    op.execute(f"GRANT UPDATE (last_sign_in_at, password_hash) ON people TO {APP}")


def create_care_relationships() -> None:
    op.create_table(
        "care_relationships",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("therapist_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        moment("started_at"),
        moment("ended_at", nullable=True),
        sa.CheckConstraint("client_id <> therapist_id", name=op.f("ck_care_relationships_two_people")),
        sa.CheckConstraint("kind = 'treating'", name=op.f("ck_care_relationships_kind")),
    )
    op.create_index(
        "uq_care_relationships_live",
        "care_relationships",
        ["client_id", "therapist_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    allow("care_relationships", auth_app="SELECT", auth_worker="SELECT INSERT UPDATE")


def create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("cookie_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False, index=True),
        moment("auth_time"),
        sa.Column("acr", sa.String, nullable=False),
        strings("amr"),
        moment("created_at"),
        moment("last_seen_at"),
        sa.Column("idle_seconds", sa.Integer, nullable=False),
        moment("expires_at"),
        moment("ended_at", nullable=True),
    )
    allow("sessions", auth_app="SELECT INSERT UPDATE", auth_worker="SELECT UPDATE")


def create_sign_in_tries() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False, index=True),
        moment("waits_until", nullable=True),
        moment("noted_until", nullable=True),
    )
    allow("sign_in_tries", auth_app="SELECT INSERT UPDATE DELETE")


def create_oauth_clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("client_id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        strings("redirect_uris"),
        strings("post_logout_redirect_uris"),
        sa.Column("token_endpoint_auth_method", sa.String, nullable=False),
        sa.Column("jwks", postgresql.JSONB),
        strings("scopes"),
        strings("grants"),
        moment("created_at"),
        sa.CheckConstraint("kind IN ('confidential', 'public', 'service')", name=op.f("ck_oauth_clients_kind")),
        sa.CheckConstraint(
            "token_endpoint_auth_method IN ('none', 'private_key_jwt')", name=op.f("ck_oauth_clients_method")
        ),
        sa.CheckConstraint(
            "(token_endpoint_auth_method = 'none') = (kind = 'public')",
            name=op.f("ck_oauth_clients_public_without_key"),
        ),
    )
    allow("oauth_clients", auth_app="SELECT", auth_worker="SELECT INSERT UPDATE")


def create_authorizations() -> None:
    op.create_table(
        "authorizations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.String, sa.ForeignKey("oauth_clients.client_id"), nullable=False),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id"), nullable=False, index=True),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("nonce", sa.String),
        moment("auth_time"),
        sa.Column("acr", sa.String, nullable=False),
        strings("amr"),
        moment("created_at"),
        sa.Column("code_hash", sa.LargeBinary, nullable=False, unique=True),
        moment("code_expires_at"),
        moment("code_used_at", nullable=True),
        sa.Column("redirect_uri", sa.String, nullable=False),
        sa.Column("code_challenge", sa.String, nullable=False),
        moment("revoked_at", nullable=True),
        sa.Column("revoked_because", sa.String),
    )
    allow("authorizations", auth_app="SELECT INSERT UPDATE", auth_worker="SELECT UPDATE")


def create_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("authorization_id", sa.Uuid, sa.ForeignKey("authorizations.id"), nullable=False, index=True),
        moment("created_at"),
        moment("used_at", nullable=True),
    )
    allow("refresh_tokens", auth_app="SELECT INSERT UPDATE")


def create_used_assertions() -> None:
    op.create_table(
        "used_assertions",
        sa.Column("jti_hash", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    secure_rows(
        "used_assertions",
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): "true",
            ("DELETE", APP): "expires_at < now()",  # what is still fresh cannot be forgotten
        },
    )


def create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("public_key", postgresql.JSONB, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        moment("created_at"),
        moment("active_at"),
        moment("retires_at", nullable=True),
    )
    allow("signing_keys", auth_app="SELECT INSERT UPDATE", auth_worker="SELECT INSERT UPDATE")
