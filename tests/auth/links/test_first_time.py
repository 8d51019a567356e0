"""The first time, from the invitation on: one's name, a password or a passkey, an offer, the terms, and one is in."""

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.factors import tries
from afterglow_auth.factors.tries import Guessed
from afterglow_auth.links.doors import INVITATION, RESET, Door
from afterglow_auth.main import create
from afterglow_auth.sessions.models import Session
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ACCOUNT
from afterglow_auth.terms.models import TermsAcceptance
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import delete, select

from tests.auth.arranging import Browser, Program, answered, audited, letters, open_browser
from tests.auth.authenticators import Authenticator
from tests.auth.links.test_choosing import NEW, Holder, add_guest, token_for
from tests.auth.sign_in.walking import Factors, Walker, code_of, led_to, options_in, path_of

CHOSEN = {"choosing": "password", "password": NEW, "repeated": NEW}


@pytest_asyncio.fixture(loop_scope="session")
async def holder(app: FastAPI, browser: Browser, database: RolledBackDatabase) -> Holder:
    async with database.arrange() as session:
        guest = await add_guest(session)
        await session.execute(delete(TermsAcceptance))
    return Holder(app, browser, database, guest)


async def link_of(holder: Holder, door: Door = INVITATION) -> str:
    return f"{door.path}?token={await token_for(holder.app, holder.database, door, holder.guest)}"


async def token(holder: Holder, door: Door = INVITATION) -> dict[str, str]:
    return {"token": await token_for(holder.app, holder.database, door, holder.guest)}


async def person_now(holder: Holder) -> Person:
    async with holder.database.arrange() as session:
        return await session.get_one(Person, holder.guest.id)


async def test_name_password_not_now_terms_and_one_is_in(holder: Holder, web: Program):
    walker, fields = Walker(holder.browser), await token(holder)
    first = await walker.get(await link_of(holder))
    assert "Is this your name?" in first.text
    second = await walker.send(INVITATION.path, first.text, **fields, name="Rowan  Hale-Okafor")
    assert second.status_code == 200
    assert await audited(holder.database, "invitation:accepted") == []
    hidden = {"name": "Rowan  Hale-Okafor"}
    chosen = await walker.send(INVITATION.path, second.text, **fields, **CHOSEN, **hidden)
    assert led_to(chosen) == path_of("factor")
    assert led_to(await walker.post("factor", decline="yes")) == path_of("terms")
    assert led_to(await walker.post("terms", accepted="1")) == "/sign-in"
    assert "code" in answered(await holder.browser.client.get("/auth/authorize", params=web.request()))
    known = await person_now(holder)
    assert (known.name, bool(known.joined_at), bool(known.password_hash)) == ("Rowan  Hale-Okafor", True, True)
    assert len(await audited(holder.database, "account:changed")) == 1
    (event,) = await audited(holder.database, "sign_in")
    assert (event.outcome, event.purpose, event.actor_id) == ("success", "invitation", known.id)


@pytest.mark.parametrize("name", [" ", "x" * 201, "Ro\u202ewan"])
async def test_a_name_that_will_not_do_leaves_everything_open(holder: Holder, name: str):
    walker = Walker(holder.browser)
    page = await walker.get(await link_of(holder))
    answer = await walker.send(INVITATION.path, page.text, **await token(holder), **CHOSEN, name=name)
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert (await person_now(holder)).joined_at is None


async def test_a_passkey_instead_of_a_password(holder: Holder, database: RolledBackDatabase):
    walker, fields = Walker(holder.browser), await token(holder)
    page = await walker.send(INVITATION.path, (await walker.get(await link_of(holder))).text, **fields, name="Rowan")
    response = Authenticator().create(options_in(page.text))
    made = await walker.send(INVITATION.path, page.text, **fields, choosing="passkey", name="Rowan", response=response)
    assert led_to(made) == path_of("codes")
    shown = await walker.post("codes", make="yes")
    assert led_to(await walker.send(path_of("codes"), shown.text, saved="yes")) == path_of("terms")
    assert led_to(await walker.post("terms", accepted="1")) == "/sign-in"
    known = await person_now(holder)
    assert (known.password_hash, known.state, known.name) == (None, "active", "Rowan")
    async with database.arrange() as session:
        (session_made,) = (await session.scalars(select(Session))).all()
    assert session_made.amr == ["hwk", "user", "mfa"]
    told = [letter.letter for letter in await letters(holder.app, database)]
    assert told == ["passkey_added", "codes_made"]


