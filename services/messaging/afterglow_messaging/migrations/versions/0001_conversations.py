"""People, care relationships, conversations, messages, their keys and the audit."""

import sqlalchemy as sa
from afterglow_foundation.ddl import (
    PERSON,
    ROLE,
    create_audit_events,
    create_data_keys,
    drop_audit_events,
    drop_data_keys,
    secure_rows,
)
from alembic import op

revision = "0001"
down_revision = None

APP, WORKER = "messaging_app", "messaging_worker"
IS_CLIENT = f"({ROLE} = 'client' AND client_id = {PERSON})"
IS_THERAPIST = f"({ROLE} = 'therapist' AND therapist_id = {PERSON})"
NOW, TWO_WEEKS_AGO = "now()", "now() - interval '14 days'"
# A closed account and a role that is not the person's own see nothing, whatever their token still says.
LIVE = f"""EXISTS (
    SELECT FROM people WHERE people.id = {PERSON} AND people.role = {ROLE} AND people.disabled_at IS NULL
)"""


def care_until(moment: str) -> str:
    """Care between a conversation's two parties that has not ended before `moment`."""
    return f"""EXISTS (
        SELECT FROM care_relationships AS care
        WHERE care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id
          AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > {moment})
    )"""


READABLE = f"({LIVE} AND ({IS_CLIENT} OR ({IS_THERAPIST} AND {care_until(TWO_WEEKS_AGO)})))"
WRITABLE = f"(({IS_CLIENT} OR {IS_THERAPIST}) AND {LIVE} AND {care_until(NOW)})"


def of_conversation(column: str, condition: str = "true") -> str:
    """A row belongs to a conversation that its own policy shows (the subquery is under it) and that meets more."""
    return f"EXISTS (SELECT FROM public.conversations WHERE conversations.id = {column} AND {condition})"


def upgrade() -> None:
    create_people()
    create_care_relationships()
    create_conversations()
    create_messages()
    create_data_keys(
        "messaging",
        {
            ("SELECT", APP): of_conversation("owner_id"),
            ("INSERT", APP): of_conversation("owner_id", WRITABLE),
        },
    )
    create_audit_events("messaging")


def downgrade() -> None:
    drop_audit_events()
    drop_data_keys()
    op.drop_table("messages")
    op.drop_table("conversations")
    op.execute("DROP POLICY people_select_messaging_app ON people")
    op.drop_table("care_relationships")
    op.drop_table("people")


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
    )


def create_care_relationships() -> None:
    op.create_table(
        "care_relationships",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_care_relationships"),
    )
    op.create_index("ix_care_relationships_client_id", "care_relationships", ["client_id", "therapist_id"])
    op.create_index("ix_care_relationships_therapist_id", "care_relationships", ["therapist_id", "client_id"])
    worker = {(command, WORKER): "true" for command in ("SELECT", "INSERT", "UPDATE")}
    secure_rows("care_relationships", {("SELECT", APP): f"{IS_CLIENT} OR {IS_THERAPIST}", **worker})
    # Oneself, and whoever one is or was in care with: the subquery sees only one's own care relationships.
    known = "EXISTS (SELECT FROM care_relationships WHERE people.id IN (client_id, therapist_id))"
    secure_rows("people", {("SELECT", APP): f"id = {PERSON} OR {known}", **worker})


def create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("client_id", "therapist_id", name="uq_conversations_client_id_therapist_id"),
        sa.ForeignKeyConstraint(["client_id"], ["people.id"], name="fk_conversations_client_id"),
        sa.ForeignKeyConstraint(["therapist_id"], ["people.id"], name="fk_conversations_therapist_id"),
    )
    op.create_index("ix_conversations_therapist_id", "conversations", ["therapist_id"])
    secure_rows("conversations", {("SELECT", APP): READABLE, ("INSERT", APP): WRITABLE, ("UPDATE", APP): WRITABLE})
    op.execute(f"REVOKE UPDATE ON conversations FROM {APP}")  # whose it is never changes
    op.execute(f"GRANT UPDATE (last_sequence, last_message_at) ON conversations TO {APP}")


def create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("conversation_id", sa.Uuid, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("sender_id", sa.Uuid, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("reply_to", sa.Uuid),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "id", name="pk_messages"),
        sa.UniqueConstraint("conversation_id", "sequence", name="uq_messages_conversation_id_sequence"),
        sa.CheckConstraint("sequence > 0", name="numbered_from_one"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_messages_conversation_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id", "reply_to"],
            ["messages.conversation_id", "messages.id"],
            name="fk_messages_conversation_id_reply_to",
        ),
    )
    own = f"sender_id = {PERSON}"
    secure_rows(
        "messages",
        {
            ("SELECT", APP): of_conversation("conversation_id"),
            ("INSERT", APP): f"{own} AND {of_conversation('conversation_id', WRITABLE)}",
        },
    )
