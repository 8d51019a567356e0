"""Signing out, here or sent by a client (OpenID Connect RP-Initiated Logout)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from afterglow_design import languages
from afterglow_foundation.database import RowContext
from afterglow_foundation.permissions import public
from authlib.common.urls import add_params_to_uri
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.audit import Verb, record
from afterglow_auth.browser import ForgedFormError, check_form, drop_cookie, form_token, read_cookie
from afterglow_auth.digests import Purpose
from afterglow_auth.forms import MalformedInputError, read_form, read_query
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.hints import Hint, read_hint
from afterglow_auth.pages import policy_for, redirect, refused_request
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sessions.service import SignedIn, end_session, find_live, find_session, is_known
from afterglow_auth.sign_in import stages

KEPT = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")
LONGEST_STATE = 1024

router = APIRouter(prefix="/auth/sign-out", include_in_schema=False, dependencies=[Depends(public)])


@dataclass(frozen=True, slots=True)
class Leaving:
    """A wish to sign out: what was sent, the ID token in it if it is ours, and where to go after."""

    parameters: Mapping[str, str]
    hint: Hint | None
    goes_to: str | None

    @property
    def stays(self) -> bool:
        """Whether it asked to go somewhere and does not."""
        return self.goes_to is None and "post_logout_redirect_uri" in self.parameters


@router.get("")
async def ask(request: Request, provider: Provider) -> Response:
    """Sign out at once for a client that proves it means this session, else ask."""
    try:
        leaving = await read_leaving(provider, read_query(request))
    except MalformedInputError as error:
        return refused_request(request, provider, str(error))
    signed_in = await find_signed_in(request, provider)
    if signed_in is None:
        return await leave_unseen(request, provider, leaving)
    if leaving.hint and leaving.hint.session_id == signed_in.session.id:
        return await leave(request, provider, leaving, signed_in)
    return confirmation(request, provider, leaving, signed_in)


@router.post("")
async def submit(request: Request, provider: Provider) -> Response:
    """Our own form's answer. Any other POST is sent on as GET, with which the browser sends its cookie."""
    try:
        form = await read_form(request)
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except MalformedInputError as error:
        return refused_request(request, provider, str(error))
    except ForgedFormError:
        if "csrf_token" in form:
            await record_forged(request, provider, Verb.session_ended)
        return redirect(f"/auth/sign-out?{urlencode(kept(form))}")
    leaving, signed_in = await read_leaving(provider, form), await find_signed_in(request, provider)
    if signed_in is None:
        return await leave_unseen(request, provider, leaving)
    return await leave(request, provider, leaving, signed_in)


def kept(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: parameters[name] for name in KEPT if name in parameters}


def confirmation(request: Request, provider: IdentityProvider, leaving: Leaving, signed_in: SignedIn) -> Response:
    languages.speak(signed_in.person.locale)
    cookie = read_cookie(request, provider.settings) or ""
    return provider.templates.page(
        request,
        "sign_out.html",
        policy=policy_for(leaving.goes_to),
        person=signed_in.person.name,
        kept=kept(leaving.parameters),
        csrf_token=form_token(provider.digests, cookie),
        start=provider.settings.base_url + "/",
    )


async def read_leaving(provider: IdentityProvider, parameters: Mapping[str, str]) -> Leaving:
    """Where to go after is believed only of a client that is named, and compared exactly with what it registered.

    An ID token of another client than the one that is named is neither a hint nor the way to anywhere.
    """
    hint = await read_hint(provider, parameters.get("id_token_hint"))
    named = parameters.get("client_id")
    if hint and named and hint.client_id != named:
        return Leaving(parameters, None, None)
    client = await provider.clients.find(named or (hint.client_id if hint else None))
    wanted, state = parameters.get("post_logout_redirect_uri"), parameters.get("state", "")
    known = client is not None and wanted in client.post_logout_redirect_uris
    if not wanted or not known or len(state) > LONGEST_STATE:
        return Leaving(parameters, hint, None)
    return Leaving(parameters, hint, add_params_to_uri(wanted, {"state": state}) if state else wanted)


async def find_signed_in(request: Request, provider: IdentityProvider) -> SignedIn | None:
    cookie = read_cookie(request, provider.settings)
    if cookie is None:
        return None
    async with provider.database.unit_of_work(RowContext()) as session:
        return await find_live(session, provider.digests.of(Purpose.session, cookie))


async def leave(request: Request, provider: IdentityProvider, leaving: Leaving, signed_in: SignedIn) -> Response:
    """End this browser's session and everything begun in it, a sign-in on its way too."""
    await forget_stage(request, provider)
    async with provider.database.unit_of_work(RowContext.of(signed_in.caller)) as session:
        await end_and_record(session, signed_in)
    answer = left(request, provider, leaving)
    drop_cookie(answer, provider.settings)
    return answer


async def forget_stage(request: Request, provider: IdentityProvider) -> None:
    """Whatever sign-in this browser is on the way of is over, whether or not somebody is signed in in it."""
    cookie = read_cookie(request, provider.settings)
    if cookie is not None:
        async with provider.database.unit_of_work(RowContext()) as session:
            await stages.leave(session, provider, cookie)


async def end_and_record(session: AsyncSession, signed_in: SignedIn) -> None:
    caller, person_id = signed_in.caller, signed_in.person.id
    await end_session(session, signed_in.session.id)
    await record(session, Verb.session_ended, caller, object_id=signed_in.session.id, subject_id=person_id)


async def leave_unseen(request: Request, provider: IdentityProvider, leaving: Leaving) -> Response:
    """Nobody is signed in as far as this request's cookie shows; what an ID token of web's names ends all the same.

    The browser may hold a cookie that it did not send, so one is dropped only where it came and its session is over.
    """
    cookie = read_cookie(request, provider.settings)
    if request.method == "POST":  # our own form: a link from elsewhere must not stop a sign-in
        await forget_stage(request, provider)
    client = await provider.clients.find(leaving.hint.client_id) if leaving.hint else None
    async with provider.database.unit_of_work(RowContext()) as session:
        over = cookie is not None and await is_known(session, provider.digests.of(Purpose.session, cookie))
        hinted = leaving.hint is not None and await end_hinted(session, leaving.hint, by=client)
    if not over and not hinted:
        return provider.templates.page(request, "not_signed_in.html", start=provider.settings.base_url + "/")
    answer = left(request, provider, leaving)
    if over:
        drop_cookie(answer, provider.settings)
    return answer


async def end_hinted(session: AsyncSession, hint: Hint, by: RegisteredClient | None) -> bool:
    """Whether the session of an ID token has ended; it ends now for a client that was registered at the host.

    Those call without a browser. Whoever else shows an ID token without the cookie may be anybody who has read it: the
    person cannot be asked, so nothing ends (RP-Initiated Logout §2).
    """
    found = await find_session(session, hint.session_id, hint.person_id)
    if found is None or found.ended_at is not None:
        return found is not None
    if by is None or not by.built_in:
        return False
    await end_session(session, found.id)
    await record(session, Verb.session_ended, object_id=found.id, subject_id=found.person_id, purpose="id_token_hint")
    return True


def left(request: Request, provider: IdentityProvider, leaving: Leaving) -> Response:
    """Where the client may have us go after, else a page that says it is done."""
    if leaving.goes_to:
        return redirect(leaving.goes_to)
    start = provider.settings.base_url + "/"
    return provider.templates.page(request, "signed_out.html", start=start, stays=leaving.stays)
