"""Whoever stands in reads what is shared with the one they stand in for, and not what is shared with others alone.

Sharing binds to the named person (DOMAIN §4); until now a cover read what was shared with anybody who treats the
client. An emergency stays what it was.
"""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

APP = "portal_app"
ASKED_ONCE = f"(SELECT {PERSON})"
IN_CARE = "client_id IN (SELECT care.client_id FROM clients_in_care() AS care)"
COVERS = f"""
    FROM grants AS cover
    WHERE cover.kind = 'cover' AND cover.therapist_id = {ASKED_ONCE}
      AND cover.starts_at <= now() AND cover.ends_at > now()
"""
IN_STEAD = "(client_id, therapist_id) IN (SELECT stead.client_id, stead.therapist_id FROM read_in_stead_of() AS stead)"
LINES_IN_STEAD = """
    EXISTS (SELECT FROM read_in_stead_of() AS stead
            WHERE stead.client_id = pinned_lines.client_id AND stead.therapist_id = ANY (pinned_lines.shown_to))
"""
BOUNDS_IN_STEAD = """
    SELECT stead.client_id, stead.started_at, 'infinity'::timestamptz FROM read_in_stead_of() AS stead
"""
# What revisions 0027 and 0032 left.
STEAD_BEFORE = f"""
    SELECT cover.client_id {COVERS}
    UNION ALL SELECT opened.client_id FROM records_opened() AS opened
"""  # noqa: S608  # constants of ours
TREATING_BEFORE = """
    client_id IN ({stead}) AND EXISTS (
        SELECT FROM care_relationships AS care
        WHERE care.client_id = {table}.client_id AND care.therapist_id {is_one}
          AND care.started_at <= now() AND care.ended_at IS NULL)
"""
BOUNDS_BEFORE = f"""
    SELECT treating.client_id, treating.started_at, 'infinity'::timestamptz
    FROM care_relationships AS treating
    WHERE treating.client_id IN ({STEAD_BEFORE}) AND treating.started_at <= now() AND treating.ended_at IS NULL
"""  # noqa: S608  # constants of ours


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_rule()
    replace_bounds(BOUNDS_IN_STEAD)
    replace_policies(IN_STEAD, LINES_IN_STEAD)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace_policies(
        TREATING_BEFORE.format(stead=STEAD_BEFORE, table="journal_shares", is_one="= journal_shares.therapist_id"),
        TREATING_BEFORE.format(stead=STEAD_BEFORE, table="pinned_lines", is_one="= ANY (pinned_lines.shown_to)"),
    )
    replace_bounds(BOUNDS_BEFORE)
    op.execute("DROP FUNCTION read_in_stead_of()")


def create_rule() -> None:
    """For whom the caller reads what is shared, and since when that one treats the client.

    Whoever stands in for somebody who treats the client no longer, or for nobody that is known, gets a row with no
    therapist and no time: nothing is shared through it, and it keeps the client from being read freely.
    """
    op.execute(f"""
        CREATE FUNCTION read_in_stead_of() RETURNS TABLE (client_id uuid, therapist_id uuid, started_at timestamptz)
        LANGUAGE sql STABLE ROWS 5 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT cover.client_id, care.therapist_id, coalesce(care.started_at, 'infinity')
            FROM (SELECT cover.client_id, cover.covered_id {COVERS}) AS cover LEFT JOIN care_relationships AS care
              ON care.client_id = cover.client_id AND care.therapist_id = cover.covered_id
             AND care.started_at <= now() AND care.ended_at IS NULL
            UNION ALL
            SELECT opened.client_id, care.therapist_id, care.started_at
            FROM records_opened() AS opened JOIN care_relationships AS care
              ON care.client_id = opened.client_id AND care.started_at <= now() AND care.ended_at IS NULL;
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION read_in_stead_of() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION read_in_stead_of() TO {APP}")


def replace_policies(shares: str, lines: str) -> None:
    op.execute(
        f"ALTER POLICY journal_shares_select_{APP} ON journal_shares USING (client_id = {ASKED_ONCE}"
        f" OR (therapist_id = {ASKED_ONCE} AND {IN_CARE}) OR ({shares}))"
    )
    op.execute(
        f"ALTER POLICY pinned_lines_select_{APP} ON pinned_lines USING (client_id = {PERSON}"
        f" OR ({IN_CARE} AND ({PERSON} = ANY (shown_to) OR ({lines}))))"
    )


def replace_bounds(in_stead: str) -> None:
    """As 0027 made it, and asked once (0032)."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION sharing_bounds()
        RETURNS TABLE (client_id uuid, from_at timestamptz, until_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 5 SET search_path = public, pg_temp BEGIN ATOMIC
            WITH mine AS MATERIALIZED (
                SELECT care.client_id, care.started_at AS from_at, coalesce(care.ended_at, 'infinity') AS until_at
                FROM care_relationships AS care
                WHERE care.therapist_id = {ASKED_ONCE} AND care.started_at <= now()
                  AND (care.ended_at IS NULL OR care.ended_at + interval '14 days' > now())
                UNION ALL {in_stead}
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
