"""One's own passkeys: which there are, one more, another name, one less."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.audit import Verb
from afterglow_auth.factors.standing import standing
from afterglow_auth.pages import redirect
from afterglow_auth.passkeys import service
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, Reason, keep_refusal
from afterglow_auth.security import kept_forms
from afterglow_auth.security.removing import PasswordNotFitError, check_if_typed, page_about
from afterglow_auth.security.visits import START, Changing, Reading, Visit, submitting
from afterglow_auth.security.ways_in import judge_passkey
from afterglow_auth.sessions.service import show_factor

PATH = f"{START}/passkeys"
MODULES = ["passkeys.js"]
NO_NAME = lazy("Give it a name, in at most 60 characters.")
NOT_ADDED = lazy("That did not work, and no passkey was added. Please try once more.")
WORDS = {
    Reason.known_already: lazy("This device holds a passkey of yours already. You can use that one."),
    Reason.too_many: lazy("You have as many passkeys as one can have here. Remove one you no longer use first."),
}
Adding = Annotated[Visit, submitting(Verb.passkey_added)]
Renaming = Annotated[Visit, submitting(Verb.passkey_renamed, "name")]
Removing = Annotated[Visit, submitting(Verb.passkey_removed)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def list_passkeys(visit: Reading, done: str = "") -> Response:
    """All of them, the oldest first."""
    async with visit.unit_of_work() as session:
        found = await service.passkeys_of(session, visit.person.id)
    return visit.page("passkeys/page", passkeys=found, done=done)


@router.get("/new")
async def show_new(visit: Changing) -> Response:
    """What the browser needs to make one."""
    return await new_page(visit)


@router.post("/new")
async def add(visit: Adding) -> Response:
    """Keep what the browser made; each challenge is answered once."""
    name, response = visit.form.get("name", ""), visit.form.get("response", "")
    caller = visit.signed_in.caller
    try:
        async with visit.changing() as (session, person):
            added = await service.finish_registration(
                session, visit.provider, person, visit.cookie, response, name, caller=caller
            )
            await show_factor(session, visit.signed_in.session.id, *added.amr)
    except PasskeyRefusedError as refused:
        await keep_refusal(visit.provider, refused, Verb.passkey_added, caller, subject_id=visit.person.id)
        return await new_page(visit, WORDS.get(refused.reason, NOT_ADDED), HTTPStatus.BAD_REQUEST)
    return redirect(f"{PATH}?done=added")


@router.get("/{passkey_id}")
async def show_one(passkey_id: UUID, visit: Changing) -> Response:
    """Its name, to be changed, and the way to removing it."""
    found = await find(visit, passkey_id, Verb.passkey_renamed)
    async with visit.unit_of_work() as session:
        kept = await kept_forms.take(session, visit.person.id, f"{PATH}/{passkey_id}")
    return visit.page("passkeys/one", passkey=found, shown=kept.get("name", found.name), kept=bool(kept), error=None)


@router.post("/{passkey_id}")
async def rename(passkey_id: UUID, visit: Renaming) -> Response:
    """Call it something else."""
    found, name = await find(visit, passkey_id, Verb.passkey_renamed), visit.form.get("name", "").strip()
    if not name or len(name) > service.LONGEST_NAME:
        await visit.refuse(Verb.passkey_renamed, "invalid", passkey_id)
        shown = {"passkey": found, "shown": name, "kept": False, "error": NO_NAME}
        return visit.page("passkeys/one", HTTPStatus.UNPROCESSABLE_ENTITY, **shown)
    async with visit.changing() as (session, person):
        renamed = await service.rename(session, person, passkey_id, name, caller=visit.signed_in.caller)
    if not renamed:
        raise await visit.nothing_here(Verb.passkey_renamed, passkey_id)
    return redirect(f"{PATH}?done=renamed")


@router.get("/{passkey_id}/removal")
async def ask_about_removal(passkey_id: UUID, visit: Changing) -> Response:
    """Whether to remove it, or why it has to stay."""
    return await removal_page(visit, await find(visit, passkey_id, Verb.passkey_removed))


@router.post("/{passkey_id}/removal")
async def remove(passkey_id: UUID, visit: Removing) -> Response:
    """Remove it. The person is locked while it is judged what stays, so that two at once leave one."""
    found = await find(visit, passkey_id, Verb.passkey_removed)
    try:
        checked = await check_if_typed(visit, Verb.passkey_removed)
    except PasswordNotFitError as error:
        return await removal_page(visit, found, error)
    async with visit.changing() as (session, person):
        judged = judge_passkey(await standing(session, person), needs_a_factor=visit.needs_a_factor)
        hindered = judged.hinders(password_checked=checked)
        caller = visit.signed_in.caller
        removed = not hindered and await service.remove(session, person, passkey_id, caller=caller)
    if removed:
        return redirect(f"{PATH}?done=removed")
    if hindered is None:
        raise await visit.nothing_here(Verb.passkey_removed, passkey_id)
    await visit.refuse(Verb.passkey_removed, hindered, passkey_id)
    return await removal_page(visit, found, refused=True)


async def find(visit: Visit, passkey_id: UUID, verb: Verb) -> Passkey:
    """One's own of this id. Raises NotFound, kept in the audit."""
    async with visit.unit_of_work() as session:
        own = await service.passkeys_of(session, visit.person.id)
    for one in own:
        if one.id == passkey_id:
            return one
    raise await visit.nothing_here(verb, passkey_id)


async def new_page(visit: Visit, error: LazyString | None = None, status: int = HTTPStatus.OK) -> Response:
    async with visit.unit_of_work() as session:
        options = await service.begin_registration(session, visit.provider, visit.person, visit.cookie)
    return visit.page(
        "passkeys/new", status, options=options, error=error, modules=MODULES, shown=visit.form.get("name", "")
    )


async def removal_page(
    visit: Visit, passkey: Passkey, error: PasswordNotFitError | None = None, *, refused: bool = False
) -> Response:
    async with visit.unit_of_work() as session:
        judged = judge_passkey(await standing(session, visit.person), needs_a_factor=visit.needs_a_factor)
    return page_about(visit, "passkeys/removal", judged, error, refused=refused, passkey=passkey)
