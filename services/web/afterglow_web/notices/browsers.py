"""The browsers to which notices come: adding the one that asks, and removing any. Its script fills the form in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import UUID7, BaseModel
from starlette.responses import RedirectResponse, Response

from afterglow_web.notices.upstream import NoticesForPerson
from afterglow_web.permissions import SendMessages
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import Typed

router = APIRouter(prefix="/notices/browsers", dependencies=[Depends(refuse_cross_site)])


class BrowserForm(BaseModel):
    """What a browser's subscription says of itself; auth looks at it closely."""

    id: UUID7
    endpoint: Typed
    p256dh: Typed
    auth: Typed

    def subscription(self) -> dict[str, object]:
        return {"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}}


@router.post("")
async def add_browser(
    _: SendMessages, notices: NoticesForPerson, form: Annotated[BrowserForm, Form()]
) -> RedirectResponse:
    """Add it; again, with the same id, it changes nothing."""
    await notices.add_browser(form.id, form.subscription())
    return RedirectResponse("/notices?added=true", status_code=303)


@router.post("/{browser_id}/removal")
async def remove_browser(browser_id: UUID, _: SendMessages, notices: NoticesForPerson) -> Response:
    """Remove it; one that is gone already is as good."""
    await notices.remove_browser(browser_id)
    return RedirectResponse("/notices?removed=true", status_code=303)
