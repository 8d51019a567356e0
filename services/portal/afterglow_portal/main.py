"""Portal: check-ins, journal, courses of treatment, choices, prompts, caseload: a JSON API behind bearer tokens."""

from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.bearer import bearer
from afterglow_foundation.callers import Authenticator
from afterglow_foundation.database import Database
from afterglow_foundation.housekeeping import housekeeping
from afterglow_foundation.tokens import KeyCache, TokenVerifier, fetch_keys
from fastapi import FastAPI

from afterglow_portal.access_log.routes import router as access_log
from afterglow_portal.agenda.routes import router as agenda
from afterglow_portal.api import PREFIX
from afterglow_portal.audit.routes import router as audit
from afterglow_portal.break_glass.routes import router as break_glass
from afterglow_portal.brief.routes import router as brief
from afterglow_portal.caseload.kept import KeptDays
from afterglow_portal.caseload.routes import router as caseload
from afterglow_portal.checkins.routes import router as check_ins
from afterglow_portal.consent.routes import router as consent
from afterglow_portal.course.routes import router as courses
from afterglow_portal.curve.routes import router as dose_curve
from afterglow_portal.dosing_day.routes import router as dosing_days
from afterglow_portal.earlier_shares.routes import router as earlier_shares
from afterglow_portal.journal.routes import router as journal
from afterglow_portal.long_term.routes import router as long_term
from afterglow_portal.models import AuditEvent
from afterglow_portal.notes.routes import router as summaries
from afterglow_portal.people.receiving import make_receiver
from afterglow_portal.people.routes import router as people
from afterglow_portal.permissions import access
from afterglow_portal.preferences.routes import router as preferences
from afterglow_portal.process_notes.routes import router as process_notes
from afterglow_portal.quiet_mode.routes import router as quiet_mode
from afterglow_portal.references.routes import router as references
from afterglow_portal.reminders.rounds import reminding
from afterglow_portal.reminders.routes import router as reminders
from afterglow_portal.sealed_notes.routes import router as sealed_notes
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings
from afterglow_portal.tasks.routes import router as tasks
from afterglow_portal.voice_notes.erasing import forget_unfinished
from afterglow_portal.voice_notes.routes import router as voice_notes

ROUTERS = (
    check_ins,
    caseload,
    brief,
    journal,
    voice_notes,
    agenda,
    courses,
    dosing_days,
    dose_curve,
    summaries,
    process_notes,
    sealed_notes,
    tasks,
    long_term,
    preferences,
    quiet_mode,
    people,
    break_glass,
    consent,
    earlier_shares,
    references,
    reminders,
    access_log,
    audit,
)


def create(
    settings: Settings | None = None, *, database: Database | None = None, keys: KeyCache | None = None
) -> FastAPI:
    """The ASGI app; `database` and `keys` are given by tests, otherwise made from the settings."""
    settings = settings or Settings()
    database = database or Database.connect(settings.database_url.get_secret_value())
    keys = keys or KeyCache(fetch_keys(f"{settings.auth_url}/auth/jwks"))
    parts = Parts(
        name="portal",
        settings=settings,
        database=database,
        routers=ROUTERS,
        access=access,
        authenticate=authenticator(settings, keys),
        audit_table=AuditEvent,
        openapi_url=f"{PREFIX}/openapi.json",
        checks={"keys": keys.ready},
        lifespans=[housekeeping(forget_unfinished), reminding],
        receiver=make_receiver(settings, keys),
    )
    app = create_app(parts)
    app.state.data_keys = key_store(settings)
    app.state.kept_days = KeptDays()
    return app


def authenticator(settings: Settings, keys: KeyCache) -> Authenticator:
    verifier = TokenVerifier(issuer=settings.issuer, audience=settings.audience("portal"), keys=keys)
    return bearer(verifier, scope="portal")
