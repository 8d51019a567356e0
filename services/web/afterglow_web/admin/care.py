"""Who treats whom: what there was, and ending what there is. Beginning it is in assigning.py."""

from uuid import UUID

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.records import Care, PersonDetail
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadPeople, WritePeople
from afterglow_web.session.authentication import session_of

router = room()


@router.get("/people/{person_id}/care")
async def care(
    request: Request, person_id: UUID, _: ReadPeople, accounts: AccountsForPerson, after: str | None = None
) -> Response:
    """Every relationship of somebody, ended ones too; for htmx only the further rows."""
    person = await accounts.person(person_id)
    session = await session_of(request)
    return page(
        request,
        "admin/care/_rows.html" if is_fragment(request) else "admin/care/page.html",
        person=person,
        relationships=await accounts.care(person_id, after=after),
        zone=session.time_zone,
    )


@router.get("/people/{person_id}/care/{relationship_id}/end")
async def ask_to_end(
    request: Request, person_id: UUID, relationship_id: UUID, _: WritePeople, accounts: AccountsForPerson
) -> Response:
    person = await accounts.person(person_id)
    return ask(request, question(person, live(person, relationship_id)))


@router.post("/people/{person_id}/care/{relationship_id}/end")
async def end(
    request: Request, person_id: UUID, relationship_id: UUID, _: WritePeople, accounts: AccountsForPerson
) -> Response:
    try:
        await accounts.end_care(relationship_id)
    except UpstreamProblem as problem:
        person = await accounts.person(person_id)
        return ask(request, question(person, live(person, relationship_id)), refusal_words(problem))
    return told(person_path(person_id), Notice.care_ended)


def live(person: PersonDetail, relationship: UUID) -> Care:
    """The relationship as this person's; raise NotFound where it is not, or not any more."""
    found = next((one for one in person.care if one.id == relationship), None)
    if found is None:
        raise NotFound
    return found


def question(person: PersonDetail, care: Care) -> Question:
    names = {"client": care.client.name, "therapist": care.therapist.name}
    return Question(
        heading=_("End the care of %(client)s by %(therapist)s?", **names),
        happens=(
            _("%(therapist)s can read what %(client)s has shared for 14 more days, and then no longer.", **names),
            _("Nobody writes in their conversation any more."),
            _("Both are told by mail at once."),
        ),
        stays=(
            _("Both accounts, and everything that %(client)s wrote.", **names),
            _("Other people who treat %(client)s.", **names),
        ),
        button=_("End this care"),
        back=person_path(person.id),
    )
