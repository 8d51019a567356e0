"""A real browser, and visits to any running system with it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.journeys.visitor import SIZES, Demonstration, Visitor

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]
CLOSING = 40  # seconds; a driver that is asked to end kills its browser after 30
PATIENCE = 20_000  # milliseconds, which only what never comes takes
NO_WORKER = "Service Worker registration blocked by Playwright"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
expect.set_options(timeout=PATIENCE)


def chromium_path() -> str:
    """The system's Chromium. No browser is a failure, never a skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, "journeys need Chromium: install it or name it in CHROMIUM"
    return found


@asynccontextmanager
async def chromium_running(*arguments: str) -> AsyncIterator[Browser]:
    """One that does not close when asked to is killed with its driver, instead of being waited for without end.

    Each closing is a task of its own: one that took its cancelling as nothing would be waited for all the same.
    """
    playwright = await async_playwright().start()
    browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*ARGUMENTS, *arguments])
    yield browser
    for close in (browser.close, playwright.stop):
        await asyncio.wait({asyncio.ensure_future(close())}, timeout=CLOSING)


def watch(page: Page, faults: list[str]) -> None:
    """Note what must never happen: console errors (policy violations are among them), script errors, 5xx."""

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and message.text != NO_WORKER:
            faults.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)


def visits(browser: Browser, demonstration: Demonstration) -> Visit:
    """Open a fresh browser context: `async with visit("phone", javascript=False) as visitor`.

    Only who asks for it has a service worker (`service_workers="allow"`): each new one takes its time.
    """

    @asynccontextmanager
    async def open_context(size: str = "desktop", *, javascript: bool = True, **options: Any) -> AsyncIterator[Visitor]:
        context = await browser.new_context(
            base_url=demonstration.base_url,
            java_script_enabled=javascript,
            **{"service_workers": "block", **SIZES[size], **options},
        )
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        faults: list[str] = []
        watch(page, faults)
        try:
            yield Visitor(page, demonstration, faults, javascript=javascript)
        finally:
            await context.close()  # after a failure too: a page left open would read what the next test counts
        assert faults == [], faults

    return open_context
