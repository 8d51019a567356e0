"""People and care, standing choices, check-ins with their versions, data keys, audit."""

import sqlalchemy as sa
from afterglow_foundation.ddl import (
    PERSON,
    ROLE,
    create_audit_events,
    create_data_keys,
    drop_audit_events,
    drop_data_keys,
    secure_rows,
)
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
VISIBILITY = "visibility IN ('only_me', 'therapist', 'next_session')"
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"client_id = {PERSON} AND {ROLE} = 'client'"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"


def upgrade() -> None:
    create_audit_events("portal")
    create_people()
    create_care()
    secure_people()
    create_data_keys(
        "portal",
        {
            ("SELECT", "portal_app"): f"owner_id = {PERSON} OR owner_id IN {IN_CARE}",
            ("INSERT", "portal_app"): f"owner_id = {PERSON} AND {ROLE} = 'client'",
        },
    )
    create_choices()
    create_check_ins()
    create_versions()


def downgrade() -> None:
    for table in ("check_in_versions", "check_ins", "standing_choices"):
        op.drop_table(table)
    drop_data_keys()
    op.execute("DROP FUNCTION clients_in_care()")
    op.execute("DROP POLICY people_select_portal_app ON people")
    op.execute("DROP FUNCTION care_open_to_caller()")
    op.drop_table("care_relationships")
    op.drop_table("people")
    drop_audit_events()


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("disabled_at", INSTANT),
        sa.Column("as_of", INSTANT, nullable=False),
    )
    op.create_table(
        "care_relationships",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("as_of", INSTANT, nullable=False),
    )
    op.create_index("ix_care_relationships_therapist_id", "care_relationships", ["therapist_id", "client_id"])
    op.create_index("ix_care_relationships_client_id", "care_relationships", ["client_id", "therapist_id"])


def create_care() -> None:
    """The rule of who is in care, once, for row policies and queries alike; both run as whoever calls them.

    Reading goes on for 14 days after care has ended, and for nobody whose account is closed (SECURITY §2).
    The fixed search path also keeps the planner from unfolding the rule into every statement on every table:
    a check-in, whose policies never come to it, would pay for setting all of that up.
    """
    op.execute(f"""
        CREATE FUNCTION care_open_to_caller()
        RETURNS TABLE (client_id uuid, therapist_id uuid, started_at timestamptz, closes_at timestamptz)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.client_id, care.therapist_id, care.started_at, care.ended_at + interval '14 days'
            FROM care_relationships AS care
            WHERE (care.client_id = {PERSON} OR care.therapist_id = {PERSON})
              AND care.started_at <= now()
              AND (care.ended_at IS NULL OR care.ended_at + interval '14 days' > now());
        END
    """)  # noqa: S608  # constants of ours
    op.execute(f"""
        CREATE FUNCTION clients_in_care()
        RETURNS TABLE (client_id uuid, since timestamptz, reading_ends_at timestamptz)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.client_id, min(care.started_at),
                   CASE WHEN bool_and(care.closes_at IS NOT NULL) THEN max(care.closes_at) END
            FROM care_open_to_caller() AS care
            WHERE care.therapist_id = {PERSON} AND {ROLE} = 'therapist'
              AND EXISTS (SELECT FROM people AS caller WHERE caller.id = {PERSON}
                          AND caller.role = 'therapist' AND caller.disabled_at IS NULL)
            GROUP BY care.client_id;
        END
    """)  # noqa: S608  # constants of ours
    for function in ("care_open_to_caller()", "clients_in_care()"):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO portal_app")


def secure_people() -> None:
    """Oneself and the other party of one's care; the worker applies what auth tells."""
    parties = (
        "id IN (SELECT care.client_id FROM care_open_to_caller() AS care"
        " UNION ALL SELECT care.therapist_id FROM care_open_to_caller() AS care)"
    )
    worker = {(command, "portal_worker"): "true" for command in ("SELECT", "INSERT", "UPDATE")}
    secure_rows("people", {("SELECT", "portal_app"): f"id = {PERSON} OR {parties}", **worker})
    secure_rows(
        "care_relationships",
        {("SELECT", "portal_app"): f"client_id = {PERSON} OR therapist_id = {PERSON}", **worker},
    )


def create_choices() -> None:
    op.create_table(
        "standing_choices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("visibility", sa.String, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
        sa.CheckConstraint("room IN ('check_ins', 'journal')", name="room"),
        sa.CheckConstraint(VISIBILITY, name="visibility"),
    )
    op.create_index("ix_standing_choices_client_id", "standing_choices", ["client_id", "room", "chosen_at"])
    secure_rows("standing_choices", {("SELECT", "portal_app"): OWN, ("INSERT", "portal_app"): OWN_WRITING})


def content_columns() -> list[sa.Column[object] | sa.CheckConstraint]:
    return [
        sa.Column("mood", sa.Float),
        sa.Column("energy", sa.Float),
        sa.Column("anxiety", sa.Float),
        sa.Column("items", JSONB, nullable=False),
        sa.Column("words", ARRAY(sa.Text), nullable=False),
        sa.Column("tags", ARRAY(sa.Text), nullable=False),
        sa.Column("note", sa.LargeBinary),
        sa.Column("felt_at", INSTANT, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("local_date", sa.Date, nullable=False),
        sa.Column("visibility", sa.String, nullable=False),
        sa.Column("back_dated", sa.Boolean, nullable=False),
        sa.CheckConstraint("mood BETWEEN -5 AND 5", name="mood"),
        sa.CheckConstraint("energy BETWEEN -5 AND 5", name="energy"),
        sa.CheckConstraint("anxiety BETWEEN 0 AND 10", name="anxiety"),
        sa.CheckConstraint("coalesce(mood, energy, anxiety) IS NOT NULL", name="something_said"),
        sa.CheckConstraint(VISIBILITY, name="visibility"),
    ]


def create_check_ins() -> None:
    op.create_table(
        "check_ins",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        *content_columns(),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edited_at", INSTANT),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
    )
    op.create_index("ix_check_ins_client_id", "check_ins", ["client_id", "felt_at", "id"])
    op.create_index(
        "ix_check_ins_shared",
        "check_ins",
        ["client_id", "felt_at", "id"],
        postgresql_where=sa.text("visibility = 'therapist'"),
    )
    secure_rows(
        "check_ins",
        {
            ("SELECT", "portal_app"): f"{OWN} OR (visibility = 'therapist' AND client_id IN {IN_CARE})",
            ("INSERT", "portal_app"): OWN_WRITING,
            ("UPDATE", "portal_app"): OWN_WRITING,
        },
    )


def create_versions() -> None:
    """A therapist's row policy asks for both: this version was shared, and the check-in is shared now."""
    op.create_table(
        "check_in_versions",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("check_in_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *content_columns(),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
        sa.ForeignKeyConstraint(["client_id", "check_in_id"], ["check_ins.client_id", "check_ins.id"]),
        sa.UniqueConstraint("client_id", "check_in_id", "version"),
        sa.UniqueConstraint("client_id", "version_id"),
    )
    shared_now = (
        "EXISTS (SELECT FROM check_ins AS current WHERE current.client_id = check_in_versions.client_id"
        " AND current.id = check_in_versions.check_in_id AND current.visibility = 'therapist')"
    )
    in_care = f"visibility = 'therapist' AND client_id IN {IN_CARE} AND {shared_now}"
    secure_rows(
        "check_in_versions",
        {
            ("SELECT", "portal_app"): f"{OWN} OR ({in_care})",
            ("INSERT", "portal_app"): OWN_WRITING,
        },
    )
