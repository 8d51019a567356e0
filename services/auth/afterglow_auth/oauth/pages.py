"""The authorization endpoint, as browsers reach it."""

from urllib.parse import urlencode

from afterglow_foundation.database import RowContext
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.browser import read_cookie
from afterglow_auth.digests import Purpose
from afterglow_auth.forms import MalformedInputError, read_form, read_query
from afterglow_auth.oauth.authorize import Asked, decide, signed_out, validate
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.pages import redirect, refused_request
from afterglow_auth.provider import IdentityProvider, provider_of
from afterglow_auth.sessions.service import find_live, touch
from afterglow_auth.sign_in.going import going_to
from afterglow_auth.sign_in.page import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@router.get("/auth/authorize")
async def authorize(request: Request) -> Response:
    """RFC 6749 §4.1.1 and OpenID Connect Core §3.1.2."""
    provider = await provider_of(request)
    try:
        outcome = await validate(provider, read_query(request), begins=True)
    except MalformedInputError as error:
        return refused_request(request, provider, str(error))
    if isinstance(outcome, Answer):
        return respond(request, provider, outcome)
    answer = await answer_asked(request, provider, outcome)
    return respond(request, provider, answer) if answer else sign_in_page(request, provider, outcome)


@router.post("/auth/authorize")
async def authorize_by_form(request: Request) -> Response:
    """The same by POST (OpenID Connect Core §3.1.2.1): sent on as GET, with which the browser sends its cookie."""
    try:
        form = await read_form(request)
    except MalformedInputError as error:
        return refused_request(request, await provider_of(request), str(error))
    return redirect(f"/auth/authorize?{urlencode(form)}")


def sign_in_page(request: Request, provider: IdentityProvider, asked: Asked) -> Response:
    """At once: going to its own address first would cost a phone on a slow network a round trip.

    Of a pushed request it stands at its own address. Here it could not be loaded anew, since one begins but once.
    """
    if asked.reference:
        return redirect(f"/auth/sign-in?{asked.query}")
    return page(request, provider, going_to(asked))


async def answer_asked(request: Request, provider: IdentityProvider, asked: Asked) -> Answer | None:
    cookie = read_cookie(request, provider.settings)
    if not cookie:
        return signed_out(provider, asked)
    async with provider.database.unit_of_work(RowContext()) as session:
        signed_in = await find_live(session, provider.digests.of(Purpose.session, cookie))
        if signed_in:
            await touch(session, signed_in)
        return await decide(session, provider, asked, signed_in)


def respond(request: Request, provider: IdentityProvider, answer: Answer) -> Response:
    """A redirect where Authlib found the address valid, our own page where not."""
    if answer.location:
        return redirect(answer.location)
    return refused_request(request, provider, str(answer.body.get("error_description", "The request is not valid.")))
