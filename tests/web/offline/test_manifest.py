"""The portal as a phone shows it among its programs: by a name that tells nobody what it is for."""

import struct
from collections.abc import Callable
from typing import Any

import httpx
from afterglow_design.practice import Practice
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI

from tests.web.browser import Browser, soup
from tests.web.fake_auth import FakeAuth


async def test_installed_under_the_neutral_name(browser: Browser) -> None:
    for language, name in (("en", "Client portal"), ("es", "Portal de clientes")):
        page = await browser.get(f"/?ui_locales={language}")
        link = soup(page).find("link", rel="manifest")
        assert link is not None
        answer = await browser.http.get(str(link["href"]))
        told = answer.json()
        assert answer.headers["content-type"] == "application/manifest+json"
        assert answer.headers["cache-control"] == "no-cache"
        assert "set-cookie" not in answer.headers
        assert (told["name"], told["short_name"], told["lang"]) == (name, name, language)
        assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")
        assert "afterglow" not in answer.text.lower()


async def test_a_practices_own_neutral_name(
    make_app: Callable[..., FastAPI], database: RolledBackDatabase, auth: FakeAuth
) -> None:
    practice = Practice(name="Harbour Ketamine Therapy", neutral_name="Harbour")
    browser = Browser(make_app(database, practice=practice), auth)
    answer = await browser.http.get("/manifest.webmanifest")
    assert answer.json()["name"] == "Harbour"
    assert not {"ketamine", "therapy"} & set(answer.text.lower().split('"'))
    assert "etamine" not in answer.text
    await browser.http.aclose()


async def test_icons_are_as_large_as_they_are_said_to_be(browser: Browser) -> None:
    icons: list[dict[str, Any]] = (await browser.http.get("/manifest.webmanifest")).json()["icons"]
    assert {"any", "maskable"} <= {icon.get("purpose") for icon in icons}
    for icon in icons:
        picture = await browser.http.get(icon["src"])
        assert picture.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            assert size_of(picture) == icon["sizes"]
    page = await browser.get("/")
    touch = soup(page).find("link", rel="apple-touch-icon")
    assert touch is not None
    assert size_of(await browser.http.get(str(touch["href"]))) == "180x180"


def size_of(picture: httpx.Response) -> str:
    """Width and height as PNG's first chunk has them."""
    width, height = struct.unpack(">II", picture.content[16:24])
    return f"{width}x{height}"
