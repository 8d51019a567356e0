"""What messaging answers, as far as pages show it. Unknown fields are left alone."""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Annotated, Literal
from uuid import UUID

from afterglow_design.languages import _
from pydantic import BaseModel, Field

from afterglow_web.attachments.records import Attachment

CORRECTABLE_FOR = timedelta(minutes=15)  # messaging decides; a page offers what has a chance
WITHDRAWABLE_FOR = timedelta(hours=24)


class Party(BaseModel):
    id: UUID
    name: str

    @property
    def at_start(self) -> str:
        """The name where a sentence or a heading begins."""
        return self.name[:1].upper() + self.name[1:]


class TeamMember(Party):
    """A therapist who is in a care team's conversation, or was."""

    present: bool = True


class Parties(BaseModel):
    """Who writes with whom: a client with a therapist or, without one, with the `team` of those who treat them."""

    client: Party
    therapist: Party | None
    team: list[TeamMember] = []

    def other(self, person: UUID) -> Party:
        """Whom `person` writes with, by name; a care team has none of its own."""
        if self.therapist is None:
            team = (
                _("your care team")
                if person == self.client.id
                else _("the care team of %(name)s", name=self.client.name)
            )
            return Party(id=self.client.id, name=team)
        return self.therapist if person == self.client.id else self.client

    def writer(self, person: UUID) -> str:
        """The name of whoever wrote something there."""
        known = [self.client, *([self.therapist] if self.therapist else self.team)]
        return next((one.name for one in known if one.id == person), _("Somebody who is not in it any more"))

    @property
    def present(self) -> list[str]:
        """The names of the therapists who are in a care team's conversation now."""
        return [one.name for one in self.team if one.present]


class Conversation(Parties):
    """`unread` counts what others wrote after `read_sequence`.

    `closed` is why the reader cannot write any more, `closed_at` when care ended, where that is why.
    """

    id: UUID
    last_message_at: datetime | None = None
    closed: Literal["care_ended", "switched_off"] | None = None
    closed_at: datetime | None = None
    last_sequence: int = 0
    read_sequence: int = 0
    unread: int = 0


class Message(BaseModel):
    """`sequence` numbers the messages of a conversation from 1, without gaps; a withdrawn one has no text."""

    id: UUID
    conversation_id: UUID
    sender_id: UUID
    text: str | None
    reply_to: UUID | None = None
    sequence: int
    sent_at: datetime
    attachments: list[Attachment] = []
    corrections: int = 0
    corrected_at: datetime | None = None
    withdrawn_at: datetime | None = None

    @property
    def file_names(self) -> str:
        """What stands for a message without words."""
        return ", ".join(file.name for file in self.attachments)

    @property
    def state(self) -> str:
        """Tells one state of a message from another, for a page that shows an earlier one."""
        return "withdrawn" if self.withdrawn_at else str(self.corrections)

    @property
    def may_be_corrected(self) -> bool:
        return self.withdrawn_at is None and datetime.now(UTC) - self.sent_at < CORRECTABLE_FOR

    @property
    def may_be_withdrawn(self) -> bool:
        return self.withdrawn_at is None and datetime.now(UTC) - self.sent_at < WITHDRAWABLE_FOR


class Version(BaseModel):
    """What a message said from `written_at` on; number 0 is what was sent."""

    number: int
    text: str
    written_at: datetime


class CoverLine(BaseModel):
    """Somebody begins to stand in for the therapist, or no longer does, behind the message numbered `after`.

    In a care team it is `covered` for whom they do.
    """

    id: str
    kind: Literal["cover_begins", "cover_ends"]
    at: datetime
    after: int
    covering: Party
    covered: Party | None = None
    starts_at: datetime
    ends_at: datetime

    @property
    def state(self) -> float:
        """Tells one state of a line from another, for a page that shows an earlier one."""
        return self.ends_at.timestamp()


class TeamLine(BaseModel):
    """Somebody is in a care team's conversation from then on, or no longer is."""

    id: str
    kind: Literal["joins", "leaves"]
    at: datetime
    after: int
    member: Party

    @property
    def state(self) -> float:
        return self.at.timestamp()


Line = Annotated[CoverLine | TeamLine, Field(discriminator="kind")]


class Covers(BaseModel):
    """The lines of one page; the next one is due at `next_at`, as far as is known."""

    items: list[Line] = []
    next_at: datetime | None = None

    @property
    def next_in(self) -> int | None:
        """Seconds from now: a device's own clock may be wrong."""
        return max(ceil((self.next_at - datetime.now(UTC)).total_seconds()), 1) if self.next_at else None


class MessagePage(BaseModel):
    """In the order of sending, newest last."""

    items: list[Message]
    next: str | None = None
    covers: Covers = Covers()


class ReadMark(BaseModel):
    sequence: int


class Waiting(BaseModel):
    """A conversation whose last word is the client's; `answer_by` is None where the therapist has set no target."""

    id: UUID
    client: Party
    care_team: bool = False
    since: datetime
    messages: int
    last_sequence: int
    answer_by: datetime | None = None

    @property
    def overdue(self) -> bool:
        return self.answer_by is not None and self.answer_by <= datetime.now(UTC)


class WaitingList(BaseModel):
    items: list[Waiting]


class AnswerTarget(BaseModel):
    hours: int | None


class SavedAnswerName(BaseModel):
    id: UUID
    name: str


class SavedAnswer(SavedAnswerName):
    text: str
    version: int


class SavedAnswerNames(BaseModel):
    items: list[SavedAnswerName]


class SeenChoice(BaseModel):
    tells: bool


class SeenMark(BaseModel):
    """How far the other one has read; None where nothing is told. `tells` is one's own choice."""

    tells: bool = False
    sequence: int | None = None


class UnreadConversation(BaseModel):
    id: UUID
    client_id: UUID
    unread: int


class Unread(BaseModel):
    """How much waits for the person: over all conversations, and in those where something does.

    `covers_as_of` tells one state of what is known of covers from another.
    """

    total: int
    conversations: list[UnreadConversation] = []
    covers_as_of: str | None = None


class Updates(BaseModel):
    """What was stored since a cursor; `next` is the cursor after it, and `more` says that there is more at once."""

    items: list[Message]
    next: str
    more: bool = False
