"""A message under its conversation's key, bound to its row."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from afterglow_foundation.sealing import Binding, DataKey
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.attachments.sending import of_messages
from afterglow_messaging.messages.models import MessageVersion
from afterglow_messaging.messages.schemas import MessageIn, MessageOut


def binding(conversation_id: UUID, message_id: UUID) -> Binding:
    return Binding("messaging", "messages", "text", row=message_id, owner=conversation_id)


def digest(key: DataKey, sender_id: UUID, body: MessageIn) -> bytes:
    """The keyed digest by which a replay is known: same sender, same words, same reply, same files."""
    files = [[str(one) for one in body.attachments]] if body.attachments else []
    canonical = json.dumps([str(sender_id), body.text, str(body.reply_to), *files], ensure_ascii=False)
    return key.digest(canonical.encode())


def version_binding(conversation_id: UUID, message_id: UUID, number: int) -> Binding:
    """A version's words open as this message's and under this number alone."""
    return Binding("messaging", "message_versions", f"text {number}", row=message_id, owner=conversation_id)


def version_digest(key: DataKey, message_id: UUID, number: int, text: str) -> bytes:
    """The keyed digest by which a repeated correction is known: same message, same place, same words."""
    canonical = json.dumps([str(message_id), number, text], ensure_ascii=False)
    return key.digest(canonical.encode())


class Stored(Protocol):
    """What is needed of a stored message to open it: its row, or the row of a statement that found it."""

    @property
    def conversation_id(self) -> UUID: ...
    @property
    def id(self) -> UUID: ...
    @property
    def sealed_text(self) -> bytes: ...
    @property
    def corrections(self) -> int: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


def opened(key: DataKey, message: Stored, sealed_version: bytes | None) -> MessageOut:
    """A message as it reads now; `sealed_version` is that of its newest correction.

    Raises SealBrokenError for a text that was altered or moved.
    """
    return described(message, None if message.withdrawn_at else words(key, message, sealed_version))


def words(key: DataKey, message: Stored, sealed_version: bytes | None) -> str:
    if not message.corrections:
        return first_words(key, message)
    if sealed_version is None:
        raise LookupError("a corrected message without its correction")
    return key.open(sealed_version, version_binding(message.conversation_id, message.id, message.corrections))


def first_words(key: DataKey, message: Stored) -> str:
    return key.open(message.sealed_text, binding(message.conversation_id, message.id))


def version_words(key: DataKey, version: MessageVersion) -> str:
    place = version_binding(version.conversation_id, version.message_id, version.number)
    return key.open(version.sealed_text, place)


def described(message: Stored, text: str | None) -> MessageOut:
    others = set(MessageOut.model_fields) - {"text", "attachments"}
    return MessageOut(text=text, **{name: getattr(message, name) for name in others})


async def with_attachments(session: AsyncSession, key: DataKey, messages: Sequence[MessageOut]) -> None:
    """Let messages of the conversation whose key this is show what they carry."""
    found = await of_messages(session, key, [message.id for message in messages])
    for message in messages:
        message.attachments = found.get(message.id, [])
