"""Messages are corrected and withdrawn by who sent them: versions, and what a message may have changed about it."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0008"
down_revision = "0011"
branch_labels = None
depends_on = None

APP = "messaging_app"
CHANGES = ("corrections", "corrected_at", "withdrawn_at")
# An open conversation of one's own: the subquery is under the policy of conversations, which knows who is live.
WRITABLE = f"""EXISTS (
    SELECT FROM public.conversations
    JOIN public.care_relationships AS care
      ON care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id
    WHERE conversations.id = conversation_id
      AND ({ROLE} = 'client' AND conversations.client_id = {PERSON}
           OR {ROLE} = 'therapist' AND conversations.therapist_id = {PERSON})
      AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now())
)"""
OWN = f"sender_id = {PERSON} AND {WRITABLE}"


def of_message(condition: str) -> str:
    """A version of a message that its own policy shows and that meets more."""
    return f"""EXISTS (
        SELECT FROM public.messages
        WHERE messages.conversation_id = message_versions.conversation_id
          AND messages.id = message_versions.message_id AND messages.withdrawn_at IS NULL AND {condition}
    )"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("messages", sa.Column("corrections", sa.Integer, nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("corrected_at", sa.DateTime(timezone=True)))
    op.add_column("messages", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    # Withdrawn is for good: such a row is not found for a change any more.
    op.execute(
        f"CREATE POLICY messages_update_{APP} ON messages FOR UPDATE TO {APP} "
        f"USING (withdrawn_at IS NULL AND {OWN}) WITH CHECK ({OWN})"
    )
    op.execute(f"GRANT UPDATE ({', '.join(CHANGES)}) ON messages TO {APP}")
    # So that nobody is told of a withdrawn one that waits.
    op.execute("GRANT SELECT (withdrawn_at) ON messages TO messaging_worker")
    create_trigger()
    create_versions()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("message_versions")
    op.execute("DROP TRIGGER messages_changed ON messages")
    op.execute("DROP FUNCTION message_changed()")
    op.execute(f"DROP POLICY messages_update_{APP} ON messages")
    op.execute(f"REVOKE UPDATE ({', '.join(CHANGES)}) ON messages FROM {APP}")
    op.execute("REVOKE SELECT (withdrawn_at) ON messages FROM messaging_worker")
    for column in CHANGES:
        op.drop_column("messages", column)


def create_trigger() -> None:
    """A change counts as stored anew, so that every cursor comes upon it; nobody else may touch that column."""
    op.execute("""
        CREATE FUNCTION message_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.stored_in := pg_current_xact_id();
            RETURN NEW;
        END $$
    """)
    op.execute(
        f"CREATE TRIGGER messages_changed BEFORE UPDATE OF {', '.join(CHANGES)} ON messages "
        "FOR EACH ROW EXECUTE FUNCTION message_changed()"
    )


def create_versions() -> None:
    op.create_table(
        "message_versions",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "message_id", "number", name="pk_message_versions"),
        sa.UniqueConstraint(
            "conversation_id", "message_id", "id", name="uq_message_versions_conversation_id_message_id_id"
        ),
        sa.CheckConstraint("number > 0", name="numbered_from_one"),
        sa.ForeignKeyConstraint(
            ["conversation_id", "message_id"],
            ["messages.conversation_id", "messages.id"],
            name="fk_message_versions_conversation_id_message_id",
        ),
    )
    in_time = "message_versions.written_at <= messages.sent_at + interval '15 minutes'"
    writable = WRITABLE.replace("= conversation_id", "= message_versions.conversation_id")
    secure_rows(
        "message_versions",
        {
            ("SELECT", APP): of_message("true"),
            ("INSERT", APP): f"{of_message(f'messages.sender_id = {PERSON} AND {in_time}')} AND {writable}",
        },
    )
