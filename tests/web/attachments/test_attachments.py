"""Files of messages: a form that works without JavaScript, parts by offset, downloads that never open in a page."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.attachments.wording import file_kind, file_size
from afterglow_web.session.models import WebSession, now
from sqlalchemy import update

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_files import wrong
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.fake_portal import VOCABULARY, FakePortal, problem

LETTER = ("letter.pdf", b"%PDF-1.7\n" + b"x" * 600_000, "application/pdf")
TOO_LONG = "x" * 10_001
SMALL = ("photo.jpg", b"\xff\xd8\xff small", "image/jpeg")


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "Can you send me the letter?")


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


async def post(
    browser: Browser, conversation: FakeConversation, fields: dict[str, str], *files: tuple[str, bytes, str]
) -> httpx.Response:
    """The plain form, as a browser without the module sends it: an empty file field comes too."""
    headers = {"origin": str(browser.http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    chosen = [("file", one) for one in files or (("", b"", "application/octet-stream"),)]
    answer = await browser.http.post(
        f"{address(conversation)}/messages", data={"csrf_token": browser.token, **fields}, files=chosen, headers=headers
    )
    return browser.looked_at(answer)


async def fill(browser: Browser, person: Person, conversation: FakeConversation, text: str = "Here it is"):
    page = await browser.open_signed_in(person, address(conversation))
    return {**form_values(page, "write"), "text": text}


async def test_the_limits_are_said_before_choosing(
    browser: Browser, client_person: Person, conversation: FakeConversation
):
    page = await browser.open_signed_in(client_person, address(conversation))
    form = soup(page).select_one("#write form")
    assert form is not None
    assert form["enctype"] == "multipart/form-data"
    field = form.select_one("input[type=file][multiple]")
    assert field is not None
    assert "up to 25 MB each" in words(page)
    assert form.select(f"#{field['aria-describedby']}")
    assert not form.select("#add-files[open]")
    assert any("attachments" in script["src"] for script in soup(page).select("script[src]"))


async def test_a_message_with_files_from_the_plain_form(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    fields = await fill(browser, client_person, conversation)
    answer = await post(browser, conversation, fields, LETTER, SMALL)
    assert answer.headers["location"] == f"{address(conversation)}#message-{fields['id']}"
    shown = conversation.messages[-1]["attachments"]
    assert [one["name"] for one in shown] == ["letter.pdf", "photo.jpg"]
    assert messaging.files.contents[shown[0]["id"]] == LETTER[1]
    parts = [len(request.content) for request in messaging.requests if request.method == "PATCH"]
    assert parts == [256 * 1024, 256 * 1024, len(LETTER[1]) - 512 * 1024, len(SMALL[1])]  # never whole in one request
    page = await browser.get(address(conversation))
    links = soup(page).select(".message-own .files a[download]")
    assert [link["href"] for link in links] == [f"{address(conversation)}/attachments/{one['id']}" for one in shown]
    assert "letter.pdf PDF, 600 kB" in words(page)
    assert form_values(page, "write")["text"] == ""
    assert not soup(page).select("#files li")


async def test_a_form_without_a_file_is_one_call(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    fields = await fill(browser, client_person, conversation)
    messaging.requests.clear()
    assert (await post(browser, conversation, fields)).status_code == 303
    (request,) = messaging.requests
    assert json.loads(request.content) == {"text": "Here it is"}


REFUSED = [
    (wrong("wrong_kind"), "this kind cannot be sent"),
    (wrong("heic"), "HEIC pictures open on few devices"),
    (wrong("no_picture"), "this picture cannot be opened"),
    (wrong("no_pdf"), "this PDF is damaged"),
    (wrong("too_many_points"), "too many points"),
    (wrong("something_new"), "this one was not taken"),
    (wrong("too_large", "size"), "this one is too large"),
    (problem(409, "too_many_attachments"), "Try again in ten minutes"),
    (problem(422, "quarantined"), "malware was found in it. Nobody can open it"),
    (problem(503, "not_scanned"), "so it is not accepted yet"),
    (problem(503, "still_checking"), "could not be sent just now"),
    (problem(500, "internal_error"), "could not be sent just now"),
]


@pytest.mark.parametrize(("refusal", "said"), REFUSED, ids=[said for _, said in REFUSED])
async def test_what_was_typed_and_what_else_was_chosen_stays(
    *,
    browser: Browser,
    client_person: Person,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    refusal: httpx.Response,
    said: str,
):
    fields = await fill(browser, client_person, conversation)
    taken = httpx.Response(200, json={"id": str(new_id()), "name": "photo.jpg", "size": 9, "received": 9})
    messaging.files.refusals = [taken, refusal]
    page = await post(browser, conversation, fields, SMALL, LETTER)
    assert page.status_code == 422
    assert len(conversation.messages) == 1
    summary = soup(page).select_one("#write .error-summary a[href='#file']")
    assert summary is not None
    assert summary.get_text().startswith("Files: ")
    assert said in summary.get_text()
    assert soup(page).select("#add-files[open] [aria-invalid=true]")
    again = form_values(page, "write")
    assert (again["text"], again["id"]) == ("Here it is", fields["id"])
    assert again["attached_1"].endswith(" photo.jpg")
    assert soup(page).select("#files [name=attached_1][checked]")


async def test_a_file_needs_no_words(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    fields = await fill(browser, client_person, conversation, "")
    assert (await post(browser, conversation, fields, SMALL)).status_code == 303
    message = conversation.messages[-1]
    assert (message["text"], [one["name"] for one in message["attachments"]]) == ("", ["photo.jpg"])
    shown = soup(await browser.get(address(conversation))).select_one(f"#message-{message['id']}")
    assert shown is not None
    assert not shown.select(".message-text")  # no line without anything in it
    assert [one.get_text() for one in shown.select(".files a")] == ["photo.jpg"]
    page = await browser.get(f"{address(conversation)}?reply={message['id']}")
    assert [one.get_text() for one in soup(page).select("#write .quote-text")] == ["photo.jpg"]
    messaging.correct(conversation, message, "The sea")
    versions = await browser.get(f"{address(conversation)}/messages/{message['id']}/versions")
    assert [one.get_text() for one in soup(versions).select("#version-0 p.quiet:not(.small)")] == ["Without words"]


async def test_a_refused_message_keeps_its_files(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    fields = await fill(browser, client_person, conversation, TOO_LONG)
    page = await post(browser, conversation, fields, SMALL)
    assert (page.status_code, "at most 10,000 characters fit" in words(page)) == (422, True)
    again = form_values(page, "write") | {"text": "Here it is"}
    assert (await post(browser, conversation, again)).status_code == 303
    (sent,) = conversation.messages[-1]["attachments"]
    assert (sent["name"], messaging.files.contents[sent["id"]]) == ("photo.jpg", SMALL[1])


@pytest.mark.parametrize("text", ["Here it is", ""])
async def test_a_form_that_is_asked_about_once_more_keeps_its_files(
    browser: Browser, client_person: Person, conversation: FakeConversation, portal: FakePortal, text: str
):
    fields = await fill(browser, client_person, conversation, text)
    told = {**VOCABULARY, "shared_again_at": (datetime.now(UTC) + timedelta(hours=9)).isoformat()}
    portal.answers["GET", "check-ins/vocabulary"] = httpx.Response(200, json=told)
    page = await post(browser, conversation, fields, SMALL)
    assert (page.status_code, len(conversation.messages)) == (409, 1)
    assert (await post(browser, conversation, form_values(page, "write"))).status_code == 303
    assert [one["name"] for one in conversation.messages[-1]["attachments"]] == ["photo.jpg"]


async def test_a_file_that_is_gone_meanwhile_is_said(
    browser: Browser, client_person: Person, conversation: FakeConversation
):
    fields = await fill(browser, client_person, conversation)
    page = await post(browser, conversation, fields | {"attached_3": f"{new_id()} old.pdf"})
    assert page.status_code == 422
    assert "one of them is gone or was sent before" in words(page)
    assert form_values(page, "write")["text"] == "Here it is"
    assert not soup(page).select("#files li")


@pytest.mark.parametrize("attached", ["", "no id", "0195e3a0", "<script>alert(1)</script> x", "\0"])
async def test_what_is_none_of_our_fields_is_left_out(
    browser: Browser, client_person: Person, conversation: FakeConversation, attached: str
):
    fields = await fill(browser, client_person, conversation)
    assert (await post(browser, conversation, fields | {"attached_1": attached})).status_code == 303
    assert conversation.messages[-1]["attachments"] == []


async def test_more_than_a_form_carries_is_refused_before_it_is_sent_on(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    fields = await fill(browser, client_person, conversation)
    large = ("large.pdf", b"%PDF-1.7\n" + b"x" * 900_000, "application/pdf")
    for files, said in (((large,), "at most 900 kB fit"), ((SMALL,) * 6, "at most five go with one message")):
        page = await post(browser, conversation, fields, *files)
        assert (page.status_code, said in words(page)) == (422, True)
        assert form_values(page, "write")["text"] == "Here it is"
    assert messaging.files.declared == {}


async def test_messaging_away_keeps_the_words(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    fields = await fill(browser, client_person, conversation)
    messaging.down = True
    page = await post(browser, conversation, fields, SMALL)
    assert page.status_code == 422
    assert "could not be sent just now" in words(page)
    assert form_values(page, "write")["text"] == "Here it is"


async def test_the_files_that_are_there_stay_over_a_sign_in(
    browser: Browser, client_person: Person, conversation: FakeConversation, database: RolledBackDatabase
):
    fields = await fill(browser, client_person, conversation, TOO_LONG)
    again = form_values(await post(browser, conversation, fields, SMALL, LETTER), "write") | {"text": "Here it is"}
    async with database.arrange() as session:
        await session.execute(update(WebSession).values(last_seen_at=now() - timedelta(days=400)))
    away = await post(browser, conversation, again)
    assert away.status_code == 303
    await browser.sign_in(client_person)
    shown = await browser.get(f"{address(conversation)}?kept={away.headers['location'].rpartition('kept%3D')[2]}")
    kept = form_values(shown, "write")
    assert [kept[f"attached_{number}"].partition(" ")[2] for number in (1, 2)] == ["photo.jpg", "letter.pdf"]


async def test_parts_by_offset(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
):
    await browser.open_signed_in(client_person)
    file, mine = f"{address(conversation)}/attachments/{new_id()}", {"afterglow-person": str(client_person.id)}
    body = {"size": 6, "name": "letter.pdf"}
    told = [(await browser.put(file, json=body, headers=mine)).json() for _ in range(2)]
    assert told == [{"received": 0}] * 2
    for offset, content, status, at in ((0, b"abc", 204, "3"), (0, b"abc", 409, "3"), (3, b"def", 204, "6")):
        answer = await browser.patch(file, content, mine | {"upload-offset": str(offset)})
        assert (answer.status_code, answer.headers["upload-offset"]) == (status, at)
    done = await browser.put(f"{file}/completion", headers=mine | {"content-type": "application/json"})
    assert (done.status_code, done.json()) == (200, {"name": "letter.pdf"})
    other = {"afterglow-person": str(new_id())}
    for answer in (
        await browser.put(file, json=body, headers=other),
        await browser.patch(file, b"x", other | {"upload-offset": "6"}),
        await browser.put(f"{file}/completion", headers=other | {"content-type": "application/json"}),
    ):
        assert answer.status_code == 403
    assert (await browser.post(f"{file}/removal")).status_code == 204
    assert messaging.files.removed == [file.rpartition("/")[2]]


@pytest.mark.parametrize(
    ("content", "kind", "status", "field"),
    [
        (b"{", "application/json", 422, None),
        (b'{"size": 6, "name": "\\ud800"}', "application/json", 422, "name"),
        (b'{"size": "six", "name": "x"}', "application/json", 422, "size"),
        (b'{"size": 6}', "application/json", 422, "name"),
        (b'{"size": 6, "name": "x", "sender_id": 1}', "application/json", 422, "sender_id"),
        (b'{"size": 6, "name": "x"}', "text/plain", 415, None),
    ],
)
async def test_a_declaration_that_is_none(
    *,
    browser: Browser,
    client_person: Person,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    content: bytes,
    kind: str,
    status: int,
    field: str | None,
):
    await browser.open_signed_in(client_person)
    headers = {"content-type": kind, "afterglow-person": str(client_person.id)}
    answer = await browser.put(f"{address(conversation)}/attachments/{new_id()}", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    if field:
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert messaging.files.declared == {}


async def test_a_download_is_a_file_and_never_a_page(
    browser: Browser, client_person: Person, conversation: FakeConversation
):
    fields = await fill(browser, client_person, conversation)
    await post(browser, conversation, fields, LETTER)
    (sent,) = conversation.messages[-1]["attachments"]
    answer = await browser.http.get(f"{address(conversation)}/attachments/{sent['id']}")
    assert (answer.status_code, answer.content) == (200, LETTER[1])
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert [answer.headers[name] for name in ("content-type", "x-content-type-options", "cache-control")] == [
        *("application/pdf", "nosniff", "no-store")
    ]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await browser.get(f"{address(conversation)}/attachments/{new_id()}")).status_code == 404


@pytest.mark.parametrize(
    ("size", "said"),
    [(1, "less than 1 kB"), (999, "less than 1 kB"), (1000, "1 kB"), (999_999, "999 kB"), (2_350_000, "2.4 MB")],
)
def test_sizes_as_people_read_them(size: int, said: str):
    assert file_size(size) == said


@pytest.mark.parametrize(
    ("media_type", "said"), [("image/webp", "Picture"), ("application/pdf", "PDF"), ("audio/mp4", "Sound recording")]
)
def test_kinds_as_people_say_them(media_type: str, said: str):
    assert file_kind(media_type) == said
