"""Judge a file once all of it is here: what it is by its content, drawn anew where it is a picture, and scanned.

The work is done between two short transactions, one file at a time in each process: neither a database connection nor
the memory of several pictures waits for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database
from afterglow_foundation.sealing import DataKey, DataKeyStore, SealBrokenError
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.attachments.chunks import DRAWN, chunks_called, chunks_of
from afterglow_messaging.attachments.kinds import FileKind, is_whole_pdf, kind_of
from afterglow_messaging.attachments.models import Attachment, AttachmentChunk
from afterglow_messaging.attachments.pictures import redraw
from afterglow_messaging.attachments.refusals import (
    WRONG_KIND,
    NotWhole,
    Quarantined,
    StillChecking,
    UnfitAttachment,
)
from afterglow_messaging.attachments.scanning import Scanner, Verdict
from afterglow_messaging.attachments.schemas import UploadOut
from afterglow_messaging.attachments.uploading import Target, own, refuse_unwritable, remove, shown
from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.messages.service import find_key
from afterglow_messaging.people.policy import live_work

CHUNK = 256 * 1024
PATIENCE = 5.0  # seconds for a turn


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file is, and the content to keep in place of what was sent (None: as it came)."""

    kind: FileKind
    size: int
    drawn: bytes | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """Where files are judged, one after another."""

    database: Database
    store: DataKeyStore
    audit: AuditTrail
    scanner: Scanner
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def finish(self, caller: Caller, target: Target) -> UploadOut:
        """Make a whole upload one that a message can take; again, it answers the same.

        Raises NotFound, NotWhole, UnfitAttachment (the upload is gone then), Quarantined, and NotScanned or
        StillChecking where it has to be asked again.
        """
        key = await find_key(self.database, self.store, caller, target.conversation_id)
        async with self.in_turn():
            async with live_work(self.database, caller) as session:
                upload = await own(session, caller, target)
                if upload.finished_at:
                    return shown(key, upload)
                try:
                    content = await whole(session, key, upload)
                except SealBrokenError:
                    await own(session, caller, target)  # NotFound where it was taken back while it was read
                    raise
            try:
                judged = await self.judge(content)
            except UnfitAttachment:
                async with live_work(self.database, caller) as session:
                    await remove(session, caller, target)
                raise
            except Quarantined:
                await self.quarantine(caller, target)
                raise
            return await self.keep(key, caller, target, judged)

    @asynccontextmanager
    async def in_turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.turn.acquire()
        except TimeoutError as error:
            raise StillChecking(headers={"Retry-After": "5"}) from error
        try:
            yield
        finally:
            self.turn.release()

    async def judge(self, content: bytes) -> Judged:
        """The scanner sees what was sent, before anything here unpacks it."""
        kind = kind_of(content)
        if kind is None:
            raise UnfitAttachment("wrong_kind", WRONG_KIND)
        if await self.scanner.scan(content) == Verdict.infected:
            raise Quarantined
        if kind.is_picture:
            drawn = await asyncio.to_thread(redraw, content, kind)
            return Judged(kind, len(drawn), drawn)
        if kind == FileKind.pdf and not is_whole_pdf(content):
            raise UnfitAttachment("no_pdf", "This PDF is damaged or not a whole one.")
        return Judged(kind, len(content))

    async def quarantine(self, caller: Caller, target: Target) -> None:
        async with live_work(self.database, caller) as session:
            client = await refuse_unwritable(session, caller, target)
            upload = await own(session, caller, target, for_update=True)
            upload.quarantined_at = datetime.now(UTC)
            await session.flush()
            await self.told(session, caller, AuditAction.attachment_quarantined, upload, client)

    async def keep(self, key: DataKey, caller: Caller, target: Target, judged: Judged) -> UploadOut:
        """Of two that judged the same file at once the second finds it done."""
        async with live_work(self.database, caller) as session:
            client = await refuse_unwritable(session, caller, target)
            upload = await own(session, caller, target, for_update=True)
            if upload.finished_at is None:
                if judged.drawn is not None:
                    upload.chunks = await replace(session, key, upload, judged.drawn, DRAWN)
                upload.media_type, upload.size = judged.kind, judged.size
                upload.finished_at = datetime.now(UTC)
                await session.flush()
                await self.told(session, caller, AuditAction.attachment_added, upload, client)
            return shown(key, upload)

    async def told(
        self, session: AsyncSession, caller: Caller, action: AuditAction, upload: Attachment, client: UUID
    ) -> None:
        await self.audit.record(session, caller, action, object_id=upload.id, subject_id=client)


async def whole(session: AsyncSession, key: DataKey, upload: Attachment) -> bytes:
    """All of what was sent. Raises NotWhole, and Quarantined for what was found out before."""
    if upload.quarantined_at:
        raise Quarantined
    if upload.received != upload.declared:
        raise NotWhole
    chunks = chunks_of(upload)
    places = await chunks.places(session, chunks=upload.chunks, size=upload.declared)
    return b"".join([await chunks.open(session, place, key) for place in places])


async def replace(session: AsyncSession, key: DataKey, upload: Attachment, content: bytes, called: str) -> int:
    """Keep the chunks of this content and no others; return how many."""
    chunks, begins = chunks_called(called, upload), range(0, len(content), CHUNK)
    await session.execute(delete(AttachmentChunk).where(chunks.of))
    for index, begin in enumerate(begins):
        sealed = chunks.seal(content[begin : begin + CHUNK], key, index, last=index == len(begins) - 1)
        session.add(
            AttachmentChunk(
                conversation_id=upload.conversation_id, attachment_id=upload.id, index=index, content=sealed
            )
        )
    await session.flush()
    return len(begins)
