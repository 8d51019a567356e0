"""What a handful of people should see of their conversations, worked out without messaging."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

CLIENTS, THERAPISTS = ("Rowan", "Noor"), ("Imani", "Tomas")
NAMES = (*CLIENTS, *THERAPISTS)
PAIRS = tuple(product(CLIENTS, THERAPISTS))
State = tuple[int, bool]  # how often corrected, and whether withdrawn


@dataclass(eq=False)
class Message:
    """One that somebody wrote; `sequence` is its number once it is stored."""

    pair: tuple[str, str]
    sender: str
    words: list[str]
    reply_to: "Message | None" = None
    id: UUID = field(default_factory=new_id)
    sequence: int | None = None
    withdrawn: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """What is sent, at each try the same."""
        return {"text": self.words[0]} | ({"reply_to": str(self.reply_to.id)} if self.reply_to else {})

    @property
    def other(self) -> str:
        return next(name for name in self.pair if name != self.sender)

    @property
    def state(self) -> State:
        return len(self.words) - 1, self.withdrawn

    def text_in(self, state: State) -> str | None:
        corrections, withdrawn = state
        return None if withdrawn else self.words[corrections]


@dataclass
class Conversation:
    """Between two people; `care` is what goes on between them."""

    id: UUID
    care: UUID | None
    ended_lately: bool = False
    messages: list[Message] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """By the therapist: the client reads it for good."""
        return self.care is not None or self.ended_lately

    def end(self, *, long_ago: bool) -> None:
        """An earlier care may have ended lately, even if this one ended long ago."""
        self.care = None
        self.ended_lately = self.ended_lately or not long_ago

    def store(self, message: Message, sequence: int) -> None:
        assert sequence == len(self.messages) + 1, "a number was left out or given twice"
        message.sequence = sequence
        self.messages.append(message)

    def mark(self, reader: str, sequence: int) -> int:
        """Where the reader's mark stands then."""
        self.marks[reader] = max(self.marks.get(reader, 0), min(sequence, len(self.messages)))
        return self.marks[reader]

    def unread(self, reader: str) -> int:
        after = self.messages[self.marks.get(reader, 0) :]
        return sum(message.sender != reader and not message.withdrawn for message in after)


@dataclass
class Model:
    """The practice: people, the sessions they act in, and their conversations."""

    people: dict[str, Person]
    conversations: dict[tuple[str, str], Conversation] = field(default_factory=dict)

    @classmethod
    def new(cls) -> "Model":
        return cls({name: Person(Role.client if name in CLIENTS else Role.therapist, name) for name in NAMES})

    def sign_in_again(self, name: str) -> Person:
        """The same person in another session."""
        person = self.people[name]
        self.people[name] = Person(person.role, person.name, person.id)
        return self.people[name]

    def readable(self, name: str) -> dict[tuple[str, str], Conversation]:
        """Those that this person may read; all others are as if they were not there."""
        mine = {pair: each for pair, each in self.conversations.items() if name in pair}
        return {pair: each for pair, each in mine.items() if name in CLIENTS or each.readable}

    def foreign(self, name: str) -> list[Conversation]:
        readable = self.readable(name)
        return [each for pair, each in self.conversations.items() if pair not in readable]

    def stored(self, name: str) -> dict[UUID, Message]:
        """Every stored message of this person's conversations."""
        mine = [each for pair, each in self.conversations.items() if name in pair]
        return {message.id: message for each in mine for message in each.messages}
