"""A program of somebody else's: an admin registers it, a client allows or declines it, and takes it back."""

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.journeys.browsing import Visit
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import Visitor

ADMIN, CLIENT, THERAPIST = "Robin Castellano", "Amara Nwosu", "Hannah Oyelaran"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
PAGE = b"<!doctype html><title>Diary</title><p>The diary"
QUESTION = "Do you allow this program in?"


class Registered(NamedTuple):
    """A program, and where it is led back to: a page of ours on loopback, that says nothing of what it is told."""

    name: str
    client_id: str
    callback: str


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + PAGE)
    await writer.drain()
    writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def callback() -> AsyncIterator[str]:
    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callback"


@pytest_asyncio.fixture(loop_scope="session")
async def program(visit: Visit, callback: str) -> Registered:
    """One that wants check-ins, registered on the admin's page."""
    name = f"Mood diary {uuid4().hex[:6]}"
    async with visit("desktop") as admin:
        page = admin.page
        await admin.sign_in(ADMIN)
        await page.goto("/programs/new")
        await page.get_by_role("textbox", name="Name").fill(name)
        await page.get_by_label("Who runs it").fill("Diary Cooperative")
        await page.locator("input[name=kind][value=public]").check()
        await page.get_by_label("Addresses it is led back to").fill(callback)
        for scope in ("openid", "portal"):
            await page.locator(f"input[name=scope_{scope}]").check()
        await looks_right(admin)
        await page.get_by_role("button", name="Register it").click()
        await expect(page.get_by_role("heading", name=name)).to_be_visible()
        found = re.search(r"/programs/([0-9a-f-]{36})", page.url)
        assert found
        return Registered(name, found.group(1), callback)


async def ask(visitor: Visitor, program: Registered) -> None:
    """Begin at the program, as its own page would."""
    challenge = hashlib.sha256(secrets.token_bytes(32)).digest()
    query = {
        "response_type": "code",
        "client_id": program.client_id,
        "redirect_uri": program.callback,
        "scope": "openid portal",
        "state": "kept",
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    await visitor.page.goto(f"/auth/authorize?{urlencode(query)}")


async def led_back(page: Page, program: Registered) -> dict[str, list[str]]:
    """What the program is told."""
    await expect(page).to_have_url(re.compile(re.escape(program.callback)))
    told = parse_qs(urlsplit(page.url).query)
    assert told["state"] == ["kept"]
    assert told["iss"]
    return told


@pytest.mark.parametrize(
    ("size", "theme", "javascript"),
    [("phone", "light", True), ("desktop", "dark", True), ("phone", "dark", False)],
)
async def test_it_is_asked_about_declined_allowed_and_taken_back(
    visit: Visit, program: Registered, size: str, theme: str, *, javascript: bool
) -> None:
    async with visit(size, color_scheme=theme, javascript=javascript) as visitor:
        page = visitor.page
        await ask(visitor, program)
        await visitor.fill_in_sign_in(CLIENT)
        await expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
        await expect(page.get_by_text("Run by Diary Cooperative")).to_be_visible()
        await expect(page.get_by_text("a program on this device")).to_be_visible()
        if javascript:
            await looks_right(visitor)
        await page.get_by_role("button", name="Decline").click()
        assert (await led_back(page, program))["error"] == ["access_denied"]
        await ask(visitor, program)
        await page.get_by_role("button", name="Allow").click()
        assert "code" in await led_back(page, program)
        await ask(visitor, program)  # on a device others could pose as it: it is asked about each time
        await expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
        await page.goto("/auth/security/programs")
        await expect(page.get_by_role("heading", name=program.name)).to_be_visible()
        if javascript:
            await looks_right(visitor)
        await page.get_by_role("link", name=f"Take it back {program.name}").click()
        await page.get_by_role("button", name="Take it back").click()
        await expect(page.get_by_text("It may do nothing more here").first).to_be_visible()
        await expect(page.get_by_role("heading", name=program.name)).to_have_count(0)
        await ask(visitor, program)
        await expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()


async def test_a_therapist_opens_nobodys_record_to_it(visit: Visit, program: Registered) -> None:
    async with visit("desktop") as visitor:
        await ask(visitor, program)
        await visitor.fill_in_sign_in(THERAPIST)
        await expect(visitor.page.get_by_text("Only clients can open their own records to a program.")).to_be_visible()
        await looks_right(visitor)
