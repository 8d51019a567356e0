"""Bring the demonstration's check-ins, journals, courses, choices and messages in.

Each client's come at once or not at all, and the last client's after all others': where they are, everything is, so
a start with existing data asks one question. A start that was interrupted asks for each client.
"""

import asyncio
from datetime import datetime, timedelta

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import is_open
from afterglow_messaging.messages.imports import import_conversation, import_team_conversation
from afterglow_portal.agenda.history import import_line
from afterglow_portal.checkins.history import import_history
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.consent.history import import_choice
from afterglow_portal.course.history import import_course
from afterglow_portal.dosing_day.history import import_records
from afterglow_portal.journal.history import import_journal
from afterglow_portal.long_term.history import import_long_term
from afterglow_portal.notes.history import import_summaries
from afterglow_portal.preferences.history import import_preferences
from afterglow_portal.process_notes.history import import_notes
from afterglow_portal.reminders.history import import_reminders
from afterglow_portal.reminders.schemas import RemindersBody
from afterglow_portal.tasks.history import import_tasks
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.conversations import messages_of, team_messages_of
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.dosing_days import records_of
from afterglow_operator.demonstration.journals import entries_of, pinned_by
from afterglow_operator.demonstration.long_term import checks_of
from afterglow_operator.demonstration.messaging_desks import having_desks, load_desk
from afterglow_operator.demonstration.people import DemoPerson, clients, second_therapist_of, therapist_of
from afterglow_operator.demonstration.preferences import preferences_of
from afterglow_operator.demonstration.process_notes import notes_of
from afterglow_operator.demonstration.summaries import summaries_of
from afterglow_operator.demonstration.tasks import tasks_of

NONE = RemindersBody(daily=False, daily_at="19:00", after_dose=False)
OLD = timedelta(days=90)  # nobody can enter a check-in that long ago: such a one was brought in by us


async def load_check_ins(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Add choices, journal, course and check-ins of whoever has no old check-ins; `database` is portal's app role's."""

    async def load(client: DemoPerson) -> None:
        if await has_check_ins(database, client, now):
            return
        if client.check_ins and client.journal:
            await import_choice(database, client.id, check_ins=client.check_ins, journal=client.journal)
            await import_reminders(database, client.id, NONE)  # else every evening its mail lay in the mailbox
        await import_journal(database, keys, client.id, entries_of(client, now))
        for line_id, body, pinned_at in pinned_by(client, now):
            await import_line(database, keys, client.id, line_id, body, pinned_at=pinned_at)
        if (therapist := therapist_of(client)) and (course := course_of(client, now)):
            await import_course(database, keys, client.id, therapist.id, course)
            await import_records(database, keys, client.id, therapist.id, records_of(client, course))
            await import_preferences(database, keys, client.id, list(preferences_of(client, course)))
            await import_tasks(database, keys, client.id, therapist.id, list(tasks_of(client, course, now)))
            await import_long_term(database, keys, client.id, therapist.id, list(checks_of(client, now)))
            await import_summaries(database, keys, client.id, therapist.id, list(summaries_of(client, course)))
            await import_notes(database, keys, client.id, therapist.id, list(notes_of(client, course)))
        await import_history(database, keys, client.id, check_ins_of(client, now))

    *others, last = clients()
    if not await has_check_ins(database, last, now):
        await asyncio.gather(*map(load, others))
        await load(last)


async def load_conversations(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Fill every conversation that care has made and nobody has used, and before them what people set about messages.

    `database` is messaging's, as its app role.
    """

    async def load(client: DemoPerson, therapist: DemoPerson) -> None:
        if await is_unused(database, client, therapist):
            messages = messages_of(client, therapist, now)
            await import_conversation(database, keys, client_id=client.id, therapist_id=therapist.id, messages=messages)

    async def load_team(client: DemoPerson, therapist: DemoPerson, second: DemoPerson) -> None:
        if await is_unused(database, client, None):
            both, messages = [therapist.id, second.id], team_messages_of(client, therapist, second, now)
            await import_team_conversation(database, keys, client_id=client.id, therapist_ids=both, messages=messages)

    *others, last = [(client, therapist) for client in clients() if (therapist := therapist_of(client))]
    if await is_unused(database, *last):
        await asyncio.gather(*(load_desk(database, keys, *having, now) for having in having_desks()))
        await asyncio.gather(*(load(*pair) for pair in others))
        for client, therapist in others:
            if second := second_therapist_of(client):
                await load_team(client, therapist, second)
        await load(*last)


async def has_check_ins(database: Database, client: DemoPerson, now: datetime) -> bool:
    return await finds(database, client, select(col(CheckIn.id)).where(col(CheckIn.entered_at) < now - OLD))


async def is_unused(database: Database, client: DemoPerson, therapist: DemoPerson | None) -> bool:
    """Nobody has written in it, and somebody may: an admin may have ended the care that it came from.

    Without a therapist it is that of the care team.
    """
    whose = therapist.id if therapist else None
    unused = col(Conversation.therapist_id) == whose, col(Conversation.last_sequence) == 0
    may = is_open(Caller(id=client.id, role=Role.client))
    statement = select(col(Conversation.id)).where(*unused, col(Conversation.client_id) == client.id, may)
    return await finds(database, client, statement)


async def finds(database: Database, client: DemoPerson, statement: Select[object]) -> bool:
    """Whether the client has such a row: row-level security shows them nobody else's."""
    async with database.unit_of_work(RowContext(client.id, Role.client)) as session:
        return await session.scalar(statement.limit(1)) is not None
