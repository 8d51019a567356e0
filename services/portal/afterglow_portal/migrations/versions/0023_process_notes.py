"""Process notes with their versions, and the books whose data keys they are sealed under.

They are their writer's alone: every policy compares with the person who asks, and there is none for anybody else.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
OWN = f"therapist_id = {PERSON} AND {ROLE} = 'therapist'"
OWN_CLIENTS = "SELECT own.client_id FROM own_clients() AS own"
READ = f"{OWN} AND client_id IN ({OWN_CLIENTS})"
WRITE = f"{OWN} AND client_id IN ({OWN_CLIENTS} WHERE own.treated_now)"
BOOKS = "owner_id IN (SELECT book.id FROM note_books AS book)"  # as far as the person who asks sees any


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_rule()
    create_notes()
    secure_rows("note_books", {("SELECT", APP): READ, ("INSERT", APP): WRITE})
    secure_rows("process_notes", {("SELECT", APP): READ, ("INSERT", APP): WRITE, ("UPDATE", APP): WRITE})
    secure_rows("process_note_versions", {("SELECT", APP): READ, ("INSERT", APP): WRITE, ("DELETE", APP): WRITE})
    op.execute(f"CREATE POLICY data_keys_select_books_{APP} ON keys.data_keys FOR SELECT TO {APP} USING ({BOOKS})")
    op.execute(f"CREATE POLICY data_keys_insert_books_{APP} ON keys.data_keys FOR INSERT TO {APP} WITH CHECK ({BOOKS})")


def downgrade() -> None:
    for command in ("insert", "select"):
        op.execute(f"DROP POLICY data_keys_{command}_books_{APP} ON keys.data_keys")
    for table in ("process_note_versions", "process_notes", "note_books"):
        op.drop_table(table)
    op.execute("DROP FUNCTION own_clients()")


def create_rule() -> None:
    """Of whose clients a therapist may hold notes: their own, never those of somebody they stand in for.

    Reading goes on as long as in `care_open_to_caller()`, 14 days; after that nobody reads.
    """
    op.execute(f"""
        CREATE FUNCTION own_clients() RETURNS TABLE (client_id uuid, treated_now boolean)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.client_id, bool_or(care.ended_at IS NULL)
            FROM care_relationships AS care
            WHERE care.therapist_id = {PERSON} AND {ROLE} = 'therapist' AND care.started_at <= now()
              AND (care.ended_at IS NULL OR care.ended_at + interval '14 days' > now())
              AND EXISTS (SELECT FROM people AS caller WHERE caller.id = {PERSON}
                          AND caller.role = 'therapist' AND caller.disabled_at IS NULL)
            GROUP BY care.client_id;
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION own_clients() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION own_clients() TO {APP}")


def create_notes() -> None:
    op.create_table(
        "note_books",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.UniqueConstraint("therapist_id", "client_id"),
    )
    op.create_table(
        "process_notes",
        *owned(),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.LargeBinary),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edited_at", INSTANT),
        sa.Column("erased_at", INSTANT),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
        sa.CheckConstraint("(text IS NULL) = (erased_at IS NOT NULL)", name="said_or_erased"),
        sa.ForeignKeyConstraint(["therapist_id", "client_id"], ["note_books.therapist_id", "note_books.client_id"]),
    )
    op.create_index("ix_process_notes_client_id", "process_notes", ["therapist_id", "client_id", "written_at", "id"])
    op.create_table(
        "process_note_versions",
        *owned(),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("note_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
        sa.CheckConstraint("version > 0", name="version"),
        sa.ForeignKeyConstraint(["therapist_id", "note_id"], ["process_notes.therapist_id", "process_notes.id"]),
        sa.UniqueConstraint("therapist_id", "note_id", "version"),
        sa.UniqueConstraint("therapist_id", "client_id", "version_id"),
    )


def owned() -> list[sa.Column[object]]:
    return [sa.Column("therapist_id", sa.Uuid, primary_key=True), sa.Column("id", sa.Uuid, primary_key=True)]
