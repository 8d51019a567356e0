"""Shared Signals Framework, receiver: portal's, in front of a transmitter that does what the suite's does.

Every module ends with the receiver deleting its stream. Ours keeps it for as long as its database knows of it, so that
nothing is missed while it is away; a database that knows of none, as after restoring it from a backup, begins anew.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import (
    CAEP,
    SUPPORTED,
    AccountEvent,
    AuthorizationRevoked,
    CredentialChange,
    EventType,
    StreamStatus,
    StreamUpdated,
    TokenClaimsChange,
)
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.security_events.feed import STALE_AFTER
from afterglow_foundation.security_events.own_stream import WrongStreamError
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.security_events.streams import STATUS_PATH, STREAMS_PATH, VERIFICATION_PATH
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import TestIssuer
from afterglow_portal.settings import Settings
from joserfc.jwk import ECKey
from sqlalchemy import text

from tests.portal.people.receiving import make
from tests.transmitter import Transmitter, care_fact, now, person_fact, somebody

CREATE, READ, DELETE = ("POST", STREAMS_PATH), ("GET", STREAMS_PATH), ("DELETE", STREAMS_PATH)
FORGET = text("DELETE FROM event_feeds WHERE receiver = :receiver")
PASSWORD = CredentialChange(credential_type="password", change_type="update")


@dataclass
class Module:
    """The suite's transmitter, and the receiver that is tested; `again` is the receiver after a restore."""

    auth: Transmitter
    receiver: Receiver
    again: Receiver
    superuser: Database

    async def rounds(self, count: int = 2) -> None:
        """Enough of them that what was delivered has been acknowledged."""
        for _ in range(count):
            await self.receiver.go_round()

    async def begin(self) -> None:
        """The receiver registers a stream and verifies it."""
        self.auth.verifies = True
        await self.rounds()
        self.auth.verifies = False
        assert CREATE in self.auth.asked
        self.settled()
        assert self.receiver.feed.verified_age < STALE_AFTER

    def settled(self, **refused: str) -> None:
        """Everything was acknowledged, apart from what was refused, with these errors."""
        assert self.auth.waiting == {}
        assert {event: error["err"] for event, error in self.auth.refused.items()} == refused

    async def end(self) -> None:
        """The receiver deletes its stream."""
        async with self.superuser.sessions() as session, session.begin():
            await session.execute(FORGET, {"receiver": self.auth.receiver})
        assert DELETE not in self.auth.asked
        await self.again.go_round()
        assert self.auth.asked.index(DELETE) < len(self.auth.asked) - self.auth.asked[::-1].index(CREATE) - 1


@pytest_asyncio.fixture(loop_scope="session")
async def module(
    *, auth: Transmitter, receiver: Receiver, settings: Settings, committed: MigratedDatabase, issuer: TestIssuer,
    committed_superuser: Database, monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Module]:  # fmt: skip
    monkeypatch.setattr("afterglow_foundation.security_events.own_stream.LOOK_AGAIN", 0.0)
    again = make(settings, auth, committed, issuer)
    yield Module(auth, receiver, again, committed_superuser)
    await again.close()


async def test_openid_ssf_receiver_stream_create_delete(module: Module):
    await module.rounds()
    assert CREATE in module.auth.asked
    await module.end()


async def test_openid_ssf_receiver_stream_verification(module: Module):
    await module.begin()
    assert ("POST", VERIFICATION_PATH) in module.auth.asked
    await module.end()


async def test_openid_ssf_receiver_unsolicited_stream_verification(module: Module):
    await module.rounds()
    module.auth.tell_verification(None)
    await module.rounds()
    module.settled()
    await module.end()


async def test_openid_ssf_receiver_happypath(module: Module):
    """Created, read, updated where it left something out, and deleted; nothing of ours ever replaces one."""
    await module.begin()
    assert module.auth.stream
    module.auth.stream["events_delivered"] = []
    module.receiver._stream.look_soon()
    await module.rounds()
    assert ("PATCH", STREAMS_PATH) in module.auth.asked
    assert READ in module.auth.asked
    assert set(module.auth.stream["events_delivered"]) == set(SUPPORTED)
    await module.end()


async def test_openid_ssf_receiver_stream_supported_events(module: Module):
    """One of every type that it asked for."""
    await module.begin()
    client, therapist = somebody(), somebody("therapist")
    grant = GrantFact(
        id=new_id(), kind="cover", client_id=client.id, therapist_id=therapist.id, starts_at=now(), ends_at=now(),
        as_of=now(),
    )  # fmt: skip
    auth = module.auth
    auth.tell_fact(person_fact(client))
    auth.tell_fact(care_fact(client, therapist))
    auth.tell_revoked(client)
    auth.tell(grant, grant.id, EventType.grant)
    auth.tell(AuthorizationRevoked(authorization_id=new_id()), client.id, EventType.authorization_revoked)
    auth.tell(PASSWORD, client.id, EventType.credential_change)
    auth.tell(TokenClaimsChange(claims={"name": "Ash"}), client.id, EventType.token_claims_change)
    for kind in (EventType.account_disabled, EventType.account_enabled, EventType.account_purged):
        auth.tell(AccountEvent(), client.id, kind)
    assert len(auth.waiting) == len(SUPPORTED) - 1  # the practice's settings are web's
    await module.rounds()
    module.settled()
    await module.end()


