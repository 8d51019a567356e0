"""What the service worker keeps: the same for everybody, complete, and made anew whenever anything of it changes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from afterglow_design.practice import CrisisService, Practice
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from fastapi import FastAPI

from tests.node import running
from tests.web.browser import Browser, soup, words
from tests.web.fake_auth import FakeAuth

ADDRESS = re.compile(r"/static/[\w./-]+")
IMPORTED = re.compile(r'(?:from|import) "\./([\w.-]+)"|url\("\./(vendor/atkinson-latin\.[\w.-]+)"\)')


async def told(browser: Browser, language: str = "en") -> dict[str, Any]:
    """What the worker's first line says that it keeps."""
    answer = await browser.http.get(f"/service-worker.js?ui_locales={language}")
    first = answer.text.partition("\n")[0]
    kept: dict[str, Any] = json.loads(first.removeprefix("const KEPT = ").removesuffix(";"))
    return kept


async def at_work(browser: Browser, **given: Any) -> dict[str, Any]:
    """What the worker does, in Node."""
    source = (await browser.http.get("/service-worker.js")).text
    with running(Path(__file__).parent / "worker.mjs", {"source": source, **given}) as worker:
        said: dict[str, Any] = next(worker.said())
    return said


async def test_a_worker_may_ask_the_portal_and_nobody_else(browser: Browser) -> None:
    answer = await browser.http.get("/service-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'; img-src 'self'"
    again = await browser.http.get("/service-worker.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("pages", "over"),
    [([], True), (["hidden"], True), (["hidden", "visible"], False), (["visible"], False)],
)
async def test_it_takes_over_where_no_page_is_looked_at(browser: Browser, pages: list[str], *, over: bool) -> None:
    said = await at_work(browser, pages=pages)
    assert (said["asked"], said["over"]) == ({"type": "window", "includeUncontrolled": True}, over)


PAGES = ["/", "/journal", "/auth/sign-in", "/auth/authorize?client_id=web"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_that_is_on_its_way_is_the_answer(browser: Browser, path: str) -> None:
    """One that is left to the browser is asked for a second time."""
    request = {"method": "GET", "mode": "navigate", "url": f"https://portal.example{path}"}
    said = await at_work(browser, request=request, coming={"status": 200, "from": "preload"})
    assert (said["answer"]["from"], said["fetched"]) == ("preload", 0)
    said = await at_work(browser, request=request)
    assert (said["answer"]["from"], said["fetched"]) == ("network", 1)


@pytest.mark.parametrize("path", PAGES)
async def test_where_nothing_is_reached_a_kept_page_is_the_answer(browser: Browser, path: str) -> None:
    kept = (await told(browser))["pages"]
    request = {"method": "GET", "mode": "navigate", "url": f"https://portal.example{path}"}
    said = await at_work(browser, request=request, reached=False)
    assert said["answer"]["from"] == kept["check_in" if path == "/" else "nowhere"]


@pytest.mark.parametrize(
    ("method", "mode", "address"),
    [
        ("POST", "navigate", "https://portal.example/auth/sign-in"),
        ("GET", "navigate", "https://elsewhere.example/"),
        ("GET", "cors", "https://portal.example/api/portal/check-ins"),
        ("GET", "no-cors", "https://portal.example/auth/static/auth.css"),
    ],
)
async def test_what_is_no_page_is_the_browsers(browser: Browser, method: str, mode: str, address: str) -> None:
    said = await at_work(browser, request={"method": method, "mode": mode, "url": address})
    assert (said["answer"], said["fetched"]) == (None, 0)


async def test_what_is_kept_is_complete(browser: Browser) -> None:
    kept = await told(browser)
    needed: set[str] = set()
    for address in kept["pages"].values():
        page = await browser.get(address)
        assert page.status_code == 200
        needed |= set(ADDRESS.findall(page.text)) - set(re.findall(r'apple-touch-icon" href="([^"]+)', page.text))
    for file in kept["files"]:
        answer = await browser.http.get(file)
        assert "immutable" in answer.headers["cache-control"]
        if answer.headers["content-type"].startswith("text/"):
            needed |= {f"/static/{''.join(found)}" for found in IMPORTED.findall(answer.text)}
    assert needed == set(kept["files"])


async def test_kept_pages_say_nothing_about_anybody(browser: Browser, client_person: Person) -> None:
    pages = (await told(browser))["pages"].values()
    before = [(await browser.get(address)).text for address in pages]
    await browser.open_signed_in(client_person)
    assert [(await browser.get(address)).text for address in pages] == before
    for text in before:
        assert client_person.name not in text
        assert "csrf_token" not in text


async def test_help_is_on_the_page_that_shows_without_a_network(browser: Browser) -> None:
    answer = await browser.get((await told(browser, "es"))["pages"]["nowhere"])
    assert {"tel:988", "sms:988", "tel:911"} <= {str(link.get("href")) for link in soup(answer).find_all("a")}
    assert "No se puede llegar al portal" in words(answer)


async def test_another_number_is_another_worker(
    make_app: Callable[..., FastAPI], database: RolledBackDatabase, auth: FakeAuth
) -> None:
    versions = set()
    for practice in (Practice(), Practice(crisis_services=(CrisisService(name="Call", detail="", href="tel:112"),))):
        browser = Browser(make_app(database, practice=practice), auth)
        versions |= {(await told(browser))["version"], (await told(browser, "es"))["version"]}
        await browser.http.aclose()
    assert len(versions) == 4
