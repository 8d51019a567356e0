"""The pages behind links: choosing how to sign in, once."""

from collections.abc import Mapping

from afterglow_design.languages import gettext as _
from afterglow_design.languages import lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.accounts.names import Name
from afterglow_auth.accounts.passwords import fault
from afterglow_auth.addresses import client_network
from afterglow_auth.browser import ForgedFormError, check_form, read_or_make_cookie
from afterglow_auth.links import pages
from afterglow_auth.links.choosing import (
    WEB,
    Chosen,
    WrongCodeError,
    choose,
    give_try_back,
    take_try,
    what_is_asked,
)
from afterglow_auth.links.doors import INVITATION, RECOVERY, RESET, Door
from afterglow_auth.links.pages import Behind
from afterglow_auth.links.service import Dead, Opened, look
from afterglow_auth.pages import TurnedAwayError, refused_request, speak_as
from afterglow_auth.passkeys.refusals import PasskeyRefusedError
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.forged import record_forged
from afterglow_auth.sign_in.arriving import browser_of, led_on
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.factor import NOT_MADE
from afterglow_auth.sign_in.going import Going
from afterglow_auth.sign_in.waiting import too_soon_words

NAME: TypeAdapter[str] = TypeAdapter(Name)
WRONG_CODE = lazy("That is neither the code that your app shows now nor one of your recovery codes.")
NOT_THE_SAME = lazy("The two are not the same. Please type both again.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@router.get(INVITATION.path)
async def show_invitation(request: Request, provider: Provider) -> Response:
    """Looking at an invitation; it stays open. It asks for the name first."""
    return pages.name(await behind(request, provider, INVITATION, token_of(request, provider)))


@router.get(RESET.path)
async def show_reset(request: Request, provider: Provider) -> Response:
    """Looking at a reset; it stays open."""
    return await pages.choosing(await behind(request, provider, RESET, token_of(request, provider)))


@router.get(RECOVERY.path)
async def show_recovery(request: Request, provider: Provider) -> Response:
    """Looking at the link of a forgotten password; it stays open."""
    return await pages.choosing(await behind(request, provider, RECOVERY, token_of(request, provider)))


@router.post(INVITATION.path)
async def take_up_invitation(request: Request, provider: Provider) -> Response:
    """Say that the name is right, then choose the first password or passkey."""
    form, found = await read_form(request, provider, INVITATION)
    name, error = read_name(form.get("name", ""))
    if error:
        return pages.name(found, error, form.get("name", ""))
    found = found.called(name)
    return await submit(found, form) if "choosing" in form else await pages.choosing(found)


@router.post(RESET.path)
async def use_reset(request: Request, provider: Provider) -> Response:
    """Choose another password or passkey."""
    form, found = await read_form(request, provider, RESET)
    return await submit(found, form)


@router.post(RECOVERY.path)
async def use_recovery(request: Request, provider: Provider) -> Response:
    """Show a second factor, and choose another password."""
    form, found = await read_form(request, provider, RECOVERY)
    return await submit(found, form)


def token_of(request: Request, provider: IdentityProvider) -> str:
    try:
        return forms.read_query(request).get("token", "")
    except forms.MalformedInputError as error:
        raise TurnedAwayError(refused_request(request, provider, str(error))) from error


async def read_form(request: Request, provider: IdentityProvider, door: Door) -> tuple[Mapping[str, str], Behind]:
    """Is the form ours, does the link open: in this order. Raises TurnedAwayError with the page that says so."""
    try:
        form = await forms.read_form(request)
    except forms.MalformedInputError as error:
        raise TurnedAwayError(refused_request(request, provider, str(error))) from error
    token = form.get("token", "")
    try:
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except ForgedFormError as error:
        await record_forged(request, provider, door.verb)
        raise TurnedAwayError(pages.out_of_date(request, provider, door, token)) from error
    return form, await behind(request, provider, door, token)


async def behind(request: Request, provider: IdentityProvider, door: Door, token: str) -> Behind:
    """What is behind the link. Raises TurnedAwayError with the page that says why it does not open."""
    network = client_network(request, provider.settings.trusted_proxies)
    try:
        found = await look(provider, door, token, network)
    except TooSoonError as error:
        raise TurnedAwayError(pages.too_soon(request, provider, error.wait)) from error
    if not isinstance(found, Opened):
        raise TurnedAwayError(pages.over(request, provider, door, found))
    speak_as(found.person)
    asked = await what_is_asked(provider, found.person)
    if door is RECOVERY and not asked.code:  # the factor that it takes has gone since the mail was sent
        raise TurnedAwayError(pages.over(request, provider, door, Dead.withdrawn))
    return Behind(request, provider, door, found, asked, read_or_make_cookie(request, provider.settings))


def read_name(sent: str) -> tuple[str, str | None]:
    """A name as it was corrected, or what is wrong with it; none was sent where it is right as it is."""
    try:
        return NAME.validate_python(sent) if sent else "", None
    except ValidationError:
        return "", _("Please write your name as you want to be called, in at most 200 letters.")


async def submit(found: Behind, form: Mapping[str, str]) -> Response:
    """Count the code; will the password do, is the code right: in this order. Then the link is used up."""
    request, provider, browser = found.request, found.provider, browser_of(found.request, found.cookie)
    response = form.get("response", "") if found.may_choose_passkey else ""
    password, code = "" if response else form.get("password", ""), form.get("code", "") if found.asked.code else ""
    chosen = Chosen(password, response, found.name, code)
    try:
        if errors := await faults(found, chosen, form.get("repeated", "")):
            return await pages.choosing(found, errors)
        outcome = await choose(provider, found.door, found.link, chosen, browser)
    except WrongCodeError:
        return await pages.choosing(found, {"code": str(WRONG_CODE)})
    except TooSoonError as error:
        return await pages.choosing(found, {"code": too_soon_words(error.wait)}, error.wait)
    except PasskeyRefusedError:
        return await pages.choosing(found, {"passkey": str(NOT_MADE)})
    if isinstance(outcome, Dead):
        return pages.over(request, provider, found.door, outcome)
    return led_on(request, provider, Going(page=WEB), browser, outcome)


async def faults(found: Behind, chosen: Chosen, repeated: str) -> dict[str, str]:
    """What is wrong with what was typed, by field. Whoever chooses a passkey types no password.

    A code counts first, or whoever has to wait could have passwords weighed, which takes a while; it is given back
    where it need not be looked at. Raises TooSoonError.
    """
    if not found.asked.code:
        return await faults_of_password(found, chosen, repeated)
    if not chosen.code:
        return {"code": _("Please type the code.")}
    await take_try(found.provider, found.link, chosen.code)
    if errors := await faults_of_password(found, chosen, repeated):
        await give_try_back(found.provider, found.link, chosen.code)
    return errors


async def faults_of_password(found: Behind, chosen: Chosen, repeated: str) -> dict[str, str]:
    if chosen.response:
        return {}
    person, practice = found.link.person, found.provider.practice.known
    about = [person.name, found.name, person.email, practice.name, practice.neutral_name]
    if wrong := await fault(chosen.password, alone=found.alone, about=about):
        return {"password": str(wrong)}
    return {} if chosen.password == repeated else {"repeated": str(NOT_THE_SAME)}
