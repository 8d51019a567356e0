"""What a program's form holds, and what auth's answer to it means for the page."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem

from afterglow_web.programs.records import Program

SCOPES: dict[str, tuple[LazyString, LazyString]] = {  # those that a program may be registered with here
    "openid": (lazy("Who somebody is"), lazy("Needed to sign in")),
    "profile": (lazy("Name, language and time zone"), lazy("Of whoever signs in")),
    "email": (lazy("E-mail address"), lazy("Of whoever signs in")),
    "offline_access": (lazy("Keep the sign-in"), lazy("Until the person, or you, ends it")),
    "portal": (
        lazy("Check-ins and records"),
        lazy("Reads and writes them in the name of a client; no therapist can allow it"),
    ),
    "messaging": (lazy("Messages"), lazy("Reads and writes them in the name of a client; no therapist can allow it")),
}
DEMANDS = (  # each is a box on the form, by the name that auth has for it
    "backchannel_logout_session_required",
    "dpop_bound_access_tokens",
    "require_pushed_authorization_requests",
)
OTHER_SCOPES = {"accounts": lazy("Accounts")}
KINDS = [
    {
        "value": "confidential",
        "label": lazy("It runs on a server"),
        "hint": lazy("It proves who it is with a private key that never leaves the server."),
    },
    {
        "value": "public",
        "label": lazy("It runs on people's own devices"),
        "hint": lazy("It can keep no secret, and proves nothing about itself."),
    },
]
WRONG: dict[str, LazyString] = {
    "name": lazy("Write a name, in at most 100 characters"),
    "run_by": lazy("Write who runs it, in at most 100 characters"),
    "kind": lazy("Say where it runs"),
    "redirect_uris": lazy(
        "Write whole addresses, one in each line: https://…, or http://127.0.0.1… on one's own device; "
        "for a program on devices also one of its own, such as org.example.app:/callback. No * and no #"
    ),
    "post_logout_redirect_uris": lazy("Write whole addresses that begin with https://, one in each line"),
    "backchannel_logout_uri": lazy(
        "Write one whole address that begins with https:// and leads to a machine in public. No * and no #"
    ),
    "scopes": lazy("Choose at least one"),
    "jwks": lazy(
        'Paste its public keys as JSON: {"keys": [ … ]}, each an EC key on P-256 with kty, crv, x, y and a kid of '
        "its own. Private keys, other kinds and addresses of keys are not taken"
    ),
}
CHANGED = lazy(
    "Somebody else has changed this program since you opened the page. What you typed is still here: compare it "
    "with the program's page, and save again if it is still what you want."
)
SENT_BEFORE = lazy("This form was sent before with other details, and those stay. Send it once more for this program.")
NOT_REACHED = lazy(
    "Nothing was saved: this could not be sent just now. What you typed is still here: please try again."
)


@dataclass(frozen=True)
class Outcome:
    """Why the form is shown again."""

    status: int = HTTPStatus.OK
    errors: dict[str, LazyString] = field(default_factory=dict)
    message: LazyString | None = None


def scope_words(scopes: Iterable[str]) -> list[str | LazyString]:
    """What a program may ask for, as a page lists it."""
    known = {**OTHER_SCOPES, **{scope: said for scope, (said, _hint) in SCOPES.items()}}
    return [known.get(scope, scope) for scope in scopes]


def filled(program: Program) -> dict[str, str]:
    return {
        "name": program.name,
        "run_by": program.run_by,
        "redirect_uris": "\n".join(program.redirect_uris),
        "post_logout_redirect_uris": "\n".join(program.post_logout_redirect_uris),
        "backchannel_logout_uri": program.backchannel_logout_uri or "",
        **{name: "yes" for name in DEMANDS if getattr(program, name)},
        **{f"scope_{scope}": "yes" for scope in program.scopes},
        "jwks": json.dumps(program.jwks, indent=2) if program.jwks else "",
        "version": str(program.version),
    }


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def words(values: Mapping[str, str]) -> dict[str, Any]:
    """What may change of a program, as auth takes it."""
    return {
        "name": values.get("name", "").strip(),
        "run_by": values.get("run_by", "").strip(),
        "redirect_uris": lines(values.get("redirect_uris", "")),
        "post_logout_redirect_uris": lines(values.get("post_logout_redirect_uris", "")),
        "backchannel_logout_uri": values.get("backchannel_logout_uri", "").strip() or None,
        **{name: bool(values.get(name)) for name in DEMANDS},
        "scopes": [scope for scope in SCOPES if values.get(f"scope_{scope}")],
    }


def pasted_keys(values: Mapping[str, str]) -> object:
    """The key set that was pasted, or a single key as a set of one. Raises ValueError for what is no JSON."""
    try:
        found = json.loads(values.get("jwks", ""))
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    return {"keys": [found]} if isinstance(found, dict) and "kty" in found else found


def version_of(values: Mapping[str, str]) -> int:
    typed = values.get("version", "")
    return int(typed) if typed.isdecimal() else 1


def refused(problem: UpstreamProblem) -> Outcome:
    """What a refusal means for the form. Raises the problem again where it is not about the form."""
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            named = [error.field.partition(".")[0] for error in problem.upstream.errors]
            if errors := {name: WRONG[name] for name in named if name in WRONG}:
                return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, errors)
            raise problem
        case HTTPStatus.CONFLICT:
            again = CHANGED if problem.upstream.code == "changed_meanwhile" else SENT_BEFORE
            return Outcome(HTTPStatus.CONFLICT, message=again)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN | HTTPStatus.NOT_FOUND:
            raise problem
        case _:
            return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=NOT_REACHED)
