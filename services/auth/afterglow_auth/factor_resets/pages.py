"""The page behind the link by which somebody objects."""

from http import HTTPStatus
from math import ceil
from urllib.parse import urlencode

from afterglow_design.dates import moment
from afterglow_design.languages import _
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import request_id_of
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.models import Person
from afterglow_auth.addresses import client_network
from afterglow_auth.audit import Verb
from afterglow_auth.browser import ForgedFormError, check_form, form_token, read_or_make_cookie, set_cookie
from afterglow_auth.factor_resets.letters import PATH
from afterglow_auth.factor_resets.models import FactorReset, FactorResetState
from afterglow_auth.factor_resets.objecting import look, object_to
from afterglow_auth.pages import refused_request, speak_as
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.waiting import in_words

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@router.get(PATH)
async def show(request: Request, provider: Provider) -> Response:
    """Looking at it; nothing is stopped by that."""
    try:
        token = forms.read_query(request).get("token", "")
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    found = await opened(request, provider, token)
    return found if isinstance(found, Response) else await page(request, provider, found, found.state, token)


@router.post(PATH)
async def submit(request: Request, provider: Provider) -> Response:
    """Stop it."""
    try:
        form = await forms.read_form(request)
    except forms.MalformedInputError as error:
        return refused_request(request, provider, str(error))
    token = form.get("token", "")
    try:
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except ForgedFormError:
        await record_forged(request, provider, Verb.factor_reset_objected)
        return out_of_date(request, provider, token)
    found = await opened(request, provider, token)
    if isinstance(found, Response):
        return found
    return await page(request, provider, found, await object_to(provider, found), token)


async def opened(request: Request, provider: IdentityProvider, token: str) -> FactorReset | Response:
    """What the link is about, or the page that says why it does not open."""
    network = client_network(request, provider.settings.trusted_proxies)
    try:
        found = await look(provider, token, network)
    except TooSoonError as error:
        return dead(request, provider, "too_soon", seconds=ceil(error.wait.total_seconds()))
    return found or dead(request, provider, "garbled")


async def page(
    request: Request, provider: IdentityProvider, found: FactorReset, state: FactorResetState, token: str
) -> Response:
    """The question while it is open, else what became of it."""
    async with provider.database.unit_of_work(RowContext()) as session:
        person = await session.get_one(Person, found.person_id)
    speak_as(person)
    cookie = read_or_make_cookie(request, provider.settings)
    gone = state in {FactorResetState.carried_out, FactorResetState.withdrawn}
    answer = provider.templates.page(
        request,
        "objection.html",
        HTTPStatus.GONE if gone else HTTPStatus.OK,
        action=PATH,
        token=token,
        csrf_token=form_token(provider.digests, cookie),
        state=state.value,
        due=f"{moment(found.due_at, person.time_zone)} ({person.time_zone})",
    )
    set_cookie(answer, provider.settings, cookie)
    return answer


def out_of_date(request: Request, provider: IdentityProvider, token: str) -> Response:
    """A way back to the question. Sets no cookie: from another site the browser's own did not come, and must stay."""
    return provider.templates.page(
        request,
        "problem.html",
        HTTPStatus.FORBIDDEN,
        title=_("Please open the page once more"),
        what_happened=_("This page had been open for a while, or was not opened here. Nothing was stopped yet."),
        next_steps=[{"text": _("Open the page again"), "href": f"{PATH}?{urlencode({'token': token})}"}],
        reference=request_id_of(request),
    )


def dead(request: Request, provider: IdentityProvider, why: str, *, seconds: int = 0) -> Response:
    return provider.templates.page(
        request,
        "link_over.html",
        HTTPStatus.TOO_MANY_REQUESTS if seconds else HTTPStatus.NOT_FOUND,
        headers={"Retry-After": str(seconds)} if seconds else {},
        why=why,
        wait=in_words(seconds),
        invited=False,
        sign_in=provider.settings.base_url + "/sign-in",
        reference=request_id_of(request),
    )
