"""Chromium's virtual authenticator: passkeys in a real browser, without a finger or a key at hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Page

PLATFORM = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass(frozen=True)
class VirtualAuthenticator:
    """One authenticator of a page: what it holds, and whether its owner's finger is recognised."""

    devtools: CDPSession
    id: str

    async def credentials(self) -> list[dict[str, Any]]:
        """The passkeys it holds, as the DevTools protocol tells them."""
        answer = await self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(answer["credentials"])

    async def forget(self) -> None:
        """The phone is set back: its passkeys are gone."""
        await self.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})

    async def recognise(self, *, owner: bool) -> None:
        """From now on the owner's finger is, or is not, recognised."""
        await self.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": owner})

    async def respond(self, *, at_once: bool) -> None:
        """Whether somebody touches it as soon as it asks. A sign-in page asks by itself, for its address field."""
        await self.devtools.send(
            "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.id, "enabled": at_once}
        )

    async def copy_to(self, other: "VirtualAuthenticator") -> None:
        """The same passkeys on another authenticator, such as one that a cloud keeps in step."""
        for credential in await self.credentials():
            await other.devtools.send("WebAuthn.addCredential", {"authenticatorId": other.id, "credential": credential})


@asynccontextmanager
async def authenticator(page: Page, **changes: Any) -> AsyncIterator[VirtualAuthenticator]:
    """Give a page an authenticator for the block: `async with authenticator(visitor.page) as phone`."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable", {"enableUI": False})
    made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM | changes})
    try:
        yield VirtualAuthenticator(devtools, made["authenticatorId"])
    finally:
        await devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made["authenticatorId"]})
        await devtools.detach()
