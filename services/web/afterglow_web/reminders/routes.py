"""The page of reminders: when they come, if at all."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteChoices
from afterglow_web.reminders.forms import RemindersForm
from afterglow_web.reminders.upstream import RemindersForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/reminders")
async def read_reminders(
    request: Request, _: WriteChoices, reminders: RemindersForPerson, *, saved: bool = False
) -> Response:
    """What holds now, to be changed."""
    wanted, quiet = await reminders.held()
    return show(request, RemindersForm.of(wanted, quiet), quiet.time_zone, saved=saved)


@router.post("/reminders")
async def choose_reminders(
    request: Request, _: WriteChoices, reminders: RemindersForPerson, form: Annotated[RemindersForm, Form()]
) -> Response:
    """Keep both, or show the form again with everything that was typed."""
    if errors := form.errors():
        await count_unread(request)
        return show(request, form, (await session_of(request)).time_zone, errors=errors)
    await reminders.choose(form.wanted(), form.quiet())
    return RedirectResponse("/reminders?saved=true", status_code=303)


def show(
    request: Request, form: RemindersForm, zone: str, *, errors: dict[str, str] | None = None, saved: bool = False
) -> Response:
    summary = [{"href": f"#{field}", "text": text} for field, text in (errors or {}).items()]
    status = 422 if errors else 200
    return page(
        request,
        "client/reminders/page.html",
        status,
        form=form,
        zone=zone.replace("_", " "),
        errors=errors or {},
        summary=summary,
        saved=saved,
    )
