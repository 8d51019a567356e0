"""The second step: a code of the authenticator app, a recovery code, or a passkey."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import lazy
from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth import forms
from afterglow_auth.addresses import client_network
from afterglow_auth.audit import Verb, record
from afterglow_auth.factors import tries
from afterglow_auth.factors.standing import standing
from afterglow_auth.factors.tries import Guessed, TooSoonError
from afterglow_auth.pages import refused_request
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, keep_refusal
from afterglow_auth.passkeys.service import begin_authentication, finish_authentication
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.sign_in.arriving import NotProvedError
from afterglow_auth.sign_in.here import Here, at, read_form
from afterglow_auth.sign_in.routes import PASSKEY_REFUSED
from afterglow_auth.sign_in.service import Outcomes
from afterglow_auth.sign_in.stages import Step
from afterglow_auth.totp import service as totp

BY_RECOVERY = "recovery-code"  # how the address of the page says that there is no phone at hand
LONGEST_CODE = 100
MISSING = lazy("Please type the code.")
NOT_THE_APPS = lazy("That is not the code that the app shows now, or it was used before. Please wait for the next one.")
NOT_A_RECOVERY_CODE = lazy("That is not one of your recovery codes, or it was used before. Please look once more.")

router = APIRouter(prefix=Step.second.path, include_in_schema=False, dependencies=[Depends(public)])
AtSecond = Annotated[Here, Depends(at(Step.second))]


@router.get("")
async def show(here: AtSecond) -> Response:
    """The form for a code of the app; for a recovery code where the address says so, or there is no app."""
    try:
        by = forms.read_query(here.request).get("with", "")
    except forms.MalformedInputError as error:
        return refused_request(here.request, here.provider, str(error))
    return await page(here, by)


@router.post("")
async def submit(here: AtSecond) -> Response:
    """Prove the second thing; an empty form proves nothing."""
    form = await read_form(here)
    try:
        return here.led_on(await prove(here, form))
    except NotProvedError as error:
        return await page(here, form.get("with", ""), error)


async def prove(here: Here, form: Mapping[str, str]) -> Outcomes:
    """What comes next. Raises NotProvedError."""
    if response := form.get("response"):
        return await by_passkey(here, response)
    code = form.get("code", "").strip()[:LONGEST_CODE]
    if not code:
        raise NotProvedError(MISSING, what="code")
    by_recovery = form.get("with") == BY_RECOVERY
    return await by_code(here, Guessed.recovery_code if by_recovery else Guessed.totp, code)


async def by_code(here: Here, guessed: Guessed, code: str) -> Outcomes:
    """The try is counted before the code is looked at, and stays counted unless the code is right."""
    provider, person = here.provider, here.person
    try:
        await tries.take(provider, guessed, person.id)
    except TooSoonError as error:
        raise NotProvedError.too_soon(error, what="code") from error
    async with here.entering() as (session, way):
        if guessed is Guessed.totp:
            right = await totp.check(session, provider, person.id, code)
        else:
            right = await recovery_codes.use(session, provider.digests, person.id, code)
        if right:
            await tries.clear(session, provider.digests, guessed, person.id)
            return await here.go_on(session, way, "otp", "mfa")
        await record(session, Verb.factor_tried, subject_id=person.id, purpose=guessed.value, outcome=Outcome.refused)
    raise NotProvedError(NOT_THE_APPS if guessed is Guessed.totp else NOT_A_RECOVERY_CODE, what="code")


async def by_passkey(here: Here, response: str) -> Outcomes:
    provider = here.provider
    try:
        key = await tries.take_network(provider, client_network(here.request, provider.settings.trusted_proxies))
        async with here.entering() as (session, way):
            cookie, only = here.browser.cookie, here.person.id
            _person, passkey = await finish_authentication(session, provider, cookie, response, only=only)
            await tries.forgive_network(session, key)
            return await here.go_on(session, way, *passkey.amr)
    except TooSoonError as error:
        raise NotProvedError.too_soon(error) from error
    except PasskeyRefusedError as refused:
        await keep_refusal(provider, refused, Verb.factor_tried, subject_id=here.person.id)
        raise NotProvedError(PASSKEY_REFUSED) from refused


async def page(here: Here, by: str, refused: NotProvedError | None = None) -> Response:
    async with here.provider.database.unit_of_work(RowContext()) as session:
        has = await standing(session, here.person)
    options = begin_authentication(here.provider, here.browser.cookie) if has.passkeys else None
    return here.page(
        "second",
        refused.status if refused else HTTPStatus.OK,
        refused.headers if refused else None,
        has=has,
        by_recovery=by == BY_RECOVERY or not has.has_totp,
        passkey_options=options,
        refused=refused,
    )
