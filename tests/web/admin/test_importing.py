"""Inviting many from a file: nobody is invited before everybody was looked at."""

from typing import Any

import httpx
import pytest
from afterglow_auth.imports import fitting
from afterglow_auth.imports.models import ImportState as ImportStateAtAuth
from afterglow_auth.imports.reading import MESSAGES
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.admin.import_words import FAULTS, fault_words
from afterglow_web.admin.importing import LARGEST_FILE
from afterglow_web.admin.records import ImportState, RowFault

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words

FILE = "name,email\nNoor Aziz,noor@example.org\nAda Byron,ada@example.org\n"


async def upload(browser: Browser, content: bytes, identifier: str | None = None) -> httpx.Response:
    """As a browser sends a form with a file."""
    answer = await browser.http.post(
        "/people/import",
        data={"csrf_token": browser.token, "id": identifier or str(new_id())},
        files={"file": ("people.csv", content, "text/csv")},
        headers={"origin": BASE_URL, "sec-fetch-site": "same-origin"},
    )
    return browser.looked_at(answer)


async def put_in_place(browser: Browser, admin: Person, practice: Practice, **values: Any) -> str:
    """An import that was read, as `values` say; answers its address."""
    identifier = str(new_id())
    practice.accounts.imports[identifier] = {
        "id": identifier,
        "state": "preview",
        "total": 3,
        "made": 0,
        "rows": [],
        "faults": [],
        "fault_count": 0,
        **values,
    }
    await browser.open_signed_in(admin)
    return f"/people/imports/{identifier}"


async def test_from_the_list_to_everybody_invited(browser: Browser, admin: Person, practice: Practice) -> None:
    people = await browser.open_signed_in(admin, "/people")
    assert soup(people).select_one("a[href='/people/import']") is not None
    form = await browser.get("/people/import")
    assert soup(form).select_one("form[enctype='multipart/form-data'] input[type=file]") is not None
    (field,) = soup(form).select("main input[name=id]")
    identifier = str(field["value"])
    for _ in range(2):  # a double click
        answer = await upload(browser, FILE.encode(), identifier)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/people/imports/{identifier}")
    preview = await browser.get(answer.headers["location"])
    assert "Is everybody right?" in words(preview)
    assert "Ada Byron ada@example.org nobody yet" in words(preview)
    assert "Invite all 2 people" in words(preview)
    started = await browser.post(f"/people/imports/{identifier}/execution")
    assert (started.status_code, started.headers["location"]) == (303, f"/people/imports/{identifier}")
    practice.accounts.imports[identifier]["made"] = 1
    page = await browser.get(started.headers["location"])
    assert "1 of 2 made" in words(page)
    assert soup(page).select_one("progress[max='2'][value='1']") is not None
    part = await browser.fragment(f"/people/imports/{identifier}")
    assert "1 of 2 made" in part.text
    practice.accounts.imports[identifier] |= {"state": "carried_out", "made": 2, "rows": []}
    over = await browser.fragment(f"/people/imports/{identifier}")
    assert over.headers["hx-redirect"] == f"/people/imports/{identifier}"
    assert "Everybody is invited" in words(await browser.get(f"/people/imports/{identifier}"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.usefixtures("practice")
async def test_files_as_spreadsheets_save_them(browser: Browser, admin: Person, encoding: str) -> None:
    await browser.open_signed_in(admin, "/people/import")
    answer = await upload(browser, "name,email\nJosé Ñuñez,jose@example.org".encode(encoding))
    assert answer.status_code == 303
    assert "José Ñuñez" in words(await browser.get(answer.headers["location"]))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a file first."),
        (b"n" * (LARGEST_FILE + 1), "too large"),
        (b"PK\x03\x04\x81\x8d\x8f", "no CSV file"),
    ],
)
async def test_what_is_no_file_of_people_is_said(
    browser: Browser, admin: Person, practice: Practice, content: bytes, sentence: str
) -> None:
    await browser.open_signed_in(admin, "/people/import")
    answer = await upload(browser, content)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert practice.changed() == []


async def test_each_fault_is_shown_with_its_row(browser: Browser, admin: Person, practice: Practice) -> None:
    faults = [
        {"row": 2, "column": "email", "code": "duplicate", "detail": "5"},
        {"row": 4, "column": "email", "code": "domain_not_ascii", "detail": "xn--exmple-4nf.org"},
    ]
    path = await put_in_place(browser, admin, practice, faults=faults, fault_count=7)
    page = await browser.get(path)
    assert "2 email Row 5 has this address too." in words(page)
    assert "write it as xn--exmple-4nf.org" in words(page)
    assert "And 5 more." in words(page)
    assert soup(page).select_one("form[action$=execution]") is None
    refused = await browser.post(f"{path}/execution")
    assert (refused.status_code, "cannot be used" in words(refused)) == (409, True)


async def test_what_did_not_fit_any_more_is_said(browser: Browser, admin: Person, practice: Practice) -> None:
    faults = [{"row": 2, "column": "email", "code": "address_taken", "detail": None}]
    path = await put_in_place(browser, admin, practice, state="failed", faults=faults, fault_count=1)
    page = await browser.get(path)
    assert "Nobody was invited" in words(page)
    assert "Somebody here has this address already." in words(page)


async def test_another_file_with_the_same_form_is_refused(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin, "/people/import")
    identifier = str(new_id())
    await upload(browser, FILE.encode(), identifier)
    answer = await upload(browser, b"name,email\nN,n@example.org", identifier)
    assert (answer.status_code, "Another file was sent" in words(answer)) == (422, True)
    assert list(practice.accounts.imports) == [identifier]


async def test_an_import_that_is_not_there(browser: Browser, admin: Person, practice: Practice) -> None:
    path = f"/people/imports/{new_id()}"
    assert (await browser.open_signed_in(admin, path)).status_code == 404
    assert practice.changed() == []


def test_every_fault_of_auth_has_its_words() -> None:
    known = {*MESSAGES, fitting.TAKEN, fitting.NO_THERAPIST, "missing", "look_alike", "domain_not_ascii"}
    assert known | {"control_characters"} == set(FAULTS)
    assert set(ImportState) == set(ImportStateAtAuth)
    for column, sentence in (("email", "Write a mail address"), ("what", "This cannot be used.")):
        assert sentence in fault_words(RowFault(row=2, column=column, code="string_pattern_mismatch"))
