"""What a therapist opened of a check-in stays shared: the database refuses it too, as it does for the journal."""

from afterglow_foundation.ddl import PERSON, ROLE
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

POLICY = "check_ins_update_portal_app"
OWN_WRITING = f"client_id = {PERSON} AND {ROLE} = 'client'"
UNREAD = """
    NOT EXISTS (SELECT FROM check_in_readings AS reading
                WHERE reading.client_id = check_ins.client_id AND reading.check_in_id = check_ins.id)
"""


def upgrade() -> None:
    """Erasing is an update too, to one that only its client sees: what was opened keeps its words as well."""
    replace(f"{OWN_WRITING} AND (visibility = 'therapist' OR {UNREAD})")


def downgrade() -> None:
    replace(OWN_WRITING)


def replace(rule: str) -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER POLICY {POLICY} ON check_ins USING ({rule}) WITH CHECK ({rule})")
