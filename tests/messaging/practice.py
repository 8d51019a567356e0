"""A small practice for tests: people whom messaging knows, care between them, and their conversations."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.facts import CareRelationshipFact, PersonFact, PracticeFact
from afterglow_foundation.security_events.tokens import Event
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.people.receiving import COPY
from fastapi import FastAPI
from joserfc.jwk import ECKey
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

API = "/api/messaging"
CONVERSATIONS = f"{API}/conversations"
WAKE_UPS = "/internal/live"
STARTED = timedelta(days=90)
KEY = json.dumps(ECKey.generate_key("P-256", {"kid": "messaging-test"}, auto_kid=False).as_dict(private=True))
PRACTICE = new_id()
A_WHILE = timedelta(minutes=5)  # longer than a test: in its one transaction the database's clock stands still


@dataclass(frozen=True)
class Pair:
    """A client and a therapist in care together, and the id of their conversation."""

    client: Person
    therapist: Person
    care_id: UUID
    conversation_id: UUID

    @property
    def path(self) -> str:
        return f"{CONVERSATIONS}/{self.conversation_id}"

    @property
    def messages(self) -> str:
        return f"{self.path}/messages"


@dataclass(frozen=True)
class Practice:
    """`rows` is a database above row-level security, for putting rows in place and for looking at them."""

    app: FastAPI
    issuer: TestIssuer
    rows: Database

    @property
    def database(self) -> Database:
        """The one that the service uses."""
        database: Database = self.app.state.database
        return database

    @asynccontextmanager
    async def signed_in(self, person: Person, **claims: Any) -> AsyncIterator[httpx.AsyncClient]:
        async with open_client(self.app, self.issuer.token(person, "messaging", **claims)) as http:
            yield http

    @asynccontextmanager
    async def arrange(self) -> AsyncIterator[AsyncSession]:
        if isinstance(self.rows, RolledBackDatabase):
            async with self.rows.arrange() as session:
                yield session
        else:
            async with self.rows.sessions() as session, session.begin():
                yield session

    async def know(self, *people: Person, disabled_at: datetime | None = None) -> None:
        """Tell messaging about people, as auth would."""
        async with self.arrange() as session:
            for person in people:
                fact = PersonFact(
                    id=person.id,
                    name=person.name,
                    role=person.role,
                    locale="en",
                    time_zone="Europe/Berlin",
                    disabled_at=disabled_at,
                    as_of=datetime.now(UTC),
                )
                await COPY.apply_people(session, [fact])

    async def care(
        self,
        client: Person,
        therapist: Person,
        care_id: UUID | None = None,
        *,
        ended: timedelta | datetime | None = None,
        started: timedelta = STARTED,
        began: datetime | None = None,
    ) -> UUID:
        """Tell messaging who treats whom; care began and, if at all, ended that long ago, or at that time."""
        now = datetime.now(UTC)
        fact = CareRelationshipFact(
            id=care_id or new_id(),
            client_id=client.id,
            therapist_id=therapist.id,
            kind="treating",
            started_at=began or now - started,
            ended_at=now - ended if isinstance(ended, timedelta) else ended,
            as_of=now,
        )
        async with self.arrange() as session:
            await COPY.apply_care(session, [fact])
        return fact.id

    async def end_care(self, pair: Pair, *, ago: timedelta = A_WHILE) -> None:
        await self.care(pair.client, pair.therapist, pair.care_id, ended=ago)

    async def pair_up(self, client: Person, therapist: Person) -> Pair:
        """Put two people in care together: their conversation comes with it."""
        await self.know(client, therapist)
        care_id = await self.care(client, therapist)
        return Pair(client, therapist, care_id, await self.conversation_of(client, therapist))

    async def want_care_teams(self, wanted: object = True) -> None:
        """An admin saves whether there are conversations of care teams, and auth tells it."""
        now = datetime.now(UTC)
        fact = PracticeFact(id=PRACTICE, as_of=now, version=1, document={"care_team_conversations": wanted})
        async with self.arrange() as session:
            await COPY.apply(session, Event(new_id(), EventType.practice, PRACTICE, None, now, fact))

    async def team_of(self, pair: Pair) -> Pair:
        """The two in the conversation of the client's care team, which was opened long before anything of a test."""
        opened = datetime.now(UTC) - STARTED
        statement = (
            update(Conversation)
            .where(col(Conversation.client_id) == pair.client.id, col(Conversation.therapist_id).is_(None))
            .values(created_at=opened)
            .returning(col(Conversation.id))
        )
        async with self.arrange() as session:
            return replace(pair, conversation_id=(await session.execute(statement)).scalar_one())

    async def conversation_of(self, client: Person, therapist: Person) -> UUID:
        statement = select(Conversation).filter_by(client_id=client.id, therapist_id=therapist.id)
        async with self.arrange() as session:
            return (await session.execute(statement)).scalar_one().id

    async def send(self, pair: Pair, sender: Person, text: str, message_id: UUID | None = None) -> dict[str, Any]:
        """Send a message and return it as answered."""
        async with self.signed_in(sender) as http:
            answer = await http.put(f"{pair.messages}/{message_id or new_id()}", json={"text": text})
        assert answer.status_code == 201, answer.text
        sent: dict[str, Any] = answer.json()
        return sent

    async def correct(self, pair: Pair, sender: Person, message: dict[str, Any], text: str) -> dict[str, Any]:
        """Correct a message for the first time and return it as answered."""
        body = {"id": str(new_id()), "text": text, "replaces": 0}
        async with self.signed_in(sender) as http:
            answer = await http.post(f"{pair.messages}/{message['id']}/versions", json=body)
        assert answer.status_code == 201, answer.text
        corrected: dict[str, Any] = answer.json()
        return corrected

    async def mark(self, pair: Pair, reader: Person, sequence: int) -> dict[str, int]:
        """Mark messages as read up to a number, and return where the mark stands and what is unread."""
        async with self.signed_in(reader) as http:
            answer = await http.put(f"{pair.path}/read-mark", json={"sequence": sequence})
        assert answer.status_code == 200, answer.text
        mark: dict[str, int] = answer.json()
        return mark

    async def read(self, pair: Pair, reader: Person) -> list[dict[str, Any]]:
        """All messages of a conversation, as the reader gets them."""
        async with self.signed_in(reader) as http:
            answer = await http.get(pair.messages, params={"limit": 200})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def audited(self, **values: Any) -> list[AuditEvent]:
        """The audit events with these values, oldest first."""
        statement = select(AuditEvent).filter_by(**values).order_by(AuditEvent.at)
        async with self.arrange() as session:
            return list((await session.execute(statement)).scalars())
