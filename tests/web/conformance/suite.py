"""What the OpenID suite's modules for relying parties do in common: a provider that lies in one thing, and web."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_foundation.tokens import KeyCache, fetch_keys
from afterglow_web.session.models import WebSession
from joserfc.jwk import ECKey
from sqlalchemy import select

from tests.web.browser import Browser
from tests.web.fake_auth import FakeAuth

Header = dict[str, Any]
Claims = dict[str, Any]
PAGE = "/people"  # what it shows web asks for with the access token


def new_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name}, auto_kid=False)


@dataclass
class LyingAuth(FakeAuth):
    """auth, right in everything but what a module changes.

    `claims` are those of its ID tokens, `told` the members of its token answers, `after_refresh` the claims of the ID
    token that comes with a refresh (none comes where it is None); a value None leaves one out. `forge` signs instead
    of it. `published` are its keys, `fetches` counts who asked for them.
    """

    told: dict[str, Any] = field(default_factory=dict)
    after_refresh: Claims | None = None
    forge: Callable[[Header, Claims], str] | None = None
    published: list[dict[str, Any]] = field(default_factory=list)
    fetches: int = 0

    def __post_init__(self) -> None:
        self.published = [self.issuer.key.as_dict(private=False)]
        self.claims = {"auth_time": int(time.time())}  # of the sign-in, also after a refresh

    def authorize(self, address: str, person: Person) -> str:
        """Every request is looked at as the suite does, whatever the module is about."""
        asked = httpx.URL(address).params
        assert (asked["response_type"], asked["client_id"]) == ("code", "web")
        assert asked["redirect_uri"] == f"{BASE_URL}/callback"
        assert "openid" in asked["scope"].split()
        assert "request" not in asked
        return super().authorize(address, person)

    def grant(self, person: Person, more: dict[str, Any]) -> httpx.Response:
        if not more and self.after_refresh is not None:
            claims = self.id_claims(person, "") | {"nonce": None} | self.after_refresh
            more = {"id_token": self.sign(claims)}
        told = super().grant(person, more).json() | self.told
        return httpx.Response(200, json=without_none(told))

    def sign(self, claims: Claims) -> str:
        said = without_none(claims)
        header = {"alg": "ES256", "kid": self.issuer.key.kid}
        return self.forge(header, said) if self.forge else super().sign(said)

    def rotate(self, name: str) -> None:
        """Sign with another key from now on, and publish no other."""
        self.signing_key = new_key(name)
        self.header = {"kid": name}
        self.published = [self.signing_key.as_dict(private=False)]

    def keys(self) -> KeyCache:
        """What web keeps of the keys, which it fetches as it does from auth."""
        return KeyCache(fetch_keys("http://auth.invalid/auth/jwks", transport=httpx.MockTransport(self.show_keys)))

    def show_keys(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/auth/jwks"
        self.fetches += 1
        return httpx.Response(200, json={"keys": self.published})


@dataclass
class Suite:
    """`person` signs in to web. web went on where a session is begun and an API called; it stopped where neither is."""

    browser: Browser
    auth: LyingAuth
    person: Person
    database: RolledBackDatabase

    async def begin(self) -> httpx.URL:
        """The authorization response, as it would be."""
        begun = await self.browser.get(f"/sign-in?next={PAGE}")
        return httpx.URL(self.auth.authorize(begun.headers["location"], self.person))

    async def come_back(self, **changes: str | None) -> httpx.Response:
        """A sign-in up to what web says to the response, in which `changes` are another's (None leaves one out)."""
        address = await self.begin()
        return await self.browser.get(str(address.copy_with(params=without_none({**address.params, **changes}))))

    async def goes_on(self) -> None:
        answer = await self.come_back()
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        asked = len(self.auth.seen_tokens)
        assert (await self.browser.get(PAGE)).status_code == 200
        assert len(self.auth.seen_tokens) > asked

    async def stops(self, **changes: str | None) -> None:
        """Nobody is signed in, and nothing is asked with what the token endpoint gave."""
        answer = await self.come_back(**changes)
        assert answer.status_code == 400
        await self.is_nobodys()

    async def stops_at_the_response(self, **changes: str | None) -> None:
        """The code is not even tried. Where it may be another tab's answer, web sends the browser off anew."""
        answer = await self.come_back(**changes)
        assert answer.status_code == 400 or answer.headers["location"].startswith(f"{BASE_URL}/auth/authorize?")
        assert self.auth.requests == []
        await self.is_nobodys()

    async def is_nobodys(self) -> None:
        assert self.auth.seen_tokens == []
        async with self.database.arrange() as session:
            assert (await session.execute(select(WebSession))).all() == []
        assert (await self.browser.get(PAGE)).headers["location"].startswith("/sign-in")

    async def refreshes(self) -> httpx.Response:
        """Sign in, and open a page when the access token is as good as over; what the page says."""
        self.auth.expires_in = 1
        assert (await self.come_back()).headers["location"] == PAGE
        self.auth.expires_in = 300
        page = await self.browser.get(PAGE)
        assert [form["grant_type"] for form in self.auth.requests] == ["authorization_code", "refresh_token"]
        return page

    async def stops_at_the_refresh(self) -> None:
        """The session is over, and what the refresh gave is asked with nowhere, and given back."""
        answer = await self.refreshes()
        assert answer.headers["location"].startswith("/sign-in")
        assert self.auth.seen_tokens == []
        assert self.auth.revoked == list(self.auth.refresh_tokens)
        async with self.database.arrange() as session:
            kept = (await session.execute(select(WebSession))).scalar_one()
        assert kept.ended_at
        assert kept.id_token is None


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
