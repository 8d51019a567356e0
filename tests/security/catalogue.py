"""What each route is asked with: ids of the client's own objects, and a body that would do.

A route that is not named here gets the path ids by their names, the required query by its schema, and the smallest body
that its OpenAPI schema allows. Name it here where that is not enough.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from afterglow_foundation.identifiers import new_id

from tests.auth.arranging import PASSWORD, picture
from tests.messaging.attachments.sending import numbered
from tests.portal.course.treating import a_session, correction, dose, plan
from tests.portal.dosing_day.observing import adverse, observed, reading
from tests.portal.journal.writing import draft, edit, entry
from tests.portal.tasks.assigning import days_ago
from tests.portal.voice_notes.recording import declared, sound
from tests.security.scene import Scene, address, cover_of
from tests.security.security_page import (
    NEW_PASSWORD,
    PASSKEY,
    QUESTION,
    a_consent_of_the_clients,
    a_question_of_the_clients,
    a_wish_of_the_clients,
    an_answer_of_the_clients_browser,
    an_app_of_the_clients,
    two_passkeys_each,
)


@dataclass(frozen=True)
class Asking:
    """Path ids beyond the scene's own, a query, and either JSON, form fields, a picture, or a part of an upload.

    `before` puts in place what the route needs, undone after each cell, and answers further fields of query or form.
    """

    ids: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    json: object = None
    form: Mapping[str, object] | None = None
    upload: bytes | None = None
    picture: bytes | None = None
    part: bytes | None = None
    before: "Callable[[Scene], Awaitable[Mapping[str, object]]] | None" = None


Ask = Callable[[Scene], Asking]
SCHEDULED = "/api/messaging/conversations/{conversation_id}/scheduled-messages/{message_id}"
LATER = "/conversations/{conversation_id}/later/{message_id}"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")  # on every clock still to come
FILE = "/api/messaging/conversations/{conversation_id}/attachments/{attachment_id}"
PAGES_FILE = "/conversations/{conversation_id}/attachments/{attachment_id}"
PAGES_NOTE = "/journal/{entry_id}/voice-notes/{note_id}"
NOTE = "/api/portal/journal/{entry_id}/voice-notes/{note_id}"
DESK_COURSE = "/clients/{client_id}/course"
NOTES, DESK_NOTES = "/api/portal/process-notes", "/clients/{client_id}/process-notes"
OPENINGS, DESK_SEALED = "/api/portal/sealed-notes/openings", "/clients/{client_id}/sealed-notes"
DAY = "/api/portal/dosing-days/{session_id}"
GIVEN = "/api/portal/courses/sessions/{session_id}/administrations/{administration_id}"
DESK_SESSION = f"{DESK_COURSE}/sessions/{{session_id}}"
DESK_CORRECTION = f"{DESK_SESSION}/doses/{{administration_id}}/correction"
DESK_WITHDRAWAL = f"{DESK_SESSION}/doses/{{administration_id}}/withdrawal"
SESSION_FORM = {"kind": "dosing", "planned_at": "2027-03-01T10:00", "time_zone": "Europe/London"}
READING_FORM = {
    "measured_at": "2026-03-01T10:00",
    "time_zone": "Europe/London",
    "moment": "baseline",
    "pulse": "72",
}
DOSE_FORM = {
    "given_at": "2026-03-01T10:00",
    "time_zone": "Europe/London",
    "route": "im",
    "medicine": "Ketamine",
    "dose_mg": "45",
}


def of_the_client(scene: Scene) -> Asking:
    return Asking(query={"client": scene.client.id})


def to_the_assigned(scene: Scene) -> Asking:
    """Whoever treats the client now."""
    return Asking({"therapist_id": scene.assigned.id}, json={})


def a_part(scene: Scene) -> Asking:
    """All of a recording that the client declared and has not sent yet."""
    return Asking({"note_id": scene.ids["begun_note_id"]}, part=sound(500))


def a_file(which: str, **asked: Any) -> Ask:
    """A file of the client's that is whole or just begun and not sent, or a new one."""

    def ask(scene: Scene) -> Asking:
        found = new_id() if which == "new" else scene.ids[f"{which}_attachment_id"]
        return Asking({"attachment_id": found}, **asked)

    return ask


def of_a_course(body: Callable[[], object] | None = None, new: str | None = None, session: str = "planned") -> Ask:
    """The client's course; `session` says which of its sessions, `new` which id is made for it."""

    def ask(scene: Scene) -> Asking:
        made = {new: new_id()} if new else {}
        ids = {"course_id": scene.ids["course_id"], "session_id": scene.ids[f"{session}_session_id"], **made}
        return Asking(ids, query={"client": scene.client.id}, json=body() if body else None)

    return ask


def of_an_open_session(body: Callable[[], object] | None = None, new: str | None = None) -> Ask:
    return of_a_course(body, new, "open")


def at_the_desk(session: str = "planned", act: str | None = None, **fields: object) -> Ask:
    """A page or a form of one of the client's sessions."""
    ids = {"act": act} if act else {}
    return lambda scene: Asking(
        {"session_id": scene.ids[f"{session}_session_id"], **ids}, form={"id": new_id(), **fields} if fields else None
    )


def day_form(scene: Scene) -> dict[str, object]:
    """The form of a reading in the session that is open."""
    return {"session_id": scene.ids["open_session_id"], "sheet": "vital-signs"}


def a_summary(scene: Scene) -> Asking:
    """Of a session that has none yet."""
    body = {"session_id": str(scene.ids["open_session_id"]), "text": "Hello"}
    return Asking({"summary_id": new_id()}, query={"client": scene.client.id}, json=body)


