"""Signing in with a passkey: who it is, and each wrong answer refused for its own reason."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable, enable
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.oauth.models import UsedAssertion
from afterglow_auth.passkeys import challenges, service
from afterglow_auth.passkeys.models import Passkey, PasskeyChallenge
from afterglow_auth.passkeys.refusals import Reason
from afterglow_auth.provider import IdentityProvider
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import ProgrammingError

from tests.auth.arranging import ROUNDS, add_person, audited
from tests.auth.authenticators import PRESENT, VERIFIED, Authenticator, decode, encode
from tests.auth.passkeys.arranging import (
    COOKIE,
    NOBODY,
    OTHER_COOKIE,
    options_to_register,
    options_to_sign_in,
    phone_of,
    register,
    sign_in,
)

Wrong = tuple[dict[str, Any], dict[str, Any], Reason]  # what the authenticator and the browser say instead


async def test_a_passkey_says_whose_it_is(provider: IdentityProvider, person: Person, phone: Authenticator):
    found = await sign_in(provider, phone.get(options_to_sign_in(provider)))
    assert not isinstance(found, Reason)
    assert found[0].id == person.id
    assert (found[1].name, found[1].sign_count) == ("My phone", 1)
    assert found[1].last_used_at
    again = await sign_in(provider, phone.get(options_to_sign_in(provider, OTHER_COOKIE)), OTHER_COOKIE)
    assert not isinstance(again, Reason)
    assert again[1].sign_count == 2


async def test_the_browser_is_asked_for_any_passkey_with_verification(provider: IdentityProvider):
    asked = json.loads(options_to_sign_in(provider))
    assert asked["allowCredentials"] == []  # nobody learns which passkeys an account has
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")


@pytest.mark.parametrize(
    "wrong",
    [
        ({"flags": PRESENT}, {}, Reason.not_verified),
        ({"flags": VERIFIED}, {}, Reason.not_verified),
        ({"origin": "http://localhost:9999"}, {}, Reason.wrong_origin),
        ({"origin": "http://LOCALHOST:8080"}, {}, Reason.wrong_origin),
        ({"origin": "https://evil.example"}, {}, Reason.wrong_origin),
        ({"rp_id": "evil.example"}, {}, Reason.wrong_relying_party),
        ({}, {"crossOrigin": True}, Reason.wrong_origin),
        ({}, {"origin": ["http://localhost:8080"]}, Reason.wrong_origin),
        ({}, {"type": "webauthn.create"}, Reason.malformed),
    ],
)
async def test_what_is_wrong_in_one_place_is_refused_for_that(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, phone: Authenticator, wrong: Wrong
):
    changes, client, reason = wrong
    for name, value in changes.items():
        setattr(phone, name, value)
    assert await sign_in(provider, phone.get(options_to_sign_in(provider), **client)) == reason
    (event,) = await audited(database, "sign_in")
    assert (event.subject_id, event.purpose, event.outcome) == (person.id, f"passkey_{reason}", "refused")
    async with database.arrange() as session:
        (kept,) = await service.passkeys_of(session, person.id)
        assert (kept.sign_count, kept.last_used_at, kept.suspected_at) == (0, None, None)


async def test_an_answer_counts_once(provider: IdentityProvider, phone: Authenticator):
    response = phone.get(options_to_sign_in(provider))
    assert not isinstance(await sign_in(provider, response), Reason)
    assert await sign_in(provider, response) == Reason.challenge


async def test_a_signature_over_something_else_is_none(provider: IdentityProvider, phone: Authenticator):
    earlier = json.loads(phone.get(options_to_sign_in(provider)))
    mixed = json.loads(phone.get(options_to_sign_in(provider)))
    mixed["response"]["signature"] = earlier["response"]["signature"]
    assert await sign_in(provider, json.dumps(mixed)) == Reason.signature


async def test_another_key_does_not_sign_for_this_passkey(provider: IdentityProvider, phone: Authenticator):
    forger = Authenticator()
    forger.device.cred_init("localhost", phone.device.user_handle)
    forger.device.credential_id = phone.device.credential_id
    assert await sign_in(provider, forger.get(options_to_sign_in(provider))) == Reason.signature


@pytest.mark.parametrize("field", ["signature", "authenticatorData", "clientDataJSON"])
async def test_one_changed_bit_is_refused(provider: IdentityProvider, phone: Authenticator, field: str):
    response = json.loads(phone.get(options_to_sign_in(provider)))
    changed = bytearray(decode(response["response"][field]))
    changed[-1] ^= 1
    response["response"][field] = encode(bytes(changed))
    assert await sign_in(provider, json.dumps(response)) in {Reason.signature, Reason.malformed}


async def test_a_counter_that_goes_backwards_is_refused_and_the_passkey_marked(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, phone: Authenticator
):
    assert not isinstance(await sign_in(provider, phone.get(options_to_sign_in(provider), counted=7)), Reason)
    for counted in (-2, 2):  # behind, and just the same
        refused = await sign_in(provider, phone.get(options_to_sign_in(provider), counted=counted))
        assert refused == Reason.counter_regress
    async with database.arrange() as session:
        (kept,) = await service.passkeys_of(session, person.id)
        assert kept.sign_count == 7
        assert kept.suspected_at
    events = await audited(database, "sign_in")
    assert [(one.object_id, one.purpose) for one in events] == [(kept.id, "passkey_counter_regress")] * 2
    assert not isinstance(await sign_in(provider, phone.get(options_to_sign_in(provider))), Reason)


async def test_nobody_without_the_key_makes_a_passkey_suspect(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, phone: Authenticator
):
    assert not isinstance(await sign_in(provider, phone.get(options_to_sign_in(provider), counted=7)), Reason)
    forger = Authenticator()
    forger.device.cred_init("localhost", phone.device.user_handle)
    forger.device.credential_id = phone.device.credential_id
    assert await sign_in(provider, forger.get(options_to_sign_in(provider))) == Reason.signature
    async with database.arrange() as session:
        (kept,) = await service.passkeys_of(session, person.id)
        assert not kept.suspected_at


async def test_authenticators_that_do_not_count_go_on_signing_in(provider: IdentityProvider, phone: Authenticator):
    for _ in range(3):
        found = await sign_in(provider, phone.get(options_to_sign_in(provider), counted=0))
        assert not isinstance(found, Reason)


async def test_a_passkey_that_was_removed_opens_nothing(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, phone: Authenticator
):
    response = phone.get(options_to_sign_in(provider))
    async with database.arrange() as session:
        (mine,) = await service.passkeys_of(session, person.id)
        assert await service.remove(session, person, mine.id)
    assert await sign_in(provider, response) == Reason.unknown
    (event,) = await audited(database, "sign_in")
    assert (event.subject_id, event.purpose) == (None, "passkey_unknown")


async def test_somebody_whose_account_is_closed_does_not_get_in(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, phone: Authenticator
):
    async with database.arrange() as session:
        await disable(session, person.id)
    assert await sign_in(provider, phone.get(options_to_sign_in(provider))) == Reason.account_closed
    async with database.arrange() as session:
        await enable(session, person.id)
    assert not isinstance(await sign_in(provider, phone.get(options_to_sign_in(provider))), Reason)


async def test_a_challenge_of_another_browser_or_purpose_is_none(
    provider: IdentityProvider, person: Person, phone: Authenticator
):
    response = phone.get(options_to_sign_in(provider))
    assert await sign_in(provider, response, OTHER_COOKIE) == Reason.challenge
    to_register = json.loads(await options_to_register(provider, person))["challenge"]
    assert await sign_in(provider, phone.get(json.dumps({"challenge": to_register}))) == Reason.challenge
    assert not isinstance(await sign_in(provider, response), Reason)  # and its own browser still may


async def test_a_challenge_is_over_after_five_minutes(
    provider: IdentityProvider, phone: Authenticator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(challenges, "LIFETIME", timedelta(seconds=-1))
    assert await sign_in(provider, phone.get(options_to_sign_in(provider))) == Reason.challenge


async def test_a_challenge_that_we_never_gave_is_none(provider: IdentityProvider, phone: Authenticator):
    assert await sign_in(provider, phone.get(json.dumps({"challenge": encode(b"x" * 32)}))) == Reason.challenge


@pytest.mark.parametrize("handle", [None, "", "AAAA", "of somebody else"])
async def test_the_authenticator_says_whose_passkey_it_is(
    provider: IdentityProvider, staff: dict[str, Person], phone: Authenticator, handle: str | None
):
    response = json.loads(phone.get(options_to_sign_in(provider)))
    if handle is None:
        del response["response"]["userHandle"]
    else:
        theirs = encode(staff["admin"].id.bytes)
        response["response"]["userHandle"] = theirs if handle == "of somebody else" else handle
    assert await sign_in(provider, json.dumps(response)) == Reason.account_closed


async def test_of_twenty_answers_at_once_one_signs_in(committed_app: FastAPI, committed_superuser: Database):
    provider = committed_app.state.provider
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
    phone = await phone_of(provider, person)
    for _ in range(ROUNDS):
        response = phone.get(options_to_sign_in(provider))
        seen = await asyncio.gather(*(sign_in(provider, response) for _ in range(20)))
        assert Counter(one if isinstance(one, Reason) else "in" for one in seen) == {"in": 1, Reason.challenge: 19}


async def test_of_twenty_answers_with_the_same_count_one_signs_in(
    committed_app: FastAPI, committed_superuser: Database
):
    """A copy of the authenticator answers other challenges, but counts alike."""
    provider = committed_app.state.provider
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
    phone = await phone_of(provider, person)
    for _ in range(ROUNDS):
        phone.device.sign_count += 1
        copies = [phone.get(options_to_sign_in(provider), counted=0) for _ in range(20)]
        seen = await asyncio.gather(*(sign_in(provider, response) for response in copies))
        outcomes = Counter(one if isinstance(one, Reason) else "in" for one in seen)
        assert outcomes == {"in": 1, Reason.counter_regress: 19}


async def test_removing_while_somebody_signs_in_goes_one_way_or_the_other(
    committed_app: FastAPI, committed_database: Database, committed_superuser: Database
):
    provider = committed_app.state.provider
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)

    async def take_away(passkey: Passkey) -> bool:
        async with committed_database.unit_of_work(NOBODY) as session:
            await service.lock(session, person.id)
            return await service.remove(session, person, passkey.id)

    for _ in range(ROUNDS):
        phone = Authenticator()
        passkey = await register(provider, person, phone.create(await options_to_register(provider, person)))
        assert isinstance(passkey, Passkey)
        response = phone.get(options_to_sign_in(provider))
        found, removed = await asyncio.gather(sign_in(provider, response), take_away(passkey))
        assert removed
        assert found == Reason.unknown or not isinstance(found, Reason)


async def rows(database: RolledBackDatabase) -> tuple[int, int]:
    """Challenges that are kept, and rights that are taken."""
    async with database.arrange() as session:
        kept = await session.scalar(select(func.count()).select_from(PasskeyChallenge))
        return kept or 0, await session.scalar(select(func.count()).select_from(UsedAssertion)) or 0


async def test_whoever_has_no_key_stores_nothing(
    provider: IdentityProvider, database: RolledBackDatabase, phone: Authenticator
):
    """However many pages are opened, and whatever is sent back; one right signature is one row, until it is over."""
    assert await rows(database) == (0, 0)
    stranger = Authenticator()
    stranger.device.cred_init("localhost", b"nobody")
    for device, changes, reason in (
        (stranger, {}, Reason.unknown),
        (phone, {"origin": "https://evil.example"}, Reason.wrong_origin),
        (phone, {"challenge": "AAAA"}, Reason.challenge),
    ):
        assert await sign_in(provider, device.get(options_to_sign_in(provider), **changes)) == reason
    assert await rows(database) == (0, 0)
    assert not isinstance(await sign_in(provider, phone.get(options_to_sign_in(provider))), Reason)
    assert await rows(database) == (0, 1)
    async with database.arrange() as session:
        (taken,) = (await session.scalars(select(UsedAssertion))).all()
        assert taken.expires_at > datetime.now(UTC) + challenges.LIFETIME  # longer than it could be shown again


@pytest.mark.parametrize("reason", [Reason.account_closed, Reason.counter_regress, Reason.unknown])
async def test_what_was_signed_rightly_counts_once_though_it_opened_nothing(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, phone: Authenticator, reason: Reason
):
    """What stood in its way may go away within its five minutes: it is refused all the same."""
    phone.device.sign_count += 1
    response = phone.get(options_to_sign_in(provider))
    async with database.arrange() as session:
        if reason is Reason.account_closed:
            await disable(session, person.id)
        await session.execute(update(Passkey).values(sign_count=99 if reason is Reason.counter_regress else 0))
    only = new_id() if reason is Reason.unknown else None
    assert await sign_in(provider, response, only=only) == reason
    async with database.arrange() as session:
        await enable(session, person.id)
        await session.execute(update(Passkey).values(sign_count=0))
    assert await sign_in(provider, response) == Reason.challenge


@pytest.mark.parametrize("place", [0, 7, 8, 23, 24, 55])
async def test_a_challenge_with_one_changed_byte_is_none_of_ours(
    provider: IdentityProvider, phone: Authenticator, place: int
):
    """Until when it is good, what makes it another than all others, and its mark."""
    ours = decode(json.loads(options_to_sign_in(provider))["challenge"])
    changed = bytearray(ours)
    changed[place] ^= 1
    for forged in (bytes(changed), ours[:place], ours + b"\0", ours[:24] * 2, b""):
        assert await sign_in(provider, phone.get(json.dumps({"challenge": encode(forged)}))) == Reason.challenge
    assert not isinstance(await sign_in(provider, phone.get(json.dumps({"challenge": encode(ours)}))), Reason)


async def test_a_challenge_tells_nothing_of_the_cookie_and_is_never_the_same(provider: IdentityProvider):
    given = [decode(json.loads(options_to_sign_in(provider))["challenge"]) for _ in range(20)]
    assert len({one[8:] for one in given}) == 20
    assert all(len(one) == 56 and COOKIE.encode() not in one for one in given)


async def test_what_is_kept_of_a_registration_is_neither_challenge_nor_cookie_and_is_forgotten(
    provider: IdentityProvider, person: Person, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    challenge = decode(json.loads(await options_to_register(provider, person))["challenge"])
    async with database.arrange() as session:
        (kept,) = (await session.scalars(select(PasskeyChallenge))).all()
    for value in (kept.digest, kept.browser):
        assert len(value) == 32
        assert value not in {challenge, COOKIE.encode()}
    monkeypatch.setattr(challenges, "LIFETIME", timedelta(seconds=-1))
    await options_to_register(provider, person)
    await forget_expired(provider.database)
    assert (await rows(database))[0] == 1


@pytest.mark.parametrize("column", ["id", "person_id", "credential_id", "public_key", "backed_up", "created_at"])
@pytest.mark.usefixtures("phone")
async def test_the_app_cannot_change_whose_a_passkey_is_nor_its_key(database: RolledBackDatabase, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.unit_of_work(NOBODY) as session:
            await session.execute(text(f"UPDATE passkeys SET {column} = {column}"))  # noqa: S608  # a column listed above
