"""A record may be opened in an emergency: the grant, its review, and what the client reads of it in the access log."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, create_access_log, drop_access_log, secure_rows
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
APP, WORKER = "auth_app", "auth_worker"
OPENED_BEFORE = ("person:read", "sessions:listed", "care:listed", "covers:listed", "proposal:read", "audit:read")
REASONS = "'danger', 'medical', 'unreachable', 'other'"
AN_HOUR = "ends_at > starts_at AND ends_at <= starts_at + interval '1 hour'"
BY_SELF = f"{ROLE} = 'therapist' AND therapist_id = {PERSON} AND kind = 'break_glass'"
OF_ANOTHER = f"""
    EXISTS (SELECT FROM grants AS opened WHERE opened.id = grant_id AND opened.kind = 'break_glass'
            AND opened.therapist_id <> {PERSON}
            AND ({ROLE} = 'admin' OR EXISTS (
                SELECT FROM care_relationships AS care WHERE care.client_id = opened.client_id
                AND care.therapist_id = {PERSON} AND care.ended_at IS NULL)))
"""  # noqa: S608  # constants of ours


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.alter_column("grants", "cover_id", nullable=True)
    op.drop_constraint(op.f("ck_grants_kind"), "grants")
    for name, rule in {
        "kind": "kind IN ('break_glass', 'cover')",
        "of_a_cover": "(kind = 'cover') = (cover_id IS NOT NULL)",
        "reason_code": "(kind = 'break_glass') = (reason_code IS NOT NULL)",
    }.items():
        op.create_check_constraint(name, "grants", rule)
    op.create_index("ix_grants_break_glass", "grants", ["id"], postgresql_where=sa.text("kind = 'break_glass'"))
    op.execute(
        f"CREATE POLICY grants_insert_break_glass_{APP} ON grants FOR INSERT TO {APP}"
        f" WITH CHECK ({BY_SELF} AND reason_code IN ({REASONS}) AND {AN_HOUR})"
    )
    create_reviews()
    drop_access_log("auth")
    create_access_log("auth", *OPENED_BEFORE, "break_glass:opened", "break_glass:reviewed")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("auth")
    create_access_log("auth", *OPENED_BEFORE)
    op.drop_table("break_glass_reviews")
    op.execute(f"DROP POLICY grants_insert_break_glass_{APP} ON grants")
    op.drop_index("ix_grants_break_glass", "grants")
    op.execute("ALTER TABLE grants NO FORCE ROW LEVEL SECURITY")  # else their owner sees none of them
    op.execute("DELETE FROM grants WHERE kind = 'break_glass'")
    op.execute("ALTER TABLE grants FORCE ROW LEVEL SECURITY")
    for name in ("kind", "of_a_cover", "reason_code"):
        op.drop_constraint(op.f(f"ck_grants_{name}"), "grants")
    op.create_check_constraint("kind", "grants", "kind = 'cover'")
    op.alter_column("grants", "cover_id", nullable=False)


def create_reviews() -> None:
    """Added once by an admin or whoever treats the client, never by whoever opened the record; never changed."""
    op.create_table(
        "break_glass_reviews",
        sa.Column("grant_id", sa.Uuid, sa.ForeignKey("grants.id"), primary_key=True),
        sa.Column("reviewed_by", sa.Uuid, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("remark", sa.LargeBinary),
        sa.Column("key_version", sa.Integer),
        sa.CheckConstraint("outcome IN ('in_order', 'to_follow_up')", name="outcome"),
        sa.CheckConstraint("(remark IS NULL) = (key_version IS NULL)", name="sealed"),
    )
    staff = f"{ROLE} IN ('admin', 'therapist')"
    secure_rows(
        "break_glass_reviews",
        {
            ("SELECT", APP): staff,
            ("INSERT", APP): f"reviewed_by = {PERSON} AND {OF_ANOTHER}",
            ("SELECT", WORKER): "true",
        },
    )
