"""Whoever opened a record in an emergency reads what is shared, for as long as the grant says, once they said why.

The rule of who is in care takes it in, as it does a cover, so that row policies and queries need to know nothing of
it. It writes nothing. Closed stay what only the client sees, and summaries that their writer withheld.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, OWNER = "portal_app", "portal_owner"
IN_CARE = "SELECT care.client_id FROM clients_in_care() AS care"
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
EMERGENCY = f"SELECT opened.client_id, {PERSON}, opened.starts_at, opened.ends_at FROM records_opened() AS opened"  # noqa: S608  # constants of ours
OPENED = "SELECT opened.client_id FROM records_opened() AS opened"
COVERING = f"""
    SELECT cover.client_id FROM grants AS cover
    WHERE cover.kind = 'cover' AND cover.therapist_id = {PERSON}
      AND cover.starts_at <= now() AND cover.ends_at > now()
"""  # noqa: S608  # constants of ours
# Whoever reads in another's stead reads what is shared with those who treat the client now.
TREATING = """
    EXISTS (SELECT FROM care_relationships AS care
            WHERE care.client_id = {table}.client_id AND care.therapist_id {is_one}
              AND care.started_at <= now() AND care.ended_at IS NULL)
"""
LIVE_GRANT = f"""
    SELECT opened.client_id FROM grants AS opened
    WHERE opened.kind = 'break_glass' AND opened.therapist_id = {PERSON}
      AND opened.starts_at <= now() AND opened.ends_at > now()
"""  # noqa: S608  # constants of ours


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_reasons()
    create_rule()
    replace_care(f"{CARE} UNION ALL {COVER} UNION ALL {EMERGENCY}")
    replace_shares(f"{COVERING} UNION ALL {OPENED}")
    replace_summaries(f" AND (NOT withheld OR client_id NOT IN ({OPENED}))", f" AND client_id NOT IN ({OPENED})")
    for command in ("SELECT", "INSERT"):
        check = "USING" if command == "SELECT" else "WITH CHECK"
        op.execute(
            f"CREATE POLICY data_keys_{command.lower()}_break_glass_{APP} ON keys.data_keys FOR {command} TO {APP}"
            f" {check} ({ROLE} = 'therapist' AND owner_id IN ({LIVE_GRANT}))"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for command in ("select", "insert"):
        op.execute(f"DROP POLICY data_keys_{command}_break_glass_{APP} ON keys.data_keys")
    replace_summaries("", "")
    replace_shares(COVERING)
    replace_care(f"{CARE} UNION ALL {COVER}")
    op.execute("DROP FUNCTION records_opened()")
    op.drop_table("break_glass_reasons")


def create_reasons() -> None:
    """Said by whoever has the grant, while it lasts, and as the grant says; never changed."""
    op.create_table(
        "break_glass_reasons",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("therapist_name", sa.String, nullable=False),
        sa.Column("reason_code", sa.String, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="in_order"),
    )
    as_granted = f"""
        EXISTS (SELECT FROM grants AS opened
                WHERE opened.id = break_glass_reasons.id AND opened.client_id = break_glass_reasons.client_id
                  AND opened.kind = 'break_glass' AND opened.therapist_id = {PERSON}
                  AND opened.reason_code = break_glass_reasons.reason_code
                  AND opened.starts_at = break_glass_reasons.starts_at
                  AND opened.ends_at = break_glass_reasons.ends_at
                  AND opened.starts_at <= now() AND opened.ends_at > now())
    """  # constants of ours
    secure_rows(
        "break_glass_reasons",
        {
            ("SELECT", APP): f"{PERSON} IN (client_id, therapist_id) OR client_id IN ({IN_CARE})",
            ("INSERT", APP): f"{ROLE} = 'therapist' AND therapist_id = {PERSON} AND {as_granted}",
        },
    )


def create_rule() -> None:
    """Which records the caller has opened and may read now. As the owner: the reasons' own policy asks for this."""
    op.execute(
        f"CREATE POLICY break_glass_reasons_select_{OWNER} ON break_glass_reasons FOR SELECT TO {OWNER}"
        f" USING ({ROLE} = 'therapist' AND therapist_id = {PERSON})"
    )
    op.execute(f"""
        CREATE FUNCTION records_opened() RETURNS TABLE (client_id uuid, starts_at timestamptz, ends_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT opened.client_id, opened.starts_at, opened.ends_at
            FROM grants AS opened JOIN break_glass_reasons AS said USING (id, client_id)
            WHERE opened.kind = 'break_glass' AND opened.therapist_id = {PERSON} AND {ROLE} = 'therapist'
              AND opened.starts_at <= now() AND opened.ends_at > now();
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION records_opened() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION records_opened() TO {APP}")


def replace_care(rule: str) -> None:
    """With what 0001 gave it besides."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION care_open_to_caller()
        RETURNS TABLE (client_id uuid, therapist_id uuid, started_at timestamptz, closes_at timestamptz)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC {rule}; END
    """)


def replace_shares(in_stead: str) -> None:
    """What the journal and its pinned lines show to whoever reads in another's stead."""
    shares = TREATING.format(table="journal_shares", is_one="= journal_shares.therapist_id")
    shown = f"{PERSON} = ANY (shown_to)"
    stead = f"client_id IN ({in_stead})"
    lines = TREATING.format(table="pinned_lines", is_one="= ANY (shown_to)")
    for policy, table, rule in (
        (f"care_relationships_select_cover_{APP}", "care_relationships", stead),
        (
            f"journal_shares_select_{APP}",
            "journal_shares",
            f"client_id = {PERSON} OR therapist_id = {PERSON} OR ({stead} AND {shares})",
        ),
        (
            f"pinned_lines_select_{APP}",
            "pinned_lines",
            f"client_id = {PERSON} OR (client_id IN ({IN_CARE}) AND ({shown} OR ({stead} AND {lines})))",
        ),
    ):
        op.execute(f"ALTER POLICY {policy} ON {table} USING ({rule})")


def replace_summaries(unless: str, no_version_unless: str) -> None:
    """Withheld from their client, and so from whoever does not treat them; of earlier versions nothing at all."""
    in_care = f"client_id IN ({IN_CARE})"
    op.execute(
        f"ALTER POLICY session_summaries_select_{APP} ON session_summaries"
        f" USING ((client_id = {PERSON} AND NOT withheld) OR ({in_care}{unless}))"
    )
    op.execute(
        f"ALTER POLICY session_summary_versions_select_{APP} ON session_summary_versions"
        f" USING ({in_care}{no_version_unless})"
    )
