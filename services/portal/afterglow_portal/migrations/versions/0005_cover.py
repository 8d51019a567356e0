"""Whoever stands in for a therapist reads what that one's client shares, from the cover's beginning to its end.

A cover is in the local copy of grants, as auth tells it; the rule of who is in care takes it in, so that row policies
and queries need to know nothing of it. At its end reading ends at once: it was never their care.
"""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CARE = f"""
    SELECT care.client_id, care.therapist_id, care.started_at, care.ended_at + interval '14 days'
    FROM care_relationships AS care
    WHERE (care.client_id = {PERSON} OR care.therapist_id = {PERSON})
      AND care.started_at <= now()
      AND (care.ended_at IS NULL OR care.ended_at + interval '14 days' > now())
"""  # noqa: S608  # constants of ours
COVER = f"""
    SELECT cover.client_id, cover.therapist_id, cover.starts_at, cover.ends_at
    FROM grants AS cover
    WHERE cover.kind = 'cover' AND (cover.client_id = {PERSON} OR cover.therapist_id = {PERSON})
      AND cover.starts_at <= now() AND cover.ends_at > now()
"""  # noqa: S608  # constants of ours


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace(f"{CARE} UNION ALL {COVER}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace(CARE)


def replace(rule: str) -> None:
    """With what 0001 gave it besides: the fixed search path keeps the planner from unfolding it everywhere."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION care_open_to_caller()
        RETURNS TABLE (client_id uuid, therapist_id uuid, started_at timestamptz, closes_at timestamptz)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC {rule}; END
    """)
