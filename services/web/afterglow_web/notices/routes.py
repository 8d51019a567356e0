"""The page on which somebody says of what they are told, how, and when nothing is sent."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.notices.forms import NoticesForm, ways
from afterglow_web.notices.upstream import Held, NoticesForPerson, Told
from afterglow_web.notices.wording import DONE
from afterglow_web.pages import page
from afterglow_web.permissions import SendMessages
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/notices")
async def read_notices(
    request: Request,
    _: SendMessages,
    notices: NoticesForPerson,
    *,
    saved: bool = False,
    added: bool = False,
    removed: bool = False,
) -> Response:
    """What holds now, to be changed."""
    held = await notices.held()
    done = "added" if added else "removed" if removed else "saved" if saved else None
    form = NoticesForm(
        messages="yes" if held.told.messages else "",
        way=held.way.way,
        quiet_from=held.quiet.begin or "",
        quiet_until=held.quiet.end or "",
    )
    return show(request, form, held, said=DONE[done] if done else None)


@router.post("/notices")
async def choose_notices(
    request: Request, _: SendMessages, notices: NoticesForPerson, form: Annotated[NoticesForm, Form()]
) -> Response:
    """Keep all of it, or show the form again with everything that was typed."""
    if errors := form.errors():
        await count_unread(request)
        return show(request, form, await notices.held(), errors=errors)
    await notices.choose(Told(messages=bool(form.messages)), form.quiet(), form.chosen())
    return RedirectResponse("/notices?saved=true", status_code=303)


def show(
    request: Request, form: NoticesForm, held: Held, *, errors: dict[str, str] | None = None, said: object = None
) -> Response:
    summary = [{"href": f"#{field}", "text": text} for field, text in (errors or {}).items()]
    browsers = held.browsers
    return page(
        request,
        "notices/page.html",
        422 if errors else 200,
        form=form,
        zone=held.quiet.time_zone.replace("_", " "),
        clock=held.quiet.time_zone,
        ways=ways() if browsers.public_key else [],
        browsers=browsers,
        page_modules=["push.js"] if browsers.public_key else [],
        errors=errors or {},
        summary=summary,
        said=said,
    )
