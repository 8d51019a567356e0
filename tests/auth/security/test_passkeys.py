"""One's own passkeys: one more, another name, one less; and never the last way in."""

import pytest
from afterglow_auth.audit import Verb
from afterglow_auth.passkeys.service import passkeys_of
from afterglow_foundation.identifiers import new_id
from sqlalchemy import text

from tests.auth.arranging import PASSWORD
from tests.auth.authenticators import PRESENT, Authenticator
from tests.auth.security.visiting import START, Visitor, options_of, values


async def names_of(visitor: Visitor) -> list[str]:
    async with visitor.database.arrange() as session:
        return [one.name for one in await passkeys_of(session, visitor.person.id)]


async def without_password(visitor: Visitor) -> None:
    async with visitor.database.arrange() as session:
        await session.execute(text("UPDATE people SET password_hash = NULL WHERE id = :id"), {"id": visitor.person.id})


async def new_options(visitor: Visitor) -> str:
    return options_of((await visitor.browser.client.get(f"{START}/passkeys/new")).text)


async def test_one_is_added_and_told(visitor: Visitor):
    await visitor.look("/passkeys")
    response = Authenticator().create(await new_options(visitor))
    await visitor.done("/passkeys/new", "/passkeys?done=added", response=response, name="My phone")
    assert await names_of(visitor) == ["My phone"]
    assert "My phone" in await visitor.look("/passkeys")
    assert await visitor.letters() == [("passkey_added", visitor.person.email)]
    assert await visitor.outcomes(Verb.passkey_added) == [("success", None)]
    assert "1 passkey" in await visitor.look()


@pytest.mark.parametrize("response", ["", "nonsense", "{}", '{"id": "x"}', "[]"])
async def test_what_proves_nothing_adds_nothing(visitor: Visitor, response: str):
    answer = await visitor.send("/passkeys/new", response=response, name="My phone")
    assert answer.status_code == 400
    assert values(answer.text)["name"] == "My phone"
    assert await names_of(visitor) == []
    assert [outcome for outcome, _ in await visitor.outcomes(Verb.passkey_added)] == ["refused"]


async def test_an_answer_counts_once_in_its_own_browser_and_with_a_finger(visitor: Visitor, stranger: Visitor):
    response = Authenticator().create(await new_options(visitor))
    await stranger.refused("/passkeys/new", 400, response=response, name="Mine now")
    assert await names_of(stranger) == []
    response = Authenticator().create(await new_options(visitor))
    await visitor.done("/passkeys/new", "/passkeys?done=added", response=response, name="One")
    await visitor.refused("/passkeys/new", 400, response=response, name="Twice")
    unverified = Authenticator(flags=PRESENT).create(await new_options(visitor))
    await visitor.refused("/passkeys/new", 400, response=unverified, name="No finger")
    assert await names_of(visitor) == ["One"]


async def test_a_passkey_is_called_something_else(visitor: Visitor):
    passkey = await visitor.add_passkey()
    page = await visitor.browser.client.get(f"{START}/passkeys/{passkey}")
    assert values(page.text)["name"] == "Phone"
    await visitor.done(f"/passkeys/{passkey}", "/passkeys?done=renamed", name="Old phone")
    assert await names_of(visitor) == ["Old phone"]
    assert await visitor.outcomes(Verb.passkey_renamed) == [("success", None)]


@pytest.mark.parametrize("name", ["", "  ", "n" * 61])
async def test_a_name_that_cannot_be_is_refused_and_stays_typed(visitor: Visitor, name: str):
    passkey = await visitor.add_passkey()
    answer = await visitor.send(f"/passkeys/{passkey}", name=name)
    assert answer.status_code == 422
    assert values(answer.text)["name"] == name.strip()
    assert await names_of(visitor) == ["Phone"]
    assert await visitor.outcomes(Verb.passkey_renamed) == [("refused", "invalid")]


