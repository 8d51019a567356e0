"""A browser in process: keeps cookies, sends what a browser sends, and lints every page it gets."""

import re
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from afterglow_design.testing.page_lint import lint_fragment, lint_page
from afterglow_foundation.testing.people import BASE_URL, Person
from bs4 import BeautifulSoup
from fastapi import FastAPI

from tests.web.fake_auth import FakeAuth

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Browser:
    """One person's browser. `fields` override what is posted; the token of the last page goes along by itself."""

    def __init__(self, app: FastAPI, auth: FakeAuth) -> None:
        self.auth = auth
        self.token = ""
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(
            transport=transport, base_url=BASE_URL, headers={"accept": HTML}, follow_redirects=False
        )

    @property
    def cookie(self) -> str | None:
        return self.http.cookies.get("web")

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return self.looked_at(await self.http.get(path, headers=headers))

    async def fragment(self, path: str) -> httpx.Response:
        return self.looked_at(await self.http.get(path, headers={"hx-request": "true"}))

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        sent = {"origin": BASE_URL, "sec_fetch_site": "same-origin", **headers}
        kept = {name.replace("_", "-"): value for name, value in sent.items() if value}
        data = {"csrf_token": self.token, **(fields or {})}
        return self.looked_at(await self.http.post(path, data=data, headers=kept))

    async def post_raw(self, path: str, content: bytes, kind: str) -> httpx.Response:
        """A body as it is, called `kind`."""
        headers = {"origin": BASE_URL, "sec-fetch-site": "same-origin", "content-type": kind}
        return self.looked_at(await self.http.post(path, content=content, headers=headers))

    async def post_encoded(self, path: str, fields: dict[str, str], **encoded: str) -> httpx.Response:
        """A form as a browser encodes it, apart from what is `encoded` already and goes as it is, broken or not."""
        whole = {"csrf_token": self.token, **fields}
        parts = [f"{quote(name)}={quote(value, safe='')}" for name, value in whole.items() if name not in encoded]
        parts += [f"{name}={value}" for name, value in encoded.items()]
        return await self.post_raw(path, "&".join(parts).encode(), "application/x-www-form-urlencoded")

    async def put(self, path: str, **options: Any) -> httpx.Response:
        headers = {"origin": BASE_URL, "sec-fetch-site": "same-origin", **options.pop("headers", {})}
        return await self.http.put(path, headers=headers, **options)

    async def patch(self, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """A part of an upload, as a page's module sends it."""
        ours = {"origin": BASE_URL, "sec-fetch-site": "same-origin", "content-type": "application/offset+octet-stream"}
        return await self.http.patch(path, content=content, headers=ours | headers)

    def looked_at(self, answer: httpx.Response) -> httpx.Response:
        """Lint the page and remember the token in it."""
        if answer.headers.get("content-type", "").startswith("text/html"):
            asked_by_htmx = "hx-request" in answer.request.headers
            faults = lint_fragment(answer.text) if asked_by_htmx else lint_page(answer.text, answer.headers)
            assert faults == []
            if found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text):
                self.token = found[1]
        return answer

    async def sign_in(self, person: Person, next_page: str = "/help") -> httpx.Response:
        """The whole way: to auth, back with a code, and on to the page that was asked for."""
        begun = await self.get(f"/sign-in?next={next_page}")
        assert begun.status_code == 303
        assert begun.headers["location"].startswith(f"{BASE_URL}/auth/authorize?")
        return await self.get(self.auth.authorize(begun.headers["location"], person))

    async def open_signed_in(self, person: Person, page: str = "/help") -> httpx.Response:
        finished = await self.sign_in(person, page)
        assert finished.status_code == 303, finished.text
        return await self.get(finished.headers["location"])


def soup(answer: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def words(answer: httpx.Response) -> str:
    """The page's text, spaces made single."""
    return " ".join(soup(answer).get_text(" ").split())


def form_values(answer: httpx.Response, form_id: str) -> dict[str, str]:
    """What the form would post as it stands."""
    form = soup(answer).find(id=form_id)
    assert form is not None
    values: dict[str, str] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        name, kind = field.get("name"), field.get("type")
        if name and field.name == "select":
            chosen = field.select_one("option[selected]") or field.option
            values[str(name)] = str(chosen["value"]) if chosen else ""
        elif name and (kind not in {"radio", "checkbox"} or field.has_attr("checked")):
            values[str(name)] = (
                field.get_text().removeprefix("\n") if field.name == "textarea" else field.get("value", "")
            )
    return values


def path_of(address: str) -> str:
    return urlsplit(address).path
