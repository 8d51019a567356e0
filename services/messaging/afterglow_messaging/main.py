"""The messaging service: `uvicorn --factory afterglow_messaging.main:create`."""

from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.bearer import bearer
from afterglow_foundation.callers import Authenticator, Caller
from afterglow_foundation.database import Database
from afterglow_foundation.housekeeping import housekeeping
from afterglow_foundation.tokens import KeyCache, TokenVerifier, fetch_keys
from fastapi import FastAPI
from starlette.requests import Request

from afterglow_messaging import keys as conversation_keys
from afterglow_messaging.access_log.routes import router as access_log
from afterglow_messaging.answering.routes import router as answering
from afterglow_messaging.attachments.finishing import Bench
from afterglow_messaging.attachments.forgetting import forget_unsent
from afterglow_messaging.attachments.routes import router as attachments
from afterglow_messaging.attachments.scanning import Scanner
from afterglow_messaging.audit.routes import router as audit
from afterglow_messaging.availability.routes import router as availability
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.routes import router as conversations
from afterglow_messaging.corrections.routes import router as corrections
from afterglow_messaging.exports.routes import router as exports
from afterglow_messaging.live.hub import Hub
from afterglow_messaging.live.lifespan import live
from afterglow_messaging.live.routes import internal as wake_ups
from afterglow_messaging.live.routes import router as live_routes
from afterglow_messaging.messages.routes import router as messages
from afterglow_messaging.notices.rounds import telling
from afterglow_messaging.notices.routes import router as notices
from afterglow_messaging.people.receiving import make_receiver
from afterglow_messaging.permissions import access
from afterglow_messaging.read_marks.routes import router as read_marks
from afterglow_messaging.saved_answers.routes import router as saved_answers
from afterglow_messaging.scheduled.rounds import sending_later
from afterglow_messaging.scheduled.routes import router as scheduled
from afterglow_messaging.searching.routes import router as searching
from afterglow_messaging.seen.routes import router as seen
from afterglow_messaging.settings import Settings
from afterglow_messaging.withdrawals.routes import router as withdrawals

ROUTERS = (
    *(conversations, availability, messages, attachments, corrections, withdrawals, read_marks, seen),
    *(searching, exports, answering, saved_answers, scheduled, notices, live_routes, wake_ups),
    *(access_log, audit),
)


def create(
    settings: Settings | None = None, *, database: Database | None = None, keys: KeyCache | None = None
) -> FastAPI:
    """Build the app. `database` and `keys` (auth's public keys) replace the configured ones in tests."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value(), generic_plans=True)
    keys = keys or KeyCache(fetch_keys(f"{settings.auth_url}/auth/jwks"))
    app = create_app(
        Parts(
            name="messaging",
            settings=settings,
            database=database,
            routers=ROUTERS,
            access=access,
            authenticate=authenticator(settings, keys),
            audit_table=AuditEvent,
            openapi_url="/api/messaging/openapi.json",
            checks={"keys": keys.ready},
            lifespans=[live, telling, sending_later, housekeeping(forget_unsent)],
            receiver=make_receiver(settings, keys),
        )
    )
    app.state.keys = conversation_keys.make_store(settings)
    app.state.practice = settings.practice
    app.state.hub = Hub()
    app.state.bench = Bench(database, app.state.keys, app.state.audit, Scanner(settings.clamd))
    return app


def authenticator(settings: Settings, keys: KeyCache) -> Authenticator:
    """By path: people's tokens for the API, services' own for what the gateway does not route."""
    people = TokenVerifier(issuer=settings.issuer, audience=settings.audience("messaging"), keys=keys)
    services = TokenVerifier(issuer=settings.issuer, audience=f"{settings.base_url}/internal/live", keys=keys)
    doors = {False: bearer(people, scope="messaging"), True: bearer(services, scope="live")}

    async def authenticate(request: Request) -> Caller | None:
        return await doors[request.scope["path"].startswith("/internal/")](request)

    return authenticate
