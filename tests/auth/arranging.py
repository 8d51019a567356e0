"""What auth's tests put in place: people with a password, OAuth clients with keys, and a browser that signs in."""

import base64
import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import NewPerson, import_people
from afterglow_auth.audit import AuditEvent
from afterglow_auth.digests import Digests
from afterglow_auth.mail.delivering import Order, compose
from afterglow_auth.mail.sending import SEND_LETTER
from afterglow_auth.oauth.clients import TOKEN_EXCHANGE, NewClient, hash_secret, register
from afterglow_auth.oauth.token_exchange import ACCESS_TOKEN
from afterglow_foundation.client import ASSERTION_TYPE
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job
from afterglow_foundation.mail import Mail
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from afterglow_foundation.testing.proofs import KeyHolder
from bs4 import BeautifulSoup
from fastapi import FastAPI
from joserfc import jws, jwt
from joserfc.jwk import ECKey
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

PASSWORD = "calm-water-under-the-bridge"
HASHING_KEY = "only for these tests"
DIGESTS = Digests(HASHING_KEY)
ISSUER = f"{BASE_URL}/auth"
EVERYTHING = "openid profile email offline_access portal messaging accounts"
ROUNDS = int(os.environ.get("AFTERGLOW_ROUNDS", "5"))
FEWER_ROUNDS = max(1, ROUNDS // 2)  # of races in which each round is forty whole requests
CONSENT = "/auth/consent/"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def new_person(role: str = "client", **changes: Any) -> NewPerson:
    """Somebody with an address of their own and the password of all tests."""
    values = {"email": f"{new_id().hex}@example.org", "name": "Rowan Hale", "role": role, "password": PASSWORD}
    return NewPerson(**(values | changes))


async def add_person(session: AsyncSession, role: str = "client", **changes: Any) -> Person:
    return (await import_people(session, [new_person(role, **changes)]))[0]


@dataclass
class Program:
    """An OAuth client in a test: its key, and what it would send."""

    client_id: str
    redirect_uri: str = f"{BASE_URL}/callback"
    kind: str = "confidential"
    scopes: str = EVERYTHING
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    secret: str | None = None
    must_push: bool = False
    must_prove_key: bool = False
    holder: KeyHolder = field(default_factory=KeyHolder)
    built_in: bool = True
    run_by: str = ""
    exchange_scopes: str = ""
    told_at: str | None = None

    async def register(self, session: AsyncSession) -> "Program":
        service = self.kind == "service"
        new = NewClient(
            client_id=self.client_id,
            name=f"The program {self.client_id}",
            kind=self.kind,
            redirect_uris=[] if service else [self.redirect_uri],
            post_logout_redirect_uris=[] if service else [f"{BASE_URL}/"],
            token_endpoint_auth_method=self.method,
            jwks={"keys": [self.key.as_dict(private=False)]} if self.method == "private_key_jwt" else None,
            secret_hash=hash_secret(DIGESTS, self.client_id, self.secret) if self.secret else None,
            scopes=self.scopes.split(),
            grants=self.grants,
            exchange_scopes=self.exchange_scopes.split(),
            require_pushed_authorization_requests=self.must_push,
            dpop_bound_access_tokens=self.must_prove_key,
            backchannel_logout_uri=self.told_at,
        )
        made = await register(session, new)
        made.built_in, made.run_by = self.built_in, self.run_by
        await session.flush()
        return self

    @property
    def grants(self) -> list[str]:
        if self.kind != "service":
            return ["authorization_code", "refresh_token"]
        return ["client_credentials", *([TOKEN_EXCHANGE] if self.exchange_scopes else [])]

    @property
    def method(self) -> str:
        if self.kind == "public":
            return "none"
        return "client_secret_basic" if self.secret else "private_key_jwt"

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scopes,
            "state": "state-of-the-browser",
            "nonce": "nonce-of-the-browser",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (parameters | changes).items() if value is not None}

    def assertion(self, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """A client assertion; `claims` and `header` replace what a good one says (None leaves a claim out)."""
        now = int(time.time())
        good = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "jti": new_id().hex, "exp": now + 60}
        chosen = {name: value for name, value in (good | claims).items() if value is not None}
        heading = {"alg": "ES256", "kid": "one"} | (header or {})
        return jwt.encode(heading, chosen, key or self.key, algorithms=[heading["alg"]])

    def proof(self, assertion: str | None = None) -> dict[str, str]:
        """How the client proves itself at the token endpoint."""
        if self.method != "private_key_jwt":
            return {"client_id": self.client_id}
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }

    def pushed(self, **changes: str | None) -> dict[str, str]:
        """What the client hands in at the pushed authorization request endpoint."""
        return {**self.request(**changes), **self.proof()}

    def code_form(self, code: str, **changes: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **self.proof(),
            **changes,
        }

    def refresh_form(self, token: str, **changes: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": token, **self.proof(), **changes}

    def exchange_form(self, token: str, **changes: str) -> dict[str, str]:
        """A service's: the token that it was called with, for another API."""
        return {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token": token,
            "subject_token_type": ACCESS_TOKEN,
            "audience": "messaging",
            **self.proof(),
            **changes,
        }


def is_sign_in_page(answer: httpx.Response) -> bool:
    """Whether a request is answered by the page on which one signs in."""
    return answer.status_code == 200 and 'action="/auth/sign-in' in answer.text


@dataclass
class Browser:
    """A browser with its cookies, in front of the app."""

    client: httpx.AsyncClient

    async def form(self, parameters: dict[str, str] | None = None) -> dict[str, str]:
        """Open the sign-in page, by a request or of itself, and return its hidden fields."""
        if parameters is None:
            return await self.follow("/auth/sign-in")
        return await self.fields_of(await self.client.get("/auth/authorize", params=parameters))

    async def fields_of(self, answer: httpx.Response) -> dict[str, str]:
        """The hidden fields of the sign-in page, with which a request is answered, or to which a pushed one leads."""
        if answer.has_redirect_location:
            return await self.follow(answer.headers["location"])
        return hidden_fields(answer.text)

    async def follow(self, location: str) -> dict[str, str]:
        """Open a page of ours and return its form's hidden fields."""
        page = await self.client.get(location)
        assert page.status_code == 200, page.text
        return hidden_fields(page.text)

    async def submit(self, fields: dict[str, str], email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.client.post("/auth/sign-in", data={**fields, "email": email, "password": password})

    async def sign_in(self, email: str, parameters: dict[str, str], password: str = PASSWORD) -> httpx.Response:
        return await self.submit(await self.form(parameters), email, password)

    async def code(self, email: str, program: Program, **changes: str | None) -> str:
        """Sign in for a program and return the code it was given."""
        answer = await self.sign_in(email, program.request(**changes))
        assert answer.status_code == 303, answer.text
        if answer.headers["location"].startswith(CONSENT):
            answer = await self.consent(answer)
        return answered(answer)["code"]

    async def consent(self, asked: httpx.Response, answer: str = "allow") -> httpx.Response:
        """Open the page that asks whether a program may, and answer it."""
        path = asked.headers["location"]
        return await self.client.post(path, data={**await self.follow(path), "answer": answer})

    async def push(self, program: Program, **changes: str | None) -> dict[str, str]:
        """Hand a request in; the parameters with which the browser then comes."""
        answer = await self.client.post("/auth/par", data=program.pushed(**changes))
        assert answer.status_code == 201, answer.text
        return {"client_id": program.client_id, "request_uri": answer.json()["request_uri"]}

    async def tokens(self, email: str, program: Program, **changes: str | None) -> dict[str, Any]:
        code = await self.code(email, program, **changes)
        answer = await self.client.post("/auth/token", data=program.code_form(code))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


class Scene(NamedTuple):
    """A browser, somebody who can sign in with it, a program that asks them to, and the database behind."""

    browser: Browser
    person: Person
    web: Program
    database: RolledBackDatabase


def open_browser(app: FastAPI, address: str = "192.0.2.7") -> httpx.AsyncClient:
    """A client with cookies, coming from `address`."""
    transport = httpx.ASGITransport(app=app, client=(address, 50000), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL)


def hidden_fields(html: str) -> dict[str, str]:
    inputs = BeautifulSoup(html, "html.parser").select("main input[type=hidden]")
    return {str(element["name"]): str(element["value"]) for element in inputs}


def answered(response: httpx.Response) -> dict[str, str]:
    """The parameters of an authorization response; none where the page to sign in comes first."""
    if is_sign_in_page(response):
        return {}
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


def payload(token: str) -> dict[str, Any]:
    return dict(json.loads(jws.extract_compact(token.encode()).payload))


async def audited(database: RolledBackDatabase, action: str) -> list[AuditEvent]:
    async with database.arrange() as session:
        told = select(AuditEvent).where(col(AuditEvent.action) == action)
        events = await session.scalars(told.order_by(col(AuditEvent.at), col(AuditEvent.id)))
        return list(events)


@dataclass
class Desk:
    """An admin at the accounts API."""

    client: httpx.AsyncClient
    person: Person
    headers: dict[str, str]

    @classmethod
    async def of(cls, browser: Browser, person: Person, web: Program) -> "Desk":
        token = (await browser.tokens(person.email, web))["access_token"]
        return cls(browser.client, person, {"authorization": f"Bearer {token}"})

    async def ask(self, method: str, path: str, json: Any = None, **params: Any) -> httpx.Response:
        content = {} if json is None else {"json": json}
        url = f"/api/accounts{path}"
        return await self.client.request(method, url, headers=self.headers, params=params, **content)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.ask("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, path: str, json: Any = None) -> httpx.Response:
        return await self.ask("PUT", path, json)

    async def invite(self, role: str = "client", **changes: Any) -> dict[str, Any]:
        """Invite somebody new; the invitation, or the proposal where it takes a second person."""
        answer = await self.put(f"/invitations/{new_id()}", guest(role, **changes))
        assert answer.status_code == (201 if role == "client" else 202), answer.text
        return dict(answer.json())


@dataclass(frozen=True)
class Promised:
    """A letter that waits to be sent, and the mail it would be now (None where there is nothing to say any more)."""

    letter: str
    to: UUID
    mail: Mail | None


QUEUED = text("SELECT entrypoint, convert_from(payload, 'UTF8'), execute_after FROM jobs.pgqueuer ORDER BY id")


async def queued(database: RolledBackDatabase, name: str) -> list[tuple[dict[str, Any], datetime]]:
    """Payloads of the jobs of this name, and from when on they may run."""
    async with database.arrange() as session:
        rows = (await session.execute(QUEUED)).all()
    return [(json.loads(payload), after) for entrypoint, payload, after in rows if entrypoint == name]


async def letters(app: FastAPI, database: RolledBackDatabase) -> list[Promised]:
    """Every letter that was promised, written as the worker would write it now."""
    written = []
    for number, (payload, _) in enumerate(await queued(database, SEND_LETTER)):
        async with database.as_role("auth_worker"), database.sessions() as session:
            mail = await compose(app.state.provider, session, Order.of(Job(number, SEND_LETTER, payload, 0)))
        written.append(Promised(payload["letter"], UUID(payload["to"]), mail))
    return written


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), **saved: Any) -> bytes:
    """A picture of one colour, with whatever else its format may hold."""
    written = BytesIO()
    Image.new("RGB", size, "orchid").save(written, kind, **saved)
    return written.getvalue()


def guest(role: str = "client", **changes: Any) -> dict[str, Any]:
    """Whom an invitation asks for."""
    return {"email": f"{new_id().hex}@example.org", "name": "Noor Aziz", "role": role} | changes


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
