"""Inviting somebody: the form, what it sends, and every way auth can answer."""

import json
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_portal import problem

TYPED = {"name": " Noor Aziz ", "email": "noor@example.org", "role": "client"}


async def fill(browser: Browser, person: Person, **fields: str) -> dict[str, str]:
    """Open the form and return what it would post, filled in."""
    page = await browser.open_signed_in(person, "/people/invite")
    return {**form_values(page, "invite"), **TYPED, **fields}


def sent(practice: Practice) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        next(one.content for one in reversed(practice.accounts.requests) if one.method == "PUT")
    )
    return body


async def test_nothing_is_chosen_beforehand(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, "/people/invite")
    assert soup(page).select("main input[checked]") == []
    assert practice.changed() == []


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (None, "The invitation does not go out at once. Another admin has to approve it first."),
        ("P1D", "The invitation does not go out at once. It waits a day; the other staff are told by mail"),
    ],
)
async def test_who_takes_a_second_person_is_said_beforehand(
    browser: Browser, admin: Person, practice: Practice, wait: str | None, sentence: str
) -> None:
    practice.accounts.single_admin_wait = wait
    page = await browser.open_signed_in(admin, "/people/invite")
    said = [" ".join(choice.get_text(" ").split()) for choice in soup(page).select(".choice")]
    assert said[0] == "Client The invitation goes out at once."
    assert all(sentence in one for one in said[1:])


async def test_without_an_answer_both_ways_are_said(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.accounts.answers["GET", "proposals/waiting"] = problem(503, "unavailable")
    page = await browser.open_signed_in(admin, "/people/invite")
    assert "Another admin has to approve it first or, where there is only one, it waits a day." in words(page)


async def test_a_client(browser: Browser, admin: Person, practice: Practice) -> None:
    fields = await fill(browser, admin)
    for _ in range(2):  # a double click
        answer = await browser.post("/people/invite", fields)
        assert answer.status_code == 303
        assert answer.headers["location"].endswith("?notice=invited")
    assert practice.changed() == [("PUT", f"invitations/{fields['id']}")] * 2
    assert sent(practice) == {
        "name": "Noor Aziz",
        "email": "noor@example.org",
        "role": "client",
        "locale": "en",
        "time_zone": "Europe/London",
    }
    page = await browser.get(answer.headers["location"])
    assert "The invitation is on its way by mail." in words(page)
    assert "Noor Aziz" in words(page)


async def test_another_language(browser: Browser, admin: Person, practice: Practice) -> None:
    fields = await fill(browser, admin)
    page = await browser.get("/people/invite")
    assert '<option value="es">Español</option>' in page.text
    await browser.post("/people/invite", {**fields, "locale": "es"})
    assert sent(practice)["locale"] == "es"
    await browser.post("/people/invite", {**fields, "locale": "tlh"})
    assert sent(practice)["locale"] == "en"


async def test_another_time_zone(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.post("/people/invite", await fill(browser, admin, time_zone=" Asia/Tokyo "))
    assert sent(practice)["time_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize("role", ["therapist", "admin"])
async def test_one_of_the_staff_becomes_a_proposal(
    browser: Browser, admin: Person, practice: Practice, role: str
) -> None:
    fields = await fill(browser, admin, role=role)
    assert practice.accounts.proposals == []
    for _ in range(2):
        answer = await browser.post("/people/invite", fields)
        assert answer.headers["location"] == "/proposals?notice=invitation-proposed"
    page = await browser.get(answer.headers["location"])
    assert "Asked for, and not sent yet" in words(page)
    assert len(soup(page).select("article")) == 1


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"name": " "}, "Write their name, in at most 200 characters"),
        ({"email": ""}, "Write a mail address, such as name@example.org"),
        ({"role": ""}, "Say what they will be here"),
        ({"role": "owner"}, "Say what they will be here"),
    ],
)
async def test_what_is_missing_is_named_and_the_rest_kept(
    browser: Browser, admin: Person, practice: Practice, missing: dict[str, str], sentence: str
) -> None:
    fields = await fill(browser, admin, **missing)
    answer = await browser.post("/people/invite", fields)
    assert answer.status_code == 422
    (link,) = soup(answer).select(".error-summary a")
    assert (link.get_text(), link["href"]) == (sentence, f"#{next(iter(missing))}")
    assert soup(answer).find(id=str(link["href"])[1:]) is not None
    kept = {name: value for name, value in fields.items() if name not in missing and name != "csrf_token"}
    assert kept.items() <= form_values(answer, "invite").items()
    assert practice.changed() == []


