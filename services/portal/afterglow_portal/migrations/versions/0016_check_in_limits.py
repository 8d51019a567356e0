"""How many check-ins a day a client wants to make at most: their own choice, and nobody else's to see."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

APP = "portal_app"
OWN = f"client_id = {PERSON}"
OWN_WRITING = f"{OWN} AND {ROLE} = 'client'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "check_in_limits",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("a_day", sa.Integer),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("a_day > 0", name="a_day"),
    )
    secure_rows("check_in_limits", {("SELECT", APP): OWN, ("INSERT", APP): OWN_WRITING, ("UPDATE", APP): OWN_WRITING})


def downgrade() -> None:
    op.drop_table("check_in_limits")
