"""auth: who is who, who may sign in, who treats whom; OAuth 2.1 and OpenID Connect provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial

from afterglow_design import static
from afterglow_design.language_of_request import LanguageOfRequest
from afterglow_design.practice_now import KnownPractice, PracticeOfRequest
from afterglow_design.templates import Templates, make_templates
from afterglow_foundation import jobs
from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.database import Database
from afterglow_foundation.errors import PERHAPS_AWAY, is_away
from afterglow_foundation.sealing import FileKeyProvider
from afterglow_foundation.tokens import KeyCache
from fastapi import FastAPI

from afterglow_auth.access_log.routes import router as access_log
from afterglow_auth.accounts.meter import router as meter
from afterglow_auth.accounts.passwords import dummy_hash
from afterglow_auth.accounts.routes import router as accounts
from afterglow_auth.audit import AuditEvent
from afterglow_auth.auditing.routes import router as auditing
from afterglow_auth.backchannel.announcing import AT_ONCE, TELL_PROGRAM
from afterglow_auth.backchannel.delivering import tell_program
from afterglow_auth.break_glass.routes import router as break_glass
from afterglow_auth.care.ending import end_later
from afterglow_auth.care.routes import router as care
from afterglow_auth.care.service import END_CARE
from afterglow_auth.consents.routes import router as consents
from afterglow_auth.covers.routes import router as covers
from afterglow_auth.digests import Digests
from afterglow_auth.events.polling import Outlet
from afterglow_auth.events.routes import router as events
from afterglow_auth.factor_resets.pages import router as objections
from afterglow_auth.factor_resets.routes import router as factor_resets
from afterglow_auth.factor_resets.service import SETTLE
from afterglow_auth.factor_resets.settling import settle_later
from afterglow_auth.housekeeping import housekeeping
from afterglow_auth.imports.carrying_out import carry_out_later as carry_out_import
from afterglow_auth.imports.routes import router as imports
from afterglow_auth.imports.service import CARRY_OUT as CARRY_OUT_IMPORT
from afterglow_auth.invitations.routes import router as invitations
from afterglow_auth.keys.routes import router as signing_keys
from afterglow_auth.links.routes import router as links
from afterglow_auth.mail.delivering import deliver
from afterglow_auth.mail.sending import SEND_LETTER
from afterglow_auth.mail.watching import mail_watch
from afterglow_auth.notices.delivering import deliver_notice
from afterglow_auth.notices.routes import handing_over, quiet_hours
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_auth.nowhere import tell_of_nowhere
from afterglow_auth.oauth.bearer import authenticator, own_verifiers
from afterglow_auth.oauth.clients import ClientDirectory
from afterglow_auth.oauth.pages import router as authorization
from afterglow_auth.oauth.routes import router as oauth
from afterglow_auth.oauth.signing_keys import SigningKeys
from afterglow_auth.own_covers.routes import router as own_covers
from afterglow_auth.pages import render_problems
from afterglow_auth.permissions import access
from afterglow_auth.practice import service as practice
from afterglow_auth.practice.routes import router as practice_settings
from afterglow_auth.programs.routes import router as programs
from afterglow_auth.proposals.deciding import carry_out_later
from afterglow_auth.proposals.making import CARRY_OUT
from afterglow_auth.proposals.routes import router as proposals
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.push.delivering import deliver_push
from afterglow_auth.push.forgetting import FORGET_BROWSERS, forget_browsers
from afterglow_auth.push.routes import notice_way, subscriptions
from afterglow_auth.push.spreading import SEND_PUSH
from afterglow_auth.recovery import service as recovery
from afterglow_auth.recovery.routes import router as forgotten
from afterglow_auth.resets.routes import router as resets
from afterglow_auth.roles.routes import router as roles
from afterglow_auth.security.routes import ROUTERS as SECURITY
from afterglow_auth.sessions.leaving import LEAVE
from afterglow_auth.sessions.leaving import router as leaving
from afterglow_auth.sessions.routes import router as sessions
from afterglow_auth.sessions.sign_out import router as sign_out
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in.codes import router as codes
from afterglow_auth.sign_in.confirm_pages import router as confirm
from afterglow_auth.sign_in.factor import router as factor
from afterglow_auth.sign_in.routes import router as sign_in
from afterglow_auth.sign_in.second import router as second
from afterglow_auth.sign_in.terms import router as terms
from afterglow_auth.streams.routes import router as streams

STATIC = "/auth/static"
FOR_PROGRAMS = (
    "/internal/",
    "/livez",
    "/metrics",
    "/readyz",
    "/auth/token",
    "/auth/par",
    "/auth/introspect",
    "/auth/jwks",
)
NO_PAGES = (*FOR_PROGRAMS, "/api/", STATIC, "/auth/logo/")
# In the order of how often they are asked: of paths with a parameter every route before the right one is tried.
ROUTERS = (
    oauth,
    authorization,
    sign_in,
    events,
    streams,
    accounts,
    care,
    handing_over,
    covers,
    break_glass,
    own_covers,
    imports,
    invitations,
    practice_settings,
    programs,
    signing_keys,
    access_log,
    auditing,
    proposals,
    quiet_hours,
    notice_way,
    subscriptions,
    resets,
    roles,
    factor_resets,
    sessions,
    consents,
    links,
    forgotten,
    meter,
    objections,
    confirm,
    second,
    factor,
    codes,
    terms,
    sign_out,
    leaving,
    *SECURITY,
)


def create(
    settings: Settings | None = None, *, database: Database | None = None, keys: KeyCache | None = None
) -> FastAPI:
    """Build the service. `keys` replaces where access tokens' keys are looked up; by default the own database."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value(), generic_plans=True)
    provider = assemble(settings, database)
    keys = keys or KeyCache(provider.keys.key_set)
    app = create_app(
        Parts(
            name="auth",
            settings=settings,
            database=database,
            routers=ROUTERS,
            access=access,
            authenticate=authenticator(provider, keys),
            audit_table=AuditEvent,
            openapi_url="/api/accounts/openapi.json",
            checks={"keys": provider.keys.ready},
            lifespans=[
                prepare,
                housekeeping,
                deliver_events,
                mail_watch,
                jobs.worker(handlers(provider), limits={TELL_PROGRAM: AT_ONCE}),
            ],
        )
    )
    app.add_middleware(PracticeOfRequest, known=provider.practice, without=NO_PAGES)
    app.add_middleware(LanguageOfRequest, without=FOR_PROGRAMS)
    app.state.practice = provider.practice
    app.state.outlet = Outlet(app.state.metrics.registry)
    app.state.provider = provider
    app.state.own_tokens = own_verifiers(provider, keys)
    static.mount(app, STATIC, package="afterglow_auth")
    render_problems(app, provider)
    tell_of_nowhere(app, provider)
    return app


