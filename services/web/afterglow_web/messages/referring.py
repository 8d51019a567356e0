"""What messages refer to, for whoever has them open; and the words that a message about something begins with."""

from collections.abc import Iterable
from uuid import UUID

from starlette.requests import Request

from afterglow_web.messages.records import Conversation
from afterglow_web.portal import portal_for
from afterglow_web.references.addresses import address_for_client, mentions
from afterglow_web.references.reading import References, references_of
from afterglow_web.session.tokens import access_token
from afterglow_web.settings import Settings


async def referred_to(
    request: Request, conversation: Conversation, reader: UUID, texts: Iterable[str | None]
) -> References:
    """Judged for this reader now. Most texts refer to nothing, and cost no question."""
    base_url, client = base_of(request), conversation.client.id
    some = [text for text in texts if text and any(mentions(text, base_url))]
    if not some:
        return References(base_url, client, reader)
    portal = portal_for(request, await access_token(request))
    return await references_of(portal, base_url, client, reader, some)


def words_about(request: Request, about: str | None) -> str:
    """The address of what a message is to be about; nothing for anything that is no place of a client's record."""
    base_url = base_of(request)
    found = next(mentions(about, base_url), None) if about else None
    return f"{base_url}{address_for_client(found.reference)}\n" if found else ""


def base_of(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.base_url
