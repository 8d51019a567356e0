"""Lines are worked out from the covers that auth told of, at each reading: told twice they are the same ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.schemas import PartyOut
from afterglow_messaging.covers.schemas import CoverLine, Lines
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import CareRelationship, Grant, PersonCopy


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one time to another, without a break, somebody stands in."""

    covering: PartyOut
    starts_at: datetime
    ends_at: datetime


async def lines_among(session: AsyncSession, conversation: Conversation, low: int, high: int) -> Lines:
    """The lines behind the messages `low` (0: before the first) to `high`, in order."""
    stretches = joined(await covers_of(session, conversation))
    if not stretches:
        return Lines()
    now = datetime.now(UTC)
    moments = [moment for one in stretches for moment in (one.starts_at, one.ends_at)]
    high = min(high, conversation.last_sequence)
    sent = await sent_between(session, conversation.id, low, high + 1)
    lines = [line for line in lines_of(stretches, sent) if line.at <= now and low <= line.after <= high]
    return Lines(
        items=sorted(lines, key=lambda line: (line.at, line.kind, line.id)),
        next_at=min((moment for moment in moments if moment > now), default=None),
    )


async def covers_of(session: AsyncSession, conversation: Conversation) -> list[Stretch]:
    """Covers of the conversation's therapist, each cut to the care that it stood in for."""
    care = CareRelationship
    statement = (
        select(Grant, col(PersonCopy.name), col(care.started_at), col(care.ended_at))
        .join(PersonCopy, col(PersonCopy.id) == col(Grant.therapist_id))
        .join(
            care,
            (col(care.client_id) == col(Grant.client_id)) & (col(care.therapist_id) == col(Grant.covered_id)),
        )
        .where(
            col(Grant.kind) == "cover",
            col(Grant.client_id) == conversation.client_id,
            col(Grant.covered_id) == conversation.therapist_id,
        )
    )
    stretches = []
    for grant, name, began, ended in await session.execute(statement):
        starts_at = max(grant.starts_at, began)
        ends_at = min(grant.ends_at, ended) if ended else grant.ends_at
        if starts_at < ends_at:
            stretches.append(Stretch(PartyOut(id=grant.therapist_id, name=name), starts_at, ends_at))
    return stretches


async def heard_of_covers(session: AsyncSession, caller: Caller) -> datetime | None:
    """When the newest word of a cover in the caller's lines came: an open page looks again when this changes."""
    own = or_(col(Grant.client_id) == caller.person, col(Grant.covered_id) == caller.person)
    heard: datetime | None = await session.scalar(
        select(func.max(col(Grant.as_of))).where(col(Grant.kind) == "cover", own)
    )
    return heard


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """What follows without a break is one: nobody leaves in order to go on."""
    ordered = sorted(stretches, key=lambda one: (one.covering.id, one.starts_at))
    found: list[Stretch] = []
    for _, of_one in groupby(ordered, key=lambda one: one.covering.id):
        first, *others = of_one
        whole = [first]
        for other in others:
            last = whole[-1]
            if other.starts_at <= last.ends_at:
                whole[-1] = Stretch(last.covering, last.starts_at, max(last.ends_at, other.ends_at))
            else:
                whole.append(other)
        found += whole
    return found


def lines_of(stretches: Sequence[Stretch], sent: dict[int, datetime]) -> Iterable[CoverLine]:
    for one in stretches:
        for kind, at in (("cover_begins", one.starts_at), ("cover_ends", one.ends_at)):
            yield CoverLine(
                id=f"{kind}-{one.covering.id}-{int(one.starts_at.timestamp())}",
                kind=kind,
                at=at,
                after=max((number for number, sent_at in sent.items() if sent_at <= at), default=0),
                covering=one.covering,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )


async def sent_between(session: AsyncSession, conversation_id: UUID, low: int, high: int) -> dict[int, datetime]:
    """When the messages with these numbers were sent."""
    statement = select(col(Message.sequence), col(Message.sent_at)).where(
        col(Message.conversation_id) == conversation_id, col(Message.sequence).between(low, high)
    )
    return {row.sequence: row.sent_at for row in await session.execute(statement)}
