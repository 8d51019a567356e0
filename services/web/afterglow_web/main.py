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
from afterglow_web.answering import routes as answering_routes
from afterglow_web.answering import wording as answering_wording
from afterglow_web.attachments import routes as attachment_routes
from afterglow_web.attachments import wording as attachment_wording
from afterglow_web.auditing import wording as audit_wording
from afterglow_web.base import AuditEvent
from afterglow_web.brief import routes as brief_routes
from afterglow_web.brief import wording as brief_wording
from afterglow_web.broken_forms import BrokenForms
from afterglow_web.client import one_check_in
from afterglow_web.client import routes as client_routes
from afterglow_web.conversation_exports import routes as conversation_export_routes
from afterglow_web.course import desk as course_desk
from afterglow_web.course import doses as course_doses
from afterglow_web.course import earlier as course_earlier
from afterglow_web.course import meetings as course_meetings
from afterglow_web.course import path as course_path
from afterglow_web.course import withdrawing as course_withdrawing
from afterglow_web.course import wording as course_wording
from afterglow_web.covers import pages as covers_pages
from afterglow_web.dose_curve import routes as dose_curve_routes
from afterglow_web.dosing_day import desk as dosing_day_desk
from afterglow_web.dosing_day import path as dosing_day_path
from afterglow_web.dosing_day import wording as dosing_day_wording
from afterglow_web.earlier_shares import pages as earlier_shares_pages
from afterglow_web.earlier_shares import wording as earlier_shares_wording
from afterglow_web.emergencies import ending as emergency_ending
from afterglow_web.emergencies import opening as emergency_opening
from afterglow_web.emergencies import reviewing as emergency_reviewing
from afterglow_web.emergencies import wording as emergency_wording
from afterglow_web.events.receiving import make_receiver
from afterglow_web.help import routes as help_routes
from afterglow_web.journal import pinning
from afterglow_web.journal import routes as journal_routes
from afterglow_web.journal import wording as journal_wording
from afterglow_web.journal import writing as journal_writing
from afterglow_web.live import routes as live_routes
from afterglow_web.live.hub import Hub
from afterglow_web.live.lifespan import live
from afterglow_web.long_term import desk as long_term_desk
from afterglow_web.long_term import wording as long_term_wording
from afterglow_web.messages import availability
from afterglow_web.messages import changing as message_changing
from afterglow_web.messages import routes as message_routes
from afterglow_web.messages import wording as message_wording
from afterglow_web.notes import desk as notes_desk
from afterglow_web.notes import path as notes_path
from afterglow_web.notices import browsers as notice_browsers
from afterglow_web.notices import routes as notice_routes
from afterglow_web.offline import routes as offline_routes
from afterglow_web.offline.shell import Shells
from afterglow_web.permissions import access
from afterglow_web.practice import copying as practice
from afterglow_web.practice import routes as practice_routes
from afterglow_web.practice import wording as practice_wording
from afterglow_web.preferences import path as preferences_path
from afterglow_web.preferences import wording as preferences_wording
from afterglow_web.problems import render_nowhere, render_problem
from afterglow_web.process_notes import pages as process_note_pages
from afterglow_web.process_notes import writing as process_note_writing
from afterglow_web.quiet_mode import routes as quiet_mode_routes
from afterglow_web.reminders import routes as reminder_routes
from afterglow_web.saved_answers import inserting as answer_inserting
from afterglow_web.saved_answers import routes as saved_answer_routes
from afterglow_web.scheduled import routes as scheduled_routes
from afterglow_web.sealed_notes import deciding as sealed_note_deciding
from afterglow_web.sealed_notes import desk as sealed_note_desk
from afterglow_web.sealed_notes import wording as sealed_note_wording
from afterglow_web.searching import routes as searching_routes
from afterglow_web.seen import routes as seen_routes
from afterglow_web.session import idle, leaving
from afterglow_web.session import routes as session_routes
from afterglow_web.session.authentication import authenticate
from afterglow_web.session.provider import Provider
from afterglow_web.session.sealing import Vault
from afterglow_web.session.sweeping import sweeping
from afterglow_web.settings import Settings
from afterglow_web.tasks import desk as tasks_desk
from afterglow_web.tasks import path as tasks_path
from afterglow_web.tasks import wording as tasks_wording
from afterglow_web.therapist import caseload as therapist_caseload
from afterglow_web.therapist import routes as therapist_routes
from afterglow_web.therapist import wording as therapist_wording
from afterglow_web.upstreams import Upstreams
from afterglow_web.voice_notes import routes as voice_note_routes

