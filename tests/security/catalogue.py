"""What each route is asked with: ids of the client's own objects, and a body that would do.

A route that is not named here gets the path ids by their names, the required query by its schema, and the smallest body
that its OpenAPI schema allows. Name it here where that is not enough.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from afterglow_foundation.identifiers import new_id

from tests.auth.arranging import PASSWORD, picture
from tests.portal.course.treating import a_session, dose, plan
from tests.portal.journal.writing import draft, edit, entry
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
PAGES_NOTE = "/journal/{entry_id}/voice-notes/{note_id}"
NOTE = "/api/portal/journal/{entry_id}/voice-notes/{note_id}"
DESK_COURSE = "/clients/{client_id}/course"
DESK_SESSION = f"{DESK_COURSE}/sessions/{{session_id}}"
SESSION_FORM = {"kind": "dosing", "planned_at": "2027-03-01T10:00", "time_zone": "Europe/London"}
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
    ("GET", "/api/portal/dose-curve"): of_the_client,
    ("GET", "/api/portal/check-ins"): of_the_client,
    ("GET", "/api/portal/check-ins/curve"): of_the_client,
    ("GET", "/api/portal/check-ins/{check_in_id}"): of_the_client,
    ("PUT", "/api/portal/check-ins/{check_in_id}"): lambda scene: Asking(json=scene.check_in),
    ("POST", "/api/portal/check-ins/{check_in_id}/versions"): lambda scene: Asking(
        json=scene.check_in | {"version_id": str(new_id())}
    ),
    ("PUT", "/api/portal/choices"): choices,
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
    ("GET", f"{DESK_SESSION}/dose"): at_the_desk("open"),
    ("GET", f"{DESK_SESSION}/time"): at_the_desk(),
    ("POST", f"{DESK_SESSION}/dose"): at_the_desk("open", **DOSE_FORM),
    ("POST", f"{DESK_SESSION}/time"): at_the_desk(base_version="1", **SESSION_FORM),
    ("POST", f"{DESK_COURSE}/sessions/new"): lambda _scene: Asking(form={"id": new_id(), **SESSION_FORM}),
    ("POST", f"{DESK_COURSE}/plan"): lambda _scene: Asking(form={"id": new_id(), "started_on": "2026-03-01"}),
    ("POST", "/conversations/{conversation_id}/messages"): lambda _scene: Asking(
        form={"id": new_id(), "text": "Hello"}
    ),
    ("PUT", "/conversations/{conversation_id}/messages/{message_id}"): lambda _scene: Asking(
        {"message_id": new_id()}, json={"text": "Hello"}
    ),
    ("PUT", "/conversations/{conversation_id}/read-mark"): lambda _scene: Asking(json={"sequence": 1}),
    ("POST", "/agenda/{line_id}/removal"): lambda _scene: Asking({"line_id": new_id()}, form={}),
    ("POST", "/agenda/{line_id}/settled"): form(),
    ("POST", "/journal/{entry_id}/lines"): lambda _scene: Asking(form={"id": new_id(), "words": "Hello"}),
    ("POST", "/journal/search"): form(q="sea"),
    ("POST", "/journal/sharing/{therapist_id}"): lambda scene: Asking(to_the_assigned(scene).ids, form={}),
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
