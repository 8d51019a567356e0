"""What people of the demonstration set about messages: who tells what was read, when they answer, what they keep."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from afterglow_messaging.answering import service as answering
from afterglow_messaging.answering.schemas import AnswerTargetBody
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, is_open
from afterglow_messaging.saved_answers import service as saved_answers
from afterglow_messaging.saved_answers.schemas import SavedAnswerIn
from afterglow_messaging.scheduled import service as scheduled
from afterglow_messaging.scheduled.schemas import ScheduledIn
from afterglow_messaging.seen import service as seen
from afterglow_messaging.seen.schemas import SeenChoiceBody
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.conversations import in_office_hours
from afterglow_operator.demonstration.people import FOUNDED, DemoPerson, people

PURPOSE = "import"


class Later(BaseModel, frozen=True):
    """A message that goes out in some days, at an hour of the office."""

    to: str
    days_ahead: int
    at: time
    text: str

    def goes_out_at(self, sender: DemoPerson, now: datetime) -> datetime:
        day = sender.today(now) + timedelta(days=self.days_ahead)
        return in_office_hours(datetime.combine(day, self.at, sender.zone).astimezone(UTC), sender.zone)


class Desk(BaseModel, frozen=True):
    """One person's; a client tells or not, and has nothing else there."""

    tells: bool
    answers_within: int | None = None
    saved: tuple[SavedAnswerIn, ...] = ()
    later: tuple[Later, ...] = ()


@cache
def desks() -> dict[str, Desk]:
    """By name; whoever is missing has left everything as it was."""
    found = files(__package__).joinpath("messaging_desks.json").read_text("utf-8")
    return TypeAdapter(dict[str, Desk]).validate_json(found)


def having_desks() -> Iterator[tuple[DemoPerson, Desk]]:
    for person in people():
        if desk := desks().get(person.name):
            yield person, desk


async def load_desk(database: Database, keys: DataKeyStore, person: DemoPerson, desk: Desk, now: datetime) -> None:
    """As messaging's app role and as that person, in one transaction; again, on the same day, it adds nothing.

    Before any conversation is filled: what somebody has read is told only from when they chose to tell it.
    """
    caller = Caller(id=person.id, role=Role(person.role))
    async with database.unit_of_work(RowContext.of(caller)) as session:
        if await seen.choose(session, caller, SeenChoiceBody(tells=desk.tells)):
            await told(session, caller, AuditAction.seen_chosen, person.id, of=person.id)
        if desk.answers_within and await answering.set_target(
            session, caller, AnswerTargetBody(hours=desk.answers_within)
        ):
            await told(session, caller, AuditAction.answer_target_set, person.id)
        source = chance("saved answers", person.name)
        for answer in desk.saved:
            made = identifier(FOUNDED, source)
            _, new = await saved_answers.save(session, keys, caller, made, answer)
            if new:
                await told(session, caller, AuditAction.saved_answer_added, made)
        for later in desk.later:
            await schedule(session, keys, caller, later, later.goes_out_at(person, now))


async def schedule(session: AsyncSession, keys: DataKeyStore, caller: Caller, later: Later, at: datetime) -> None:
    """Unless the care that it was meant for has ended by now."""
    client = next(person for person in people() if person.name == later.to)
    of_two = col(Conversation.client_id) == client.id, col(Conversation.therapist_id) == caller.person
    conversation = await session.scalar(conversations_of(caller).where(*of_two, is_open(caller)))
    if conversation is None:
        return
    made = identifier(at, chance("later", later.to))
    body = ScheduledIn(text=later.text, send_at=at)
    _, new = await scheduled.schedule(session, keys, caller, conversation, message_id=made, body=body)
    if new:
        await told(session, caller, AuditAction.message_scheduled, made, of=client.id)


async def told(session: AsyncSession, caller: Caller, act: AuditAction, thing: UUID, *, of: UUID | None = None) -> None:
    event = event_values(caller, act, object_id=thing, subject_id=of, purpose=PURPOSE)
    await session.execute(insert(AuditEvent).values(**event))
