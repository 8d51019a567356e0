"""Somebody in front of the security page: signed in with a fresh proof, and what they see there."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent, Verb
from afterglow_auth.browser import form_token
from afterglow_auth.events.models import SecurityEvent
from afterglow_auth.passkeys import service as passkeys
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import show_factor
from afterglow_auth.totp import service as totp
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.testing.databases import RolledBackDatabase
from bs4 import BeautifulSoup
from fastapi import FastAPI
from pyotp import TOTP
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tests.auth.arranging import PASSWORD, Browser, Program, audited, letters
from tests.auth.authenticators import Authenticator

START = "/auth/security"
CONFIRM = "/auth/sign-in/confirm"


@dataclass
class Visitor:
    """A person, their browser, and the database behind."""

    app: FastAPI
    browser: Browser
    person: Person
    database: RolledBackDatabase

    @classmethod
    async def of(
        cls, app: FastAPI, browser: Browser, person: Person, web: Program, database: RolledBackDatabase
    ) -> "Visitor":
        await browser.tokens(person.email, web)
        return cls(app, browser, person, database)

    @property
    def provider(self) -> IdentityProvider:
        provider: IdentityProvider = self.app.state.provider
        return provider

    @property
    def cookie(self) -> str:
        return self.browser.client.cookies.get("auth") or ""

    @property
    def token(self) -> str:
        """What a form of this browser carries."""
        return form_token(self.provider.digests, self.cookie)

    async def look(self, path: str = "", status: int = 200, **params: str) -> str:
        """A page below the security page, free of faults; its text for ears and eyes."""
        answer = await self.browser.client.get(START + path, params=params)
        assert answer.status_code == status, answer.text
        return words(answer)

    async def send(self, path: str, **fields: object) -> httpx.Response:
        return await self.browser.client.post(START + path, data={"csrf_token": self.token, **fields})

    async def done(self, path: str, leads_to: str, **fields: object) -> None:
        """Send a form that is taken, and follow where it leads."""
        answer = await self.send(path, **fields)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith(START + leads_to), answer.headers["location"]
        assert (await self.browser.client.get(answer.headers["location"])).status_code == 200

    async def refused(self, path: str, status: int, **fields: object) -> str:
        answer = await self.send(path, **fields)
        assert answer.status_code == status, answer.text
        return words(answer)

    async def grow_stale(self) -> None:
        """Let the last proof be an hour ago."""
        async with self.database.arrange() as session:
            await session.execute(update(Session).values(auth_time=datetime.now(UTC) - timedelta(hours=1)))

    async def prove(self, leads_to: str) -> None:
        """Type the password on the way that a stale session is led, and come back."""
        fields = {"csrf_token": self.token, "password": PASSWORD, "next": START + leads_to}
        answer = await self.browser.client.post(CONFIRM, data=fields)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == START + leads_to

    async def stored(self) -> Person:
        async with self.database.arrange() as session:
            return await session.get_one(Person, self.person.id, populate_existing=True)

    async def letters(self) -> list[tuple[str, str | None]]:
        """Letters that were promised to this person: which, and to what address."""
        promised = await letters(self.app, self.database)
        return [(one.letter, one.mail.to if one.mail else None) for one in promised if one.to == self.person.id]

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """What other services are told about this person."""
        asked = select(SecurityEvent).where(
            col(SecurityEvent.subject_id) == self.person.id, col(SecurityEvent.type).endswith(kind)
        )
        async with self.database.arrange() as session:
            return [event.payload for event in await session.scalars(asked)]

    async def kept(self, verb: Verb) -> list[AuditEvent]:
        return [event for event in await audited(self.database, verb) if event.subject_id == self.person.id]

    async def outcomes(self, verb: Verb) -> list[tuple[str, str | None]]:
        """Outcome and purpose of each event of this verb about this person, and that it was themselves."""
        events = await self.kept(verb)
        assert {event.actor_id for event in events} <= {self.person.id}
        return [(event.outcome, event.purpose) for event in events]

    async def add_passkey(self, name: str = "Phone", *, shown: bool = True) -> UUID:
        """Put one in place, by the service; `shown`: they are signed in with it."""
        async with self.database.arrange() as session:
            person = await session.get_one(Person, self.person.id)
            options = await passkeys.begin_registration(session, self.provider, person, "somewhere")
            response = Authenticator().create(options)
            made = await passkeys.finish_registration(session, self.provider, person, "somewhere", response, name)
            if shown:
                await self.show(session, *made.amr)
            return made.id

    async def add_app(self, *, shown: bool = True) -> TOTP:
        async with self.database.arrange() as session:
            person = await session.get_one(Person, self.person.id)
            begun = await totp.begin(session, self.provider, person)
            assert await totp.confirm(session, self.provider, person, TOTP(begun.secret).at(time.time()))
            if shown:
                await self.show(session, "otp", "mfa")
            return TOTP(begun.secret)

    async def show(self, session: AsyncSession, *amr: str) -> None:
        mine = select(col(Session.id)).where(col(Session.person_id) == self.person.id)
        for session_id in await session.scalars(mine):
            await show_factor(session, session_id, *amr)


def words(answer: httpx.Response) -> str:
    """What stands in a page without faults, with single spaces."""
    assert lint_page(answer.text, answer.headers) == []
    assert answer.headers["cache-control"] == "no-store"
    main = BeautifulSoup(answer.text, "html5lib").select_one("main")
    assert main
    return " ".join(main.get_text(" ").split())


def values(html: str) -> dict[str, str]:
    """What stands in the fields of a page."""
    page = BeautifulSoup(html, "html5lib")
    typed = {str(one["name"]): str(one.get("value", "")) for one in page.select("main input[name]")}
    chosen = {str(one["name"]): str(one.select_one("option[selected]")["value"]) for one in page.select("main select")}  # type: ignore[index]  # one is selected
    return typed | chosen


def options_of(html: str) -> str:
    form = BeautifulSoup(html, "html5lib").select_one("form[data-passkey]")
    assert form
    json.loads(str(form["data-options"]))
    return str(form["data-options"])
