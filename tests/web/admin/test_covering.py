"""Cover and care between days: typed by the admin's own clock, and said again where a day makes no sense."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_web.admin.days import WrongDayError, begins, first_instant, last_instant

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import named

ZONE = "Europe/London"


def in_days(days: int) -> str:
    return (datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=days)).isoformat()


def sent(practice: Practice) -> dict[str, Any]:
    (content,) = [one.content for one in practice.accounts.requests if one.method == "PUT"]
    body: dict[str, Any] = json.loads(content)
    return body


async def test_cover_is_arranged_seen_and_ended(browser: Browser, admin: Person, practice: Practice) -> None:
    path = practice.page("therapist", "cover", "new")
    form = await browser.open_signed_in(admin, path)
    assert [one["value"] for one in soup(form).select("main input[name=covering]")] == [practice.other_therapist["id"]]
    (field,) = soup(form).select("main input[name=id]")
    fields = {"id": str(field["value"]), "covering": practice.other_therapist["id"]}
    fields |= {"first_day": in_days(3), "last_day": in_days(9)}
    answer = await browser.post(path, fields)
    assert answer.headers["location"] == practice.page("therapist") + "?notice=cover-arranged"
    body = sent(practice)
    lasts = datetime.fromisoformat(body["ends_at"]) - datetime.fromisoformat(body["starts_at"])
    assert timedelta(days=7) - timedelta(hours=1) <= lasts <= timedelta(days=7) + timedelta(hours=1)
    page = await browser.get(answer.headers["location"])
    assert "Mateo Villanueva for Hannah Oyelaran" in words(page)
    end = practice.page("therapist", "covers", fields["id"], "end")
    assert "reads nothing more" in words(await browser.get(end))
    over = await browser.post(end)
    assert over.headers["location"] == practice.page("therapist") + "?notice=cover-ended"
    assert "Nobody stands in" in words(await browser.get(practice.page("therapist")))
    assert (await browser.get(end)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"covering": ""}, "Choose who stands in"),
        ({"last_day": ""}, "Say until when"),
        ({"last_day": "x"}, "Write a day such as"),
        ({"first_day": "2001-02-03"}, "This day is over"),
        ({"first_day": in_days(9), "last_day": in_days(3)}, "comes too early"),
    ],
)
async def test_what_makes_no_sense_is_said_and_the_rest_kept(
    browser: Browser, admin: Person, practice: Practice, *, changes: dict[str, str], sentence: str
) -> None:
    path = practice.page("therapist", "cover", "new")
    await browser.open_signed_in(admin, path)
    fields = {"id": str(new_id()), "covering": practice.other_therapist["id"], "last_day": in_days(5)} | changes
    answer = await browser.post(path, fields)
    assert (answer.status_code, sentence in words(answer)) == (422, True)
    assert [one["value"] for one in soup(answer).select("main input[name=id]")] == [fields["id"]]
    assert practice.changed() == []


async def test_only_a_therapist_is_covered_for(browser: Browser, admin: Person, practice: Practice) -> None:
    assert (await browser.open_signed_in(admin, practice.page("client", "cover", "new"))).status_code == 404


async def test_somebody_elses_cover_is_not_ended_here(browser: Browser, admin: Person, practice: Practice) -> None:
    pair = {"therapist": named(practice.therapist), "covering": named(practice.other_therapist)}
    times = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2190-01-01T00:00:00Z", "ended_at": None}
    practice.accounts.covers.append({"id": str(new_id()), "client": None, "clients": 1, **pair, **times})
    cover = practice.accounts.covers[0]["id"]
    assert (await browser.open_signed_in(admin, practice.page("client", "covers", cover, "end"))).status_code == 404


async def test_care_between_days(browser: Browser, admin: Person, practice: Practice) -> None:
    path = practice.page("client", "care", "new")
    await browser.open_signed_in(admin, path)
    fields = {"id": str(new_id()), "other": practice.other_therapist["id"], "last_day": in_days(-1)}
    refused = await browser.post(path, fields)
    assert (refused.status_code, "comes too early" in words(refused)) == (422, True)
    answer = await browser.post(path, fields | {"first_day": in_days(2), "last_day": in_days(20)})
    assert answer.headers["location"] == practice.page("client") + "?notice=assigned"
    assert {"starts_at", "ends_at"} <= sent(practice).keys()


def test_a_day_is_whole_by_the_clock_of_whoever_types_it() -> None:
    """Also where clocks change in between."""
    day = datetime(2027, 3, 28, tzinfo=UTC).date()
    assert begins(day, ZONE) == datetime(2027, 3, 28, tzinfo=UTC)
    assert last_instant("2187-03-28", "America/New_York", after=None) == begins(
        datetime(2187, 3, 29, tzinfo=UTC).date(), "America/New_York"
    )
    assert first_instant(in_days(0), ZONE) is None
    assert first_instant("", ZONE) is None
    for typed in ("0001-01-01", "9999-12-31", "tomorrow"):
        with pytest.raises(WrongDayError):
            last_instant(typed, ZONE, after=None)
