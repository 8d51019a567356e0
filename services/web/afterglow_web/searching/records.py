"""What a search answers, as far as its page shows it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from afterglow_web.messages.records import Parties
from afterglow_web.references.addresses import replaced

AFTER_HIT = 15  # messages shown after the one that was found, and some before it


class Hit(Parties):
    id: UUID
    conversation_id: UUID
    sender_id: UUID
    sequence: int
    sent_at: datetime
    excerpt: str

    @property
    def address(self) -> str:
        """The conversation, opened where this message stands."""
        return f"/conversations/{self.conversation_id}?before={self.sequence + AFTER_HIT}#message-{self.id}"


class Found(BaseModel):
    """`searched` messages were opened; without `complete` the search ended at its bound, and goes on from `next`."""

    items: list[Hit]
    searched: int
    complete: bool
    next: str | None = None

    def without_addresses(self, base_url: str, words: str) -> Self:
        """Whatever a message refers to is judged where it is read, not among what was found."""
        items = [
            hit.model_copy(update={"excerpt": replaced(hit.excerpt, base_url, lambda _: words)}) for hit in self.items
        ]
        return self.model_copy(update={"items": items})
