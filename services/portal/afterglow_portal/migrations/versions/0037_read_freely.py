"""Of whom everything shared may be read is asked as one question, not as two for each check-in (decision 0061).

The rule of who reads which check-in stays what it was: of clients in care everything shared, but where care had a
beginning or an end, what was shared within it and what the client chose to show.
"""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0037"
down_revision = "0032"
branch_labels = None
depends_on = None

APP = "portal_app"
ASKED_ONCE = f"(SELECT {PERSON})"
OWN = f"client_id = {ASKED_ONCE}"
IN_CARE = "client_id IN (SELECT care.client_id FROM clients_in_care() AS care)"
BOUNDED = "client_id IN (SELECT bound.client_id FROM sharing_bounds() AS bound)"
FREE = "client_id IN (SELECT free.client_id FROM clients_read_freely() AS free)"
WITHIN = f"""
    EXISTS (SELECT FROM sharing_bounds() AS bound
            WHERE bound.client_id = check_ins.client_id
              AND coalesce(check_ins.shared_at, check_ins.entered_at) >= bound.from_at
              AND coalesce(check_ins.shared_at, check_ins.entered_at) < bound.until_at)
    OR EXISTS (SELECT FROM earlier_shares AS shown
               WHERE shown.client_id = check_ins.client_id AND shown.therapist_id = {ASKED_ONCE}
                 AND check_ins.local_date BETWEEN shown.from_date AND shown.until_date
                 AND (shown.taken_back_at IS NULL OR opened_by_caller(check_ins.client_id, check_ins.id)))
"""  # noqa: S608  # constants of ours
SHARED = f"visibility = 'therapist' AND ({FREE} OR ({IN_CARE} AND ({WITHIN})))"
SHARED_BEFORE = f"visibility = 'therapist' AND {IN_CARE} AND (NOT {BOUNDED} OR {WITHIN})"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_function()
    op.execute(f"ALTER POLICY check_ins_select_{APP} ON check_ins USING ({OWN} OR ({SHARED}))")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER POLICY check_ins_select_{APP} ON check_ins USING ({OWN} OR ({SHARED_BEFORE}))")
    op.execute("DROP FUNCTION clients_read_freely()")


def create_function() -> None:
    op.execute("""
        CREATE FUNCTION clients_read_freely() RETURNS TABLE (client_id uuid)
        LANGUAGE sql STABLE ROWS 30 SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT care.client_id FROM clients_in_care() AS care
            WHERE care.client_id NOT IN (SELECT bound.client_id FROM sharing_bounds() AS bound);
        END
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION clients_read_freely() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION clients_read_freely() TO {APP}")
