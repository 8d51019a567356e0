"""Care that is planned to end; cover, and the grants that it comes to."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
BY_ADMIN = f"{ROLE} = 'admin'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("care_relationships", moment("ends_at", nullable=True))
    create_covers()
    create_grants()
    secure()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("grants")
    op.drop_table("covers")
    op.drop_column("care_relationships", "ends_at")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def person(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey("people.id"), nullable=nullable, index=index)


def create_covers() -> None:
    op.create_table(
        "covers",
        sa.Column("id", sa.Uuid, primary_key=True),
        person("therapist_id", index=True),
        person("covering_id", index=True),
        person("client_id", nullable=True),
        moment("starts_at"),
        moment("ends_at"),
        person("asked_by"),
        moment("created_at"),
        moment("ended_at", nullable=True),
        sa.CheckConstraint("therapist_id <> covering_id", name=op.f("ck_covers_two_people")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_covers_lasts")),
    )


def create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("cover_id", sa.Uuid, sa.ForeignKey("covers.id"), nullable=False, index=True),
        person("client_id", index=True),
        person("therapist_id"),
        sa.Column("reason_code", sa.String),
        moment("starts_at"),
        moment("ends_at"),
        sa.CheckConstraint("kind = 'cover'", name=op.f("ck_grants_kind")),
    )


def secure() -> None:
    """Nobody who is in it arranges it, as with care; what was arranged can only be ended."""
    others = f"{BY_ADMIN} AND {PERSON} NOT IN (therapist_id, covering_id)"
    worker = {("SELECT", WORKER): "true", ("INSERT", WORKER): "true", ("UPDATE", WORKER): "true"}
    secure_rows(
        "covers",
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): f"{others} AND asked_by = {PERSON} AND ended_at IS NULL",
            **worker,
        },
    )
    secure_rows(
        "grants",
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): f"{BY_ADMIN} AND {PERSON} NOT IN (therapist_id, client_id) AND kind = 'cover'",
            **worker,
        },
    )
    for table, column, still, ended in (
        ("covers", "ended_at", "ended_at IS NULL", "ended_at IS NOT NULL"),
        ("grants", "ends_at", "ends_at > now()", "ends_at <= now() OR ends_at = starts_at"),
    ):
        op.execute(f"""
            CREATE POLICY {table}_update_{APP} ON {table} FOR UPDATE TO {APP}
            USING ({BY_ADMIN} AND {still}) WITH CHECK ({BY_ADMIN} AND ({ended}))
        """)
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO {APP}")
