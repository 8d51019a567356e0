"""Audit events of every service, the newest first: three ask their APIs, web's own come from its database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.audit.reading import AskedEvents, AuditEventOut, AuditEventPage, page_of_events
from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import find_caller
from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import Unavailable
from starlette.requests import Request

from afterglow_web.auditing.sources import Source
from afterglow_web.base import AuditEvent
from afterglow_web.portal import read
from afterglow_web.upstreams import upstreams_of

READ = "audit:read"


APIS = {Source.auth: "accounts", Source.messaging: "messaging", Source.portal: "portal"}


@dataclass(frozen=True)
class Told:
    """An event, and who keeps it."""

    source: Source
    event: AuditEventOut

    @property
    def at(self) -> datetime:
        return self.event.at


@dataclass(frozen=True)
class Found:
    """One page; `next` is the cursor of the following one, `missing` the parts that did not answer."""

    events: Sequence[Told]
    next: UUID | None
    missing: Sequence[Source]


async def find(request: Request, token: str, sources: Sequence[Source], asked: AskedEvents) -> Found:
    """Ask all of them for the same page, and take the newest of what they answer: an id orders them all."""
    answers = await asyncio.gather(*(ask(request, token, source, asked) for source in sources))
    told = [
        Told(source, event)
        for source, answer in zip(sources, answers, strict=True)
        for event in (answer.items if answer else [])
    ]
    told.sort(key=lambda one: one.event.id, reverse=True)
    shown = told[: asked.limit]
    more = len(told) > asked.limit or any(answer and answer.next for answer in answers)
    missing = [source for source, answer in zip(sources, answers, strict=True) if answer is None]
    return Found(shown, shown[-1].event.id if shown and more else None, missing)


async def ask(request: Request, token: str, source: Source, asked: AskedEvents) -> AuditEventPage | None:
    """One service's page; None where it does not answer. Raises UpstreamProblem for a refusal."""
    if source == Source.web:
        return await own(request, asked)
    client: ServiceClient = getattr(upstreams_of(request), source)
    params: dict[str, Any] = asked.model_dump(mode="json", exclude_none=True)
    try:
        answer = await client.request("GET", f"/api/{APIS[source]}/audit-events", token=token, params=params)
        return read(answer, AuditEventPage)
    except Unavailable:
        return None
    except UpstreamProblem as problem:
        if problem.upstream_status < Unavailable.status:
            raise
        return None


async def own(request: Request, asked: AskedEvents) -> AuditEventPage:
    caller = await find_caller(request)
    database: Database = request.app.state.database
    async with database.unit_of_work(RowContext.of(caller)) as work:
        await trail_of(request).record(work, caller, READ, subject_id=asked.person)
        return await page_of_events(work, AuditEvent, asked)
