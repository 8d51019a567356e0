"""messaging as web sees it, in memory: conversations, messages in order, read marks, updates and wake-ups."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
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
from tests.web.fake_files import FakeFiles, wrong
from tests.web.fake_portal import problem

MORNING = datetime(2026, 3, 29, 8, 5, tzinfo=UTC)


def words_missing(code: str) -> httpx.Response:
    return problem(422, "invalid_input", [{"field": "text", "code": code, "message": "x"}])


@dataclass
class FakeConversation:
    """Between two people, or of a care team: the client, the therapist and the `others` who treat them, if any.

    `marks` are the read marks by person, `covers` the lines of who stood in, joined or left; `left` are those who did.
    """

    client: Person
    therapist: Person
    id: UUID = field(default_factory=new_id)
    closed_at: datetime | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    marks: dict[UUID, int] = field(default_factory=dict)
    covers: list[dict[str, Any]] = field(default_factory=list)
    next_cover_at: str | None = None
    others: list[Person] = field(default_factory=list)
    left: list[Person] = field(default_factory=list)
    switched_off: bool = False
    first_read: int = 1

    def cover(self, name: str, after: int, starts_at: datetime, ends_at: datetime, *, ends: bool = False) -> None:
        """The line that somebody of that name begins to stand in, or no longer does."""
        kind, at = ("cover_ends", ends_at) if ends else ("cover_begins", starts_at)
        times = {"at": at.isoformat(), "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        covering = {"id": str(new_id()), "name": name}
        self.covers.append({"id": f"{kind}-{after}", "kind": kind, "after": after, "covering": covering, **times})

    def people(self) -> list[str]:
        return [str(one.id) for one in (self.client, self.therapist, *self.others)]

    def joins(self, person: Person, after: int, at: datetime, *, leaves: bool = False) -> None:
        kind = "leaves" if leaves else "joins"
        member = {"id": str(person.id), "name": person.name}
        line = {"id": f"{kind}-{after}", "kind": kind, "after": after, "member": member, "at": at.isoformat()}
        self.covers.append(line)

    def unread(self, person: UUID) -> int:
        mark = self.marks.get(person, 0)
        others = (one for one in self.messages if one["sender_id"] != str(person) and not one["withdrawn_at"])
        return sum(one["sequence"] > mark for one in others)

    def waiting(self, settled: int, hours: int | None) -> dict[str, Any] | None:
        """What the client wrote after the therapist's last message, as `/waiting` lists it."""
        client = str(self.client.id)
        answered = max((one["sequence"] for one in self.messages if one["sender_id"] != client), default=0)
        left = [one for one in self.messages if one["sequence"] > max(answered, settled) and not one["withdrawn_at"]]
        if not left:
            return None
        since = datetime.fromisoformat(left[0]["sent_at"])
        return {
            "id": str(self.id),
            "client": {"id": str(self.client.id), "name": self.client.name},
            "care_team": bool(self.others),
            "since": left[0]["sent_at"],
            "messages": len(left),
            "last_sequence": left[-1]["sequence"],
            "answer_by": (since + timedelta(hours=hours)).isoformat() if hours else None,
        }

    def hits(self, word: str, person: UUID) -> list[dict[str, Any]]:
        parties = {name: self.seen_by(person)[name] for name in ("client", "therapist", "team")}
        found = [one for one in self.messages if one["text"] and word.lower() in one["text"].lower()]
        return [{**one, **parties, "excerpt": one["text"]} for one in found]

    def find(self, identifier: str) -> dict[str, Any] | None:
        return next((one for one in self.messages if one["id"] == identifier), None)

    @property
    def team(self) -> list[dict[str, Any]]:
        present = [self.therapist, *self.others] if self.others else []
        return [
            {"id": str(one.id), "name": one.name, "present": one not in self.left} for one in (*present, *self.left)
        ]

    def seen_by(self, person: UUID) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "client": {"id": str(self.client.id), "name": self.client.name},
            "therapist": None if self.others else {"id": str(self.therapist.id), "name": self.therapist.name},
            "team": self.team,
            "last_message_at": self.messages[-1]["sent_at"] if self.messages else None,
            "closed": "switched_off" if self.switched_off else "care_ended" if self.closed_at else None,
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
            "last_sequence": len(self.messages),
            "read_sequence": self.marks.get(person, 0),
            "unread": self.unread(person),
        }


