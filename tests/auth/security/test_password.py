"""One's own password: another one, or none where passkeys are enough."""

import pytest
from afterglow_auth.accounts.passwords import verify
from afterglow_auth.audit import Verb
from afterglow_auth.sign_in.models import SignInStage
from afterglow_auth.sign_in.stages import OpenedBy, opened
from afterglow_foundation.callers import Role
from sqlalchemy import select, text

from tests.auth.arranging import PASSWORD
from tests.auth.security.visiting import START, Visitor

NEW = "seven lanterns under a slow river"
SHORT = "qz7!vWm0"  # good enough beside a second step


async def is_kept(visitor: Visitor, password: str) -> bool:
    return (await verify(password, (await visitor.stored()).password_hash))[0]


async def test_another_one_is_kept_told_and_mailed(visitor: Visitor):
    async with visitor.database.arrange() as session:
        await session.execute(
            text("INSERT INTO event_receivers (client_id, registered_at, heard_at) VALUES ('web', now(), now())")
        )
    await visitor.look("/password")
    await visitor.done("/password", "?done=password", password=NEW, repeated=NEW)
    assert await is_kept(visitor, NEW)
    assert await visitor.told("credential-change") == [{"credential_type": "password", "change_type": "update"}]
    assert await visitor.letters() == [("password_changed", visitor.person.email)]
    assert await visitor.outcomes(Verb.password_changed) == [("success", None)]
    assert "sign out everywhere but here" in await visitor.look("", done="password")


async def test_a_sign_in_on_its_way_elsewhere_is_over(visitor: Visitor):
    theirs = opened(visitor.person, OpenedBy.password, ["pwd"])
    theirs.cookie_hash = b"another browser's"
    async with visitor.database.arrange() as session:
        session.add(theirs)
    await visitor.done("/password", "?done=password", password=NEW, repeated=NEW)
    async with visitor.database.arrange() as session:
        assert (await session.scalars(select(SignInStage))).all() == []
    await visitor.look()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "password"),
        ({"password": "short", "repeated": "short"}, "password"),
        ({"password": SHORT, "repeated": SHORT}, "password"),
        ({"password": "passwordpassword", "repeated": "passwordpassword"}, "password"),
        ({"password": "rowan hale rowan hale", "repeated": "rowan hale rowan hale"}, "password"),
        ({"password": "x" * 2000, "repeated": "x" * 2000}, "password"),
        ({"password": NEW}, "repeated"),
        ({"password": NEW, "repeated": NEW + "!"}, "repeated"),
    ],
)
async def test_what_will_not_do_is_refused_and_not_shown_again(visitor: Visitor, fields: dict[str, str], field: str):
    answer = await visitor.send("/password", **fields)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert NEW not in answer.text
    assert await is_kept(visitor, PASSWORD)
    assert await visitor.outcomes(Verb.password_changed) == [("refused", "invalid")]


async def test_beside_a_second_step_eight_characters_will_do(visitor: Visitor):
    assert "At least 15" in await visitor.look("/password")
    await visitor.add_app()
    assert "At least 8" in await visitor.look("/password")
    await visitor.done("/password", "?done=password", password=SHORT, repeated=SHORT)
    assert await is_kept(visitor, SHORT)


async def test_without_two_passkeys_the_password_stays(visitor: Visitor):
    await visitor.add_passkey()
    assert "need two passkeys" in await visitor.look("/password/removal")
    assert "need two passkeys" in await visitor.refused("/password/removal", 409)
    assert await is_kept(visitor, PASSWORD)
    assert await visitor.outcomes(Verb.password_removed) == [("refused", "too_few_passkeys")]


async def test_with_two_passkeys_it_may_go_and_come_back(visitor: Visitor):
    await visitor.add_passkey()
    await visitor.add_passkey("Tablet")
    await visitor.look("/password/removal")
    await visitor.done("/password/removal", "?done=password_removed")
    stored = await visitor.stored()
    assert stored.password_hash is None
    assert stored.state == "active"
    assert await visitor.outcomes(Verb.password_removed) == [("success", None)]
    assert ("password_removed", visitor.person.email) in await visitor.letters()
    count = len(await visitor.letters())
    await visitor.done("/password/removal", "?done=password_removed")  # again, it changes nothing
    assert len(await visitor.letters()) == count
    assert "Choose a password" in await visitor.look("/password")
    await visitor.done("/password", "?done=password", password=NEW, repeated=NEW)
    assert await is_kept(visitor, NEW)


async def test_nobody_changes_somebody_elses(visitor: Visitor, stranger: Visitor):
    theirs = {"id": stranger.person.id, "person_id": stranger.person.id, "email": stranger.person.email}
    await visitor.done("/password", "?done=password", password=NEW, repeated=NEW, **theirs)
    assert await is_kept(stranger, PASSWORD)
    assert stranger.person.role == Role.therapist


async def test_a_password_is_never_kept_for_after_the_proof(visitor: Visitor):
    await visitor.grow_stale()
    answer = await visitor.send("/password", password=NEW, repeated=NEW)
    assert answer.headers["location"] == "/auth/sign-in/confirm?next=%2Fauth%2Fsecurity%2Fpassword"
    async with visitor.database.arrange() as session:
        assert await session.scalar(text("SELECT count(*) FROM kept_forms")) == 0
    await visitor.prove("/password")
    assert NEW not in (await visitor.browser.client.get(f"{START}/password")).text
    assert await is_kept(visitor, PASSWORD)