def handlers(provider: IdentityProvider) -> dict[str, jobs.Handler]:
    """What the worker does, by the names of jobs."""
    return {
        CARRY_OUT_IMPORT: partial(carry_out_import, provider.settings),
        END_CARE: end_later,
        CARRY_OUT: partial(carry_out_later, provider.settings),
        SETTLE: partial(settle_later, provider.settings),
        recovery.BEGIN_RECOVERY: recovery.begin,
        SEND_LETTER: partial(deliver, provider),
        FORGET_BROWSERS: forget_browsers,
        SEND_NOTICE: partial(deliver_notice, provider),
        SEND_PUSH: partial(deliver_push, provider),
        TELL_PROGRAM: partial(tell_program, provider),
    }


def assemble(settings: Settings, database: Database) -> IdentityProvider:
    sealed_with = FileKeyProvider(settings.key_encryption_keys.get_secret_value())
    return IdentityProvider(
        settings=settings,
        database=database,
        digests=Digests(settings.token_hashing_key.get_secret_value()),
        keys=SigningKeys(database, sealed_with),
        sealed_with=sealed_with,
        clients=ClientDirectory(database),
        templates=templates(),
        practice=KnownPractice(settings.practice, partial(practice.saved, database), away=PERHAPS_AWAY),
    )


@cache
def templates() -> Templates:
    """Compiled once per process, however often the service is put together (tests do, hundreds of times)."""
    made = make_templates("afterglow_auth", static_prefix=STATIC)
    made.environment.globals.update(leave_path=LEAVE, leave_everywhere=True)  # nobody stays because they are signing in
    return made


@asynccontextmanager
async def deliver_events(app: FastAPI) -> AsyncIterator[None]:
    """Wake the polls that wait."""
    outlet: Outlet = app.state.outlet
    async with outlet.lifespan(app):
        yield


@asynccontextmanager
async def prepare(app: FastAPI) -> AsyncIterator[None]:
    """Have a signing key before the first request, and the hash that stands for accounts that do not exist.

    After a power cut the database may come later than we do: then /readyz, which needs the key, asks for it again.
    """
    provider: IdentityProvider = app.state.provider
    dummy_hash()
    try:
        await provider.keys.signer()
    except PERHAPS_AWAY as error:
        if not is_away(error):
            raise
    yield
