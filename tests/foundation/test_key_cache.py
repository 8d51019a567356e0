"""The issuer's keys: fetched when needed, kept through an outage, never asked for too often."""

import asyncio
import json
import time
from collections.abc import Callable

import httpx
import pytest
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer
from afterglow_foundation.tokens import (
    KEY_LIFETIME,
    SHORTEST_REFETCH,
    InvalidTokenError,
    KeyCache,
    TokenVerifier,
    fetch_keys,
)
from joserfc.jwk import ECKey, KeySet


class Clock:
    """A monotonic clock that a test turns."""

    def __init__(self) -> None:
        self.now = 10_000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Auth's key set, as a test changes it."""

    def __init__(self) -> None:
        self.keys = [new_key("first")]
        self.fetches = 0
        self.fails: Exception | None = None

    async def fetch(self) -> KeySet:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        return KeySet.import_key_set({"keys": [key.as_dict(private=False) for key in self.keys]})


def new_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name}, auto_kid=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(source: Source, clock: Clock) -> KeyCache:
    assert clock
    return KeyCache(source.fetch)


async def test_keys_are_fetched_once_and_kept(cache: KeyCache, source: Source) -> None:
    for _ in range(3):
        assert await cache.find("first")
    assert source.fetches == 1


async def test_known_keys_are_fetched_again_when_they_are_old_and_no_sooner(
    cache: KeyCache, source: Source, clock: Clock
) -> None:
    began = clock.now
    for later, fetches in ((0, 1), (SHORTEST_REFETCH + 1, 1), (KEY_LIFETIME, 1), (KEY_LIFETIME + 1, 2)):
        clock.now = began + later
        assert await cache.find("first")
        assert source.fetches == fetches, later


async def test_many_at_once_fetch_once(cache: KeyCache, source: Source) -> None:
    assert all(await asyncio.gather(*(cache.find("first") for _ in range(20))))
    assert source.fetches == 1


async def test_a_new_key_is_found_when_a_token_names_it(cache: KeyCache, source: Source, clock: Clock) -> None:
    await cache.find("first")
    source.keys.append(new_key("second"))
    clock.now += SHORTEST_REFETCH + 1
    assert await cache.find("second")
    assert await cache.find("first")
    assert source.fetches == 2


async def test_made_up_key_ids_do_not_drive_fetches(cache: KeyCache, source: Source, clock: Clock) -> None:
    await cache.find("first")
    clock.now += SHORTEST_REFETCH + 1
    for number in range(50):
        assert await cache.find(f"made-up-{number}") is None
    assert source.fetches == 2


async def test_keys_are_renewed_after_a_while_and_a_withdrawn_one_is_gone(
    cache: KeyCache, source: Source, clock: Clock
) -> None:
    await cache.find("first")
    source.keys = [new_key("second")]
    clock.now += KEY_LIFETIME + 1
    assert await cache.find("first") is None
    assert await cache.find("second")


OUTAGES = [
    httpx.ConnectError("away"),
    httpx.ReadTimeout("slow"),
    httpx.HTTPStatusError("500", request=httpx.Request("GET", "http://x"), response=httpx.Response(500)),
    json.JSONDecodeError("no JSON", "", 0),
]


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: type(outage).__name__)
async def test_an_outage_keeps_the_keys_one_has(
    cache: KeyCache, source: Source, clock: Clock, outage: Exception
) -> None:
    await cache.find("first")
    source.fails = outage
    for _ in range(3):
        clock.now += KEY_LIFETIME + 1
        assert await cache.find("first")
        assert await cache.ready()


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: type(outage).__name__)
async def test_without_any_keys_nothing_can_be_said(
    cache: KeyCache, source: Source, clock: Clock, outage: Exception
) -> None:
    source.fails = outage
    assert not await cache.ready()
    with pytest.raises(Unavailable):
        await cache.find("first")
    assert source.fetches == 1
    source.fails = None
    clock.now += SHORTEST_REFETCH + 1
    assert await cache.find("first")


async def test_a_token_of_a_rotated_key_is_accepted_and_of_a_withdrawn_one_refused(
    clock: Clock, client_person: Person
) -> None:
    issuer = TestIssuer()
    source = Source()
    source.keys = [issuer.key]
    keys = KeyCache(source.fetch)
    verifier, fresh = (
        TokenVerifier(issuer=f"{BASE_URL}/auth", audience=f"{BASE_URL}/api/things", keys=keys) for _ in range(2)
    )
    old = issuer.token(client_person, "things")
    assert await verifier.verify(old)
    issuer.key = new_key("rotated")
    source.keys = [issuer.key]
    clock.now += SHORTEST_REFETCH + 1
    assert await verifier.verify(issuer.token(client_person, "things"))
    with pytest.raises(InvalidTokenError):
        await fresh.verify(old)  # who has not verified it before


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[httpx.Response], None]:
    """Let the JWKS address answer something."""

    def answer(response: httpx.Response) -> None:
        transport = httpx.MockTransport(lambda _: response)
        real = httpx.AsyncClient
        monkeypatch.setattr(httpx, "AsyncClient", lambda **options: real(**options | {"transport": transport}))

    return answer


async def test_a_key_set_is_read_from_its_address(answering: Callable[[httpx.Response], None]) -> None:
    document = {"keys": [new_key("first").as_dict(private=False)]}
    answering(httpx.Response(200, json=document))
    assert await KeyCache(fetch_keys("http://auth/auth/jwks")).find("first")


UNKNOWN_KEYS = [
    {"kty": "EC", "kid": "a", "crv": "P-1024", "x": "AA", "y": "AA"},
    {"kty": "OKP", "kid": "b", "crv": "Ed1024", "x": "AA"},
    {"kty": "AKP", "kid": "c", "alg": "ML-DSA-44", "pub": "AA"},
    {"kty": "EC", "kid": "d"},
    {"kid": "e"},
    "f",
    None,
]


async def test_keys_of_a_kind_unknown_here_take_none_of_the_others_away(
    answering: Callable[[httpx.Response], None], clock: Clock
) -> None:
    first = new_key("first").as_dict(private=False)
    answering(httpx.Response(200, json={"keys": [*UNKNOWN_KEYS[:3], first, *UNKNOWN_KEYS[3:]]}))
    cache = KeyCache(fetch_keys("http://auth/auth/jwks"))
    assert await cache.find("first")
    answering(httpx.Response(200, json={"keys": UNKNOWN_KEYS}))
    clock.now += KEY_LIFETIME + 1
    assert await cache.find("first")


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"keys": [{"kty": "EC"}]}),
        httpx.Response(200, json={"keys": "none"}),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(500),
        httpx.Response(302, headers={"location": "http://elsewhere/"}),
    ],
    ids=["html", "no keys", "a list", "a broken key", "a word", "an empty set", "500", "a redirect"],
)
async def test_a_document_that_is_no_key_set_is_an_outage(
    answering: Callable[[httpx.Response], None], response: httpx.Response
) -> None:
    answering(response)
    cache = KeyCache(fetch_keys("http://auth/auth/jwks"))
    assert not await cache.ready()
    with pytest.raises(Unavailable):
        await cache.find("first")
