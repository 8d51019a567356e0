"""messaging as web sees it, in memory: conversations, messages in order, read marks, updates and wake-ups."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.web.fake_events import events_of, openings_of
from tests.web.fake_portal import problem

MORNING = datetime(2026, 3, 29, 8, 5, tzinfo=UTC)


def words_missing(code: str) -> httpx.Response:
    return problem(422, "invalid_input", [{"field": "text", "code": code, "message": "x"}])


@dataclass
class FakeConversation:
    """Between two people; `marks` are the read marks by person."""

    client: Person
    therapist: Person
    id: UUID = field(default_factory=new_id)
    closed_at: datetime | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    marks: dict[UUID, int] = field(default_factory=dict)

    def people(self) -> list[str]:
        return [str(self.client.id), str(self.therapist.id)]

    def unread(self, person: UUID) -> int:
        mark = self.marks.get(person, 0)
        return sum(one["sequence"] > mark and one["sender_id"] != str(person) for one in self.messages)

    def seen_by(self, person: UUID) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "client": {"id": str(self.client.id), "name": self.client.name},
            "therapist": {"id": str(self.therapist.id), "name": self.therapist.name},
            "last_message_at": self.messages[-1]["sent_at"] if self.messages else None,
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
            "last_sequence": len(self.messages),
            "read_sequence": self.marks.get(person, 0),
            "unread": self.unread(person),
        }


@dataclass
class FakeMessaging:
    """`answers` replace what a path answers; `requests` keeps what came; `down` refuses connections.

    A cursor is the number of messages that were stored when it was given.
    """

    key: ECKey
    conversations: dict[UUID, FakeConversation] = field(default_factory=dict)
    stored: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[tuple[str, str], httpx.Response] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    followers: list[asyncio.Queue[str | None]] = field(default_factory=list)
    down: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    openings: list[dict[str, Any]] = field(default_factory=list)
    slow: float = 0.0
    most: int = 200

    def open(self, client: Person, therapist: Person, *texts: str) -> FakeConversation:
        """A conversation in which the therapist wrote `texts`, an hour between each."""
        found = FakeConversation(client, therapist)
        self.conversations[found.id] = found
        for hours, text in enumerate(texts):
            self.write(found, therapist, text, sent_at=MORNING + timedelta(hours=hours))
        return found

    def write(
        self, conversation: FakeConversation, sender: Person, text: str, *, sent_at: datetime | None = None
    ) -> dict[str, Any]:
        """Store a message and wake whoever follows."""
        return self.store(conversation, str(new_id()), str(sender.id), text, sent_at)

    def store(
        self, conversation: FakeConversation, identifier: str, sender: str, text: str, sent_at: datetime | None = None
    ) -> dict[str, Any]:
        message = {
            "id": identifier,
            "conversation_id": str(conversation.id),
            "sender_id": sender,
            "text": text,
            "reply_to": None,
            "sequence": len(conversation.messages) + 1,
            "sent_at": (sent_at or datetime.now(UTC)).isoformat(),
        }
        conversation.messages.append(message)
        self.stored.append(message)
        self.wake(conversation)
        return message

    def wake(self, conversation: FakeConversation) -> None:
        wake_up = json.dumps({"people": conversation.people(), "conversation": str(conversation.id)})
        for follower in self.followers:
            follower.put_nowait(f"event: wake\ndata: {wake_up}\n\n")

    def cut(self) -> None:
        """Break every connection that follows."""
        for follower in self.followers:
            follower.put_nowait(None)
        self.followers.clear()

    def called(self, method: str = "GET") -> list[str]:
        """The paths that were asked for, in order."""
        return [self.path(request) for request in self.requests if request.method == method]

    @staticmethod
    def path(request: httpx.Request) -> str:
        return request.url.path.removeprefix("/api/messaging/")

    def caller(self, request: httpx.Request) -> UUID:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return UUID(jwt.decode(token, self.key, algorithms=["ES256"]).claims["sub"])

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await asyncio.sleep(self.slow)
        if self.down:
            raise httpx.ConnectError("down")
        if request.url.path == "/internal/live":
            return httpx.Response(200, stream=Following(self), headers={"content-type": "text/event-stream"})
        path = self.path(request)
        if answer := self.answers.get((request.method, path)):
            return answer
        if path in {"access-log", "audit-events"}:
            return openings_of(request, self.openings) if path == "access-log" else events_of(request, self.events)
        if path == "unread":
            return self.get_unread(request)
        if path == "updates":
            return self.get_updates(request)
        return self.about_conversations(request, path.split("/")[1:])

    def about_conversations(self, request: httpx.Request, parts: list[str]) -> httpx.Response:
        person = self.caller(request)
        mine = [one for one in self.conversations.values() if person in {one.client.id, one.therapist.id}]
        if not parts:
            return self.page_of(request, [one.seen_by(person) for one in mine])
        found = next((one for one in mine if str(one.id) == parts[0]), None)
        if found is None:
            return problem(404, "not_found")
        match request.method, parts[1:]:
            case "GET", []:
                return httpx.Response(200, json=found.seen_by(person))
            case "GET", ["messages"]:
                return self.get_messages(request, found)
            case "PUT", ["read-mark"]:
                return self.put_read_mark(request, found, person)
            case "PUT", ["messages", identifier]:
                return self.put_message(request, found, identifier, person)
        raise AssertionError(request.url)

    @staticmethod
    def page_of(request: httpx.Request, items: list[dict[str, Any]]) -> httpx.Response:
        start, limit = int(request.url.params.get("after", 0)), int(request.url.params["limit"])
        rest = str(start + limit) if len(items) > start + limit else None
        return httpx.Response(200, json={"items": items[start : start + limit], "next": rest})

    @staticmethod
    def get_messages(request: httpx.Request, found: FakeConversation) -> httpx.Response:
        limit = int(request.url.params["limit"])
        if before := request.url.params.get("before"):
            items = [one for one in found.messages if one["sequence"] < int(before)][-limit:]
        else:
            items = [one for one in found.messages if one["sequence"] > int(request.url.params["after"])][:limit]
        return httpx.Response(200, json={"items": items, "next": None})

    def put_read_mark(self, request: httpx.Request, found: FakeConversation, person: UUID) -> httpx.Response:
        wanted = json.loads(request.content)["sequence"]
        found.marks[person] = max(found.marks.get(person, 0), wanted)
        self.wake(found)
        return httpx.Response(200, json={"sequence": found.marks[person], "unread": found.unread(person)})

    def put_message(
        self, request: httpx.Request, found: FakeConversation, identifier: str, person: UUID
    ) -> httpx.Response:
        text = json.loads(request.content)["text"]
        if first := next((one for one in found.messages if one["id"] == identifier), None):
            same = first["text"] == text and first["sender_id"] == str(person)
            return httpx.Response(200, json=first) if same else problem(409, "conflict")
        if found.closed_at:
            return problem(403, "forbidden")
        if len(text) > 10_000:
            return words_missing("string_too_long")
        return httpx.Response(201, json=self.store(found, identifier, str(person), text))

    def get_unread(self, request: httpx.Request) -> httpx.Response:
        person = self.caller(request)
        counts = [(one.id, one.unread(person)) for one in self.conversations.values()]
        waiting = [{"id": str(one), "unread": unread} for one, unread in counts if unread]
        return httpx.Response(200, json={"total": sum(unread for _, unread in counts), "conversations": waiting})

    def get_updates(self, request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        if after is None:
            return httpx.Response(200, json={"items": [], "next": str(len(self.stored))})
        if not after.isdigit() or int(after) > len(self.stored):
            return problem(422, "invalid_input", [{"field": "after", "code": "cursor", "message": "x"}])
        person = str(self.caller(request))
        mine = {str(one.id) for one in self.conversations.values() if person in one.people()}
        until = min(int(after) + self.most, len(self.stored))
        items = [one for one in self.stored[int(after) : until] if one["conversation_id"] in mine]
        return httpx.Response(200, json={"items": items, "next": str(until), "more": until < len(self.stored)})


class Following(httpx.AsyncByteStream):
    """The wake-ups of one web process, until it is cut."""

    def __init__(self, messaging: FakeMessaging) -> None:
        self.messaging = messaging
        self.queue: asyncio.Queue[str | None] = asyncio.Queue()
        messaging.followers.append(self.queue)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"retry: 2000\n\nevent: hello\ndata: {}\n\n"
        while (part := await self.queue.get()) is not None:
            yield part.encode()
        raise httpx.ReadError("cut")

    async def aclose(self) -> None:
        if self.queue in self.messaging.followers:
            self.messaging.followers.remove(self.queue)
