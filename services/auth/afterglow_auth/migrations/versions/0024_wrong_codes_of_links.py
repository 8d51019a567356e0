"""Links count the wrong codes that are typed on them, up and never down: after a few they are over."""

import sqlalchemy as sa
from afterglow_foundation.ddl import ROLE
from alembic import op

revision = "0024"
down_revision = "0019"
branch_labels = None
depends_on = None

APP = "auth_app"
BY_ADMIN = f"{ROLE} = 'admin'"
CHANGES = {
    "invitations": f"{BY_ADMIN} OR used_at IS NOT NULL",
    "recoveries": "used_at IS NOT NULL",
    "resets": f"{BY_ADMIN} OR used_at IS NOT NULL",
}
COUNTS = "wrong_codes > 0"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("""
        CREATE FUNCTION one_wrong_code_more() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.wrong_codes <> OLD.wrong_codes + 1 THEN
                RAISE EXCEPTION 'permission denied: wrong codes are only counted'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)
    for table, change in CHANGES.items():
        op.add_column(table, sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"))
        op.execute(f"GRANT UPDATE (wrong_codes) ON {table} TO {APP}")
        op.execute(f"""
            CREATE TRIGGER {table}_count_wrong_codes BEFORE UPDATE OF wrong_codes ON {table}
            FOR EACH ROW EXECUTE FUNCTION one_wrong_code_more()
        """)
        let_change(table, f"{change} OR {COUNTS}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, change in CHANGES.items():
        let_change(table, change)
        op.execute(f"DROP TRIGGER {table}_count_wrong_codes ON {table}")
        op.drop_column(table, "wrong_codes")
    op.execute("DROP FUNCTION one_wrong_code_more()")


def let_change(table: str, change: str) -> None:
    op.execute(f"ALTER POLICY {table}_update_{APP} ON {table} WITH CHECK ({change})")
