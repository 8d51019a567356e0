"""Where somebody is signed in, and how they end it: one, all others, or everything."""

from afterglow_auth.audit import Verb
from afterglow_auth.sessions.models import Session
from afterglow_foundation.identifiers import new_id
from bs4 import BeautifulSoup
from sqlalchemy import select, text
from sqlmodel import col

from tests.auth.arranging import Browser, Program
from tests.auth.security.visiting import START, Visitor, words


async def sessions_of(visitor: Visitor) -> dict[bool, list[Session]]:
    """By whether they are over."""
    async with visitor.database.arrange() as session:
        found = await session.scalars(select(Session).where(col(Session.person_id) == visitor.person.id))
        every = list(found)
    return {over: [one for one in every if (one.ended_at is not None) is over] for over in (True, False)}


async def elsewhere(visitor: Visitor, other_browser: Browser, web: Program) -> tuple[Session, dict[str, str]]:
    """The same person signed in in another browser: that session, and the tokens it was given."""
    tokens = await other_browser.tokens(visitor.person.email, web)
    async with visitor.database.arrange() as session:
        newest = select(Session).order_by(col(Session.created_at).desc()).limit(1)
        return (await session.scalars(newest)).one(), tokens


async def can_refresh(browser: Browser, web: Program, tokens: dict[str, str]) -> bool:
    answer = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    return answer.status_code == 200


async def test_each_live_session_is_shown_and_which_one_this_is(visitor: Visitor, other_browser: Browser, web: Program):
    other, _ = await elsewhere(visitor, other_browser, web)
    page = await visitor.look("/sessions")
    assert page.count("Last seen") == 2
    assert page.count("This one") == 1
    async with visitor.database.arrange() as session:
        await session.execute(text("UPDATE sessions SET ended_at = now() WHERE id = :id"), {"id": other.id})
    assert (await visitor.look("/sessions")).count("Last seen") == 1


async def test_nobody_elses_session_is_shown(visitor: Visitor, stranger: Visitor):
    assert (await visitor.look("/sessions")).count("Last seen") == 1
    assert (await stranger.look("/sessions")).count("Last seen") == 1


async def test_one_is_ended_with_what_was_begun_in_it(visitor: Visitor, other_browser: Browser, web: Program):
    other, tokens = await elsewhere(visitor, other_browser, web)
    assert "Sign this one out?" in await visitor.look(f"/sessions/{other.id}")
    await visitor.done(f"/sessions/{other.id}", "/sessions?done=one")
    assert not await can_refresh(other_browser, web, tokens)
    assert await visitor.outcomes(Verb.session_ended) == [("success", None)]
    assert await visitor.letters() == [("signed_out", visitor.person.email)]
    await visitor.look("/sessions")  # this browser goes on
    await visitor.done(f"/sessions/{other.id}", "/sessions?done=one")  # again, it changes nothing
    assert len(await visitor.letters()) == 1


async def test_web_and_the_apis_are_told(visitor: Visitor, other_browser: Browser, web: Program):
    async with visitor.database.arrange() as session:
        await session.execute(
            text("INSERT INTO event_receivers (client_id, registered_at, heard_at) VALUES ('web', now(), now())")
        )
    await elsewhere(visitor, other_browser, web)
    await visitor.done("/sessions/others", "/sessions?done=others")
    assert len(await visitor.told("session-revoked")) == 1


async def test_this_browsers_own_is_ended_too(visitor: Visitor):
    own = (await sessions_of(visitor))[False][0]
    answer = await visitor.send(f"/sessions/{own.id}")
    assert "You are signed out" in words(answer)
    assert 'auth=""' in answer.headers["set-cookie"]
    await visitor.browser.client.get("/auth/security")
    assert (await sessions_of(visitor))[False] == []


async def test_all_others_end_and_this_one_stays(
    visitor: Visitor, other_browser: Browser, web: Program, stranger: Visitor
):
    _, tokens = await elsewhere(visitor, other_browser, web)
    await visitor.look("/sessions/others")
    await visitor.done("/sessions/others", "/sessions?done=others")
    assert len((await sessions_of(visitor))[False]) == 1
    assert len((await sessions_of(stranger))[False]) == 1
    assert not await can_refresh(other_browser, web, tokens)
    assert await visitor.outcomes(Verb.sessions_ended) == [("success", None)]
    assert await visitor.letters() == [("signed_out", visitor.person.email)]


async def test_everything_ends_here_too(visitor: Visitor, other_browser: Browser, web: Program, stranger: Visitor):
    _, tokens = await elsewhere(visitor, other_browser, web)
    await visitor.look("/sessions/all")
    answer = await visitor.send("/sessions/all")
    assert answer.status_code == 200
    assert 'auth=""' in answer.headers["set-cookie"]
    assert (await sessions_of(visitor))[False] == []
    assert len((await sessions_of(stranger))[False]) == 1
    assert not await can_refresh(other_browser, web, tokens)
    assert await visitor.outcomes(Verb.sessions_ended) == [("success", None)]


async def test_somebody_elses_session_is_not_found(visitor: Visitor, stranger: Visitor):
    theirs = (await sessions_of(stranger))[False][0]
    for session_id in (theirs.id, new_id()):
        for path in (f"/sessions/{session_id}",):
            assert (await visitor.browser.client.get(f"/auth/security{path}")).status_code == 404
            assert (await visitor.send(path, person_id=stranger.person.id)).status_code == 404
    assert len((await sessions_of(stranger))[False]) == 1
    assert await visitor.outcomes(Verb.session_ended) == [("refused", "not_found")] * 4


async def test_an_id_in_the_form_overrides_nobody(visitor: Visitor, stranger: Visitor):
    await visitor.done(
        "/sessions/others", "/sessions", person_id=stranger.person.id, id=stranger.person.id, keep=new_id()
    )
    assert len((await sessions_of(stranger))[False]) == 1
    assert len((await sessions_of(visitor))[False]) == 1


async def test_a_client_signs_out_by_way_of_what_their_phone_keeps(visitor: Visitor, stranger: Visitor):
    """Auth knows nothing of that, web does; staff, whose browsers keep nothing, sign out here."""
    page = BeautifulSoup((await visitor.browser.client.get(START)).text, "html.parser")
    assert page.select("header a[href='/sign-out']")
    assert not page.select("form[action='/auth/sign-out']")
    page = BeautifulSoup((await stranger.browser.client.get(START)).text, "html.parser")
    assert page.select("header form[action='/auth/sign-out'] button")
    assert not page.select("a[href='/sign-out']")
