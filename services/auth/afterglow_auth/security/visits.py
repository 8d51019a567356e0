"""Who is at a page about their own account: always whoever's session the cookie opens, whatever a form says.

Three ways in, each a type in a route's signature: `Reading` for looking, `Changing` for the page on which something is
to be changed, and `submitting(verb)` for its form. The last two need a proof of the last minutes.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from afterglow_design import languages
from afterglow_design.languages import _
from afterglow_design.practice import Practice
from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import NotFound, request_id_of
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_cookie
from afterglow_auth.digests import Purpose
from afterglow_auth.pages import TurnedAwayError, redirect, refused_request
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.security import kept_forms
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sessions.service import SignedIn, find_live, touch
from afterglow_auth.sign_in.confirming import require_fresh

START = "/auth/security"
SIGN_OUT_AT_WEB = "/sign-out"  # which first sends what a client's phone still keeps; nothing of auth's knows of it


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in here; `form` is what they sent, if anything."""

    request: Request
    provider: IdentityProvider
    signed_in: SignedIn
    cookie: str
    practice: Practice
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def person(self) -> Person:
        return self.signed_in.person

    @property
    def needs_a_factor(self) -> bool:
        """Whether the practice wants a second step of this person."""
        return self.person.is_staff and self.provider.settings.mfa_required_for_staff

    @property
    def known_words(self) -> tuple[str, ...]:
        """What no password of theirs may be made of."""
        return (self.person.name, self.person.email, self.practice.name)

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """A transaction that acts for this person."""
        async with self.provider.database.unit_of_work(RowContext.of(self.signed_in.caller)) as session:
            yield session

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[tuple[AsyncSession, Person]]:
        """The same, with the person's row locked; nothing changes once their session or account has ended."""
        async with self.unit_of_work() as session:
            person = await lock(session, self.person.id)
            still = await find_live(session, self.provider.digests.of(Purpose.session, self.cookie))
            if person is None or still is None:
                raise TurnedAwayError(to_sign_in(self.request))
            yield session, person

    async def refuse(self, verb: Verb, why: str, object_id: UUID | None = None) -> None:
        """Keep that something was refused, in a transaction of its own."""
        async with self.unit_of_work() as session:
            await record(
                session,
                verb,
                self.signed_in.caller,
                object_id=object_id,
                subject_id=self.person.id,
                purpose=why,
                outcome=Outcome.refused,
            )

    async def nothing_here(self, verb: Verb, object_id: UUID) -> NotFound:
        """To be raised: there is nothing of this id, or it is somebody else's."""
        await self.refuse(verb, "not_found", object_id)
        return NotFound()

    def page(self, name: str, status: int = HTTPStatus.OK, **context: Any) -> Response:  # noqa: ANN401  # a template takes values of any type
        retry_after = context.pop("retry_after", None)
        return self.provider.templates.page(
            self.request,
            f"security/{name}.html",
            status,
            headers={"Retry-After": str(retry_after)} if retry_after else None,
            person_name=self.person.name,
            zone=self.person.time_zone,
            sign_out_path="/auth/sign-out",
            sign_out_page=SIGN_OUT_AT_WEB if self.person.role == Role.client else None,
            csrf_token=form_token(self.provider.digests, self.cookie),
            **context,
        )


async def read(request: Request, provider: Provider) -> Visit:
    """Whoever is signed in; anybody else is led to sign-in and back."""
    cookie = read_cookie(request, provider.settings) or ""
    signed_in = await find(provider, cookie) if cookie else None
    if signed_in is None:
        raise TurnedAwayError(to_sign_in(request))
    languages.speak(signed_in.person.locale)
    practice = (await provider.practice.now()).practice
    return Visit(request, provider, signed_in, cookie, practice)


async def find(provider: IdentityProvider, cookie: str) -> SignedIn | None:
    async with provider.database.unit_of_work(RowContext()) as session:
        signed_in = await find_live(session, provider.digests.of(Purpose.session, cookie))
        if signed_in:
            await touch(session, signed_in)
        return signed_in


def to_sign_in(request: Request) -> Response:
    """The way back keeps a link's token; a form's page has the form's own address."""
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return redirect(f"/auth/sign-in?{urlencode({'next': request.url.path + query})}")


async def change(request: Request, provider: Provider) -> Visit:
    """Whoever is signed in and proved who they are a moment ago; anybody else proves it first."""
    visit = await read(request, provider)
    if away := await require_fresh(request, provider, visit.signed_in):
        raise TurnedAwayError(away)
    return visit


class Submission:
    """The dependency behind `submitting(verb)`: is the form ours, is somebody there, is it still them.

    Where that has to be proved again, the fields named in `keeps` wait for them on the page; a password never does.
    """

    def __init__(self, verb: Verb, keeps: tuple[str, ...], *, needs_proof: bool) -> None:
        self.verb = verb
        self.keeps = keeps
        self.needs_proof = needs_proof

    async def __call__(self, request: Request, provider: Provider) -> Visit:
        try:
            form = await forms.read_form(request)
            check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
        except forms.MalformedInputError as error:
            raise TurnedAwayError(refused_request(request, provider, str(error))) from error
        except ForgedFormError as error:
            await record_forged(request, provider, self.verb)
            raise TurnedAwayError(out_of_date(request, provider)) from error
        visit = replace(await read(request, provider), form=form)
        away = await require_fresh(request, provider, visit.signed_in) if self.needs_proof else None
        if away:
            await self.keep(visit)
            raise TurnedAwayError(away)
        return visit

    async def keep(self, visit: Visit) -> None:
        typed = {name: visit.form[name] for name in self.keeps if name in visit.form}
        if typed:
            async with visit.unit_of_work() as session:
                await kept_forms.keep(session, visit.person.id, visit.request.url.path, typed)


def submitting(verb: Verb, *keeps: str, needs_proof: bool = True) -> Any:  # noqa: ANN401  # as fastapi.Depends, which it wraps
    """Use inside Annotated; `verb` is what the audit keeps of a form that is not ours."""
    return Depends(Submission(verb, keeps, needs_proof=needs_proof))


def out_of_date(request: Request, provider: IdentityProvider) -> Response:
    """A way back to the form. Sets no cookie: from another site the browser's own did not come, and must stay."""
    return provider.templates.page(
        request,
        "problem.html",
        HTTPStatus.FORBIDDEN,
        title=_("Please try once more"),
        what_happened=_("This page had been open for a while, or was not opened here. Nothing was changed."),
        next_steps=[{"text": _("Open the page again"), "href": request.url.path}],
        reference=request_id_of(request),
    )


Reading = Annotated[Visit, Depends(read)]
Changing = Annotated[Visit, Depends(change)]
