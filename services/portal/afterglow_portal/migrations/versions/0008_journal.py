"""The journal: entries with their versions, who they are shared with and who read them, erasures, drafts."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"client_id = {PERSON} AND {ROLE} = 'client'"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
VISIBILITY = "visibility IN ('only_me', 'therapist', 'next_session')"
PHASE = "phase IN ('preparation', 'experience', 'integration')"
TABLES = (
    "journal_drafts",
    "journal_erasures",
    "journal_readings",
    "journal_shares",
    "journal_versions",
    "journal_entries",
)
COVERING = f"""
    SELECT cover.client_id FROM grants AS cover
    WHERE cover.kind = 'cover' AND cover.therapist_id = {PERSON}
      AND cover.starts_at <= now() AND cover.ends_at > now()
"""  # noqa: S608  # constants of ours
# Whoever stands in reads what is shared with those who treat the client, and not what only a predecessor was shown.
COVERED = f"""
    client_id IN ({COVERING}) AND EXISTS (
        SELECT FROM care_relationships AS care
        WHERE care.client_id = journal_shares.client_id AND care.therapist_id = journal_shares.therapist_id
          AND care.started_at <= now() AND care.ended_at IS NULL)
"""
SHARED = """
    EXISTS (SELECT FROM journal_shares AS share
            WHERE share.client_id = journal_entries.client_id AND share.entry_id = journal_entries.id)
"""
UNREAD = """
    NOT EXISTS (SELECT FROM journal_readings AS reading
                WHERE reading.client_id = {table}.client_id AND reading.entry_id = {table}.{column})
"""
MAY_OPEN = """
    EXISTS (SELECT FROM journal_entries AS entry
            WHERE entry.client_id = journal_readings.client_id AND entry.id = journal_readings.entry_id)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "CREATE POLICY care_relationships_select_cover_portal_app ON care_relationships FOR SELECT TO portal_app"
        f" USING (client_id IN ({COVERING}))"
    )
    create_tables()
    secure_tables()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    naming = {"journal_entries": ("select", "update", "delete"), "journal_shares": ("select", "delete")}
    for table, commands in naming.items():  # these policies name tables that go first
        for command in commands:
            op.execute(f"DROP POLICY {table}_{command}_portal_app ON {table}")
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP POLICY care_relationships_select_cover_portal_app ON care_relationships")


def content_columns() -> list[sa.Column[object] | sa.CheckConstraint]:
    return [
        sa.Column("title", sa.LargeBinary),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("phase", sa.String),
        sa.Column("follows", sa.Uuid),
        sa.Column("felt_at", INSTANT, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("local_date", sa.Date, nullable=False),
        sa.Column("visibility", sa.String, nullable=False),
        sa.CheckConstraint(VISIBILITY, name="visibility"),
        sa.CheckConstraint(PHASE, name="phase"),
    ]


def owned(name: str) -> list[sa.Column[object]]:
    return [sa.Column("client_id", sa.Uuid, primary_key=True), sa.Column(name, sa.Uuid, primary_key=True)]


def of_entry(ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["client_id", "entry_id"], ["journal_entries.client_id", "journal_entries.id"], ondelete=ondelete
    )


def create_tables() -> None:
    op.create_table(
        "journal_entries",
        *owned("id"),
        *content_columns(),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edited_at", INSTANT),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
    )
    op.create_index("ix_journal_entries_client_id", "journal_entries", ["client_id", "felt_at", "id"])
    op.create_index("ix_journal_entries_follows", "journal_entries", ["client_id", "follows"])
    op.create_table(
        "journal_versions",
        *owned("id"),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *content_columns(),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
        of_entry("CASCADE"),
        sa.UniqueConstraint("client_id", "entry_id", "version"),
        sa.UniqueConstraint("client_id", "version_id"),
    )
    op.create_table(
        "journal_shares",
        *owned("entry_id"),
        sa.Column("therapist_id", sa.Uuid, primary_key=True),
        sa.Column("shared_at", INSTANT, nullable=False),
        of_entry("CASCADE"),
    )
    op.create_table(
        "journal_readings",
        *owned("entry_id"),
        sa.Column("reader_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reader_name", sa.String, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        of_entry(),
    )
    op.create_table("journal_erasures", *owned("entry_id"), sa.Column("erased_at", INSTANT, nullable=False))
    op.create_table(
        "journal_drafts",
        *owned("entry_id"),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
    )


def secure_tables() -> None:
    """The database itself refuses to take back or erase what was read, whatever a service of ours would do."""
    app = "portal_app"
    unread = UNREAD.format(table="journal_entries", column="id")
    secure_rows(
        "journal_entries",
        {
            ("SELECT", app): f"{OWN} OR (visibility = 'therapist' AND client_id IN {IN_CARE} AND {SHARED})",
            ("INSERT", app): OWN_WRITING,
            ("UPDATE", app): f"{OWN_WRITING} AND (visibility = 'therapist' OR {unread})",
            ("DELETE", app): f"{OWN_WRITING} AND {unread}",
        },
    )
    secure_rows("journal_versions", {("SELECT", app): OWN, ("INSERT", app): OWN_WRITING})
    secure_rows(
        "journal_shares",
        {
            ("SELECT", app): f"{OWN} OR therapist_id = {PERSON} OR ({COVERED})",
            ("INSERT", app): OWN_WRITING,
            ("DELETE", app): f"{OWN_WRITING} AND {UNREAD.format(table='journal_shares', column='entry_id')}",
        },
    )
    secure_rows(
        "journal_readings",
        {
            ("SELECT", app): f"{OWN} OR reader_id = {PERSON}",
            ("INSERT", app): f"reader_id = {PERSON} AND {ROLE} = 'therapist' AND {MAY_OPEN}",
        },
    )
    secure_rows("journal_erasures", {("SELECT", app): OWN, ("INSERT", app): OWN_WRITING})
    own = {(command, app): OWN_WRITING for command in ("SELECT", "INSERT", "UPDATE", "DELETE")}
    secure_rows("journal_drafts", own)