def of_a_note(method: str = "GET", *, new: bool = False, form: bool = False) -> Ask:
    """A note of the therapist who treats the client; `new` makes one, `form` posts a page's own form."""
    versioned = {"version_id": str(new_id()), "base_version": 1} if method == "POST" else {}

    def ask(scene: Scene) -> Asking:
        named = {"note_id": new_id() if new else scene.ids["process_note_id"]}
        if form:
            return Asking(named, form={"id": new_id(), "text": "Hello", **versioned})
        body = {"text": "Hello", **versioned} if method in {"POST", "PUT"} else None
        return Asking(named, query={"client": scene.client.id}, json=body)

    return ask


def a_task(scene: Scene) -> Asking:
    """For the days after the session that is open."""
    body = {"session_id": str(scene.ids["open_session_id"]), "title": "Hello", "minutes": 10, "days": 4}
    return Asking({"task_id": new_id()}, query={"client": scene.client.id}, json=body)


def done_now(_scene: Scene) -> Asking:
    """The second time today."""
    return Asking({"mark_id": new_id()}, json={"done_on": str(days_ago(0)), "occasion": 2})


def authorization(scene: Scene) -> Asking:
    return Asking(query=scene.program.request())


def service_token(scene: Scene) -> Asking:
    return Asking(form={"grant_type": "client_credentials", "scope": scene.service.scopes, **scene.service.proof()})


def choices(_scene: Scene) -> Asking:
    return Asking(json={"check_ins": "only_me"})


def guest(_scene: Scene) -> Asking:
    """Somebody new, under a new id."""
    return Asking({"invitation_id": new_id()}, json={"email": "new@example.org", "name": "New", "role": "client"})


def behind(link: str) -> Ask:
    return lambda scene: Asking(query={"token": scene.links[link]})


def through(link: str) -> Ask:
    """Choose a password behind a link; the code is asked for where somebody has a second factor."""
    chosen = {"choosing": "password", "password": PASSWORD, "repeated": PASSWORD}
    return lambda scene: Asking(form={"token": scene.links[link], "code": scene.links["code"], **chosen})


