"""Bad input through the journal's forms and its autosaving: what is wrong is named, and what was typed stays."""

import time

import httpx
import pytest
from afterglow_foundation.testing.people import Person
from afterglow_web.markdown import render

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_journal import FakeJournal, entry, problem
from tests.web.fake_portal import FakePortal

TYPED = {"title": "At night", "text": "Words & <more> of them", "phase": "integration"}
ENTRY = f"/journal/{entry()['id']}"


@pytest.fixture
def journal(portal: FakePortal) -> FakeJournal:
    return portal.journal


async def begin(browser: Browser, person: Person, **typed: str) -> tuple[str, dict[str, str]]:
    await browser.sign_in(person)
    address = (await browser.get("/journal/new")).headers["location"].removesuffix("/write")
    return address, {**form_values(await browser.get(f"{address}/write"), "entry"), **TYPED, **typed}


def kept(answer: httpx.Response) -> dict[str, str]:
    again = form_values(answer, "entry")
    return {name: again[name] for name in TYPED}


@pytest.mark.parametrize("field", ["title", "text"])
async def test_broken_utf8(browser: Browser, client_person: Person, journal: FakeJournal, field: str) -> None:
    address, fields = await begin(browser, client_person)
    answer = await browser.post_encoded(address, fields, **{field: "caf%E9"})
    assert answer.status_code == 422
    (link,) = soup(answer).select(".error-summary a")
    assert (link["href"], "cannot be kept" in link.get_text()) == (f"#{field}", True)
    assert {**kept(answer), field: ""} == {**TYPED, field: ""}
    assert journal.entries == {}


