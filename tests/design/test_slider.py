"""A slider posts nothing until it was touched, with and without JavaScript."""

import json
from typing import Any

import pytest
from playwright.async_api import Page

MOOD = "#slider-mood"


async def open_form(phone: Any, url: str, *, script: bool = True, query: str = "") -> Page:
    """Open the gallery on a phone, with or without JavaScript."""
    context = await phone(java_script_enabled=script)
    page: Page = await context.new_page()
    await page.goto(f"{url}/gallery?width=narrow{query}")
    return page


async def posted(page: Page) -> dict[str, str]:
    """Save the check-in and return what the server received, without the token and the note."""
    async with page.expect_navigation():
        await page.locator("#check-in").get_by_role("button", name="Save").click()
    pairs = json.loads(await page.locator("pre").inner_text())
    return {name: value for name, value in pairs if name not in {"csrf_token", "note"}}


@pytest.mark.parametrize("script", [True, False])
async def test_untouched_sliders_post_nothing(phone: Any, gallery_url: str, script: bool):
    page = await open_form(phone, gallery_url, script=script)
    assert await posted(page) == {}


async def test_a_touch_gives_a_value_in_half_steps(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url)
    mood = page.locator(f"{MOOD} input[type=range]")
    box = await mood.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await page.touchscreen.tap(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    received = await posted(page)
    assert received.keys() == {"mood"}
    assert float(received["mood"]) in {2.5, 3.0}


async def test_a_tap_in_the_middle_means_the_middle(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url)
    box = await page.locator(f"{MOOD} input[type=range]").bounding_box()
    assert box is not None
    await page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert await posted(page) == {"mood": "0"}


async def test_the_keyboard_sets_and_clears(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url)
    mood = page.get_by_role("slider", name="Mood")
    assert await mood.get_attribute("aria-valuetext") == "no answer yet"
    await mood.focus()
    assert await mood.get_attribute("name") is None
    await page.keyboard.press("ArrowRight")
    assert (await mood.get_attribute("aria-valuetext") or "").startswith("0.5, on a scale from")
    await page.keyboard.press("Delete")
    assert await mood.get_attribute("aria-valuetext") == "no answer yet"
    await page.get_by_role("slider", name="Anxiety").focus()
    await page.keyboard.press("Space")
    assert await posted(page) == {"anxiety": "5"}


async def test_clear_takes_the_answer_back(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url, query="&mood=1.5")
    clear = page.get_by_role("button", name="Clear: Mood")
    assert await page.locator(f"{MOOD} input[name=mood]").input_value() == "1.5"
    await clear.click()
    assert await clear.is_hidden()
    assert await posted(page) == {}


async def test_a_given_value_is_kept(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url, query="&mood=1.5")
    assert await posted(page) == {"mood": "1.5"}


async def test_the_knob_is_seen_only_while_there_is_an_answer(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url)
    track = page.locator(f"{MOOD} .slider-track")
    untouched = await track.screenshot()
    box = await track.bounding_box()
    assert box is not None
    await page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    touched = await track.screenshot()
    await page.get_by_role("button", name="Clear: Mood").click()
    await page.locator("h1").click()  # the focus ring goes
    assert await track.screenshot() == untouched != touched


async def test_scrolling_over_a_slider_is_no_answer(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url)
    box = await page.locator(f"{MOOD} input[type=range]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2
    session = await page.context.new_cdp_session(page)
    for step in range(11):
        point = {"x": x, "y": y - 20 * step}
        kind = "touchMove" if step else "touchStart"
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert await page.evaluate("window.scrollY") > 100
    assert await posted(page) == {}


async def test_without_javascript_no_knob_is_seen_until_one_is_chosen(phone: Any, gallery_url: str):
    pages = [await open_form(phone, gallery_url, script=False, query=query) for query in ("", "&mood=0")]
    pictures = [await page.locator(f"{MOOD} .slider-track").screenshot() for page in pages]
    assert pictures[0] != pictures[1]
    assert await pages[0].locator("input[type=radio][name=mood]:checked").count() == 0


async def test_radios_answer_and_leave_out_without_javascript(phone: Any, gallery_url: str):
    page = await open_form(phone, gallery_url, script=False)
    steps = page.locator(f"{MOOD} .slider-step input")
    assert await steps.count() == 11
    await steps.nth(8).check()
    await page.locator("#slider-energy .slider-step input").first.check()
    await page.locator("#slider-energy .slider-skip input").check()
    assert await posted(page) == {"mood": "3", "energy": ""}
