"""What others opened of a client's, of every part that keeps such things, the newest first."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.errors import Unavailable
from pydantic import BaseModel
from starlette.requests import Request

from afterglow_web.auditing.events import APIS
from afterglow_web.auditing.sources import Source
from afterglow_web.portal import read
from afterglow_web.upstreams import upstreams_of

AT_ONCE = 50


class Kind(StrEnum):
    check_ins = "check_ins"
    course = "course"
    journal = "journal"
    messages = "messages"
    record = "record"


# Whom to ask, and for which kind of theirs; auth keeps one kind only.
ASKED: Mapping[Kind | None, Mapping[Source, Kind | None]] = {
    None: {Source.portal: None, Source.messaging: None, Source.auth: None},
    Kind.check_ins: {Source.portal: Kind.check_ins},
    Kind.course: {Source.portal: Kind.course},
    Kind.journal: {Source.portal: Kind.journal},
    Kind.messages: {Source.messaging: Kind.messages},
    Kind.record: {Source.portal: Kind.record, Source.messaging: Kind.record, Source.auth: None},
}


class Opening(BaseModel):
    """`day` is that of the check-in or journal entry that was opened, as far as there is one."""

    id: UUID
    at: datetime
    actor_id: UUID
    actor_name: str | None
    actor_role: str
    action: str
    object_id: UUID | None = None
    day: date | None = None
    stood_in: bool = False
    in_emergency: bool = False


class OpeningPage(BaseModel):
    items: list[Opening]
    next: UUID | None


@dataclass(frozen=True)
class Found:
    """One page; `next` is the cursor of the following one, `complete` whether every part answered."""

    openings: Sequence[Opening]
    next: UUID | None
    complete: bool


async def find(request: Request, token: str, kind: Kind | None, after: UUID | None) -> Found:
    """Ask all of them for the same page, and take the newest of what they answer: an id orders them all."""
    asked = ASKED[kind].items()
    answers = await asyncio.gather(*(ask(request, token, source, kind, after) for source, kind in asked))
    pages = [page for page in answers if page]
    openings = sorted((one for page in pages for one in page.items), key=lambda one: one.id, reverse=True)
    shown = openings[:AT_ONCE]
    more = len(openings) > AT_ONCE or any(page.next for page in pages)
    return Found(shown, shown[-1].id if shown and more else None, len(pages) == len(answers))


async def ask(
    request: Request, token: str, source: Source, kind: Kind | None, after: UUID | None
) -> OpeningPage | None:
    """One part's page; None where it does not answer. Raises UpstreamProblem for a refusal."""
    client: ServiceClient = getattr(upstreams_of(request), source)
    params = {name: str(value) for name, value in (("kind", kind), ("after", after)) if value} | {"limit": str(AT_ONCE)}
    try:
        return read(
            await client.request("GET", f"/api/{APIS[source]}/access-log", token=token, params=params), OpeningPage
        )
    except Unavailable:
        return None
    except UpstreamProblem as problem:
        if problem.upstream_status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return None
