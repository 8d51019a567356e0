"""What waits for a therapist: open conversations of theirs whose last word is the client's."""

from typing import Any

from afterglow_foundation.callers import Caller
from sqlalchemy import ColumnElement, Select, and_, case, func, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_messaging.answering.models import AnswerTarget, NoAnswerNeeded
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, is_open
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import PersonCopy


def number(sequence: Any) -> ColumnElement[int]:  # noqa: ANN401  # a column or a subquery
    """0 for none; not `coalesce`, for the reason that `read_marks/unread.py` has."""
    return case((sequence.is_(None), 0), else_=sequence)


def waiting_for(caller: Caller) -> Select[Any]:
    """One row for each: the conversation, the client's name, since when, how many messages, the newest and the target.

    A withdrawn message neither waits nor answers. In a care team whoever answers does so for all.
    """
    client, answer = aliased(PersonCopy), aliased(Message)
    of_conversation = col(Message.conversation_id) == col(Conversation.id)
    answered = (
        select(func.max(col(answer.sequence)))
        .where(
            col(answer.conversation_id) == col(Conversation.id),
            col(answer.sender_id) != col(Conversation.client_id),
            col(answer.withdrawn_at).is_(None),
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    unanswered = (
        select(
            func.min(col(Message.sent_at)).label("since"),
            func.count().label("messages"),
            func.max(col(Message.sequence)).label("last_sequence"),
        )
        .where(
            of_conversation,
            col(Message.sender_id) == col(Conversation.client_id),
            col(Message.withdrawn_at).is_(None),
            col(Message.sequence) > number(answered),
            col(Message.sequence) > number(col(NoAnswerNeeded.sequence)),
        )
        .correlate(Conversation, NoAnswerNeeded)
        .lateral("unanswered")
    )
    said = and_(
        col(NoAnswerNeeded.conversation_id) == col(Conversation.id), col(NoAnswerNeeded.therapist_id) == caller.person
    )
    return (
        conversations_of(caller)
        .select_from(Conversation)
        .outerjoin(NoAnswerNeeded, said)
        .join(client, col(client.id) == col(Conversation.client_id))
        .outerjoin(AnswerTarget, col(AnswerTarget.therapist_id) == caller.person)
        .join(unanswered, true())
        .where(unanswered.c.messages > 0, is_open(caller))
        .order_by(unanswered.c.since, col(Conversation.id))
        .with_only_columns(
            col(Conversation.id),
            col(Conversation.client_id),
            col(Conversation.therapist_id),
            col(client.name),
            col(AnswerTarget.hours),
            unanswered.c.since,
            unanswered.c.messages,
            unanswered.c.last_sequence,
        )
    )
