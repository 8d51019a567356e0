"""Every page speaks the reader's language whole: in a language of wide letters no word is left in ordinary ones.

The pages are those of the authorisation matrix, as each of its people gets them: pages, fragments, refused forms and
what goes wrong. What a person is called or wrote is theirs, and needs no translation.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import httpx
import pytest
from afterglow_design.languages import LANGUAGES
from afterglow_design.practice import Practice
from afterglow_design.testing.pseudo import texts_of, untranslated, wide_letters
from afterglow_portal.dosing_day.ranges import RANGES

from tests.portal.course.treating import plan
from tests.security.actors import Shown, show
from tests.security.catalogue import Asking, asking
from tests.security.matrix import GETS_IN, Actor, Row, read_table
from tests.security.scene import Scene

ROWS = read_table()
PEOPLE = (Actor.anonymous, Actor.client, Actor.assigned, Actor.admin, Actor.expired)
SERVICES = ("auth", "web")
# The name of the practice, what people write in the scene, and what each language calls itself.
JOURNAL = {"journal", "draft"}  # parts of an address that the page hands to its own module
DATA = {
    *("Afterglow", "Diary", "Harbour", "Hello", "New", "Quiet", "example", "letter", "org", "pdf"),
    *LANGUAGES.values(),
    *JOURNAL,
}
HELP = [f'href="{service.href}"' for service in Practice().crisis_services]
ZONES = {spelling for zone in available_timezones() for spelling in (zone, zone.replace("_", " "), zone.split("/")[-1])}
SOURCES = {one.source for one in RANGES}  # what a citation is called
TERMS = set(Practice().terms.paragraphs("en"))  # a document with a text for each language, not words of a page
# What scripts fill in, keys, names of programs, ids, addresses.
NO_WORDS = re.compile(r"(?s:{.*})|The program [\w-]+|[0-9a-f]{8}-[0-9a-f-]{27}|\S+@\S+|https?://\S+")


def texts_within(value: object) -> Iterator[str]:
    """The texts of a JSON value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from texts_within(one)


PLANNED = {text for value in plan().values() for text in texts_within(value)}  # what the therapist wrote in the plan


@dataclass(frozen=True)
class Try:
    """One request: whose, and what is sent besides."""

    row: Row
    actor: Actor
    how: str
    form: Mapping[str, object] | None = None
    headers: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.row.method} {self.row.path} as {self.actor}, {self.how}"


def tries(row: Row, wanted: Asking) -> Iterator[Try]:
    """A page, at web its fragment too; a form, from whoever may send it, also empty, unfit and forged."""
    for actor in PEOPLE:
        yield Try(row, actor, "as it should be", wanted.form)
        if row.expected[actor] not in GETS_IN:
            continue
        if row.method == "GET" and row.service == "web":
            yield Try(row, actor, "as a fragment", headers={"hx-request": "true"})
        elif row.method == "POST":
            yield Try(row, actor, "empty", {})
            yield Try(row, actor, "with values that will not do", dict.fromkeys(wanted.form or {}, "\N{EM DASH}"))
            yield Try(row, actor, "forged", {**(wanted.form or {}), "csrf_token": "forged"})


async def ask(scene: Scene, one: Try, wanted: Asking) -> httpx.Response:
    async with scene.house.undone():
        shown: Shown = await show(scene, one.row, one.actor)
        path = one.row.path.format(**{**scene.ids, **wanted.ids})
        content: dict[str, Any] = {}
        if one.form is not None:
            content = {"data": {"csrf_token": shown.csrf_token, **one.form}}
        headers = {**shown.headers, **(one.headers or {})}
        async with scene.house.client(one.row.service, cookies=shown.cookies, headers=headers) as http:
            return await http.request(one.row.method, path, params=dict(wanted.query), **content)


async def pages(scene: Scene, service: str) -> AsyncIterator[tuple[Try, str]]:
    for row in ROWS[service]:
        if row.method == "PUT" or row.path.startswith(("/api", "/internal", "/live", "/metrics", "/readyz")):
            continue
        wanted = asking(scene, row.route, {}, {})
        for one in tries(row, wanted):
            answer = await ask(scene, one, wanted)
            if answer.headers.get("content-type", "").startswith("text/html"):
                yield one, answer.text


def left(scene: Scene, html: str) -> list[str]:
    """The texts of a page with words in ordinary letters that are nobody's data."""
    people = (scene.client, scene.other_client, scene.assigned, scene.unassigned, scene.admin, scene.colleague)
    names = {word for person in people for word in person.name.split()} | {"Kim", "Vale"} | DATA
    texts = (NO_WORDS.sub("", text) for text in texts_of(html) if text not in ZONES | TERMS | PLANNED | SOURCES)
    without_zones = (" ".join(part for part in text.split() if part.strip("().,") not in ZONES) for text in texts)
    return [text for text in without_zones if set(untranslated(text)) - names]


@pytest.mark.timeout(600)  # some seven hundred requests a service
@pytest.mark.parametrize("service", SERVICES)
async def test_no_page_shows_a_word_outside_translation(scene: Scene, service: str, record_property: Any):
    """And each leads to help in a crisis, by the practice's own numbers: not the quick exit's, which shows nothing."""
    found: dict[str, str] = {}
    helpless: list[str] = []
    seen = 0
    with wide_letters():
        async for one, html in pages(scene, service):
            seen += 1
            found |= {text: str(one) for text in left(scene, html)}
            if "<html" in html and not one.row.path.endswith("/leave") and not all(way in html for way in HELP):
                helpless.append(str(one))
    record_property("counted", f"pages without untranslated words, {service}: {seen}")
    assert not helpless, "\n".join(helpless)
    assert not found, "\n".join(f"{one}: {text}" for text, one in found.items())
    assert seen > 50
