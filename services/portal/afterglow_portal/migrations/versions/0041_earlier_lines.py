"""Of lines pinned before, too, somebody new sees what the client chooses to show: by the day they were pinned."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

APP, OWNER = "portal_app", "portal_owner"
FILLED = ("pinned_lines", "people")
# As of a check-in: taken back, it closes unless they read it before.
SHOWN = f"""
    {ROLE} = 'therapist' AND client_id IN (SELECT care.client_id FROM clients_in_care() AS care)
    AND EXISTS (
        SELECT FROM earlier_shares AS shown
        WHERE shown.client_id = pinned_lines.client_id AND shown.therapist_id = {PERSON}
          AND pinned_lines.local_date BETWEEN shown.from_date AND shown.until_date
          AND pinned_lines.pinned_at < shown.chosen_at
          AND (shown.taken_back_at IS NULL OR line_read_by_caller(pinned_lines.client_id, pinned_lines.id)))
"""  # noqa: S608  # constants of ours


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("pinned_lines", sa.Column("local_date", sa.Date))
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")  # else their owner sees none of the rows
    op.execute("""
        UPDATE pinned_lines AS line SET local_date = CAST(line.pinned_at AT TIME ZONE coalesce(
            (SELECT client.time_zone FROM people AS client WHERE client.id = line.client_id), 'UTC') AS date)
    """)
    for table in FILLED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.alter_column("pinned_lines", "local_date", nullable=False)
    create_rule()
    op.execute(f"CREATE POLICY pinned_lines_select_earlier_{APP} ON pinned_lines FOR SELECT TO {APP} USING ({SHOWN})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"DROP POLICY pinned_lines_select_earlier_{APP} ON pinned_lines")
    op.execute("DROP FUNCTION line_read_by_caller(uuid, uuid)")
    op.execute(f"DROP POLICY pinned_line_readings_select_{OWNER} ON pinned_line_readings")
    op.drop_column("pinned_lines", "local_date")


def create_rule() -> None:
    """As the owner: the readings' own policy asks for the lines."""
    op.execute(
        f"CREATE POLICY pinned_line_readings_select_{OWNER} ON pinned_line_readings FOR SELECT TO {OWNER}"
        f" USING (reader_id = {PERSON} AND {ROLE} = 'therapist')"
    )
    op.execute(f"""
        CREATE FUNCTION line_read_by_caller(client uuid, line uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT EXISTS (SELECT FROM pinned_line_readings AS reading
                           WHERE reading.client_id = client AND reading.line_id = line
                             AND reading.reader_id = {PERSON});
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION line_read_by_caller(uuid, uuid) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION line_read_by_caller(uuid, uuid) TO {APP}")
