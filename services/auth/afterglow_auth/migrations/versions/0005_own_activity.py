"""People read what the audit keeps about them.

The app role may read the events of whom it acts for, and of nobody else; the index is the page's: newest first.
"""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APP = "auth_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"""
        CREATE POLICY audit_events_select_own_{APP} ON audit_events FOR SELECT TO {APP} USING (subject_id = {PERSON})
    """)
    op.execute(f"GRANT SELECT ON audit_events TO {APP}")
    op.create_index("ix_audit_events_subject_id_id", "audit_events", ["subject_id", "id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_audit_events_subject_id_id", "audit_events")
    op.execute("REVOKE SELECT ON audit_events FROM auth_app")
    op.execute(f"DROP POLICY audit_events_select_own_{APP} ON audit_events")
