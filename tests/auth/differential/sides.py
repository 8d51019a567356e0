"""Two providers, asked the same: ours in process, and npm's oidc-provider as a child process."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx

from tests.auth.arranging import FORM, ISSUER, Browser, Program, is_sign_in_page

PAGE, SIGN_IN, CODE, TOKENS, TAKEN = "page", "sign-in", "code", "tokens", "taken"
ACTIVE, INACTIVE = "active", "inactive"
MOST_STEPS = 10


@dataclass
class Side(ABC):
    """A provider, as its clients see it."""

    issuer: str
    client: httpx.AsyncClient
    authorize: str
    token: str
    push: str
    introspect: str
    revoke: str
    own_pages: str
    nonce: str = field(default="", kw_only=True)

    @abstractmethod
    async def sign_in(self, asked: httpx.Response) -> httpx.Response:
        """Do what the answer asks of whoever is to sign in; the redirect to the client."""

    def asks(self, answer: httpx.Response) -> bool:
        """Whether it leads to a page of its own, to sign in."""
        return urlsplit(answer.headers.get("location", "")).path.startswith(self.own_pages)

    async def ask(self, query: str) -> str:
        """What the authorization endpoint does: a page of its own, its page to sign in, or the error that it sends."""
        answer = await self.client.get(f"{self.authorize}?{query}")
        if self.asks(answer):
            return SIGN_IN
        location = answer.headers.get("location")
        if location is None:
            assert answer.status_code == httpx.codes.BAD_REQUEST, answer.text
            return PAGE
        return str(sent(location).get("error", CODE))

    async def code(self, program: Program, **changes: str | None) -> str:
        """A code for somebody who signs in."""
        answer = await self.client.get(self.authorize, params=program.request(**changes))
        if self.asks(answer):
            answer = await self.sign_in(answer)
        return sent(answer.headers["location"])["code"]

    def form(self, program: Program, **fields: str) -> dict[str, str]:
        """A token request: this side's issuer is whom the client's assertion is for."""
        return {**fields, **program.proof(program.assertion(aud=self.issuer))}

    def code_form(self, program: Program, code: str) -> dict[str, str]:
        return self.form(
            program,
            grant_type="authorization_code",
            code=code,
            redirect_uri=program.redirect_uri,
            code_verifier=program.verifier,
        )

    async def tokens(self, program: Program, **changes: str | None) -> dict[str, Any]:
        """The token answer of a whole flow."""
        answer = await self.client.post(self.token, data=self.code_form(program, await self.code(program, **changes)))
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def exchange(self, body: str) -> str:
        """`tokens`, or the name of the error."""
        answer = await self.client.post(self.token, content=body, headers=FORM)
        return TOKENS if answer.is_success else str(answer.json()["error"])

    async def prove(self, path: str, form: dict[str, str], proofs: Sequence[str]) -> httpx.Response:
        """A form with these `DPoP` headers; the nonce that the answer brings is kept for the next."""
        headers = [*FORM.items(), *[("dpop", proof) for proof in proofs]]
        answer = await self.client.post(path, content=encode(form), headers=headers)
        self.nonce = answer.headers.get("dpop-nonce", self.nonce)
        return answer

    def address(self, path: str) -> str:
        """What a proof for `path` names."""
        return urljoin(self.issuer, path)

    async def knows(self, body: str) -> str:
        """What is said of a token: `active`, `inactive`, or the name of the error."""
        answer = await self.client.post(self.introspect, content=body, headers=FORM)
        said = answer.json()
        return str(said.get("error", ACTIVE if said.get("active") else INACTIVE))

    async def end(self, body: str) -> str:
        """Empty, or the name of the error with which a token was not revoked."""
        answer = await self.client.post(self.revoke, content=body, headers=FORM)
        return "" if answer.is_success else str(answer.json()["error"])

    async def hand_in(self, body: str) -> str:
        """`taken`, or the name of the error."""
        answer = await self.client.post(self.push, content=body, headers=FORM)
        return TAKEN if answer.is_success else str(answer.json()["error"])

    async def reference(self, program: Program) -> str:
        """What stands for a good request that was handed in."""
        answer = await self.client.post(self.push, data=self.form(program, **program.request()))
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.json()["request_uri"])


def sent(location: str) -> dict[str, str]:
    """What an authorization response carries, wherever in the address."""
    parts = urlsplit(location)
    return {name: values[0] for name, values in (parse_qs(parts.query) | parse_qs(parts.fragment)).items()}


@dataclass
class Ours(Side):
    browser: Browser
    email: str

    @classmethod
    def of(cls, browser: Browser, email: str) -> "Ours":
        endpoints = [f"/auth/{name}" for name in ("authorize", "token", "par", "introspect", "revoke", "sign-in")]
        return cls(ISSUER, browser.client, *endpoints, browser, email)

    async def sign_in(self, asked: httpx.Response) -> httpx.Response:
        return await self.browser.submit(await self.browser.fields_of(asked), self.email)

    def asks(self, answer: httpx.Response) -> bool:
        return is_sign_in_page(answer) or super().asks(answer)


@dataclass
class Theirs(Side):
    @classmethod
    def at(cls, issuer: str, client: httpx.AsyncClient) -> "Theirs":
        endpoints = ("/auth", "/token", "/request", "/token/introspection", "/token/revocation", "/interaction/")
        return cls(issuer, client, *endpoints)

    async def sign_in(self, asked: httpx.Response) -> httpx.Response:
        location = asked.headers["location"]
        for _ in range(MOST_STEPS):
            answer = await self.client.get(location)
            location = answer.headers["location"]
            if not location.startswith(("/", self.issuer)):
                return answer
        raise AssertionError(f"signing in leads round in circles, by way of {location}")


def encode(parameters: dict[str, str], *added: tuple[str, str]) -> str:
    """As a query or a form; `added` may repeat a name."""
    return urlencode([*parameters.items(), *added])
