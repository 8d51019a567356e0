"""What is shared is shared with whoever treats the client then: check-ins too, as journal entries always were.

A successor reads the record, and of earlier check-ins and entries what the client chooses to show. Whose care has
ended reads nothing that came to be shared since, and after the fourteen days not even that there was something.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, OWNER = "portal_app", "portal_owner"
FUNCTIONS = ("sharing_bounds()", "opened_by_caller(uuid, uuid)")
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"{OWN} AND {ROLE} = 'client'"
IN_CARE = "client_id IN (SELECT care.client_id FROM clients_in_care() AS care)"
COVERING = f"""
    SELECT cover.client_id FROM grants AS cover
    WHERE cover.kind = 'cover' AND cover.therapist_id = {PERSON}
      AND cover.starts_at <= now() AND cover.ends_at > now()
    UNION ALL SELECT opened.client_id FROM records_opened() AS opened
"""  # noqa: S608  # constants of ours
COVERED = f"""
    client_id IN ({COVERING}) AND EXISTS (
        SELECT FROM care_relationships AS care
        WHERE care.client_id = journal_shares.client_id AND care.therapist_id = journal_shares.therapist_id
          AND care.started_at <= now() AND care.ended_at IS NULL)
"""
SHOWN = f"""
    EXISTS (SELECT FROM earlier_shares AS shown
            WHERE shown.client_id = check_ins.client_id AND shown.therapist_id = {PERSON}
              AND check_ins.local_date BETWEEN shown.from_date AND shown.until_date
              AND (shown.taken_back_at IS NULL OR opened_by_caller(check_ins.client_id, check_ins.id)))
"""  # constants of ours
WITHIN = f"""
    (client_id NOT IN (SELECT bound.client_id FROM sharing_bounds() AS bound)
     OR EXISTS (SELECT FROM sharing_bounds() AS bound
                WHERE bound.client_id = check_ins.client_id
                  AND coalesce(check_ins.shared_at, check_ins.entered_at) >= bound.from_at
                  AND coalesce(check_ins.shared_at, check_ins.entered_at) < bound.until_at)
     OR {SHOWN})
"""  # noqa: S608  # constants of ours
SHARED = f"visibility = 'therapist' AND {IN_CARE}"
READINGS = ("check_in_readings", "journal_readings", "pinned_line_readings", "voice_note_readings")
TAKEN_BACK = f"""
    {OWN_WRITING}
    AND EXISTS (SELECT FROM earlier_shares AS shown
                WHERE shown.client_id = journal_shares.client_id AND shown.therapist_id = journal_shares.therapist_id
                  AND shown.chosen_at = journal_shares.shared_at AND shown.taken_back_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM journal_readings AS reading
                    WHERE reading.client_id = journal_shares.client_id AND reading.entry_id = journal_shares.entry_id
                      AND reading.reader_id = journal_shares.therapist_id)
