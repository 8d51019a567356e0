"""Bring a file in with a message that was written before: for demonstration data."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from afterglow_foundation.sealing import DataKey
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.attachments.chunks import DRAWN, SENT, name_binding
from afterglow_messaging.attachments.finishing import replace
from afterglow_messaging.attachments.kinds import kind_of
from afterglow_messaging.attachments.models import Attachment
from afterglow_messaging.attachments.pictures import redraw
from afterglow_messaging.messages.models import Message


@dataclass(frozen=True, slots=True)
class ImportedFile:
    id: UUID
    name: str
    content: bytes


async def import_file(session: AsyncSession, key: DataKey, message: Message, file: ImportedFile, place: int) -> None:
    """Store a file as if its message had taken it. Raises ValueError for a kind that is not taken."""
    kind = kind_of(file.content)
    if kind is None:
        raise ValueError(f"{file.name} is of no kind that is taken")
    begun: datetime = message.sent_at
    made = Attachment(
        conversation_id=key.owner,
        id=file.id,
        sender_id=message.sender_id,
        sealed_name=b"",
        declared=len(file.content),
        created_at=begun,
    )
    made.sealed_name = key.seal(file.name, name_binding(made))
    session.add(made)
    await session.flush()
    content = redraw(file.content, kind) if kind.is_picture else file.content
    made.chunks = await replace(session, key, made, content, DRAWN if kind.is_picture else SENT)
    made.received, made.size, made.media_type, made.finished_at = made.declared, len(content), kind, begun
    made.message_id, made.place = message.id, place
    await session.flush()
