"""web's copy of the practice's settings: every page shows them, the worker role writes what auth tells."""

import sqlalchemy as sa
from afterglow_foundation.ddl import secure_rows
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

APP, WORKER = "web_app", "web_worker"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "practice",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    )
    every = ("SELECT", "INSERT", "UPDATE", "DELETE")
    secure_rows("practice", {("SELECT", APP): "true", **{(command, WORKER): "true" for command in every}})


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("practice")
