"""Where an attachment's sealed chunks lie."""

from afterglow_foundation.sealing import Binding
from afterglow_foundation.sealing.chunks import Chunks
from sqlmodel import col

from afterglow_messaging.attachments.kinds import PICTURES
from afterglow_messaging.attachments.models import Attachment, AttachmentChunk

SENT, DRAWN = "content", "picture"


def chunks_of(attachment: Attachment) -> Chunks:
    return chunks_called(DRAWN if attachment.media_type in PICTURES else SENT, attachment)


def chunks_called(column: str, attachment: Attachment) -> Chunks:
    """What was sent, or the picture that was drawn of it: a chunk of the one never opens as one of the other."""
    table = AttachmentChunk
    return Chunks(
        Binding("messaging", table.__tablename__, column, row=attachment.id, owner=attachment.conversation_id),
        of=(col(table.conversation_id) == attachment.conversation_id) & (col(table.attachment_id) == attachment.id),
        index=col(table.index),
        content=col(table.content),
    )


def name_binding(attachment: Attachment) -> Binding:
    table = Attachment.__tablename__
    return Binding("messaging", table, "name", row=attachment.id, owner=attachment.conversation_id)
