"""Letters to a safe address, and what was typed before a proof.

Where letters go is changed by whose they are and by nobody else, admins included; a change is used up once, and both
tables show each transaction its own person's rows only. The worker writes the letters.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, secure_rows
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
OWN = f"person_id = {PERSON}"
OPEN = "used_at IS NULL AND withdrawn_at IS NULL"
FORGOTTEN = "kept_at < now() - interval '15 minutes'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    open_people()
    create_notice_changes()
    create_kept_forms()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("kept_forms", "notice_changes"):
        op.drop_table(table)
    op.execute("DROP TRIGGER people_letters ON people")
    op.execute("DROP FUNCTION only_for_oneself()")
    op.drop_column("people", "notices_to")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def open_people() -> None:
    op.add_column("people", sa.Column("notices_to", sa.String))
    op.execute(f"GRANT UPDATE (notices_to) ON people TO {APP}")
    op.execute(f"""
        CREATE FUNCTION only_for_oneself() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user = '{APP}' AND {PERSON} IS DISTINCT FROM NEW.id THEN
                RAISE EXCEPTION 'permission denied: only whose it is changes this (%)', TG_NAME
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER people_letters BEFORE UPDATE OF notices_to ON people
        FOR EACH ROW EXECUTE FUNCTION only_for_oneself()
    """)


def create_notice_changes() -> None:
    op.create_table(
        "notice_changes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("created_by", sa.Uuid, sa.ForeignKey("people.id")),
        sa.Column("address", sa.String),
        sa.Column("before", sa.String),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", nullable=True),
        moment("withdrawn_at", nullable=True),
    )
    # To the account's own address one goes back without a link.
    made = f"{OWN} AND withdrawn_at IS NULL AND (used_at IS NULL OR address IS NULL)"
    secure_rows("notice_changes", {("SELECT", APP): OWN, ("INSERT", APP): made, ("SELECT", WORKER): "true"})
    op.execute(f"""
        CREATE POLICY notice_changes_update_{APP} ON notice_changes FOR UPDATE TO {APP}
        USING ({OWN} AND {OPEN}) WITH CHECK ({OWN} AND NOT ({OPEN}))
    """)
    op.execute(f"GRANT UPDATE (used_at, withdrawn_at, before) ON notice_changes TO {APP}")


def create_kept_forms() -> None:
    op.create_table(
        "kept_forms",
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        moment("kept_at"),
    )
    secure_rows(
        "kept_forms",
        {
            ("SELECT", APP): f"{OWN} OR {FORGOTTEN}",
            ("INSERT", APP): OWN,
            ("UPDATE", APP): OWN,
            ("DELETE", APP): f"{OWN} OR {FORGOTTEN}",
        },
    )
