"""The services' databases of one made-up practice, and auth in process, to load the demonstration into."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import afterglow_auth.main
import afterglow_auth.settings
import afterglow_messaging.people.receiving
import afterglow_messaging.settings
import afterglow_portal.people.receiving
import afterglow_portal.settings
import httpx
from afterglow_auth.oauth.clients import NewClient
from afterglow_design.practice import Practice as PracticeSettings
from afterglow_foundation.client import ServiceClient
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.tokens import KeyCache
from afterglow_operator.demonstration.load import load_messaging, load_portal, register_before_start, want_care_teams
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import text


def nobodys_keys() -> KeyCache:
    """A snapshot is no token: it is read without a key."""

    async def fetch() -> KeySet:
        return KeySet([])

    return KeyCache(fetch)


@dataclass
class Practice:
    """Databases that keep what is loaded, each with a role's URL, and the keys of the two services."""

    make_database: Callable[[str, str], MigratedDatabase]
    values: dict[str, Any]
    name: str
    keys: dict[str, ECKey] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def database(self, service: str) -> MigratedDatabase:
        return self.make_database(service, self.name)

    def service_client(self, service: str) -> NewClient:
        key = self.keys.setdefault(service, ECKey.generate_key("P-256", {"kid": service}, auto_kid=False))
        return NewClient(
            client_id=service,
            name=service,
            kind="service",
            token_endpoint_auth_method="private_key_jwt",
            jwks={"keys": [key.as_dict(private=False)]},
            scopes=["security_events"],
            grants=["client_credentials"],
        )

    def settings(self, service: str) -> dict[str, Any]:
        key = json.dumps(self.keys[service].as_dict(private=True))
        database = self.database(service)
        urls = {"database_url": database.app_url, "worker_database_url": database.urls[f"{service}_worker"]}
        return self.values | urls | {"client_id": service, "client_private_key": key}

    @property
    def portal(self) -> afterglow_portal.settings.Settings:
        return afterglow_portal.settings.Settings(**self.settings("portal"))

    @property
    def messaging(self) -> afterglow_messaging.settings.Settings:
        return afterglow_messaging.settings.Settings(**self.settings("messaging"))

    async def register(self) -> None:
        wanted = [self.service_client(service) for service in ("portal", "messaging")]
        await register_before_start(self.database("auth").urls["auth_worker"], wanted)
        await want_care_teams(self.database("auth").app_url, PracticeSettings())

    async def load(self) -> None:
        """As a start does, with auth in this process."""
        settings = afterglow_auth.settings.Settings(
            **self.values | {"database_url": self.database("auth").app_url},
            token_hashing_key="only for these tests",
            mfa_required_for_staff=False,
        )
        app = afterglow_auth.main.create(settings)
        receivers = [
            afterglow_portal.people.receiving.make_receiver(self.portal, nobodys_keys()),
            afterglow_messaging.people.receiving.make_receiver(self.messaging, nobodys_keys()),
        ]
        try:
            for receiver in receivers:
                receiver._auth = ServiceClient(settings.auth_url, transport=httpx.ASGITransport(app=app))
                await receiver.begin()
            await asyncio.gather(load_portal(self.portal, self.now), load_messaging(self.messaging, self.now))
        finally:
            for receiver in receivers:
                await receiver.close()
            await app.state.database.close()

    async def rows(self, service: str, query: str) -> list[tuple[Any, ...]]:
        """What is really there, above row-level security."""
        database = Database.connect(self.database(service).superuser_url, pool_size=1)
        try:
            async with database.sessions() as session:
                return [tuple(row) for row in await session.execute(text(query))]
        finally:
            await database.close()

    async def counts(self) -> dict[str, int]:
        """Rows of every table that loading fills, audit events apart."""
        tables = {
            "auth": ("people", "care_relationships", "oauth_clients"),
            "portal": (
                "people",
                "care_relationships",
                "standing_choices",
                "reminder_choices",
                "check_ins",
                "courses",
                "journal_entries",
            ),
            "messaging": (
                "people",
                "care_relationships",
                "conversations",
                "messages",
                "seen_choices",
                "answer_targets",
                "saved_answers",
                "scheduled_messages",
            ),
        }
        return {
            f"{service}.{table}": (await self.rows(service, f"SELECT count(*) FROM {table}"))[0][0]  # noqa: S608  # names from above
            for service, names in tables.items()
            for table in names
        }
