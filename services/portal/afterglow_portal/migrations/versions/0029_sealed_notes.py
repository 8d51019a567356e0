"""Process notes whose writer is gone can be opened by two people, for a reason that is kept: one asks, another decides.

Nothing else opens: the writer's own policies stay as they are, and these ask for a writer who reads no more.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, OWNER = "portal_app", "portal_owner"
SEALED = "(client_id, author_id) IN (SELECT sealed.client_id, sealed.author_id FROM sealed_books() AS sealed)"
OPENED = "(client_id, therapist_id) IN (SELECT opened.client_id, opened.author_id FROM opened_books() AS opened)"
GROUNDS = f"{ROLE} IN ('admin', 'therapist') AND owner_id = '0195e3a0-0000-7000-8000-00000000000a'"
OWN = f"{ROLE} = 'therapist' AND asked_by = {PERSON}"
DECISION = ("decided_by", "decided_at", "approved", "ends_at")
LASTS = "interval '7 days'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_sealed()
    create_openings()
    create_opened()
    for table in ("note_books", "process_notes"):
        op.execute(f"CREATE POLICY {table}_select_opened_{APP} ON {table} FOR SELECT TO {APP} USING ({OPENED})")
    for command, clause in (("SELECT", "USING"), ("INSERT", "WITH CHECK")):  # of the words that say why
        op.execute(
            f"CREATE POLICY data_keys_{command.lower()}_openings_{APP} ON keys.data_keys FOR {command} TO {APP}"
            f" {clause} ({GROUNDS})"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for command in ("select", "insert"):
        op.execute(f"DROP POLICY data_keys_{command}_openings_{APP} ON keys.data_keys")
    for table in ("note_books", "process_notes"):
        op.execute(f"DROP POLICY {table}_select_opened_{APP} ON {table}")
    op.execute("DROP FUNCTION opened_books()")
    op.drop_table("note_openings")
    op.execute("DROP FUNCTION sealed_books()")
    op.execute(f"DROP POLICY note_books_select_{OWNER} ON note_books")


def create_sealed() -> None:
    """Of the clients whom the person who asks treats now: whose notes lie sealed, since their writer reads no more.

    It looks as the owner of the tables, who sees that there is a book and not a word of it.
    """
    op.execute(
        f"CREATE POLICY note_books_select_{OWNER} ON note_books FOR SELECT TO {OWNER} USING ({ROLE} = 'therapist')"
    )
    op.execute(f"""
        CREATE FUNCTION sealed_books() RETURNS TABLE (client_id uuid, author_id uuid, author_name text)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 5 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT book.client_id, book.therapist_id, coalesce(author.name, '')
            FROM note_books AS book LEFT JOIN people AS author ON author.id = book.therapist_id
            WHERE book.client_id IN (SELECT own.client_id FROM own_clients() AS own WHERE own.treated_now)
              AND book.therapist_id <> {PERSON}
              AND NOT EXISTS (
                  SELECT FROM care_relationships AS care JOIN people AS writer ON writer.id = care.therapist_id
                  WHERE care.therapist_id = book.therapist_id AND care.client_id = book.client_id
                    AND writer.role = 'therapist' AND writer.disabled_at IS NULL
                    AND (care.ended_at IS NULL OR care.ended_at + interval '14 days' > now()));
        END
    """)  # noqa: S608  # constants of ours
    grant("sealed_books()")


def create_openings() -> None:
    op.create_table(
        "note_openings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=False),
        sa.Column("ground", sa.String, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", INSTANT),
        sa.Column("approved", sa.Boolean),
        sa.Column("ends_at", INSTANT),
        sa.CheckConstraint("ground IN ('legal', 'client_asks', 'danger', 'complaint', 'other')", name="ground"),
        sa.CheckConstraint("decided_by <> asked_by", name="two_people"),
        sa.CheckConstraint("num_nulls(decided_by, decided_at, approved) IN (0, 3)", name="decided"),
        sa.CheckConstraint("(approved IS TRUE) = (ends_at IS NOT NULL)", name="ends"),
        sa.CheckConstraint(f"ends_at <= decided_at + {LASTS}", name="lasts"),
        sa.ForeignKeyConstraint(["author_id", "client_id"], ["note_books.therapist_id", "note_books.client_id"]),
    )
    op.create_index("ix_note_openings_asked_by", "note_openings", ["asked_by", "client_id"])
    undecided = "num_nulls(decided_by, decided_at, approved, ends_at) = 4"
    secure_rows(
        "note_openings",
        {
            ("SELECT", APP): f"({OWN}) OR {ROLE} = 'admin'",
            ("INSERT", APP): f"{OWN} AND {undecided} AND {SEALED}",
        },
    )
    op.execute(
        f"CREATE POLICY note_openings_update_{APP} ON note_openings FOR UPDATE TO {APP}"
        f" USING ({ROLE} = 'admin' AND {undecided}) WITH CHECK ({ROLE} = 'admin' AND decided_by = {PERSON})"
    )
    op.execute(f"GRANT UPDATE ({', '.join(DECISION)}) ON note_openings TO {APP}")


def create_opened() -> None:
    """Which of them are open to the person who asks: approved for them, for a week, while they lie sealed."""
    op.execute(f"""
        CREATE FUNCTION opened_books() RETURNS TABLE (client_id uuid, author_id uuid)
        LANGUAGE sql STABLE ROWS 2 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT sealed.client_id, sealed.author_id FROM sealed_books() AS sealed
            WHERE EXISTS (
                SELECT FROM note_openings AS opening
                WHERE opening.client_id = sealed.client_id AND opening.author_id = sealed.author_id
                  AND opening.asked_by = {PERSON} AND opening.approved AND opening.ends_at > now());
        END
    """)  # noqa: S608  # constants of ours
    grant("opened_books()")


def grant(function: str) -> None:
    op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")
