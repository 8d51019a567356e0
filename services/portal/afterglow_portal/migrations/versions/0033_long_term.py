"""What is asked every few months while doses go on: rows that whoever treats the client adds, and nobody changes."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0033"
down_revision = "0034"
branch_labels = None
depends_on = None

APP = "portal_app"
IN_CARE = "(SELECT care.client_id FROM clients_in_care() AS care)"
TREATED = "(SELECT treated.client_id FROM clients_treated() AS treated)"
READ = f"client_id = {PERSON} OR client_id IN {IN_CARE}"
WRITE = f"{ROLE} = 'therapist' AND client_id IN {TREATED} AND made_by = {PERSON}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "long_term_checks",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_long_term_checks_client_id", "long_term_checks", ["client_id", "asked_on"])
    secure_rows("long_term_checks", {("SELECT", APP): READ, ("INSERT", APP): WRITE})


def downgrade() -> None:
    op.drop_table("long_term_checks")
