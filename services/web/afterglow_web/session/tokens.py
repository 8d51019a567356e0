"""The access token a page forwards: opened from the session, refreshed when it runs out, once for all tabs."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from afterglow_foundation.errors import Unavailable
from afterglow_foundation.sealing import DataKey
from afterglow_foundation.tokens import InvalidTokenError
from fastapi import Depends
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request

from afterglow_web.session import store
from afterglow_web.session.authentication import SignInAgain, session_of
from afterglow_web.session.models import WebSession, now
from afterglow_web.session.provider import GrantRefusedError, Provider, Tokens
from afterglow_web.session.sealing import Vault, binding
from afterglow_web.session.store import BrowserSession

SPARE = timedelta(seconds=20)
SEALED = ("access_token", "refresh_token", "id_token")


def seal_tokens(key: DataKey, session: WebSession | BrowserSession, tokens: Tokens) -> dict[str, object]:
    """Return the columns that hold these tokens, each sealed to its own place; a token not sent leaves its column."""
    sealed: dict[str, object] = {
        column: key.seal(token, binding("web_sessions", column, session.id, session.person_id))
        for column in SEALED
        if (token := getattr(tokens, column))
    }
    return {**sealed, "access_expires_at": now() + timedelta(seconds=tokens.expires_in)}


def open_token(key: DataKey, session: BrowserSession, column: str) -> str:
    """Return one token of the session. Raises SealBrokenError for a value that was moved, SignInAgain for none."""
    sealed: bytes | None = getattr(session, column)
    if sealed is None:
        raise SignInAgain
    return key.open(sealed, binding("web_sessions", column, session.id, session.person_id))


async def access_token(request: Request) -> str:
    """Return an access token that lasts a while. Raises SignInAgain when auth grants none any more."""
    session = await session_of(request)
    vault: Vault = request.app.state.vault
    key = await vault.key_of(session.person_id)
    if session.access_expires_at <= now() + SPARE:
        session = await refresh(request, session, key)
    return open_token(key, session, "access_token")


AccessToken = Annotated[str, Depends(access_token)]


async def refresh(request: Request, session: BrowserSession, key: DataKey) -> BrowserSession:
    """Renew the session's tokens under a lock on its row: of two tabs at once, only one asks auth."""
    provider: Provider = request.app.state.provider
    async with store.cookie_work(request.app.state.database, session.cookie_hash, session.row_context) as work:
        current = await lock(work, session)
        if current.ended_at is None and current.access_expires_at <= now() + SPARE:
            try:
                tokens = await renewed(provider, key, current)
            except (GrantRefusedError, InvalidTokenError):
                await store.end(work, current)
                current = replace(current, ended_at=now())
            else:
                current = await keep(work, current, seal_tokens(key, current, tokens))
    if current.ended_at is not None:
        request.state.session, request.state.lapsed, request.state.caller = None, current, None
        raise SignInAgain
    request.state.session = current
    return current


async def renewed(provider: Provider, key: DataKey, session: BrowserSession) -> Tokens:
    """New tokens for the same sign-in. Raises GrantRefusedError, and InvalidTokenError for another one's."""
    tokens = await provider.refresh(open_token(key, session, "refresh_token"))
    if tokens.id_token:
        try:
            await provider.recognise(tokens.id_token, open_token(key, session, "id_token"))
        except InvalidTokenError:
            await provider.revoke(tokens)
            raise
    return tokens


async def lock(work: AsyncSession, session: BrowserSession) -> BrowserSession:
    columns = [col(getattr(WebSession, name)) for name in store.COLUMNS]
    query = select(*columns).where(col(WebSession.id) == session.id).with_for_update()
    row = (await work.execute(query)).one_or_none()
    if row is None:
        raise Unavailable
    return BrowserSession(**dict(row._mapping))  # noqa: SLF001  # SQLAlchemy's public way to a mapping


async def keep(work: AsyncSession, session: BrowserSession, values: dict[str, object]) -> BrowserSession:
    await work.execute(update(WebSession).where(col(WebSession.id) == session.id).values(**values))
    return replace(session, **values)  # type: ignore[arg-type]  # the values are columns of the session by name
