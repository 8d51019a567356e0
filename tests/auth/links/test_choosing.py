"""Choosing how to sign in through a link: once, by whoever holds it, and never by looking."""

import asyncio
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.choosing import Chosen, choose
from afterglow_auth.links.doors import INVITATION, RECOVERY, RESET, Door, expiry
from afterglow_auth.links.service import Dead, Opened
from afterglow_auth.links.tokens import read, token_of
from afterglow_auth.resets.models import Reset
from afterglow_auth.sign_in import stages
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ADDRESS, LONGEST_WAIT
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlmodel import col

from tests.auth.arranging import PASSWORD, ROUNDS, Browser, Program, add_person, audited, open_browser

NEW = "four words nobody guesses"
ON = {INVITATION.path: "/auth/sign-in/factor", RESET.path: "/sign-in"}  # where the pipeline leads from each
DOORS = pytest.mark.parametrize("door", [INVITATION, RESET], ids=["invitation", "reset"])


class Visit:
    """Somebody with a link in front of the app."""

    def __init__(self, browser: Browser, door: Door, token: str) -> None:
        self.browser, self.door, self.token = browser, door, token

    async def look(self, **headers: str) -> httpx.Response:
        answer = await self.browser.client.get(self.door.path, params={"token": self.token}, headers=headers)
        assert lint_page(answer.text, answer.headers) == []
        return answer

    async def choose(self, password: str = NEW, repeated: str | None = None, **changes: str) -> httpx.Response:
        hidden = await self.browser.follow(f"{self.door.path}?token={self.token}")
        return await self.send(hidden, password, repeated, **changes)

    async def send(
        self, hidden: dict[str, str], password: str = NEW, repeated: str | None = None, **changes: str
    ) -> httpx.Response:
        typed = {"choosing": "password", "password": password, "repeated": password if repeated is None else repeated}
        fields = {**hidden, **typed, **changes}
        answer = await self.browser.client.post(self.door.path, data=fields)
        if answer.status_code != 303:
            assert lint_page(answer.text, answer.headers) == []
        return answer


@pytest_asyncio.fixture(loop_scope="session")
async def guest(database: RolledBackDatabase) -> Person:
    """Somebody without a password, who has both kinds of links."""
    async with database.arrange() as session:
        return await add_guest(session)


class Holder(NamedTuple):
    """Who holds a link, in front of what."""

    app: FastAPI
    browser: Browser
    database: RolledBackDatabase
    guest: Person


@pytest.fixture
def holder(app: FastAPI, browser: Browser, database: RolledBackDatabase, guest: Person) -> Holder:
    return Holder(app, browser, database, guest)


async def add_guest(session: Any) -> Person:
    guest = await add_person(session, email=f"{new_id().hex}@example.org")
    guest.password_hash, guest.joined_at = None, None
    session.add(Invitation(person_id=guest.id, expires_at=expiry(timedelta(days=7))))
    session.add(Reset(person_id=guest.id, expires_at=expiry(timedelta(hours=24))))
    await session.flush()
    return guest


async def token_for(app: FastAPI, database: Any, door: Door, person: Person) -> str:
    async with database.sessions() as session:
        link = (await session.scalars(select(door.table).where(col(door.table.person_id) == person.id))).one()
    return token_of(app.state.provider.digests, door.purpose, link)


async def visit(app: FastAPI, browser: Browser, database: RolledBackDatabase, door: Door, guest: Person) -> Visit:
    return Visit(browser, door, await token_for(app, database, door, guest))


async def change(database: RolledBackDatabase, door: Door, **values: Any) -> None:
    async with database.arrange() as session:
        await session.execute(update(door.table).values(**values))


