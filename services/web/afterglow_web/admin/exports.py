"""Holding somebody's exports, on a call in which they ask for it, and letting them go again."""

from uuid import UUID

from afterglow_design.languages import _
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.records import PersonDetail
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.wording import Notice
from afterglow_web.permissions import WritePeople
from afterglow_web.session.step_up import FreshlyProved

router = room()


@router.post("/people/{person_id}/export-hold")
async def hold(person_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    """At once: somebody on the telephone may be in a hurry, and it takes nothing away."""
    await accounts.hold_exports(person_id)
    return told(person_path(person_id), Notice.exports_held)


def question(person: PersonDetail) -> Question:
    return Question(
        heading=_("Let the exports of %(name)s go again?", name=person.name),
        happens=(
            _("Whoever is signed in as %(name)s can take everything out of the account.", name=person.name),
            _("Be sure that it is they who ask for it, and that nobody makes them."),
        ),
        stays=(_("You can hold them again at any time."),),
        button=_("Let them go"),
        back=person_path(person.id),
    )


@router.get("/people/{person_id}/export-hold/end", dependencies=[FreshlyProved])
async def ask_to_release(
    request: Request, person_id: UUID, _write: WritePeople, accounts: AccountsForPerson
) -> Response:
    return ask(request, question(await accounts.person(person_id)))


@router.post("/people/{person_id}/export-hold/end", dependencies=[FreshlyProved])
async def release(person_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    await accounts.release_exports(person_id)
    return told(person_path(person_id), Notice.exports_released)
