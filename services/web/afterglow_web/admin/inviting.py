"""Inviting somebody: the form, empty, kept over a sign-in, about somebody who never came, or to look at again."""

from typing import Annotated

from afterglow_design.languages import LANGUAGES, _, lazy
from fastapi import Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin import invite_form
from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.invite_form import InviteForm
from afterglow_web.admin.records import PersonRole, Proposal
from afterglow_web.admin.rooms import person_path, room, told
from afterglow_web.admin.second_person import wait_words
from afterglow_web.admin.waiting import count_if_possible, known_wait
from afterglow_web.admin.wording import Notice
from afterglow_web.pages import page
from afterglow_web.permissions import WritePeople
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of

KEPT = lazy("What you typed is still here; nobody is invited yet.")
router = room()


@router.get("/people/invite")
async def invite(
    request: Request,
    _: WritePeople,
    accounts: AccountsForPerson,
    kept: kept_forms.KeptId = None,
    again: kept_forms.KeptId = None,
) -> Response:
    """The form; `again` names somebody whose invitation led to nothing."""
    if kept and (fields := await kept_forms.recall(request, kept)):
        return await show(request, InviteForm.again(fields, kept=str(kept)), message=str(KEPT))
    if again:
        return await show(request, InviteForm.about(await accounts.person(again)))
    return await show(request, InviteForm.empty())


@router.post("/people/invite", dependencies=[Depends(kept_forms.keep_typed("/people/invite", words="name"))])
async def send_invitation(
    request: Request, _: WritePeople, accounts: AccountsForPerson, form: Annotated[InviteForm, Form()]
) -> Response:
    """Invite, or show the form again with everything that was typed."""
    session = await session_of(request)
    result = await invite_form.send(accounts, form, session.time_zone)
    if result.made is None:
        await count_if_possible(request)
        return await show(request, result.form, status=result.status, errors=result.errors, message=result.message)
    if form.kept_id:
        await kept_forms.forget(request, form.kept_id)
    if isinstance(result.made, Proposal):
        return told("/proposals", Notice.invitation_proposed)
    return told(person_path(result.made.person_id), Notice.invited)


async def show(
    request: Request,
    form: InviteForm,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    message: str | None = None,
) -> Response:
    """Render the form; `errors` by field, `message` is one sentence on top."""
    session = await session_of(request)
    wait = " ".join([_("The invitation does not go out at once."), wait_words(known_wait(request))])
    return page(
        request,
        "admin/invite/page.html",
        status,
        form=form,
        roles=[
            {"value": PersonRole.client, "label": _("Client"), "hint": _("The invitation goes out at once.")},
            {"value": PersonRole.therapist, "label": _("Therapist"), "hint": wait},
            {"value": PersonRole.admin, "label": _("Admin"), "hint": wait},
        ],
        languages=[{"value": language, "label": name} for language, name in LANGUAGES.items()],
        zone=session.time_zone,
        errors=errors or {},
        summary=[{"href": f"#{field}", "text": text} for field, text in (errors or {}).items()],
        message=message,
    )
