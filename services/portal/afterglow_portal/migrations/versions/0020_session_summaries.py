"""Summaries of sessions with their versions. The client reads those that are not withheld, and no earlier version."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
IN_CARE = "client_id IN (SELECT care.client_id FROM clients_in_care() AS care)"
TREATED = "(SELECT treated.client_id FROM clients_treated() AS treated)"
WRITE = f"{ROLE} = 'therapist' AND client_id IN {TREATED}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "session_summaries",
        *owned(),
        sa.Column("session_id", sa.Uuid, nullable=False),
        *content(),
        sa.Column("edited_at", INSTANT),
        sa.Column("edited_by", sa.Uuid),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        sa.UniqueConstraint("client_id", "session_id"),
    )
    op.create_table(
        "session_summary_versions",
        *owned(),
        sa.Column("summary_id", sa.Uuid, nullable=False),
        *content(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.ForeignKeyConstraint(["client_id", "summary_id"], ["session_summaries.client_id", "session_summaries.id"]),
        sa.UniqueConstraint("client_id", "summary_id", "version"),
        sa.UniqueConstraint("client_id", "version_id"),
    )
    open_to_client = f"(client_id = {PERSON} AND NOT withheld) OR {IN_CARE}"
    writing = {("INSERT", APP): WRITE, ("UPDATE", APP): WRITE}
    secure_rows("session_summaries", {("SELECT", APP): open_to_client, **writing})
    secure_rows("session_summary_versions", {("SELECT", APP): IN_CARE, ("INSERT", APP): WRITE})


def downgrade() -> None:
    op.drop_table("session_summary_versions")
    op.drop_table("session_summaries")


def owned() -> list[sa.Column[object]]:
    return [sa.Column("client_id", sa.Uuid, primary_key=True), sa.Column("id", sa.Uuid, primary_key=True)]


def content() -> list[sa.Column[object]]:
    return [
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("withheld", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
    ]
