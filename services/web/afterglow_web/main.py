"""web: every page but the sign-in pages, and the browser's session."""

from afterglow_design.static import mount
from afterglow_design.templates import Templates, make_templates
from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.database import Database
from afterglow_foundation.tokens import KeyCache, fetch_keys
from fastapi import FastAPI

from afterglow_web import home, wording
from afterglow_web.admin import routes as admin_routes
from afterglow_web.base import AuditEvent
from afterglow_web.client import routes as client_routes
from afterglow_web.help import routes as help_routes
from afterglow_web.permissions import access
from afterglow_web.problems import render_problem
from afterglow_web.session import routes as session_routes
from afterglow_web.session.authentication import authenticate
from afterglow_web.session.provider import Provider
from afterglow_web.session.sealing import Vault
from afterglow_web.settings import Settings
from afterglow_web.therapist import routes as therapist_routes
from afterglow_web.upstreams import Upstreams

PACKAGE = "afterglow_web"


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
        routers=[
            session_routes.router,
            home.router,
            client_routes.router,
            therapist_routes.router,
            admin_routes.router,
            help_routes.router,
        ],
        access=access,
        authenticate=authenticate,
        audit_table=AuditEvent,
        checks={"keys": keys.ready},
        lifespans=[upstreams.lifespan],
    )
    app = create_app(parts)
    app.state.upstreams = upstreams
    app.state.vault = Vault(settings, database)
    app.state.provider = Provider(settings, upstreams.auth, keys)
    app.state.templates = page_templates(settings)
    app.state.render_problem = render_problem
    mount(app, "/static", package=PACKAGE)
    return app


def page_templates(settings: Settings) -> Templates:
    """Design's environment with web's own templates and words."""
    templates = make_templates(PACKAGE, static_prefix="/static", practice=settings.practice)
    templates.environment.filters.update(wording.FILTERS)
    return templates
