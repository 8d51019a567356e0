"""Attachments of messages: taken by one as it is stored, and shown with it."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.errors import FieldError, InvalidInput
from afterglow_foundation.sealing import DataKey
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.attachments.chunks import name_binding
from afterglow_messaging.attachments.models import Attachment
from afterglow_messaging.attachments.schemas import AttachmentOut


async def take(session: AsyncSession, key: DataKey, message_id: UUID, sender_id: UUID, ids: Sequence[UUID]) -> None:
    """Give the sender's finished uploads to a message that this transaction stored.

    Raises InvalidInput where one is not there, not finished, or another message's. Messages of a conversation are
    stored one after another, so of two that want the same file the second sees that it is taken.
    """
    rows = select(Attachment).where(col(Attachment.conversation_id) == key.owner, col(Attachment.id).in_(ids))
    found = {one.id: one for one in await session.scalars(rows.with_for_update())}
    for place, wanted in enumerate(ids):
        one = found.get(wanted)
        if one is None or one.sender_id != sender_id or one.finished_at is None or one.message_id:
            said = "This file is not there, not ready yet, or was sent before."
            raise InvalidInput(errors=[FieldError(field="attachments", code="not_ready", message=said)])
        one.message_id, one.place = message_id, place
    await session.flush()


async def of_messages(
    session: AsyncSession, key: DataKey, message_ids: Sequence[UUID]
) -> dict[UUID, list[AttachmentOut]]:
    """By message, those of messages of the conversation whose key this is, in the order they were given."""
    rows = (
        select(Attachment)
        .where(col(Attachment.conversation_id) == key.owner, col(Attachment.message_id).in_(message_ids))
        .order_by(col(Attachment.place))
    )
    found: dict[UUID, list[AttachmentOut]] = {}
    for one in await session.scalars(rows):
        if one.message_id:
            found.setdefault(one.message_id, []).append(shown(key, one))
    return found


def shown(key: DataKey, attachment: Attachment) -> AttachmentOut:
    name = key.open(attachment.sealed_name, name_binding(attachment))
    return AttachmentOut.model_validate({**attachment.model_dump(include={"id", "media_type", "size"}), "name": name})
