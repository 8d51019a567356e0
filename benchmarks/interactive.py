"""How soon the check-in page can be used on a phone: Lighthouse's mid-range one, with its slow 4G, nothing kept.

`python -m benchmarks.interactive` runs it alone. It counts from the beginning of the navigation to the end of
DOMContentLoaded: by then every module of the page has run, and each slider answers.

The phone must not be slower where the bench runs on a slower machine. So the browser's speed here is measured first,
as Lighthouse's BenchmarkIndex defines it, and slowed down by as much as it is faster than the phone.
"""

import asyncio
import os
import shutil
from dataclasses import dataclass

from playwright.async_api import Browser, ViewportSize, async_playwright

from benchmarks.load import Measured
from benchmarks.sign_in import browser_session
from benchmarks.system import System, temporary_system

VISITS = 7
# Lighthouse slows a fast desktop (an index of 1,500 to 2,000) down four times; its mid-range phones have 125 to 800.
PHONE_INDEX = 1_750 / 4
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8}
PHONE = ViewportSize(width=390, height=844)
# How often in a second a string of 10,000 letters grows, and 100,000 numbers are copied; a tenth of it, and their mean.
INDEX = """() => {
  const perSecond = (work) => {
    let times = 0;
    const began = performance.now();
    for (; performance.now() - began < 500; times++) work();
    return times / ((performance.now() - began) / 1000);
  };
  const grow = () => {
    let grown = "";
    for (let i = 0; i < 10_000; i++) grown += "a";
    return grown.length;
  };
  const numbers = Array.from({ length: 100_000 }, (_, i) => i);
  const copied = [...numbers];
  const copy = () => {
    for (let i = 0; i < numbers.length; i++) copied[i] = numbers[i];
  };
  return (perSecond(grow) + perSecond(copy)) / 2 / 10;
}"""
READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


@dataclass
class Visits:
    """The milliseconds of each, and this machine's index, from which the phone's slowness follows."""

    measured: Measured
    index: float

    @property
    def slower(self) -> float:
        """By how many times the processor is slowed down; a machine slower than the phone is taken as it is."""
        return max(self.index / PHONE_INDEX, 1)


async def run(system: System) -> Visits:
    """Each visit is a new browser's, with the cookie of one who is signed in and nothing else."""
    name, _, value = browser_session(system.base_url, system.account("client", 5)).cookie.partition("=")
    cookie = {"name": name, "value": value, "url": system.base_url}
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        visits = Visits(Measured(), await index_of(browser))
        for _ in range(VISITS):
            visits.measured.milliseconds.append(await visit(browser, system.base_url, cookie, visits.slower))
        await browser.close()
    return visits


async def index_of(browser: Browser) -> float:
    page = await browser.new_page()
    index: float = await page.evaluate(INDEX)
    await page.close()
    return index


async def visit(browser: Browser, url: str, cookie: dict[str, str], slower: float) -> float:
    context = await browser.new_context(viewport=PHONE, service_workers="block")
    await context.add_cookies([cookie])  # type: ignore[list-item]  # the same keys as its own dictionary's
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Network.emulateNetworkConditions", SLOW_4G)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    await page.goto(url)
    if await page.locator("form#check-in").count() != 1:
        raise RuntimeError(f"no check-in form at {page.url}")
    ready: float = await page.evaluate(READY)
    await context.close()
    return ready


def sentence(visits: Visits) -> str:
    times = visits.measured
    return (
        f"The check-in page on an emulated mid-range phone with slow 4G and nothing kept can be used after "
        f"{times.percentile(0.5):,.0f} ms (the slowest of {VISITS} visits: {max(times.milliseconds):,.0f}). "
        f"This machine's index is {visits.index:,.0f}, so its processor was slowed down {visits.slower:.1f} times."
    )


def main() -> None:
    with temporary_system() as system:
        system.start()
        print(sentence(asyncio.run(run(system))))


if __name__ == "__main__":
    main()
