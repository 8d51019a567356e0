"""SECURITY §7, the second factor brute-forced: somebody knows the password, and guesses what comes after it."""

from datetime import timedelta

import pytest
from afterglow_auth.factors.tries import Guessed, TooSoonError, take
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ACCOUNT
from afterglow_auth.sign_in.models import SignInTries
from afterglow_auth.totp.service import DIGITS, DRIFT
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from tests.auth.arranging import Browser, Scene, audited, letters, open_browser
from tests.auth.sign_in.walking import Factors, Walker

GUESSES = {
    Guessed.totp: {"code": "12 34 56"},
    Guessed.recovery_code: {"with": "recovery-code", "code": "k7qm-2xpd-9fhw"},
}


async def let_pass(database: RolledBackDatabase, by: timedelta) -> None:
    async with database.arrange() as session:
        earlier = {"tried_at": col(SignInTries.tried_at) - by, "waits_until": col(SignInTries.waits_until) - by}
        await session.execute(update(SignInTries).values(earlier))


@pytest.mark.parametrize("guessed", list(GUESSES))
async def test_beginning_anew_elsewhere_gives_no_further_tries(app: FastAPI, scene: Scene, guessed: Guessed):
    """Each time the right password, another browser, another address: the tries are the person's, and stay counted."""
    _, person, web, database = scene
    factors = Factors(app, database)
    await factors.add_app(person)
    await factors.add_codes(person)
    before, seen = len(await letters(app, database)), []
    for number in range(FREE_TRIES_OF_AN_ACCOUNT + 3):
        async with open_browser(app, f"203.0.113.{number}") as client:
            await Browser(client).sign_in(person.email, web.request())
            seen.append((await Walker(Browser(client)).post("second", **GUESSES[guessed])).status_code)
    assert seen == [422] * FREE_TRIES_OF_AN_ACCOUNT + [429] * 3
    assert [one.letter for one in (await letters(app, database))[before:]] == ["codes_guessed"]
    tried = [event for event in await audited(database, "factor:tried") if event.outcome == "refused"]
    assert {event.subject_id for event in tried} == {person.id}
    assert {event.purpose for event in tried} == {guessed.value, f"{guessed.value}_too_soon"}


async def test_a_day_of_guessing_finds_a_code_less_than_once_in_five_thousand_days(app: FastAPI, scene: Scene):
    """Whoever asks again as soon as it is possible."""
    tried, passed = 0, timedelta()
    while passed < timedelta(days=1):
        try:
            await take(app.state.provider, Guessed.totp, scene.person.id)
        except TooSoonError as error:
            await let_pass(scene.database, error.wait)
            passed += error.wait
        else:
            tried += 1
    chance = tried * (2 * DRIFT + 1) / 10**DIGITS
    assert chance < 1 / 5000
