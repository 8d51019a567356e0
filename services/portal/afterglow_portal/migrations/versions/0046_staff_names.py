"""Whoever wrote a record is named in it, also to readers who do not know them, and once they have left."""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

APP = "portal_app"


def upgrade() -> None:
    """As the owner, who sees names of those at the practice alone (0010); for nobody in particular there are none."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"""
        CREATE FUNCTION staff_names(people uuid[]) RETURNS TABLE (id uuid, name text)
        LANGUAGE sql STABLE SECURITY DEFINER ROWS 5 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT person.id, person.name FROM people AS person
            WHERE person.id = ANY (staff_names.people) AND person.role <> 'client' AND {PERSON} IS NOT NULL;
        END
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION staff_names(uuid[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION staff_names(uuid[]) TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION staff_names(uuid[])")
