"""Admins read what the audit keeps: who did what to whose record, and never what is in it."""

from afterglow_foundation.ddl import close_audit_to_admins, open_audit_to_admins
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PEOPLE = ("actor_id", "subject_id")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    open_audit_to_admins("web", *PEOPLE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    close_audit_to_admins("web", *PEOPLE)
    op.execute("REVOKE SELECT ON audit_events FROM web_app")
