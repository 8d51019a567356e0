"""Letters to a safe address: confirmed there, told to both, and nobody else's to change."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from afterglow_auth.accounts.letters import ACCOUNT_CLOSED
from afterglow_auth.audit import Verb
from afterglow_auth.mail.sending import send_later
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.auth.arranging import letters
from tests.auth.security.visiting import START, Visitor, values, words

SAFE = "safe.place@example.org"


async def link_to(visitor: Visitor) -> str:
    """The token in the letter that was sent last."""
    mails = [one.mail for one in await letters(visitor.app, visitor.database) if one.letter == "notices_asked"]
    assert mails[-1]
    link = next(word for word in mails[-1].text.split() if word.startswith(BASE_URL))
    assert urlsplit(link).path == f"{START}/notices/confirm"
    return parse_qs(urlsplit(link).query)["token"][0]


async def asked(visitor: Visitor, address: str = SAFE) -> str:
    await visitor.done("/notices", "/notices/sent", address=address)
    return await link_to(visitor)


async def test_nothing_changes_before_the_link_is_used(visitor: Visitor):
    token = await asked(visitor)
    assert (await visitor.stored()).notices_to is None
    assert await visitor.letters() == [("notices_asked", SAFE)]
    assert await visitor.outcomes(Verb.notices_asked) == [("success", None)]
    assert SAFE in await visitor.look("/notices/sent")
    page = await visitor.browser.client.get(f"{START}/notices/confirm", params={"token": token})
    assert SAFE in words(page)
    assert (await visitor.stored()).notices_to is None  # looking uses nothing up


async def test_the_link_is_used_once_and_both_addresses_are_told(visitor: Visitor):
    token = await asked(visitor)
    await visitor.done("/notices/confirm", "?done=notices_confirmed", token=token)
    assert (await visitor.stored()).notices_to == SAFE
    assert SAFE not in await visitor.look()  # nothing there needs a proof: whoever holds the phone sees it
    own = visitor.person.email
    assert (await visitor.letters())[1:] == [("notices_here", SAFE), ("notices_no_longer_here", own)]
    assert "has been used" in await visitor.refused("/notices/confirm", 410, token=token)
    assert await visitor.outcomes(Verb.notices_confirmed) == [("success", None), ("refused", "used")]


async def test_every_letter_goes_there_from_then_on(visitor: Visitor):
    await visitor.done("/notices/confirm", "?done", token=await asked(visitor))
    async with visitor.database.arrange() as session:
        await session.execute(text("UPDATE people SET disabled_at = now() WHERE id = :id"), {"id": visitor.person.id})
        await send_later(session, ACCOUNT_CLOSED, to=visitor.person.id)
    assert (await visitor.letters())[-1] == ("account_closed", SAFE)


async def test_from_one_safe_address_to_the_next(visitor: Visitor):
    await visitor.done("/notices/confirm", "?done", token=await asked(visitor))
    await visitor.done("/notices/confirm", "?done", token=await asked(visitor, "safer@example.org"))
    assert (await visitor.letters())[-2:] == [("notices_here", "safer@example.org"), ("notices_no_longer_here", SAFE)]


async def test_back_to_the_accounts_own_address_at_once(visitor: Visitor):
    await visitor.done("/notices/confirm", "?done", token=await asked(visitor))
    assert SAFE in await visitor.look("/notices/removal")
    await visitor.done("/notices/removal", "?done=notices_stopped")
    assert (await visitor.stored()).notices_to is None
    own = visitor.person.email
    assert (await visitor.letters())[-2:] == [("notices_here", own), ("notices_no_longer_here", SAFE)]
    count = len(await visitor.letters())
    await visitor.done("/notices/removal", "?done=notices_stopped")  # again, it changes nothing
    assert len(await visitor.letters()) == count
    assert await visitor.outcomes(Verb.notices_stopped) == [("success", None)]


async def test_asking_again_replaces_the_earlier_link(visitor: Visitor):
    first = await asked(visitor)
    second = await asked(visitor, "other@example.org")
    assert "newer link" in await visitor.refused("/notices/confirm", 410, token=first)
    await visitor.done("/notices/confirm", "?done", token=second)
    assert (await visitor.stored()).notices_to == "other@example.org"


async def test_a_link_is_too_old_after_a_day(visitor: Visitor):
    token = await asked(visitor)
    async with visitor.database.arrange() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        past = (datetime.now(UTC) - timedelta(minutes=1)).replace(microsecond=0)
        await session.execute(text("UPDATE notice_changes SET expires_at = :past"), {"past": past})
    assert "newer link" in await visitor.refused("/notices/confirm", 410, token=token)  # of another time
    stale = await link_of_the_row(visitor)
    assert "too old" in await visitor.refused("/notices/confirm", 410, token=stale)
    assert (await visitor.stored()).notices_to is None


async def link_of_the_row(visitor: Visitor) -> str:
    from afterglow_auth.digests import Purpose  # noqa: PLC0415  # beside its one use
    from afterglow_auth.links.tokens import token_of  # noqa: PLC0415  # the same
    from afterglow_auth.security.notices.models import NoticeChange  # noqa: PLC0415  # the same
    from sqlalchemy import select  # noqa: PLC0415  # the same

    async with visitor.database.arrange() as session:
        return token_of(visitor.provider.digests, Purpose.notices, (await session.scalars(select(NoticeChange))).one())


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 75, "%00", "' OR true"])
async def test_a_link_that_is_none_opens_nothing(visitor: Visitor, token: str):
    await visitor.refused("/notices/confirm", 404, token=token or "x")
    await visitor.look("/notices/confirm", 404, token=token)
    assert {why for _, why in await visitor.outcomes(Verb.notices_confirmed)} == {"garbled"}


async def test_somebody_elses_link_is_none(visitor: Visitor, stranger: Visitor):
    """An address with a slip in it must not begin to get letters by a stranger's click."""
    token = await asked(visitor)
    await stranger.look("/notices/confirm", 404, token=token)
    await stranger.refused("/notices/confirm", 404, token=token)
    assert (await visitor.stored()).notices_to is None
    assert (await stranger.stored()).notices_to is None


