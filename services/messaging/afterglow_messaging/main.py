"""The messaging service: `uvicorn --factory afterglow_messaging.main:create`."""

from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.database import Database
from afterglow_foundation.tokens import KeyCache, TokenVerifier, bearer, fetch_keys
from fastapi import FastAPI

from afterglow_messaging import keys as conversation_keys
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.routes import router as conversations
from afterglow_messaging.messages.routes import router as messages
from afterglow_messaging.permissions import access
from afterglow_messaging.settings import Settings


def create(
    settings: Settings | None = None, *, database: Database | None = None, keys: KeyCache | None = None
) -> FastAPI:
    """Build the app. `database` and `keys` (auth's public keys) replace the configured ones in tests."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value())
    keys = keys or KeyCache(fetch_keys(f"{settings.auth_url}/auth/jwks"))
    verifier = TokenVerifier(issuer=settings.issuer, audience=settings.audience("messaging"), keys=keys)
    app = create_app(
        Parts(
            name="messaging",
            settings=settings,
            database=database,
            routers=[conversations, messages],
            access=access,
            authenticate=bearer(verifier, scope="messaging"),
            audit_table=AuditEvent,
            openapi_url="/api/messaging/openapi.json",
            checks={"keys": keys.ready},
        )
    )
    app.state.keys = conversation_keys.make_store(settings)
    return app
