"""Which therapist opened which version of a check-in, and check-ins that their client erased.

An erased check-in stays as an empty row: its id cannot be taken again, so that a phone which sends it once more, even
in the same moment, brings nothing back, and the hot path has nothing more to ask. Its earlier versions go.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
SOMETHING = "coalesce(mood, energy, anxiety) IS NOT NULL"
OWN = f"client_id = {PERSON}"
UNREAD = """
    NOT EXISTS (SELECT FROM check_in_readings AS reading
                WHERE reading.client_id = check_in_versions.client_id
                  AND reading.check_in_id = check_in_versions.check_in_id)
"""
MAY_OPEN = """
    EXISTS (SELECT FROM check_ins AS entry
            WHERE entry.client_id = check_in_readings.client_id AND entry.id = check_in_readings.check_in_id)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("check_ins", sa.Column("erased_at", INSTANT))
    op.drop_constraint(op.f("ck_check_ins_something_said"), "check_ins")
    op.create_check_constraint(op.f("ck_check_ins_something_said"), "check_ins", f"(erased_at IS NULL) = ({SOMETHING})")
    create_readings()
    op.execute(
        f"CREATE POLICY check_in_versions_delete_portal_app ON check_in_versions FOR DELETE TO portal_app"
        f" USING ({OWN} AND {ROLE} = 'client' AND {UNREAD})"
    )
    op.execute("GRANT DELETE ON check_in_versions TO portal_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("REVOKE DELETE ON check_in_versions FROM portal_app")
    op.execute("DROP POLICY check_in_versions_delete_portal_app ON check_in_versions")
    op.drop_table("check_in_readings")
    op.execute("ALTER TABLE check_ins NO FORCE ROW LEVEL SECURITY")  # else their owner sees none of them
    op.execute("DELETE FROM check_ins WHERE erased_at IS NOT NULL")
    op.execute("ALTER TABLE check_ins FORCE ROW LEVEL SECURITY")
    op.drop_constraint(op.f("ck_check_ins_something_said"), "check_ins")
    op.create_check_constraint(op.f("ck_check_ins_something_said"), "check_ins", SOMETHING)
    op.drop_column("check_ins", "erased_at")


def create_readings() -> None:
    """A therapist adds their own reading of what they may open now; the client sees who opened what."""
    op.create_table(
        "check_in_readings",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("check_in_id", sa.Uuid, primary_key=True),
        sa.Column("reader_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("first_read_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["client_id", "check_in_id"], ["check_ins.client_id", "check_ins.id"]),
    )
    own_reading = f"reader_id = {PERSON} AND {ROLE} = 'therapist'"
    secure_rows(
        "check_in_readings",
        {
            ("SELECT", "portal_app"): f"({OWN} AND {ROLE} = 'client') OR ({own_reading})",
            ("INSERT", "portal_app"): f"{own_reading} AND {MAY_OPEN}",
        },
    )
