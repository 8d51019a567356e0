"""Sign-out from web's side: the session ends here first, then the browser goes to end auth's."""

from contextlib import suppress

from afterglow_foundation.audit.trail import trail_of
from starlette.requests import Request

from afterglow_web.session import store
from afterglow_web.session.authentication import SignInAgain, lapsed_session, session_of
from afterglow_web.session.provider import Provider
from afterglow_web.session.sealing import Vault
from afterglow_web.session.tokens import open_token


async def end(request: Request) -> str:
    """End the request's session and return the address at auth to go on to."""
    session = await session_of(request)
    vault: Vault = request.app.state.vault
    provider: Provider = request.app.state.provider
    key = await vault.key_of(session.person_id)
    try:
        hint = open_token(key, session, "id_token")
    except SignInAgain:
        hint = None  # auth then asks for a confirmation of its own
    async with store.cookie_work(request.app.state.database, session.cookie_hash, session.row_context) as work:
        await store.end(work, session)
        await trail_of(request).record(
            work, session.caller(), "session:end", object_id=session.id, subject_id=session.person_id
        )
    if hint:
        await provider.end_session(hint)  # the browser goes there too, but a browser may be stopped on the way
    return provider.sign_out_url(hint)


async def end_lapsed(request: Request) -> None:
    """End what is left at auth of a session that rested too long: or one click would bring it back unasked."""
    session = lapsed_session(request)
    if session is None:
        return
    vault: Vault = request.app.state.vault
    provider: Provider = request.app.state.provider
    with suppress(SignInAgain):
        await provider.end_session(open_token(await vault.key_of(session.person_id), session, "id_token"))
