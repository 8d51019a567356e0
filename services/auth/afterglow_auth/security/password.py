"""One's own password: another one, or none where passkeys are enough."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.permissions import public
from afterglow_foundation.security_events.events import ChangeType
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from afterglow_auth.accounts import passwords
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import has_chosen
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.factors.standing import Standing, standing
from afterglow_auth.mail.sending import send_later
from afterglow_auth.pages import redirect
from afterglow_auth.security.letters import PASSWORD_CHANGED, PASSWORD_REMOVED
from afterglow_auth.security.removing import page_about
from afterglow_auth.security.visits import START, Changing, Visit, submitting
from afterglow_auth.security.ways_in import judge_password
from afterglow_auth.sign_in.stages import leave_others

PATH = f"{START}/password"
NOT_THE_SAME = lazy("The two are not the same. Please type both again.")
Choosing = Annotated[Visit, submitting(Verb.password_changed)]
Removing = Annotated[Visit, submitting(Verb.password_removed)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def show(visit: Changing) -> Response:
    """The form for another one."""
    return page(visit, await has(visit))


@router.post("")
async def choose(visit: Choosing) -> Response:
    """Keep it. No session ends by this, only sign-ins on their way; the page after it offers to sign out elsewhere."""
    now = await has(visit)
    if errors := await faults(visit, now):
        await visit.refuse(Verb.password_changed, "invalid")
        return page(visit, now, errors)
    hashed = await passwords.hash_password(visit.form["password"])
    async with visit.changing() as (session, person):
        await store(session, visit, person, hashed)
    return redirect(f"{START}?done=password")


async def store(session: AsyncSession, visit: Visit, person: Person, hashed: str) -> None:
    """Instead of the earlier one, and say so to whom it concerns."""
    change: ChangeType = "update" if person.password_hash else "create"
    person.password_hash = hashed
    await session.flush()
    await has_chosen(session, person.id)
    await leave_others(session, visit.provider, person.id, visit.cookie)
    await outbox.credential_changed(session, person.id, "password", change)
    await send_later(session, PASSWORD_CHANGED, to=person.id)
    await record(session, Verb.password_changed, visit.signed_in.caller, object_id=person.id, subject_id=person.id)


@router.get("/removal")
async def ask_about_removal(visit: Changing) -> Response:
    """Whether to go on without one, or why it has to stay."""
    return page_about(visit, "password/removal", judge_password(await has(visit)), None, refused=False)


@router.post("/removal")
async def remove(visit: Removing) -> Response:
    """Go on without one; again, it changes nothing."""
    async with visit.changing() as (session, person):
        judged = judge_password(await standing(session, person))
        if not judged.stays and person.password_hash:
            await take_away(session, visit, person)
    if judged.stays:
        await visit.refuse(Verb.password_removed, judged.stays)
        return page_about(visit, "password/removal", judged, None, refused=True)
    return redirect(f"{START}?done=password_removed")


async def take_away(session: AsyncSession, visit: Visit, person: Person) -> None:
    person.password_hash = None
    await session.flush()
    await leave_others(session, visit.provider, person.id, visit.cookie)
    await outbox.credential_changed(session, person.id, "password", "delete")
    await send_later(session, PASSWORD_REMOVED, to=person.id)
    await record(session, Verb.password_removed, visit.signed_in.caller, object_id=person.id, subject_id=person.id)


async def has(visit: Visit) -> Standing:
    async with visit.unit_of_work() as session:
        return await standing(session, visit.person)


async def faults(visit: Visit, now: Standing) -> dict[str, LazyString]:
    password = visit.form.get("password", "")
    if fault := await passwords.fault(password, alone=not now.has_second, about=visit.known_words):
        return {"password": fault}
    return {} if password == visit.form.get("repeated", "") else {"repeated": NOT_THE_SAME}


def page(visit: Visit, now: Standing, errors: Mapping[str, LazyString] | None = None) -> Response:
    """The form, without whatever was typed before."""
    return visit.page(
        "password/page",
        HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        has=now,
        email=visit.person.email,
        shortest=passwords.SHORTEST_WITH_SECOND if now.has_second else passwords.SHORTEST_PASSWORD,
        errors=errors or {},
        modules=["password_strength.js"],
    )
