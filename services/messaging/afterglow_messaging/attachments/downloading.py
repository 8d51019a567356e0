"""Download an attachment: opened chunk by chunk, always as a file of a safe name, never shown in a page."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import NotFound, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.sealing.chunks import Place
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.attachments.chunks import chunks_of
from afterglow_messaging.attachments.kinds import FileKind
from afterglow_messaging.attachments.models import Attachment
from afterglow_messaging.attachments.names import disposition, fitting
from afterglow_messaging.attachments.policy import sent_to
from afterglow_messaging.attachments.schemas import AttachmentOut
from afterglow_messaging.attachments.sending import shown
from afterglow_messaging.attachments.uploading import Target
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.service import find_conversation, key_of


@dataclass(frozen=True, slots=True)
class Download:
    """Its first piece is open already, the others follow as they are asked for."""

    attachment: Attachment
    about: AttachmentOut
    client_id: UUID
    key: DataKey
    places: Sequence[Place]
    first: bytes

    async def pieces(self, database: Database, caller: Caller) -> AsyncIterator[bytes]:
        """The content piece by piece, each fetched on its own: a slow reader holds no transaction."""
        yield self.first
        for place in self.places[1:]:
            async with database.unit_of_work(RowContext.of(caller)) as session:
                content = await chunks_of(self.attachment).open(session, place, self.key)
            yield content

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Cache-Control": "no-store",
            "Content-Disposition": disposition(fitting(self.about.name, FileKind(self.about.media_type))),
            "Content-Length": str(self.about.size),
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }


async def begin(session: AsyncSession, store: DataKeyStore, caller: Caller, target: Target) -> Download:
    """Open an attachment of a message. Raises NotFound, and SealBrokenError where something was altered."""
    action = AuditAction.attachment_read
    conversation = await find_conversation(session, caller, target.conversation_id, action)
    rows = sent_to(caller, conversation.id).where(col(Attachment.id) == target.attachment_id)
    found = await session.scalar(rows)
    if found is None or found.size is None:
        raise NotFound(refusal=Refusal(action, target.attachment_id, conversation.client_id))
    key, chunks = await key_of(session, store, conversation), chunks_of(found)
    places = await chunks.places(session, chunks=found.chunks, size=found.size)
    first = await chunks.open(session, places[0], key)
    return Download(found, shown(key, found), conversation.client_id, key, places, first)
