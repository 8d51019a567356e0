"""The gallery on loopback and a browser to look at it with."""

import asyncio
import importlib.util
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType

import pytest
import uvicorn
from afterglow_design import vendor
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext

from tests.journeys.browsing import chromium_running

HERE = Path(__file__).parent


def _load_gallery() -> ModuleType:
    """Import by path: the tests are no package (pytest runs with --import-mode=importlib)."""
    specification = importlib.util.spec_from_file_location("design_gallery", HERE / "gallery.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gallery() -> FastAPI:
    """The application that shows every component, with its third-party files in place."""
    vendor.install(development=True)
    app: FastAPI = _load_gallery().create()
    return app


@pytest.fixture(scope="session")
async def gallery_url(gallery: FastAPI) -> AsyncIterator[str]:
    """Address of the gallery, served for the session."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(gallery, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = server.force_exit = True  # whatever the browser still holds open is not waited for
    await serving


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One headless Chromium; its absence is a failure, not a skip."""
    async with chromium_running() as chromium:
        yield chromium


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Callable[..., BrowserContext]]:
    """Open phone-sized browser contexts: `await phone(java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    async def open_context(**settings: object) -> BrowserContext:
        context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, **settings)
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        await context.close()
