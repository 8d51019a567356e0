"""`make pictures`: every page of every role as a picture, in var/pictures; those of the README, in docs/pictures."""

import argparse
import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

from afterglow_operator.ports import free_ports
from playwright.async_api import Browser, async_playwright
from rich.progress import Progress

from tests.journeys.browsing import chromium_path
from tests.journeys.conftest import afterglow
from tests.journeys.test_accessibility import PAGES
from tests.journeys.visitor import SIZES, Demonstration, Visitor

ROOT = Path(__file__).parents[2]
THEMES = ("light", "dark")
CLIENT, OTHER, SPANISH, THERAPIST = "Amara Nwosu", "Maya Lindqvist", "Elena Paredes", "Hannah Oyelaran"
BOARDS = {  # name: what stands side by side on it, as who, size, theme and page
    "afterglow": [
        (CLIENT, "phone", "light", "/"),
        (THERAPIST, "desktop", "light", f"/clients/{{{OTHER}}}"),
        (CLIENT, "phone", "dark", "/messages"),
    ],
    "client": [
        (CLIENT, "phone", "light", "/check-ins"),
        (SPANISH, "phone", "light", "/"),
        (CLIENT, "phone", "dark", "/journal"),
        (None, "phone", "dark", "/help"),
    ],
}
BOARD = """<!doctype html>
<body style="margin: 0; padding: 32px; display: inline-flex; gap: 36px; align-items: center; background: #d8d0c6">"""
PICTURE = '<img src="{}" style="border-radius: 28px; height: 540px">'


def main() -> None:
    """Start a demonstration of its own, visit, take pictures, end it."""
    argparse.ArgumentParser(prog="pictures", description=__doc__).parse_args()
    folder = Path(tempfile.mkdtemp(prefix="afterglow-pictures-"))
    try:
        afterglow("demo", "--detach", "--var", str(folder / "var"), "--port", str(free_ports(1)[0]))
        demonstration = Demonstration.model_validate(json.loads((folder / "var" / "demo.json").read_text()))
        asyncio.run(take(demonstration))
    finally:
        afterglow("stop", "--var", str(folder / "var"))
        shutil.rmtree(folder, ignore_errors=True)


async def take(demonstration: Demonstration) -> None:
    target = ROOT / "var" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        looks = list(product(PAGES.items(), SIZES, THEMES))
        with Progress() as progress:
            for (who, paths), size, theme in progress.track(looks, description="Visiting"):
                async with visiting(browser, demonstration, who, size, theme) as visitor:
                    for path in paths:
                        await visitor.page.goto(path)
                        name = f"{who or 'nobody'} {path} {size} {theme}"
                        await screenshot_whole(visitor, target / f"{as_name(name)}.png")
        for name in BOARDS:
            await mount(browser, demonstration, name)
        await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, demonstration: Demonstration, who: str | None, size: str, theme: str
) -> AsyncIterator[Visitor]:
    """A browser of that size and theme in which `who` is signed in."""
    context = await browser.new_context(
        base_url=demonstration.base_url, color_scheme=theme, device_scale_factor=2, **SIZES[size]
    )
    visitor = Visitor(await context.new_page(), demonstration, [], javascript=True)
    if who:
        await visitor.sign_in(who)
        await visitor.page.wait_for_url(re.compile(re.escape(demonstration.base_url)))
    yield visitor
    await context.close()


async def screenshot_whole(visitor: Visitor, path: Path) -> None:
    """The whole page in a window as tall as it is, so that what is fixed to an edge stays at that edge."""
    size = dict(visitor.page.viewport_size or {})
    height = await visitor.page.evaluate("document.documentElement.scrollHeight")
    await visitor.page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    await visitor.page.screenshot(path=path)
    await visitor.page.set_viewport_size({"width": size["width"], "height": size["height"]})


def as_name(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


async def mount(browser: Browser, demonstration: Demonstration, name: str) -> None:
    """One picture of the README: windows side by side, as large as they are."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (who, size, theme, path) in enumerate(BOARDS[name]):
            files.append(Path(folder) / f"{number}.png")
            async with visiting(browser, demonstration, who, size, theme) as visitor:
                await visitor.page.goto(re.sub(r"{(.*)}", lambda found: demonstration.account(found[1]).id, path))
                await visitor.page.screenshot(path=files[-1])
        page = await browser.new_page(viewport={"width": 1800, "height": 700})
        board = Path(folder) / "board.html"
        board.write_text(BOARD + "".join(PICTURE.format(one.name) for one in files))
        await page.goto(board.as_uri())
        await page.locator("body").screenshot(path=ROOT / "docs" / "pictures" / f"{name}.png")
        await page.close()


if __name__ == "__main__":
    main()
