"""The practice's pages: saved bit by bit, kept when something is wrong, and compared when somebody else was faster."""

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_desk import FakeDesk

NAMES, CONTACT, CRISIS, LANGUAGES, TERMS = (
    f"/practice/settings/{section}" for section in ("names", "contact", "crisis", "languages", "terms")
)


@pytest.fixture
def desk(accounts: FakeAccounts) -> FakeDesk:
    return accounts.desk


async def fill(browser: Browser, admin: Person, path: str, **typed: str) -> dict[str, str]:
    page = await browser.get(path) if browser.cookie else await browser.open_signed_in(admin, path)
    assert page.status_code == 200
    chosen = {str(one["name"]): str(one.find("option", selected=True)["value"]) for one in soup(page).select("select")
              if one.find("option", selected=True)}  # fmt: skip
    return {**chosen, **form_values(page, "practice"), **typed}


async def test_the_first_page_leads_everywhere(browser: Browser, admin: Person) -> None:
    page = await browser.open_signed_in(admin, "/practice")
    links = {str(link.get("href")) for link in soup(page).select("main a")}
    assert {NAMES, CONTACT, CRISIS, LANGUAGES, TERMS, "/practice/logo", "/audit", "/programs", "/keys"} <= links
    assert soup(page).select_one('nav a[aria-current="page"]')["href"] == "/practice"  # type: ignore[index]  # it is there


