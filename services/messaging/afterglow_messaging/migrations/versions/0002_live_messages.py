"""Conversations that come from care, read marks, and which transaction stored a message."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, secure_rows
from alembic import op

revision = "0002"
down_revision = "0001"

APP, WORKER = "messaging_app", "messaging_worker"
LIVE_CARE = """EXISTS (
    SELECT FROM care_relationships AS care
    WHERE care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id
      AND (care.ended_at IS NULL OR care.ended_at > now())
)"""
OWN_MARK = f"""(person_id = {PERSON} AND EXISTS (
    SELECT FROM conversations WHERE conversations.id = conversation_id
))"""
TO_PEOPLE = ("client_id", "therapist_id")


def upgrade() -> None:
    open_from_care()
    create_read_marks()
    # Messages that are here already count as stored by this very transaction: before every cursor to come.
    op.execute("ALTER TABLE messages ADD COLUMN stored_in xid8 NOT NULL DEFAULT pg_current_xact_id()")
    op.create_index("ix_messages_conversation_id_stored_in", "messages", ["conversation_id", "stored_in"])


def downgrade() -> None:
    op.drop_index("ix_messages_conversation_id_stored_in", "messages")
    op.drop_column("messages", "stored_in")
    op.drop_table("read_marks")
    op.execute(f"DROP POLICY conversations_insert_{WORKER} ON conversations")
    op.execute(f"REVOKE INSERT ON conversations FROM {WORKER}")
    for column in TO_PEOPLE:
        op.create_foreign_key(f"fk_conversations_{column}", "conversations", "people", [column], ["id"])


def open_from_care() -> None:
    """The worker makes a pair's conversation, empty and where care lives; care may arrive before the people."""
    for column in TO_PEOPLE:
        op.drop_constraint(f"fk_conversations_{column}", "conversations")
    empty = "last_sequence = 0 AND last_message_at IS NULL"
    secure_rows("conversations", {("INSERT", WORKER): f"{empty} AND {LIVE_CARE}"})


def create_read_marks() -> None:
    op.create_table(
        "read_marks",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "person_id", name="pk_read_marks"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_read_marks_conversation_id"),
    )
    secure_rows("read_marks", {(command, APP): OWN_MARK for command in ("SELECT", "INSERT", "UPDATE")})
    op.execute(f"REVOKE UPDATE ON read_marks FROM {APP}")  # whose mark it is never changes
    op.execute(f"GRANT UPDATE (sequence, marked_at) ON read_marks TO {APP}")
