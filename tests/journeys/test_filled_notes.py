"""axe on process notes and sealed notes that hold something: written, changed, refused, asked for, decided, opened."""

import re
from itertools import product
from pathlib import Path

from playwright.async_api import Page, expect

from tests.journeys.ageing import care_ended
from tests.journeys.browsing import Visit
from tests.journeys.test_accessibility import looks_right
from tests.journeys.test_filled_pages import EXPECTED, WORDS, save
from tests.journeys.visitor import SIZES, Visitor

WRITER, SUCCESSOR, CLIENT, ADMIN = "Mateo Villanueva", "Hannah Oyelaran", "Lucia Ferrand", "Robin Castellano"
HOME = re.compile("/(caseload|people)$")
# A button is between two colours while the look changes.
COME_TO_REST = "Promise.allSettled(document.getAnimations().map(one => one.finished))"


async def seen(visitor: Visitor) -> None:
    """In all four looks, one after the other: what is asked for and decided can be so only once."""
    for size, theme in product(SIZES.values(), ("light", "dark")):
        await visitor.page.set_viewport_size(size["viewport"])
        await visitor.page.emulate_media(color_scheme=theme)
        await visitor.page.evaluate(COME_TO_REST)
        await looks_right(visitor)


async def look_at(visitor: Visitor, *paths: str) -> None:
    for path in paths:
        await visitor.page.goto(path)
        await seen(visitor)


async def refused(visitor: Visitor) -> None:
    await expect(visitor.page.locator(".error-summary")).to_be_visible()
    await seen(visitor)


async def come(visitor: Visitor, name: str) -> None:
    await visitor.sign_in(name)
    await expect(visitor.page).to_have_url(HOME)


async def keep(page: Page, form: str, words: str) -> None:
    await page.locator(f"{form} textarea").fill(words)
    await save(page, form)


async def write(visitor: Visitor, notes: str) -> None:
    """A note with two versions; refused without words, and where somebody changed it meanwhile."""
    page = visitor.page
    await page.goto(f"{notes}/new")
    await save(page, "#process-note")
    await refused(visitor)
    await keep(page, "#process-note", WORDS)
    await expect(page.locator(".notice-sage")).to_be_visible()
    await seen(visitor)
    note = page.url.partition("?")[0]
    await look_at(visitor, f"{note}/change")
    await keep(page, "#process-note", f"{WORDS} And the long way home.")
    await expect(page.locator(".notice-sage")).to_be_visible()
    await page.goto(f"{note}/change")
    await page.locator("[name=base_version]").evaluate("field => { field.value = '1'; }")
    await keep(page, "#process-note", f"{WORDS} Seen by nobody else.")
    await expect(page.locator(".notice-glow")).to_be_visible()
    await seen(visitor)
    await look_at(visitor, note, f"{note}/versions", f"{note}/erasure", notes)


async def ask(visitor: Visitor, notes: str) -> None:
    page = visitor.page
    await page.goto(notes)
    await page.locator("#sealed a").click()
    await seen(visitor)
    await save(page, "#opening")
    await refused(visitor)
    await page.locator("#opening [name=ground]").first.check()
    await keep(page, "#opening", "Somebody must know what was agreed before. " * 6)
    await expect(page.locator("#sealed .pill")).to_be_visible()
    await seen(visitor)


async def decide(visitor: Visitor) -> None:
    page = visitor.page
    await look_at(visitor, "/sealed-notes")
    await page.locator("#openings a").first.click()
    await expect(page.locator("#decision")).to_be_visible()
    await seen(visitor)
    await save(page, "#decision")
    await expect(page.locator(".notice-sage")).to_be_visible()
    await seen(visitor)
    await page.locator("#openings a").first.click()
    await expect(page.locator("#opening")).to_be_visible()
    await seen(visitor)


async def test_notes_of_ones_own_and_of_somebody_who_is_gone(visit: Visit, var: Path) -> None:
    async with visit() as writing:
        client, writer = (writing.demonstration.account(name).id for name in (CLIENT, WRITER))
        notes = f"/clients/{client}/process-notes"
        await come(writing, WRITER)
        await write(writing, notes)
        writing.faults[:] = [fault for fault in writing.faults if not EXPECTED.search(fault)]
    async with care_ended(var, client, writer), visit() as asking, visit() as deciding:
        await come(asking, SUCCESSOR)
        await ask(asking, notes)
        await come(deciding, ADMIN)
        await decide(deciding)
        await asking.page.goto(notes)
        await asking.page.locator("#sealed a").first.click()
        await expect(asking.page.locator("#note-1")).to_be_visible()
        await seen(asking)
        asking.faults[:] = [fault for fault in asking.faults if not EXPECTED.search(fault)]
