"""Carrying a factor reset out: everything is taken away at once or nothing is, and a link is mailed."""

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.factor_resets import settling
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.factors.standing import standing
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.recovery_codes.service import make as make_codes
from afterglow_auth.resets.models import Reset
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select

from tests.auth.arranging import Desk, audited, letters
from tests.auth.factor_resets.arranging import Parties, pass_the_day, run_job


async def test_password_and_sessions_are_over_and_a_link_is_mailed(parties: Parties):
    app, desk, other_browser, person, web, database = parties
    tokens = await other_browser.tokens(person.email, web)
    asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
    await pass_the_day(database, asked["id"])
    await run_job(database, asked["id"])  # the job comes again
    refreshed = await other_browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    assert (await other_browser.sign_in(person.email, web.request(prompt="login"))).status_code == 400
    shown = await desk.get(f"/people/{person.id}")
    assert (shown["state"], shown["sessions"], shown["reset"]["id"]) == ("reset", 0, asked["id"])
    (mailed,) = [one for one in await letters(app, database) if one.letter == "factors_reset"]
    assert (mailed.to, mailed.mail is not None) == (person.id, True)
    (kept,) = await audited(database, "factor_reset:carried_out")
    assert (kept.actor_id, kept.subject_id, kept.outcome) == (None, person.id, "success")


async def test_passkeys_and_recovery_codes_go_with_the_password(parties: Parties):
    app, desk, _, person, _, database = parties
    async with database.arrange() as session:
        values = {"credential_id": b"one", "public_key": b"key", "sign_count": 0, "backed_up": True, "roaming": False}
        session.add(Passkey(person_id=person.id, name="Telephone", **values))
        await make_codes(session, app.state.provider.digests, person)
    asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
    async with database.arrange() as session:
        assert (await standing(session, person)).passkeys == 1
    await pass_the_day(database, asked["id"])
    async with database.arrange() as session:
        left = await standing(session, await session.get_one(Person, person.id))
    assert (left.has_password, left.passkeys, left.has_totp, left.codes_left) == (False, 0, False, 0)
    (removed,) = await audited(database, "passkey:removed")
    assert removed.subject_id == person.id


async def test_a_disabled_account_keeps_what_it_has_and_the_wish_is_over(
    desk: Desk, person: Person, database: RolledBackDatabase
):
    asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
    await desk.put(f"/people/{person.id}/disablement")
    await pass_the_day(database, asked["id"])
    assert (await desk.get(f"/people/{person.id}"))["factor_reset"]["state"] == "withdrawn"
    async with database.arrange() as session:
        assert (await session.get_one(Person, person.id)).password_hash
    (kept,) = await audited(database, "factor_reset:carried_out")
    assert (kept.outcome, kept.purpose) == ("refused", "account_disabled")


async def test_a_job_that_dies_in_the_middle_took_nothing_away(
    desk: Desk, person: Person, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()

    async def die(*_: object, **__: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(settling, "tell", die)
        with pytest.raises(ConnectionError):
            await pass_the_day(database, asked["id"])
    async with database.arrange() as session:
        stored = await session.get_one(Person, person.id)
        assert (stored.password_hash is not None, stored.state) == (True, "active")
        assert (await session.scalars(select(Reset))).all() == []
        assert (await session.scalars(select(FactorReset))).one().carried_out_at is None
    await run_job(database, asked["id"])
    assert (await desk.get(f"/people/{person.id}"))["state"] == "reset"


async def test_a_job_about_nothing_does_nothing(database: RolledBackDatabase):
    await run_job(database, new_id())
    assert await audited(database, "factor_reset:carried_out") == []
