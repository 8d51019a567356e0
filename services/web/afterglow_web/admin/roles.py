"""Making a therapist an admin, or an admin a therapist: asked for here, and done when another admin has approved."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.proposal_questions import POWERS
from afterglow_web.admin.records import PersonDetail, PersonRole, SecondPerson
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.second_person import wait_words
from afterglow_web.admin.waiting import known_wait
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.permissions import WritePeople
from afterglow_web.session.step_up import FreshlyProved

OTHER = {PersonRole.admin: PersonRole.therapist, PersonRole.therapist: PersonRole.admin}
router = room()


def question(person: PersonDetail, second: SecondPerson | None) -> Question:
    """Raises NotFound for a client, who stays one."""
    role = OTHER.get(person.role)
    if role is None:
        raise NotFound
    headings = {
        PersonRole.admin: _("Make %(name)s an admin?", name=person.name),
        PersonRole.therapist: _("Make %(name)s a therapist?", name=person.name),
    }
    return Question(
        heading=headings[role],
        happens=(
            wait_words(second),
            _("Then %(name)s is signed out everywhere, and told by mail.", name=person.name),
            str(POWERS[role]),
        ),
        stays=(_("The account and how they sign in."),),
        button=_("Ask for it"),
        back=person_path(person.id),
        fields={"id": str(new_id()), "role": role.value},
        dangerous=False,
    )


@router.get("/people/{person_id}/role", dependencies=[FreshlyProved])
async def ask_to_change(
    request: Request, person_id: UUID, _write: WritePeople, accounts: AccountsForPerson
) -> Response:
    return ask(request, question(await accounts.person(person_id), known_wait(request)))


@router.post("/people/{person_id}/role", dependencies=[FreshlyProved])
async def change(  # FastAPI's way to say what a route needs
    request: Request,
    person_id: UUID,
    _write: WritePeople,
    accounts: AccountsForPerson,
    change_id: Annotated[UUID, Form(alias="id")],
    role: Annotated[PersonRole, Form()],
) -> Response:
    """Ask for it; the id makes that safe to send twice."""
    try:
        await accounts.change_role(person_id, change_id, role)
    except UpstreamProblem as problem:
        person = await accounts.person(person_id)
        return ask(request, question(person, known_wait(request)), refusal_words(problem))
    return told("/proposals", Notice.role_proposed)
