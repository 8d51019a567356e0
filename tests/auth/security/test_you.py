"""Name, language and clock: one's own, told to everybody who knows them."""

import pytest
from afterglow_auth.audit import Verb
from sqlalchemy import text

from tests.auth.security.visiting import START, Visitor, values

CHANGED = {"name": "Rowan Aguilar", "locale": "es", "time_zone": "America/Denver"}


async def test_what_is_changed_is_kept_told_and_mailed(visitor: Visitor):
    async with visitor.database.arrange() as session:
        await session.execute(
            text("INSERT INTO event_receivers (client_id, registered_at, heard_at) VALUES ('web', now(), now())")
        )
    page = await visitor.browser.client.get(f"{START}/you")
    assert values(page.text) | CHANGED == values(page.text) | CHANGED
    await visitor.done("/you", "?done=you", **CHANGED)
    stored = await visitor.stored()
    assert (stored.name, stored.locale, stored.time_zone) == tuple(CHANGED.values())
    assert [fact["name"] for fact in await visitor.told("person")] == ["Rowan Aguilar"]
    assert await visitor.letters() == [("account_changed", visitor.person.email)]
    assert await visitor.outcomes(Verb.account_changed) == [("success", None)]


async def test_the_next_page_speaks_the_new_language(visitor: Visitor):
    await visitor.done("/you", "?done=you", **CHANGED)
    page = await visitor.look()
    assert "Seguridad" in page
    assert "Security" not in page


async def test_what_stays_as_it_was_is_no_change(visitor: Visitor):
    as_it_is = {"name": "Rowan Hale", "locale": "en", "time_zone": "Europe/Berlin"}
    await visitor.done("/you", "?done=you", **as_it_is)
    assert await visitor.letters() == []
    assert await visitor.outcomes(Verb.account_changed) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"locale": "tlh"}, "locale"),
        ({"locale": ""}, "locale"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ],
)
async def test_what_cannot_be_is_named_and_the_rest_stays_typed(visitor: Visitor, wrong: dict[str, str], field: str):
    answer = await visitor.send("/you", **(CHANGED | wrong))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    others = {name: value for name, value in CHANGED.items() if name not in wrong}
    assert values(answer.text).items() >= others.items()
    assert (await visitor.stored()).name == "Rowan Hale"
    assert await visitor.outcomes(Verb.account_changed) == [("refused", "invalid")]


async def test_nobody_changes_somebody_else(visitor: Visitor, stranger: Visitor):
    theirs = {
        "id": stranger.person.id,
        "person_id": stranger.person.id,
        "email": stranger.person.email,
        "role": "admin",
    }
    await visitor.done("/you", "?done=you", **(CHANGED | theirs))
    assert (await stranger.stored()).name == stranger.person.name
    assert (await visitor.stored()).role == "client"


async def test_what_was_typed_waits_while_one_proves_who_one_is(visitor: Visitor):
    await visitor.grow_stale()
    answer = await visitor.send("/you", **CHANGED, password="not to be kept")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/auth/sign-in/confirm?next=%2Fauth%2Fsecurity%2Fyou"
    assert (await visitor.stored()).name == "Rowan Hale"
    async with visitor.database.arrange() as session:
        assert await session.scalar(text("SELECT fields FROM kept_forms")) == CHANGED
    await visitor.prove("/you")
    page = await visitor.browser.client.get(f"{START}/you")
    assert values(page.text).items() >= CHANGED.items()
    assert "Nothing is changed yet" in page.text
    assert "Nothing is changed yet" not in await visitor.look("/you")  # it is given back once
    assert (await visitor.stored()).name == "Rowan Hale"


async def test_what_was_typed_is_nobody_elses_and_not_for_another_page(visitor: Visitor, stranger: Visitor):
    await visitor.grow_stale()
    await visitor.send("/you", **CHANGED)
    await stranger.prove("/you")
    assert CHANGED["name"] not in (await stranger.browser.client.get(f"{START}/you")).text
    await visitor.prove("/notices")
    assert CHANGED["name"] not in (await visitor.browser.client.get(f"{START}/notices")).text
    assert CHANGED["name"] in (await visitor.browser.client.get(f"{START}/you")).text


async def test_what_nobody_came_back_for_is_forgotten(visitor: Visitor):
    from afterglow_auth.housekeeping import forget_expired  # noqa: PLC0415  # beside its one use

    await visitor.grow_stale()
    await visitor.send("/you", **CHANGED)
    async with visitor.database.arrange() as session:
        await session.execute(text("UPDATE kept_forms SET kept_at = now() - interval '16 minutes'"))
    await visitor.prove("/you")
    assert CHANGED["name"] not in (await visitor.browser.client.get(f"{START}/you")).text
    await forget_expired(visitor.database)
    async with visitor.database.arrange() as session:
        assert await session.scalar(text("SELECT count(*) FROM kept_forms")) == 0


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200b", "\ufeff"])
async def test_a_name_with_what_nobody_can_see_is_refused_and_stays_on_the_page(visitor: Visitor, unseen: str):
    name = f"Ada{unseen}Lovelace"
    answer = await visitor.send("/you", name=name, locale="en", time_zone="Europe/Berlin")
    assert answer.status_code == 422
    assert "characters in your name that nobody can see" in answer.text
    assert values(answer.text)["name"].startswith("Ada")
    assert (await visitor.stored()).name == visitor.person.name
    assert ("refused", "invalid") in await visitor.outcomes(Verb.account_changed)
