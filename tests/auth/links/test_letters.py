"""Letters with links: the link is made when the letter is sent, lies nowhere, and opens the right door."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.letters import INVITED
from afterglow_auth.mail.sending import send_later
from afterglow_auth.main import create
from afterglow_auth.settings import Settings
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import HopelessError
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import update

from tests.auth.arranging import Browser, Desk, Program, Promised, Scene, guest, letters, queued

NEW = "four words nobody guesses"


def link_in(promised: Promised) -> str:
    assert promised.mail
    (link,) = re.findall(r"^http\S+\?token=\S+$", promised.mail.text, re.MULTILINE)
    return str(link)


async def choose(browser: Browser, link: str) -> int:
    hidden = await browser.follow(link)
    answer = await browser.client.post(
        link.partition("?")[0], data=hidden | {"choosing": "password", "password": NEW, "repeated": NEW}
    )
    return answer.status_code


async def expire(database: RolledBackDatabase, after: timedelta) -> None:
    """Let every invitation expire so much from now."""
    async with database.arrange() as session:
        await session.execute(update(Invitation).values(expires_at=expiry(after)))


async def test_an_invitation_is_mailed_and_its_link_leads_to_an_account(
    app: FastAPI, desk: Desk, other_browser: Browser, web: Program, database: RolledBackDatabase
):
    made = await desk.invite(time_zone="Europe/Berlin")
    (letter,) = await letters(app, database)
    assert (letter.letter, str(letter.to)) == ("invitation", made["person_id"])
    assert letter.mail
    assert (letter.mail.to, letter.mail.subject) == (made["email"], "Your account")
    assert "(Europe/Berlin)" in letter.mail.text
    assert made["name"] not in letter.mail.text
    link = link_in(letter)
    assert link.startswith("http://localhost:8080/auth/invitation?token=")
    assert await choose(other_browser, link) == 303
    assert (await other_browser.sign_in(made["email"], web.request(), NEW)).status_code == 303
    told = (await letters(app, database))[-1]
    assert (told.letter, str(told.to)) == ("password_chosen", made["person_id"])


async def test_no_job_and_no_row_holds_a_secret(app: FastAPI, desk: Desk, database: RolledBackDatabase):
    made = await desk.invite()
    (letter,) = await letters(app, database)
    token = link_in(letter).rpartition("=")[2]
    ((payload, _),) = await queued(database, "send_letter")
    assert set(payload) == {"id", "letter", "to", "about"}
    assert (payload["about"], payload["to"]) == (made["id"], made["person_id"])
    assert token not in str(payload)
    assert made["email"] not in str(payload)


async def test_a_link_is_mailed_to_nobody_but_its_owner(
    app: FastAPI, desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    made = await desk.invite()
    async with database.arrange() as session:
        await send_later(session, INVITED, to=staff["therapist"].id, about=UUID(made["id"]))
    with pytest.raises(HopelessError):
        await letters(app, database)


async def test_sending_again_makes_a_new_link_and_closes_the_old(
    app: FastAPI, desk: Desk, other_browser: Browser, database: RolledBackDatabase
):
    made = await desk.invite()
    await expire(database, timedelta(days=1))
    (first,) = await letters(app, database)
    answer = await desk.ask("POST", f"/invitations/{made['id']}/mails")
    assert (answer.status_code, answer.json()["state"]) == (202, "open")
    both = await letters(app, database)
    assert len({link_in(letter) for letter in both}) == 1  # what was not sent yet has the newest link too
    assert link_in(both[0]) != link_in(first)
    assert (await other_browser.client.get(link_in(first))).status_code == 410
    assert await choose(other_browser, link_in(both[1])) == 303
    assert (await desk.ask("POST", f"/invitations/{made['id']}/mails")).status_code == 409


async def test_an_expired_invitation_can_be_sent_again(
    app: FastAPI, desk: Desk, other_browser: Browser, database: RolledBackDatabase
):
    made = await desk.invite()
    await expire(database, timedelta(days=-1))
    assert [letter.mail for letter in await letters(app, database)] == [None]  # too late to send it
    await desk.ask("POST", f"/invitations/{made['id']}/mails")
    assert await choose(other_browser, link_in((await letters(app, database))[-1])) == 303


async def test_a_withdrawn_invitation_is_not_sent_and_nobody_is_told_of_a_closed_account(
    app: FastAPI, desk: Desk, database: RolledBackDatabase
):
    made = await desk.invite()
    await desk.put(f"/invitations/{made['id']}/withdrawal")
    assert [letter.mail for letter in await letters(app, database)] == [None, None]


async def test_a_repeat_sends_no_second_mail(app: FastAPI, desk: Desk, database: RolledBackDatabase):
    path, wanted = f"/invitations/{new_id()}", guest()
    for _ in range(3):
        await desk.put(path, wanted)
    assert len(await letters(app, database)) == 1


async def test_a_reset_is_mailed_and_its_link_leads_to_another_password(
    app: FastAPI, desk: Desk, other_browser: Browser, scene: Scene
):
    _, person, web, database = scene
    await desk.put(f"/people/{person.id}/resets/{new_id()}")
    (letter,) = await letters(app, database)
    assert (letter.letter, letter.to) == ("password_reset", person.id)
    assert letter.mail
    assert "taken out of use" in letter.mail.text
    assert link_in(letter).startswith("http://localhost:8080/auth/reset?token=")
    assert await choose(other_browser, link_in(letter)) == 303
    assert (await other_browser.sign_in(person.email, web.request(prompt="login"), NEW)).status_code == 303
    assert (await desk.get(f"/people/{person.id}"))["reset"]["state"] == LinkState.used


async def test_links_come_from_the_configured_address(settings: Settings, desk: Desk, database: RolledBackDatabase):
    headers = {**desk.headers, "host": "evil.example", "x-forwarded-host": "evil.example"}
    url = f"/api/accounts/invitations/{new_id()}"
    assert (await desk.client.put(url, json=guest(), headers=headers)).status_code == 201
    moved = create(settings.model_copy(update={"base_url": "https://portal.example.org"}), database=database)
    (letter,) = await letters(moved, database)
    assert link_in(letter).startswith("https://portal.example.org/auth/invitation?token=")


async def test_a_letter_fails_together_with_what_it_is_about(
    app: FastAPI, desk: Desk, person: Person, database: RolledBackDatabase
):
    """What is refused promises nothing."""
    assert (await desk.put(f"/invitations/{new_id()}", guest(email=person.email))).status_code == 409
    assert (await desk.put(f"/people/{desk.person.id}/resets/{new_id()}")).status_code == 403
    assert await letters(app, database) == []