async def test_one_is_removed_and_told(visitor: Visitor):
    passkey = await visitor.add_passkey()
    await visitor.add_app()
    assert "Your password" not in await visitor.look(f"/passkeys/{passkey}/removal")  # the app stays
    await visitor.done(f"/passkeys/{passkey}/removal", "/passkeys?done=removed")
    assert await names_of(visitor) == []
    assert ("passkey_removed", visitor.person.email) in await visitor.letters()
    assert await visitor.outcomes(Verb.passkey_removed) == [("success", None)]
    await visitor.refused(f"/passkeys/{passkey}/removal", 404)


async def test_the_last_second_step_goes_only_where_the_password_can_stand_alone(visitor: Visitor):
    passkey = await visitor.add_passkey()
    path = f"/passkeys/{passkey}/removal"
    assert "Your password" in await visitor.look(path)
    await visitor.refused(path, 422)
    assert "not your password" in await visitor.refused(path, 422, password="not mine, and long enough")
    assert await names_of(visitor) == ["Phone"]
    await visitor.done(path, "/passkeys?done=removed", password=PASSWORD)
    assert [why for _, why in await visitor.outcomes(Verb.passkey_removed)] == [
        "password_not_typed",
        "wrong_password",
        None,
    ]


async def test_a_password_that_was_short_beside_a_second_step_is_too_short_alone(visitor: Visitor):
    passkey = await visitor.add_passkey()
    short = "qz7!vWm0"
    await visitor.done("/password", "?done=password", password=short, repeated=short)
    told = await visitor.refused(f"/passkeys/{passkey}/removal", 422, password=short)
    assert "Choose a longer one" in told
    assert await names_of(visitor) == ["Phone"]


async def test_the_last_way_in_stays(visitor: Visitor):
    passkey = await visitor.add_passkey()
    await without_password(visitor)
    assert "only way to sign in" in await visitor.look(f"/passkeys/{passkey}/removal")
    assert "only way to sign in" in await visitor.refused(f"/passkeys/{passkey}/removal", 409)
    assert await names_of(visitor) == ["Phone"]
    assert await visitor.outcomes(Verb.passkey_removed) == [("refused", "last_way_in")]


async def test_staffs_last_factor_stays_where_the_practice_asks_for_one(strict: Visitor):
    passkey = await strict.add_passkey()
    assert "only second step" in await strict.refused(f"/passkeys/{passkey}/removal", 409, password=PASSWORD)
    assert await names_of(strict) == ["Phone"]
    await strict.add_app()
    await strict.done(f"/passkeys/{passkey}/removal", "/passkeys?done=removed")


async def test_somebody_elses_passkey_is_not_found(visitor: Visitor, stranger: Visitor):
    theirs = await stranger.add_passkey("Theirs")
    await visitor.add_passkey()
    for passkey in (theirs, new_id()):
        for path in (f"/passkeys/{passkey}", f"/passkeys/{passkey}/removal"):
            assert (await visitor.browser.client.get(START + path)).status_code == 404
            sent = {"name": "Mine", "person_id": stranger.person.id, "password": PASSWORD}
            assert (await visitor.send(path, **sent)).status_code == 404
    assert await names_of(stranger) == ["Theirs"]
    assert {why for _, why in await visitor.outcomes(Verb.passkey_removed)} == {"not_found"}
    assert {why for _, why in await visitor.outcomes(Verb.passkey_renamed)} == {"not_found"}


async def test_one_that_may_have_been_copied_is_marked(visitor: Visitor):
    await visitor.add_passkey()
    async with visitor.database.arrange() as session:
        await session.execute(text("UPDATE passkeys SET suspected_at = now()"))
    assert "may have a copy" in await visitor.look("/passkeys")


async def test_a_new_name_waits_for_the_proof(visitor: Visitor):
    passkey = await visitor.add_passkey()
    await visitor.grow_stale()
    await visitor.send(f"/passkeys/{passkey}", name="Kitchen tablet")
    async with visitor.database.arrange() as session:
        assert await session.scalar(text("SELECT fields FROM kept_forms")) == {"name": "Kitchen tablet"}
