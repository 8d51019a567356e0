"""What pages ask of messaging, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.messages.records import (
    AnswerTarget,
    Conversation,
    Message,
    MessagePage,
    SavedAnswer,
    SavedAnswerName,
    SavedAnswerNames,
    SeenChoice,
    SeenMark,
    Unread,
    Updates,
    Version,
    Waiting,
    WaitingList,
)
from afterglow_web.portal import read
from afterglow_web.records import ItemPage
from afterglow_web.scheduled.records import Scheduled, ScheduledList
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

    async def _post(self, path: str, body: object) -> Response:
        return await self._client.request("POST", f"/api/messaging/{path}", token=self._token, json=body)

    async def conversations(self, *, after: str | None = None) -> ItemPage[Conversation]:
        """One page of the person's conversations, in the order they were opened."""
        return read(await self._get("conversations", limit=MOST_LISTED, after=after), ItemPage[Conversation])

    async def conversation(self, conversation: UUID) -> Conversation:
        return read(await self._get(f"conversations/{conversation}"), Conversation)

    async def availability(self, conversation: UUID) -> Response:
        return await self._get(f"conversations/{conversation}/availability")

    async def messages_before(self, conversation: UUID, number: int, *, limit: int) -> MessagePage:
        """The last messages before a number, oldest of them first; before NEWEST are the newest."""
        return read(await self._get(f"conversations/{conversation}/messages", limit=limit, before=number), MessagePage)

    async def messages_after(self, conversation: UUID, number: int, *, limit: int) -> MessagePage:
        """The first messages after a number, in order."""
        return read(await self._get(f"conversations/{conversation}/messages", limit=limit, after=number), MessagePage)

    async def message(self, conversation: UUID, message: UUID) -> Message:
        return read(await self._get(f"conversations/{conversation}/messages/{message}"), Message)

    async def versions(self, conversation: UUID, message: UUID) -> list[Version]:
        """What a message says and said, oldest first; UpstreamProblem 403 for a withdrawn one."""
        path = f"conversations/{conversation}/messages/{message}/versions"
        return read(await self._get(path), ItemPage[Version]).items

    async def post_version(self, conversation: UUID, message: UUID, body: object) -> Response:
        """Correct once: 201 first, 200 on a replay; UpstreamProblem 409 says by its code why not."""
        return await self._post(f"conversations/{conversation}/messages/{message}/versions", body)

    async def put_withdrawal(self, conversation: UUID, message: UUID) -> Response:
        """Withdraw once: 201 first, 200 on a replay; UpstreamProblem 409 where it is too late."""
        return await self._put(f"conversations/{conversation}/messages/{message}/withdrawal", None)

    async def put_message(self, conversation: UUID, message: UUID, body: object) -> Response:
        """Send once: 201 first, 200 on a replay; UpstreamProblem 409 for another body, 403 where care has ended."""
        return await self._put(f"conversations/{conversation}/messages/{message}", body)

    async def put_read_mark(self, conversation: UUID, body: object) -> Response:
        """Move the person's read mark up to the message with that `sequence`; it never goes back."""
        return await self._put(f"conversations/{conversation}/read-mark", body)

    async def waiting(self) -> list[Waiting]:
        """For a therapist: who waits for an answer, the longest first."""
        return read(await self._get("waiting"), WaitingList).items

    async def put_no_answer_needed(self, conversation: UUID, body: object) -> Response:
        return await self._put(f"conversations/{conversation}/no-answer-needed", body)

    async def answer_target(self) -> AnswerTarget:
        return read(await self._get("answer-target"), AnswerTarget)

    async def put_answer_target(self, body: object) -> Response:
        return await self._put("answer-target", body)

    async def saved_answers(self) -> list[SavedAnswerName]:
        """For a therapist: their own, by name."""
        return read(await self._get("saved-answers"), SavedAnswerNames).items

    async def saved_answer(self, answer: UUID) -> SavedAnswer:
        return read(await self._get(f"saved-answers/{answer}"), SavedAnswer)

    async def put_saved_answer(self, answer: UUID, body: object) -> Response:
        """Save once: UpstreamProblem 409 for another body, or where there are too many."""
        return await self._put(f"saved-answers/{answer}", body)

    async def post_saved_answer_version(self, answer: UUID, body: object) -> Response:
        """Change it: UpstreamProblem 409 where it was changed meanwhile."""
        return await self._post(f"saved-answers/{answer}/versions", body)

    async def delete_saved_answer(self, answer: UUID) -> None:
        await self._client.request("DELETE", f"/api/messaging/saved-answers/{answer}", token=self._token)

    async def scheduled(self, conversation: UUID | None) -> list[Scheduled]:
        """The person's own messages for later, and what of them was not sent."""
        return read(await self._get("scheduled-messages", conversation=named(conversation)), ScheduledList).items

    async def not_sent(self) -> list[Scheduled]:
        """Of all their conversations, what was not sent and has not been put away."""
        return read(await self._get("scheduled-messages", refused="true"), ScheduledList).items

    async def put_scheduled(self, conversation: UUID, message: UUID, body: object) -> Response:
        return await self._put(f"conversations/{conversation}/scheduled-messages/{message}", body)

    async def post_scheduled_version(self, conversation: UUID, message: UUID, body: object) -> Response:
        """UpstreamProblem 404 once it has gone out, 409 where it was changed meanwhile."""
        return await self._post(f"conversations/{conversation}/scheduled-messages/{message}/versions", body)

    async def delete_scheduled(self, conversation: UUID, message: UUID) -> None:
        path = f"/api/messaging/conversations/{conversation}/scheduled-messages/{message}"
        await self._client.request("DELETE", path, token=self._token)

    async def seen_mark(self, conversation: UUID) -> SeenMark:
        """How far the other one has read, where both tell it."""
        return read(await self._get(f"conversations/{conversation}/seen-mark"), SeenMark)

    async def seen_choice(self) -> SeenChoice:
        return read(await self._get("seen-choice"), SeenChoice)

    async def put_seen_choice(self, body: object) -> Response:
        return await self._put("seen-choice", body)

    async def unread(self) -> Unread:
        return read(await self._get("unread"), Unread)

    async def updates(self, *, after: str | None) -> Updates:
        """What was stored in the person's conversations since a cursor; without one nothing but the present cursor.

        Raises UpstreamProblem 422 for a cursor that is too old or none at all.
        """
        return read(await self._get("updates", after=after), Updates)


def named(conversation: UUID | None) -> str | None:
    return str(conversation) if conversation else None


def messaging_for(request: Request, token: str) -> Messaging:
    return Messaging(request.app.state.upstreams.messaging, token)


async def messaging_of(request: Request, token: AccessToken) -> Messaging:
    return messaging_for(request, token)


MessagingForPerson = Annotated[Messaging, Depends(messaging_of)]
