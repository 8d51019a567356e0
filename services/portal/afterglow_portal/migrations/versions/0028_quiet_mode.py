"""That a client left the quiet mode of a session: their own to add and to see, nobody's to change."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APP = "portal_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "quiet_mode_leavings",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, primary_key=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
    )
    own = f"client_id = {PERSON}"
    secure_rows("quiet_mode_leavings", {("SELECT", APP): own, ("INSERT", APP): f"{ROLE} = 'client' AND {own}"})


def downgrade() -> None:
    op.drop_table("quiet_mode_leavings")