async def test_openid_ssf_receiver_stream_caep_interop(module: Module):
    await module.begin()
    assert {READ, ("GET", STATUS_PATH), ("POST", VERIFICATION_PATH)} <= set(module.auth.asked)
    assert module.auth.stream
    assert {f"{CAEP}/session-revoked", f"{CAEP}/credential-change"} <= set(module.auth.stream["events_delivered"])
    client = somebody()
    module.auth.tell_revoked(client)
    module.auth.tell(PASSWORD, client.id, EventType.credential_change)
    await module.rounds()
    module.settled()
    await module.end()


async def test_openid_ssf_receiver_invalid_set_rejection(module: Module):
    await module.begin()
    auth, person = module.auth, somebody()
    foreign = ECKey.generate_key("P-256", {"kid": auth.issuer.key.kid})
    good = auth.tell_fact(person_fact(person))
    head, body, signature = auth.waiting[good].split(".")
    auth.waiting[good] = f"{head}.{body}.{signature[::-1]}"
    wrong: dict[str, Any] = {"invalid_issuer": {"iss": "https://else.example"}, "invalid_audience": {"aud": "else"}}
    refused = {str(good): "invalid_key"}
    for code, claims in wrong.items():
        refused[str(auth.tell(PASSWORD, person.id, EventType.credential_change, **claims))] = code
    refused[str(auth.tell(PASSWORD, person.id, EventType.credential_change, key=foreign))] = "invalid_key"
    await module.rounds()
    module.settled(**refused)
    await module.end()


async def test_openid_ssf_receiver_verification_wrong_state(module: Module):
    await module.rounds()
    wrong = module.auth.tell_verification("nobody's state")
    forged = module.auth.tell_verification(f"{module.auth.states[-1]}x")
    await module.rounds()
    module.settled(**{str(wrong): "invalid_state", str(forged): "invalid_state"})
    assert module.auth.snapshots == 1  # it says nothing that a snapshot could make up for
    right = module.auth.tell_verification(module.auth.states[-1])
    await module.rounds()
    assert right not in module.auth.waiting
    await module.end()


async def test_openid_ssf_receiver_verification_wrong_subject(module: Module):
    await module.rounds()
    wrong = module.auth.tell_verification(module.auth.states[-1], stream_id=new_id())
    await module.rounds()
    module.settled(**{str(wrong): "invalid_request"})
    assert module.auth.stream
    module.auth.stream["stream_id"] = str(new_id())  # another process has begun anew
    early = module.auth.tell_verification(module.auth.states[-1])
    await module.rounds()
    module.auth.tell_verification(module.auth.states[-1])
    await module.rounds()
    module.settled(**{str(wrong): "invalid_request", str(early): "invalid_request"})
    await module.end()


async def test_openid_ssf_receiver_stream_issuer_mismatch(module: Module):
    """It uses the stream for nothing, and hears nothing: staff would be refused after half a minute."""
    module.auth.says_issuer = "https://not-this-transmitter.example"
    for _ in range(2):
        with pytest.raises(WrongStreamError):
            await module.receiver.go_round()
    assert (module.auth.polls, module.auth.states, module.auth.snapshots) == ([], [], 0)
    assert set(module.auth.asked) <= {CREATE, READ, DELETE}


async def test_openid_ssf_receiver_verification_behind_queued_events(module: Module):
    queued = [module.auth.tell_fact(person_fact(somebody())) for _ in range(3)]
    await module.begin()
    assert [str(one) for one in queued] == [event for poll in module.auth.polls for event in poll["ack"]][:3]
    await module.end()


async def test_openid_ssf_receiver_redelivered_set(module: Module):
    await module.begin()
    event = module.auth.tell_fact(person_fact(somebody()))
    token = module.auth.waiting[event]
    for _ in range(2):
        module.auth.waiting[event] = token
        await module.rounds()
        module.settled()
        assert str(event) in module.auth.polls[-1]["ack"]
    await module.end()


async def test_openid_ssf_receiver_access_token_expiry(module: Module):
    await module.begin()
    module.auth.token = "the next one"  # the one before has expired
    event = module.auth.tell_fact(person_fact(somebody()))
    with pytest.raises(UpstreamProblem):
        await module.receiver.go_round()
    await module.rounds()
    assert event not in module.auth.waiting
    module.settled()
    await module.end()


async def test_openid_ssf_receiver_transmitter_initiated_status_change(module: Module):
    """While it is paused nothing is heard; what was kept is taken when it goes on."""
    await module.begin()
    auth, feed = module.auth, module.receiver.feed
    assert auth.stream
    subject = auth.stream["stream_id"]
    auth.tell(StreamUpdated(status=StreamStatus.paused), subject, EventType.stream_updated)
    await module.rounds()
    module.settled()
    auth.status, auth.keeps_status = "paused", True
    held = auth.tell_fact(person_fact(somebody()))
    feed._heard_at = None  # as if nobody followed: then nothing that it hears is noted
    await module.rounds()
    assert (held in auth.waiting, feed._heard_at) == (True, None)
    auth.status = "enabled"
    auth.tell(StreamUpdated(status=StreamStatus.enabled), subject, EventType.stream_updated)
    await module.rounds()
    module.settled()
    assert feed._heard_at is not None
    await module.end()
