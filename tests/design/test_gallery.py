"""Every component on one page: linted, judged by axe, and looked at for what overflows or is refused."""

from typing import Any

import httpx
import pytest
from afterglow_design.dates import MINUS
from afterglow_design.testing.axe import violations
from afterglow_design.testing.page_lint import lint_page
from fastapi import FastAPI
from playwright.async_api import expect

PAGES = ["/gallery?mood=1.5&errors=true", "/gallery?width=narrow", "/problem"]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_valid(gallery: FastAPI, path: str):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gallery), base_url="http://test") as client:
        answer = await client.get(path)
    assert lint_page(answer.text, answer.headers) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
async def test_axe_finds_nothing(phone: Any, gallery_url: str, path: str, scheme: str):
    page = await (await phone(color_scheme=scheme)).new_page()
    await page.goto(gallery_url + path)
    assert await violations(page) == []


async def test_axe_would_find_something(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/problem")
    await page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=/static/icon.svg>')")
    assert any(fault.startswith("image-alt") for fault in await violations(page))


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_nothing_runs_over_the_edge_and_nothing_is_refused(phone: Any, gallery_url: str, width: int):
    page = await (await phone()).new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(f"{gallery_url}/gallery?errors=true&mood=2")
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert messages == []


async def test_what_one_touches_is_large_enough(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/gallery?width=narrow")
    sizes = await page.evaluate(
        """() => [...document.querySelectorAll("button, .button, .nav a, .control, .choice, summary, input[type=range],"
        + ".crisis-help, .crisis-services a")].filter((element) => element.checkVisibility())
        .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect().height])"""
    )
    assert len(sizes) > 20
    assert [found for found in sizes if found[1] < 44] == []


BOXES = """() => {
    const box = (name) => document.querySelector(name).getBoundingClientRect();
    const [leave, nav, foot] = [box(".leave"), box(".nav"), box(".foot")];
    const within = (x, y) => document.elementFromPoint(x, y).closest("form.leave, nav") !== null;
    const across = [1, innerWidth / 2, innerWidth - 2];
    return {
        edges: [leave.left, innerWidth - leave.right], gap: nav.top - leave.bottom, free: leave.top - foot.bottom,
        own: across.every((x) => within(x, leave.top + 2) && within(x, leave.bottom - 2)),
    };
}"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 640)])
@pytest.mark.parametrize("path", ["/gallery?width=narrow", "/gallery?width=wide"])
async def test_on_a_phone_leaving_has_a_row_of_its_own(
    phone: Any, gallery_url: str, path: str, *, width: int, height: int
):
    """Across the whole width and right above the navigation, so that no card goes on beside it; the end stays above."""
    page = await (await phone()).new_page()
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(gallery_url + path)
    for _ in range(2):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Leave now")).to_be_focused()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    boxes = await page.evaluate(BOXES)
    assert (boxes["edges"], boxes["own"]) == ([0, 0], True)
    assert boxes["gap"] <= 0
    assert boxes["free"] >= 0


async def test_the_error_summary_takes_the_focus_and_is_reached_by_its_links(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/gallery?errors=true")
    await expect(page.locator(".error-summary")).to_be_focused()
    await page.get_by_role("link", name="Say who may see this entry").click()
    assert await page.evaluate("document.activeElement.closest('#visibility') !== null")


async def test_the_live_region_says_what_happened(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/gallery?errors=true")
    await expect(page.locator("#live")).to_have_text("Your check-in was saved.")
    assert await page.locator("[role=status], [aria-live]").count() == 1


async def test_a_choice_of_theme_overrides_the_setting(phone: Any, gallery_url: str):
    page = await (await phone(color_scheme="dark")).new_page()
    grounds = []
    for theme in ("", "light", "dark"):
        await page.goto(f"{gallery_url}/gallery?theme={theme}")
        grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] == grounds[2] != grounds[1]


async def test_paper_is_white_whatever_the_theme(phone: Any, gallery_url: str):
    page = await (await phone(color_scheme="dark")).new_page()
    await page.goto(gallery_url + "/gallery?theme=dark")
    await page.emulate_media(media="print", color_scheme="dark")
    colours = await page.evaluate(
        "[document.body, document.querySelector('.card')].map((e) => getComputedStyle(e).getPropertyValue('--quiet'))"
    )
    assert colours == ["#5b5269", "#5b5269"]
    assert not await page.locator(".nav").is_visible()


async def test_the_font_is_ours(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/gallery")
    assert await page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].some((font) => font.status === 'loaded'))"
    )


async def test_a_curve_is_read_out_by_keys_and_by_pointing_and_is_whole_without_a_script(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/gallery")
    reading, said = page.get_by_role("slider", name="Read one day"), page.locator(".curve-said")
    await expect(said).to_have_text(f"Mon 30 Mar: Mood {MINUS}1.4, Energy +2.6")
    await reading.press("Home")
    await expect(reading).to_have_attribute("aria-valuetext", "Sun 1 Mar: Mood 0, Energy +3")
    await page.locator(".curve").hover()
    await expect(said).not_to_have_text("Sun 1 Mar: Mood 0, Energy +3")
    await expect(reading).to_have_attribute("aria-valuetext", await said.text_content() or "")
    plain = await (await phone(java_script_enabled=False)).new_page()
    await plain.goto(gallery_url + "/gallery")
    await expect(plain.locator(".curve-reading")).to_have_count(0)
    legend = plain.get_by_role("list", name="Lines").get_by_role("listitem")
    await expect(legend).to_have_text(["Mood", "Energy", "Noted later", "Dose", "Session"])
    await plain.get_by_text("The same as a table").click()
    await expect(plain.get_by_role("rowheader", name="Sun 1 Mar")).to_be_visible()