async def test_a_passkey_that_proves_nothing_uses_no_link_up(holder: Holder):
    walker, fields = Walker(holder.browser), await token(holder)
    page = await walker.send(INVITATION.path, (await walker.get(await link_of(holder))).text, **fields)
    refused = await walker.send(INVITATION.path, page.text, **fields, choosing="passkey", response="{}")
    assert refused.status_code == 422
    assert "could not be made" in refused.text
    assert led_to(await walker.send(INVITATION.path, page.text, **fields, **CHOSEN)) == path_of("factor")


async def test_staff_cannot_put_the_factor_off(settings: Settings, database: RolledBackDatabase):
    app = create(settings.model_copy(update={"mfa_required_for_staff": True}), database=database)
    async with open_browser(app) as client:
        browser = Browser(client)
        async with database.arrange() as session:
            guest = await add_guest(session)
            guest.role = "therapist"
        holder = Holder(app, browser, database, guest)
        walker = Walker(browser)
        page = await walker.send(INVITATION.path, (await walker.get(await link_of(holder))).text, **await token(holder))
        short = CHOSEN | {"password": "tide harp moss", "repeated": "tide harp moss"}  # beside a factor
        chosen = await walker.send(INVITATION.path, page.text, **await token(holder), **short)
        assert led_to(chosen) == path_of("factor")
        assert (await walker.post("factor", decline="yes")).status_code == 422
        assert led_to(await walker.get(path_of("terms"))) == path_of("factor")


@pytest.mark.parametrize("with_code", [False, True])
async def test_behind_a_reset_whoever_has_a_factor_left_shows_it_first(
    holder: Holder, with_code: bool, app: FastAPI, database: RolledBackDatabase
):
    factors, walker = Factors(app, database), Walker(holder.browser)
    secret = await factors.add_app(holder.guest)
    codes, fields = await factors.add_codes(holder.guest), await token(holder, RESET)
    async with database.arrange() as session:
        (await session.get_one(Person, holder.guest.id)).password_hash = None
    page = await walker.get(await link_of(holder, RESET))
    for code, words in (("", "Please type the code"), ("000000", "neither the code"), ("not-a-code", "neither the")):
        answer = await walker.send(RESET.path, page.text, **fields, **CHOSEN, code=code)
        assert answer.status_code == 422
        assert words in answer.text
        assert (await person_now(holder)).password_hash is None
    assert await audited(database, "reset:used") == []
    right = codes[0] if with_code else code_of(secret)
    assert led_to(await walker.send(RESET.path, page.text, **fields, **CHOSEN, code=right)) == path_of("terms")
    assert led_to(await walker.post("terms", accepted="1")) == "/sign-in"
    async with database.arrange() as session:
        (made,) = (await session.scalars(select(Session))).all()
    assert (made.amr, made.person_id) == (["pwd", "otp", "mfa"], holder.guest.id)


async def test_behind_a_reset_whoever_has_only_a_passkey_is_led_to_it(
    holder: Holder, app: FastAPI, database: RolledBackDatabase
):
    await Factors(app, database).add_passkey(holder.guest)
    walker = Walker(holder.browser)
    page = await walker.get(await link_of(holder, RESET))
    assert "You still have a passkey" in page.text
    form = await walker.get("/auth/sign-in")
    refused = await walker.send(RESET.path, form.text, **await token(holder, RESET), **CHOSEN)
    assert refused.status_code == 422
    assert (await person_now(holder)).password_hash is None


async def test_after_five_wrong_codes_elsewhere_one_waits_behind_a_link_too(
    holder: Holder, app: FastAPI, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    factors, walker = Factors(app, database), Walker(holder.browser)
    await factors.add_app(holder.guest)
    codes, fields = await factors.add_codes(holder.guest), await token(holder, RESET)
    page = await walker.get(await link_of(holder, RESET))
    for _ in range(FREE_TRIES_OF_AN_ACCOUNT):
        await tries.take(app.state.provider, Guessed.recovery_code, holder.guest.id)

    async def not_now(_: str) -> str:
        raise AssertionError("hashed while one has to wait")

    monkeypatch.setattr("afterglow_auth.links.choosing.hash_password", not_now)
    right = await walker.send(RESET.path, page.text, **fields, **CHOSEN, code=codes[0])
    assert right.status_code == 429
    assert "Please wait" in right.text
