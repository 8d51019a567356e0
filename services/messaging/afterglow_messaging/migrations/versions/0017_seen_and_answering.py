"""Whether others learn what somebody has read; by when a therapist wants to answer, and what needs no answer.

A read mark was its owner's alone. Now the other one of an open conversation sees it too, where both tell and only from
when its owner last began to.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, secure_rows
from alembic import op

revision = "0017"
down_revision = "0018"
branch_labels = None
depends_on = None

APP = "messaging_app"
INSTANT = sa.DateTime(timezone=True)
OWN = f"person_id = {PERSON}"
# These subqueries are under row-level security themselves: a conversation is seen by its parties alone.
OWN_MARK = f"({OWN} AND EXISTS (SELECT FROM conversations WHERE conversations.id = conversation_id))"


def in_care_with(person: str, which: str = "true") -> str:
    """An open conversation that the caller and that person are the two of."""
    return f"""EXISTS (
        SELECT FROM conversations
        JOIN care_relationships AS care
          ON care.client_id = conversations.client_id AND care.therapist_id = conversations.therapist_id
        WHERE {person} IN (conversations.client_id, conversations.therapist_id) AND {which}
          AND care.started_at <= now() AND (care.ended_at IS NULL OR care.ended_at > now())
    )"""


BOTH_TELL = f"""(
    EXISTS (SELECT FROM seen_choices AS mine WHERE mine.person_id = {PERSON} AND mine.tells)
    AND EXISTS (SELECT FROM seen_choices AS theirs
                WHERE theirs.person_id = read_marks.person_id AND theirs.tells
                  AND theirs.chosen_at <= read_marks.marked_at)
    AND {in_care_with("read_marks.person_id", "conversations.id = read_marks.conversation_id")}
)"""  # noqa: S608  # constants of ours


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_choices()
    show_marks(f"{OWN_MARK} OR {BOTH_TELL}")
    create_answering()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("no_answers_needed")
    op.drop_table("answer_targets")
    show_marks(OWN_MARK)
    op.drop_table("seen_choices")


def create_choices() -> None:
    """Who tells is seen by those they tell: the policy of marks has to compare it. No route says it."""
    op.create_table(
        "seen_choices",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("tells", sa.Boolean, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
    )
    seen = f"{OWN} OR tells AND {in_care_with('seen_choices.person_id')}"
    secure_rows("seen_choices", {("SELECT", APP): seen, ("INSERT", APP): OWN, ("UPDATE", APP): OWN})


def show_marks(condition: str) -> None:
    op.execute(f"DROP POLICY read_marks_select_{APP} ON read_marks")
    op.execute(f"CREATE POLICY read_marks_select_{APP} ON read_marks FOR SELECT TO {APP} USING ({condition})")


def create_answering() -> None:
    """Both are a therapist's own."""
    op.create_table(
        "answer_targets",
        sa.Column("therapist_id", sa.Uuid, primary_key=True),
        sa.Column("hours", sa.Integer, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=False),
        sa.CheckConstraint("hours BETWEEN 1 AND 336", name="hours"),
    )
    op.create_table(
        "no_answers_needed",
        sa.Column("conversation_id", sa.Uuid, primary_key=True),
        sa.Column("therapist_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
    )
    own = f"therapist_id = {PERSON}"
    secure_rows("answer_targets", {(command, APP): own for command in ("SELECT", "INSERT", "UPDATE", "DELETE")})
    theirs = f"""{own} AND EXISTS (
        SELECT FROM conversations
        WHERE conversations.id = conversation_id AND conversations.therapist_id = {PERSON}
    )"""
    secure_rows("no_answers_needed", {(command, APP): theirs for command in ("SELECT", "INSERT", "UPDATE")})
