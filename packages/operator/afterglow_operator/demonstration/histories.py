"""Bring the demonstration's check-ins, journals, courses, choices and messages in.

Each client's come at once or not at all, and the last client's after all others': where they are, everything is, so
a start with existing data asks one question. A start that was interrupted asks for each client.
"""

import asyncio
from datetime import datetime, timedelta

from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import live_care
from afterglow_messaging.messages.imports import import_conversation
from afterglow_portal.checkins.history import import_history
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.consent.history import import_choice
from afterglow_portal.course.history import import_course
from afterglow_portal.journal.history import import_journal
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.conversations import messages_of
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.journals import entries_of
from afterglow_operator.demonstration.people import DemoPerson, clients, therapist_of

OLD = timedelta(days=90)  # nobody can enter a check-in that long ago: such a one was brought in by us


async def load_check_ins(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Add choices, journal, course and check-ins of whoever has no old check-ins; `database` is portal's app role's."""

    async def load(client: DemoPerson) -> None:
        if await has_check_ins(database, client, now):
            return
        if client.check_ins and client.journal:
            await import_choice(database, client.id, check_ins=client.check_ins, journal=client.journal)
        await import_journal(database, keys, client.id, entries_of(client, now))
        if (therapist := therapist_of(client)) and (course := course_of(client, now)):
            await import_course(database, keys, client.id, therapist.id, course)
        await import_history(database, keys, client.id, check_ins_of(client, now))

    *others, last = clients()
    if not await has_check_ins(database, last, now):
        await asyncio.gather(*map(load, others))
        await load(last)


async def load_conversations(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Fill every conversation that care has made and nobody has used; `database` is messaging's, as its app role."""

    async def load(client: DemoPerson, therapist: DemoPerson) -> None:
        if await is_unused(database, client, therapist):
            messages = messages_of(client, therapist, now)
            await import_conversation(database, keys, client_id=client.id, therapist_id=therapist.id, messages=messages)

    *others, last = [(client, therapist) for client in clients() if (therapist := therapist_of(client))]
    if await is_unused(database, *last):
        await asyncio.gather(*(load(*pair) for pair in others))
        await load(*last)


async def has_check_ins(database: Database, client: DemoPerson, now: datetime) -> bool:
    return await finds(database, client, select(col(CheckIn.id)).where(col(CheckIn.entered_at) < now - OLD))


async def is_unused(database: Database, client: DemoPerson, therapist: DemoPerson) -> bool:
    """Nobody has written in it, and somebody may: an admin may have ended the care that it came from."""
    unused = col(Conversation.therapist_id) == therapist.id, col(Conversation.last_sequence) == 0
    statement = select(col(Conversation.id)).where(*unused, live_care(client.id, therapist.id))
    return await finds(database, client, statement)


async def finds(database: Database, client: DemoPerson, statement: Select[object]) -> bool:
    """Whether the client has such a row: row-level security shows them nobody else's."""
    async with database.unit_of_work(RowContext(client.id, Role.client)) as session:
        return await session.scalar(statement.limit(1)) is not None
