"""What is next, for Today: a session, a task, a draft, lines for the session. Nothing that counts or urges."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from afterglow_foundation.errors import Problem
from starlette.requests import Request

from afterglow_web.course.asking import treatment_of
from afterglow_web.course.records import NextSession
from afterglow_web.journal.asking import journal_of
from afterglow_web.journal.records import Draft
from afterglow_web.session.tokens import access_token
from afterglow_web.tasks.asking import assigned_of
from afterglow_web.tasks.records import Task

PATIENCE = 2.0  # seconds; the check-in does not wait for what is beside it


@dataclass(frozen=True)
class NextSteps:
    session: NextSession | None = None
    draft: Draft | None = None
    pinned: bool = False
    tasks: Sequence[Task] = ()


async def find_next_steps(request: Request) -> NextSteps:
    """As far as portal says in time; where it does not, Today shows the check-in alone."""
    with suppress(Problem, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            token = await access_token(request)
            journal, treatment = await journal_of(request, token), await treatment_of(request, token)
            assigned = await assigned_of(request, token)
            session, drafts, agenda, tasks = await asyncio.gather(
                treatment.next_session(), journal.drafts(limit=1), journal.agenda(), assigned.tasks()
            )
            draft = drafts[0] if drafts else None
            return NextSteps(session=session, draft=draft, pinned=bool(agenda.items), tasks=tasks.due_today)
    return NextSteps()
