"""An attachment and its sealed chunks. Until a message takes it, it is an upload that its sender alone sees."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from afterglow_messaging.base import Base

ATTACHMENT = (["conversation_id", "attachment_id"], ["attachments.conversation_id", "attachments.id"])
MESSAGE = (["conversation_id", "message_id"], ["messages.conversation_id", "messages.id"])


class Attachment(Base, table=True):
    """Of `declared` bytes, `received` lie in `chunks` chunks so far.

    Judged at `finished_at`, it has a `media_type` and `size` bytes, fewer or more where a picture was drawn anew. What
    a scanner found something in has `quarantined_at` instead and opens for nobody.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("received BETWEEN 0 AND declared", name="received"),
        CheckConstraint("(finished_at IS NOT NULL) = (media_type IS NOT NULL AND size IS NOT NULL)", name="finished"),
        CheckConstraint("finished_at IS NULL OR quarantined_at IS NULL", name="judged_once"),
        CheckConstraint("message_id IS NULL OR finished_at IS NOT NULL", name="sent_whole"),
        CheckConstraint("(message_id IS NOT NULL) = (place IS NOT NULL)", name="placed"),
        ForeignKeyConstraint(*MESSAGE),
        Index(
            "ix_attachments_conversation_id_message_id",
            "conversation_id",
            "message_id",
            postgresql_where=text("message_id IS NOT NULL"),
        ),
        Index("ix_attachments_sender_id", "sender_id", postgresql_where=text("message_id IS NULL")),
    )

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    id: UUID = Field(primary_key=True)
    sender_id: UUID
    sealed_name: bytes
    declared: int
    received: int = 0
    chunks: int = 0
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    media_type: str | None = None
    size: int | None = None
    finished_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    quarantined_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    message_id: UUID | None = None
    place: int | None = None


class AttachmentChunk(Base, table=True):
    """One part of the content, sealed for its place: this attachment, this index, and whether it is the last."""

    __tablename__ = "attachment_chunks"
    __table_args__ = (ForeignKeyConstraint(*ATTACHMENT, ondelete="CASCADE"),)

    conversation_id: UUID = Field(primary_key=True)
    attachment_id: UUID = Field(primary_key=True)
    index: int = Field(primary_key=True)
    content: bytes