def for_later() -> dict[str, object]:
    return {"text": "Hello", "send_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}


def form(**fields: object) -> Ask:
    return lambda _scene: Asking(form=fields)


def of_the_guest(scene: Scene) -> Asking:
    """A page below that of whoever was invited."""
    return Asking({"person_id": scene.ids["guest_id"]}, form={})


def of_the_other_client(scene: Scene) -> Asking:
    """A page about their factor reset."""
    return Asking({"person_id": scene.other_client.id, "reset_id": scene.ids["factor_reset_id"]}, form={})


def of_the_colleague(scene: Scene) -> Asking:
    """The other admin, who is to become a therapist."""
    return Asking({"person_id": scene.colleague.id}, form={"id": new_id(), "role": "therapist"})


def with_new_id(scene: Scene) -> Asking:
    """A form that begins care by the other therapist, or does without knowing whom."""
    return Asking(form={"id": new_id(), "other": scene.unassigned.id})


def with_passkeys(**fields: object) -> Ask:
    """A form of somebody who has passkeys; the path may name one of the client's."""
    return lambda _scene: Asking({"passkey_id": PASSKEY}, form=fields, before=two_passkeys_each)


SUBSCRIPTION: dict[str, Any] = {  # the receiver's keys of RFC 8291's example
    "endpoint": "https://push.example/a-browser",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
SECURITY_PAGE: dict[tuple[str, str], Ask] = {
    ("POST", "/auth/security/app"): lambda _scene: Asking(form={}, before=an_app_of_the_clients),
    ("POST", "/auth/security/app/removal"): form(),
    ("POST", "/auth/security/codes"): with_passkeys(),
    ("POST", "/auth/security/codes/file"): form(codes="0123-4567-89ab"),
    ("POST", "/auth/security/codes/kept"): form(),
    ("POST", "/auth/security/notices"): form(address="safe@example.org"),
    ("GET", "/auth/security/notices/confirm"): lambda _scene: Asking(before=a_wish_of_the_clients),
    ("POST", "/auth/security/notices/confirm"): lambda _scene: Asking(form={}, before=a_wish_of_the_clients),
    ("POST", "/auth/security/notices/removal"): form(),
    ("GET", "/auth/security/notices/sent"): lambda _scene: Asking(before=a_wish_of_the_clients),
    ("POST", "/auth/security/passkeys/new"): lambda _scene: Asking(form={}, before=an_answer_of_the_clients_browser),
    ("GET", "/auth/security/passkeys/{passkey_id}"): lambda _scene: Asking(
        {"passkey_id": PASSKEY}, before=two_passkeys_each
    ),
    ("POST", "/auth/security/passkeys/{passkey_id}"): with_passkeys(name="Tablet"),
    ("GET", "/auth/security/passkeys/{passkey_id}/removal"): lambda _scene: Asking(
        {"passkey_id": PASSKEY}, before=two_passkeys_each
    ),
    ("POST", "/auth/security/passkeys/{passkey_id}/removal"): with_passkeys(),
    ("POST", "/auth/security/password"): form(password=NEW_PASSWORD, repeated=NEW_PASSWORD),
    ("POST", "/auth/security/password/removal"): with_passkeys(),
    ("GET", "/auth/security/programs/{program_id}"): lambda _scene: Asking(before=a_consent_of_the_clients),
    ("POST", "/auth/security/programs/{program_id}"): lambda _scene: Asking(form={}, before=a_consent_of_the_clients),
    ("POST", "/auth/security/sessions/all"): form(),
    ("POST", "/auth/security/sessions/others"): form(),
    ("POST", "/auth/security/sessions/{session_id}"): form(),
    ("POST", "/auth/security/you"): form(name="Rowan Aguilar", locale="es", time_zone="America/Denver"),
}


GUEST = "client@example.org"  # whom the scene has invited, and nobody treats
DIARY = {"name": "Diary", "redirect_uris": ["https://diary.example/callback"], "scopes": ["openid"]}
DIARY_FORM = {"name": "Diary", "redirect_uris": "https://diary.example/callback", "scope_openid": "yes"}
CATALOGUE: dict[tuple[str, str], Ask] = {
    **SECURITY_PAGE,
    # auth
    ("GET", "/auth/authorize"): authorization,
    ("POST", "/auth/authorize"): lambda scene: Asking(form=scene.program.request()),
    ("GET", "/auth/consent/{question_id}"): lambda _scene: Asking(
        {"question_id": QUESTION}, before=a_question_of_the_clients
    ),
    ("POST", "/auth/consent/{question_id}"): lambda _scene: Asking(
        {"question_id": QUESTION}, form={"answer": "allow"}, before=a_question_of_the_clients
    ),
    ("POST", "/auth/password-strength"): form(password=PASSWORD),
    ("POST", "/auth/sign-in"): lambda scene: Asking(form={"email": address(scene.client), "password": PASSWORD}),
    ("POST", "/auth/sign-in/codes"): form(make="yes"),
    ("POST", "/auth/sign-in/codes/text"): form(codes="none"),
    ("POST", "/auth/sign-in/confirm"): form(password=PASSWORD),
    ("POST", "/auth/sign-in/factor"): form(decline="yes"),
    ("POST", "/auth/sign-in/second"): form(code="000000"),
    ("POST", "/auth/sign-in/terms"): form(accepted="1"),
    ("POST", "/auth/leave"): lambda _scene: Asking(form={}),
    ("POST", "/auth/sign-out"): lambda _scene: Asking(form={}),
    ("POST", "/auth/par"): lambda scene: Asking(form={**scene.program.request(), **scene.program.proof()}),
    ("POST", "/auth/token"): service_token,
    ("POST", "/auth/introspect"): lambda scene: Asking(form={"token": "unknown", **scene.service.proof()}),
    ("POST", "/auth/revoke"): lambda scene: Asking(form={"token": "unknown", **scene.service.proof()}),
    ("PUT", "/api/accounts/break-glass/{grant_id}"): lambda _scene: Asking(
        {"grant_id": new_id()}, json={"email": GUEST, "reason": "danger"}
    ),
    ("PUT", "/api/accounts/break-glass/{grant_id}/review"): lambda _scene: Asking(json={"outcome": "in_order"}),
    ("PUT", "/api/accounts/own-covers/{cover_id}"): lambda scene: Asking(
        {"cover_id": new_id()}, json={"covering_id": str(scene.ids["stand_in_id"]), "ends_at": "2190-01-01T00:00:00Z"}
    ),
    ("PUT", "/api/accounts/covers/{cover_id}"): lambda scene: Asking({"cover_id": new_id()}, json=cover_of(scene)),
    ("PUT", "/api/accounts/imports/{import_id}"): lambda _scene: Asking(
        {"import_id": new_id()}, json={"csv": "name,email\nKim Vale,kim@example.org"}
    ),
    ("PUT", "/api/accounts/invitations/{invitation_id}"): guest,
    ("PUT", "/api/accounts/care-relationships/{relationship_id}"): lambda scene: Asking(
        {"relationship_id": new_id()},
        json={"client_id": str(scene.client.id), "therapist_id": str(scene.unassigned.id)},
    ),
    ("PUT", "/api/accounts/people/{person_id}/factor-resets/{reset_id}/withdrawal"): lambda scene: Asking(
        of_the_other_client(scene).ids
    ),
    ("GET", "/api/accounts/names"): lambda scene: Asking(query={"id": scene.client.id}),
    ("PUT", "/api/accounts/oauth-clients/{program_id}"): lambda _scene: Asking(
        {"program_id": new_id()}, json={**DIARY, "kind": "public"}
    ),
    ("PUT", "/api/accounts/oauth-clients/{program_id}/keys"): lambda scene: Asking(
        json={"version": 1, "jwks": {"keys": [scene.trial.key.as_dict(private=False)]}},
    ),
    ("POST", "/api/accounts/oauth-clients/{program_id}/versions"): lambda _scene: Asking(json={**DIARY, "version": 1}),
    ("PUT", "/api/accounts/practice/logo"): lambda _scene: Asking(picture=picture()),
    ("GET", "/auth/logo/{name}.png"): lambda scene: Asking({"name": scene.logo}),
    ("PUT", "/api/accounts/people/{person_id}/roles/{change_id}"): lambda scene: Asking(
        {"person_id": scene.colleague.id, "change_id": new_id()}, json={"role": "therapist"}
    ),
    ("GET", "/auth/invitation"): behind("invitation"),
    ("GET", "/auth/objection"): behind("objection"),
    ("GET", "/auth/recovery"): behind("recovery"),
    ("GET", "/auth/reset"): behind("reset"),
    ("POST", "/auth/invitation"): through("invitation"),
    ("POST", "/auth/objection"): lambda scene: Asking(form={"token": scene.links["objection"]}),
    ("POST", "/auth/forgotten"): form(email="nobody@example.org"),
    ("POST", "/auth/recovery"): through("recovery"),
    ("POST", "/auth/reset"): through("reset"),
    # portal
    ("GET", "/api/portal/agenda"): of_the_client,
    ("PUT", "/api/portal/agenda/{line_id}"): lambda scene: Asking(
        {"line_id": new_id()}, json={"entry_id": str(scene.ids["entry_id"]), "text": "Hello"}
    ),
    ("DELETE", "/api/portal/agenda/{line_id}"): lambda _scene: Asking({"line_id": new_id()}),
    ("GET", "/api/portal/courses"): of_the_client,
    ("GET", "/api/portal/courses/next-session"): of_the_client,
    ("PUT", "/api/portal/courses/{course_id}"): of_a_course(plan, "course_id"),
    ("POST", "/api/portal/courses/{course_id}/versions"): of_a_course(
        lambda: plan(version_id=str(new_id()), base_version=1)
    ),
    ("PUT", "/api/portal/earlier-shares/{share_id}"): lambda scene: Asking(
        {"share_id": new_id()},
        json={"therapist_id": str(scene.assigned.id), "from_date": "2026-01-01", "until_date": "2026-02-01"},
    ),
    ("GET", "/api/portal/break-glass"): of_the_client,
    ("PUT", "/api/portal/break-glass/{grant_id}"): lambda scene: Asking(
        query={"client": scene.ids["guest_id"]}, json={"words": "Hello"}
    ),
    ("GET", "/api/portal/summaries"): of_the_client,
    ("GET", "/api/portal/summaries/{summary_id}"): of_the_client,
    ("GET", "/api/portal/summaries/{summary_id}/versions"): of_the_client,
    ("GET", "/api/portal/courses/{course_id}/versions"): of_the_client,
    ("PUT", "/api/portal/summaries/{summary_id}"): a_summary,
    ("POST", "/api/portal/summaries/{summary_id}/versions"): lambda scene: Asking(
        query={"client": scene.client.id},
        json={"version_id": str(new_id()), "base_version": 1, "text": "Shorter."},
    ),
    ("GET", "/api/portal/process-notes"): of_the_client,
    ("GET", f"{NOTES}/{{note_id}}"): of_a_note(),
    ("GET", f"{NOTES}/{{note_id}}/versions"): of_a_note(),
    ("PUT", f"{NOTES}/{{note_id}}"): of_a_note("PUT", new=True),
    ("POST", f"{NOTES}/{{note_id}}/versions"): of_a_note("POST"),
    ("DELETE", f"{NOTES}/{{note_id}}"): of_a_note("DELETE"),
    ("GET", "/api/portal/preferences"): of_the_client,
    ("PUT", "/api/portal/preferences/{version_id}"): lambda _scene: Asking(
        {"version_id": new_id()}, json={"hand": "no", "helps": "", "base_version": 0}
    ),
    ("PUT", "/api/portal/preferences/withdrawals/{version_id}"): lambda _scene: Asking(
        {"version_id": new_id()}, json={"wish": "hand"}
    ),
    ("POST", "/path/preferences/change"): lambda _scene: Asking(form={"id": new_id(), "base_version": "0"}),
    ("POST", "/path/preferences/withdrawals"): lambda _scene: Asking(form={"id": new_id(), "wish": "hand"}),
    ("PUT", "/api/portal/quiet-mode/{session_id}/leaving"): of_an_open_session(),
    ("POST", "/quiet/words"): lambda _scene: Asking(form={"id": new_id(), "text": "Hello"}),
    ("POST", "/quiet/leaving"): lambda scene: Asking(form={"session_id": scene.ids["open_session_id"]}),
    ("GET", "/api/portal/long-term-checks"): of_the_client,
    ("PUT", "/api/portal/long-term-checks/{check_id}"): lambda scene: Asking(
        {"check_id": new_id()},
        query={"client": scene.client.id},
        json={"asked_on": str(days_ago(1)), "bladder": "none", "words": "Hello"},
    ),
    ("POST", f"{DESK_COURSE}/long-term"): lambda _scene: Asking(
        form={"id": new_id(), "asked_on": str(days_ago(1)), "bladder": "none", "words": "Hello"}
    ),
    ("GET", "/api/portal/tasks"): of_the_client,
    ("PUT", "/api/portal/tasks/{task_id}"): a_task,
    ("PUT", "/api/portal/tasks/{task_id}/cancellation"): of_the_client,
    ("PUT", "/api/portal/tasks/{task_id}/marks/{mark_id}"): done_now,
    ("POST", "/path/tasks/{task_id}/marks/{mark_id}/withdrawal"): lambda _scene: Asking(form={"none": ""}),
    ("POST", "/path/tasks/{task_id}/marks"): lambda _scene: Asking(
        form={"id": new_id(), "done_on": str(days_ago(0)), "occasion": "2"}
    ),
    ("GET", "/api/portal/sealed-notes"): of_the_client,
    ("PUT", f"{OPENINGS}/{{opening_id}}"): lambda scene: Asking(
        {"opening_id": new_id()},
        query={"client": scene.client.id},
        json={"author_id": str(scene.ids["new_author_id"]), "ground": "legal", "words": "Hello"},
    ),
    ("PUT", f"{OPENINGS}/{{opening_id}}/decision"): lambda scene: Asking(
        {"opening_id": scene.ids["waiting_opening_id"]}, json={"approved": True}
    ),
    ("GET", f"{OPENINGS}/{{opening_id}}/notes"): of_the_client,
    ("PUT", "/api/portal/courses/{course_id}/sessions/{session_id}"): of_a_course(a_session, "session_id"),
    ("POST", "/api/portal/courses/sessions/{session_id}/changes"): of_a_course(
        lambda: a_session(change_id=str(new_id()), base_version=1)
    ),
    ("PUT", "/api/portal/courses/sessions/{session_id}/cancellation"): of_a_course(),
    ("PUT", "/api/portal/courses/sessions/{session_id}/opening"): of_a_course(),
    ("PUT", "/api/portal/courses/sessions/{session_id}/ending"): of_an_open_session(),
    ("PUT", "/api/portal/courses/sessions/{session_id}/administrations/{administration_id}"): of_an_open_session(
        lambda: dose(given_at="2026-01-02T10:00:00Z"),  # on the day of a dose nothing more could be shared
        "administration_id",
    ),
    ("GET", "/api/portal/brief"): of_the_client,
    ("PUT", f"{GIVEN}/withdrawal"): lambda scene: Asking(
        {"session_id": scene.ids["dosed_session_id"], "administration_id": scene.ids["administration_id"]},
        query={"client": scene.client.id},
        json={"reason": "Hello"},
    ),
    ("POST", f"{GIVEN}/corrections"): lambda scene: Asking(
        {"session_id": scene.ids["dosed_session_id"], "administration_id": scene.ids["administration_id"]},
        query={"client": scene.client.id},
        json=correction(given_at="2026-01-02T10:00:00Z"),
    ),
    ("GET", "/api/portal/dose-curve"): of_the_client,
    ("GET", DAY): of_an_open_session(),
    ("PUT", f"{DAY}/adverse-events/{{record_id}}"): of_an_open_session(adverse, "record_id"),
    ("PUT", f"{DAY}/discharge/{{record_id}}"): of_an_open_session(lambda: {"steps": ["oriented"]}, "record_id"),
    ("PUT", f"{DAY}/observations/{{record_id}}"): of_an_open_session(observed, "record_id"),
    ("PUT", f"{DAY}/readiness/{{record_id}}"): of_a_course(lambda: {"steps": ["fasting"]}, "record_id", "unready"),
    ("PUT", f"{DAY}/vital-signs/{{record_id}}"): of_an_open_session(reading, "record_id"),
    ("GET", "/api/portal/check-ins"): of_the_client,
    ("GET", "/api/portal/check-ins/curve"): of_the_client,
    ("GET", "/api/portal/check-ins/{check_in_id}"): of_the_client,
    ("PUT", "/api/portal/check-ins/{check_in_id}"): lambda scene: Asking(json=scene.check_in),
    ("POST", "/api/portal/check-ins/{check_in_id}/versions"): lambda scene: Asking(
        json=scene.check_in | {"version_id": str(new_id())}
    ),
    ("PUT", "/api/portal/choices"): choices,
    ("POST", "/api/portal/references"): lambda scene: Asking(json={"client": str(scene.client.id), "references": []}),
    ("PUT", "/api/portal/reminders"): lambda _scene: Asking(
        json={"daily": True, "daily_at": "20:00", "after_dose": False}
    ),
    ("POST", "/api/messaging/searches"): lambda _scene: Asking(json={"q": "Hello"}),
    ("PUT", "/api/messaging/notice-choices"): lambda _scene: Asking(json={"messages": True}),
    ("PUT", "/api/messaging/saved-answers/{answer_id}"): lambda _scene: Asking(
        {"answer_id": new_id()}, json={"name": "Hello", "text": "Hello"}
    ),
    ("POST", "/api/messaging/saved-answers/{answer_id}/versions"): lambda _scene: Asking(
        json={"name": "Hello", "text": "Hello", "replaces": 0}
    ),
    ("PUT", SCHEDULED): lambda _scene: Asking({"message_id": new_id()}, json=for_later()),
    ("DELETE", SCHEDULED): lambda scene: Asking({"message_id": scene.ids["scheduled_id"]}),
    ("POST", f"{SCHEDULED}/versions"): lambda scene: Asking(
        {"message_id": scene.ids["scheduled_id"]}, json=for_later() | {"replaces": 0}
    ),
    ("PUT", "/api/messaging/answer-target"): lambda _scene: Asking(json={"hours": 24}),
    ("PUT", "/api/messaging/conversations/{conversation_id}/no-answer-needed"): lambda _scene: Asking(
        json={"sequence": 1}
    ),
    ("PUT", "/api/messaging/seen-choice"): lambda _scene: Asking(json={"tells": True}),
    ("PUT", "/internal/notices/{notice_id}"): lambda _scene: Asking({"notice_id": new_id()}, json={}),
    ("PUT", "/api/accounts/notice-way"): lambda _scene: Asking(json={"way": "both"}),
    ("PUT", "/api/accounts/push-subscriptions/{subscription_id}"): lambda _scene: Asking(
        {"subscription_id": new_id()}, json=SUBSCRIPTION
    ),
    ("PUT", "/api/accounts/quiet-hours"): lambda _scene: Asking(json={"from": "21:00", "until": "07:30"}),
    ("GET", "/api/portal/journal"): of_the_client,
    ("GET", "/api/portal/journal/{entry_id}"): of_the_client,
    ("PUT", "/api/portal/journal/{entry_id}"): lambda _scene: Asking({"entry_id": new_id()}, json=entry()),
    ("POST", "/api/portal/journal/{entry_id}/versions"): lambda _scene: Asking(json=edit()),
    ("PUT", "/api/portal/journal/drafts/{entry_id}"): lambda _scene: Asking({"entry_id": new_id()}, json=draft()),
    ("DELETE", "/api/portal/journal/drafts/{entry_id}"): lambda _scene: Asking(query={"revision": 1}),
    ("POST", "/api/portal/journal/searches"): lambda _scene: Asking(json={"q": "sea"}),
    ("PUT", "/api/portal/journal/sharing/{therapist_id}"): to_the_assigned,
    ("GET", "/api/portal/journal/{entry_id}/voice-notes"): of_the_client,
    ("PUT", NOTE): lambda _scene: Asking({"note_id": new_id()}, json=declared(sound(500))),
    ("GET", f"{NOTE}/content"): of_the_client,
    ("PATCH", f"{NOTE}/content"): a_part,
    # messaging
    ("PUT", "/api/messaging/conversations/{conversation_id}/messages/{message_id}"): lambda _scene: Asking(
        {"message_id": new_id()}, json={"text": "Hello"}
    ),
    ("POST", "/api/messaging/conversations/{conversation_id}/messages/{message_id}/versions"): lambda _scene: Asking(
        json={"id": str(new_id()), "text": "Hello", "replaces": 0}
    ),
    ("PUT", FILE): a_file("new", json={"size": 500, "name": "Hello"}),
    ("DELETE", FILE): a_file("begun"),
    ("PUT", f"{FILE}/completion"): a_file("whole"),
    ("HEAD", f"{FILE}/content"): a_file("begun"),
    ("PATCH", f"{FILE}/content"): a_file("begun", part=numbered(500)),
    ("PUT", "/api/messaging/conversations/{conversation_id}/read-mark"): lambda _scene: Asking(json={"sequence": 1}),
    # web
    ("GET", "/callback"): lambda _scene: Asking(query={"code": "x", "state": "x", "iss": "x"}),
    ("GET", "/step-up"): lambda _scene: Asking(query={"max_age": 600, "next": "/help"}),
    ("POST", "/check-ins"): lambda _scene: Asking(form={"id": new_id(), "mood": "1", "visibility": "only_me"}),
    ("POST", "/check-ins/unsent"): lambda _scene: Asking(form={"id": new_id(), "mood": "1", "visibility": "only_me"}),
    ("POST", "/check-ins/{check_in_id}/change"): lambda _scene: Asking(
        form={"id": new_id(), "mood": "1", "visibility": "therapist"}
    ),
    ("POST", "/check-ins/{check_in_id}/deletion"): form(),
    ("PUT", "/check-ins/{check_in_id}"): lambda scene: Asking(json=scene.check_in),
    ("POST", f"{DESK_SESSION}/{{act}}"): at_the_desk("planned", "opening", none=""),
    ("GET", DESK_SESSION): at_the_desk(),
    ("GET", f"{DESK_SESSION}/cancellation"): at_the_desk(),
    ("GET", f"{DESK_SESSION}/day/{{sheet}}"): lambda scene: Asking(day_form(scene)),
    ("POST", f"{DESK_SESSION}/day/{{sheet}}"): lambda scene: Asking(
        day_form(scene), form=READING_FORM | {"id": new_id()}
    ),
    ("GET", "/path/sessions/{session_id}"): lambda scene: Asking({"session_id": scene.ids["open_session_id"]}),
    ("POST", f"{DESK_SESSION}/cancellation"): at_the_desk("planned", reason="Hello"),
    ("GET", DESK_CORRECTION): lambda scene: Asking({"session_id": scene.ids["dosed_session_id"]}),
    ("POST", DESK_CORRECTION): lambda scene: Asking(
        {"session_id": scene.ids["dosed_session_id"]}, form=DOSE_FORM | {"id": new_id(), "base_version": "1"}
    ),
    ("GET", DESK_WITHDRAWAL): lambda scene: Asking({"session_id": scene.ids["dosed_session_id"]}),
    ("POST", DESK_WITHDRAWAL): lambda scene: Asking(
        {"session_id": scene.ids["dosed_session_id"]}, form={"reason": "Hello"}
    ),
    ("GET", f"{DESK_SESSION}/dose"): at_the_desk("open"),
    ("GET", f"{DESK_SESSION}/summary"): at_the_desk("dosed"),
    ("GET", f"{DESK_SESSION}/summary/versions"): at_the_desk("dosed"),
    ("GET", f"{DESK_SESSION}/time"): at_the_desk(),
    ("POST", f"{DESK_SESSION}/dose"): at_the_desk("open", **DOSE_FORM),
    ("POST", f"{DESK_SESSION}/summary"): at_the_desk("open", text="Hello"),
    ("GET", f"{DESK_SESSION}/tasks/new"): at_the_desk("open"),
    ("POST", f"{DESK_SESSION}/tasks/new"): at_the_desk("open", title="Hello", minutes="10", days="4", times_a_day="1"),
    ("POST", f"{DESK_SESSION}/tasks/{{task_id}}/cancellation"): at_the_desk("recent", none=""),
    ("POST", f"{DESK_SESSION}/time"): at_the_desk(base_version="1", **SESSION_FORM),
    ("GET", "/path/sessions/{session_id}/summary"): at_the_desk("dosed"),
    ("GET", f"{DESK_SEALED}/{{author_id}}/opening"): lambda scene: Asking({"author_id": scene.ids["new_author_id"]}),
    ("POST", f"{DESK_SEALED}/{{author_id}}/opening"): lambda scene: Asking(
        {"author_id": scene.ids["new_author_id"]}, form={"id": new_id(), "ground": "legal", "words": "Hello"}
    ),
    ("GET", "/sealed-notes/{opening_id}/decision"): lambda scene: Asking(
        {"opening_id": scene.ids["waiting_opening_id"]}
    ),
    ("POST", "/sealed-notes/{opening_id}/decision"): lambda scene: Asking(
        {"opening_id": scene.ids["waiting_opening_id"]}, form={"approved": "yes"}
    ),
    ("POST", f"{DESK_NOTES}/new"): of_a_note(form=True),
    ("GET", f"{DESK_NOTES}/{{note_id}}"): of_a_note(),
    ("GET", f"{DESK_NOTES}/{{note_id}}/change"): of_a_note(),
    ("POST", f"{DESK_NOTES}/{{note_id}}/change"): of_a_note("POST", form=True),
    ("GET", f"{DESK_NOTES}/{{note_id}}/erasure"): of_a_note(),
    ("POST", f"{DESK_NOTES}/{{note_id}}/erasure"): of_a_note(form=True),
    ("GET", f"{DESK_NOTES}/{{note_id}}/versions"): of_a_note(),
    ("POST", f"{DESK_COURSE}/sessions/new"): lambda _scene: Asking(form={"id": new_id(), **SESSION_FORM}),
    ("POST", f"{DESK_COURSE}/plan"): lambda _scene: Asking(form={"id": new_id(), "started_on": "2026-03-01"}),
    ("POST", "/conversations/{conversation_id}/messages"): lambda _scene: Asking(
        form={"id": new_id(), "text": "Hello"}
    ),
    ("PUT", "/conversations/{conversation_id}/messages/{message_id}"): lambda _scene: Asking(
        {"message_id": new_id()}, json={"text": "Hello"}
    ),
    ("POST", "/conversations/{conversation_id}/messages/{message_id}/correction"): lambda _scene: Asking(
        form={"id": new_id(), "text": "Hello", "replaces": "0"}
    ),
    ("POST", "/conversations/{conversation_id}/messages/{message_id}/withdrawal"): form(),
    ("PUT", PAGES_FILE): a_file("new", json={"size": 500, "name": "Hello"}),
    ("PATCH", PAGES_FILE): a_file("begun", part=numbered(500)),
    ("PUT", f"{PAGES_FILE}/completion"): a_file("whole", json={"name": "Hello"}),
    ("POST", f"{PAGES_FILE}/removal"): a_file("begun", form={}),
    ("PUT", "/conversations/{conversation_id}/read-mark"): lambda _scene: Asking(json={"sequence": 1}),
    ("POST", "/agenda/{line_id}/removal"): lambda _scene: Asking({"line_id": new_id()}, form={}),
    ("POST", "/agenda/{line_id}/settled"): form(),
    ("POST", "/journal/{entry_id}/lines"): lambda _scene: Asking(form={"id": new_id(), "words": "Hello"}),
    ("POST", "/journal/search"): form(q="sea"),
    ("POST", "/messages/search"): form(q="Hello"),
    ("POST", "/conversations/{conversation_id}/export"): form(),
    ("POST", "/earlier-shares/{therapist_id}"): lambda scene: Asking(
        to_the_assigned(scene).ids, form={"id": new_id(), "answer": "all"}
    ),
    ("POST", "/earlier-shares/{share_id}/end"): form(),
    ("GET", "/journal/{entry_id}/write"): lambda _scene: Asking({"entry_id": new_id()}),
    ("POST", "/journal/{entry_id}"): lambda _scene: Asking(
        {"entry_id": new_id()}, form={"text": "Hello", "visibility": "only_me"}
    ),
    ("POST", "/journal/{entry_id}/recording"): lambda _scene: Asking(form={}, upload=sound(500, "audio/wav")),
    ("PUT", PAGES_NOTE): lambda _scene: Asking({"note_id": new_id()}, json=declared(sound(500))),
    ("PATCH", PAGES_NOTE): a_part,
    ("POST", f"{PAGES_NOTE}/removal"): form(),
    ("POST", "/journal/{entry_id}/draft"): lambda _scene: Asking({"entry_id": new_id()}, form={"text": "Hello"}),
    ("PUT", "/journal/{entry_id}/draft"): lambda _scene: Asking({"entry_id": new_id()}, json={"text": "Hello"}),
    ("POST", "/journal/{entry_id}/draft/removal"): form(),
    ("POST", "/journal/{entry_id}/erasure"): form(),
    ("POST", "/keys/rotation"): form(),
    ("POST", "/practice/logo"): lambda _scene: Asking(form={}, upload=picture()),
    ("POST", "/practice/logo/removal"): form(),
    ("GET", "/practice/settings/{section}"): lambda _scene: Asking({"section": "names"}),
    ("POST", "/practice/settings/{section}"): lambda _scene: Asking(
        {"section": "names"}, form={"version": "0", "name": "Quiet Harbour", "neutral_name": "Portal"}
    ),
    ("POST", "/programs/new"): lambda _scene: Asking(form={"id": str(new_id()), "kind": "public", **DIARY_FORM}),
    ("POST", "/programs/{program_id}/change"): form(version="1", **DIARY_FORM),
    ("POST", "/programs/{program_id}/disablement"): form(),
    ("POST", "/programs/{program_id}/enablement"): form(),
    ("POST", "/programs/{program_id}/keys"): lambda scene: Asking(
        form={"version": "1", "jwks": json.dumps(scene.trial.key.as_dict(private=False))},
    ),
    ("POST", "/people/invite"): lambda _scene: Asking(
        form={"id": new_id(), "email": "new@example.org", "name": "New", "role": "client"}
    ),
    ("POST", "/people/import"): lambda _scene: Asking(
        form={"id": str(new_id())}, upload=b"name,email\nKim Vale,kim@example.org"
    ),
    ("POST", "/people/imports/{import_id}/execution"): form(),
    ("POST", "/people/{person_id}/care/new"): with_new_id,
    ("POST", "/people/{person_id}/care/{relationship_id}/end"): form(),
    ("POST", "/people/{person_id}/disablement"): form(),
    ("POST", "/people/{person_id}/enablement"): form(),
    ("POST", "/cover"): lambda scene: Asking(
        form={"id": new_id(), "covering": scene.ids["stand_in_id"], "last_day": "2190-01-01"}
    ),
    ("POST", "/cover/{cover_id}/end"): form(),
    ("POST", "/emergency"): lambda scene: Asking(
        form={"id": scene.ids["grant_id"], "email": GUEST, "reason": "danger", "words": "Hello"}
    ),
    ("POST", "/emergencies/{grant_id}"): form(outcome="in_order"),
    ("POST", "/emergencies/{grant_id}/end"): form(),
    ("GET", "/people/{person_id}/cover/new"): lambda scene: Asking({"person_id": scene.unassigned.id}),
    ("POST", "/people/{person_id}/cover/new"): lambda scene: Asking(
        {"person_id": scene.unassigned.id},
        form={"id": new_id(), "covering": scene.assigned.id, "last_day": "2190-01-01"},
    ),
    ("GET", "/people/{person_id}/covers/{cover_id}/end"): lambda scene: Asking({"person_id": scene.unassigned.id}),
    ("POST", "/people/{person_id}/covers/{cover_id}/end"): form(),
    ("POST", "/people/{person_id}/export-hold"): form(),
    ("POST", "/people/{person_id}/export-hold/end"): form(),
    ("GET", "/people/{person_id}/role"): of_the_colleague,
    ("POST", "/people/{person_id}/role"): of_the_colleague,
    ("POST", "/people/{person_id}/factor-reset"): with_new_id,
    ("GET", "/people/{person_id}/factor-resets/{reset_id}/withdrawal"): of_the_other_client,
    ("POST", "/people/{person_id}/factor-resets/{reset_id}/withdrawal"): of_the_other_client,
    ("POST", "/people/{person_id}/invitations/{invitation_id}/mails"): of_the_guest,
    ("GET", "/people/{person_id}/invitations/{invitation_id}/withdrawal"): lambda scene: Asking(
        {"person_id": scene.ids["guest_id"]}
    ),
    ("POST", "/people/{person_id}/invitations/{invitation_id}/withdrawal"): of_the_guest,
    ("POST", "/people/{person_id}/reset"): with_new_id,
    ("POST", "/people/{person_id}/sessions/end"): form(),
    ("POST", "/people/{person_id}/sessions/{session_id}/end"): form(),
    ("POST", "/proposals/{proposal_id}/approval"): form(),
    ("POST", "/proposals/{proposal_id}/withdrawal"): form(),
    ("POST", "/notices/browsers"): lambda _scene: Asking(
        form={"id": new_id(), "endpoint": SUBSCRIPTION["endpoint"], **SUBSCRIPTION["keys"]}
    ),
    ("POST", "/notices/browsers/{browser_id}/removal"): form(),
    ("POST", "/conversations/{conversation_id}/no-answer-needed"): form(sequence="1"),
    ("POST", "/conversations/{conversation_id}/insertion"): lambda scene: Asking(
        form={"id": str(new_id()), "text": "Hello", "answer": str(scene.ids["answer_id"])}
    ),
    ("POST", "/conversations/{conversation_id}/later"): lambda _scene: Asking(
        form={"id": str(new_id()), "text": "Hello", "send_at": TOMORROW}
    ),
    ("GET", LATER): lambda scene: Asking({"message_id": scene.ids["scheduled_id"]}),
    ("POST", LATER): lambda scene: Asking(
        {"message_id": scene.ids["scheduled_id"]},
        form={"text": "Hello", "replaces": "0", "send_at": TOMORROW},
    ),
    ("POST", f"{LATER}/removal"): lambda scene: Asking({"message_id": scene.ids["scheduled_id"]}, form={}),
    ("POST", "/messages/answers/new"): lambda _scene: Asking(
        form={"id": str(new_id()), "name": "Hello", "text": "Hello"}
    ),
    ("POST", "/messages/answers/{answer_id}/deletion"): form(),
    ("POST", "/messages/answers/{answer_id}"): form(name="Hello", text="Hello", replaces="0"),
    ("POST", "/messages/answering"): form(hours="24"),
    ("POST", "/messages/seen"): form(tells="yes"),
    ("POST", "/notices"): form(messages="yes", way="both", quiet_from="22:00", quiet_until="08:00"),
    ("POST", "/reminders"): form(daily="yes", daily_at="19:00", quiet_from="", quiet_until=""),
    ("POST", "/leave"): form(),
    ("POST", "/sign-out"): form(),
    ("POST", "/signed-out"): form(shown="/help"),
    ("POST", "/welcome"): form(check_ins="only_me", journal="only_me"),
}


def asking(scene: Scene, route: tuple[str, str], operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Asking:
    """What to send; `operation` and `schemas` are the route's part of its OpenAPI document, empty where it has none."""
    if named := CATALOGUE.get(route):
        return named(scene)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = smallest(content["schema"], schemas) if content else None
    required = [parameter for parameter in operation.get("parameters", []) if parameter.get("required")]
    query = {one["name"]: smallest(one["schema"], schemas) for one in required if one["in"] == "query"}
    return Asking(query=query, json=body)


def smallest(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that the schema allows: its default or first choice, required properties only."""
    if "$ref" in schema:
        return smallest(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    fixed = [schema[name] for name in ("default", "const") if name in schema]
    fixed += [schema[name][0] for name in ("enum", "examples") if name in schema]
    either = [schema[name][0] for name in ("anyOf", "oneOf", "allOf") if name in schema]
    if fixed or either:
        return fixed[0] if fixed else smallest(either[0], schemas)
    if schema.get("type") == "object":
        parts = {name: schema["properties"][name] for name in schema.get("required", [])}
        return {name: smallest(part, schemas) for name, part in parts.items()}
    if schema.get("type") == "array":
        return [smallest(schema["items"], schemas)] * schema.get("minItems", 0)
    return plain(schema)


def plain(schema: Mapping[str, Any]) -> Any:
    formats = {"uuid": str(new_id()), "uuid7": str(new_id()), "email": "somebody@example.org"}
    if schema.get("type") == "string":
        return formats.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": True}[schema["type"]]
