"""Signing keys: sealed, one first key however many start, published before and after they sign, rotated online."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import httpx
import pytest
from afterglow_auth.main import assemble, create
from afterglow_auth.oauth import signing_keys
from afterglow_auth.oauth.models import SigningKey
from afterglow_auth.oauth.signing_keys import (
    KEPT_AFTER,
    PUBLISHED_AHEAD,
    REMEMBERED_FOR,
    SigningKeys,
    current,
    open_key,
    rotate,
)
from afterglow_auth.oauth.tokens import service_token
from afterglow_auth.settings import Settings
from afterglow_foundation import tokens as verifying
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import FileKeyProvider, SealBrokenError
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.tokens import KEY_LIFETIME, LONGEST_LIFETIME, InvalidTokenError, KeyCache, TokenVerifier
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import delete, func, select, update
from sqlmodel import col

from tests.auth.arranging import Browser, Program, Scene, open_browser
from tests.clocks import turn_steady_clock

STEP = timedelta(minutes=1)
ROTATIONS = 3


@pytest.fixture
def sealed_with(settings: Settings) -> FileKeyProvider:
    return FileKeyProvider(settings.key_encryption_keys.get_secret_value())


async def test_two_processes_at_once_make_one_key(
    settings: Settings, committed_database: Database, committed_superuser: Database
):
    async with committed_superuser.sessions() as session, session.begin():
        await session.execute(delete(SigningKey))
    signers = await asyncio.gather(*(assemble(settings, committed_database).keys.signer() for _ in range(12)))
    async with committed_superuser.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(SigningKey)) == 1
    assert len({signer.key_id for signer in signers}) == 1


async def test_the_next_key_is_published_before_it_signs_and_the_old_one_after(
    settings: Settings, database: RolledBackDatabase, sealed_with: FileKeyProvider
):
    async with database.unit_of_work(RowContext()) as session:
        first = await current(session, sealed_with)
        following = await rotate(session, sealed_with)
        assert (await rotate(session, sealed_with)).id == following.id  # one is waiting already
        assert (await current(session, sealed_with)).key_id == first.key_id
    token = service_token(settings, first, "portal", "security_events", None)
    published = [key["kid"] for key in await assemble(settings, database).keys.published()]
    assert published == [first.key_id, str(following.id)]
    await move(database, timedelta(minutes=16))
    provider = assemble(settings, database)
    assert (await provider.keys.signer()).key_id == str(following.id)
    assert [key["kid"] for key in await provider.keys.published()] == published
    await move(database, KEPT_AFTER)
    assert (await verifier(settings, provider.keys).verify(token)).client_id == "portal"
    later = assemble(settings, database).keys
    with pytest.raises(InvalidTokenError):
        await verifier(settings, later).verify(token)
    assert [key["kid"] for key in await later.published()] == [str(following.id)]
    assert first.key_id in {key.kid for key in (await later.every_key()).keys}


def verifier(settings: Settings, keys: SigningKeys) -> TokenVerifier:
    return TokenVerifier(issuer=settings.issuer, audience=settings.events_audience, keys=KeyCache(keys.key_set))


async def move(database: RolledBackDatabase, by: timedelta) -> None:
    """Let time pass for the keys."""
    async with database.arrange() as session:
        earlier = {"active_at": col(SigningKey.active_at) - by, "retires_at": col(SigningKey.retires_at) - by}
        await session.execute(update(SigningKey).values(earlier))


async def test_private_keys_are_sealed_and_open_as_themselves_only(
    database: RolledBackDatabase, sealed_with: FileKeyProvider
):
    async with database.unit_of_work(RowContext()) as session:
        signer = await current(session, sealed_with)
        row = (await session.scalars(select(SigningKey))).one()
        other = await rotate(session, sealed_with)
        secret = str(signer.key.as_dict(private=True)["d"])
        assert secret.encode() not in row.wrapped
        assert "d" not in row.public_key
        moved = SigningKey(**(other.model_dump() | {"wrapped": row.wrapped, "active_at": datetime.now(UTC)}))
        with pytest.raises(SealBrokenError):
            await open_key(moved, sealed_with)
        with pytest.raises(SealBrokenError):
            await open_key(row, FileKeyProvider('{"1": "' + "B" * 43 + '="}'))


class Clock:
    """The clocks of keys, tokens and caches, which a test turns on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        wall, clock = time.time, self

        class Turned(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one, for the database
                return datetime.now(tz) + clock.ahead

        monkeypatch.setattr(time, "time", lambda: wall() + self.seconds_ahead())
        for module in (signing_keys, verifying):
            turn_steady_clock(monkeypatch, module, self.seconds_ahead)
        monkeypatch.setattr(signing_keys, "datetime", Turned)

    def seconds_ahead(self) -> float:
        return self.ahead.total_seconds()

    def turn(self, by: timedelta) -> None:
        self.ahead += by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def fetched_from(client: httpx.AsyncClient) -> KeyCache:
    """What a resource server keeps of the JWKS."""

    async def fetch() -> KeySet:
        return KeySet.import_key_set((await client.get("/auth/jwks")).raise_for_status().json())

    return KeyCache(fetch)


async def reads(settings: Settings, keys: KeyCache, token: str) -> str:
    """Who a resource server that never saw the token takes it for."""
    portal = TokenVerifier(issuer=settings.issuer, audience=settings.audience("portal"), keys=keys)
    return str((await portal.verify(token)).id)


def signed_by(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


async def test_keys_rotate_while_people_sign_in_refresh_and_are_verified(
    settings: Settings, scene: Scene, sealed_with: FileKeyProvider, clock: Clock
):
    """Two processes of auth; resource servers that have kept the keys of either since the beginning, and a new one."""
    _, person, web, database = scene
    apps = [create(settings, database=database) for _ in range(2)]
    async with open_browser(apps[0]) as first, open_browser(apps[1]) as second:
        clients = (first, second)
        kept = [fetched_from(client) for client in clients]
        tokens = await Browser(first).tokens(person.email, web)
        issued: list[tuple[timedelta, str]] = []
        published: dict[str, timedelta] = {}
        signed: dict[str, timedelta] = {}
        for step in range(ROTATIONS * (PUBLISHED_AHEAD // STEP) + 1):
            async with database.unit_of_work(RowContext()) as session:
                await rotate(session, sealed_with)
            for key_id in await key_ids(clients[step % 2]):
                published.setdefault(key_id, clock.ahead)
            tokens = await refreshed(clients[step % 2], web, tokens["refresh_token"])
            async with open_browser(apps[(step + 1) % 2]) as newcomer:
                signed_in = await Browser(newcomer).tokens(person.email, web)
            issued += [(clock.ahead, made["access_token"]) for made in (tokens, signed_in)]
            issued = [(at, token) for at, token in issued if clock.ahead - at < timedelta(seconds=LONGEST_LIFETIME)]
            for at, token in issued:
                signed.setdefault(signed_by(token), at)
            for keys in (*kept, fetched_from(clients[step % 2])):
                assert {await reads(settings, keys, token) for _, token in issued} == {str(person.id)}
            clock.turn(STEP)
        clock.turn(KEPT_AFTER)
        begun = list(signed)
        assert len(begun) == ROTATIONS + 1
        assert all(signed[key_id] - published[key_id] > timedelta(seconds=KEY_LIFETIME) for key_id in begun[1:])
        assert set(begun) & set(await key_ids(first)) == {begun[-1]}


async def key_ids(client: httpx.AsyncClient) -> list[str]:
    return [key["kid"] for key in (await client.get("/auth/jwks")).json()["keys"]]


async def refreshed(client: httpx.AsyncClient, web: Program, token: str) -> dict[str, Any]:
    answer = await client.post("/auth/token", data=web.refresh_form(token))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_key_is_published_longer_than_anybody_could_miss_it():
    assert timedelta(seconds=KEY_LIFETIME + REMEMBERED_FOR) < PUBLISHED_AHEAD
    assert timedelta(seconds=LONGEST_LIFETIME + REMEMBERED_FOR) < KEPT_AFTER


async def test_a_key_that_waits_signs_nothing_yet_would_be_believed_since_it_is_published(
    settings: Settings, database: RolledBackDatabase, sealed_with: FileKeyProvider
):
    """A JWKS has no dates, so the key that waits is sealed just as the one that signs."""
    async with database.unit_of_work(RowContext()) as session:
        first = await current(session, sealed_with)
        waiting = await open_key(await rotate(session, sealed_with), sealed_with)
    keys = assemble(settings, database).keys
    assert (await keys.signer()).key_id == first.key_id
    token = service_token(settings, waiting, "portal", "security_events", None)
    assert (await verifier(settings, keys).verify(token)).client_id == "portal"
