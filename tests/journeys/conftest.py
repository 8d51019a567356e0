"""Journeys: the real demonstration, started for this run by the operator's own command, and a real browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.journeys.visitor import SIZES, Demonstration, Visitor

START_LIMIT = 240
Visit = Callable[..., AbstractAsyncContextManager[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first journey waits for the whole system to start."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(START_LIMIT + 120))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def afterglow(*arguments: str) -> None:
    """Run the operator's command; its own sentence is what a failure shows."""
    command = [sys.executable, "-m", "afterglow_operator.main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_LIMIT, check=False)  # our own program
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """Everything running behind the gateway, with fresh demonstration data, ended afterwards."""
    var = tmp_path_factory.mktemp("demonstration") / "var"
    try:
        afterglow("demo", "--detach", "--var", str(var), "--port", str(free_port()))
        yield Demonstration.model_validate(json.loads((var / "demo.json").read_text()))
    finally:
        afterglow("stop", "--var", str(var))


def chromium_path() -> str:
    """The system's Chromium. No browser is a failure, never a skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    assert found, "journeys need Chromium: install it or name it in CHROMIUM"
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


def watch(page: Page, faults: list[str]) -> None:
    """Note what must never happen: console errors (policy violations are among them), script errors, 5xx."""
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)


@pytest.fixture
def visit(chromium: Browser, demonstration: Demonstration) -> Visit:
    """Open a fresh browser context: `async with visit("phone", javascript=False) as visitor`."""

    @asynccontextmanager
    async def open_context(size: str = "desktop", *, javascript: bool = True, **options: Any) -> AsyncIterator[Visitor]:
        context = await chromium.new_context(
            base_url=demonstration.base_url, java_script_enabled=javascript, **SIZES[size], **options
        )
        context.set_default_timeout(15_000)
        page = await context.new_page()
        faults: list[str] = []
        watch(page, faults)
        yield Visitor(page, demonstration, faults, javascript=javascript)
        await context.close()
        assert faults == []

    return open_context
