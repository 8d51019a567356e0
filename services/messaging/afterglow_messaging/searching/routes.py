from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit import AuditTrail
from afterglow_foundation.audit.trail import audit_trail
from afterglow_foundation.errors import (
    BadRequest,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends, Query

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.keys import ConversationKeys
from afterglow_messaging.people.policy import LiveSession
from afterglow_messaging.permissions import ReadMessages
from afterglow_messaging.searching import service
from afterglow_messaging.searching.cursor import Place
from afterglow_messaging.searching.schemas import Found, Search

LONGEST_CURSOR = 100
router = APIRouter(
    prefix="/api/messaging/searches",
    tags=["searches"],
    dependencies=[Depends(authenticated)],
    responses=responses(
        BadRequest,
        NotAuthenticated,
        Forbidden,
        InvalidInput,
        NotFound,
        PayloadTooLarge,
        Unavailable,
        UnsupportedMediaType,
    ),
)


@router.post("")
async def search(
    *,
    body: Search,
    caller: ReadMessages,
    session: LiveSession,
    store: ConversationKeys,
    audit: Annotated[AuditTrail, Depends(audit_trail)],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> Found:
    """Look for words in one's own messages, newest first; nothing of the question is kept.

    The audit tells of each conversation of which words are shown; of a search that shows none, once.
    """
    place = Place.parse(after) if after else None
    found = await service.search(session, store, caller, body, limit=limit, after=place)
    shown: dict[UUID | None, UUID | None] = {hit.conversation_id: hit.client.id for hit in found.items}
    for conversation_id, client_id in (shown or {body.conversation: None}).items():
        await audit.record(
            session, caller, AuditAction.messages_searched, object_id=conversation_id, subject_id=client_id
        )
    return found