@DOORS
async def test_whoever_has_been_here_reads_their_language_and_whoever_has_not_the_browsers(holder: Holder, door: Door):
    visitor = await visit(holder.app, holder.browser, holder.database, door, holder.guest)
    async with holder.database.arrange() as session:
        await session.execute(update(Person).values(locale="es"))
    spoken = [(await visitor.look(**{"accept-language": "en"})).headers["content-language"]]
    async with holder.database.arrange() as session:
        await session.execute(update(Person).values(joined_at=func.now()))
    spoken.append((await visitor.look(**{"accept-language": "en"})).headers["content-language"])
    address = {"token": visitor.token, "ui_locales": "en"}
    spoken.append((await holder.browser.client.get(door.path, params=address)).headers["content-language"])
    assert spoken == ["en", "es", "en"]


@DOORS
async def test_looking_uses_nothing_up_and_choosing_does(holder: Holder, web: Program, door: Door):
    app, browser, database, guest = holder
    visitor = await visit(app, browser, database, door, guest)
    for _ in range(3):
        assert (await visitor.look()).status_code == 200
    chosen = await visitor.choose()
    assert (chosen.status_code, chosen.headers["location"]) == (303, ON[door.path])
    assert (await browser.sign_in(guest.email, web.request(prompt="login"), NEW)).status_code == 303
    async with database.arrange() as session:
        known = await session.get_one(Person, guest.id)
        link = (await session.scalars(select(door.table))).one()
    assert known.joined_at
    assert link.used_at
    (event,) = await audited(database, str(door.verb))
    assert (event.subject_id, event.object_id, event.outcome, event.actor_id) == (guest.id, link.id, "success", None)


@DOORS
async def test_a_used_link_says_so_and_changes_nothing(holder: Holder, web: Program, door: Door):
    app, browser, database, guest = holder
    visitor = await visit(app, browser, database, door, guest)
    hidden = await browser.follow(f"{door.path}?token={visitor.token}")
    assert (await visitor.send(hidden)).status_code == 303
    hidden["csrf_token"] = (await browser.follow("/auth/sign-in"))["csrf_token"]  # the cookie is another one now
    for again in (await visitor.look(), await visitor.send(hidden, "somebody else's idea")):
        assert again.status_code == 410
        assert "has been used" in again.text
    assert (await browser.sign_in(guest.email, web.request(prompt="login"), NEW)).status_code == 303
    events = await audited(database, str(door.verb))
    assert [(event.outcome, event.purpose) for event in events] == [("success", None)] + [("refused", "used")] * 2


@DOORS
@pytest.mark.parametrize(
    ("values", "words", "why"),
    [
        ({"expires_at": expiry(timedelta(seconds=-1))}, "too old", "expired"),
        ({"withdrawn_at": expiry(timedelta())}, "not open any more", "withdrawn"),
    ],
)
async def test_a_link_that_is_over_says_why(holder: Holder, door: Door, values: dict[str, Any], words: str, why: str):
    app, browser, database, guest = holder
    hidden = await browser.follow(f"{door.path}?token={await token_for(app, database, door, guest)}")
    await change(database, door, **values)
    visitor = await visit(app, browser, database, door, guest)
    for answer in (await visitor.look(), await visitor.send(hidden | {"token": visitor.token})):
        assert answer.status_code == 410
        assert words in answer.text
    assert [event.purpose for event in await audited(database, str(door.verb))] == [why] * 2
    async with database.arrange() as session:
        assert (await session.get_one(Person, guest.id)).password_hash is None


@DOORS
async def test_after_another_mail_only_the_newest_link_opens(holder: Holder, door: Door):
    app, browser, database, guest = holder
    older = await visit(app, browser, database, door, guest)
    await change(database, door, expires_at=expiry(timedelta(days=8)))
    answer = await older.look()
    assert answer.status_code == 410
    assert "newer link" in answer.text
    assert (await (await visit(app, browser, database, door, guest)).look()).status_code == 200


@DOORS
async def test_nobody_whose_account_is_disabled_chooses_a_password(holder: Holder, door: Door):
    app, browser, database, guest = holder
    visitor = await visit(app, browser, database, door, guest)
    hidden = await browser.follow(f"{door.path}?token={visitor.token}")
    async with database.arrange() as session:
        await session.execute(update(Person).where(col(Person.id) == guest.id).values(disabled_at=expiry(timedelta())))
    assert (await visitor.look()).status_code == 410
    assert (await visitor.send(hidden)).status_code == 410


