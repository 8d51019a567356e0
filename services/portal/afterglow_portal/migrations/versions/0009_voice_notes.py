"""Voice notes of journal entries: what each is, its content in sealed chunks, and who played it."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"client_id = {PERSON} AND {ROLE} = 'client'"
LEFT_LYING = "finished_at IS NULL AND created_at < now() - interval '1 day'"
# Whoever may see the entry may see what belongs to it: these subqueries are under row-level security themselves.
OF_OPEN_ENTRY = """
    finished_at IS NOT NULL AND EXISTS (
        SELECT FROM journal_entries AS entry
        WHERE entry.client_id = voice_notes.client_id AND entry.id = voice_notes.entry_id)
"""
OF_OPEN_NOTE = """
    EXISTS (SELECT FROM voice_notes AS note
            WHERE note.client_id = {table}.client_id AND note.id = {table}.note_id AND {condition})
"""
UNPLAYED = """
    NOT EXISTS (SELECT FROM voice_note_readings AS reading
                WHERE reading.client_id = voice_notes.client_id AND reading.note_id = voice_notes.id)
"""
PARTS = ("chunks", "readings")
NOTE = (["client_id", "note_id"], ["voice_notes.client_id", "voice_notes.id"])


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    secure_tables()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY voice_notes_delete_portal_app ON voice_notes")  # it names a table that goes first
    for table in ("voice_note_readings", "voice_note_chunks", "voice_notes"):
        op.drop_table(table)


def create_tables() -> None:
    op.create_table(
        "voice_notes",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Integer),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.CheckConstraint("received BETWEEN 0 AND size", name="received"),
        sa.CheckConstraint("(finished_at IS NOT NULL) = (received = size)", name="finished"),
    )
    op.create_index("ix_voice_notes_client_id_entry_id", "voice_notes", ["client_id", "entry_id"])
    op.create_table(
        "voice_note_chunks",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("note_id", sa.Uuid, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(*NOTE, ondelete="CASCADE"),
    )
    op.execute("ALTER TABLE voice_note_chunks ALTER COLUMN content SET STORAGE EXTERNAL")  # sealed, none gets smaller
    op.create_table(
        "voice_note_readings",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("note_id", sa.Uuid, primary_key=True),
        sa.Column("reader_id", sa.Uuid, primary_key=True),
        sa.Column("reader_name", sa.String, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(*NOTE),
    )


def secure_tables() -> None:
    """The worker sees when an upload was begun and ended, and takes away what was left lying; nothing else."""
    app, worker = "portal_app", "portal_worker"
    heard, played = [OF_OPEN_NOTE.format(table=f"voice_note_{name}", condition="true") for name in PARTS]
    unfinished = OF_OPEN_NOTE.format(table="voice_note_chunks", condition="note.finished_at IS NULL")
    secure_rows(
        "voice_notes",
        {
            ("SELECT", app): f"{OWN} OR ({OF_OPEN_ENTRY})",
            ("INSERT", app): OWN_WRITING,
            ("UPDATE", app): OWN_WRITING,
            ("DELETE", app): f"{OWN_WRITING} AND {UNPLAYED}",
            ("SELECT", worker): LEFT_LYING,
            ("DELETE", worker): LEFT_LYING,
        },
    )
    op.execute("REVOKE SELECT ON voice_notes FROM portal_worker")
    op.execute("GRANT SELECT (created_at, finished_at) ON voice_notes TO portal_worker")
    secure_rows("voice_note_chunks", {("SELECT", app): heard, ("INSERT", app): f"{OWN_WRITING} AND {unfinished}"})
    secure_rows(
        "voice_note_readings",
        {
            ("SELECT", app): f"{OWN} OR reader_id = {PERSON}",
            ("INSERT", app): f"reader_id = {PERSON} AND {ROLE} = 'therapist' AND {played}",
        },
    )
