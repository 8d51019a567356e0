"""The practice's settings and logos: seen by everybody, since every page shows them, and changed by admins only."""

import sqlalchemy as sa
from afterglow_foundation.ddl import ROLE, secure_rows
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
BY_ADMIN = f"{ROLE} = 'admin'"
PRACTICE = "0195e3a0-0000-7000-8000-000000000001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "practice_logos",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("image", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "practice",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("logo", sa.String, sa.ForeignKey("practice_logos.hash")),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid, sa.ForeignKey("people.id")),
        sa.CheckConstraint(f"id = '{PRACTICE}'", name=op.f("ck_practice_one")),
    )
    secure_rows("practice_logos", {("SELECT", APP): "true", ("INSERT", APP): BY_ADMIN})
    secure_rows(
        "practice",
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): BY_ADMIN,
            ("UPDATE", APP): BY_ADMIN,
            ("SELECT", WORKER): "true",
        },
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("practice")
    op.drop_table("practice_logos")
