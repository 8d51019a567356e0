"""What was opened in an emergency is ended before its hour is over, by whoever opened it or by an admin."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, create_access_log, drop_access_log
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

APP = "auth_app"
OPENED_BEFORE = (
    *("person:read", "sessions:listed", "care:listed", "covers:listed", "proposal:read", "audit:read"),
    *("break_glass:opened", "break_glass:reviewed"),
)
BY_ADMIN = f"{ROLE} = 'admin'"
BY_OPENER = f"{ROLE} = 'therapist' AND kind = 'break_glass' AND therapist_id = {PERSON}"
ENDED = "(ends_at <= now() OR ends_at = starts_at)"
SAYING_WHO = f"(kind = 'cover' OR ended_by = {PERSON})"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("grants", sa.Column("ended_by", sa.Uuid, sa.ForeignKey("people.id")))
    op.create_check_constraint("ended_early", "grants", "ended_by IS NULL OR kind = 'break_glass'")
    op.execute(f"GRANT UPDATE (ended_by) ON grants TO {APP}")
    op.execute(f"ALTER POLICY grants_update_{APP} ON grants WITH CHECK ({BY_ADMIN} AND {ENDED} AND {SAYING_WHO})")
    op.execute(f"""
        CREATE POLICY grants_update_break_glass_{APP} ON grants FOR UPDATE TO {APP}
        USING ({BY_OPENER} AND ends_at > now()) WITH CHECK ({BY_OPENER} AND {ENDED} AND ended_by = {PERSON})
    """)
    drop_access_log("auth")
    create_access_log("auth", *OPENED_BEFORE, "break_glass:ended")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("auth")
    create_access_log("auth", *OPENED_BEFORE)
    op.execute(f"DROP POLICY grants_update_break_glass_{APP} ON grants")
    op.execute(f"ALTER POLICY grants_update_{APP} ON grants WITH CHECK ({BY_ADMIN} AND {ENDED})")
    op.drop_constraint(op.f("ck_grants_ended_early"), "grants")
    op.drop_column("grants", "ended_by")
