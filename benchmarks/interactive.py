"""How soon the check-in page can be used on a phone: Lighthouse's mid-range one, with its slow 4G, nothing kept.

`python -m benchmarks.interactive` runs it alone. It counts from the beginning of the navigation to the end of
DOMContentLoaded: by then every module of the page has run, and each slider answers.
"""

import asyncio
import os
import shutil

from playwright.async_api import Browser, ViewportSize, async_playwright

from benchmarks.load import Measured
from benchmarks.sign_in import browser_session
from benchmarks.system import System, temporary_system

VISITS = 7
SLOWER = 4  # times, as Lighthouse slows a desktop's processor down to a mid-range phone's
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8}
PHONE = ViewportSize(width=390, height=844)
READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


async def run(system: System) -> Measured:
    """Each visit is a new browser's, with the cookie of one who is signed in and nothing else."""
    name, _, value = browser_session(system.base_url, system.account("client", 5)).cookie.partition("=")
    cookie = {"name": name, "value": value, "url": system.base_url}
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    measured = Measured()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(VISITS):
            measured.milliseconds.append(await visit(browser, system.base_url, cookie))
        await browser.close()
    return measured


async def visit(browser: Browser, url: str, cookie: dict[str, str]) -> float:
    context = await browser.new_context(viewport=PHONE, service_workers="block")
    await context.add_cookies([cookie])  # type: ignore[list-item]  # the same keys as its own dictionary's
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Network.emulateNetworkConditions", SLOW_4G)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await page.goto(url)
    if await page.locator("form#check-in").count() != 1:
        raise RuntimeError(f"no check-in form at {page.url}")
    ready: float = await page.evaluate(READY)
    await context.close()
    return ready


def sentence(measured: Measured) -> str:
    return (
        f"The check-in page on an emulated mid-range phone with slow 4G and nothing kept can be used after "
        f"{measured.percentile(0.5):,.0f} ms (the slowest of {VISITS} visits: {max(measured.milliseconds):,.0f})."
    )


def main() -> None:
    with temporary_system() as system:
        system.start()
        print(sentence(asyncio.run(run(system))))


if __name__ == "__main__":
    main()
