"""A form that arrives after the session's end, or before a step-up, is kept, sealed, and shown again to its writer."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import find_caller
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.database import Database
from afterglow_foundation.errors import NotAuthenticated, Problem
from pydantic import BeforeValidator
from sqlalchemy import delete, select
from sqlmodel import col
from starlette.requests import Request

from afterglow_web.session.authentication import SignInAgain, lapsed_session, session_of
from afterglow_web.session.csrf import FIELD, is_token, posted_token
from afterglow_web.session.models import KeptForm, now
from afterglow_web.session.sealing import Vault, binding
from afterglow_web.session.step_up import ProveAgain, asked_of
from afterglow_web.session.store import BrowserSession
from afterglow_web.session.tokens import access_token

NOT_TYPED = {FIELD, "shown", "typed"}
LIFETIME = timedelta(hours=12)


class NotSaved(NotAuthenticated):
    """A form came without a session it could be kept for, as after sign-out in another tab: said, not kept.

    `typed` is what it said in words, for the answer alone: the browser's Back brings no page that is never stored.
    """

    code, title = "signed_out_unsaved", "You were signed out before this was saved"

    def __init__(self, typed: str) -> None:
        super().__init__()
        self.typed = typed


def known_id(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


KeptId = Annotated[UUID | None, BeforeValidator(known_id)]
"""A kept form's id in an address; anything that is not an id is none."""


def keep_typed(page: str, *, words: str = "note") -> Callable[[Request], AsyncIterator[None]]:
    """Make a dependency for a form's route: it keeps the form over a sign-in or a step-up, and comes back to `page`.

    It goes before the route's permission. `page` may name parameters of the route's path, `words` is the field with
    what was written. Only the person whose session it was will see the form again; a form that is of no session
    known here raises NotSaved.
    """

    async def keep_if_needed(request: Request) -> AsyncIterator[None]:
        shown = page.format(**request.path_params)
        await keep_if_signed_out(request, shown, words)
        try:
            yield
        except Problem as problem:
            if not isinstance(problem, UpstreamProblem) or problem.upstream_status != HTTPStatus.UNAUTHORIZED:
                request.state.typed = await typed_words(request, words)  # for the page that says what went wrong
                raise
            again = f"{shown}?kept={await keep(request, await session_of(request))}"
            asked = asked_of(problem)
            raise ProveAgain(asked, again) if asked else SignInAgain(again) from problem

    return keep_if_needed


async def keep_if_signed_out(request: Request, page: str, words: str) -> None:
    try:
        if await find_caller(request):
            await access_token(request)
            return
    except SignInAgain:
        pass
    lapsed = lapsed_session(request)
    if lapsed is None or not is_token(await posted_token(request), lapsed.csrf_secret):
        raise NotSaved(await typed_words(request, words))
    raise SignInAgain(f"{page}?kept={await keep(request, lapsed)}")


async def typed_words(request: Request, field: str) -> str:
    typed = (await request.form()).get(field)
    return typed if isinstance(typed, str) else ""


async def keep_handed_over(request: Request) -> UUID | None:
    """Keep what a page hands over by itself once its session has run out; None where it is of no session known here."""
    lapsed = lapsed_session(request)
    if lapsed is None:
        return None
    token = await posted_token(request)
    of_session = (secret for secret in (lapsed.csrf_secret, lapsed.earlier_csrf_secret) if secret)
    return await keep(request, lapsed) if any(is_token(token, secret) for secret in of_session) else None


async def keep(request: Request, session: BrowserSession) -> UUID:
    """Seal and store the posted fields; return the kept form's id."""
    posted = {
        name: value
        for name, value in (await request.form()).items()
        if isinstance(value, str) and name not in NOT_TYPED
    }
    database: Database = request.app.state.database
    vault: Vault = request.app.state.vault
    form = KeptForm(person_id=session.person_id, fields=b"", expires_at=now() + LIFETIME)
    key = await vault.key_of(session.person_id)
    form.fields = key.seal(json.dumps(posted), binding("kept_forms", "fields", form.id, session.person_id))
    async with database.unit_of_work(session.row_context) as work:
        work.add(form)
    return form.id


async def recall(request: Request, kept: UUID) -> dict[str, str] | None:
    """Return the fields of a kept form of this person, or None."""
    session = await session_of(request)
    database: Database = request.app.state.database
    vault: Vault = request.app.state.vault
    query = select(col(KeptForm.fields)).where(
        col(KeptForm.id) == kept, col(KeptForm.person_id) == session.person_id, col(KeptForm.expires_at) > now()
    )
    async with database.unit_of_work(session.row_context) as work:
        sealed = await work.scalar(query)
    if sealed is None:
        return None
    key = await vault.key_of(session.person_id)
    fields: dict[str, str] = json.loads(key.open(sealed, binding("kept_forms", "fields", kept, session.person_id)))
    return fields


async def forget(request: Request, kept: UUID) -> None:
    """Delete a kept form once it was saved."""
    session = await session_of(request)
    database: Database = request.app.state.database
    mine = col(KeptForm.person_id) == session.person_id
    async with database.unit_of_work(session.row_context) as work:
        await work.execute(delete(KeptForm).where(col(KeptForm.id) == kept, mine))
