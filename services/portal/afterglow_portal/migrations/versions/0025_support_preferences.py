"""Preferences of touch and support: the client adds versions, nobody changes one."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APP = "portal_app"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
READ = f"client_id = {PERSON} OR client_id IN {IN_CARE}"
OWN = f"{ROLE} = 'client' AND client_id = {PERSON}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "support_preferences",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("client_id", "version"),
    )
    secure_rows("support_preferences", {("SELECT", APP): READ, ("INSERT", APP): OWN})


def downgrade() -> None:
    op.drop_table("support_preferences")
