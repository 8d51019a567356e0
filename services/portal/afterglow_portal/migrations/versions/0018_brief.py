"""A brief is told in the access log as a whole; what came to be shared since a time is found by an index."""

from afterglow_foundation.ddl import create_access_log, drop_access_log
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

OPENED_BEFORE = (
    *("client.opened", "caseload.read", "audit.read"),
    *("check_in.read", "check_in.versions_read", "check_ins.read", "curve.read"),
    *("journal.read", "journal_entry.read", "voice_note.read", "voice_notes.read", "agenda.read", "course.read"),
    *("check_in.released", "journal_entry.released"),
)
INDEX = "ix_journal_shares_shared_at"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(INDEX, "journal_shares", ["client_id", "shared_at"])
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE, "brief.read")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("portal")
    create_access_log("portal", *OPENED_BEFORE)
    op.drop_index(INDEX, "journal_shares")
