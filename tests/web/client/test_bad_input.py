"""Bad input through the check-in's form and through web's own JSON: a problem that names the field, words that stay."""

import json
from typing import Any

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_portal import FakePortal, problem

ADDRESS = "/check-ins/0195e3a0-0000-7000-8000-000000000001"
NOTE = "Words & <more> of them"


async def begin(browser: Browser, person: Person, **typed: str) -> dict[str, str]:
    """What Today's form would post with the note and `typed` filled in."""
    page = await browser.open_signed_in(person, "/")
    return {**form_values(page, "check-in"), "mood": "1", "note": NOTE, **typed}


def refuse(portal: FakePortal, fields: dict[str, str], status: int, *named: tuple[str, str]) -> None:
    errors = [{"field": name, "code": code, "message": "x"} for name, code in named]
    code = "invalid_input" if status == 422 else "refused"
    portal.answers["PUT", f"check-ins/{fields['id']}"] = problem(status, code, errors)


async def put_raw(browser: Browser, content: bytes, kind: str = "application/json") -> httpx.Response:
    return await browser.put(ADDRESS, content=content, headers={"content-type": kind})


@pytest.mark.parametrize("encoded", ["caf%E9", "%FF%FE", "%ED%A0%80", "%C3"])
async def test_broken_utf8_in_a_form(browser: Browser, client_person: Person, portal: FakePortal, encoded: str) -> None:
    fields = await begin(browser, client_person)
    answer = await browser.post_encoded("/check-ins", fields, note=encoded)
    assert answer.status_code == 422
    (link,) = soup(answer).select(".error-summary a")
    assert (link["href"], "cannot be kept" in link.get_text()) == ("#note", True)
    assert portal.check_ins == {}


@pytest.mark.parametrize("note", ["caf\ufffd", "\ufffd", "100 % \u2028 & = + \ufffd"])
async def test_the_sign_for_no_character_may_be_typed(
    browser: Browser, client_person: Person, portal: FakePortal, note: str
) -> None:
    """It is text like any other: pasted from somewhere that had lost a letter."""
    fields = await begin(browser, client_person)
    assert (await browser.post("/check-ins", {**fields, "note": note})).status_code == 303
    assert [one["note"] for one in portal.check_ins.values()] == [note]


@pytest.mark.parametrize("name", ["felt_at", "id", "mood", "time_zone", "visibility", "word-%FF", "csrf_token"])
async def test_broken_utf8_in_any_other_field_is_no_fault_of_ours(
    browser: Browser, client_person: Person, name: str
) -> None:
    fields = await begin(browser, client_person)
    assert (await browser.post_encoded("/check-ins", fields, **{name: "%FF"})).status_code < 500


@pytest.mark.parametrize("status", [400, 413, 415, 418, 429, 500, 502, 503, 504])
async def test_whatever_portal_answers_the_form_keeps_what_was_typed(
    browser: Browser, client_person: Person, portal: FakePortal, status: int
) -> None:
    fields = await begin(browser, client_person, visibility="only_me", **{"word-calm": "yes"})
    refuse(portal, fields, status)
    answer = await browser.post("/check-ins", fields)
    again = form_values(answer, "check-in")
    assert {name: again[name] for name in ("id", "note", "visibility", "word-calm")} == {
        name: fields[name] for name in ("id", "note", "visibility", "word-calm")
    }
    if status == 413:
        assert answer.status_code == 422
        assert "at most 4,000 characters fit" in words(answer)
    else:
        assert answer.status_code == 503


BODIES: list[tuple[str, bytes, int, str]] = [
    ("no JSON", b"{", 422, ""),
    ("no object", b"[1]", 422, "body"),
    ("nothing", b"", 422, "body"),
    ("broken UTF-8", b'{"note": "caf\xe9"}', 400, ""),
    ("half a character", b'{"mood": 1, "note": "\\ud800"}', 422, "note"),
    ("half a character in a name", b'{"mood": 1, "\\ud800": 1}', 422, "body"),
    ("half a character within", b'{"mood": 1, "words": ["calm", "\\udc00"]}', 422, "words"),
    ("no number", b'{"mood": NaN}', 422, "mood"),
    ("without end", b'{"mood": 1e999}', 422, "mood"),
    ("without end within", b'{"items": {"hope": -Infinity}}', 422, "items"),
    ("too many digits", b'{"mood": 1' + b"0" * 5_000 + b"}", 400, ""),
    ("too deep", b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, ""),
    ("too large", b'{"note": "' + b"x" * 1_100_000 + b'"}', 413, ""),
]


@pytest.mark.parametrize(("content", "status", "field"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_json_that_is_none(
    *, browser: Browser, client_person: Person, portal: FakePortal, content: bytes, status: int, field: str
) -> None:
    await browser.open_signed_in(client_person)
    answer = await put_raw(browser, content)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == status
    if field:
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert portal.check_ins == {}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_json_under_another_name(browser: Browser, client_person: Person, portal: FakePortal, kind: str) -> None:
    await browser.open_signed_in(client_person)
    answer = await put_raw(browser, b'{"mood": 1}', kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert portal.check_ins == {}


async def test_json_as_portal_refuses_it(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person)
    errors = [{"field": "items.hopes", "code": "unknown", "message": "x"}]
    portal.answers["PUT", ADDRESS[1:]] = problem(422, "invalid_input", errors)
    answer = await put_raw(browser, json.dumps({"items": {"hopes": 1}}).encode())
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("mood", {"mood": "much"}, "#slider-mood"),
    ("energy", {"energy": "1,5"}, "#slider-energy"),
    ("anxiety", {"anxiety": "inf"}, "#slider-anxiety"),
    ("item", {"item-hope": "x"}, "#slider-item-hope"),
    ("no time", {"felt_at": "yesterday"}, "#felt_at"),
    ("no day", {"felt_at": "2026-02-30T10:00"}, "#felt_at"),
    ("before time", {"felt_at": "0001-01-01T00:00", "time_zone": "Asia/Tokyo"}, "#felt_at"),
    ("after time", {"felt_at": "9999-12-31T23:59", "time_zone": "America/New_York"}, "#felt_at"),
]


@pytest.mark.parametrize(("typed", "place"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
async def test_what_cannot_be_read_is_named(
    *, browser: Browser, client_person: Person, portal: FakePortal, typed: dict[str, str], place: str
) -> None:
    answer = await browser.post("/check-ins", await begin(browser, client_person, **typed))
    assert answer.status_code == 422
    (link,) = soup(answer).select(".error-summary a")
    assert link["href"] == place
    assert soup(answer).find(id=place[1:]) is not None
    assert form_values(answer, "check-in")["note"] == NOTE
    assert portal.check_ins == {}


async def test_a_form_under_another_name(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await begin(browser, client_person)
    for kind in ("text/plain", "application/json", "application/octet-stream"):
        answer = await browser.post_raw("/check-ins", b'{"mood": 1}', kind)
        assert answer.status_code in {403, 415}
    assert portal.check_ins == {}
