"""For whom a message waits that they have not been told of."""

from datetime import datetime, timedelta

from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from sqlalchemy import insert, text

from afterglow_messaging.notices.models import MessageNotice

AWAY = timedelta(minutes=10)  # whoever has the conversation open has read it by then
AGAIN = timedelta(hours=24)  # for whoever never looked, and only of what came since
LOOKS_BACK = timedelta(days=7)  # as the row policies have it
WORTH_SENDING_FOR = timedelta(hours=18)  # a night of quiet hours is shorter
# One at a time, in all processes together: two at once would each tell of the same message.
MY_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('afterglow.message_notices'))")
# What came after the last notice, if its receiver has looked since or a day has passed: several messages are one mail.
# In a care team somebody is told of what was written since they treat the client: that is what they read there.
UNTOLD = text("""
    WITH told AS (
        SELECT person_id, max(due_at) AS at FROM message_notices WHERE due_at > :since GROUP BY person_id
    ), looked AS (
        SELECT person_id, max(marked_at) AS at FROM read_marks GROUP BY person_id
    )
    SELECT DISTINCT reader.id
    FROM conversations AS conversation
    CROSS JOIN LATERAL (
        SELECT conversation.client_id, CAST('-infinity' AS timestamptz)
        UNION ALL
        SELECT care.therapist_id, CASE WHEN conversation.therapist_id IS NULL THEN care.started_at ELSE '-infinity' END
        FROM care_relationships AS care
        WHERE care.client_id = conversation.client_id
          AND (care.therapist_id = conversation.therapist_id OR conversation.therapist_id IS NULL)
          AND care.started_at <= :now AND (care.ended_at IS NULL OR care.ended_at > :now)
    ) AS party (id, since)
    JOIN people AS reader ON reader.id = party.id AND reader.disabled_at IS NULL
    JOIN messages AS message ON message.conversation_id = conversation.id AND message.sender_id <> party.id
         AND message.sent_at >= party.since
    LEFT JOIN read_marks AS mark ON mark.conversation_id = conversation.id AND mark.person_id = party.id
    LEFT JOIN notice_choices AS choice ON choice.person_id = party.id
    LEFT JOIN told ON told.person_id = party.id
    LEFT JOIN looked ON looked.person_id = party.id
    WHERE conversation.last_message_at > :since AND message.sent_at > :since AND message.sent_at <= :away
      AND message.sequence > coalesce(mark.sequence, 0) AND message.withdrawn_at IS NULL
      AND coalesce(choice.messages, true)
      AND (told.at IS NULL OR message.sent_at > told.at AND (looked.at > told.at OR told.at <= :again))
""")


async def plan(database: Database, now: datetime) -> int:
    """Enter a notice for everybody whom one is due; returns how many that were. `database` is the worker's."""
    asked = {"now": now, "since": now - LOOKS_BACK, "away": now - AWAY, "again": now - AGAIN}
    async with database.unit_of_work(RowContext()) as session:
        if not await session.scalar(MY_TURN):
            return 0
        lines = [
            {
                "person_id": person,
                "id": new_id(),
                "due_at": now,
                "expires_at": now + WORTH_SENDING_FOR,
                "state": "planned",
                "ask_at": now,
            }
            for person in await session.scalars(UNTOLD, asked)
        ]
        if lines:
            await session.execute(insert(MessageNotice).values(lines))
        return len(lines)