async def test_nobody_signed_in_is_led_to_sign_in_and_back_to_the_link(visitor: Visitor):
    token = await asked(visitor)
    visitor.browser.client.cookies.clear()
    answer = await visitor.browser.client.get(f"{START}/notices/confirm", params={"token": token})
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query)["next"] == [f"{START}/notices/confirm?token={token}"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "two@signs@example.org",
        "a b@example.org",
        f"{'x' * 65}@example.org",
        "x@\u202egro",
        "Rowan@Example.org",
    ],
)
async def test_what_is_no_new_address_is_refused_and_stays_typed(visitor: Visitor, address: str):
    answer = await visitor.send("/notices", address=address)
    assert answer.status_code == 422
    assert 'href="#address"' in answer.text
    assert values(answer.text)["address"] == address
    assert await visitor.letters() == []
    assert await visitor.outcomes(Verb.notices_asked) == [("refused", "invalid")]


async def test_nobody_sends_any_number_of_letters_to_strangers(visitor: Visitor):
    for number in range(5):
        await asked(visitor, f"victim{number}@example.org")
    answer = await visitor.send("/notices", address="victim@example.org")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert values(answer.text)["address"] == "victim@example.org"
    assert len(await visitor.letters()) == 5
    assert (await visitor.outcomes(Verb.notices_asked))[-1] == ("refused", "too_soon")


async def test_what_was_typed_waits_for_the_proof(visitor: Visitor):
    await visitor.grow_stale()
    assert (await visitor.send("/notices", address=SAFE)).headers["location"].startswith("/auth/sign-in/confirm?next=")
    await visitor.prove("/notices")
    assert values((await visitor.browser.client.get(f"{START}/notices")).text)["address"] == SAFE
    assert await visitor.letters() == []


async def test_the_letters_tell_nothing_to_whoever_sees_them(visitor: Visitor):
    await visitor.done("/notices/confirm", "?done", token=await asked(visitor))
    await asked(visitor, "next@example.org")
    mails = [one for one in await letters(visitor.app, visitor.database) if one.mail]
    assert {one.letter for one in mails} == {"notices_asked", "notices_here", "notices_no_longer_here"}
    for one in mails:
        assert one.mail
        for secret in (visitor.person.name, visitor.person.email, SAFE, "ketamine", "therap"):
            assert secret.lower() not in (one.mail.subject + one.mail.text).lower(), one.letter


async def test_a_job_that_was_altered_tells_nobody_of_anothers_address(visitor: Visitor, stranger: Visitor):
    await asked(visitor)
    async with visitor.database.arrange() as session:
        payload = "convert_to(replace(convert_from(payload, 'UTF8'), :mine, :theirs), 'UTF8')"
        await session.execute(
            text(f"UPDATE jobs.pgqueuer SET payload = {payload}"),  # noqa: S608  # words of ours
            {"mine": f'"to": "{visitor.person.id}"', "theirs": f'"to": "{stranger.person.id}"'},
        )
    with pytest.raises(Exception, match="somebody else's"):
        await letters(visitor.app, visitor.database)


@pytest.mark.parametrize("role", [Role.admin, Role.client, None])
async def test_in_the_database_too_only_whose_they_are_says_where_letters_go(visitor: Visitor, role: Role | None):
    context = RowContext(new_id(), role) if role else RowContext()
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with visitor.database.unit_of_work(context) as session:
            await session.execute(text("UPDATE people SET notices_to = 'x@example.org'"))
    async with visitor.database.unit_of_work(RowContext(visitor.person.id, Role.client)) as session:
        await session.execute(
            text("UPDATE people SET notices_to = 'x@example.org' WHERE id = :id"), {"id": visitor.person.id}
        )


async def test_wishes_and_kept_forms_are_shown_to_their_own_person_only(visitor: Visitor, stranger: Visitor):
    await asked(visitor)
    await visitor.grow_stale()
    await visitor.send("/you", name="Somebody")
    for table in ("notice_changes", "kept_forms"):
        for context, seen in (
            (RowContext(), 0),
            (RowContext(stranger.person.id, Role.therapist), 0),
            (RowContext(visitor.person.id, Role.client), 1),
        ):
            async with visitor.database.unit_of_work(context) as session:
                assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == seen  # noqa: S608  # listed above
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with visitor.database.unit_of_work(RowContext(stranger.person.id, Role.therapist)) as session:
            await session.execute(
                text("""
                    INSERT INTO notice_changes (id, person_id, address, created_at, expires_at)
                    VALUES (gen_random_uuid(), :id, 'x@example.org', now(), now())
                """),
                {"id": visitor.person.id},
            )
