"""The page that asks whether a program may, after somebody has signed in and before it gets its code."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design import languages
from afterglow_design.languages import gettext as _
from afterglow_design.languages import lazy
from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import request_id_of
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_cookie
from afterglow_auth.consents.service import PATH, Wish, allow, find_question, says_the_same, take_question
from afterglow_auth.consents.words import in_words
from afterglow_auth.digests import Purpose
from afterglow_auth.oauth.authorize import Asked, denied, give_code, let_in
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.oauth.pages import respond
from afterglow_auth.oauth.scopes import IDENTITY_SCOPES
from afterglow_auth.pages import TurnedAwayError, policy_for, redirect, refused_request
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sessions.service import SignedIn, find_live, touch
from afterglow_auth.sign_in.going import reread_going

OVER = lazy("This question is over or was answered. If you still want to, please begin again in the program itself.")
NEITHER = lazy("Please choose one of the two.")

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@dataclass(frozen=True, slots=True)
class Questioned:
    """Somebody who is signed in at a question of theirs, with the request that it is about, checked anew."""

    request: Request
    provider: IdentityProvider
    question_id: UUID
    signed_in: SignedIn
    cookie: str
    asked: Asked

    @property
    def wish(self) -> Wish:
        return self.asked.wish(self.signed_in)


async def read(request: Request, provider: Provider, question_id: UUID) -> Questioned:
    """Raises TurnedAwayError where the question is another session's, over, or answered, or would be another by now."""
    cookie = read_cookie(request, provider.settings) or ""
    async with provider.database.unit_of_work(RowContext()) as session:
        signed_in = await find_live(session, provider.digests.of(Purpose.session, cookie)) if cookie else None
        if signed_in:
            await touch(session, signed_in)
    if signed_in is None:
        raise over(request, provider)
    async with provider.database.unit_of_work(RowContext.of(signed_in.caller)) as session:
        question = await find_question(session, signed_in, question_id)
    if question is None:
        raise over(request, provider)
    going = await reread_going(provider, question.ask)
    if isinstance(going, Answer):
        raise TurnedAwayError(respond(request, provider, going))
    if going.asked is None:
        raise LookupError("a question is about a request")
    languages.speak(signed_in.person.locale)
    here = Questioned(request, provider, question_id, signed_in, cookie, going.asked)
    if not says_the_same(question, here.wish):
        raise TurnedAwayError(respond(request, provider, await asked_anew(here)))
    return here


async def asked_anew(here: Questioned) -> Answer:
    """A page that says what is so by now, in the place of one that says less or something else."""
    async with here.provider.database.unit_of_work(RowContext.of(here.signed_in.caller)) as session:
        if not await may_answer(session, here):
            raise over(here.request, here.provider)
        return await let_in(session, here.provider, here.asked, here.signed_in)


@router.get("/{question_id}")
async def show(here: Annotated[Questioned, Depends(read)]) -> Response:
    """What the program is, what it would get, and two buttons that are alike."""
    return page(here)


@router.post("/{question_id}")
async def answer(here: Annotated[Questioned, Depends(read)]) -> Response:
    """Allow it all, or nothing; of the form only the answer counts."""
    request, provider = here.request, here.provider
    try:
        form = await forms.read_form(request)
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    except ForgedFormError:
        await record_forged(request, provider, Verb.consent_given)
        return redirect(f"{PATH}/{here.question_id}")
    if (chosen := form.get("answer")) not in {"allow", "decline"}:
        return page(here, refused=True)
    async with provider.database.unit_of_work(RowContext.of(here.signed_in.caller)) as session:
        if not await may_answer(session, here):
            raise over(request, provider)
        given = await (allowed if chosen == "allow" else declined)(session, here)
    return respond(request, provider, given)


async def may_answer(session: AsyncSession, here: Questioned) -> bool:
    """Whether the session still lives, and nobody has answered before."""
    await lock(session, here.signed_in.person.id)
    still = await find_live(session, here.provider.digests.of(Purpose.session, here.cookie))
    return still is not None and await take_question(session, here.signed_in, here.question_id)


async def allowed(session: AsyncSession, here: Questioned) -> Answer:
    await allow(session, here.signed_in, here.wish)
    return await give_code(session, here.provider, here.asked, here.signed_in, here.wish)


async def declined(session: AsyncSession, here: Questioned) -> Answer:
    whose, program = here.signed_in, here.asked.client.client_id
    subject = whose.person.id
    await record(
        session, Verb.consent_given, whose.caller, subject_id=subject, purpose=program, outcome=Outcome.refused
    )
    return denied(here.provider, here.asked)


def over(request: Request, provider: IdentityProvider) -> TurnedAwayError:
    answer = provider.templates.page(
        request,
        "problem.html",
        HTTPStatus.NOT_FOUND,
        title=_("This question is over"),
        what_happened=str(OVER),
        next_steps=[{"text": _("Go to the start"), "href": provider.settings.base_url + "/"}],
        reference=request_id_of(request),
    )
    return TurnedAwayError(answer)


def page(here: Questioned, *, refused: bool = False) -> Response:
    wish, asked = here.wish, set(here.asked.parameters["scope"].split())
    return here.provider.templates.page(
        here.request,
        "consent.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        policy=policy_for(here.asked.redirect_uri),
        csrf_token=form_token(here.provider.digests, here.cookie),
        action=f"{PATH}/{here.question_id}",
        person=here.signed_in.person,
        program=wish.client,
        place=wish.place,
        on_device=not here.asked.redirect_uri.startswith("https:"),
        may=in_words(wish.scopes),
        may_not=in_words(asked - set(wish.scopes)),
        acts_in_name=not set(wish.scopes) <= set(IDENTITY_SCOPES),
        refused=NEITHER if refused else None,
    )
