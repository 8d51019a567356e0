"""Clients read who opened what of theirs: a view without sessions, and the index for it."""

from afterglow_foundation.ddl import create_access_log, drop_access_log
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPENED = (
    *("client.opened", "caseload.read", "audit.read"),
    *("check_in.read", "check_in.versions_read", "check_ins.read", "curve.read"),
    *("journal.read", "journal_entry.read", "voice_note.read", "voice_notes.read"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_access_log("portal", *OPENED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("portal")
