"""Cover: another therapist reads what one's clients share while that one is away."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import Accounts, AccountsForPerson
from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.days import WrongDayError, first_instant, last_instant
from afterglow_web.admin.records import Cover, PersonDetail, PersonRole, PersonState
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.pages import page
from afterglow_web.permissions import WritePeople
from afterglow_web.session.authentication import session_of
from afterglow_web.session.kept_forms import known_id

MOST_THERAPISTS = 100
router = room()


class CoverForm(BaseModel):
    """As typed, under an id that makes sending twice safe; the days by the admin's own clock."""

    id: UUID
    covering: str = ""
    first_day: str = ""
    last_day: str = ""


@router.get("/people/{person_id}/cover/new")
async def choose(request: Request, person_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    return await show(request, accounts, person_id, CoverForm(id=new_id()))


@router.post("/people/{person_id}/cover/new")
async def arrange(
    request: Request,
    person_id: UUID,
    _write: WritePeople,
    accounts: AccountsForPerson,
    form: Annotated[CoverForm, Form()],
) -> Response:
    """Arrange it and go back to the person, or show the form again with what was typed."""
    session = await session_of(request)
    covering, errors = known_id(form.covering), {}
    if covering is None:
        errors["covering"] = _("Choose who stands in")
    try:
        starts = first_instant(form.first_day, session.time_zone)
    except WrongDayError as error:
        starts, errors["first_day"] = None, str(error)
    try:
        ends = last_instant(form.last_day, session.time_zone, after=starts)
    except WrongDayError as error:
        ends, errors["last_day"] = None, str(error)
    if ends is None and "last_day" not in errors:
        errors["last_day"] = _("Say until when")
    if errors or covering is None or ends is None:
        return await show(request, accounts, person_id, form, errors)
    try:
        await accounts.arrange_cover(form.id, therapist=person_id, covering=covering, starts=starts, ends=ends)
    except UpstreamProblem as problem:
        if problem.upstream.code == "conflict":
            form = form.model_copy(update={"id": new_id()})
            words = _("This was sent before with other details, and that stays. Send it once more for these.")
        else:
            words = refusal_words(problem)
        return await show(request, accounts, person_id, form, {"covering": words})
    return told(person_path(person_id), Notice.cover_arranged)


async def show(
    request: Request,
    accounts: Accounts,
    person_id: UUID,
    form: CoverForm,
    errors: dict[str, str] | None = None,
) -> Response:
    person = await accounts.person(person_id)
    if person.role != PersonRole.therapist:
        raise NotFound
    found = await accounts.people(role=PersonRole.therapist, limit=MOST_THERAPISTS)
    others = [one for one in found.items if one.id != person_id and one.state == PersonState.active]
    return page(
        request,
        "admin/cover/page.html",
        422 if errors else 200,
        person=person,
        form=form,
        errors=errors or {},
        summary=[{"href": f"#{field}", "text": text} for field, text in (errors or {}).items()],
        others=[{"value": str(one.id), "label": one.name} for one in others],
    )


def question(person: PersonDetail, cover: Cover) -> Question:
    names = {"covering": cover.covering.name, "therapist": cover.therapist.name}
    return Question(
        heading=_("End the cover of %(therapist)s by %(covering)s?", **names),
        happens=(
            _("%(covering)s reads nothing more of what the clients of %(therapist)s share, from now on.", **names),
            _("Everybody concerned is told by mail at once."),
        ),
        stays=(_("Who treats whom, and everything that was written."),),
        button=_("End this cover"),
        back=person_path(person.id),
    )


@router.get("/people/{person_id}/covers/{cover_id}/end")
async def ask_to_end(
    request: Request, person_id: UUID, cover_id: UUID, _write: WritePeople, accounts: AccountsForPerson
) -> Response:
    person = await accounts.person(person_id)
    return ask(request, question(person, await live(accounts, person_id, cover_id)))


@router.post("/people/{person_id}/covers/{cover_id}/end")
async def end(person_id: UUID, cover_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    await accounts.end_cover(cover_id)
    return told(person_path(person_id), Notice.cover_ended)


async def live(accounts: Accounts, person_id: UUID, cover_id: UUID) -> Cover:
    """The cover as this person's; raise NotFound where it is not, or not any more."""
    found = next((one for one in (await accounts.covers(person_id)).items if one.id == cover_id), None)
    if found is None or not found.lasts:
        raise NotFound
    return found
