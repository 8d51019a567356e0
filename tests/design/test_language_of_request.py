"""What a request asks for, and the links that ask for another language."""

import asyncio

import pytest
from afterglow_design.language_of_request import LanguageOfRequest, asked_for, keep_language, other_languages, preferred
from afterglow_design.languages import Spoken, current, speak, spoken_as
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", ["es-MX", "es", "en"]),
        ("en;q=0.2, es", ["es", "en"]),
        ("es;q=0, *, en;q=bad", []),
        ("", []),
    ],
)
def test_preferences_are_read_by_weight(header: str, tags: list[str]):
    assert list(preferred(header)) == tags


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [("", "fr, es;q=0.5", "es"), ("ui_locales=es", "en", "es"), ("ui_locales=xx+en", "es", "en"), ("", "fr", "en")],
)
async def test_a_request_is_spoken_to_as_it_asks(query: str, accept: str, language: str):
    heard = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        heard.append(current())
        speak("es")
        heard.append(current())
        await asyncio.sleep(0)

    headers = [(b"accept-language", accept.encode())]
    scope = {"type": "http", "path": "/page", "query_string": query.encode(), "headers": headers}
    await LanguageOfRequest(app)(scope, None, None)  # type: ignore[arg-type]  # neither is called
    assert (heard, current()) == ([language, "es"], "en")


@pytest.mark.parametrize(("path", "language"), [("/token", "en"), ("/page", "es")])
async def test_a_path_that_says_nothing_to_people_speaks_no_language(path: str, language: str):
    heard = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        heard.append(current())
        await asyncio.sleep(0)

    scope = {"type": "http", "path": path, "query_string": b"ui_locales=es", "headers": []}
    await LanguageOfRequest(app, without=("/token",))(scope, None, None)  # type: ignore[arg-type]  # neither is called
    assert heard == [language]


def ask(query: str, accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode())]
    return Request({"type": "http", "path": "/page", "query_string": query.encode(), "headers": headers})


def test_the_other_language_is_the_same_page_in_it():
    with spoken_as(Spoken("es", "address")):
        [other] = other_languages(ask("a=1&ui_locales=es&b=%2F"))
    assert (other.language, other.name, other.href) == ("en", "English", "/page?a=1&b=%2F&ui_locales=en")


def test_a_form_that_held_the_query_gives_it_back():
    [other] = other_languages(ask(""), "client_id=web&state=x")
    assert other.href == "/page?client_id=web&state=x&ui_locales=es"


def test_whose_language_is_known_is_offered_no_other():
    with spoken_as(Spoken("es", "person")):
        assert list(other_languages(ask(""))) == []


def test_what_was_asked_for_is_carried_on_and_what_the_browser_prefers_is_not():
    with spoken_as(asked_for(ask("ui_locales=es").scope)):
        assert keep_language("/sign-in") == "/sign-in?ui_locales=es"
        assert keep_language("/sign-in?next=%2F") == "/sign-in?next=%2F&ui_locales=es"
    with spoken_as(asked_for(ask("", "es").scope)):
        assert (current(), keep_language("/sign-in")) == ("es", "/sign-in")


@pytest.mark.parametrize("query", ["ui_locales=%FF%00", "ui_locales", "ui_locales=" + "x" * 5_000, "&&=ui_locales"])
def test_whatever_is_asked_for_is_answered(query: str):
    assert asked_for(ask(query, "\xff;;q").scope) == Spoken("en", "browser")
