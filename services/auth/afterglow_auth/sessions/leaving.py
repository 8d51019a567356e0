"""/auth/leave: out at once, to the practice's neutral address. Whatever else goes wrong, the browser leaves."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import PERHAPS_AWAY, Forbidden
from afterglow_foundation.permissions import public
from afterglow_foundation.persisting import persist
from fastapi import APIRouter, Depends
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.browser import drop_cookie
from afterglow_auth.provider import IdentityProvider, Provider
from afterglow_auth.sessions.sign_out import end_and_record, find_signed_in, forget_stage

LEAVE = "/auth/leave"
router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@router.post(LEAVE)
async def leave(request: Request, provider: Provider) -> Response:
    """End this browser's session and all that was begun in it, and lead away.

    Every page of ours has the button, also those of somebody who is not signed in yet, so it carries no token; it must
    come from a page of ours by what the browser says.
    """
    if not came_from_us(request, provider):
        raise Forbidden
    parting = Parting(request, provider)
    done = await parting.finish()
    answer = provider.templates.page(request, "leaving.html", headers={"Clear-Site-Data": '"cache"'})
    drop_cookie(answer, provider.settings)
    if not done:
        answer.background = BackgroundTask(persist, parting.finish, "leave")
    return answer


def came_from_us(request: Request, provider: IdentityProvider) -> bool:
    """By Sec-Fetch-Site and Origin; a request with neither is refused."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = "{0.scheme}://{0.netloc}".format(urlsplit(provider.settings.base_url))
    return origin == own if site is None else site == "same-origin" and origin in {None, "null", own}


@dataclass
class Parting:
    """What is done for whoever left, and what is still to do; the one does not wait for the other."""

    request: Request
    provider: IdentityProvider
    ended: bool = False
    forgotten: bool = False

    async def finish(self) -> bool:
        """Whether all of it is done now."""
        if not self.ended:
            with suppress(*PERHAPS_AWAY):
                await end_here(self.request, self.provider)
                self.ended = True
        if not self.forgotten:
            with suppress(*PERHAPS_AWAY):
                await forget_stage(self.request, self.provider)
                self.forgotten = True
        return self.ended and self.forgotten


async def end_here(request: Request, provider: IdentityProvider) -> None:
    signed_in = await find_signed_in(request, provider)
    if signed_in is None:
        return
    async with provider.database.unit_of_work(RowContext.of(signed_in.caller)) as session:
        await end_and_record(session, signed_in)
