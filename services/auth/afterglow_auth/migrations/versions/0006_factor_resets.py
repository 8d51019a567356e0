"""Factor resets: asked for by an admin, stopped by whoever it is about, carried out by the worker a day later.

The app's role can ask and stop, and never carry out. Nobody signed in may stop one that is open: the link in the mail
is what they have, and the service has checked it.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
BY_ADMIN = f"{ROLE} = 'admin'"
OPEN = "carried_out_at IS NULL AND objected_at IS NULL AND withdrawn_at IS NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    widen_proposals("act IN ('invite', 'reset', 'reset_factors')", "(act = 'invite') = (subject_id IS NULL)")
    op.create_table(
        "factor_resets",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("asked_by", sa.Uuid, sa.ForeignKey("people.id")),
        moment("created_at", nullable=False),
        moment("due_at", nullable=False),
        moment("objected_at"),
        moment("withdrawn_at"),
        sa.Column("withdrawn_by", sa.Uuid, sa.ForeignKey("people.id")),
        moment("carried_out_at"),
        sa.CheckConstraint(
            "num_nonnulls(carried_out_at, objected_at, withdrawn_at) <= 1", name=op.f("ck_factor_resets_one_end")
        ),
        sa.CheckConstraint("asked_by <> person_id", name=op.f("ck_factor_resets_not_oneself")),
    )
    op.create_index(
        "uq_factor_resets_open", "factor_resets", ["person_id"], unique=True, postgresql_where=sa.text(OPEN)
    )
    secure()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("factor_resets")
    op.execute("ALTER TABLE proposals NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM proposals WHERE act = 'reset_factors'")
    op.execute("ALTER TABLE proposals FORCE ROW LEVEL SECURITY")
    widen_proposals("act IN ('invite', 'reset')", "(act = 'reset') = (subject_id IS NOT NULL)")


def moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def widen_proposals(act: str, subject: str) -> None:
    for name, condition in (("act", act), ("subject", subject)):
        op.drop_constraint(op.f(f"ck_proposals_{name}"), "proposals", type_="check")
        op.create_check_constraint(op.f(f"ck_proposals_{name}"), "proposals", condition)


def secure() -> None:
    asked = f"{BY_ADMIN} AND asked_by = {PERSON} AND {OPEN}"
    secure_rows(
        "factor_resets",
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): asked,
            ("SELECT", WORKER): "true",
            ("INSERT", WORKER): "true",
            ("UPDATE", WORKER): "true",
        },
    )
    op.execute(f"""
        CREATE POLICY factor_resets_update_{APP} ON factor_resets FOR UPDATE TO {APP} USING ({OPEN})
        WITH CHECK (objected_at IS NOT NULL OR ({BY_ADMIN} AND withdrawn_by = {PERSON}))
    """)
    op.execute(f"GRANT UPDATE (objected_at, withdrawn_at, withdrawn_by) ON factor_resets TO {APP}")
