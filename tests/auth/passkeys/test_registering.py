"""A new passkey: what the browser is asked for, what is kept, and what is refused for which reason."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person, PersonState
from afterglow_auth.passkeys import challenges, responses, service
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.passkeys.refusals import Reason
from afterglow_auth.provider import IdentityProvider
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from tests.auth.arranging import ROUNDS, add_person, audited, letters
from tests.auth.authenticators import BACKED_UP, BACKUP_ELIGIBLE, PRESENT, VERIFIED, Authenticator, decode
from tests.auth.passkeys.arranging import (
    NOBODY,
    OTHER_COOKIE,
    options_to_register,
    options_to_sign_in,
    phone_of,
    register,
)

Wrong = tuple[dict[str, Any], dict[str, Any], Reason]  # what the authenticator and the browser say instead


async def test_the_browser_is_asked_for_a_discoverable_passkey_with_verification(
    provider: IdentityProvider, person: Person, phone: Authenticator
):
    asked = json.loads(await options_to_register(provider, person))
    assert asked["rp"] == {"id": "localhost", "name": "Client portal"}
    assert asked["user"]["name"] == person.email
    assert asked["user"]["displayName"] == person.name
    assert asked["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert asked["attestation"] == "none"
    assert [decode(one["id"]) for one in asked["excludeCredentials"]] == [phone.device.credential_id]
    assert len(decode(asked["challenge"])) == 32


async def test_it_is_kept_told_and_audited(
    app: FastAPI, person: Person, database: RolledBackDatabase, phone: Authenticator
):
    async with database.arrange() as session:
        (kept,) = await service.passkeys_of(session, person.id)
    assert (kept.name, kept.credential_id, kept.sign_count) == ("My phone", phone.device.credential_id, 0)
    assert not kept.last_used_at
    assert not kept.suspected_at
    (told,) = await letters(app, database)
    assert (told.letter, told.to) == ("passkey_added", person.id)
    (event,) = await audited(database, "passkey:added")
    assert (event.object_id, event.subject_id, event.outcome) == (kept.id, person.id, "success")


async def test_somebody_without_a_password_has_joined_with_it(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase
):
    async with database.arrange() as session:
        guest = await session.get_one(Person, person.id)
        guest.password_hash, guest.joined_at = None, None
    await phone_of(provider, person)
    async with database.arrange() as session:
        stored = await session.get_one(Person, person.id)
        assert stored.state == PersonState.active
        stored.reset_at = datetime.now(UTC)
        assert stored.state == PersonState.reset
    await phone_of(provider, person)
    async with database.arrange() as session:
        assert (await session.get_one(Person, person.id)).state == PersonState.active


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (PRESENT | VERIFIED, ["hwk", "user", "mfa"]),
        (PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP, ["swk", "user", "mfa"]),
        (PRESENT | VERIFIED | BACKUP_ELIGIBLE, ["swk", "user", "mfa"]),
    ],
)
async def test_what_can_be_copied_between_devices_is_softwares(
    provider: IdentityProvider, person: Person, flags: int, words: list[str]
):
    device = Authenticator(flags=flags)
    kept = await register(provider, person, device.create(await options_to_register(provider, person)))
    assert isinstance(kept, Passkey)
    assert kept.amr == words


@pytest.mark.parametrize(
    "wrong",
    [
        ({"flags": PRESENT}, {}, Reason.not_verified),
        ({"flags": VERIFIED}, {}, Reason.not_verified),
        ({"origin": "http://localhost:9999"}, {}, Reason.wrong_origin),
        ({"origin": "https://localhost:8080"}, {}, Reason.wrong_origin),
        ({"origin": "http://localhost:8080.evil.example"}, {}, Reason.wrong_origin),
        ({"rp_id": "evil.example"}, {}, Reason.wrong_relying_party),
        ({}, {"crossOrigin": True}, Reason.wrong_origin),
        ({}, {"type": "webauthn.get"}, Reason.malformed),
        ({}, {"challenge": "AAAA"}, Reason.challenge),
    ],
)
async def test_what_is_wrong_in_one_place_is_refused_for_that(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, wrong: Wrong
):
    device, client, reason = wrong
    response = Authenticator(**device).create(await options_to_register(provider, person), **client)
    assert await register(provider, person, response) == reason
    async with database.arrange() as session:
        assert await service.passkeys_of(session, person.id) == []
    (event,) = await audited(database, "passkey:added")
    assert (event.subject_id, event.purpose, event.outcome) == (person.id, f"passkey_{reason}", "refused")


def without(response: str, *path: str) -> str:
    document: dict[str, Any] = json.loads(response)
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(document)


@pytest.mark.parametrize("path", [("rawId",), ("id",), ("type",), ("response",), ("response", "clientDataJSON")])
async def test_a_response_without_a_part_is_malformed(
    provider: IdentityProvider, person: Person, path: tuple[str, ...]
):
    response = Authenticator().create(await options_to_register(provider, person))
    assert await register(provider, person, without(response, *path)) == Reason.malformed


@pytest.mark.parametrize(
    "response",
    ["", "null", "[]", "{}", '"text"', "{" * 5_000, "[" * 30_000, "x" * 40_000, '{"rawId": 1, "response": {}}'],
)
async def test_whatever_else_is_sent_is_malformed(provider: IdentityProvider, person: Person, response: str):
    assert await register(provider, person, response) == Reason.malformed


async def test_a_challenge_is_for_one_browser_one_person_and_one_purpose(
    provider: IdentityProvider, person: Person, staff: dict[str, Person]
):
    options = await options_to_register(provider, person)
    response = Authenticator().create(options)
    assert await register(provider, person, response, OTHER_COOKIE) == Reason.challenge
    assert await register(provider, staff["admin"], response) == Reason.challenge
    to_sign_in = {**json.loads(options), "challenge": json.loads(options_to_sign_in(provider))["challenge"]}
    assert await register(provider, person, Authenticator().create(json.dumps(to_sign_in))) == Reason.challenge
    assert isinstance(await register(provider, person, response), Passkey)  # none of them used it up


async def test_a_challenge_is_for_one_answer_even_a_wrong_one(provider: IdentityProvider, person: Person):
    options = await options_to_register(provider, person)
    assert await register(provider, person, Authenticator(flags=PRESENT).create(options)) == Reason.not_verified
    assert await register(provider, person, Authenticator().create(options)) == Reason.challenge


async def test_a_challenge_is_over_after_five_minutes(
    provider: IdentityProvider, person: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(challenges, "LIFETIME", timedelta(seconds=-1))
    response = Authenticator().create(await options_to_register(provider, person))
    assert await register(provider, person, response) == Reason.challenge


async def test_a_passkey_that_is_known_already_is_nobody_elses(
    provider: IdentityProvider, staff: dict[str, Person], phone: Authenticator
):
    options = json.loads(await options_to_register(provider, staff["admin"]))
    phone.device.cred_init = lambda *_: None  # the same credential once more
    assert await register(provider, staff["admin"], phone.create(json.dumps(options))) == Reason.known_already


async def test_nobody_piles_up_passkeys(
    provider: IdentityProvider, person: Person, phone: Authenticator, monkeypatch: pytest.MonkeyPatch
):
    assert phone.device.credential_id
    monkeypatch.setattr(service, "MOST_PASSKEYS", 2)
    await phone_of(provider, person)
    third = Authenticator().create(await options_to_register(provider, person))
    assert await register(provider, person, third) == Reason.too_many


async def test_of_twenty_answers_at_once_one_makes_a_passkey(
    committed_app: FastAPI, committed_database: Database, committed_superuser: Database
):
    provider = committed_app.state.provider
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
    for _ in range(ROUNDS):
        response = Authenticator().create(await options_to_register(provider, person))
        seen = await asyncio.gather(*(register(provider, person, response) for _ in range(20)))
        outcomes = Counter("kept" if isinstance(one, Passkey) else one for one in seen)
        assert outcomes == {"kept": 1, Reason.challenge: 19}
    async with committed_database.unit_of_work(NOBODY) as session:
        kept = select(Passkey).where(col(Passkey.person_id) == person.id)
        assert len((await session.scalars(kept)).all()) == ROUNDS


async def test_names_are_one_short_line(provider: IdentityProvider, person: Person, database: RolledBackDatabase):
    for name, kept in [("  Mum's\n phone\t ", "Mum's phone"), ("\u202e\x00", "Passkey"), ("x" * 500, "x" * 60)]:
        response = Authenticator().create(await options_to_register(provider, person))
        made = await register(provider, person, response, name=name)
        assert isinstance(made, Passkey)
        assert made.name == kept
        async with database.arrange() as session:
            assert await service.rename(session, person, made.id, name)


@pytest.mark.usefixtures("phone")
async def test_only_its_owner_renames_or_removes_one(
    app: FastAPI, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    provider = app.state.provider
    async with database.arrange() as session:
        (mine,) = await service.passkeys_of(session, person.id)
    async with provider.database.unit_of_work(NOBODY) as session:
        assert not await service.rename(session, staff["admin"], mine.id, "Theirs")
        assert not await service.remove(session, staff["admin"], mine.id)
        assert await service.rename(session, person, mine.id, "The old phone")
        assert [one.name for one in await service.passkeys_of(session, person.id)] == ["The old phone"]
    async with provider.database.unit_of_work(NOBODY) as session:
        assert await service.remove(session, person, mine.id)
        assert not await service.remove(session, person, mine.id)
        assert await service.passkeys_of(session, person.id) == []
    assert [one.letter for one in await letters(app, database)] == ["passkey_added", "passkey_removed"]
    assert [event.subject_id for event in await audited(database, "passkey:renamed")] == [person.id]
    assert [event.subject_id for event in await audited(database, "passkey:removed")] == [person.id]


def test_the_relying_party_is_the_configured_host(provider: IdentityProvider):
    party = responses.RelyingParty.of(provider.settings.model_copy(update={"base_url": "https://care.example:8443"}))
    assert (party.id, party.origin) == ("care.example", "https://care.example:8443")
