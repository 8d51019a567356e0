"""An invitation that was sent: send it again, or withdraw it."""

from uuid import UUID

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.person import show
from afterglow_web.admin.records import PersonDetail
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.permissions import WritePeople

router = room()


def question(person: PersonDetail) -> Question:
    return Question(
        heading=_("Withdraw the invitation of %(name)s?", name=person.name),
        happens=(
            _("The link that was mailed to %(email)s does not open any more. No mail says so.", email=person.email),
            _("The account that was prepared for them is disabled."),
        ),
        stays=(_("You can invite the same address again whenever you like."),),
        button=_("Withdraw the invitation"),
        back=person_path(person.id),
    )


@router.post("/people/{person_id}/invitations/{invitation_id}/mails")
async def send_again(
    request: Request, person_id: UUID, invitation_id: UUID, _: WritePeople, accounts: AccountsForPerson
) -> Response:
    try:
        await accounts.send_again(invitation_id)
    except UpstreamProblem as problem:
        return await show(request, accounts, person_id, refusal=refusal_words(problem))
    return told(person_path(person_id), Notice.sent_again)


@router.get("/people/{person_id}/invitations/{invitation_id}/withdrawal")
async def ask_to_withdraw(
    request: Request, person_id: UUID, invitation_id: UUID, _: WritePeople, accounts: AccountsForPerson
) -> Response:
    person = await accounts.person(person_id)
    if person.invitation is None or person.invitation.id != invitation_id:
        raise NotFound
    return ask(request, question(person))


@router.post("/people/{person_id}/invitations/{invitation_id}/withdrawal")
async def withdraw(
    request: Request, person_id: UUID, invitation_id: UUID, _: WritePeople, accounts: AccountsForPerson
) -> Response:
    try:
        await accounts.withdraw_invitation(invitation_id)
    except UpstreamProblem as problem:
        return ask(request, question(await accounts.person(person_id)), refusal_words(problem))
    return told(person_path(person_id), Notice.invitation_withdrawn)