async def test_names_are_saved_and_the_rest_is_left_alone(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    fields = await fill(browser, admin, NAMES, name="Quiet Harbour", mail_sender="Appointments")
    answer = await browser.post(NAMES, fields)
    assert answer.headers["location"] == "/practice?notice=practice-saved"
    (sent,) = [body for path, body in desk.bodies if path == "practice"]
    assert set(sent) == {"name", "neutral_name", "mail_sender"}
    assert desk.saved["name"] == "Quiet Harbour"
    assert "Saved." in words(await browser.get(answer.headers["location"]))


async def test_what_is_said_in_two_languages(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    fields = await fill(browser, admin, CONTACT)
    assert fields["hours_es"].startswith("Los mensajes")  # what a reader of Spanish sees so far
    typed = {"hours_en": "Mornings.", "hours_es": "Por la mañana.", "telephone": "+1 555 010 0199"}
    await browser.post(CONTACT, {**fields, **typed, "address": "1 Pier Road\r\nPortland"})
    assert (desk.saved["hours"], desk.saved["words"]["es"]["hours"]) == ("Mornings.", "Por la mañana.")
    assert (desk.saved["telephone"], desk.saved["address"]) == ("+1 555 010 0199", "1 Pier Road\nPortland")
    await browser.post(CRISIS, await fill(browser, admin, CRISIS, crisis_line_es="Llame."))
    assert desk.saved["words"]["es"]["hours"] == "Por la mañana."  # another page leaves it alone
    assert desk.saved["words"]["es"]["crisis_line"] == "Llame."


async def test_ways_to_get_help_come_and_go(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    fields = await fill(browser, admin, CRISIS)
    typed = {"way_0_name": "", "way_0_detail": "", "way_0_to": ""}  # the first is gone
    typed |= {"way_3_name": "A page", "way_3_kind": "https", "way_3_to": "https://help.example/"}
    await browser.post(CRISIS, {**fields, **typed})
    assert [one["href"] for one in desk.saved["crisis_services"]] == ["sms:988", "tel:911", "https://help.example/"]


@pytest.mark.parametrize(
    ("path", "field", "typed"),
    [
        (NAMES, "name", ""),
        (NAMES, "neutral_name", ""),
        (NAMES, "mail_sender", "n" * 61),
        (CONTACT, "telephone", "call us"),
        (CONTACT, "address", "a" * 401),
        (CONTACT, "hours_en", ""),
        (CONTACT, "hours_es", "h" * 401),
        (CRISIS, "crisis_line_en", ""),
        (CRISIS, "quick_exit", "http://news.example/"),
        (CRISIS, "way_1_to", "someone"),
        (CRISIS, "way_0_name", ""),
        (LANGUAGES, "default_language", "fr"),
        (TERMS, "terms_es", "t" * 20_001),
    ],
)
async def test_what_cannot_be_used_is_named_and_everything_typed_stays(
    *, browser: Browser, admin: Person, desk: FakeDesk, path: str, field: str, typed: str
) -> None:
    fields = await fill(browser, admin, path)
    answer = await browser.post(path, {**fields, field: typed})
    assert answer.status_code == 422
    page = soup(answer)
    assert [str(link["href"]) for link in page.select(".error-summary a")] == [f"#{field}"]
    assert page.find(id=field) is not None
    again = form_values(answer, "practice")
    assert {name: again[name] for name in again if name not in {"csrf_token", field}} == {
        name: fields[name] for name in again if name not in {"csrf_token", field}
    }
    if field != "default_language":
        assert again[field] == typed
    assert desk.version == 0


async def test_no_language_at_all_is_named(browser: Browser, admin: Person) -> None:
    fields = await fill(browser, admin, LANGUAGES)
    answer = await browser.post(LANGUAGES, {name: value for name, value in fields.items() if "language_" not in name})
    assert answer.status_code == 422
    assert "#language_en" in [str(link["href"]) for link in soup(answer).select(".error-summary a")]


async def test_whoever_is_second_sees_what_stands_there_and_loses_nothing(
    browser: Browser, admin: Person, other_browser: Browser, desk: FakeDesk
) -> None:
    mine = await fill(browser, admin, CONTACT, telephone="+1 555 010 0001", hours_en="Mine.")
    theirs = await fill(other_browser, Person(Role.admin, "Kim"), CONTACT, telephone="+1 555 010 0002")
    assert (await other_browser.post(CONTACT, theirs)).status_code == 303
    answer = await browser.post(CONTACT, mine)
    assert answer.status_code == 409
    again = form_values(answer, "practice")
    assert (again["telephone"], again["hours_en"], again["version"]) == ("+1 555 010 0001", "Mine.", "1")
    compared = soup(answer).find(id="theirs")
    assert compared is not None
    assert "+1 555 010 0002" in compared.get_text()
    assert (await browser.post(CONTACT, again)).status_code == 303  # knowing that, it is what they want
    assert desk.saved["telephone"] == "+1 555 010 0001"


async def test_other_words_of_the_terms_are_another_version(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    shown = await fill(browser, admin, TERMS)
    await browser.post(TERMS, {**shown, "terms_en": shown["terms_en"].replace("\n", "\r\n") + "\r\n"})
    assert desk.saved["terms"]["version"] == 1  # as a browser sends it
    await browser.post(TERMS, await fill(browser, admin, TERMS, terms_en="Be kind.\r\n\r\nBe brief."))
    assert desk.saved["terms"]["version"] == 2
    assert {"language": "en", "text": "Be kind.\n\nBe brief."} in desk.saved["terms"]["texts"]
    await browser.post(TERMS, await fill(browser, admin, TERMS, terms_es=""))
    assert desk.saved["terms"]["version"] == 3


async def test_without_an_answer_nothing_typed_is_lost(browser: Browser, admin: Person, accounts: FakeAccounts) -> None:
    fields = await fill(browser, admin, NAMES, name="Quiet Harbour")
    accounts.answers["PUT", "practice"] = accounts.desk.read_practice(None)  # type: ignore[arg-type]  # it is not looked at
    accounts.answers["PUT", "practice"].status_code = 503
    answer = await browser.post(NAMES, fields)
    assert answer.status_code == 503
    assert form_values(answer, "practice")["name"] == "Quiet Harbour"


async def test_there_is_no_other_section(browser: Browser, admin: Person) -> None:
    assert (await browser.open_signed_in(admin, "/practice/settings/secrets")).status_code == 404


async def test_a_logo_is_passed_on_and_taken_away(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    await browser.open_signed_in(admin, "/practice/logo")
    headers = {"origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}
    sent = await browser.http.post(
        "/practice/logo", data={"csrf_token": browser.token}, files={"file": ("a.png", b"picture", "image/png")},
        headers=headers,
    )  # fmt: skip
    assert sent.headers["location"] == "/practice?notice=practice-saved"
    assert desk.bodies[-1] == ("logo", (b"picture", "image/png"))
    page = await browser.get("/practice/logo")
    assert soup(page).select_one(".logo-shown")["src"] == f"/auth/logo/{'ab' * 32}.png"  # type: ignore[index]  # it is there
    assert (await browser.post("/practice/logo/removal")).status_code == 303
    assert desk.saved["logo"] is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", "image/png"), (b"<svg/>", "image/svg+xml"), (b"x", "text/html"), (bytes(1_000_001), "image/png")],
)
async def test_what_is_no_logo_is_said_at_once(
    browser: Browser, admin: Person, desk: FakeDesk, content: bytes, kind: str
) -> None:
    await browser.open_signed_in(admin, "/practice/logo")
    headers = {"origin": "http://localhost:8080", "sec-fetch-site": "same-origin"}
    files = {"file": ("a", content, kind)}
    answer = await browser.http.post("/practice/logo", data={"csrf_token": browser.token}, files=files, headers=headers)
    assert answer.status_code == 422
    assert soup(answer).select_one('.error-summary a[href="#file"]')
    assert desk.bodies == []


INTAKE = "/practice/settings/intake"


async def test_what_intake_asks_about_is_the_practices(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    fields = await fill(browser, admin, INTAKE)
    assert fields["contraindications_en"].strip().startswith("High blood pressure")
    assert "Tensi\u00f3n alta sin controlar" in fields["contraindications_es"]
    answer = await browser.post(INTAKE, {**fields, "contraindications_en": " Gout \r\n\r\nA cold\r\n"})
    assert answer.headers["location"] == "/practice?notice=practice-saved"
    assert desk.saved["contraindications"] == ["Gout", "A cold"]
    assert desk.saved["words"]["es"]["contraindications"][0] == "Tensi\u00f3n alta sin controlar"
    fields = await fill(browser, admin, INTAKE, contraindications_es="Gota\nUn resfriado")
    await browser.post(INTAKE, fields)
    assert desk.saved["words"]["es"]["contraindications"] == ["Gota", "Un resfriado"]


async def test_our_own_list_saved_as_it_is_stays_translated(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    """Nothing is kept for the other language: whoever reads that sees our words in it, as before."""
    await browser.post(INTAKE, await fill(browser, admin, INTAKE))
    assert desk.saved["words"]["es"]["contraindications"] is None


async def test_a_list_that_cannot_be_used_names_its_field(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    fields = await fill(browser, admin, INTAKE, contraindications_en="Gout\nGout")
    refused = await browser.post(INTAKE, fields)
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#contraindications_en"]
    fields = await fill(browser, admin, INTAKE, contraindications_es="x" * 201)
    refused = await browser.post(INTAKE, fields)
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#contraindications_es"]
    assert desk.version == 0


WORDS = "/practice/settings/words"


async def test_the_words_that_bring_up_help_are_the_practices(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    fields = await fill(browser, admin, WORDS)
    assert "kill myself" in fields["crisis_words_en"]
    assert "quitarme la vida" in fields["crisis_words_es"]
    await browser.post(WORDS, {**fields, "crisis_words_en": "give up\r\nno way out", "crisis_words_es": "sin salida"})
    assert desk.saved["crisis_words"] == ["give up", "no way out"]
    assert desk.saved["words"]["es"]["crisis_words"] == ["sin salida"]
    refused = await browser.post(WORDS, await fill(browser, admin, WORDS, crisis_words_en="no"))
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#crisis_words_en"]


async def test_care_teams_are_switched_on_and_off(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    path = "/practice/settings/care-teams"
    fields = await fill(browser, admin, path)
    assert "care_team_conversations" not in fields
    await browser.post(path, {**fields, "care_team_conversations": "yes"})
    assert desk.saved["care_team_conversations"] is True
    assert soup(await browser.get(path)).select_one("#care_team_conversations[checked]") is not None
    fields = await fill(browser, admin, path)
    await browser.post(path, {name: value for name, value in fields.items() if name != "care_team_conversations"})
    assert desk.saved["care_team_conversations"] is False
