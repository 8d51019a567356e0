"""Imports of clients: read for an admin, carried out by the worker, forgotten after two days."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
BY_ADMIN = f"{ROLE} = 'admin'"
NOT_STARTED = "started_at IS NULL AND carried_out_at IS NULL AND failed_at IS NULL AND made = 0"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "people_imports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("asked_by", sa.Uuid, sa.ForeignKey("people.id"), nullable=False),
        moment("created_at", nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("rows", JSONB, nullable=False),
        sa.Column("faults", JSONB, nullable=False),
        sa.Column("made", sa.Integer, nullable=False),
        moment("started_at"),
        moment("carried_out_at"),
        moment("failed_at"),
        sa.CheckConstraint("num_nonnulls(carried_out_at, failed_at) <= 1", name=op.f("ck_people_imports_one_end")),
        sa.CheckConstraint(
            "started_at IS NULL OR jsonb_array_length(faults) = 0 OR failed_at IS NOT NULL",
            name=op.f("ck_people_imports_faults"),
        ),
    )
    old = "created_at < now() - interval '2 days'"
    secure_rows(
        "people_imports",
        {
            ("SELECT", APP): f"{BY_ADMIN} OR {old}",
            ("INSERT", APP): f"{BY_ADMIN} AND asked_by = {PERSON} AND {NOT_STARTED}",
            ("DELETE", APP): old,
            ("SELECT", WORKER): "true",
            ("UPDATE", WORKER): "true",
        },
    )
    op.execute(f"""
        CREATE POLICY people_imports_update_{APP} ON people_imports FOR UPDATE TO {APP}
        USING ({BY_ADMIN} AND {NOT_STARTED}) WITH CHECK ({BY_ADMIN} AND started_at IS NOT NULL)
    """)
    op.execute(f"GRANT UPDATE (started_at) ON people_imports TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("people_imports")


def moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
