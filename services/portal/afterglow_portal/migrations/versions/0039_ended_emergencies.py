"""What was opened in an emergency may end before its hour is over: whoever reads why it was opened reads when."""

from afterglow_foundation.ddl import PERSON, ROLE
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

APP, OWNER = "portal_app", "portal_owner"


def upgrade() -> None:
    """The grant says when; of the grants of others a therapist sees none, nor does this tell more than its end."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"""
        CREATE POLICY grants_select_break_glass_{OWNER} ON grants FOR SELECT TO {OWNER}
        USING (kind = 'break_glass' AND (client_id = {PERSON} OR {ROLE} = 'therapist'))
    """)
    op.execute("""
        CREATE FUNCTION emergency_ends(id_of_grant uuid) RETURNS timestamptz
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT opened.ends_at FROM grants AS opened WHERE opened.id = id_of_grant AND opened.kind = 'break_glass';
        END
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION emergency_ends(uuid) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION emergency_ends(uuid) TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION emergency_ends(uuid)")
    op.execute(f"DROP POLICY grants_select_break_glass_{OWNER} ON grants")