@pytest.mark.parametrize(
    ("status", "code", "field", "sentence"),
    [
        (422, "invalid_input", "email", "Write a mail address"),
        (422, "invalid_input", "name", "Write their name"),
        (422, "invalid_input", "time_zone", "Write a time zone such as Europe/London"),
        (409, "address_taken", "email", "Somebody here has this address already."),
        (409, "already_proposed", "email", "This waits for a second person already"),
    ],
)
async def test_what_auth_refuses_is_said_at_the_field(
    browser: Browser, admin: Person, practice: Practice, *, status: int, code: str, field: str, sentence: str
) -> None:
    fields = await fill(browser, admin, time_zone="Mars/Base")
    errors = [{"field": field, "code": "x", "message": "x"}]
    practice.accounts.answers["PUT", f"invitations/{fields['id']}"] = problem(status, code, errors)
    answer = await browser.post("/people/invite", fields)
    assert answer.status_code == status
    said = soup(answer).find(id=f"{field}-error")
    assert said is not None
    assert sentence in said.get_text()
    again = form_values(answer, "invite")
    assert {name: again[name] for name in ("id", "name", "email", "role", "time_zone")} == {
        name: fields[name] for name in ("id", "name", "email", "role", "time_zone")
    }
    assert soup(answer).select_one("details[open]") is not None


async def test_a_field_that_nobody_typed_is_our_fault(browser: Browser, admin: Person, practice: Practice) -> None:
    fields = await fill(browser, admin)
    errors = [{"field": "locale", "code": "x", "message": "x"}]
    practice.accounts.answers["PUT", f"invitations/{fields['id']}"] = problem(422, "invalid_input", errors)
    assert (await browser.post("/people/invite", fields)).status_code == 422


async def test_the_same_form_for_somebody_else_is_asked_about(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    fields = await fill(browser, admin)
    await browser.post("/people/invite", fields)
    answer = await browser.post("/people/invite", {**fields, "email": "other@example.org"})
    assert answer.status_code == 409
    assert "This form was sent before with other details, and those stay." in words(answer)
    again = form_values(answer, "invite")
    assert again["id"] != fields["id"]
    assert (await browser.post("/people/invite", again)).status_code == 303
    assert len(practice.accounts.people) == 9


async def test_auth_away_keeps_what_was_typed(browser: Browser, admin: Person, practice: Practice) -> None:
    fields = await fill(browser, admin)
    practice.accounts.down = True
    answer = await browser.post("/people/invite", fields)
    assert answer.status_code == 503
    assert "Nobody was invited" in words(answer)
    practice.accounts.down = False
    assert (await browser.post("/people/invite", form_values(answer, "invite"))).status_code == 303


@pytest.mark.parametrize(("upstream", "shown"), [(403, 403), (500, 503), (429, 503)])
async def test_other_refusals(browser: Browser, admin: Person, practice: Practice, upstream: int, shown: int) -> None:
    fields = await fill(browser, admin)
    practice.accounts.answers["PUT", f"invitations/{fields['id']}"] = problem(upstream, "whatever")
    assert (await browser.post("/people/invite", fields)).status_code == shown


async def test_an_id_that_is_none(browser: Browser, admin: Person, practice: Practice) -> None:
    answer = await browser.post("/people/invite", await fill(browser, admin, id="../people"))
    assert answer.status_code == 400
    assert practice.changed() == []


async def test_somebody_who_never_came_is_invited_again(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, f"/people/invite?again={practice.guest['id']}")
    values = form_values(page, "invite")
    assert (values["name"], values["email"], values["role"]) == ("Ida Guest", "person4@practice.example", "client")
    assert (await browser.get("/people/invite?again=0195e3a0-0000-7000-8000-0000000000ff")).status_code == 404
    assert (await browser.get("/people/invite?again=garbage")).status_code == 200


async def test_an_address_in_disguise_is_shown_for_what_it_is(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    form = await fill(browser, admin, email="noor@ex\u0430mple.org")
    path = f"invitations/{form['id']}"
    for code, sentence in (("domain_not_ascii", "write it as xn--exmple-4nf.org"), ("look_alike", "before the @")):
        errors = [{"field": "email", "code": code, "message": "x"}]
        practice.accounts.answers["PUT", path] = problem(422, "invalid_input", errors)
        answer = await browser.post("/people/invite", form)
        assert (answer.status_code, sentence in words(answer)) == (422, True)
