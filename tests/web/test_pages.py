"""What every page has, and the two that are open to everybody."""

from importlib import import_module
from pathlib import Path

import afterglow_web
from afterglow_foundation.testing.people import Person, open_client
from fastapi import FastAPI

from tests.web.browser import Browser, soup, words

WEB = Path(afterglow_web.__file__).parent


def test_each_filter_of_a_room_has_a_name_of_its_own() -> None:
    """The templates of all rooms share one environment: the last one of a name would be every room's."""
    rooms = [
        import_module(".".join(["afterglow_web", *found.relative_to(WEB).with_suffix("").parts]))
        for found in WEB.rglob("wording.py")
    ]
    names = [name for room in rooms for name in getattr(room, "FILTERS", {})]
    assert len(names) > 20
    assert sorted(names) == sorted(set(names))


async def test_landing(browser: Browser) -> None:
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert soup(answer).find("a", string="Sign in", href="/sign-in") is not None
    assert "988" in words(answer)


async def test_help_is_open_and_says_who_watches(browser: Browser) -> None:
    answer = await browser.get("/help")
    assert "not watched around the clock" in words(answer)
    assert {"tel:988", "sms:988", "tel:911"} <= {str(link.get("href")) for link in soup(answer).find_all("a")}
    assert "800-273" not in answer.text


async def test_signed_in_pages_are_never_stored(browser: Browser, client_person: Person) -> None:
    await browser.open_signed_in(client_person)
    for path in ("/", "/check-ins", "/welcome", "/people"):
        answer = await browser.get(path)
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_static_files_are_for_good(browser: Browser) -> None:
    page = await browser.get("/")
    sheet = soup(page).find("link", rel="stylesheet")
    assert sheet is not None
    answer = await browser.http.get(str(sheet["href"]))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


async def test_ready(app: FastAPI) -> None:
    async with open_client(app) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"keys": True, "migrations": True, "feed": True})


async def test_first_pages(browser: Browser, other_browser: Browser, therapist: Person, admin: Person) -> None:
    await browser.sign_in(therapist)
    assert (await browser.get("/")).headers["location"] == "/caseload"
    await other_browser.sign_in(admin)
    assert (await other_browser.get("/")).headers["location"] == "/people"
