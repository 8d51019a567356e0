"""Closing an account, and opening it again."""

from uuid import UUID

from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
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
        heading=_("Disable %(name)s?", name=person.name),
        happens=(
            _("%(name)s is signed out everywhere within seconds and cannot sign in.", name=person.name),
            _("Links that were mailed to them and not used yet do not open while the account is disabled."),
            _("A mail tells them that the account was closed. It gives no reason."),
        ),
        stays=(
            _("Everything they wrote, and who treats whom, stays as it is."),
            _("You can enable the account again; they then sign in as before."),
        ),
        button=_("Disable %(name)s", name=person.name),
        back=person_path(person.id),
    )


@router.get("/people/{person_id}/disablement")
async def ask_to_disable(request: Request, person_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    return ask(request, question(await accounts.person(person_id)))


@router.post("/people/{person_id}/disablement")
async def disable(request: Request, person_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    try:
        await accounts.disable(person_id)
    except UpstreamProblem as problem:
        return ask(request, question(await accounts.person(person_id)), refusal_words(problem))
    return told(person_path(person_id), Notice.disabled)


@router.post("/people/{person_id}/enablement")
async def enable(request: Request, person_id: UUID, _: WritePeople, accounts: AccountsForPerson) -> Response:
    try:
        waits = await accounts.enable(person_id)
    except UpstreamProblem as problem:
        return await show(request, accounts, person_id, refusal=refusal_words(problem))
    if waits:
        return told("/proposals", Notice.enable_proposed)
    return told(person_path(person_id), Notice.enabled)
