"""Whoever treats a client no longer reads the record as it was when their care ended, and nothing of after.

They read on for fourteen days (decision 0052). Until now that was the whole record, with what others wrote meanwhile.
"""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

APP = "portal_app"
OWN = f"client_id = (SELECT {PERSON})"
IN_CARE = "client_id IN (SELECT care.client_id FROM clients_in_care() AS care)"
OPENED = "SELECT opened.client_id FROM records_opened() AS opened"
SAID = "{table}.made_at"
# What is replaced in place counts from its last change: what it said before is kept as a version.
CHANGED = "coalesce({table}.edited_at, {table}.made_at)"
ADDED = (
    *("administration_versions", "administrations", "adverse_events", "course_session_reasons"),
    *("course_session_versions", "course_sessions", "course_versions", "dosing_checklists"),
    *("integration_task_marks", "integration_tasks", "long_term_checks", "observations"),
    *("support_preferences", "vital_signs"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_rule()
    replace_policies(ended=True)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace_policies(ended=False)
    op.execute("DROP FUNCTION read_until()")


def create_rule() -> None:
    """Until when what was written is the caller's to read, for each client whose record they may read at all.

    Without end for whoever treats the client, stands in, or opened the record; else when the last care of theirs ended.
    """
    op.execute(f"""
        CREATE FUNCTION read_until() RETURNS TABLE (client_id uuid, until_at timestamptz)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.client_id, CASE
                WHEN care.reading_ends_at IS NULL THEN 'infinity'
                WHEN EXISTS (SELECT FROM grants AS cover
                             WHERE cover.client_id = care.client_id AND cover.therapist_id = {PERSON}
                               AND cover.kind = 'cover' AND cover.starts_at <= now() AND cover.ends_at > now())
                THEN 'infinity'
                WHEN care.client_id IN ({OPENED}) THEN 'infinity'
                ELSE (SELECT max(own.ended_at) FROM care_relationships AS own
                      WHERE own.client_id = care.client_id AND own.therapist_id = {PERSON})
            END
            FROM clients_in_care() AS care;
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION read_until() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION read_until() TO {APP}")


def readable(table: str, written: str) -> str:
    """Of whom there is no end is looked up once per statement; only of the others each row is asked (decision 0061)."""
    return f"""
        (client_id IN (SELECT reading.client_id FROM read_until() AS reading WHERE reading.until_at = 'infinity')
         OR EXISTS (SELECT FROM read_until() AS reading
                    WHERE reading.client_id = {table}.client_id AND {written.format(table=table)} < reading.until_at))
    """  # noqa: S608  # constants of ours


def replace_policies(*, ended: bool) -> None:
    def of(table: str, written: str = SAID) -> str:
        return readable(table, written) if ended else IN_CARE

    for table in ADDED:
        use(table, f"{OWN} OR {of(table)}")
    use("courses", f"{OWN} OR {of('courses', CHANGED)}")
    summaries = of("session_summaries", CHANGED)
    use(
        "session_summaries",
        f"({OWN} AND NOT withheld) OR ({summaries} AND (NOT withheld OR client_id NOT IN ({OPENED})))",
    )
    use("session_summary_versions", f"{of('session_summary_versions')} AND client_id NOT IN ({OPENED})")
    use(
        "break_glass_reasons",
        f"(SELECT {PERSON}) IN (client_id, therapist_id) OR {of('break_glass_reasons')}",
    )


def use(table: str, rule: str) -> None:
    op.execute(f"ALTER POLICY {table}_select_{APP} ON {table} USING ({rule})")
