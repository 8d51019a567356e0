"""Bring the demonstration's check-ins, choices and messages in, each client's at once or not at all."""

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
        if await finds(database, client, select(col(CheckIn.id)).where(col(CheckIn.entered_at) < now - OLD)):
            return
        if client.check_ins and client.journal:
            await import_choice(database, client.id, check_ins=client.check_ins, journal=client.journal)
        await import_history(database, keys, client.id, check_ins_of(client, now))

    await asyncio.gather(*map(load, clients()))


async def load_conversations(database: Database, keys: DataKeyStore, now: datetime) -> None:
    """Add the conversation of every pair that has none; `database` is messaging's, as its app role."""

    async def load(client: DemoPerson, therapist: DemoPerson) -> None:
        pair = col(Conversation.therapist_id) == therapist.id
        if await finds(database, client, select(col(Conversation.id)).where(pair)):
            return
        await import_conversation(
            database,
            keys,
            conversation_id=conversation_id(client),
            client_id=client.id,
            therapist_id=therapist.id,
            messages=messages_of(client, therapist, now),
        )

    pairs = [(client, therapist) for client in clients() if (therapist := therapist_of(client))]
    await asyncio.gather(*(load(client, therapist) for client, therapist in pairs))


async def finds(database: Database, client: DemoPerson, statement: Select[object]) -> bool:
    """Whether the client, and row-level security lets them see only their own, has such a row."""
    async with database.unit_of_work(RowContext(client.id, Role.client)) as session:
        return await session.scalar(statement.limit(1)) is not None
