"""Upload a file: declared once, then sent in parts by offset, each acknowledged only when it is stored."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.sealing import DataKey
from afterglow_foundation.uploads import WrongOffset, is_last
from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.attachments.chunks import chunks_of, name_binding
from afterglow_messaging.attachments.kinds import is_heic, kind_of
from afterglow_messaging.attachments.models import Attachment, AttachmentChunk
from afterglow_messaging.attachments.policy import uploads_of
from afterglow_messaging.attachments.refusals import WRONG_KIND, TooManyAttachments, UnfitAttachment
from afterglow_messaging.attachments.schemas import UploadBody, UploadOut
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.service import find_conversation, refuse_closed
from afterglow_messaging.settings import Settings

JUST_BEGUN = timedelta(minutes=10)  # it may still be on its way, or about to go with a message, in another window
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow attachments ' || :person))")


@dataclass(frozen=True, slots=True)
class Target:
    """Which attachment of which conversation a request is about."""

    conversation_id: UUID
    attachment_id: UUID


async def declare(
    session: AsyncSession, settings: Settings, key: DataKey, caller: Caller, target: Target, *, body: UploadBody
) -> tuple[UploadOut, bool]:
    """The file to send, and whether this request is the one that made it.

    Raises UnfitAttachment for one that is too large, NotFound for a conversation that is not the caller's, Forbidden
    once care has ended, TooManyAttachments, and Conflict where the id stands for another file or one that was sent.
    """
    if body.size > settings.attachment_bytes:
        said = f"At most {settings.attachment_bytes // 2**20} MB fit."
        raise UnfitAttachment("too_large", said, field="size")
    await refuse_unwritable(session, caller, target)
    await session.execute(ONE_AT_A_TIME, {"person": str(caller.person)})
    if known := await session.get(Attachment, (target.conversation_id, target.attachment_id)):
        told = shown(key, known)
        if known.sender_id != caller.person or (told.size, told.name) != (body.size, body.name):
            raise Conflict
        return told, False
    await make_room(session, settings, caller)
    made = Attachment(
        conversation_id=target.conversation_id,
        id=target.attachment_id,
        sender_id=caller.person,
        sealed_name=b"",
        declared=body.size,
        created_at=datetime.now(UTC),
    )
    made.sealed_name = key.seal(body.name, name_binding(made))
    session.add(made)
    try:
        await session.flush()
    except IntegrityError as error:  # the id stands for an upload of the other one's, which is not shown here
        raise Conflict from error
    return shown(key, made), True


def shown(key: DataKey, attachment: Attachment) -> UploadOut:
    return UploadOut(
        name=key.open(attachment.sealed_name, name_binding(attachment)),
        size=attachment.declared,
        **attachment.model_dump(include={"id", "conversation_id", "received", "created_at", "finished_at"}),
    )


async def refuse_unwritable(session: AsyncSession, caller: Caller, target: Target) -> UUID:
    """Whose conversation it is (the client's id). Raises NotFound, and Forbidden once care has ended."""
    action = AuditAction.attachment_added
    conversation = await find_conversation(session, caller, target.conversation_id, action)
    await refuse_closed(session, caller, conversation)
    return conversation.client_id


async def make_room(session: AsyncSession, settings: Settings, caller: Caller) -> None:
    """Where as many are unsent as may be, the oldest gives way: the page that could have removed it may be gone.

    Raises TooManyAttachments where each was begun a moment ago or is kept in quarantine.
    """
    mine = (col(Attachment.sender_id) == caller.person, col(Attachment.message_id).is_(None))
    if (await session.scalar(select(func.count()).where(*mine)) or 0) < settings.attachments_unsent:
        return
    place = tuple_(col(Attachment.conversation_id), col(Attachment.id))
    left_lying = (col(Attachment.quarantined_at).is_(None), col(Attachment.created_at) < datetime.now(UTC) - JUST_BEGUN)
    oldest = select(col(Attachment.conversation_id), col(Attachment.id)).where(*mine, *left_lying)
    oldest = oldest.order_by(col(Attachment.created_at), col(Attachment.id)).limit(1)
    gone = delete(Attachment).where(*mine, place.in_(oldest)).returning(col(Attachment.id))
    if await session.scalar(gone.execution_options(synchronize_session=False)) is None:
        raise TooManyAttachments


async def own(session: AsyncSession, caller: Caller, target: Target, *, for_update: bool = False) -> Attachment:
    """The caller's own upload that no message has taken. Raises NotFound."""
    rows = uploads_of(caller, target.conversation_id).where(col(Attachment.id) == target.attachment_id)
    found = await session.scalar(rows.with_for_update(of=Attachment) if for_update else rows)
    if found is None:
        raise NotFound(refusal=Refusal(AuditAction.attachment_added, target.attachment_id))
    return found


async def append(
    session: AsyncSession, key: DataKey, caller: Caller, target: Target, *, offset: int, content: bytes
) -> Attachment:
    """Store what begins at `offset`. Of two that come at once the second waits, and is told how far it is by then.

    Raises WrongOffset, InvalidInput for a part that is too small, PayloadTooLarge for more than was declared, and
    UnfitAttachment where the first part shows that the file is none of those that are taken.
    """
    await refuse_unwritable(session, caller, target)
    upload = await own(session, caller, target, for_update=True)
    if offset != upload.received or upload.received == upload.declared:
        raise WrongOffset(upload.received)
    last = is_last(content, offset=offset, size=upload.declared)
    if not offset:
        refuse_other_kinds(content)
    sealed = chunks_of(upload).seal(content, key, upload.chunks, last=last)
    session.add(
        AttachmentChunk(
            conversation_id=upload.conversation_id, attachment_id=upload.id, index=upload.chunks, content=sealed
        )
    )
    await session.flush()  # chunks are taken only while the upload is not finished
    upload.chunks, upload.received = upload.chunks + 1, offset + len(content)
    await session.flush()
    return upload


def refuse_other_kinds(content: bytes) -> None:
    if is_heic(content):
        raise UnfitAttachment("heic", "HEIC pictures open on few devices. Save it as JPEG and send that.")
    if kind_of(content) is None:
        raise UnfitAttachment("wrong_kind", WRONG_KIND)


async def remove(session: AsyncSession, caller: Caller, target: Target) -> None:
    """Take an upload away that no message has taken, also once care has ended.

    Raises NotFound, also for what is kept in quarantine, or what a message took a moment ago: the row policy says so.
    """
    upload = await own(session, caller, target)
    this = (col(Attachment.conversation_id) == upload.conversation_id) & (col(Attachment.id) == upload.id)
    if await session.scalar(delete(Attachment).where(this).returning(col(Attachment.id))) is None:
        raise NotFound(refusal=Refusal(AuditAction.attachment_added, target.attachment_id))