PACKAGE = "afterglow_web"
NO_PAGES = ("/livez", "/metrics", "/readyz", "/static/")

# In the order of how often they are asked: every route before the right one is tried.
ROUTERS = (
    home.router,
    client_routes.router,
    one_check_in.router,
    message_routes.router,
    attachment_routes.router,
    searching_routes.router,
    seen_routes.router,
    answering_routes.router,
    saved_answer_routes.router,
    answer_inserting.router,
    scheduled_routes.router,
    conversation_export_routes.router,
    message_changing.router,
    live_routes.router,
    session_routes.router,
    journal_routes.router,
    journal_writing.router,
    access_log_routes.router,
    notice_routes.router,
    notice_browsers.router,
    reminder_routes.router,
    course_path.router,
    course_earlier.router,
    dosing_day_path.router,
    notes_path.router,
    tasks_path.router,
    preferences_path.router,
    quiet_mode_routes.router,
    pinning.router,
    earlier_shares_pages.router,
    voice_note_routes.router,
    therapist_caseload.router,
    therapist_routes.router,
    brief_routes.router,
    course_desk.router,
    course_doses.router,
    course_withdrawing.router,
    notes_desk.router,
    process_note_writing.router,
    process_note_pages.router,
    sealed_note_desk.router,
    tasks_desk.router,
    long_term_desk.router,
    course_meetings.router,
    dosing_day_desk.router,
    dose_curve_routes.router,
    covers_pages.router,
    emergency_ending.router,
    emergency_opening.router,
    emergency_reviewing.router,
    admin_routes.router,
    practice_routes.router,
    sealed_note_deciding.router,
    help_routes.router,
    offline_routes.router,
    leaving.router,
    idle.router,
)


def create(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    keys: KeyCache | None = None,
    upstreams: Upstreams | None = None,
) -> FastAPI:
    """Build web's app from settings; tests bring their own database, keys and upstreams."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value(), generic_plans=True)
    keys = keys or KeyCache(fetch_keys(f"{settings.auth_url}/auth/jwks"))
    upstreams = upstreams or Upstreams.connect(settings)
    parts = Parts(
        name="web",
        settings=settings,
        database=database,
        routers=ROUTERS,
        access=access,
        authenticate=authenticate,
        audit_table=AuditEvent,
        checks={"keys": keys.ready},
        lifespans=[upstreams.lifespan, live, sweeping],
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
    templates.environment.filters.update({**dosing_day_wording.FILTERS, **tasks_wording.FILTERS})
    templates.environment.filters.update({**emergency_wording.FILTERS, **earlier_shares_wording.FILTERS})
    templates.environment.filters.update({**preferences_wording.FILTERS, **attachment_wording.FILTERS})
    templates.environment.filters.update({**practice_wording.FILTERS, **audit_wording.FILTERS})
    templates.environment.filters.update({**message_wording.FILTERS, **long_term_wording.FILTERS})
    templates.environment.filters.update(availability.FILTERS)
    templates.environment.filters.update({**sealed_note_wording.FILTERS, **answering_wording.FILTERS})
    templates.environment.filters.update({**therapist_wording.FILTERS, **brief_wording.FILTERS})
    return templates
