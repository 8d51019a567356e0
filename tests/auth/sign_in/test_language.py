"""The sign-in page in the language that was asked for, through the form and back."""

from afterglow_auth.accounts.models import Person
from afterglow_foundation.testing.databases import RolledBackDatabase
from bs4 import BeautifulSoup, Tag
from sqlalchemy import update

from tests.auth.arranging import Browser, Program, hidden_fields


def link_to(page: str, language: str) -> Tag:
    [link] = BeautifulSoup(page, "html.parser").select(f'a[hreflang="{language}"]')
    return link


async def test_the_link_to_the_other_language_keeps_the_request(browser: Browser, public: Program):
    english = await browser.client.get("/auth/sign-in", params=public.request())
    spanish = await browser.client.get(str(link_to(english.text, "es")["href"]))
    assert spanish.headers["content-language"] == "es"
    assert "Iniciar sesión" in spanish.text
    assert "The program demo-public" in spanish.text


async def test_a_refused_form_speaks_it_too_and_can_be_left_for_the_other(browser: Browser, public: Program):
    spanish = await browser.client.get("/auth/sign-in", params=public.request(ui_locales="es"))
    form = BeautifulSoup(spanish.text, "html.parser").select_one('form[action*="/auth/sign-in"]:not([data-passkey])')
    assert form
    fields = {**hidden_fields(spanish.text), "email": "nobody@example.org", "password": "wrong-but-long-enough"}
    refused = await browser.client.post(str(form["action"]), data=fields)
    assert (refused.status_code, refused.headers["content-language"]) == (400, "es")
    english = await browser.client.get(str(link_to(refused.text, "en")["href"]))
    assert english.headers["content-language"] == "en"
    assert "The program demo-public" in english.text


async def test_without_a_request_the_form_keeps_it_as_well(browser: Browser):
    spanish = await browser.client.get("/auth/sign-in?ui_locales=es")
    form = BeautifulSoup(spanish.text, "html.parser").select_one('form[action*="/auth/sign-in"]:not([data-passkey])')
    assert form
    refused = await browser.client.post(str(form["action"]), data=hidden_fields(spanish.text))
    assert (refused.status_code, refused.headers["content-language"]) == (422, "es")


async def test_where_nothing_is_whoever_is_signed_in_reads_their_language(
    browser: Browser, person: Person, public: Program, database: RolledBackDatabase
):
    preferring = {"accept-language": "en"}
    before = await browser.client.get("/auth/security/nowhere", headers=preferring)
    async with database.arrange() as session:
        await session.execute(update(Person).values(locale="es"))
    await browser.sign_in(person.email, public.request())
    after = await browser.client.get("/auth/security/nowhere", headers=preferring)
    assert [answer.status_code for answer in (before, after)] == [404, 404]
    assert [answer.headers["content-language"] for answer in (before, after)] == ["en", "es"]


async def test_a_program_may_ask_for_it(browser: Browser, public: Program):
    page = await browser.client.get("/auth/authorize", params=public.request(ui_locales="fr es-MX"))
    assert page.headers["content-language"] == "es"
