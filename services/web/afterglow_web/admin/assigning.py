"""Letting a therapist treat a client: one of the two is whose page it is, the other is chosen from a list."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import Form, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import Accounts, AccountsForPerson
from afterglow_web.admin.days import WrongDayError, first_instant, last_instant
from afterglow_web.admin.records import PersonDetail, PersonRole, PersonState
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import WritePeople
from afterglow_web.session.authentication import session_of
from afterglow_web.session.kept_forms import known_id

AT_ONCE = 20
OTHER = {PersonRole.client: PersonRole.therapist, PersonRole.therapist: PersonRole.client}
NONE_CHOSEN = lazy("Choose one from the list")
SENT_BEFORE = lazy("This was sent before for somebody else, and that stays. Send it once more for this choice.")
router = room()


class AssignForm(BaseModel):
    """Who was chosen, under an id that makes sending twice safe; `q` is the search that the list came from."""

    id: UUID
    other: str = ""
    first_day: str = ""
    last_day: str = ""
    q: str = ""


@router.get("/people/{person_id}/care/new")
async def choose(
    *,
    request: Request,
    person_id: UUID,
    _: WritePeople,
    accounts: AccountsForPerson,
    q: Annotated[str, Query(max_length=100)] = "",
    after: str | None = None,
) -> Response:
    """The list to choose from; for htmx the list (a new search) or only its further part (`after`)."""
    person = await accounts.person(person_id)
    return await show(request, accounts, person, AssignForm(id=new_id(), q=q.strip()), after=after)


@router.post("/people/{person_id}/care/new")
async def assign(
    request: Request, person_id: UUID, _: WritePeople, accounts: AccountsForPerson, form: Annotated[AssignForm, Form()]
) -> Response:
    """Assign and go back to the person, or show the list again with what was chosen."""
    person = await accounts.person(person_id)
    other = known_id(form.other)
    if other is None:
        return await show(request, accounts, person, form, error=str(NONE_CHOSEN))
    client, therapist = (person.id, other) if person.role == PersonRole.client else (other, person.id)
    zone, errors = (await session_of(request)).time_zone, {}
    try:
        starts = first_instant(form.first_day, zone)
    except WrongDayError as error:
        starts, errors["first_day"] = None, str(error)
    try:
        ends = last_instant(form.last_day, zone, after=starts)
    except WrongDayError as error:
        ends, errors["last_day"] = None, str(error)
    if errors:
        return await show(request, accounts, person, form, errors=errors)
    try:
        await accounts.assign(form.id, client=client, therapist=therapist, starts=starts, ends=ends)
    except UpstreamProblem as problem:
        if problem.upstream.code == "conflict":
            form = form.model_copy(update={"id": new_id()})
            return await show(request, accounts, person, form, error=str(SENT_BEFORE))
        return await show(request, accounts, person, form, error=refusal_words(problem))
    return told(person_path(person_id), Notice.assigned)


async def show(
    request: Request,
    accounts: Accounts,
    person: PersonDetail,
    form: AssignForm,
    *,
    after: str | None = None,
    error: str | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """Render the list; whoever is disabled is not in it, and whoever is assigned already cannot be chosen."""
    role = OTHER.get(person.role)
    if role is None:
        raise NotFound
    found = await accounts.people(search=form.q, role=role, after=after, limit=AT_ONCE)
    part = "admin/assign/_choices.html" if after else "admin/assign/_list.html"
    return page(
        request,
        part if is_fragment(request) else "admin/assign/page.html",
        422 if error or errors else 200,
        person=person,
        role=role,
        form=form,
        error=error,
        errors=errors or {},
        candidates=[one for one in found.items if one.state != PersonState.disabled],
        assigned={one.therapist.id if role == PersonRole.therapist else one.client.id for one in person.care},
        further=after is not None,
        more_href=f"?{urlencode({'q': form.q, 'after': found.next})}" if found.next else None,
    )