@pytest.mark.parametrize("token", ["", "x", "A" * 75, "A" * 4000, "é", "<script>"])
async def test_a_garbled_link_says_so(browser: Browser, database: RolledBackDatabase, token: str):
    answer = await Visit(browser, INVITATION, token).look()
    assert answer.status_code == 404
    assert "not complete" in answer.text
    assert await audited(database, "invitation:accepted") == []


async def test_one_kind_of_link_does_not_open_the_other_door(holder: Holder):
    app, browser, database, guest = holder
    for door, other in ((INVITATION, RESET), (RESET, INVITATION)):
        token = await token_for(app, database, door, guest)
        assert (await Visit(browser, other, token).look()).status_code == 404


@pytest.mark.parametrize(
    ("password", "repeated", "field", "words"),
    [
        ("", "", "password", "choose a password"),
        ("fourteen chars", "fourteen chars", "password", "at least 15"),
        ("passwordpassword", "passwordpassword", "password", "tried first"),
        ("rowan hale at the lake side", "", "password", "contains your name"),
        ("x" * 1025, "x" * 1025, "password", "longer than any"),
        ("\N{LATIN SMALL LIGATURE FFI}" * 400, "", "password", "longer than any"),
        (NEW, "", "repeated", "not the same"),
        (NEW, NEW + " ", "repeated", "not the same"),
    ],
)
async def test_a_password_that_will_not_do_leaves_the_link_open(
    holder: Holder, password: str, repeated: str, field: str, words: str
):
    app, browser, database, guest = holder
    visitor = await visit(app, browser, database, INVITATION, guest)
    answer = await visitor.choose(password, repeated)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert not password or password not in answer.text
    assert guest.email in answer.text
    assert await audited(database, "invitation:accepted") == []
    assert (await visitor.choose()).status_code == 303


