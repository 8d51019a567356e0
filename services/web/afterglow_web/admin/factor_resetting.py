"""Taking every way in that somebody has out of use: asked for here, done a day later unless they object."""

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
from afterglow_web.admin.records import PersonDetail, SecondPerson
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.second_person import wait_words
from afterglow_web.admin.waiting import known_wait
from afterglow_web.admin.wording import Notice, refusal_words
from afterglow_web.permissions import WritePeople
from afterglow_web.session.step_up import FreshlyProved

router = room()


def question(person: PersonDetail, second: SecondPerson | None) -> Question:
    name = person.name
    first = (_("%(name)s is one of the staff.", name=name), wait_words(second)) if person.is_staff else ()
    return Question(
        heading=_("Take every way to sign in away from %(name)s?", name=name),
        happens=(
            *first,
            _("A mail tells %(name)s at once. With the link in it they can stop it, for a day.", name=name),
            _("Then password, passkeys, authenticator app and recovery codes do not open the account any more."),
            _(
                "Every session of theirs ends, and a link to choose new ways goes to %(email)s, or to where they have "
                "e-mails sent instead.",
                email=person.email,
            ),
        ),
        stays=(
            _("For this day they sign in as before."),
            _("The account, everything in it, and who treats whom."),
        ),
        button=_("Ask for it"),
        back=person_path(person.id),
        fields={"id": str(new_id())},
    )


@router.get("/people/{person_id}/factor-reset", dependencies=[FreshlyProved])
async def ask_to_reset(request: Request, person_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    return ask(request, question(await accounts.person(person_id), known_wait(request)))


@router.post("/people/{person_id}/factor-reset", dependencies=[FreshlyProved])
async def reset(
    request: Request,
    person_id: UUID,
    _write: WritePeople,
    accounts: AccountsForPerson,
    reset_id: Annotated[UUID, Form(alias="id")],
) -> Response:
    """Ask for it; the id makes that safe to send twice."""
    try:
        waits = await accounts.reset_factors(person_id, reset_id)
    except UpstreamProblem as problem:
        person = await accounts.person(person_id)
        return ask(request, question(person, known_wait(request)), refusal_words(problem))
    if waits:
        return told("/proposals", Notice.factor_reset_proposed)
    return told(person_path(person_id), Notice.factor_reset_asked)


def withdrawal(person: PersonDetail) -> Question:
    return Question(
        heading=_("Let %(name)s keep every way to sign in?", name=person.name),
        happens=(_("What was asked for is withdrawn. The link in the mail only says so."),),
        stays=(_("They sign in as before. It can be asked for anew."),),
        button=_("Withdraw"),
        back=person_path(person.id),
    )


@router.get("/people/{person_id}/factor-resets/{reset_id}/withdrawal", dependencies=[FreshlyProved])
async def ask_to_withdraw(
    request: Request, person_id: UUID, reset_id: UUID, _write: WritePeople, accounts: AccountsForPerson
) -> Response:
    person = await accounts.person(person_id)
    if person.factor_reset is None or person.factor_reset.id != reset_id:
        raise NotFound
    return ask(request, withdrawal(person))


@router.post("/people/{person_id}/factor-resets/{reset_id}/withdrawal", dependencies=[FreshlyProved])
async def withdraw(
    request: Request, person_id: UUID, reset_id: UUID, _write: WritePeople, accounts: AccountsForPerson
) -> Response:
    try:
        await accounts.withdraw_factor_reset(reset_id)
    except UpstreamProblem as problem:
        return ask(request, withdrawal(await accounts.person(person_id)), refusal_words(problem))
    return told(person_path(person_id), Notice.factor_reset_withdrawn)
