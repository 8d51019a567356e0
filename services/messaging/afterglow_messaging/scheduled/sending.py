"""Send what is due: once each, under the sender's own rights as they are at that moment."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from afterglow_foundation.audit import event_values
from afterglow_foundation.audit.columns import Outcome
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.telemetry import frames_of
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.messages import storing
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import PersonCopy
from afterglow_messaging.scheduled.models import ScheduledMessage

logger = structlog.get_logger()
PURPOSE = "scheduled"
AT_ONCE = 100  # in one round; the rest is sent in the next
LATEST = timedelta(hours=12)  # what was meant for the morning is not sent the next day
DUE = text("""
    SELECT scheduled.conversation_id, scheduled.id, scheduled.sender_id, people.role
    FROM scheduled_messages AS scheduled JOIN people ON people.id = scheduled.sender_id
    WHERE scheduled.send_at <= now() AND scheduled.refused_at IS NULL
    ORDER BY scheduled.send_at, scheduled.id LIMIT :at_once
""")


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due, and whose it is; nothing of what it says."""

    conversation_id: UUID
    id: UUID
    sender: Caller


async def send_due(worker: Database, app: Database) -> int:
    """Send all that is due; how many went out. `worker` sees what is due, `app` acts as each sender.

    Any number of processes may do it at the same time. What goes wrong with one keeps no other back: it is tried again.
    """
    sent = 0
    for due in await find_due(worker):
        try:
            async with app.unit_of_work(RowContext.of(due.sender)) as session:
                sent += await send(session, due, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001  # whatever it was, the others must go out
            logger.warning("not sent yet", error_type=type(error).__name__, frames=frames_of(error)[-3:])
    return sent


async def find_due(worker: Database) -> list[Due]:
    async with worker.unit_of_work(RowContext()) as session:
        rows = (await session.execute(DUE, {"at_once": AT_ONCE})).all()
    return [Due(row.conversation_id, row.id, Caller(id=row.sender_id, role=Role(row.role))) for row in rows]


async def send(session: AsyncSession, due: Due, now: datetime) -> bool:
    """In one transaction the message is stored and no longer scheduled, or it is said why not.

    False where another process has it in hand or had it, and where its sender has changed or taken it back.
    """
    mine = col(ScheduledMessage.conversation_id) == due.conversation_id, col(ScheduledMessage.id) == due.id
    waiting = select(ScheduledMessage).where(
        *mine, col(ScheduledMessage.send_at) <= now, col(ScheduledMessage.refused_at).is_(None)
    )
    found = await session.scalar(waiting.with_for_update(skip_locked=True))
    if found is None:
        return False
    if now - found.send_at > LATEST:
        return await refuse(session, due, found, "late", now)
    known = await session.get(Message, (due.conversation_id, due.id))
    if known is None and not (await session.execute(storing.STORE, values(due, found, now))).all():
        return await refuse(session, due, found, await reason(session, due), now)
    await session.execute(delete(ScheduledMessage).where(*mine))
    return known is None


def values(due: Due, found: ScheduledMessage, now: datetime) -> dict[str, object]:
    """Those of the statement that stores every message, with the time at which it really goes out."""
    message = Message(
        **found.model_dump(include={"conversation_id", "id", "sender_id", "sealed_text", "digest", "reply_to"}),
        sequence=0,
        sent_at=now,
    )
    return storing.parameters(due.sender, message, purpose=PURPOSE)


async def reason(session: AsyncSession, due: Due) -> str:
    """Why the statement stored nothing: its sender is out, or else care has ended."""
    person = await session.get(PersonCopy, due.sender.person)
    is_in = person is not None and person.disabled_at is None and person.role == due.sender.role
    return "closed" if is_in else "sender"


async def refuse(session: AsyncSession, due: Due, found: ScheduledMessage, refusal: str, now: datetime) -> bool:
    found.refused_at, found.refusal = now, refusal
    await session.flush()
    outcome = Outcome.refused
    event = event_values(due.sender, AuditAction.message_sent, object_id=due.id, purpose=PURPOSE, outcome=outcome)
    await session.execute(insert(AuditEvent).values(**event))
    return False