@dataclass
class FakeMessaging:
    """`answers` replace what a path answers; `requests` keeps what came; `down` refuses connections.

    A cursor is the number of messages that were stored or changed when it was given. `versions` are those of each
    message, by its id.
    """

    key: ECKey
    conversations: dict[UUID, FakeConversation] = field(default_factory=dict)
    stored: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[tuple[str, str], httpx.Response] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    followers: list[asyncio.Queue[str | None]] = field(default_factory=list)
    down: bool = False
    covers_as_of: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    openings: list[dict[str, Any]] = field(default_factory=list)
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)
    saved_answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer_target: int | None = None
    settled: dict[UUID, int] = field(default_factory=dict)
    telling: set[UUID] = field(default_factory=set)
    notice_choices: dict[str, Any] = field(default_factory=lambda: {"messages": True})
    files: FakeFiles = field(default_factory=FakeFiles)
    availability: dict[str, Any] = field(
        default_factory=lambda: {"open": None, "closes_at": None, "opens_at": None, "answers": None}
    )
    slow: float = 0.0
    most: int = 200
    most_saved: int = 50
    most_scheduled: int = 20
    found_at_once: int = 20
    search_ended: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

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
        self,
        conversation: FakeConversation,
        identifier: str,
        sender: str,
        text: str,
        sent_at: datetime | None = None,
        *,
        reply_to: str | None = None,
        files: Sequence[str] = (),
    ) -> dict[str, Any]:
        message = {
            "id": identifier,
            "conversation_id": str(conversation.id),
            "sender_id": sender,
            "text": text,
            "reply_to": reply_to,
            "sequence": len(conversation.messages) + 1,
            "sent_at": (sent_at or datetime.now(UTC)).isoformat(),
            "attachments": [self.files.shown(one) for one in files],
            "corrections": 0,
            "corrected_at": None,
            "withdrawn_at": None,
        }
        self.versions[identifier] = [{"number": 0, "text": text, "written_at": message["sent_at"]}]
        conversation.messages.append(message)
        self.stored.append(message)
        self.wake(conversation)
        return message

    def correct(self, conversation: FakeConversation, message: dict[str, Any], text: str) -> dict[str, Any]:
        """Put other words in a message's place and wake whoever follows."""
        number, now = message["corrections"] + 1, datetime.now(UTC).isoformat()
        self.versions[message["id"]].append({"number": number, "text": text, "written_at": now})
        return self.change(conversation, message, corrections=number, text=text, corrected_at=now)

    def withdraw(self, conversation: FakeConversation, message: dict[str, Any]) -> dict[str, Any]:
        return self.change(conversation, message, text=None, withdrawn_at=datetime.now(UTC).isoformat())

    def change(self, conversation: FakeConversation, message: dict[str, Any], **values: object) -> dict[str, Any]:
        """A change counts as stored anew."""
        message.update(values)
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
        own = {"notice-choices": self.about_notices, "unread": self.get_unread, "updates": self.get_updates}
        own = (own | {"searches": self.search, "seen-choice": self.about_seen, "waiting": self.get_waiting}).get(path)
        own = self.about_target if path == "answer-target" else own
        own = self.about_saved if path.startswith("saved-answers") else own
        own = self.get_scheduled if path == "scheduled-messages" else own
        return own(request) if own else self.about_conversations(request, path.split("/")[1:])

    def search(self, request: httpx.Request) -> httpx.Response:
        """Newest first, `found_at_once` on a page; the cursor is the number of hits before it."""
        person, asked = self.caller(request), json.loads(request.content)
        if not asked["q"] or len(asked["q"]) > 100:
            return problem(422, "invalid_input", [{"field": "q", "code": "value_error", "message": "x"}])
        mine = [one for one in self.conversations.values() if str(person) in one.people()]
        wanted = [one for one in mine if asked.get("conversation") in {None, str(one.id)}]
        if not wanted and "conversation" in asked:
            return problem(404, "not_found")
        hits = [hit for one in wanted for hit in one.hits(asked["q"], person)]
        hits.sort(key=lambda hit: hit["sent_at"], reverse=True)
        start = int(request.url.params.get("after", 0))
        end = start + self.found_at_once
        found = {"items": hits[start:end], "next": str(end) if hits[end:] else None, "searched": 3, "complete": True}
        return httpx.Response(200, json=found | self.search_ended)

    def export(self, found: FakeConversation, person: UUID) -> httpx.Response:
        parties = {name: found.seen_by(person)[name] for name in ("client", "therapist", "closed_at")}
        taken = {"format": "afterglow.conversation", "version": 2, "conversation_id": str(found.id), **parties}
        times = {"exported_at": MORNING.isoformat(), "opened_at": MORNING.isoformat(), "exported_by": str(person)}
        return httpx.Response(200, json=taken | times | {"messages": found.messages, "covers": found.covers})

    def about_notices(self, request: httpx.Request) -> httpx.Response:
        self.notice_choices = json.loads(request.content) if request.content else self.notice_choices
        return httpx.Response(200, json=self.notice_choices)

    def about_saved(self, request: httpx.Request) -> httpx.Response:
        """One therapist's, by id."""
        _, answer, *rest = [*self.path(request).split("/"), ""]
        body = json.loads(request.content) if request.content else {}
        held = self.saved_answers.get(answer)
        if not answer:
            return httpx.Response(200, json={"items": list(self.saved_answers.values())})
        if request.method == "PUT" and len(self.saved_answers) >= self.most_saved:
            return problem(409, "too_many_saved")
        if request.method == "PUT":
            held = self.saved_answers[answer] = body | {"id": answer, "version": 0}
        elif held is None:
            return problem(404, "not_found")
        elif request.method == "DELETE":
            del self.saved_answers[answer]
            return httpx.Response(204)
        elif rest[0] and body.pop("replaces") != held["version"]:
            return problem(409, "overtaken")
        elif rest[0]:
            held.update(body, version=held["version"] + 1)
        return httpx.Response(200, json=held)

    def get_scheduled(self, request: httpx.Request) -> httpx.Response:
        person, wanted = str(self.caller(request)), request.url.params.get("conversation")
        mine = [one for one in self.scheduled.values() if one["sender_id"] == person]
        found = [one for one in mine if wanted in {None, one["conversation_id"]}]
        if request.url.params.get("refused") == "true":
            found = [one for one in found if one["refusal"]]
        return httpx.Response(200, json={"items": sorted(found, key=lambda one: str(one["send_at"]))})

    def about_scheduled(self, request: httpx.Request, found: FakeConversation, identifier: str) -> httpx.Response:
        """`most_scheduled` says how many fit."""
        body = json.loads(request.content) if request.content else {}
        if "send_at" in body and datetime.fromisoformat(body["send_at"]) <= datetime.now(UTC):
            return problem(422, "invalid_input", [{"field": "send_at", "code": "too_soon", "message": "x"}])
        if found.closed_at and request.method != "DELETE":
            return problem(403, "forbidden")
        person, held = str(self.caller(request)), self.scheduled.get(identifier)
        if request.method == "PUT":
            return self.schedule(found, identifier, person, body)
        if held is None or held["sender_id"] != person:
            return problem(404, "not_found")
        return self.change_scheduled(held, body) if body else self.unschedule(identifier)

    def unschedule(self, identifier: str) -> httpx.Response:
        del self.scheduled[identifier]
        return httpx.Response(204)

    @staticmethod
    def change_scheduled(held: dict[str, Any], body: dict[str, Any]) -> httpx.Response:
        if body.pop("replaces") != held["version"]:
            return problem(409, "overtaken")
        held.update(body, version=held["version"] + 1)
        return httpx.Response(200, json=held)

    def schedule(self, found: FakeConversation, identifier: str, person: str, body: dict[str, Any]) -> httpx.Response:
        if len(self.scheduled) >= self.most_scheduled:
            return problem(409, "too_many_scheduled")
        own = {"id": identifier, "conversation_id": str(found.id), "sender_id": person, "version": 0, "refusal": None}
        self.scheduled[identifier] = body | own
        return httpx.Response(201, json=self.scheduled[identifier])

    def about_target(self, request: httpx.Request) -> httpx.Response:
        self.answer_target = json.loads(request.content)["hours"] if request.content else self.answer_target
        return httpx.Response(200, json={"hours": self.answer_target})

    def get_waiting(self, request: httpx.Request) -> httpx.Response:
        """`settled` says up to which message of a conversation no answer is needed."""
        person = self.caller(request)
        mine = [
            one
            for one in self.conversations.values()
            if person != one.client.id and str(person) in one.people() and not one.closed_at
        ]
        found = [one.waiting(self.settled.get(one.id, 0), self.answer_target) for one in mine]
        items = sorted((one for one in found if one), key=lambda one: str(one["since"]))
        return httpx.Response(200, json={"items": items})

    def settle(self, request: httpx.Request, found: FakeConversation) -> httpx.Response:
        self.settled[found.id] = json.loads(request.content)["sequence"]
        return httpx.Response(204)

    def about_seen(self, request: httpx.Request) -> httpx.Response:
        person = self.caller(request)
        if request.content:
            tells = json.loads(request.content)["tells"]
            self.telling = self.telling | {person} if tells else self.telling - {person}
            for each in self.conversations.values():
                self.wake(each)
        return httpx.Response(200, json={"tells": person in self.telling})

    def about_marks(self, request: httpx.Request, found: FakeConversation, person: UUID) -> httpx.Response:
        if request.method == "GET":
            return self.seen_mark(found, person)
        settled = request.url.path.endswith("no-answer-needed")
        return self.settle(request, found) if settled else self.put_read_mark(request, found, person)

    def seen_mark(self, found: FakeConversation, person: UUID) -> httpx.Response:
        """`telling` are those who allow it."""
        other = found.therapist.id if person == found.client.id else found.client.id
        told = {person, other} <= self.telling
        sequence = found.marks.get(other) if told else None
        return httpx.Response(200, json={"tells": person in self.telling, "sequence": sequence})

    def about_conversations(self, request: httpx.Request, parts: list[str]) -> httpx.Response:  # noqa: C901, PLR0911  # one for each path
        person = self.caller(request)
        mine = [one for one in self.conversations.values() if str(person) in one.people()]
        if not parts:
            return self.page_of(request, [one.seen_by(person) for one in mine])
        found = next((one for one in mine if str(one.id) == parts[0]), None)
        if found is None:
            return problem(404, "not_found")
        match request.method, parts[1:]:
            case _, ["scheduled-messages", identifier, *_]:
                return self.about_scheduled(request, found, identifier)
            case _, ["attachments", identifier, *rest]:
                return self.files.answer(request, parts[0], identifier, "".join(rest))
            case "GET", []:
                return httpx.Response(200, json=found.seen_by(person))
            case "GET", ["availability"]:
                return httpx.Response(200, json=self.availability)
            case "POST", ["exports"]:
                return self.export(found, person)
            case "GET", ["messages"]:
                return self.get_messages(request, found)
            case _, ["read-mark" | "seen-mark" | "no-answer-needed"]:
                return self.about_marks(request, found, person)
            case method, ["messages", identifier, *rest]:
                return self.about_message(request, found, identifier, [method, *rest])
        raise AssertionError(request.url)

    def about_message(
        self, request: httpx.Request, found: FakeConversation, identifier: str, asked: list[str]
    ) -> httpx.Response:
        person, message = self.caller(request), found.find(identifier)
        if asked == ["PUT"]:
            return self.put_message(request, found, identifier, person)
        if message is None:
            return problem(404, "not_found")
        if asked == ["GET"]:
            return httpx.Response(200, json=message)
        if asked == ["GET", "versions"]:
            return httpx.Response(200, json={"items": self.versions[identifier]})
        return self.change_message(request, found, message, asked)

    def change_message(
        self, request: httpx.Request, found: FakeConversation, message: dict[str, Any], asked: list[str]
    ) -> httpx.Response:
        if found.closed_at or message["sender_id"] != str(self.caller(request)):
            return problem(403, "forbidden")
        if asked == ["POST", "versions"]:
            return httpx.Response(201, json=self.correct(found, message, json.loads(request.content)["text"]))
        assert asked == ["PUT", "withdrawal"], request.url
        return httpx.Response(201, json=self.withdraw(found, message))

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
        lines = [one for one in found.covers if not items or items[0]["sequence"] - 1 <= one["after"]]
        covers = {"items": lines, "next_at": found.next_cover_at}
        further = str(items[0]["sequence"]) if before and items and items[0]["sequence"] > found.first_read else None
        return httpx.Response(200, json={"items": items, "next": further, "covers": covers})

    def put_read_mark(self, request: httpx.Request, found: FakeConversation, person: UUID) -> httpx.Response:
        wanted = json.loads(request.content)["sequence"]
        found.marks[person] = max(found.marks.get(person, 0), wanted)
        self.wake(found)
        return httpx.Response(200, json={"sequence": found.marks[person], "unread": found.unread(person)})

    def put_message(
        self, request: httpx.Request, found: FakeConversation, identifier: str, person: UUID
    ) -> httpx.Response:
        body = json.loads(request.content)
        text, files = body["text"], body.get("attachments", [])
        if first := next((one for one in found.messages if one["id"] == identifier), None):
            said = (first["text"], [one["id"] for one in first["attachments"]], first["sender_id"])
            same = said == (text, files, str(person))
            return httpx.Response(200, json=first) if same else problem(409, "conflict")
        if found.closed_at:
            return problem(403, "forbidden")
        if not text.strip() and not files:
            return words_missing("string_too_short")
        if len(text) > 10_000:
            return words_missing("string_too_long")
        if not all(self.files.declared.get(one, {}).get("finished_at") for one in files):
            return wrong("not_ready", "attachments")
        reply = body.get("reply_to")
        return httpx.Response(201, json=self.store(found, identifier, str(person), text, reply_to=reply, files=files))

    def get_unread(self, request: httpx.Request) -> httpx.Response:
        person = self.caller(request)
        counts = [(one, one.unread(person)) for one in self.conversations.values()]
        waiting = [
            {"id": str(one.id), "client_id": str(one.client.id), "unread": unread} for one, unread in counts if unread
        ]
        found = {"total": sum(unread for _, unread in counts), "conversations": waiting}
        return httpx.Response(200, json={**found, "covers_as_of": self.covers_as_of})

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
