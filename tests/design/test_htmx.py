"""htmx as installed: every setting we name exists in it, and it works under the policy of our pages."""

import re
from typing import Any

import pytest
from afterglow_design import htmx, vendor
from fastapi import FastAPI
from playwright.async_api import expect


@pytest.fixture(scope="module")
def installed_settings(gallery: FastAPI) -> set[str]:
    """Names of the settings that the installed source gives a default."""
    assert gallery
    source = (vendor.PACKAGE_FOLDER / "node_modules/htmx.org/dist/htmx.js").read_text()
    block = re.search(r"this\.config = \{(.*?)\n\s*\}\n", source, re.DOTALL)
    assert block is not None
    return set(re.findall(r"^\s*(\w+):", block[1], re.MULTILINE))


def test_every_setting_exists_in_the_installed_version(installed_settings: set[str]):
    assert len(installed_settings) > 10
    assert set(htmx.SETTINGS) <= installed_settings


def test_names_of_the_second_version_would_be_noticed(installed_settings: set[str]):
    assert not {"includeIndicatorStyles", "selfRequestsOnly", "allowEval"} & installed_settings


def test_the_served_file_is_the_installed_fourth_version(gallery: FastAPI):
    assert gallery
    assert re.search(r"""version\s*=\s*["']4\.""", (vendor.VENDOR_FOLDER / "htmx.js").read_text())


async def test_settings_arrive_and_evaluation_is_refused(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    await page.goto(gallery_url + "/gallery")
    config = await page.evaluate("htmx.config")
    assert {name: config[name] for name in htmx.SETTINGS} == dict(htmx.SETTINGS)
    assert await page.evaluate("document.adoptedStyleSheets.length") == 0
    assert await page.locator("style").count() == 0


async def test_a_swap_moves_the_focus_speaks_and_wakes_sliders(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    await page.goto(gallery_url + "/swap")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#after")).to_be_focused()
    await expect(page.locator("#live")).to_have_text("Saved.")
    assert await page.locator("#target input[type=range]").count() == 1
    assert refused == []


async def test_the_policy_refuses_what_htmx_would_evaluate(phone: Any, gallery_url: str):
    page = await (await phone()).new_page()
    refused: list[str] = []
    page.on("pageerror", lambda error: refused.append(str(error)))
    page.on("console", lambda message: refused.append(message.text))
    await page.goto(gallery_url + "/swap")
    await page.evaluate(
        """() => {
            document.querySelector("main").insertAdjacentHTML("beforeend", '<p hx-on:click="this.remove()">Evil</p>');
            htmx.process(document.querySelector("main"));
        }"""
    )
    await page.get_by_text("Evil").click()
    assert await page.get_by_text("Evil").count() == 1
    assert any("unsafe-eval" in message or "Content Security Policy" in message for message in refused), refused
