"""One person: the account, the invitation, who treats whom, and where they are signed in."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import Accounts, AccountsForPerson
from afterglow_web.admin.possible import possible
from afterglow_web.admin.records import PersonRole
from afterglow_web.admin.rooms import room
from afterglow_web.admin.wording import shown_notice
from afterglow_web.pages import page
from afterglow_web.permissions import ReadPeople
from afterglow_web.records import ItemPage
from afterglow_web.session.authentication import session_of

router = room()


@router.get("/people/{person_id}")
async def person(
    request: Request, person_id: UUID, _: ReadPeople, accounts: AccountsForPerson, notice: str = ""
) -> Response:
    return await show(request, accounts, person_id, notice=shown_notice(notice))


async def show(
    request: Request,
    accounts: Accounts,
    person_id: UUID,
    *,
    notice: dict[str, str] | None = None,
    refusal: str | None = None,
) -> Response:
    """Render the page; `refusal` says why what was asked for on it was not done."""
    found = await accounts.person(person_id)  # first and alone: somebody who is not there is one refusal, not two
    session = await session_of(request)
    return page(
        request,
        "admin/person/page.html",
        409 if refusal else 200,
        person=found,
        sessions=await accounts.sessions(person_id) if found.sessions else ItemPage(items=[]),
        covers=[one for one in (await accounts.covers(person_id)).items if one.lasts]
        if found.role == PersonRole.therapist
        else [],
        possible=possible(found, asking=session.person_id),
        own=found.id == session.person_id,
        zone=session.time_zone,
        notice=notice,
        refusal=refusal,
    )