"""  # noqa: S608  # constants of ours
FILLED = ("check_ins", "check_in_versions")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("check_ins", sa.Column("shared_at", INSTANT))
    fill()
    create_shares()
    create_bounds()
    op.execute(f"ALTER POLICY check_ins_select_{APP} ON check_ins USING ({OWN} OR ({SHARED} AND {WITHIN}))")
    op.execute(
        f"CREATE POLICY journal_shares_delete_shown_{APP} ON journal_shares FOR DELETE TO {APP} USING ({TAKEN_BACK})"
    )
    end_with_care(f"AND {IN_CARE}")
    replace_release(
        ", shared_at = now()",
        "AND coalesce(entry.edited_at, entry.entered_at) >= (SELECT min(treating.started_at) FROM treating)",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace_release("", "AND EXISTS (SELECT FROM treating)")
    end_with_care("")
    op.execute(f"DROP POLICY journal_shares_delete_shown_{APP} ON journal_shares")
    op.execute(f"ALTER POLICY check_ins_select_{APP} ON check_ins USING ({OWN} OR ({SHARED}))")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute(f"DROP POLICY check_in_readings_select_{OWNER} ON check_in_readings")
    op.drop_table("earlier_shares")
    op.drop_column("check_ins", "shared_at")


def fill() -> None:
    """Since when what was edited before it was shared is shared; for their owner to see them, rows step forward."""
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE check_ins AS entry SET shared_at = coalesce((
            SELECT version.made_at FROM check_in_versions AS version
            WHERE version.client_id = entry.client_id AND version.check_in_id = entry.id
              AND version.version = entry.shared_version), entry.edited_at)
        WHERE entry.shared_version > 1
    """)
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def create_shares() -> None:
    """The client's to add and to take back, and the therapist's to see while they are in care."""
    op.create_table(
        "earlier_shares",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("from_date", sa.Date, nullable=False),
        sa.Column("until_date", sa.Date, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
        sa.Column("taken_back_at", INSTANT),
        sa.CheckConstraint("from_date <= until_date", name="in_order"),
    )
    secure_rows(
        "earlier_shares",
        {
            ("SELECT", APP): f"{OWN} OR (therapist_id = {PERSON} AND {IN_CARE})",
            ("INSERT", APP): f"{OWN_WRITING} AND taken_back_at IS NULL",
            ("UPDATE", APP): OWN_WRITING,
        },
    )
    op.execute(f"REVOKE UPDATE ON earlier_shares FROM {APP}")
    op.execute(f"GRANT UPDATE (taken_back_at) ON earlier_shares TO {APP}")


def create_bounds() -> None:
    """From when until when the caller is one of those with whom a client shares, for clients where that leaves a rest.

    Of most clients it leaves none: they are not among the rows, and their check-ins are asked nothing more. Whoever
    reads in another's stead has the bounds of those who treat the client now. As the owner, who sees the care of
    others, and of check-ins that there are some.
    """
    op.execute(f"""
        CREATE FUNCTION sharing_bounds() RETURNS TABLE (client_id uuid, from_at timestamptz, until_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 5 SET search_path = public, pg_temp BEGIN ATOMIC
            WITH mine AS MATERIALIZED (
                SELECT care.client_id, care.started_at AS from_at, coalesce(care.ended_at, 'infinity') AS until_at
                FROM care_relationships AS care
                WHERE care.therapist_id = {PERSON} AND care.started_at <= now()
                  AND (care.ended_at IS NULL OR care.ended_at + interval '14 days' > now())
                UNION ALL
                SELECT treating.client_id, treating.started_at, 'infinity'
                FROM care_relationships AS treating
                WHERE treating.client_id IN ({COVERING})
                  AND treating.started_at <= now() AND treating.ended_at IS NULL
            ), whole AS (
                SELECT mine.client_id, min(mine.from_at) AS first, max(mine.until_at) AS last, count(*) AS number
                FROM mine GROUP BY mine.client_id
            )
            SELECT mine.client_id, mine.from_at, mine.until_at
            FROM mine JOIN whole ON whole.client_id = mine.client_id
            WHERE whole.number > 1 OR whole.last < 'infinity'
               OR EXISTS (SELECT FROM check_ins AS entry
                          WHERE entry.client_id = mine.client_id AND entry.visibility = 'therapist'
                            AND entry.felt_at < whole.first);
        END
    """)  # noqa: S608  # constants of ours
    op.execute(
        f"CREATE POLICY check_in_readings_select_{OWNER} ON check_in_readings FOR SELECT TO {OWNER}"
        f" USING (reader_id = {PERSON} AND {ROLE} = 'therapist')"
    )
    op.execute(f"""
        CREATE FUNCTION opened_by_caller(client uuid, check_in uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT EXISTS (SELECT FROM check_in_readings AS reading
                           WHERE reading.client_id = client AND reading.check_in_id = check_in
                             AND reading.reader_id = {PERSON});
        END
    """)  # noqa: S608  # constants of ours
    for function in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def end_with_care(rule: str) -> None:
    """Shares and readings, by which one might still learn that there was something."""
    op.execute(
        f"ALTER POLICY journal_shares_select_{APP} ON journal_shares"
        f" USING ({OWN} OR (therapist_id = {PERSON} {rule}) OR ({COVERED}))"
    )
    for table in READINGS:
        own = f"({OWN} AND {ROLE} = 'client')" if table == "check_in_readings" else OWN
        mine = (
            f"reader_id = {PERSON} AND {ROLE} = 'therapist'"
            if table == "check_in_readings"
            else f"reader_id = {PERSON}"
        )
        op.execute(f"ALTER POLICY {table}_select_{APP} ON {table} USING ({own} OR ({mine} {rule}))")


def replace_release(since: str, waited: str) -> None:
    """As 0015 made it. A check-in that waited for somebody who has left opens for nobody else."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION release_for_session(client uuid) RETURNS TABLE (room text, id uuid)
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp BEGIN ATOMIC
            WITH treating AS MATERIALIZED (
                SELECT care.therapist_id, care.started_at FROM care_relationships AS care
                WHERE care.client_id = client AND care.started_at <= now() AND care.ended_at IS NULL
                  AND EXISTS (SELECT FROM clients_treated() AS treated WHERE treated.client_id = client)
            ), waiting AS MATERIALIZED (
                SELECT entry.id, entry.version, entry.waits_for FROM journal_entries AS entry
                WHERE entry.client_id = client AND entry.visibility = 'next_session'
                  AND EXISTS (SELECT FROM treating WHERE treating.therapist_id = ANY (entry.waits_for))
                FOR UPDATE
            ), entries AS (
                UPDATE journal_entries AS entry SET visibility = 'therapist', waits_for = NULL
                FROM waiting WHERE entry.client_id = client AND entry.id = waiting.id
                RETURNING entry.id
            ), shares AS (
                INSERT INTO journal_shares (client_id, entry_id, therapist_id, version, shared_at)
                SELECT client, waiting.id, treating.therapist_id, waiting.version, now()
                FROM waiting JOIN treating ON treating.therapist_id = ANY (waiting.waits_for)
            ), checked_in AS (
                UPDATE check_ins AS entry SET visibility = 'therapist', shared_version = entry.version{since}
                WHERE entry.client_id = client AND entry.visibility = 'next_session' {waited}
                RETURNING entry.id
            )
            SELECT 'journal', entries.id FROM entries UNION ALL SELECT 'check_ins', checked_in.id FROM checked_in;
        END
    """)  # noqa: S608  # constants of ours
