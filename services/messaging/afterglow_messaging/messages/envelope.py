"""A message under its conversation's key, bound to its row."""

import json
from uuid import UUID

from afterglow_foundation.sealing import Binding, DataKey

from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.schemas import MessageIn, MessageOut


def binding(conversation_id: UUID, message_id: UUID) -> Binding:
    return Binding("messaging", "messages", "text", row=message_id, owner=conversation_id)


def digest(key: DataKey, sender_id: UUID, body: MessageIn) -> bytes:
    """The keyed digest by which a replay is known: same sender, same words, same reply."""
    canonical = json.dumps([str(sender_id), body.text, str(body.reply_to)], ensure_ascii=False)
    return key.digest(canonical.encode())


def opened(key: DataKey, message: Message) -> MessageOut:
    """Raises SealBrokenError for a text that was altered or moved."""
    return described(message, key.open(message.sealed_text, binding(message.conversation_id, message.id)))


def described(message: Message, text: str) -> MessageOut:
    return MessageOut(text=text, **message.model_dump(include=set(MessageOut.model_fields)))
