"""Which language a request asks for, until the person is known, and the links that ask for another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from afterglow_design.languages import LANGUAGES, SOURCE, Spoken, current, known, spoken, spoken_as

ASKED = "ui_locales"  # OpenID Connect Core §3.1.2.1; our own links use the same name
PREFERENCE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
LONGEST_PREFERENCES = 1_000


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """A link to the same page; `name` is the language's own word for itself."""

    language: str
    name: str
    href: str


def preferred(accept_language: str) -> Sequence[str]:
    """The tags of an Accept-Language header (RFC 9110 §12.5.4), the dearest first; what is malformed is left out."""
    matches = (PREFERENCE.fullmatch(part) for part in accept_language[:LONGEST_PREFERENCES].split(","))
    found = [(float(match[2] or 1), match[1]) for match in matches if match]
    return [tag for weight, tag in sorted(found, key=lambda one: -one[0]) if weight > 0]


class LanguageOfRequest:
    """Middleware: `ui_locales` in the address, else what the browser prefers, until the person is known.

    Paths that begin with one of `without` say nothing to people.
    """

    def __init__(self, app: ASGIApp, without: tuple[str, ...] = ()) -> None:
        self.app = app
        self.without = without

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.without):
            await self.app(scope, receive, send)
            return
        with spoken_as(asked_for(scope)):
            await self.app(scope, receive, send)


def asked_for(scope: Scope) -> Spoken:
    query = scope["query_string"].decode("latin-1")
    named = parse_qs(query).get(ASKED, [""])[0].split() if ASKED in query else []
    if language := first_known(named):
        return Spoken(language, "address")
    return Spoken(first_known(preferred(Headers(scope=scope).get("accept-language", ""))) or SOURCE)


def first_known(tags: Sequence[str]) -> str | None:
    return next((language for tag in tags if (language := known(tag))), None)


def keep_language(address: str) -> str:
    """The address with the language that was asked for by the last one, so that the next page speaks it too."""
    return with_language(address, current()) if spoken().by == "address" else address


def with_language(address: str, language: str) -> str:
    path, _question, query = address.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != ASKED]
    return f"{path}?{urlencode([*kept, (ASKED, language)])}"


def other_languages(request: Request, query: str | None = None) -> Sequence[OtherLanguage]:
    """The same page in our other languages; none for somebody whose own language is known.

    `query` is what the page was opened with, where it answers a form that held it.
    """
    if spoken().by == "person":
        return ()
    here = f"{request.url.path}?{request.url.query if query is None else query}"
    return [
        OtherLanguage(language, name, with_language(here, language))
        for language, name in LANGUAGES.items()
        if language != current()
    ]
