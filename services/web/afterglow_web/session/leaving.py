"""/leave: out at once, to the practice's neutral address. Whatever else goes wrong, the browser leaves."""

from contextlib import suppress
from dataclasses import dataclass

from afterglow_design.templates import Templates
from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import find_caller
from afterglow_foundation.errors import PERHAPS_AWAY
from afterglow_foundation.permissions import public
from afterglow_foundation.persisting import persist
from fastapi import APIRouter, Depends
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.session import store
from afterglow_web.session.authentication import SignInAgain, known_session, lapsed_session
from afterglow_web.session.cookies import clear_cookie
from afterglow_web.session.csrf import refuse_foreign_pages
from afterglow_web.session.provider import Provider
from afterglow_web.session.sealing import Vault
from afterglow_web.session.store import BrowserSession
from afterglow_web.session.tokens import open_token

router = APIRouter(dependencies=[Depends(refuse_foreign_pages)])


@router.post("/leave", dependencies=[Depends(public)])
async def leave(request: Request) -> Response:
    """End the session here and at auth, and lead away.

    A page of ours may ask for it without the session's token: that could be an earlier one's, and nobody should have
    to stay for that. auth is told after the answer, so that nothing waits for it, and again for a while where it does
    not answer; the audit knows no difference from signing out, since whoever made somebody leave may read it later.
    """
    parting = Parting(request)
    await parting.end_here()
    templates: Templates = request.app.state.templates
    answer = templates.page(request, "leaving.html", headers={"Clear-Site-Data": '"cache"'})
    clear_cookie(answer, request.app.state.settings)
    answer.background = BackgroundTask(persist, parting.finish, "leave")
    return answer


@dataclass
class Parting:
    """What is done for whoever left, and what is still to do: the session here, auth's own."""

    request: Request
    ended: bool = False
    told: bool = False

    async def finish(self) -> bool:
        """Whether all of it is done now."""
        await self.end_here()
        await self.tell_auth()
        return self.ended and self.told

    async def end_here(self) -> None:
        """End the request's session, whoever else does not answer."""
        if self.ended:
            return
        with suppress(*PERHAPS_AWAY):
            await find_caller(self.request)
            session = self.session
            if session is not None and session.ended_at is None:
                await end_and_keep(self.request, session)
            self.ended = True

    async def tell_auth(self) -> None:
        """Auth knows its session by the ID token, which this request has read before the row forgot it."""
        session = self.session
        if session is None:
            self.told = self.ended
        if self.told or session is None:
            return
        vault: Vault = self.request.app.state.vault
        provider: Provider = self.request.app.state.provider
        with suppress(*PERHAPS_AWAY):
            try:
                hint = open_token(await vault.key_of(session.person_id), session, "id_token")
            except SignInAgain:
                self.told = True
            else:
                self.told = await provider.end_session(hint)

    @property
    def session(self) -> BrowserSession | None:
        """Live or lapsed, as it was found."""
        return known_session(self.request) or lapsed_session(self.request)


async def end_and_keep(request: Request, session: BrowserSession) -> None:
    async with store.cookie_work(request.app.state.database, session.cookie_hash, session.row_context) as work:
        await store.end(work, session)
        await trail_of(request).record(
            work, session.caller(), "session:end", object_id=session.id, subject_id=session.person_id
        )
