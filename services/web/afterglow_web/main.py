"""web: every page but the sign-in pages, and the browser's session."""

from functools import partial

from afterglow_design.language_of_request import LanguageOfRequest
from afterglow_design.practice_now import KnownPractice, PracticeOfRequest
from afterglow_design.static import mount
from afterglow_design.templates import Templates, make_templates
from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.database import Database
from afterglow_foundation.errors import PERHAPS_AWAY
from afterglow_foundation.tokens import KeyCache, fetch_keys
from fastapi import FastAPI

from afterglow_web import home, wording
from afterglow_web.access_log import routes as access_log_routes
from afterglow_web.admin import routes as admin_routes
from afterglow_web.admin import wording as admin_wording
from afterglow_web.auditing import wording as audit_wording
from afterglow_web.base import AuditEvent
from afterglow_web.broken_forms import BrokenForms
from afterglow_web.client import one_check_in
from afterglow_web.client import routes as client_routes
from afterglow_web.course import desk as course_desk
from afterglow_web.course import doses as course_doses
from afterglow_web.course import meetings as course_meetings
from afterglow_web.course import path as course_path
from afterglow_web.course import wording as course_wording
from afterglow_web.dose_curve import routes as dose_curve_routes
from afterglow_web.events.receiving import make_receiver
from afterglow_web.help import routes as help_routes
from afterglow_web.journal import pinning
from afterglow_web.journal import routes as journal_routes
from afterglow_web.journal import wording as journal_wording
from afterglow_web.journal import writing as journal_writing
from afterglow_web.live import routes as live_routes
from afterglow_web.live.hub import Hub
from afterglow_web.live.lifespan import live
from afterglow_web.messages import routes as message_routes
from afterglow_web.offline import routes as offline_routes
from afterglow_web.offline.shell import Shells
from afterglow_web.permissions import access
from afterglow_web.practice import copying as practice
from afterglow_web.practice import routes as practice_routes
from afterglow_web.practice import wording as practice_wording
from afterglow_web.problems import render_nowhere, render_problem
from afterglow_web.session import idle, leaving
from afterglow_web.session import routes as session_routes
from afterglow_web.session.authentication import authenticate
from afterglow_web.session.provider import Provider
from afterglow_web.session.sealing import Vault
from afterglow_web.settings import Settings
from afterglow_web.therapist import routes as therapist_routes
from afterglow_web.upstreams import Upstreams
from afterglow_web.voice_notes import routes as voice_note_routes

PACKAGE = "afterglow_web"
NO_PAGES = ("/livez", "/metrics", "/readyz", "/static/")


def create(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    keys: KeyCache | None = None,
    upstreams: Upstreams | None = None,
) -> FastAPI:
    """Build web's app from settings; tests bring their own database, keys and upstreams."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value())
    keys = keys or KeyCache(fetch_keys(f"{settings.auth_url}/auth/jwks"))
    upstreams = upstreams or Upstreams.connect(settings)
    parts = Parts(
        name="web",
        settings=settings,
        database=database,
        # In the order of how often they are asked: every route before the right one is tried.
        routers=[
            home.router,
            client_routes.router,
            one_check_in.router,
            message_routes.router,
            live_routes.router,
            session_routes.router,
            journal_routes.router,
            journal_writing.router,
            access_log_routes.router,
            course_path.router,
            pinning.router,
            voice_note_routes.router,
            therapist_routes.router,
            course_desk.router,
            course_doses.router,
            course_meetings.router,
            dose_curve_routes.router,
            admin_routes.router,
            practice_routes.router,
            help_routes.router,
            offline_routes.router,
            leaving.router,
            idle.router,
        ],
        access=access,
        authenticate=authenticate,
        audit_table=AuditEvent,
        checks={"keys": keys.ready},
        lifespans=[upstreams.lifespan, live],
        receiver=make_receiver(settings, keys),
    )
    app = create_app(parts)
    app.state.practice = KnownPractice(settings.practice, partial(practice.saved, database), away=PERHAPS_AWAY)
    app.add_middleware(PracticeOfRequest, known=app.state.practice, without=NO_PAGES)
    app.add_middleware(LanguageOfRequest)
    app.add_middleware(BrokenForms)
    app.state.upstreams = upstreams
    app.state.hub = Hub()
    app.state.vault = Vault(settings, database)
    app.state.provider = Provider(settings, upstreams.auth, keys)
    app.state.templates = page_templates(settings)
    app.state.shells = Shells(app.state.templates)
    app.state.render_problem = render_problem
    app.add_exception_handler(404, render_nowhere)
    mount(app, "/static", package=PACKAGE)
    return app


def page_templates(settings: Settings) -> Templates:
    """Design's environment with web's own templates and words."""
    templates = make_templates(PACKAGE, static_prefix="/static", practice=settings.practice)
    templates.environment.filters.update({**wording.FILTERS, **admin_wording.FILTERS})
    templates.environment.filters.update({**course_wording.FILTERS, **journal_wording.FILTERS})
    templates.environment.filters.update({**practice_wording.FILTERS, **audit_wording.FILTERS})
    return templates
