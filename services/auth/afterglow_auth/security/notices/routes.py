"""Letters to another address than the account's own, for whom somebody else may read that one."""

import re
from http import HTTPStatus
from math import ceil
from typing import Annotated

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.accounts.service import ADDRESS
from afterglow_auth.audit import Verb
from afterglow_auth.digests import Purpose
from afterglow_auth.pages import redirect
from afterglow_auth.security import kept_forms
from afterglow_auth.security.notices import service
from afterglow_auth.security.notices.service import Dead
from afterglow_auth.security.visits import START, Changing, Reading, Visit, submitting
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ACCOUNT, TooSoonError, count
from afterglow_auth.sign_in.waiting import too_soon_words

PATH = f"{START}/notices"
LONGEST = 320
NO_ADDRESS = lazy("Enter a whole e-mail address, such as name@example.org.")
SAME_ADDRESS = lazy("E-mails go to this address already.")
Asking = Annotated[Visit, submitting(Verb.notices_asked, "address")]
Stopping = Annotated[Visit, submitting(Verb.notices_stopped)]
# Who asked has proved who they are; the link, which only they use, is the proof of the address.
Confirming = Annotated[Visit, submitting(Verb.notices_confirmed, needs_proof=False)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def show(visit: Changing) -> Response:
    """Where letters go, and the form for another address."""
    async with visit.unit_of_work() as session:
        kept = await kept_forms.take(session, visit.person.id, PATH)
    return await page(visit, kept.get("address", ""), kept=bool(kept))


@router.post("")
async def ask(visit: Asking) -> Response:
    """Send a link to the address; nothing changes until it is used."""
    address = visit.form.get("address", "").strip()
    if fault := fault_of(visit, address):
        await visit.refuse(Verb.notices_asked, "invalid")
        return await page(visit, address, error=fault, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        async with visit.changing() as (session, _person):
            await count(session, key_of(visit), FREE_TRIES_OF_AN_ACCOUNT)
            await service.ask(session, visit.signed_in, address)
    except TooSoonError as error:
        await visit.refuse(Verb.notices_asked, "too_soon")
        return await page(
            visit,
            address,
            error=too_soon_words(error.wait),
            status=HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=ceil(error.wait.total_seconds()),
        )
    return redirect(f"{PATH}/sent")


@router.get("/sent")
async def sent(visit: Reading) -> Response:
    """What to do now."""
    async with visit.unit_of_work() as session:
        waiting = await service.waiting(session, visit.person.id)
    return visit.page("notices/sent", waiting=waiting) if waiting else redirect(PATH)


@router.get("/removal")
async def ask_about_stopping(visit: Changing) -> Response:
    """Whether letters should go to the account's own address again."""
    return visit.page("notices/removal", now=visit.person.notices_to, own=visit.person.email)


@router.post("/removal")
async def stop(visit: Stopping) -> Response:
    """They do, from now on; again, it changes nothing."""
    async with visit.changing() as (session, person):
        await service.stop(session, visit.signed_in, person)
    return redirect(f"{START}?done=notices_stopped")


@router.get("/confirm")
async def look(visit: Reading, token: str = "") -> Response:
    """What the link in the mail leads to; looking uses nothing up."""
    async with visit.unit_of_work() as session:
        found = await service.look(session, visit.provider.digests, visit.person.id, token)
    if isinstance(found, Dead):
        return await over(visit, found)
    return visit.page("notices/confirm", address=found.address, token=token)


@router.post("/confirm")
async def confirm(visit: Confirming) -> Response:
    """Use the link up."""
    token = visit.form.get("token", "")
    async with visit.changing() as (session, person):
        dead = await service.confirm(session, visit.provider.digests, visit.signed_in, person, token)
    return await over(visit, dead) if dead else redirect(f"{START}?done=notices_confirmed")


def fault_of(visit: Visit, address: str) -> LazyString | None:
    if len(address) > LONGEST or not re.match(ADDRESS, address) or not address.isprintable():
        return NO_ADDRESS
    now = visit.person.notices_to or visit.person.email
    return SAME_ADDRESS if address.lower() == now.lower() else None


def key_of(visit: Visit) -> bytes:
    """Under which a person's wishes are counted: each sends mail to an address of their choice."""
    return visit.provider.digests.of(Purpose.notices_asked, visit.person.id.hex)


async def over(visit: Visit, why: Dead) -> Response:
    """The link does not open; that somebody tried is kept."""
    await visit.refuse(Verb.notices_confirmed, why)
    status = HTTPStatus.NOT_FOUND if why is Dead.garbled else HTTPStatus.GONE
    return visit.page("notices/over", status, why=why.value)


async def page(visit: Visit, address: str, *, status: int = HTTPStatus.OK, **context: object) -> Response:
    async with visit.unit_of_work() as session:
        waiting = await service.waiting(session, visit.person.id)
    shown = {"error": None, "kept": False, "now": visit.person.notices_to, "own": visit.person.email}
    return visit.page("notices/page", status, address=address, waiting=waiting, **(shown | context))
