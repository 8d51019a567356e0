"""Ending where somebody is signed in: one session, or all of them."""

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
from afterglow_web.session.authentication import session_of

router = room()


def question(person: PersonDetail, *, own: bool) -> Question:
    return Question(
        heading=_("End every session of %(name)s?", name=person.name),
        happens=(
            _("You are signed out too, here and everywhere else.")
            if own
            else _("%(name)s is signed out everywhere within seconds.", name=person.name),
            _("What somebody is typing at that moment is kept for them until they sign in again."),
        ),
        stays=(_("The account and its password: whoever knows the password can sign in again at once."),),
        button=_("End every session"),
        back=person_path(person.id),
    )


@router.get("/people/{person_id}/sessions/end")
async def ask_to_end_all(request: Request, person_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    session = await session_of(request)
    return ask(request, question(await accounts.person(person_id), own=person_id == session.person_id))


@router.post("/people/{person_id}/sessions/end")
async def end_all(person_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    await accounts.end_sessions(person_id)
    return told(person_path(person_id), Notice.sessions_ended)


@router.post("/people/{person_id}/sessions/{session_id}/end")
async def end_one(person_id: UUID, session_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    await accounts.end_session(person_id, session_id)
    return told(person_path(person_id), Notice.session_ended)
