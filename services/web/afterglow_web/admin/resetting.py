"""Taking somebody's password away, and mailing a link to choose another one."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.identifiers import new_id
from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.records import PersonDetail, SecondPerson
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.second_person import wait_words
from afterglow_web.admin.waiting import known_wait
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.permissions import WritePeople
from afterglow_web.session.step_up import FreshlyProved

router = room()
ResetId = Annotated[UUID, Form(alias="id")]


def question(person: PersonDetail, second: SecondPerson | None) -> Question:
    first = (_("%(name)s is one of the staff.", name=person.name), wait_words(second)) if person.is_staff else ()
    return Question(
        heading=_("Reset the password of %(name)s?", name=person.name),
        happens=(
            *first,
            _("Their password does not open the account any more, and every session of theirs ends."),
            _(
                "A link to choose a new password goes to %(email)s, or to where they have e-mails sent instead. "
                "It opens once and expires.",
                email=person.email,
            ),
        ),
        stays=(_("The account, everything in it, and who treats whom."),),
        button=_("Ask for the reset") if person.is_staff else _("Reset the password"),
        back=person_path(person.id),
        fields={"id": str(new_id())},
    )


@router.get("/people/{person_id}/reset", dependencies=[FreshlyProved])
async def ask_to_reset(request: Request, person_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    return ask(request, question(await accounts.person(person_id), known_wait(request)))


@router.post("/people/{person_id}/reset", dependencies=[FreshlyProved])
async def reset(
    request: Request,
    person_id: UUID,
    _: WritePeople,
    accounts: AccountsForPerson,
    reset_id: Annotated[UUID, Form(alias="id")],
) -> Response:
    """Reset, or ask for it; the id makes that safe to send twice."""
    try:
        waits = await accounts.reset(person_id, reset_id)
    except UpstreamProblem as problem:
        person = await accounts.person(person_id)
        return ask(request, question(person, known_wait(request)), refusal_words(problem))
    if waits:
        return told("/proposals", Notice.reset_proposed)
    return told(person_path(person_id), Notice.reset)
