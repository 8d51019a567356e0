"""Attachments of messages: what each is, and its content in sealed chunks."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, create_access_log, drop_access_log, secure_rows
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

APP, WORKER = "messaging_app", "messaging_worker"
INSTANT = sa.DateTime(timezone=True)
# These subqueries are under row-level security themselves: a conversation is seen by its parties alone.
OF_CONVERSATION = "EXISTS (SELECT FROM conversations WHERE conversations.id = conversation_id)"
WRITABLE = """EXISTS (
    SELECT FROM conversations
    JOIN care_relationships AS care
      ON care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id
    WHERE conversations.id = conversation_id
      AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now())
)"""
OWN = f"sender_id = {PERSON}"
UNSENT = "message_id IS NULL AND quarantined_at IS NULL"
IN_OWN_MESSAGE = f"""EXISTS (
    SELECT FROM messages AS message
    WHERE message.conversation_id = attachments.conversation_id AND message.id = attachments.message_id
      AND message.sender_id = {PERSON}
)"""
IN_SHOWN_MESSAGE = """EXISTS (
    SELECT FROM messages AS message
    WHERE message.conversation_id = attachments.conversation_id AND message.id = attachments.message_id
      AND message.withdrawn_at IS NULL
)"""
LEFT_LYING = """message_id IS NULL AND created_at <
    CASE WHEN quarantined_at IS NULL THEN now() - interval '1 day' ELSE now() - interval '30 days' END"""
OF_ATTACHMENT = """EXISTS (
    SELECT FROM attachments
    WHERE attachments.conversation_id = attachment_chunks.conversation_id
      AND attachments.id = attachment_chunks.attachment_id AND attachments.quarantined_at IS NULL{}
)"""
UNFINISHED = OF_ATTACHMENT.format(f" AND attachments.{OWN} AND attachments.finished_at IS NULL")
CHANGED = "received, chunks, media_type, size, finished_at, quarantined_at, message_id, place"
OPENED = ("conversation.read", "messages.read", "audit.read", "messages.searched", "conversation.exported")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tables()
    secure_attachments()
    secure_chunks()
    drop_access_log("messaging")
    create_access_log("messaging", *OPENED, "attachment.read")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_access_log("messaging")
    create_access_log("messaging", *OPENED)
    op.drop_table("attachment_chunks")
    op.drop_table("attachments")


def create_tables() -> None:
    op.create_table(
        "attachments",
        sa.Column("conversation_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sender_id", sa.Uuid, nullable=False),
        sa.Column("sealed_name", sa.LargeBinary, nullable=False),
        sa.Column("declared", sa.Integer, nullable=False),
        sa.Column("received", sa.Integer, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("media_type", sa.String),
        sa.Column("size", sa.Integer),
        sa.Column("finished_at", INSTANT),
        sa.Column("quarantined_at", INSTANT),
        sa.Column("message_id", sa.Uuid),
        sa.Column("place", sa.Integer),
        sa.CheckConstraint("received BETWEEN 0 AND declared", name="received"),
        sa.CheckConstraint(
            "(finished_at IS NOT NULL) = (media_type IS NOT NULL AND size IS NOT NULL)", name="finished"
        ),
        sa.CheckConstraint("finished_at IS NULL OR quarantined_at IS NULL", name="judged_once"),
        sa.CheckConstraint("message_id IS NULL OR finished_at IS NOT NULL", name="sent_whole"),
        sa.CheckConstraint("(message_id IS NOT NULL) = (place IS NOT NULL)", name="placed"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.ForeignKeyConstraint(["conversation_id", "message_id"], ["messages.conversation_id", "messages.id"]),
    )
    op.create_index(
        "ix_attachments_conversation_id_message_id",
        "attachments",
        ["conversation_id", "message_id"],
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_index(
        "ix_attachments_sender_id", "attachments", ["sender_id"], postgresql_where=sa.text("message_id IS NULL")
    )
    op.create_table(
        "attachment_chunks",
        sa.Column("conversation_id", sa.Uuid, primary_key=True),
        sa.Column("attachment_id", sa.Uuid, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "attachment_id"],
            ["attachments.conversation_id", "attachments.id"],
            ondelete="CASCADE",
        ),
    )
    op.execute("ALTER TABLE attachment_chunks ALTER COLUMN content SET STORAGE EXTERNAL")  # sealed, none gets smaller


def secure_attachments() -> None:
    """An upload is its sender's alone until a message has it, and then nobody's to change.

    A withdrawn message shows it to nobody. The worker sees when uploads were begun, and takes away what was left
    lying; nothing else.
    """
    secure_rows(
        "attachments",
        {
            ("SELECT", APP): f"({OWN} AND message_id IS NULL OR {IN_SHOWN_MESSAGE}) AND {OF_CONVERSATION}",
            ("INSERT", APP): f"{OWN} AND {UNSENT} AND finished_at IS NULL AND {WRITABLE}",
            ("DELETE", APP): f"{OWN} AND {UNSENT}",
            ("SELECT", WORKER): LEFT_LYING,
            ("DELETE", WORKER): LEFT_LYING,
        },
    )
    op.execute(f"""
        CREATE POLICY attachments_update_{APP} ON attachments FOR UPDATE TO {APP}
        USING ({OWN} AND {UNSENT} AND {WRITABLE}) WITH CHECK ({OWN} AND (message_id IS NULL OR {IN_OWN_MESSAGE}))
    """)
    op.execute(f"GRANT UPDATE ({CHANGED}) ON attachments TO {APP}")
    op.execute(f"REVOKE SELECT ON attachments FROM {WORKER}")  # noqa: S608  # it is no query
    op.execute(f"GRANT SELECT (message_id, created_at, quarantined_at) ON attachments TO {WORKER}")


def secure_chunks() -> None:
    secure_rows(
        "attachment_chunks",
        {
            ("SELECT", APP): OF_ATTACHMENT.format(""),
            ("INSERT", APP): UNFINISHED,
            ("DELETE", APP): UNFINISHED,
        },
    )
