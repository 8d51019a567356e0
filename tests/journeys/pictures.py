"""`make pictures`: every page of every role as a picture, in var/pictures, and the README's picture made of three."""

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
CLIENT, THERAPIST = "Amara Nwosu", "Hannah Oyelaran"
MOUNT = """<!doctype html>
<body style="margin: 0; padding: 32px; display: inline-flex; gap: 36px; align-items: center; background: #d8d0c6">
<img src="{0}" style="{1}"><img src="{2}" style="{1}"><img src="{3}" style="{1}">"""
ROUNDED = "border-radius:28px;height:{}px"


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
        await mount(browser, demonstration)
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


async def mount(browser: Browser, demonstration: Demonstration) -> None:
    """The README's picture: a client's check-in, what the therapist sees of one client, a conversation in the dark."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.png" for number in range(3)]
        async with visiting(browser, demonstration, CLIENT, "phone", "light") as visitor:
            await visitor.page.goto("/")
            await visitor.page.screenshot(path=files[0])
        async with visiting(browser, demonstration, THERAPIST, "desktop", "light") as visitor:
            await visitor.page.goto("/caseload")
            await visitor.page.get_by_role("row").filter(has_text="Maya").get_by_role("link").first.click()
            await visitor.page.get_by_text("Shared with you").wait_for()
            await visitor.page.screenshot(path=files[1])
        async with visiting(browser, demonstration, CLIENT, "phone", "dark") as visitor:
            await visitor.page.goto("/messages")
            await visitor.page.screenshot(path=files[2])
        page = await browser.new_page(viewport={"width": 1800, "height": 700})
        board = Path(folder) / "board.html"
        board.write_text(MOUNT.format(files[0].name, ROUNDED.format(540), files[1].name, files[2].name))
        await page.goto(board.as_uri())
        await page.locator("body").screenshot(path=ROOT / "docs" / "pictures" / "afterglow.png")


if __name__ == "__main__":
    main()
