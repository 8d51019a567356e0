"""A practice that has just been installed: who is in it, how they got in, and programs that act for them."""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id

from benchmarks.sign_in import REDIRECT_URI, SCOPES, api_tokens
from tests.compose.project import ADMIN_NAME, Project
from tests.faults.writing import Browser, Ledger, Send, check_in, putting
from tests.journeys.arriving import take_up
from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox
from tests.journeys.visitor import Account

PASSWORD = "four words that nobody says together"


def person(role: str, name: str) -> Account:
    return Account(
        role=role, email=f"{name.split(maxsplit=1)[0].lower()}@example.org", password=PASSWORD, id="", name=name
    )


ADMIN = person("admin", ADMIN_NAME)
SECOND = person("admin", "Noor Haddad")
THERAPIST = person("therapist", "Hannah Oyelaran")
CLIENT = person("client", "Maya Lindqvist")
INVITATION = "/auth/invitation"
# Production knows no client for trying the APIs: here one is registered, as the demonstration registers its own.
REGISTER = f"""
import asyncio
from afterglow_auth.oauth.clients import NewClient, register
from afterglow_foundation.database import Database, RowContext
from afterglow_operator.installing.secret_files import database_passwords
from afterglow_operator.installing.volumes import Volumes

async def main():
    volumes = Volumes()
    database = Database.connect(volumes.database_url("auth", "auth_worker", database_passwords(volumes)["auth_worker"]))
    async with database.unit_of_work(RowContext()) as session:
        await register(session, NewClient(client_id="demo-public", name="Test", kind="public",
            token_endpoint_auth_method="none", redirect_uris=["{REDIRECT_URI}"], scopes="{SCOPES}".split(),
            grants=["authorization_code", "refresh_token"]))
    await database.close()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Practice:
    """The installation, a browser at its front door, and whose certificates it has."""

    project: Project
    visit: Visit
    trust: ssl.SSLContext

    @classmethod
    async def opened(cls, project: Project, visit: Visit, trust: ssl.SSLContext) -> "Practice":
        """Two admins and, invited by one of them with the other's approval, a therapist; a client whom they treat."""
        practice = cls(project, visit, trust)
        await practice.operator("people", "invite", "--role=admin", f"--email={SECOND.email}", f"--name={SECOND.name}")
        await asyncio.to_thread(project.compose, "run", "--rm", "--no-TTY", "init", "python", "-c", REGISTER)
        await practice.take_up(ADMIN)
        await practice.take_up(SECOND)
        await practice.invite_with_second_person(THERAPIST)
        await practice.operator("people", "invite", f"--email={CLIENT.email}", f"--name={CLIENT.name}")
        await practice.take_up(THERAPIST)
        await practice.take_up(CLIENT)
        await practice.operator("people", "assign", CLIENT.email, THERAPIST.email)
        return practice

    async def operator(self, *arguments: str) -> None:
        await asyncio.to_thread(self.project.operator, *arguments)

    async def invite_with_second_person(self, account: Account) -> None:
        wanted = {"email": account.email, "name": account.name, "role": account.role}
        identifier = new_id()
        async with await self.api(ADMIN) as one, await self.api(SECOND) as other:
            asked = await one.put(f"/api/accounts/invitations/{identifier}", json=wanted)
            assert asked.status_code == HTTPStatus.ACCEPTED, asked.text
            (await other.put(f"/api/accounts/proposals/{identifier}/approval")).raise_for_status()

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.project.mails)

    async def take_up(self, account: Account) -> None:
        """Follow the link of the mail to the end: staff leave it with an authenticator app."""
        link = await self.mailbox.link_for(account.email, INVITATION)
        async with self.visit("phone") as visitor:
            await take_up(visitor.page, link, account)
            assert bool(account.secret) is (account.role != "client"), "staff of this practice need a second factor"

    async def api(self, account: Account, base_url: str = "") -> httpx.AsyncClient:
        """A program that acts for somebody, at the gateway or at one container's own address."""
        tokens = await asyncio.to_thread(api_tokens, self.project.base_url, account.model_dump(), self.trust)
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        return httpx.AsyncClient(
            base_url=base_url or self.project.base_url, headers=headers, verify=self.trust, timeout=10
        )

    async def browser(self, account: Account) -> Browser:
        return await asyncio.to_thread(Browser.sign_in, self.project.base_url, account.model_dump(), self.trust)


@dataclass
class Writers:
    """A client who checks in, and two people who write to each other, by form, by module and by API."""

    program: httpx.AsyncClient
    browsers: list[Browser]
    conversation: str
    check_ins: list[Ledger] = field(default_factory=list)
    messages: list[Ledger] = field(default_factory=list)

    @classmethod
    async def of(cls, practice: Practice) -> "Writers":
        program = await practice.api(CLIENT)
        await program.put("/api/portal/choices", json={"check_ins": "therapist", "journal": "only_me"})
        browsers = [await practice.browser(account) for account in (CLIENT, THERAPIST)]
        return cls(program, browsers, await conversation_of(program))

    def sends(self) -> list[tuple[Ledger, Send]]:
        client, therapist = self.browsers
        path = f"/api/messaging/conversations/{self.conversation}/messages/{{}}"
        now = datetime.now(UTC)
        recording: dict[str, Send] = {
            "check-in by form": client.post_check_in,
            "check-in by the page's module": client.json_check_ins(),
            "check-in by the API": putting(self.program, "/api/portal/check-ins/{}", lambda text: check_in(text, now)),
        }
        writing: dict[str, Send] = {
            "message by the therapist's form": partial(therapist.post_message, self.conversation),
            "message by the API": putting(self.program, path, lambda text: {"text": text}),
        }
        self.check_ins, self.messages = [Ledger(name) for name in recording], [Ledger(name) for name in writing]
        return list(zip([*self.check_ins, *self.messages], [*recording.values(), *writing.values()], strict=True))

    async def stored(self) -> set[tuple[str, str]]:
        """Id and text of everything that is there; twice the same id would be two rows, which no list hides."""
        check_ins = await every_item(self.program, "/api/portal/check-ins")
        messages = await every_item(self.program, f"/api/messaging/conversations/{self.conversation}/messages")
        pairs = [
            *((item["id"], item["note"]) for item in check_ins),
            *((item["id"], item["text"]) for item in messages),
        ]
        assert len(pairs) == len(set(pairs)), "something is there twice"
        return set(pairs)

    def acknowledged(self) -> set[tuple[str, str]]:
        ledgers = [*self.check_ins, *self.messages]
        return {(str(written), text) for ledger in ledgers for written, text in ledger.acknowledged.items()}


async def conversation_of(program: httpx.AsyncClient) -> str:
    """The client's conversation, which comes with the care relationship."""
    for _ in range(150):
        items = (await program.get("/api/messaging/conversations")).raise_for_status().json()["items"]
        if items:
            break
        await asyncio.sleep(0.2)
    identifier: str = items[0]["id"]
    return identifier


async def every_item(program: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await program.get(path, params={"limit": 100, **after})).raise_for_status().json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}
