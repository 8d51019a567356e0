"""Since which version a check-in or an entry is shared, what a session that begins releases, and when nothing is.

What was edited before it was shared is its client's alone. An entry that waits for a session names whom it waits for.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, create_access_log, drop_access_log
from alembic import op

revision = "0015"
down_revision = "0016"  # which had landed first
branch_labels = None
depends_on = None

APP, OWNER = "portal_app", "portal_owner"
OPENED_BEFORE = (
    *("client.opened", "caseload.read", "audit.read"),
    *("check_in.read", "check_in.versions_read", "check_ins.read", "curve.read"),
    *("journal.read", "journal_entry.read", "voice_note.read", "voice_notes.read", "agenda.read", "course.read"),
)
RELEASED = ("check_in.released", "journal_entry.released")
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
SHARED_NOW = """
    EXISTS (SELECT FROM check_ins AS current WHERE current.client_id = check_in_versions.client_id
            AND current.id = check_in_versions.check_in_id AND current.visibility = 'therapist'{since})
"""
SINCE = " AND current.shared_version <= check_in_versions.version"
# The release runs as the owner of the tables, who sees and changes just what it needs, in a therapist's request only.
BY_THERAPIST = f"{ROLE} = 'therapist'"
RELEASABLE = f"{BY_THERAPIST} AND visibility IN ('next_session', 'therapist')"
OWNERS = {
    ("care_relationships", "SELECT"): f"USING ({BY_THERAPIST})",
    ("grants", "SELECT"): f"USING ({BY_THERAPIST} AND therapist_id = {PERSON})",
    ("check_ins", "SELECT"): f"USING ({RELEASABLE})",
    ("check_ins", "UPDATE"): f"USING ({BY_THERAPIST} AND visibility = 'next_session') WITH CHECK ({RELEASABLE})",
    ("journal_entries", "SELECT"): f"USING ({RELEASABLE})",
    ("journal_entries", "UPDATE"): f"USING ({BY_THERAPIST} AND visibility = 'next_session') WITH CHECK ({RELEASABLE})",
    ("journal_shares", "INSERT"): f"WITH CHECK ({BY_THERAPIST})",
}
FILLED = (
    "check_ins",
    "check_in_versions",
    "journal_entries",
    "journal_versions",
    "journal_shares",
    "care_relationships",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("check_ins", sa.Column("shared_version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("journal_shares", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.alter_column("journal_shares", "version", server_default=None)
    op.add_column("journal_entries", sa.Column("waits_for", sa.ARRAY(sa.Uuid)))
    fill()
    replace_versions_policy(SINCE)
    create_release()
    create_impairment()
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE, *RELEASED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE)
    op.execute("DROP FUNCTION impaired_until(uuid)")
    op.execute("DROP FUNCTION release_for_session(uuid)")
    for table, command in OWNERS:
        op.execute(f"DROP POLICY {table}_{command.lower()}_{OWNER} ON {table}")
    replace_versions_policy("")
    op.drop_column("journal_entries", "waits_for")
    op.drop_column("journal_shares", "version")
    op.drop_column("check_ins", "shared_version")


def fill() -> None:
    """From the versions that were kept; for their owner to see them, row-level security steps aside that long."""
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE check_ins AS entry SET shared_version = hidden.newest + 1
        FROM (SELECT client_id, check_in_id, max(version) AS newest FROM check_in_versions
              WHERE visibility <> 'therapist' GROUP BY client_id, check_in_id) AS hidden
        WHERE hidden.client_id = entry.client_id AND hidden.check_in_id = entry.id
    """)
    op.execute("""
        UPDATE journal_shares AS share SET version = greatest(made.number, 1)
        FROM (SELECT share.client_id, share.entry_id, share.therapist_id, count(*) AS number
              FROM journal_shares AS share JOIN (
                  SELECT client_id, entry_id, made_at FROM journal_versions
                  UNION ALL SELECT client_id, id, coalesce(edited_at, entered_at) FROM journal_entries
              ) AS version USING (client_id, entry_id)
              WHERE version.made_at <= share.shared_at
              GROUP BY share.client_id, share.entry_id, share.therapist_id) AS made
        WHERE made.client_id = share.client_id AND made.entry_id = share.entry_id
          AND made.therapist_id = share.therapist_id
    """)
    op.execute("""
        UPDATE journal_entries AS entry SET waits_for = ARRAY(
            SELECT care.therapist_id FROM care_relationships AS care
            WHERE care.client_id = entry.client_id AND care.ended_at IS NULL
              AND care.started_at <= coalesce(entry.edited_at, entry.entered_at))
        WHERE entry.visibility = 'next_session'
    """)
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def replace_versions_policy(since: str) -> None:
    shared = f"visibility = 'therapist' AND client_id IN {IN_CARE} AND {SHARED_NOW.format(since=since)}"
    op.execute(
        f"ALTER POLICY check_in_versions_select_{APP} ON check_in_versions USING (client_id = {PERSON} OR ({shared}))"
    )


def create_release() -> None:
    """Whoever treats the client now, or stands in, releases what waits for a session, and reads none of it here.

    An entry opens for those it waits for who still treat the client. Check-ins name nobody, and open as shared ones do.
    """
    for (table, command), rule in OWNERS.items():
        op.execute(f"CREATE POLICY {table}_{command.lower()}_{OWNER} ON {table} FOR {command} TO {OWNER} {rule}")
    op.execute("""
        CREATE FUNCTION release_for_session(client uuid) RETURNS TABLE (room text, id uuid)
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp BEGIN ATOMIC
            WITH treating AS MATERIALIZED (
                SELECT care.therapist_id FROM care_relationships AS care
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
                UPDATE check_ins AS entry SET visibility = 'therapist', shared_version = entry.version
                WHERE entry.client_id = client AND entry.visibility = 'next_session' AND EXISTS (SELECT FROM treating)
                RETURNING entry.id
            )
            SELECT 'journal', entries.id FROM entries UNION ALL SELECT 'check_ins', checked_in.id FROM checked_in;
        END
    """)
    grant("release_for_session(uuid)")


def create_impairment() -> None:
    """Until when nothing of a client's is shared: after each dose, the next day's six o'clock by their own clock."""
    op.execute("""
        CREATE FUNCTION impaired_until(client uuid) RETURNS timestamptz
        LANGUAGE sql STABLE SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT max(dose.morning) FROM (
                SELECT (date_trunc('day', given.given_at AT TIME ZONE person.time_zone) + interval '1 day 6 hours')
                       AT TIME ZONE person.time_zone AS morning
                FROM administrations AS given JOIN people AS person ON person.id = given.client_id
                WHERE given.client_id = client AND given.given_at > now() - interval '3 days'
            ) AS dose
            WHERE dose.morning > now();
        END
    """)
    grant("impaired_until(uuid)")


def grant(function: str) -> None:
    op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")
