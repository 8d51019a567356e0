"""Who stands at which step of a sign-in: always whoever the browser's cookie says, at the step that is theirs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from afterglow_design import languages
from afterglow_foundation.database import RowContext
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_cookie
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.oauth.pages import respond
from afterglow_auth.pages import TurnedAwayError, policy_for, redirect, refused_request
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sign_in.arriving import browser_of, led_on
from afterglow_auth.sign_in.going import Going, reread_going
from afterglow_auth.sign_in.models import SignInStage
from afterglow_auth.sign_in.service import Outcomes, Way, advance
from afterglow_auth.sign_in.stages import Browser, Entered, Step, enter, find, next_step

START = "/auth/sign-in"


@dataclass(frozen=True, slots=True)
class Here:
    """One request of somebody at their step; `form` is what they sent, if anything."""

    request: Request
    provider: IdentityProvider
    step: Step
    stage: SignInStage
    person: Person
    going: Going
    browser: Browser
    form: Mapping[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def entering(self) -> AsyncIterator[tuple[AsyncSession, Way]]:
        """A transaction in which the person is locked and still stands at this step, whoever else was faster.

        Raises TurnedAwayError where they do not: of two forms of one step, one goes on.
        """
        async with self.provider.database.unit_of_work(RowContext()) as session:
            entered = await enter(session, self.provider, self.browser.cookie)
            if entered is None or await next_step(session, self.provider, *entered) is not self.step:
                raise TurnedAwayError(redirect(self.step.path if entered else START))
            yield session, Way(*entered, self.browser, self.going)

    async def go_on(self, session: AsyncSession, way: Way, *proved: str, declined: bool = False) -> Outcomes:
        """On from here, with whatever was proved besides."""
        way.stage.amr = list(dict.fromkeys([*way.stage.amr, *proved]))
        way.stage.factor_declined = way.stage.factor_declined or declined
        return await advance(session, self.provider, way)

    def led_on(self, outcome: Outcomes) -> Response:
        return led_on(self.request, self.provider, self.going, self.browser, outcome)

    def page(
        self,
        name: str,
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
        **context: Any,  # noqa: ANN401  # a template takes values of any type
    ) -> Response:
        return self.provider.templates.page(
            self.request,
            f"sign_in/{name}.html",
            status,
            policy=policy_for(self.going.redirect_uri),
            headers=headers,
            csrf_token=form_token(self.provider.digests, self.browser.cookie),
            person=self.person,
            **context,
        )


def at(step: Step) -> Callable[..., Awaitable[Here]]:
    """A dependency: whoever stands at this step. Anybody else is led to theirs, or to the start."""

    async def read(request: Request, provider: Provider) -> Here:
        cookie = read_cookie(request, provider.settings)
        entered, now = await stand(provider, cookie) if cookie else (None, None)
        if cookie is None or entered is None:
            raise TurnedAwayError(redirect(START))
        going = await still_going(request, provider, entered.stage)
        languages.speak(entered.person.locale)
        here = Here(request, provider, step, *entered, going, browser_of(request, cookie))
        if now is Step.done:
            raise TurnedAwayError(await arrive(here))
        if now is not step and now is not None:
            raise TurnedAwayError(redirect(now.path))
        return here

    return read


async def stand(provider: IdentityProvider, cookie: str) -> tuple[Entered | None, Step | None]:
    async with provider.database.unit_of_work(RowContext()) as session:
        entered = await find(session, provider, cookie)
        return entered, await next_step(session, provider, *entered) if entered else None


async def still_going(request: Request, provider: IdentityProvider, stage: SignInStage) -> Going:
    """The request in progress, checked anew: a client may have lost its address or its scope meanwhile."""
    if stage.goes_to:
        return Going(page=stage.goes_to)
    going = await reread_going(provider, stage.ask)
    if isinstance(going, Answer):
        raise TurnedAwayError(respond(request, provider, going))
    return going


async def arrive(here: Here) -> Response:
    """Nothing is left to do, although nothing was sent: what was missing is not asked for any more."""
    async with here.provider.database.unit_of_work(RowContext()) as session:
        entered = await enter(session, here.provider, here.browser.cookie)
        if entered is None:
            return redirect(START)
        outcome = await advance(session, here.provider, Way(*entered, here.browser, here.going))
    return here.led_on(outcome)


async def read_form(here: Here) -> Mapping[str, str]:
    """The form of a step. Raises TurnedAwayError with the way back to its page where it is not our own."""
    request, provider = here.request, here.provider
    try:
        form = await forms.read_form(request)
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except forms.MalformedInputError as error:
        raise TurnedAwayError(refused_request(request, provider, str(error))) from error
    except ForgedFormError as error:
        await record_forged(request, provider, Verb.sign_in)
        raise TurnedAwayError(redirect(here.step.path)) from error
    return form
