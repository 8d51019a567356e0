"""A check-in that is kept for the next session waits for somebody by name, as a journal entry does.

Until now the first session opened it to everybody who treated the client by then, also to who came after it was said.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

APP = "portal_app"
ASKED_ONCE = f"(SELECT {PERSON})"
OWN = f"client_id = {ASKED_ONCE}"
IN_CARE = "client_id IN (SELECT care.client_id FROM clients_in_care() AS care)"
FREE = "client_id IN (SELECT free.client_id FROM clients_read_freely() AS free)"
# Whoever reads freely treated the client before anything that is shared was felt: it waited for them as well.
NAMED = f"""
    AND (check_ins.waits_for IS NULL OR {ASKED_ONCE} = ANY (check_ins.waits_for)
         OR EXISTS (SELECT FROM read_in_stead_of() AS stead
                    WHERE stead.client_id = check_ins.client_id AND stead.therapist_id = ANY (check_ins.waits_for)))
"""
WITHIN = """
    EXISTS (SELECT FROM sharing_bounds() AS bound
            WHERE bound.client_id = check_ins.client_id
              AND coalesce(check_ins.shared_at, check_ins.entered_at) >= bound.from_at
              AND coalesce(check_ins.shared_at, check_ins.entered_at) < bound.until_at)
"""
SHOWN = f"""
    EXISTS (SELECT FROM earlier_shares AS shown
            WHERE shown.client_id = check_ins.client_id AND shown.therapist_id = {ASKED_ONCE}
              AND check_ins.local_date BETWEEN shown.from_date AND shown.until_date
              AND (shown.taken_back_at IS NULL OR opened_by_caller(check_ins.client_id, check_ins.id)))
"""
FILLED = ("check_ins", "care_relationships")
NAMES = """
    , waits_for = ARRAY(SELECT treating.therapist_id FROM treating WHERE treating.therapist_id = ANY (entry.waits_for))
"""
WAITED = "EXISTS (SELECT FROM treating WHERE treating.therapist_id = ANY (entry.waits_for))"
WAITED_BEFORE = "coalesce(entry.edited_at, entry.entered_at) >= (SELECT min(treating.started_at) FROM treating)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("check_ins", sa.Column("waits_for", sa.ARRAY(sa.Uuid)))
    fill()
    replace_release(NAMES, WAITED)
    replace_policy(NAMED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace_policy("")
    replace_release("", WAITED_BEFORE)
    op.drop_column("check_ins", "waits_for")


def fill() -> None:
    """With whoever treated the client when it was said; for their owner to see them, rows step forward."""
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE check_ins AS entry SET waits_for = ARRAY(
            SELECT care.therapist_id FROM care_relationships AS care
            WHERE care.client_id = entry.client_id
              AND care.started_at <= coalesce(entry.edited_at, entry.entered_at)
              AND (care.ended_at IS NULL OR care.ended_at > coalesce(entry.edited_at, entry.entered_at)))
        WHERE entry.visibility = 'next_session'
    """)
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def replace_policy(named: str) -> None:
    shared = f"visibility = 'therapist' AND ({FREE} OR ({IN_CARE} AND ({WITHIN} {named} OR {SHOWN})))"
    op.execute(f"ALTER POLICY check_ins_select_{APP} ON check_ins USING ({OWN} OR ({shared}))")


def replace_release(names: str, waited: str) -> None:
    """As 0027 made it, but for the check-ins."""
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
                UPDATE check_ins AS entry SET visibility = 'therapist', shared_version = entry.version,
                                              shared_at = now() {names}
                WHERE entry.client_id = client AND entry.visibility = 'next_session' AND {waited}
                RETURNING entry.id
            )
            SELECT 'journal', entries.id FROM entries UNION ALL SELECT 'check_ins', checked_in.id FROM checked_in;
        END
    """)  # noqa: S608  # constants of ours
