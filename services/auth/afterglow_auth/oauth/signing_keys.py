"""Signing keys: made sealed, published before they sign, kept published until the last token has expired."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import KeyProvider, WrappedKey
from afterglow_foundation.tokens import KEY_LIFETIME, LONGEST_LIFETIME
from joserfc.jwk import ECKey, KeySet
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.oauth.models import SigningKey

ALGORITHM = "ES256"
ES256 = JWSRegistry.algorithms[ALGORITHM]
PUBLISHED_AHEAD = timedelta(seconds=KEY_LIFETIME + 300)  # longer than any verifier keeps an old list
KEPT_AFTER = timedelta(seconds=LONGEST_LIFETIME + 60)
REMEMBERED_FOR = 30.0
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow signing keys'))")


@dataclass(frozen=True, slots=True)
class Signer:
    """An opened signing key."""

    key_id: str
    key: ECKey = field(repr=False)

    def __post_init__(self) -> None:
        ES256.check_key(self.key)

    def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """A compact JWS of `claims` with `typ` kind.

        As `joserfc.jwt.encode` would, which looks for algorithm and key and reads the header each time: a quarter more.
        """
        signed = segment({"alg": ALGORITHM, "typ": kind, "kid": self.key_id}) + b"." + segment(claims)
        return (signed + b"." + urlsafe_b64encode(ES256.sign(signed, self.key))).decode()


def segment(part: Mapping[str, Any]) -> bytes:
    return urlsafe_b64encode(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())


async def rotate(session: AsyncSession, provider: KeyProvider, caller: Caller | None = None) -> SigningKey:
    """Make the next key. The very first signs at once, any other once every verifier has had time to fetch it.

    While a next key is waiting for its time, that one is returned.
    """
    await session.execute(ONE_AT_A_TIME)
    last = await find_last(session)
    now = datetime.now(UTC)
    if last and last.active_at > now:
        return last
    key = await make(provider, now + PUBLISHED_AHEAD if last else now)
    if last:
        last.retires_at = key.active_at
    session.add(key)
    await session.flush()
    await record(session, Verb.key_rotated, caller, object_id=key.id)
    return key


async def find_last(session: AsyncSession) -> SigningKey | None:
    return await session.scalar(select(SigningKey).where(col(SigningKey.retires_at).is_(None)))


async def make(provider: KeyProvider, active_at: datetime) -> SigningKey:
    identifier = new_id()
    pair = ECKey.generate_key("P-256", {"kid": str(identifier), "use": "sig", "alg": ALGORITHM})
    wrapped = await provider.wrap(json.dumps(pair.as_dict(private=True)).encode(), sealed_as(str(identifier)))
    return SigningKey(
        id=identifier,
        public_key=dict(pair.as_dict(private=False)),
        key_version=wrapped.version,
        wrapped=wrapped.wrapped,
        active_at=active_at,
    )


async def current(session: AsyncSession, provider: KeyProvider) -> Signer:
    """The key that signs now; the first is made here, and two processes that start at once make one."""
    return await open_key(active_of(await load_or_make(session, provider)), provider)


async def load_or_make(session: AsyncSession, provider: KeyProvider) -> list[SigningKey]:
    if found := await load(session):
        return found
    await session.execute(ONE_AT_A_TIME)
    if not await find_last(session):
        await rotate(session, provider)
    return await load(session)


async def load(session: AsyncSession) -> list[SigningKey]:
    return list(await session.scalars(select(SigningKey).order_by(col(SigningKey.active_at))))


def active_of(keys: list[SigningKey]) -> SigningKey:
    now = datetime.now(UTC)
    return max((key for key in keys if key.active_at <= now), key=lambda key: key.active_at)


async def open_key(key: SigningKey, provider: KeyProvider) -> Signer:
    material = await provider.unwrap(WrappedKey(key.key_version, key.wrapped), sealed_as(str(key.id)))
    return Signer(str(key.id), ECKey.import_key(json.loads(material)))


def sealed_as(key_id: str) -> bytes:
    """Additional data: a sealed key opens only as itself."""
    return f"auth|signing_keys|wrapped|{key_id}".encode()


class SigningKeys:
    """The keys of the database, remembered in this process for half a minute."""

    def __init__(self, database: Database, provider: KeyProvider) -> None:
        self._database = database
        self._provider = provider
        self._keys: list[SigningKey] = []
        self._opened: dict[str, Signer] = {}
        self._until = 0.0

    async def signer(self) -> Signer:
        """The key that signs now."""
        key = active_of(await self._all())
        if str(key.id) not in self._opened:
            self._opened = {str(key.id): await open_key(key, self._provider)}
        return self._opened[str(key.id)]

    async def published(self) -> list[dict[str, Any]]:
        """Public JWKs: the next key, the current one, and retired ones that a live token may name."""
        oldest = datetime.now(UTC) - KEPT_AFTER
        return [key.public_key for key in await self._all() if key.retires_at is None or key.retires_at > oldest]

    async def key_set(self) -> KeySet:
        """The published keys, as a verifier takes them."""
        return KeySet.import_key_set({"keys": await self.published()})

    async def every_key(self) -> KeySet:
        """All keys there ever were: an ID token as a hint may be older than the keys in use."""
        return KeySet.import_key_set({"keys": [key.public_key for key in await self._all()]})

    def forget(self) -> None:
        """Look again next time: this process has just made a key."""
        self._until = 0.0

    async def ready(self) -> bool:
        return bool(await self.signer())

    async def _all(self) -> list[SigningKey]:
        if time.monotonic() > self._until:
            async with self._database.unit_of_work(RowContext()) as session:
                self._keys = await load_or_make(session, self._provider)
            self._until = time.monotonic() + REMEMBERED_FOR
        return self._keys
