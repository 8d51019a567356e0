"""What waits for an admin, for the navigation of their pages: proposals, reviews of emergencies, sealed notes."""

import asyncio
from contextlib import suppress
from http import HTTPStatus

from afterglow_foundation.callers import Role, find_caller
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import DATABASE_AWAY, Problem
from starlette.requests import Request

from afterglow_web.admin.accounts import accounts_of
from afterglow_web.admin.records import SecondPerson
from afterglow_web.pages import is_fragment
from afterglow_web.sealed_notes.asking import SealedNotes, sealed_notes_of
from afterglow_web.session.tokens import access_token

PATIENCE = 1.0  # seconds; a page without the number is better than a page that is late


async def with_waiting(request: Request) -> None:
    """For an admin's pages: ask before the page is made. What is sent to be done does not wait for a number.

    Raises UpstreamProblem where auth does not know the person any more: such a page is for nobody.
    """
    if request.method != "GET" or is_fragment(request):
        return
    try:
        await count_waiting(request)
    except UpstreamProblem as problem:
        if problem.upstream_status == HTTPStatus.UNAUTHORIZED:
            raise


async def count_waiting(request: Request) -> None:
    """Leave the answer for the page; where none comes the navigation has no number. Raises UpstreamProblem."""
    try:
        request.state.second_person = await ask(request)
    except UpstreamProblem:
        raise
    except (Problem, TimeoutError, *DATABASE_AWAY):
        request.state.second_person = None


async def count_if_possible(request: Request) -> None:
    """The same for pages that open whatever auth says."""
    with suppress(UpstreamProblem):
        await count_waiting(request)


async def ask(request: Request) -> SecondPerson | None:
    caller = await find_caller(request)
    if caller is None or caller.role != Role.admin:
        return None
    async with asyncio.timeout(PATIENCE):
        token = await access_token(request)
        accounts, sealed = await accounts_of(request, token), await sealed_notes_of(request, token)
        waits, asked_for = await asyncio.gather(accounts.second_person(), count_asked_for(sealed))
    return waits.model_copy(update={"sealed_notes": asked_for})


async def count_asked_for(sealed: SealedNotes) -> int:
    """Portal's number; without an answer, and a little before auth's would be too late, none."""
    with suppress(Problem, TimeoutError):
        async with asyncio.timeout(PATIENCE * 0.8):
            return await sealed.waiting()
    return 0


def known_wait(request: Request) -> SecondPerson | None:
    """What was heard for this page, if anything."""
    return getattr(request.state, "second_person", None)
