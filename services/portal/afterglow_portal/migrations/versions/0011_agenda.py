"""Lines that a client pinned for the next session: shown to whom, read by whom, which the access log tells them."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, create_access_log, drop_access_log, secure_rows
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP = "portal_app"
OPENED_BEFORE = (
    *("client.opened", "caseload.read", "audit.read"),
    *("check_in.read", "check_in.versions_read", "check_ins.read", "curve.read"),
    *("journal.read", "journal_entry.read", "voice_note.read", "voice_notes.read"),
)
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"client_id = {PERSON} AND {ROLE} = 'client'"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
COVERING = f"""
    SELECT cover.client_id FROM grants AS cover
    WHERE cover.kind = 'cover' AND cover.therapist_id = {PERSON}
      AND cover.starts_at <= now() AND cover.ends_at > now()
"""  # noqa: S608  # constants of ours
# As with entries: whoever stands in reads what those who treat the client now were shown.
SHOWN = f"""
    client_id IN {IN_CARE} AND (
        {PERSON} = ANY (shown_to)
        OR (client_id IN ({COVERING}) AND EXISTS (
            SELECT FROM care_relationships AS care
            WHERE care.client_id = pinned_lines.client_id AND care.therapist_id = ANY (shown_to)
              AND care.started_at <= now() AND care.ended_at IS NULL)))
"""
UNREAD = """
    NOT EXISTS (SELECT FROM pinned_line_readings AS reading
                WHERE reading.client_id = pinned_lines.client_id AND reading.line_id = pinned_lines.id)
"""
MAY_READ = """
    EXISTS (SELECT FROM pinned_lines AS line
            WHERE line.client_id = pinned_line_readings.client_id AND line.id = pinned_line_readings.line_id)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "pinned_lines",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("shown_to", sa.ARRAY(sa.Uuid), nullable=False),
        sa.Column("pinned_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
    )
    op.create_table(
        "pinned_line_readings",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("line_id", sa.Uuid, primary_key=True),
        sa.Column("reader_id", sa.Uuid, primary_key=True),
        sa.Column("reader_name", sa.String, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["client_id", "line_id"], ["pinned_lines.client_id", "pinned_lines.id"]),
    )
    secure_rows(
        "pinned_lines",
        {
            ("SELECT", APP): f"{OWN} OR ({SHOWN})",
            ("INSERT", APP): OWN_WRITING,
            ("UPDATE", APP): OWN_WRITING,
            ("DELETE", APP): f"{OWN_WRITING} AND {UNREAD}",
        },
    )
    op.execute(f"REVOKE UPDATE ON pinned_lines FROM {APP}")  # a line is what it was when it was pinned
    op.execute(f"GRANT UPDATE (settled_at) ON pinned_lines TO {APP}")
    secure_rows(
        "pinned_line_readings",
        {
            ("SELECT", APP): f"{OWN} OR reader_id = {PERSON}",
            ("INSERT", APP): f"reader_id = {PERSON} AND {ROLE} = 'therapist' AND {MAY_READ}",
        },
    )
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE, "agenda.read")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE)
    op.execute(f"DROP POLICY pinned_lines_delete_{APP} ON pinned_lines")  # it names the table that goes first
    op.drop_table("pinned_line_readings")
    op.drop_table("pinned_lines")
