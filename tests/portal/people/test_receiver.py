"""Portal's receiver: begins with a snapshot, applies each event once, acknowledges it, and survives what goes wrong."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.database import Database
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events import own_stream
from afterglow_foundation.security_events.events import (
    SUPPORTED,
    AccountEvent,
    CredentialChange,
    EventType,
    TokenClaimsChange,
)
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.security_events.polling import NO_SNAPSHOT
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_portal.people.receiving import COPY
from afterglow_portal.settings import Settings
from pydantic import ValidationError
from sqlalchemy import text

from tests.portal.people.receiving import make
from tests.transmitter import Transmitter, care_fact, now, person_fact, somebody


async def name_and_end(superuser: Database, person: Person | UUID) -> tuple[Any, ...] | None:
    wanted = person if isinstance(person, UUID) else person.id
    async with superuser.sessions() as session:
        found = await session.execute(text("SELECT name, role, disabled_at FROM people WHERE id = :id"), {"id": wanted})
        row = found.one_or_none()
        return tuple(row) if row else None


async def scalar(superuser: Database, query: str, **values: Any) -> Any:
    async with superuser.sessions() as session:
        return await session.scalar(text(query), values)


async def test_a_new_receiver_begins_with_a_snapshot_and_then_polls(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    client, therapist = somebody(), somebody("therapist", "Dr Bo Lund")
    care = care_fact(client, therapist)
    auth.named = [person_fact(client), person_fact(therapist), care]
    auth.revoked = [
        {"session_id": str(client.session_id), "person_id": str(client.id), "revoked_at": now().isoformat()}
    ]
    await receiver.go_round()
    await receiver.go_round()
    assert auth.snapshots == 1
    assert len(auth.polls) == 2
    assert await name_and_end(committed_superuser, client) == ("Ash Vale", "client", None)
    assert await scalar(
        committed_superuser, "SELECT ended_at IS NULL FROM care_relationships WHERE id = :id", id=care.id
    )
    ended = "SELECT person_id FROM revoked_sessions WHERE session_id = :id"
    assert await scalar(committed_superuser, ended, id=client.session_id) == client.id


async def test_a_receiver_that_has_begun_does_not_begin_again(
    receiver: Receiver, auth: Transmitter, settings: Settings, committed: MigratedDatabase, issuer: TestIssuer
):
    await receiver.go_round()
    another = make(settings, auth, committed, issuer)  # the process was ended, or this is a second one
    await another.go_round()
    await another.close()
    assert auth.snapshots == 1


async def test_a_snapshot_closes_what_it_does_not_name_and_an_older_one_changes_nothing(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    client, therapist = somebody(), somebody("therapist", "Dr Bo Lund")
    care = care_fact(client, therapist)
    auth.named = [person_fact(client), person_fact(therapist), care]
    await receiver.begin()
    first = auth.taken_at
    auth.named, auth.taken_at = [person_fact(therapist, name="Dr Bo Lind")], first + timedelta(minutes=1)
    later = auth.taken_at
    for _ in range(2):
        await receiver.begin()
        assert (await name_and_end(committed_superuser, client) or ())[2] == later
        assert await name_and_end(committed_superuser, therapist) == ("Dr Bo Lind", "therapist", None)
        ended = "SELECT ended_at FROM care_relationships WHERE id = :id"
        assert await scalar(committed_superuser, ended, id=care.id) == later
    auth.named, auth.taken_at = [person_fact(client), person_fact(therapist), care], first
    await receiver.begin()
    assert (await name_and_end(committed_superuser, client) or ())[2] == later


async def test_one_bad_fact_takes_none_over(receiver: Receiver, auth: Transmitter, committed_superuser: Database):
    client = somebody()
    auth.named = [person_fact(client), person_fact(somebody()).model_copy(update={"time_zone": "Nowhere"})]
    with pytest.raises(ValidationError, match="time_zone"):
        await receiver.go_round()
    assert await name_and_end(committed_superuser, client) is None
    assert receiver.feed.age == 0  # in this test nobody follows
    auth.named = [person_fact(client)]
    await receiver.go_round()
    assert await name_and_end(committed_superuser, client)


async def test_events_are_applied_and_acknowledged_in_the_next_poll(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    client, therapist = somebody(), somebody("therapist")
    care, grant = care_fact(client, therapist), new_id()
    granted = GrantFact(
        id=grant, kind="cover", client_id=client.id, therapist_id=therapist.id, starts_at=now(), ends_at=now(),
        as_of=now(),
    )  # fmt: skip
    told = {
        auth.tell_fact(person_fact(client)),
        auth.tell_fact(care),
        auth.tell_revoked(client),
        auth.tell(granted, grant, EventType.grant),
        auth.tell(CredentialChange(credential_type="password", change_type="update"), client.id,
                  EventType.credential_change),
        auth.tell(TokenClaimsChange(claims={"name": "Ash"}), client.id, EventType.token_claims_change),
    }  # fmt: skip
    await receiver.go_round()
    assert auth.waiting.keys() == told
    await receiver.go_round()
    assert auth.waiting == {}
    assert auth.polls[-1]["setErrs"] == {}
    assert await name_and_end(committed_superuser, client) == ("Ash Vale", "client", None)
    assert await scalar(committed_superuser, "SELECT kind FROM grants WHERE id = :id", id=grant) == "cover"
    ended = "SELECT count(*) FROM revoked_sessions WHERE session_id = :id"
    assert await scalar(committed_superuser, ended, id=client.session_id) == 1


async def test_account_events_close_and_open_whatever_the_order(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    """The standard event and the fact say the same at the same time; either may come first, and both twice."""
    for closing in (EventType.account_disabled, EventType.account_purged):
        for turn in permutations(range(3)):
            client = somebody()
            at = now()
            known = person_fact(client, as_of=at - timedelta(minutes=1))
            closed = person_fact(client, as_of=at, disabled_at=at)
            tell = [
                lambda known=known: auth.tell_fact(known),
                lambda closed=closed: auth.tell_fact(closed),
                lambda client=client, closing=closing: auth.tell(AccountEvent(), client.id, closing),
            ]
            for index in (*turn, *turn):
                tell[index]()
            await receiver.go_round()
            found = await name_and_end(committed_superuser, client)
            assert found is not None
            assert found[2] is not None
            auth.tell_fact(person_fact(client, as_of=now()))
            auth.tell(AccountEvent(), client.id, EventType.account_enabled)
            await receiver.go_round()
            assert await name_and_end(committed_superuser, client) == ("Ash Vale", "client", None)
    await receiver.go_round()
    assert auth.waiting == {}
    assert auth.refused == {}


async def test_a_lost_answer_and_a_lost_acknowledgement_change_nothing_twice(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    client = somebody()
    await receiver.go_round()
    event = auth.tell_fact(person_fact(client, name="First"))
    await receiver.go_round()
    async with committed_superuser.sessions() as session, session.begin():
        await session.execute(text("UPDATE people SET name = 'Marked' WHERE id = :id"), {"id": client.id})
    auth.steps = [httpx.ConnectError("the acknowledgement did not arrive")]
    with pytest.raises(Unavailable):
        await receiver.go_round()
    assert event in auth.waiting
    await receiver.go_round()
    assert auth.polls[-1]["ack"] == [str(event)]  # said again
    assert auth.waiting == {}
    assert (await name_and_end(committed_superuser, client) or ())[0] == "Marked"


async def test_an_event_that_is_given_again_after_a_kill_is_not_applied_again(
    *, receiver: Receiver, auth: Transmitter, settings: Settings, committed: MigratedDatabase, issuer: TestIssuer,
    committed_superuser: Database,
):  # fmt: skip
    client = somebody()
    event = auth.tell_fact(person_fact(client))
    await receiver.go_round()  # applied, and killed before the next poll
    async with committed_superuser.sessions() as session, session.begin():
        await session.execute(text("UPDATE people SET name = 'Marked' WHERE id = :id"), {"id": client.id})
    again = make(settings, auth, committed, issuer)
    await again.go_round()
    await again.go_round()
    await again.close()
    assert event not in auth.waiting
    assert (await name_and_end(committed_superuser, client) or ())[0] == "Marked"


async def test_an_event_is_not_acknowledged_while_the_database_is_away(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    await receiver.go_round()
    client = somebody()
    event = auth.tell_fact(person_fact(client))
    worker, receiver._database = receiver._database, Database.connect("postgresql+asyncpg://x:y@127.0.0.1:1/none")
    with pytest.raises(OSError, match=r".*"):
        await receiver.go_round()
    receiver._database = worker
    await receiver.go_round()
    assert event not in [UUID(one) for poll in auth.polls for one in poll["ack"]]
    assert await name_and_end(committed_superuser, client)
    await receiver.go_round()
    assert auth.waiting == {}


async def test_one_that_cannot_be_taken_is_made_up_for_by_a_snapshot_and_then_reported(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database
):
    good, bad = somebody(), somebody()
    await receiver.go_round()
    auth.tell_fact(person_fact(good))
    unreadable = new_id()
    auth.waiting[unreadable] = "not.a.token"
    auth.named, auth.taken_at = [person_fact(good), person_fact(bad)], now() + timedelta(seconds=1)
    await receiver.go_round()
    assert auth.snapshots == 2
    assert await name_and_end(committed_superuser, bad)
    assert auth.refused == {}
    await receiver.go_round()
    assert auth.waiting == {}
    assert auth.refused[str(unreadable)]["err"] == "invalid_request"
    await receiver.go_round()
    assert auth.snapshots == 2


async def test_an_event_that_the_database_refuses_takes_no_other_with_it(
    receiver: Receiver, auth: Transmitter, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
):
    before, after, broken = somebody(), somebody(), somebody()
    auth.tell_fact(person_fact(before))
    refused = auth.tell_fact(person_fact(broken))
    auth.tell_fact(person_fact(after))
    apply = type(COPY).apply

    async def fail_for_one(self: Any, session: Any, event: Any) -> None:
        await apply(self, session, event)
        if event.subject_id == broken.id:
            raise LookupError("a fault of ours")

    monkeypatch.setattr(type(COPY), "apply", fail_for_one)
    await receiver.go_round()
    await receiver.go_round()
    assert auth.waiting == {}
    assert list(auth.refused) == [str(refused)]
    found = [await name_and_end(committed_superuser, one) is not None for one in (before, broken, after)]
    assert found == [True, False, True]


async def test_two_processes_that_receive_at_once_apply_each_event_once(
    *, receiver: Receiver, auth: Transmitter, settings: Settings, committed: MigratedDatabase, issuer: TestIssuer,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """Both are given everything; the note of an event decides who applies it."""
    await receiver.go_round()
    other = make(settings, auth, committed, issuer)
    applied: list[UUID] = []
    apply = type(COPY).apply

    async def counted(self: Any, session: Any, event: Any) -> None:
        await apply(self, session, event)
        applied.append(event.id)

    monkeypatch.setattr(type(COPY), "apply", counted)
    people = [somebody() for _ in range(5)]
    told = [auth.tell_fact(person_fact(one, name=f"{number}")) for number in range(6) for one in people]
    await asyncio.gather(receiver.go_round(), other.go_round())
    await asyncio.gather(receiver.go_round(), other.go_round())
    await other.close()
    assert sorted(applied) == sorted(told)
    assert (auth.waiting, auth.refused) == ({}, {})


async def test_a_receiver_that_auth_has_forgotten_begins_again(receiver: Receiver, auth: Transmitter):
    await receiver.go_round()
    problem = {"type": "x", "title": "x", "status": 409, "code": NO_SNAPSHOT}
    auth.steps = [httpx.Response(409, json=problem)]
    with pytest.raises(UpstreamProblem):
        await receiver.go_round()
    assert auth.snapshots == 2
    await receiver.go_round()


async def test_a_stream_that_was_stopped_goes_on_and_what_it_left_out_is_made_up_for(
    receiver: Receiver, auth: Transmitter, monkeypatch: pytest.MonkeyPatch
):
    """Whoever stopped it, and whichever process asks first."""
    monkeypatch.setattr(own_stream, "LOOK_AGAIN", 0.0)
    await receiver.go_round()
    auth.status = "disabled"
    receiver.feed.begin()
    await receiver.go_round()
    assert receiver.feed.is_stale  # nothing was heard, although auth answered
    await receiver.go_round()
    assert (auth.status, receiver.feed.is_stale) == ("enabled", False)
    auth.since = auth.taken_at = auth.taken_at + timedelta(minutes=1)  # it kept nothing before
    await receiver.go_round()
    await receiver.go_round()
    assert auth.snapshots == 2


async def test_a_stream_that_was_narrowed_is_not_taken_for_silence_while_it_cannot_be_put_right(
    receiver: Receiver, auth: Transmitter, monkeypatch: pytest.MonkeyPatch
):
    """However new the snapshot is: what it does not contain is left out."""
    monkeypatch.setattr(own_stream, "LOOK_AGAIN", 0.0)
    await receiver.go_round()
    assert auth.stream
    auth.stream["events_delivered"] = []
    auth.since = auth.taken_at + timedelta(minutes=1)
    auth.taken_at = auth.since + timedelta(minutes=1)
    manage = auth.manage
    with monkeypatch.context() as fault:
        fault.setattr(
            auth, "manage", lambda *asked: httpx.Response(503) if "events_requested" in asked[1] else manage(*asked)
        )
        await receiver.go_round()
        assert auth.snapshots == 2
        receiver.feed.begin()
        for _ in range(3):
            await receiver.go_round()
        assert receiver.feed.is_stale
        assert auth.polls[-1]["returnImmediately"] is False  # auth answers soon; not over and over
    await receiver.go_round()
    assert (receiver.feed.is_stale, auth.snapshots) == (False, 2)
    assert set(auth.stream["events_delivered"]) == set(SUPPORTED)


async def test_an_answer_that_does_not_say_how_the_stream_stands_is_not_taken_for_silence(
    receiver: Receiver, auth: Transmitter
):
    await receiver.go_round()
    receiver.feed.begin()
    auth.steps = [httpx.Response(200, json={"sets": {}, "moreAvailable": False})]
    with pytest.raises(KeyError):
        await receiver.go_round()
    assert receiver.feed.is_stale


async def test_a_stream_that_cannot_be_looked_after_keeps_no_poll_waiting(
    receiver: Receiver, auth: Transmitter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(auth, "manage", lambda *_: httpx.Response(503))
    event = auth.tell_fact(person_fact(somebody()))
    await receiver.go_round()
    await receiver.go_round()
    assert event not in auth.waiting
    assert auth.snapshots == 1


async def test_a_token_that_is_refused_is_replaced(receiver: Receiver, auth: Transmitter):
    await receiver.go_round()
    auth.token = "another"
    with pytest.raises(UpstreamProblem):
        await receiver.go_round()
    await receiver.go_round()
    assert len(auth.polls) == 2


async def test_it_goes_on_whatever_happens(receiver: Receiver, auth: Transmitter, monkeypatch: pytest.MonkeyPatch):
    """Faults of every kind, one for each poll; the loop is ended by the test, never by a fault."""
    monkeypatch.setattr("afterglow_foundation.security_events.receiver.PAUSES", (0.0,))
    auth.steps = [
        httpx.ConnectError("away"),
        httpx.ReadTimeout("silent"),
        httpx.Response(500, text="oops"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"sets": 7}),
        RuntimeError("what nobody thought of"),
    ]
    client = somebody()
    event = auth.tell_fact(person_fact(client))
    async with asyncio.timeout(20), receiver.lifespan(None):  # type: ignore[arg-type]  # it does not use the app
        while event in auth.waiting:  # noqa: ASYNC110  # the other side has no event for it
            await asyncio.sleep(0.01)
    assert auth.steps == []
