"""Lines are worked out from what auth told, at each reading: told twice they are the same ones.

They say who stands in for a conversation's therapist and, in a care team's, who is in it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.care_teams.members import Membership, memberships
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.conversations.schemas import PartyOut
from afterglow_messaging.covers.schemas import CoverLine, Line, Lines, TeamLine
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import CareRelationship, Grant, PersonCopy

FOREVER = datetime.max.replace(tzinfo=UTC)
COVERS_OF_TEAM = text("""
    SELECT covered_id, covered_name, covering_id, covering_name, starts_at, ends_at FROM care_team_covers(:client)
""")
HEARD_OF_TEAMS = text("""
    SELECT greatest(max(member.as_of), max(cover.as_of))
    FROM unnest(CAST(:clients AS uuid[])) AS client
    CROSS JOIN LATERAL care_team(client) AS member LEFT JOIN LATERAL care_team_covers(client) AS cover ON true
""")


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one time to another, without a break, somebody stands in or is in a care team; in that, also for whom."""

    person: PartyOut
    starts_at: datetime
    ends_at: datetime
    covered: PartyOut | None = None

    @property
    def whose(self) -> tuple[UUID, ...]:
        return (self.person.id, self.covered.id) if self.covered else (self.person.id,)


async def lines_among(session: AsyncSession, caller: Caller, conversation: Conversation, low: int, high: int) -> Lines:
    """The lines behind the messages `low` (0: before the first) to `high`, in order.

    Where the reader sees no message up to `low`, that is before their first, and their lines there are among them.
    """
    told = await told_in(session, caller, conversation)
    if not told:
        return Lines()
    now = datetime.now(UTC)
    high = min(high, conversation.last_sequence)
    sent = await sent_between(session, conversation.id, low, high + 1)
    lines = [placed(line, sent) for line in told if line.at <= now]
    if low and low not in sent and not await sees_any(session, conversation.id, low):
        low = 0
    return Lines(
        items=sorted((line for line in lines if low <= line.after <= high), key=lambda one: (one.at, one.kind, one.id)),
        next_at=min((line.at for line in told if now < line.at < FOREVER), default=None),
    )


async def told_in(session: AsyncSession, caller: Caller, conversation: Conversation) -> list[Line]:
    """All lines there are for this reader: in a care team's, a therapist's are those of their own time in it."""
    if conversation.therapist_id:
        return [*cover_lines(joined(await covers_of(session, conversation)))]
    team = await memberships(session, [conversation.client_id])
    lines: list[Line] = [*team_lines(joined(map(stretch_of, team)))]
    lines += cover_lines(joined(await covers_of_team(session, conversation)))
    if caller.role == Role.client:
        return lines
    own = [one for one in team if one.therapist.id == caller.person]
    return [line for line in lines if any(one.holds(line.at) for one in own)]


def stretch_of(member: Membership) -> Stretch:
    return Stretch(member.therapist, member.starts_at, member.ends_at or FOREVER)


async def covers_of_team(session: AsyncSession, conversation: Conversation) -> list[Stretch]:
    """Those that were over before it was opened have no place in it."""
    return [
        Stretch(
            PartyOut(id=row.covering_id, name=row.covering_name),
            row.starts_at,
            row.ends_at,
            PartyOut(id=row.covered_id, name=row.covered_name),
        )
        for row in await session.execute(COVERS_OF_TEAM, {"client": conversation.client_id})
        if row.ends_at > conversation.created_at
    ]


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
    stretches: list[Stretch] = []
    for grant, name, began, ended in await session.execute(statement):
        starts_at = max(grant.starts_at, began)
        ends_at = min(grant.ends_at, ended) if ended else grant.ends_at
        if starts_at < ends_at:
            stretches.append(Stretch(PartyOut(id=grant.therapist_id, name=name), starts_at, ends_at))
    return stretches


async def heard_of_covers(session: AsyncSession, caller: Caller) -> datetime | None:
    """When the newest word of the caller's lines came: an open page looks again when this changes."""
    own = or_(col(Grant.client_id) == caller.person, col(Grant.covered_id) == caller.person)
    covers = select(func.max(col(Grant.as_of))).where(col(Grant.kind) == "cover", own)
    teams = conversations_of(caller).where(col(Conversation.therapist_id).is_(None))
    clients = [*await session.scalars(teams.with_only_columns(col(Conversation.client_id)))]
    heard = [await session.scalar(covers)]
    if clients:
        heard.append(await session.scalar(HEARD_OF_TEAMS, {"clients": clients}))
    return max(filter(None, heard), default=None)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """What follows without a break is one: nobody leaves in order to go on."""
    ordered = sorted(stretches, key=lambda one: (one.whose, one.starts_at))
    found: list[Stretch] = []
    for _, of_one in groupby(ordered, key=lambda one: one.whose):
        first, *others = of_one
        whole = [first]
        for other in others:
            last = whole[-1]
            if other.starts_at <= last.ends_at:
                whole[-1] = replace(last, ends_at=max(last.ends_at, other.ends_at))
            else:
                whole.append(other)
        found += whole
    return found


def cover_lines(stretches: Iterable[Stretch]) -> Iterator[CoverLine]:
    for one in stretches:
        for kind, at in (("cover_begins", one.starts_at), ("cover_ends", one.ends_at)):
            yield CoverLine(
                id=f"{kind}-{'-'.join(map(str, one.whose))}-{int(one.starts_at.timestamp())}",
                kind=kind,
                at=at,
                covering=one.person,
                covered=one.covered,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )


def team_lines(stretches: Iterable[Stretch]) -> Iterator[TeamLine]:
    for one in stretches:
        for kind, at in (("joins", one.starts_at), ("leaves", one.ends_at)):
            name = f"{kind}-{one.person.id}-{int(one.starts_at.timestamp())}"
            yield TeamLine(id=name, kind=kind, at=at, member=one.person)


def placed(line: Line, sent: dict[int, datetime]) -> Line:
    after = max((number for number, sent_at in sent.items() if sent_at <= line.at), default=0)
    return line.model_copy(update={"after": after})


async def sees_any(session: AsyncSession, conversation_id: UUID, high: int) -> bool:
    """Whether the reader sees a message with this number or an earlier one."""
    seen = select(col(Message.id)).where(col(Message.conversation_id) == conversation_id, col(Message.sequence) <= high)
    return await session.scalar(seen.limit(1)) is not None


async def sent_between(session: AsyncSession, conversation_id: UUID, low: int, high: int) -> dict[int, datetime]:
    """When the messages with these numbers were sent."""
    statement = select(col(Message.sequence), col(Message.sent_at)).where(
        col(Message.conversation_id) == conversation_id, col(Message.sequence).between(low, high)
    )
    return {row.sequence: row.sent_at for row in await session.execute(statement)}
