"""One search on its way through the messages: what it has found, and when it has looked for long enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self
from uuid import UUID

from afterglow_foundation.sealing import DataKey
from afterglow_foundation.sought import around, holds, plain
from sqlalchemy import Row

from afterglow_messaging.care_teams.members import Membership
from afterglow_messaging.conversations.service import parties
from afterglow_messaging.messages import envelope
from afterglow_messaging.messages.models import Message
from afterglow_messaging.searching.cursor import Place
from afterglow_messaging.searching.schemas import Found, Hit

LONGEST_SEARCH = 1.0  # seconds
LONGEST_EXCERPT = 160


@dataclass(slots=True)
class Looking:
    """It looks for one hit more than the page takes, so that it knows whether there is another page."""

    wanted: Sequence[str]
    conversations: Mapping[UUID, Row[Any]]
    keys: Mapping[UUID, DataKey]
    teams: Sequence[Membership]
    limit: int
    until: float
    hits: list[Hit] = field(default_factory=list)
    searched: int = 0
    last: Message | None = None

    @classmethod
    def for_words(
        cls,
        question: str,
        conversations: Mapping[UUID, Row[Any]],
        keys: Mapping[UUID, DataKey],
        teams: Sequence[Membership],
        *,
        limit: int,
    ) -> Self:
        return cls(plain(question).split(), conversations, keys, teams, limit, monotonic() + LONGEST_SEARCH)

    @property
    def full(self) -> bool:
        return len(self.hits) > self.limit

    @property
    def over(self) -> bool:
        return self.full or (self.last is not None and monotonic() >= self.until)

    def through(self, rows: Sequence[Row[Message, bytes | None]]) -> None:
        """Open messages until enough is found or the time is over; at least one, so that every page goes on."""
        for message, sealed_version in rows:
            if self.over:
                return
            text = envelope.words(self.keys[message.conversation_id], message, sealed_version)
            self.searched, self.last = self.searched + 1, message
            if holds(text, self.wanted):
                self.hits.append(self.hit(message, text))

    def hit(self, message: Message, text: str) -> Hit:
        row = self.conversations[message.conversation_id]
        return Hit(
            **parties(row, self.teams),
            excerpt=around(text, self.wanted, LONGEST_EXCERPT),
            **message.model_dump(include={"id", "conversation_id", "sender_id", "sequence", "sent_at"}),
        )

    def found(self, *, more: bool) -> Found:
        """The page; `more` says that messages are left which were not opened."""
        shown = self.hits[: self.limit]
        last = shown[-1] if self.full else self.last
        further = Place(last.sent_at, last.conversation_id, last.sequence) if last and (more or self.full) else None
        return Found(
            items=shown,
            searched=self.searched,
            complete=self.full or not more,
            next=str(further) if further else None,
        )
