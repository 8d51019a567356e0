"""auth: who is who, who may sign in, who treats whom; OAuth 2.1 and OpenID Connect provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from afterglow_design import static
from afterglow_design.practice import Practice
from afterglow_design.templates import Templates, make_templates
from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.database import Database
from afterglow_foundation.sealing import FileKeyProvider
from afterglow_foundation.tokens import KeyCache
from fastapi import FastAPI

from afterglow_auth.accounts.passwords import dummy_hash
from afterglow_auth.accounts.routes import router as accounts
from afterglow_auth.audit import AuditEvent
from afterglow_auth.digests import Digests
from afterglow_auth.events.routes import router as events
from afterglow_auth.housekeeping import housekeeping
from afterglow_auth.oauth.bearer import authenticator, own_verifiers
from afterglow_auth.oauth.clients import ClientDirectory
from afterglow_auth.oauth.pages import router as authorization
from afterglow_auth.oauth.routes import router as oauth
from afterglow_auth.oauth.signing_keys import SigningKeys
from afterglow_auth.pages import render_problems
from afterglow_auth.permissions import access
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.sign_out import router as sign_out
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in.routes import router as sign_in

STATIC = "/auth/static"


def create(
    settings: Settings | None = None, *, database: Database | None = None, keys: KeyCache | None = None
) -> FastAPI:
    """Build the service. `keys` replaces where access tokens' keys are looked up; by default the own database."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value())
    provider = assemble(settings, database)
    keys = keys or KeyCache(provider.keys.key_set)
    app = create_app(
        Parts(
            name="auth",
            settings=settings,
            database=database,
            routers=[accounts, events, oauth, authorization, sign_in, sign_out],
            access=access,
            authenticate=authenticator(provider, keys),
            audit_table=AuditEvent,
            openapi_url="/api/accounts/openapi.json",
            checks={"keys": provider.keys.ready},
            lifespans=[prepare, housekeeping],
        )
    )
    app.state.provider = provider
    app.state.own_tokens = own_verifiers(provider, keys)
    static.mount(app, STATIC)
    render_problems(app, provider)
    return app


def assemble(settings: Settings, database: Database) -> IdentityProvider:
    sealed_with = FileKeyProvider(settings.key_encryption_keys.get_secret_value())
    return IdentityProvider(
        settings=settings,
        database=database,
        digests=Digests(settings.token_hashing_key.get_secret_value()),
        keys=SigningKeys(database, sealed_with),
        clients=ClientDirectory(database),
        templates=templates_for(settings.practice),
    )


@cache
def templates_for(practice: Practice) -> Templates:
    """Compiled once per process, however often the service is put together (tests do, hundreds of times)."""
    return make_templates("afterglow_auth", static_prefix=STATIC, practice=practice)


@asynccontextmanager
async def prepare(app: FastAPI) -> AsyncIterator[None]:
    """Have a signing key before the first request, and the hash that stands for accounts that do not exist."""
    provider: IdentityProvider = app.state.provider
    dummy_hash()
    await provider.keys.signer()
    yield
