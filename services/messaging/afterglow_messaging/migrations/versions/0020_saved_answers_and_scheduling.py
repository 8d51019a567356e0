"""Answers that a therapist saves to use again, under a key of the therapist's own; messages that go out later."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None

APP, WORKER = "messaging_app", "messaging_worker"
INSTANT = sa.DateTime(timezone=True)
# A closed account and a role that is not the person's own see nothing, whatever their token still says.
THERAPIST = f"""{ROLE} = 'therapist' AND EXISTS (
    SELECT FROM people WHERE people.id = {PERSON} AND people.role = 'therapist' AND people.disabled_at IS NULL
)"""
# As 0001 has them. The subqueries are under row-level security themselves: a conversation is seen by its parties alone.
KEY_OF_CONVERSATION = "EXISTS (SELECT FROM public.conversations WHERE conversations.id = owner_id)"
KEY_OF_OPEN_CONVERSATION = """EXISTS (
    SELECT FROM public.conversations
    JOIN public.care_relationships AS care
      ON care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id
    WHERE conversations.id = owner_id
      AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now())
)"""
OWN_KEY = f"owner_id = {PERSON} AND {THERAPIST}"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    own = f"therapist_id = {PERSON} AND {THERAPIST}"
    op.create_table(
        "saved_answers",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("sealed_name", sa.LargeBinary, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("version >= 0", name="version"),
    )
    op.create_index("ix_saved_answers_therapist_id", "saved_answers", ["therapist_id", "id"])
    secure_rows("saved_answers", {(command, APP): own for command in ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.execute(f"REVOKE UPDATE ON saved_answers FROM {APP}")  # whose it is never changes
    op.execute(f"GRANT UPDATE (sealed_name, sealed_text, version, changed_at) ON saved_answers TO {APP}")
    open_keys(f" OR {OWN_KEY}")
    create_scheduled_messages()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("scheduled_messages")
    open_keys("")
    op.drop_table("saved_answers")


def open_keys(further: str) -> None:
    """Who may read and make a data key: a conversation's parties, and `further`."""
    for command, clause, condition in (
        ("select", "USING", KEY_OF_CONVERSATION),
        ("insert", "WITH CHECK", KEY_OF_OPEN_CONVERSATION),
    ):
        op.execute(f"ALTER POLICY data_keys_{command}_{APP} ON keys.data_keys {clause} ({condition}{further})")


def create_scheduled_messages() -> None:
    """Its sender's alone, also when their account or care is over: what was not sent must be told.

    The worker sees which are due and whose, and no word of them.
    """
    op.create_table(
        "scheduled_messages",
        sa.Column("conversation_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("sender_id", sa.Uuid, nullable=False),
        sa.Column("sealed_text", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("first_digest", sa.LargeBinary, nullable=False),
        sa.Column("reply_to", sa.Uuid),
        sa.Column("send_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("refused_at", INSTANT),
        sa.Column("refusal", sa.String),
        sa.CheckConstraint("version >= 0", name="version"),
        sa.CheckConstraint("(refused_at IS NULL) = (refusal IS NULL)", name="refused"),
        sa.CheckConstraint("refusal IN ('closed', 'sender', 'late')", name="refusal"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
    )
    op.create_index("ix_scheduled_messages_sender_id", "scheduled_messages", ["sender_id", "conversation_id"])
    waits = sa.text("refused_at IS NULL")
    op.create_index("ix_scheduled_messages_due", "scheduled_messages", ["send_at"], postgresql_where=waits)
    own = f"sender_id = {PERSON}"
    # The subquery is under row-level security itself, and knows who is live.
    writable = KEY_OF_OPEN_CONVERSATION.replace("= owner_id", "= conversation_id")
    secure_rows(
        "scheduled_messages",
        {
            ("SELECT", APP): own,
            ("INSERT", APP): f"{own} AND {writable}",
            ("UPDATE", APP): own,
            ("DELETE", APP): own,
            ("SELECT", WORKER): "send_at <= now() AND refused_at IS NULL",
        },
    )
    op.execute(f"REVOKE UPDATE ON scheduled_messages FROM {APP}")  # whose it is, and where, never changes
    changed = "sealed_text, digest, send_at, version, refused_at, refusal"
    op.execute(f"GRANT UPDATE ({changed}) ON scheduled_messages TO {APP}")
    op.execute(f"REVOKE SELECT ON scheduled_messages FROM {WORKER}")  # noqa: S608  # it is no query
    known = "conversation_id, id, sender_id, send_at, refused_at"
    op.execute(f"GRANT SELECT ({known}) ON scheduled_messages TO {WORKER}")