@pytest.mark.parametrize(
    "password", ["a lake, nine geese and rain", "caf\u00e9-on-the-harbour-wall", "TIDE harp 7 moss kettle" * 40]
)
async def test_no_kinds_of_characters_are_asked_for(holder: Holder, web: Program, password: str):
    app, browser, database, guest = holder
    assert (await (await visit(app, browser, database, RESET, guest)).choose(password)).status_code == 303
    assert (await browser.sign_in(guest.email, web.request(prompt="login"), password)).status_code == 303


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"csrf_token": ""}, {}),
        ({"csrf_token": "0" * 64}, {}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"cookie": f"auth={'a' * 43}"}),
    ],
)
async def test_a_forged_form_chooses_nothing(holder: Holder, fields: dict[str, str], headers: dict[str, str]):
    app, browser, database, guest = holder
    token = await token_for(app, database, INVITATION, guest)
    hidden = await browser.follow(f"{INVITATION.path}?token={token}")
    if "cookie" in headers:
        browser.client.cookies.clear()
    sent = hidden | {"choosing": "password", "password": NEW, "repeated": NEW} | fields
    answer = await browser.client.post(INVITATION.path, data=sent, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert f"{INVITATION.path}?token={token}" in answer.text
    assert lint_page(answer.text, answer.headers) == []
    async with database.arrange() as session:
        assert (await session.get_one(Person, guest.id)).password_hash is None


@DOORS
async def test_after_many_links_that_do_not_open_a_network_waits(holder: Holder, other_browser: Browser, door: Door):
    app, browser, database, guest = holder
    token = await token_for(app, database, door, guest)
    for _ in range(2 * FREE_TRIES_OF_AN_ADDRESS):
        assert (await Visit(browser, door, token).look()).status_code == 200  # one that opens is no guess
    for number in range(FREE_TRIES_OF_AN_ADDRESS):
        assert (await Visit(browser, door, f"{number}").look()).status_code == 404
    for _ in range(2):
        waiting = await Visit(browser, door, token).look()
        assert waiting.status_code == 429
        assert 1 <= int(waiting.headers["retry-after"]) <= LONGEST_WAIT.total_seconds()
        assert "Please wait" in waiting.text
    assert (await Visit(other_browser, door, token).look()).status_code == 200
    assert [event.purpose for event in await audited(database, str(door.verb))] == ["too_soon"]


async def test_the_host_header_reaches_no_link(holder: Holder):
    app, browser, database, guest = holder
    visitor = await visit(app, browser, database, INVITATION, guest)
    page = await visitor.look(host="evil.example", **{"x-forwarded-host": "evil.example"})
    assert "evil.example" not in page.text


@DOORS
async def test_of_twenty_forms_at_once_one_chooses_the_password(
    committed_app: FastAPI, committed_superuser: Database, door: Door
):
    for _ in range(max(1, ROUNDS // 5)):  # each costs twenty hashes; the race itself is raced more often below
        guest, token = await committed_guest(committed_app, committed_superuser, door)
        async with open_browser(committed_app, f"2001:db8:{new_id().hex[-4:]}::1") as client:
            visitor = Visit(Browser(client), door, token)
            hidden = await visitor.browser.follow(f"{door.path}?token={token}")
            words = [f"the words of number {number}" for number in range(20)]
            answers = await asyncio.gather(*(visitor.send(hidden, each) for each in words))
            assert sorted(answer.status_code for answer in answers) == [303] + [410] * 19
            winner = next(word for word, answer in zip(words, answers, strict=True) if answer.status_code == 303)
            signed_in = await visitor.browser.submit(await visitor.browser.form(), guest.email, winner)
            assert signed_in.status_code == 303


@DOORS
async def test_of_twenty_at_once_one_uses_the_link_up(
    committed_app: FastAPI, committed_superuser: Database, door: Door, monkeypatch: pytest.MonkeyPatch
):
    async def at_once(password: str) -> str:
        return f"the hash of {password}"

    monkeypatch.setattr("afterglow_auth.links.choosing.hash_password", at_once)
    provider = committed_app.state.provider
    for _ in range(4 * ROUNDS):
        guest, token = await committed_guest(committed_app, committed_superuser, door)
        named = read(provider.digests, door.purpose, token)
        assert named
        link = Opened(token, named, guest)
        holders = [
            choose(provider, door, link, Chosen(password=str(each)), stages.Browser(new_secret())) for each in range(20)
        ]
        ends = await asyncio.gather(*holders)
        (winner,) = [number for number, end in enumerate(ends) if end is not Dead.used]
        async with committed_superuser.sessions() as session:
            stored = (await session.get_one(Person, guest.id)).password_hash
        assert stored == f"the hash of {winner}"


async def committed_guest(app: FastAPI, database: Database, door: Door) -> tuple[Person, str]:
    async with database.sessions() as session, session.begin():
        guest = await add_guest(session)
    return guest, await token_for(app, database, door, guest)


async def test_nothing_is_used_up_when_the_password_cannot_be_stored(holder: Holder, monkeypatch: pytest.MonkeyPatch):
    app, browser, database, guest = holder

    async def fail(*_: object) -> None:
        raise OSError("the disk is full")

    visitor = await visit(app, browser, database, INVITATION, guest)
    with monkeypatch.context() as broken:
        broken.setattr("afterglow_auth.links.choosing.store", fail)
        answer = await visitor.choose()
    assert answer.status_code >= 500
    assert "disk" not in answer.text
    assert await audited(database, "invitation:accepted") == []
    assert (await visitor.choose()).status_code == 303


async def test_somebody_invited_cannot_sign_in_before(browser: Browser, guest: Person, web: Program):
    answer = await browser.sign_in(guest.email, web.request(prompt="login"), PASSWORD)
    assert answer.status_code == 400
    assert "do not belong together" in answer.text


def test_each_door_has_a_purpose_of_its_own():
    assert len({INVITATION.purpose, RECOVERY.purpose, RESET.purpose} - {Purpose.reset}) == 2