async def test_the_sign_for_no_character_may_be_typed(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    address, fields = await begin(browser, client_person, text="caf\ufffd")
    assert (await browser.post(address, fields)).status_code == 303
    assert [one["text"] for one in journal.entries.values()] == ["caf\ufffd"]


@pytest.mark.parametrize("status", [400, 413, 415, 418, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("where", ["", "/draft"], ids=["save", "draft"])
async def test_whatever_portal_answers_the_form_keeps_what_was_typed(
    *, browser: Browser, client_person: Person, journal: FakeJournal, status: int, where: str
) -> None:
    address, fields = await begin(browser, client_person)
    journal.refusals["PUT"] = problem(status, "refused")
    answer = await browser.post(f"{address}{where}", fields)
    assert (answer.status_code, kept(answer)) == (422 if status == 413 else 503, TYPED)
    assert ("at most 20,000 characters fit" in words(answer)) == (status == 413)


@pytest.mark.parametrize(
    ("named", "place", "said"),
    [
        ("title", "#title", "at most 200 characters in one line"),
        ("text", "#text", "at most 20,000 characters fit"),
        ("felt_at", "#felt_at", "Choose a time that has passed"),
        ("visibility", "#visibility", "Say who may see this entry"),
        ("time_zone", "#entry", "cannot be used"),
        ("phase", "#phase", "cannot be used"),
    ],
)
async def test_what_portal_refuses_is_named(
    *, browser: Browser, client_person: Person, journal: FakeJournal, named: str, place: str, said: str
) -> None:
    address, fields = await begin(browser, client_person)
    journal.refusals["PUT"] = problem(422, "invalid_input", named)
    answer = await browser.post(address, fields)
    (link,) = soup(answer).select(".error-summary a")
    assert (link["href"], said in link.get_text(), kept(answer)) == (place, True, TYPED)
    assert soup(answer).find(id=place[1:]) is not None


@pytest.mark.parametrize(
    "felt_at", ["soon", "2026-02-30T10:00", "0001-01-01T00:00", "9999-12-31T23:59", "2026-03-30T25:00"]
)
async def test_no_time(browser: Browser, client_person: Person, journal: FakeJournal, felt_at: str) -> None:
    zone = "Asia/Tokyo" if felt_at.startswith("0001") else "America/New_York"
    address, fields = await begin(browser, client_person, felt_at=felt_at, time_zone=zone)
    answer = await browser.post(address, fields)
    (link,) = soup(answer).select(".error-summary a")
    assert (answer.status_code, link["href"], kept(answer), journal.entries) == (422, "#felt_at", TYPED, {})


async def test_a_quarter_of_a_megabyte(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    """It reaches portal, is too long there, and comes back whole; what web itself does not take is said too."""
    address, fields = await begin(browser, client_person, text="é" * 40_000)
    journal.refusals["PUT"] = problem(413, "too_large")
    answer = await browser.post(address, fields)
    assert (answer.status_code, len(form_values(answer, "entry")["text"])) == (422, 40_000)
    answer = await browser.post(address, {**fields, "text": "x" * 1_100_000})
    assert (answer.status_code, "larger than we take" in words(answer)) == (413, True)


@pytest.mark.parametrize(
    ("content", "kind", "status", "field"),
    [
        (b"{", "application/json", 422, None),
        (b"[]", "application/json", 422, "body"),
        (b'{"text": "caf\xe9"}', "application/json", 400, None),
        (b'{"text": "\\ud800"}', "application/json", 422, "text"),
        (b'{"text": 1}', "application/json", 422, "text"),
        (b'{"revision": NaN}', "application/json", 422, "revision"),
        (b"text=x", "application/x-www-form-urlencoded", 415, None),
        (b'{"text": "x"}', "text/plain", 415, None),
    ],
)
async def test_autosaving_what_is_no_form(
    *, browser: Browser, client_person: Person, journal: FakeJournal, content: bytes, kind: str, status: int, field: str
) -> None:
    await browser.sign_in(client_person)
    headers = {"content-type": kind, "afterglow-person": str(client_person.id)}
    answer = await browser.put(f"{ENTRY}/draft", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    if field:
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert journal.drafts == {}


@pytest.mark.parametrize("status", [400, 413, 500, 503])
async def test_a_line_to_pin_stays_typed(
    browser: Browser, client_person: Person, journal: FakeJournal, portal: FakePortal, status: int
) -> None:
    journal.entries[entry()["id"]] = entry()
    await browser.open_signed_in(client_person, ENTRY)
    fields = {"id": "0195e3a0-0000-7000-8000-000000000007", "line": "", "words": "It was"}
    portal.answers["PUT", f"agenda/{fields['id']}"] = problem(status, "refused")
    answer = await browser.post(f"{ENTRY}/lines", fields)
    assert "It was" in words(answer) + str(soup(answer).select("#pin-words"))
    portal.answers.clear()
    broken = await browser.post_encoded(f"{ENTRY}/lines", fields, words="caf%E9")
    assert (broken.status_code, bool(soup(broken).select(".error-summary a[href='#pin-words']"))) == (422, True)


@pytest.mark.parametrize("question", ["", " ", "x" * 101, "\0"])
async def test_a_question_that_is_none(
    browser: Browser, client_person: Person, journal: FakeJournal, question: str
) -> None:
    await browser.sign_in(client_person, "/journal")
    await browser.get("/journal")
    journal.refusals["POST"] = problem(422, "invalid_input", "q")
    answer = await browser.post("/journal/search", {"q": question})
    assert answer.status_code == 422
    assert soup(answer).select(".error-summary a[href='#q']")


TABLE = "|a" * 60 + "|\n" + "|-" * 60 + "|\n"
BOMBS: list[tuple[str, str]] = [
    ("a table", TABLE + ("|x" * 60 + "|\n") * 160),
    ("references", "[a]: https://b.example\n" * 860),
    ("references used", "[a]: https://b.example/" + "x" * 17_000 + "\n\n" + "[a] " * 730),
    ("references that lead to each other", "".join(f"[a{i}]: /a{i + 1}\n" for i in range(1_000))),
    ("one word", "x" * 20_000),
    ("lines", "\n".join("x" * 9_999)),
    ("empty lines", "\n" * 20_000),
    ("quotes", "> x\n\n" * 4_000),
    ("lists", "- x\n" * 5_000),
    ("lists apart", "- x\n\n\n" * 3_000),
    ("headings", "# x\n" * 5_000),
    ("lines across", "---\n" * 5_000),
    ("code", "    x\n" * 3_000),
    ("fences", "```\n" * 5_000),
    ("tabs", "\t" * 20_000),
    ("indents", " " * 20_000 + "x"),
    ("underlines", "x\n=\n" * 5_000),
    ("numbers", "".join(f"{i}. x\n" for i in range(2_500))),
    ("entities", "&amp;" * 1_000 + "x" * 15_000),
    ("addresses", "<https://a.example/>" * 500),
]


@pytest.mark.parametrize("text", [bomb for _, bomb in BOMBS], ids=[name for name, _ in BOMBS])
def test_a_text_made_to_grow(text: str) -> None:
    """However an entry of the longest kind is built, its page has the size of a few long ones."""
    before = time.process_time()
    assert len(render(text[:20_000])) <= 200_000
    assert time.process_time() - before < 60  # not a figure to reach: only that it ends


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/octet-stream"])
async def test_a_form_under_another_name(
    browser: Browser, client_person: Person, journal: FakeJournal, kind: str
) -> None:
    address, _fields = await begin(browser, client_person)
    answer = await browser.post_raw(address, b"text=x", kind)
    assert answer.status_code in {403, 415}
    assert journal.entries == {}


def test_rendering_is_a_pure_function_of_the_words() -> None:
    """What one entry defines, another does not know."""
    render("[a]: https://b.example\n\n[a]")
    assert "href" not in str(render("[a]"))
