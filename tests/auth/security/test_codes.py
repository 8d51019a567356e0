"""One's own recovery codes: shown once, saved as a file, the earlier ones dead."""

from afterglow_auth.audit import Verb
from afterglow_auth.factors.standing import standing
from afterglow_auth.recovery_codes.service import use
from bs4 import BeautifulSoup

from tests.auth.security.visiting import START, Visitor


def codes_in(html: str) -> list[str]:
    return [code.get_text() for code in BeautifulSoup(html, "html5lib").select(".codes code")]


async def make(visitor: Visitor) -> list[str]:
    answer = await visitor.send("/codes")
    assert answer.status_code == 200
    return codes_in(answer.text)


async def works(visitor: Visitor, code: str) -> bool:
    async with visitor.database.arrange() as session:
        return await use(session, visitor.provider.digests, visitor.person.id, code)


async def test_new_ones_are_shown_once_and_the_earlier_ones_die(visitor: Visitor):
    await visitor.add_app()
    await visitor.look("/codes")
    first = await make(visitor)
    assert len(set(first)) == 10
    assert first[0] not in (await visitor.browser.client.get(f"{START}/codes")).text
    second = await make(visitor)
    assert not await works(visitor, first[0])
    assert await works(visitor, second[0])
    assert "9 codes are left" in await visitor.look("/codes")
    assert await visitor.outcomes(Verb.recovery_codes_made) == [("success", None)] * 2
    assert [name for name, _ in await visitor.letters()].count("codes_made") == 2


async def test_where_nothing_can_be_lost_there_is_nothing_to_recover(visitor: Visitor):
    assert "You have neither yet" in await visitor.look("/codes")
    await visitor.refused("/codes", 409)
    assert await visitor.outcomes(Verb.recovery_codes_made) == [("refused", "nothing_to_recover")]


async def test_they_are_saved_as_a_file_and_nothing_else_is(visitor: Visitor):
    await visitor.add_app()
    codes = await make(visitor)
    answer = await visitor.send("/codes/file", codes=" ".join([*codes, "<script>alert(1)</script>", "../x"]))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.split()[-10:] == codes
    assert "script" not in answer.text


async def test_their_owner_says_that_they_have_them(visitor: Visitor):
    await visitor.add_app()
    await make(visitor)
    await visitor.done("/codes/kept", "?done=codes")
    async with visitor.database.arrange() as session:
        assert (await standing(session, visitor.person)).codes_saved


async def test_nobody_makes_somebody_elses(visitor: Visitor, stranger: Visitor):
    await stranger.add_app()
    await visitor.add_app()
    await visitor.send("/codes", person_id=stranger.person.id)
    async with visitor.database.arrange() as session:
        assert (await standing(session, stranger.person)).codes_left == 0
