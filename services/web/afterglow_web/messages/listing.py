"""The list of conversations: what waits comes first, then what was written last."""

from afterglow_web.messages.messaging import Messaging
from afterglow_web.messages.records import Conversation

MOST_PAGES = 10  # a thousand conversations; nobody's caseload is larger


async def every_conversation(messaging: Messaging) -> list[Conversation]:
    """All of a person's conversations, ordered for reading."""
    found: list[Conversation] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        page = await messaging.conversations(after=after)
        found += page.items
        after = page.next
        if after is None:
            break
    return sorted(found, key=urgency)


def urgency(conversation: Conversation) -> tuple[bool, bool, float]:
    """Unread first, closed last, the newest of each before the others."""
    last = conversation.last_message_at
    age = -(last.timestamp()) if last else 0.0
    return (not conversation.unread, conversation.closed is not None, age)
