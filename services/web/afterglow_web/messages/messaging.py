"""What pages ask of messaging, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.messages.records import Conversation, MessagePage, Unread, Updates
from afterglow_web.portal import read
from afterglow_web.records import ItemPage
from afterglow_web.session.tokens import AccessToken

NEWEST = 2**63 - 1  # before this number is every message
MOST_LISTED = 100


class Messaging:
    """messaging for one request. Every method raises UpstreamProblem for a refusal and Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _get(self, path: str, **params: str | int | None) -> Response:
        given = {name: value for name, value in params.items() if value is not None}
        return await self._client.request("GET", f"/api/messaging/{path}", token=self._token, params=given)

    async def _put(self, path: str, body: object) -> Response:
        return await self._client.request("PUT", f"/api/messaging/{path}", token=self._token, json=body)

    async def conversations(self, *, after: str | None = None) -> ItemPage[Conversation]:
        """One page of the person's conversations, in the order they were opened."""
        return read(await self._get("conversations", limit=MOST_LISTED, after=after), ItemPage[Conversation])

    async def conversation(self, conversation: UUID) -> Conversation:
        return read(await self._get(f"conversations/{conversation}"), Conversation)

    async def messages_before(self, conversation: UUID, number: int, *, limit: int) -> MessagePage:
        """The last messages before a number, oldest of them first; before NEWEST are the newest."""
        return read(await self._get(f"conversations/{conversation}/messages", limit=limit, before=number), MessagePage)

    async def messages_after(self, conversation: UUID, number: int, *, limit: int) -> MessagePage:
        """The first messages after a number, in order."""
        return read(await self._get(f"conversations/{conversation}/messages", limit=limit, after=number), MessagePage)

    async def put_message(self, conversation: UUID, message: UUID, body: object) -> Response:
        """Send once: 201 first, 200 on a replay; UpstreamProblem 409 for another body, 403 where care has ended."""
        return await self._put(f"conversations/{conversation}/messages/{message}", body)

    async def put_read_mark(self, conversation: UUID, body: object) -> Response:
        """Move the person's read mark up to the message with that `sequence`; it never goes back."""
        return await self._put(f"conversations/{conversation}/read-mark", body)

    async def unread(self) -> Unread:
        return read(await self._get("unread"), Unread)

    async def updates(self, *, after: str | None) -> Updates:
        """What was stored in the person's conversations since a cursor; without one nothing but the present cursor.

        Raises UpstreamProblem 422 for a cursor that is too old or none at all.
        """
        return read(await self._get("updates", after=after), Updates)


def messaging_for(request: Request, token: str) -> Messaging:
    return Messaging(request.app.state.upstreams.messaging, token)


async def messaging_of(request: Request, token: AccessToken) -> Messaging:
    return messaging_for(request, token)


MessagingForPerson = Annotated[Messaging, Depends(messaging_of)]
