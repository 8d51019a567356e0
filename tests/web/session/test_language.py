"""Which language a page speaks: the person's own, else the address's, else the browser's; and on the way to sign-in."""

import asyncio
from datetime import timedelta

import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.events.receiving import COPY
from afterglow_web.session.models import WebSession, now
from bs4 import BeautifulSoup
from httpx import URL, Response
from sqlalchemy import update

from tests.transmitter import person_fact
from tests.web.browser import Browser, soup, words
from tests.web.fake_auth import FakeAuth

SPANISH = {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}


def language(page: Response) -> str:
    html = soup(page).html
    assert html
    return str(html["lang"])


@pytest.mark.parametrize(
    ("path", "accept", "language"),
    [
        ("/", "es-MX,en;q=0.5", "es"),
        ("/?ui_locales=es", "en", "es"),
        ("/?ui_locales=en", "es", "en"),
        ("/", "fr", "en"),
    ],
)
async def test_a_page_speaks_as_it_is_asked(browser: Browser, path: str, accept: str, language: str) -> None:
    answer = await browser.get(path, **{"accept-language": accept})
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.html
    assert page.html["lang"] == answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    assert ("Ir al contenido" in answer.text) == (language == "es")


async def test_the_other_language_is_a_link_away_and_goes_along_to_sign_in(browser: Browser) -> None:
    page = BeautifulSoup((await browser.get("/")).text, "html.parser")
    (link,) = page.select('a[hreflang="es"][lang="es"]')
    assert link.get_text() == "Español"
    spanish = BeautifulSoup((await browser.get(str(link["href"]))).text, "html.parser")
    (sign_in,) = spanish.select('main a[href^="/sign-in"]')
    begun = await browser.get(str(sign_in["href"]))
    assert URL(begun.headers["location"]).params["ui_locales"] == "es"


async def test_what_the_browser_prefers_auth_hears_from_the_browser(browser: Browser) -> None:
    begun = await browser.get("/sign-in", **{"accept-language": "es"})
    assert "ui_locales" not in URL(begun.headers["location"]).params


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "Un lugar tranquilo para decir cómo se siente"),
        ("/help", "Hable con alguien ahora"),
        ("/nowhere", "Aquí no hay nada"),
    ],
)
async def test_somebody_who_is_not_signed_in_reads_spanish(browser: Browser, path: str, said: str) -> None:
    assert said in words(await browser.get(path, **SPANISH))


async def test_the_account_says_more_than_the_browser(browser: Browser, client_person: Person, auth: FakeAuth) -> None:
    await browser.sign_in(client_person)
    assert language(await browser.get("/help", **SPANISH)) == "en"
    assert language(await browser.get("/help?ui_locales=es", **SPANISH)) == "en"
    await browser.post("/sign-out")
    auth.claims["locale"] = "es-PR"
    await browser.sign_in(client_person)
    assert language(await browser.get("/help")) == "es"
    assert language(await browser.get("/nowhere")) == "es"


async def test_a_language_that_we_do_not_have_leaves_it_to_the_browser(
    browser: Browser, client_person: Person, auth: FakeAuth
) -> None:
    auth.claims["locale"] = "pt-BR"
    await browser.sign_in(client_person)
    assert language(await browser.get("/help")) == "en"
    assert language(await browser.get("/help", **SPANISH)) == "es"


async def test_another_language_of_the_account_changes_the_next_page(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    before = await browser.open_signed_in(client_person, "/check-ins")
    changed = person_fact(client_person, locale="es", as_of=now() + timedelta(minutes=5))
    async with database.as_role("web_worker"), database.sessions() as session, session.begin():
        await COPY.apply_people(session, [changed])
    after = await browser.get("/check-ins")
    assert [language(page) for page in (before, after)] == ["en", "es"]
    assert "Sus anotaciones" in words(after)


@pytest.mark.usefixtures("in_spanish")
async def test_somebody_whose_session_rested_too_long_still_reads_it_in_their_language(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    async with database.arrange() as session:
        await session.execute(update(WebSession).values(last_seen_at=now() - timedelta(days=1)))
    assert "Su sesión se cerró después de un rato sin actividad." in words(await browser.get("/"))


@pytest.mark.usefixtures("in_spanish")
async def test_failures_are_told_in_the_persons_language_and_programs_read_english(
    browser: Browser, client_person: Person
) -> None:
    await browser.open_signed_in(client_person, "/")
    refused = await browser.get("/people")
    assert (refused.status_code, "Esta página no está abierta para usted" in words(refused)) == (403, True)
    browser.token = "of another session"
    earlier = await browser.post("/check-ins", {"mood": "1"})
    assert (earlier.status_code, "Esta página es de un inicio de sesión anterior" in words(earlier)) == (403, True)
    document = await browser.http.get("/people", headers={"accept": "application/json"})
    assert document.json()["title"] == "This is not open to you"


async def test_a_sign_in_that_did_not_finish_says_why_in_spanish(browser: Browser) -> None:
    answer = await browser.get("/callback?code=1&state=2&iss=https://elsewhere.invalid", **SPANISH)
    assert "La respuesta no vino de nuestra propia página de inicio de sesión. Su sesión no" in words(answer)


async def test_two_at_once_hear_each_their_own(browser: Browser) -> None:
    asked = [browser.get("/", **{"accept-language": tag}) for tag in ("en", "es") * 10]
    assert [language(page) for page in await asyncio.gather(*asked)] == ["en", "es"] * 10
