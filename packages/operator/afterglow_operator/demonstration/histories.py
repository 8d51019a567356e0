"""Bring the demonstration's check-ins, choices and messages in.

Each client's come at once or not at all, and the last client's after all others': where they are, everything is, so
a start with existing data asks one question. A start that was interrupted asks for each client.
"""

import asyncio
from datetime import datetime, timedelta

from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.messages.imports import import_conversation
from afterglow_portal.checkins.history import import_history
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.consent.history import import_choice
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_operator.demonstration.checkins import check_ins_of
from afterglow_operator.demonstration.conversations import conversation_id, messages_of
from afterglow_operator.demonstration.people import DemoPerson, clients, therapist_of

OLD = timedelta(days=90)  # nobody can enter a check-in that long ago: such a one was brought in by us


async def load_check_ins(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Add choices and check-ins of every client who has no old ones; `database` is portal's, as its app role."""

    async def load(client: DemoPerson) -> None:
        if await has_check_ins(database, client, now):
            return
        if client.check_ins and client.journal:
            await import_choice(database, client.id, check_ins=client.check_ins, journal=client.journal)
        await import_history(database, keys, client.id, check_ins_of(client, now))

    *others, last = clients()
    if not await has_check_ins(database, last, now):
        await asyncio.gather(*map(load, others))
        await load(last)


async def load_conversations(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Add the conversation of every pair that has none; `database` is messaging's, as its app role."""

    async def load(client: DemoPerson, therapist: DemoPerson) -> None:
        if not await has_conversation(database, client, therapist):
            await import_conversation(
                database,
                keys,
                conversation_id=conversation_id(client),
                client_id=client.id,
                therapist_id=therapist.id,
                messages=messages_of(client, therapist, now),
            )

    *others, last = [(client, therapist) for client in clients() if (therapist := therapist_of(client))]
    if not await has_conversation(database, *last):
        await asyncio.gather(*(load(*pair) for pair in others))
        await load(*last)


async def has_check_ins(database: Database, client: DemoPerson, now: datetime) -> bool:
    return await finds(database, client, select(col(CheckIn.id)).where(col(CheckIn.entered_at) < now - OLD))


async def has_conversation(database: Database, client: DemoPerson, therapist: DemoPerson) -> bool:
    pair = col(Conversation.therapist_id) == therapist.id
    return await finds(database, client, select(col(Conversation.id)).where(pair))


async def finds(database: Database, client: DemoPerson, statement: Select[object]) -> bool:
    """Whether the client has such a row: row-level security shows them nobody else's."""
    async with database.unit_of_work(RowContext(client.id, Role.client)) as session:
        return await session.scalar(statement.limit(1)) is not None
