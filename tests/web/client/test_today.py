"""Today: the check-in form, what it sends, and every way portal can answer."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_journal import COVER, MOMENT, pinned
from tests.web.fake_portal import VOCABULARY, FakePortal, problem


async def fill(browser: Browser, person: Person, **fields: str) -> dict[str, str]:
    """Open Today and return what its form would post, with `fields` filled in."""
    page = await browser.open_signed_in(person, "/")
    return {**form_values(page, "check-in"), **fields}


def sent(portal: FakePortal) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(next(one.content for one in reversed(portal.requests) if one.method == "PUT"))
    return body


async def test_nothing_is_answered_for_the_client(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/")
    sliders = soup(page).select("fieldset[data-slider]")
    assert [slider["data-name"] for slider in sliders] == ["mood", "energy", "anxiety"]
    assert all(slider["data-value"] == "" for slider in sliders)
    assert not soup(page).select("fieldset[data-slider] input[checked]")


@pytest.mark.parametrize(
    ("choice", "sentence"), [("therapist", "You and your therapist see this."), ("only_me", "Only you see this.")]
)
async def test_who_will_see_it_stands_beside_save(
    browser: Browser, client_person: Person, portal: FakePortal, choice: str, sentence: str
) -> None:
    portal.choices["check_ins"] = choice
    page = await browser.open_signed_in(client_person, "/")
    assert soup(page).select_one(".seen-first").get_text() == sentence  # type: ignore[union-attr]  # it is there
    assert form_values(page, "check-in")["visibility"] == choice


async def test_save(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = await fill(browser, client_person, mood="2.5", anxiety="0", energy="", note=" Rain,\r\nthen sun ")
    answer = await browser.post("/check-ins", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/check-ins?saved=therapist&id={fields['id']}")
    body = sent(portal)
    felt = datetime.fromisoformat(body.pop("felt_at"))
    assert abs(felt - datetime.now(UTC)) < timedelta(seconds=20)
    assert body == {
        "mood": 2.5,
        "energy": None,
        "anxiety": 0.0,
        "note": "Rain,\nthen sun",
        "time_zone": "Europe/London",
        "visibility": "therapist",
    }
    assert "Saved. You and your therapist can see it." in words(await browser.get(answer.headers["location"]))


async def test_words_tags_and_the_note_wait_folded_away(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/")
    folded = soup(page).select_one("#check-in details.more")
    assert folded is not None
    assert not folded.has_attr("open")
    offered = [str(box["name"]) for box in folded.select("input[type=checkbox]")]
    assert offered == ["word-at ease", "word-calm", "word-tired", "tag-sleep", "tag-work"]
    assert not folded.select("input[checked]")
    assert not soup(page).select("[name^=item-]")  # nothing is switched on


async def test_items_that_the_therapist_switched_on_are_asked_for_and_may_be_skipped(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    offered = VOCABULARY | {"switched_on": ["hope", "new_at_portal"]}
    portal.answers["GET", "check-ins/vocabulary"] = httpx.Response(200, json=offered)
    page = await browser.open_signed_in(client_person, "/")
    sliders = [str(one["data-name"]) for one in soup(page).select("#check-in [data-slider]")]
    assert sliders == ["mood", "energy", "anxiety", "item-hope"]
    assert all(one["data-value"] == "" for one in soup(page).select("#check-in [data-slider]"))
    for typed, items in (("7", {"hope": 7}), ("", None)):
        fields = form_values(page, "check-in") | {"mood": "1", "item-hope": typed}
        assert (await browser.post("/check-ins", fields)).status_code == 303
        assert sent(portal).get("items") == items
        portal.check_ins.clear()


async def test_words_tags_and_items_are_sent_and_kept(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    """By a form that is refused, too: also where portal no longer says what it offers."""
    more = {"word-calm": "yes", "word-at ease": "yes", "tag-work": "yes", "item-hope": "3"}
    fields = await fill(browser, client_person, mood="1", **more)
    portal.down = True
    refused = await browser.post("/check-ins", fields)
    assert {name: value for name, value in form_values(refused, "check-in").items() if name in more} == more
    portal.down = False
    for _ in range(2):
        assert (await browser.post("/check-ins", fields)).status_code == 303
    body = sent(portal)
    assert (body["words"], body["tags"], body["items"]) == (["calm", "at ease"], ["work"], {"hope": 3})
    other = await browser.post("/check-ins", {**fields, "item-hope": "4"})
    assert other.status_code == 409
    assert form_values(other, "check-in")["word-calm"] == "yes"


async def test_whoever_stands_in_is_named_beside_save(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.answers["GET", "check-ins/vocabulary"] = httpx.Response(200, json=VOCABULARY | {"standing_in": [COVER]})
    page = await browser.open_signed_in(client_person, "/")
    assert "You and your therapist see this, and Dr Weber while standing in." in words(page)
    del portal.answers["GET", "check-ins/vocabulary"]
    assert "standing in" not in words(await browser.get("/"))


async def test_after_a_dose_it_waits_for_the_next_session(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.choices["check_ins"] = "therapist"
    told = VOCABULARY | {"shared_again_at": "2026-03-31T05:00:00Z"}
    portal.answers["GET", "check-ins/vocabulary"] = httpx.Response(200, json=told)
    page = await browser.open_signed_in(client_person, "/")
    assert "After a dose nothing new is shared until Tue 31 Mar, 06:00." in words(page)
    offered = {str(field["value"]): "checked" in field.attrs for field in soup(page).select("[name=visibility]")}
    assert offered == {"only_me": False, "next_session": True}
    fields = form_values(page, "check-in") | {"mood": "1", "visibility": "therapist"}
    wrong = [{"field": "visibility", "code": "until_morning", "message": "x"}]
    portal.answers["PUT", f"check-ins/{fields['id']}"] = problem(422, "invalid_input", wrong)
    refused = await browser.post("/check-ins", fields)
    assert refused.status_code == 422
    assert "choose “Only me”, or “at our next session”" in words(refused)


async def test_no_vocabulary_no_harm(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.answers["GET", "check-ins/vocabulary"] = problem(503, "unavailable")
    page = await browser.open_signed_in(client_person, "/")
    assert (page.status_code, len(soup(page).select("fieldset[data-slider]"))) == (200, 3)


async def test_one_call_to_portal(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = await fill(browser, client_person, mood="1")
    portal.requests.clear()
    await browser.post("/check-ins", fields)
    assert [request.method for request in portal.requests] == ["PUT"]


async def test_a_kept_form_that_is_no_id_is_none(browser: Browser, client_person: Person) -> None:
    answer = await browser.post("/check-ins", await fill(browser, client_person, mood="1", kept="x"))
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("zone", "used"),
    [("America/New_York", "America/New_York"), ("Nowhere/Else", "Europe/London"), ("../etc/passwd", "Europe/London")],
)
async def test_the_browser_may_say_its_zone(
    browser: Browser, client_person: Person, portal: FakePortal, zone: str, used: str
) -> None:
    await browser.post("/check-ins", await fill(browser, client_person, mood="1", time_zone=zone))
    assert sent(portal)["time_zone"] == used


async def test_an_earlier_time_is_the_wall_clock_of_the_zone(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    fields = await fill(browser, client_person, mood="1", felt_at="2026-07-01T21:10", time_zone="Europe/Berlin")
    await browser.post("/check-ins", fields)
    assert sent(portal)["felt_at"] == "2026-07-01T19:10:00+00:00"


async def test_sent_twice_is_saved_once(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """The second form is the same but for the time that web fills in; portal calls that a conflict, we do not."""
    fields = await fill(browser, client_person, mood="1", note="Twice")
    for _ in range(2):
        answer = await browser.post("/check-ins", fields)
        assert answer.headers["location"] == f"/check-ins?saved=therapist&id={fields['id']}"
    assert len(portal.check_ins) == 1


async def test_portal_away_while_it_is_asked_what_was_saved(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    """Nobody knows then whether it is the same entry: neither saved nor refused, and to be sent again as it is."""
    fields = await fill(browser, client_person, mood="1")
    assert (await browser.post("/check-ins", fields)).status_code == 303
    portal.answers["GET", f"check-ins/{fields['id']}"] = problem(503, "unavailable")
    unknown = await browser.post("/check-ins", fields)
    assert (unknown.status_code, "could not be saved just now" in words(unknown)) == (503, True)
    assert form_values(unknown, "check-in")["id"] == fields["id"]
    del portal.answers["GET", f"check-ins/{fields['id']}"]
    assert (await browser.post("/check-ins", fields)).status_code == 303


async def test_another_entry_under_the_same_id(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = await fill(browser, client_person, mood="1")
    await browser.post("/check-ins", fields)
    answer = await browser.post("/check-ins", {**fields, "mood": "-3"})
    assert answer.status_code == 409
    assert "saved before with other values" in words(answer)
    again = form_values(answer, "check-in")
    assert again["id"] != fields["id"]
    assert (await browser.post("/check-ins", {**again, "mood": "-3"})).status_code == 303
    assert len(portal.check_ins) == 2


async def test_refused_values_are_named_and_kept(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = await fill(browser, client_person, mood="9", note="Still here & <well>", felt_at="2020-01-01T10:00")
    errors = [
        {"field": "mood", "code": "range", "message": "x"},
        {"field": "felt_at", "code": "too_old", "message": "x"},
    ]
    portal.answers["PUT", f"check-ins/{fields['id']}"] = problem(422, "invalid_input", errors)
    answer = await browser.post("/check-ins", fields)
    assert answer.status_code == 422
    summary = soup(answer).select(".error-summary a")
    assert [link["href"] for link in summary] == ["#slider-mood", "#felt_at"]
    assert all(soup(answer).find(id=str(link["href"])[1:]) for link in summary)
    again = form_values(answer, "check-in")
    assert {name: again[name] for name in ("id", "note", "felt_at")} == {
        name: fields[name] for name in ("id", "note", "felt_at")
    }


@pytest.mark.parametrize(
    ("field", "code", "sentence", "href"),
    [
        ("felt_at", "in_the_future", "This time has not come yet", "#felt_at"),
        ("felt_at", "too_long_ago", "can look back two days at most", "#felt_at"),
        ("note", "string_too_long", "at most 4,000 characters fit", "#note"),
        ("note", "value_error", "a character in it that cannot be kept", "#note"),
        ("words", "too_long", "Choose ten words at most", "#words"),
        ("words.0", "value_error", "not on offer", "#words"),
        ("tags.0", "string_too_long", "One of the circumstances cannot be used", "#tags"),
        ("time_zone", "value_error", "The time zone of this device", "#check-in"),
        ("visibility", "enum", "Say who may see this check-in", "#visibility"),
    ],
)
async def test_each_refusal_in_its_own_words(
    *, browser: Browser, client_person: Person, portal: FakePortal, field: str, code: str, sentence: str, href: str
) -> None:
    fields = await fill(browser, client_person, mood="1")
    wrong = [{"field": field, "code": code, "message": "x"}]
    portal.answers["PUT", f"check-ins/{fields['id']}"] = problem(422, "invalid_input", wrong)
    answer = await browser.post("/check-ins", fields)
    (link,) = soup(answer).select(".error-summary a")
    assert (sentence in link.get_text(), link["href"]) == (True, href)
    assert soup(answer).find(id=href[1:])


async def test_nothing_touched(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = await fill(browser, client_person)
    nothing = [{"field": "mood", "code": "nothing_said", "message": "x"}]
    portal.answers["PUT", f"check-ins/{fields['id']}"] = problem(422, "invalid_input", nothing)
    answer = await browser.post("/check-ins", fields)
    assert "Touch at least one of the three sliders" in words(answer)


@pytest.mark.parametrize("field", [{"mood": "much"}, {"energy": "nan"}, {"anxiety": "1e999"}, {"felt_at": "soon"}])
async def test_what_cannot_be_read_is_not_sent(
    browser: Browser, client_person: Person, portal: FakePortal, field: dict[str, str]
) -> None:
    answer = await browser.post("/check-ins", await fill(browser, client_person, **field))
    assert answer.status_code == 422
    assert portal.check_ins == {}


async def test_portal_away_keeps_what_was_typed(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = await fill(browser, client_person, mood="-2", note="Not lost", visibility="only_me")
    portal.down = True
    answer = await browser.post("/check-ins", fields)
    assert answer.status_code == 503
    assert "still here" in words(answer)
    again = form_values(answer, "check-in")
    assert (again["note"], again["visibility"], again["id"]) == ("Not lost", "only_me", fields["id"])
    portal.down = False
    assert (await browser.post("/check-ins", {**again, "mood": "-2"})).status_code == 303


async def test_an_id_that_is_none(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    answer = await browser.post("/check-ins", await fill(browser, client_person, mood="1", id="../choices"))
    assert answer.status_code == 400
    assert portal.check_ins == {}


async def test_json(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """Web's own JSON passes portal's answers through: created, replayed, other body, not usable."""
    await browser.open_signed_in(client_person)
    address = "/check-ins/0195e3a0-0000-7000-8000-000000000001"
    first = await browser.put(address, json={"mood": 1})
    assert (first.status_code, first.json()["mood"]) == (201, 1)
    assert (await browser.put(address, json={"mood": 1})).status_code == 200
    other = await browser.put(address, json={"mood": 2})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    portal.answers["PUT", address[1:]] = problem(422, "invalid_input", [{"field": "mood", "code": "c", "message": "m"}])
    unusable = await browser.put(address, json={"mood": 99})
    assert (unusable.status_code, unusable.json()["errors"][0]["field"]) == (422, "mood")
    portal.answers["PUT", address[1:]] = httpx.Response(503, json={})
    assert (await browser.put(address, json={"mood": 1})).status_code == 503


async def test_what_is_next(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """Links to what waits and nothing that counts or urges; beside a refused form, or with portal away, none."""
    links = {"draft": "/journal/0195e3a0-0000-7000-8000-000000000001/write", "lines": "/agenda", "new": "/journal/new"}

    def shown(page: httpx.Response) -> set[str]:
        return {name for name, href in links.items() if soup(page).select(f".next-steps a[href='{href}']")}

    page = await browser.open_signed_in(client_person, "/")
    assert shown(page) == {"new"}
    said = {"title": "", "text": "Half", "phase": None, "follows": None, "felt_at": "", "time_zone": "UTC"}
    kept = said | {"visibility": None, "base_version": 0, "revision": 1, "saved_at": MOMENT}
    portal.journal.drafts["x"] = kept | {"entry_id": "0195e3a0-0000-7000-8000-000000000001"}
    portal.journal.lines["x"] = pinned()
    assert shown(await browser.get("/")) == {"draft", "lines"}
    assert shown(await browser.post("/check-ins", form_values(page, "check-in"))) == set()
    portal.journal.refusals["GET agenda"] = problem(503, "unavailable")
    alone = await browser.get("/")
    assert (alone.status_code, shown(alone), bool(soup(alone).select("#check-in"))) == (200, {"new"}, True)
