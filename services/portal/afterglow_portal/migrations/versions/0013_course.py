"""The course of treatment: plan with its versions, sessions with their history, administrations.

Whoever treats the client now, or stands in, writes; everybody in care and the client read. What the access log tells
takes in that a course was opened.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, create_access_log, drop_access_log, secure_rows
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
OPENED_BEFORE = (
    *("client.opened", "caseload.read", "audit.read"),
    *("check_in.read", "check_in.versions_read", "check_ins.read", "curve.read"),
    *("journal.read", "journal_entry.read", "voice_note.read", "voice_notes.read", "agenda.read"),
)
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
TREATED = "(SELECT treated.client_id FROM clients_treated() AS treated)"
READ = f"client_id = {PERSON} OR client_id IN {IN_CARE}"
WRITE = f"{ROLE} = 'therapist' AND client_id IN {TREATED}"
KIND = "kind IN ('preparation', 'dosing', 'integration', 'counselling')"
STATE = "state IN ('planned', 'open', 'ended', 'cancelled')"
ROUTE = "route IN ('im', 'iv', 'intranasal', 'sublingual', 'oral')"
TABLES = ("administrations", "course_session_versions", "course_sessions", "course_versions", "courses")
CHANGING = {"courses", "course_sessions"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_rule()
    create_plan()
    create_sessions()
    create_administrations()
    for table in TABLES:
        commands = ("INSERT", "UPDATE") if table in CHANGING else ("INSERT",)
        secure_rows(table, {("SELECT", APP): READ, **{(command, APP): WRITE for command in commands}})
    op.execute(
        f"CREATE POLICY data_keys_insert_treated_{APP} ON keys.data_keys FOR INSERT TO {APP} WITH CHECK"
        f" ({ROLE} = 'therapist' AND owner_id IN {TREATED})"
    )
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE, "course.read")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE)
    op.execute(f"DROP POLICY data_keys_insert_treated_{APP} ON keys.data_keys")
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION clients_treated()")


def create_rule() -> None:
    """Who treats a client now, or stands in: the rule of care, without the days in which one may still read.

    A cover always ends some day and writes until then; care that has ended writes nothing more.
    """
    op.execute(f"""
        CREATE FUNCTION clients_treated() RETURNS TABLE (client_id uuid)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.client_id FROM clients_in_care() AS care
            WHERE EXISTS (SELECT FROM care_relationships AS now_in_care
                          WHERE now_in_care.client_id = care.client_id AND now_in_care.therapist_id = {PERSON}
                            AND now_in_care.started_at <= now() AND now_in_care.ended_at IS NULL)
               OR EXISTS (SELECT FROM grants AS cover
                          WHERE cover.client_id = care.client_id AND cover.therapist_id = {PERSON}
                            AND cover.kind = 'cover' AND cover.starts_at <= now() AND cover.ends_at > now());
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION clients_treated() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION clients_treated() TO {APP}")


def owned() -> list[sa.Column[object]]:
    return [sa.Column("client_id", sa.Uuid, primary_key=True), sa.Column("id", sa.Uuid, primary_key=True)]


def plan_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("items", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("planned_doses", sa.Integer),
        sa.Column("spacing_days", sa.Integer),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
    ]


def create_plan() -> None:
    op.create_table(
        "courses",
        *owned(),
        *plan_columns(),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("edited_at", INSTANT),
        sa.Column("edited_by", sa.Uuid),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
        sa.CheckConstraint("ended_on >= started_on", name="in_order"),
    )
    op.create_table(
        "course_versions",
        *owned(),
        *plan_columns(),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("version_id", sa.Uuid),
        sa.Column("version_digest", sa.LargeBinary),
        sa.ForeignKeyConstraint(["client_id", "course_id"], ["courses.client_id", "courses.id"]),
        sa.UniqueConstraint("client_id", "course_id", "version"),
        sa.UniqueConstraint("client_id", "version_id"),
    )


def session_columns() -> list[sa.Column[object] | sa.CheckConstraint]:
    return [
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("thread", sa.Uuid),
        sa.CheckConstraint(KIND, name="kind"),
        sa.CheckConstraint(STATE, name="state"),
    ]


def create_sessions() -> None:
    op.create_table(
        "course_sessions",
        *owned(),
        *session_columns(),
        sa.Column("course_id", sa.Uuid, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("change_id", sa.Uuid),
        sa.Column("change_digest", sa.LargeBinary),
        sa.ForeignKeyConstraint(["client_id", "course_id"], ["courses.client_id", "courses.id"]),
    )
    op.create_index("ix_course_sessions_client_id", "course_sessions", ["client_id", "planned_at", "id"])
    op.create_table(
        "course_session_versions",
        *owned(),
        *session_columns(),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("change_id", sa.Uuid),
        sa.Column("change_digest", sa.LargeBinary),
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        sa.UniqueConstraint("client_id", "session_id", "version"),
        sa.UniqueConstraint("client_id", "change_id"),
    )


def create_administrations() -> None:
    op.create_table(
        "administrations",
        *owned(),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("medicine", sa.String, nullable=False),
        sa.Column("dose_mg", sa.Float, nullable=False),
        sa.Column("weight_kg", sa.Float),
        sa.Column("circumstances", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.CheckConstraint(ROUTE, name="route"),
        sa.CheckConstraint("dose_mg > 0", name="dose_mg"),
        sa.CheckConstraint("weight_kg > 0", name="weight_kg"),
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
    )
    op.create_index("ix_administrations_client_id", "administrations", ["client_id", "given_at", "id"])
