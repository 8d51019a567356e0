"""Who is or was in the conversation of a client's care team, as far as the caller may know it.

The database works it out from care and says to whom (`care_team`): a therapist's own rows alone would not show them
their colleagues.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.schemas import PartyOut, TeamMember

MEMBERS = text("""
    SELECT client, member.therapist_id, member.name, member.started_at, member.ended_at
    FROM unnest(CAST(:clients AS uuid[])) AS client CROSS JOIN LATERAL care_team(client) AS member
    ORDER BY member.name, member.therapist_id, member.started_at
""")


@dataclass(frozen=True, slots=True)
class Membership:
    """One therapist from one time to another; `ends_at` is None while it lasts."""

    client_id: UUID
    therapist: PartyOut
    starts_at: datetime
    ends_at: datetime | None

    @property
    def lasts(self) -> bool:
        return self.ends_at is None or self.ends_at > datetime.now(UTC)

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment and (self.ends_at is None or moment <= self.ends_at)


async def memberships(session: AsyncSession, clients: Iterable[UUID]) -> list[Membership]:
    """By the therapist's name; nobody for a client without such a conversation, or whose it is not for the caller."""
    if not (asked := list(clients)):
        return []
    rows = await session.execute(MEMBERS, {"clients": asked})
    return [
        Membership(row.client, PartyOut(id=row.therapist_id, name=row.name), row.started_at, row.ended_at)
        for row in rows
    ]


def members_of(client_id: UUID, known: Sequence[Membership]) -> list[TeamMember]:
    """Each therapist once, and whether they are in it now."""
    found: dict[UUID, TeamMember] = {}
    for one in known:
        if one.client_id == client_id:
            before = found.get(one.therapist.id)
            present = one.lasts or (before is not None and before.present)
            found[one.therapist.id] = TeamMember(id=one.therapist.id, name=one.therapist.name, present=present)
    return list(found.values())


async def people_in(session: AsyncSession, conversation: Conversation) -> list[UUID]:
    """Whom something new there is for: the two, or the client and whoever is in the care team now."""
    if conversation.therapist_id:
        return [conversation.client_id, conversation.therapist_id]
    team = await memberships(session, [conversation.client_id])
    return [conversation.client_id, *dict.fromkeys(one.therapist.id for one in team if one.lasts)]
