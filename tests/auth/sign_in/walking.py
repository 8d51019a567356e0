"""Somebody on the way in, step by step, and what proves who they are."""

import json
import time
from dataclasses import dataclass, field

import httpx
from afterglow_auth.accounts.models import Person
from afterglow_auth.passkeys.service import begin_registration, finish_registration
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.totp import service as totp
from afterglow_auth.totp.models import TotpSecret
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.testing.databases import RolledBackDatabase
from bs4 import BeautifulSoup
from fastapi import FastAPI
from pyotp import TOTP
from sqlalchemy import update

from tests.auth.arranging import Browser
from tests.auth.authenticators import Authenticator

COOKIE_OF_A_TEST = "t" * 43


def code_of(secret: str, later: int = 0) -> str:
    """What the app shows, or will show `later` half minutes from now."""
    return TOTP(secret).at(time.time(), counter_offset=later)


@dataclass
class Factors:
    """Gives people factors, as if they had set them up long ago."""

    app: FastAPI
    database: RolledBackDatabase

    async def add_app(self, person: Person) -> str:
        """An authenticator app; its secret."""
        provider = self.app.state.provider
        async with self.database.arrange() as session:
            secret = (await totp.begin(session, provider, person)).secret
            assert await totp.confirm(session, provider, person, code_of(secret))
            await session.execute(update(TotpSecret).values(last_step=0))
        return secret

    async def add_codes(self, person: Person) -> list[str]:
        """Ten recovery codes, which they have kept."""
        async with self.database.arrange() as session:
            codes = await recovery_codes.make(session, self.app.state.provider.digests, person)
            await recovery_codes.mark_saved(session, person.id)
        return codes

    async def add_passkey(self, person: Person) -> Authenticator:
        device, provider = Authenticator(), self.app.state.provider
        async with self.database.arrange() as session:
            asked = await begin_registration(session, provider, person, COOKIE_OF_A_TEST)
            answer = device.create(asked)
            await finish_registration(session, provider, person, COOKIE_OF_A_TEST, answer, "A phone")
        return device


@dataclass
class Walker:
    """A browser on the way in; every page that it meets is sound, and every step gives it another cookie."""

    browser: Browser
    cookies: list[str] = field(default_factory=list)

    @property
    def cookie(self) -> str:
        return self.browser.client.cookies["auth"]

    async def get(self, path: str) -> httpx.Response:
        answer = await self.browser.client.get(path)
        if answer.status_code == 200:
            assert lint_page(answer.text, answer.headers) == []
        return answer

    async def post(self, step: str, **fields: str) -> httpx.Response:
        """Send the form of a step as its page shows it, and these fields."""
        page = await self.get(path_of(step))
        assert page.status_code == 200, page.headers.get("location")
        return await self.send(path_of(step), page.text, **fields)

    async def send(self, path: str, page: str, **fields: str) -> httpx.Response:
        self.cookies.append(self.cookie)
        answer = await self.browser.client.post(path, data={**token_in(page), **fields})
        if answer.status_code == 303:
            assert self.cookie not in self.cookies, "the same cookie as before"
        else:
            assert lint_page(answer.text, answer.headers) == [], answer.text
        return answer


def path_of(step: str) -> str:
    return f"/auth/sign-in/{step}"


def token_in(page: str) -> dict[str, str]:
    """Only what proves that the form is ours; nothing else of it."""
    found = BeautifulSoup(page, "html.parser").select_one("main input[name=csrf_token]")
    assert found
    return {"csrf_token": str(found["value"])}


def options_in(page: str) -> str:
    """What the page asks an authenticator for."""
    found = BeautifulSoup(page, "html5lib").select_one("form[data-passkey]")
    assert found
    return json.dumps(json.loads(str(found["data-options"])))


def secret_in(page: str) -> str:
    """The key of an app that is being set up, as the page says it to whoever cannot scan it."""
    found = BeautifulSoup(page, "html5lib").select_one("details code")
    assert found
    return found.text.replace(" ", "")


def codes_in(page: str) -> list[str]:
    return [found.text for found in BeautifulSoup(page, "html5lib").select("main li code")]


def led_to(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]
