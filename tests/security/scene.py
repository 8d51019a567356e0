"""Who and what is in the house before each cell: six people, what the client wrote, and how everybody is signed in.

The assigned therapist treats the client, the unassigned one treats the other client.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from afterglow_auth.accounts.models import Person as Account
from afterglow_auth.accounts.service import NewPerson, import_people
from afterglow_auth.care.service import assign
from afterglow_auth.covers.models import Grant
from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.tokens import token_of
from afterglow_auth.practice.models import PracticeLogo
from afterglow_auth.push.models import PushSubscription
from afterglow_auth.recovery.models import Recovery
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.resets.models import Reset
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.proof import MFA_ACR
from afterglow_auth.sign_in.stages import OpenedBy, opened, stage_hash
from afterglow_auth.totp import service as totp
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PersonFact
from afterglow_foundation.testing.people import BASE_URL, Person, open_client
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.people.receiving import COPY as MESSAGING
from afterglow_portal.earlier_shares.models import EarlierShare
from afterglow_portal.people.models import Grant as GrantCopy
from afterglow_portal.people.receiving import COPY as PORTAL
from afterglow_web.events.receiving import COPY as WEB
from afterglow_web.session import sign_in
from afterglow_web.session.provider import Identity, Tokens
from pyotp import TOTP
from sqlalchemy import select, text
from starlette.requests import Request

from tests.auth.arranging import PASSWORD, Program, picture
from tests.messaging.attachments.sending import numbered, upload
from tests.messaging.attachments.sending import ready as upload_ready
from tests.messaging.attachments.sending import write as send_with
from tests.messaging.practice import Pair
from tests.portal.arranging import check_in
from tests.portal.course.treating import act, begin, give, ready, schedule
from tests.portal.journal.writing import entry
from tests.portal.notes.summing_up import write
from tests.portal.process_notes.noting import note as write_note
from tests.portal.tasks.assigning import assigned, days_ago, mark
from tests.portal.tasks.assigning import dosed as dosed_session
from tests.portal.voice_notes.recording import declared, record, sound, where
from tests.security.house import House

APIS = ("accounts", "portal", "messaging")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
COPIES = {"portal": PORTAL, "messaging": MESSAGING}
EVERYBODYS_COPIES = {**COPIES, "web": WEB}


@dataclass(frozen=True)
class BrowserCookies:
    """What one person's browser holds: auth's cookie, web's cookie, and the token of web's forms."""

    auth: str
    web: str
    form_token: bytes


@dataclass(frozen=True)
class Scene:
    """`ids` fill the paths: each names an object of the client's own; `check_in` is what one of them was made of.

    `links` are the tokens of the links that were mailed.
    """

    house: House
    client: Person
    other_client: Person
    assigned: Person
    unassigned: Person
    admin: Person
    colleague: Person
    browsers: Mapping[UUID, BrowserCookies]
    program: Program
    service: Program
    trial: Program
    ids: dict[str, UUID] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    check_in: dict[str, Any] = field(default_factory=check_in)
    logo: str = hashlib.sha256(picture()).hexdigest()

    def token(self, person: Person, api: str, **claims: Any) -> str:
        return self.house.issuer.token(person, api, **claims)


async def arrange(house: House) -> Scene:
    people = {
        "client": Person(Role.client, "Rowan Hale"),
        "other_client": Person(Role.client, "Noor Aziz"),
        "assigned": Person(Role.therapist, "Dr Imani Okafor"),
        "unassigned": Person(Role.therapist, "Dr Tomas Lind"),
        "admin": Person(Role.admin, "Jules Park"),
        "colleague": Person(Role.admin, "Ines Duarte"),
    }
    everybody = list(people.values())
    program, service = Program("web"), Program("portal", kind="service", scopes="security_events")
    trial = Program(str(new_id()), scopes="openid profile", built_in=False)
    care = [(people["client"], people["assigned"]), (people["other_client"], people["unassigned"])]
    cookies = await live_in_auth(house, everybody, [program, service, trial])
    care_ids = [await treat(house, *pair) for pair in care]
    for person in everybody:
        await tell_of(house, person)
    browsers = {
        person.id: BrowserCookies(cookies[person.id], *await sign_in_at_web(house, person)) for person in everybody
    }
    scene = Scene(house, **people, browsers=browsers, program=program, service=service, trial=trial)
    scene.ids.update(client_id=scene.client.id, person_id=scene.client.id, relationship_id=care_ids[0])
    scene.ids.update(program_id=UUID(trial.client_id))
    await have_a_browser(scene)
    await show_logo(scene)
    scene.ids.update(session_id=scene.client.session_id, reset_id=new_id())
    await ask_for_staff(scene)
    await record_check_ins(scene)
    await write_in_journals(scene)
    await treat_client(scene)
    await leave_notes(scene)
    await write_messages(scene)
    return scene


async def live_in_auth(house: House, people: list[Person], programs: list[Program]) -> dict[UUID, str]:
    """Give everybody an account and a session with the ids that tokens name; return the sessions' cookies.

    Each has also begun to sign in anew in the same browser, and would only have to accept the terms.
    """
    cookies = {person.id: new_secret() for person in people}
    now = datetime.now(UTC)
    async with house.databases["auth"].arrange() as session:
        accounts = [
            NewPerson(
                id=person.id,
                email=address(person),
                name=person.name,
                role=str(person.role),
                password=PASSWORD,
                accepted_terms=0,
            )
            for person in people
        ]
        await import_people(session, accounts)
        for person in people:
            session.add(
                Session(
                    id=person.session_id,
                    cookie_hash=house.app("auth").state.provider.digests.of(Purpose.session, cookies[person.id]),
                    person_id=person.id,
                    auth_time=now,
                    acr=MFA_ACR,
                    amr=["pwd", "otp", "mfa"],
                    last_seen_at=now,
                    idle_seconds=3_600,
                    expires_at=now + timedelta(hours=1),
                )
            )
            stage = opened(await session.get_one(Account, person.id), OpenedBy.password, ["pwd"])
            stage.cookie_hash = stage_hash(house.app("auth").state.provider, cookies[person.id])
            session.add(stage)
        for program in programs:
            await program.register(session)
    return cookies


async def have_a_browser(scene: Scene) -> None:
    """One at which the client's notices ring."""
    scene.ids.update(subscription_id=new_id(), browser_id=new_id())
    ringing = PushSubscription(
        id=scene.ids["subscription_id"], person_id=scene.client.id, digest=b"digest", key_version=1, sealed=b"sealed"
    )
    async with scene.house.databases["auth"].arrange() as session:
        session.add(ringing)


def address(person: Person) -> str:
    return f"{person.id.hex}@example.org"


async def treat(house: House, client: Person, therapist: Person) -> UUID:
    """Put the client in the therapist's care, everywhere."""
    async with house.databases["auth"].arrange() as session:
        care = await assign(session, client.id, therapist.id, started_at=LONG_AGO)
        values = care.model_dump() | {"as_of": LONG_AGO}
    for service, copy in COPIES.items():
        async with house.databases[service].arrange() as session:
            await copy.apply_care(session, [CareRelationshipFact(**values)])
    return care.id


async def tell_of(house: House, person: Person, disabled_at: datetime | None = None) -> None:
    """Tell the others who somebody is, as auth's feed does."""
    values: dict[str, Any] = {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "locale": "en",
        "time_zone": "Europe/London",
        "disabled_at": disabled_at,
        "as_of": disabled_at or LONG_AGO,
    }
    for service, copy in EVERYBODYS_COPIES.items():
        async with house.databases[service].arrange() as session:
            await copy.apply_people(session, [PersonFact(**values)])


async def sign_in_at_web(house: House, person: Person) -> tuple[str, bytes]:
    """Start a session at web through its own store; return the cookie and what its form tokens are made of."""
    now = int(time.time())
    identity = Identity(
        iss=f"{BASE_URL}/auth",
        sub=str(person.id),
        aud="web",
        iat=now,
        exp=now + 300,
        nonce="",
        role=person.role.value,
        name=person.name,
        zoneinfo="Europe/London",
        sid=str(person.session_id),
        auth_time=now,
    )
    request = Request({"type": "http", "app": house.app("web"), "headers": []})
    cookie, session = await sign_in.start(request, identity, tokens_for(house, person))
    return cookie.value, session.csrf_secret


def tokens_for(house: House, person: Person, **claims: object) -> Tokens:
    """What auth would have given web for the person."""
    audiences = [f"{BASE_URL}/api/{api}" for api in APIS]
    scopes = " ".join(["openid", *APIS])
    return Tokens(
        access_token=house.issuer.token(person, "portal", aud=audiences, scope=scopes, **claims),
        token_type="Bearer",
        expires_in=300,
        refresh_token=new_secret(),
        id_token=new_secret(),
    )


async def ask_for_staff(scene: Scene) -> None:
    """A guest has an invitation, and the admin's colleague has proposed a therapist, which waits for the admin."""
    token = scene.token(scene.colleague, "accounts")
    async with open_client(scene.house.app("auth"), token) as http:
        for role, name, status in (("client", "invitation_id", 201), ("therapist", "proposal_id", 202)):
            scene.ids[name] = new_id()
            body = {"email": f"{role}@example.org", "name": "Kim Vale", "role": role}
            made = await http.put(f"/api/accounts/invitations/{scene.ids[name]}", json=body)
            assert made.status_code == status, made.text
            if status == 201:
                scene.ids["guest_id"] = UUID(made.json()["person_id"])
    await ask_for_factor_reset(scene)
    await read_file(scene)
    await arrange_cover(scene)
    await open_in_emergency(scene)
    await show_earlier(scene)
    await derive_links(scene)


async def ask_for_factor_reset(scene: Scene) -> None:
    """Of the other client, who has not objected."""
    scene.ids["factor_reset_id"] = new_id()
    path = f"/api/accounts/people/{scene.other_client.id}/factor-resets/{scene.ids['factor_reset_id']}"
    async with open_client(scene.house.app("auth"), scene.token(scene.colleague, "accounts")) as http:
        assert (await http.put(path)).status_code == 201


async def show_logo(scene: Scene) -> None:
    async with scene.house.databases["auth"].arrange() as session:
        session.add(PracticeLogo(hash=scene.logo, image=picture()))


async def read_file(scene: Scene) -> None:
    """A file of one client was read for the colleague, and waits to be carried out."""
    scene.ids["import_id"] = new_id()
    wanted = {"csv": "name,email\nNoor Aziz,noor@example.org"}
    async with open_client(scene.house.app("auth"), scene.token(scene.colleague, "accounts")) as http:
        assert (await http.put(f"/api/accounts/imports/{scene.ids['import_id']}", json=wanted)).status_code == 201


async def arrange_cover(scene: Scene) -> None:
    """Of the unassigned therapist, who is away some day; a third one could stand in too."""
    third = NewPerson(email="third@example.org", name="Kim Vale", role=Role.therapist, password=PASSWORD)
    async with scene.house.databases["auth"].arrange() as session:
        scene.ids["stand_in_id"] = (await import_people(session, [third]))[0].id
    scene.ids["cover_id"] = new_id()
    async with open_client(scene.house.app("auth"), scene.token(scene.colleague, "accounts")) as http:
        made = await http.put(f"/api/accounts/covers/{scene.ids['cover_id']}", json=cover_of(scene))
        assert made.status_code == 201, made.text


async def open_in_emergency(scene: Scene) -> None:
    """The assigned therapist opened the guest's record, days ago for auth and now for portal, without words."""
    scene.ids["grant_id"] = new_id()
    began = datetime.now(UTC) - timedelta(days=2)
    async with scene.house.databases["auth"].arrange() as session:
        session.add(
            Grant(
                id=scene.ids["grant_id"],
                kind="break_glass",
                client_id=scene.ids["guest_id"],
                therapist_id=scene.assigned.id,
                reason_code="danger",
                starts_at=began,
                ends_at=began + timedelta(hours=1),
            )
        )
    now = datetime.now(UTC)
    fact = GrantFact(
        id=scene.ids["grant_id"],
        kind="break_glass",
        client_id=scene.ids["guest_id"],
        therapist_id=scene.assigned.id,
        reason_code="danger",
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(minutes=59),
        as_of=now,
    )
    async with scene.house.databases["portal"].arrange() as session:
        await upsert(session, GrantCopy, [fact])


async def show_earlier(scene: Scene) -> None:
    """The client shows the assigned therapist one day of what others were shown."""
    scene.ids["share_id"], day = new_id(), LONG_AGO.date()
    shown = {"client_id": scene.client.id, "id": scene.ids["share_id"], "therapist_id": scene.assigned.id}
    async with scene.house.databases["portal"].arrange() as session:
        session.add(EarlierShare(**shown, from_date=day, until_date=day, chosen_at=LONG_AGO))


def cover_of(scene: Scene) -> dict[str, str]:
    """The unassigned therapist is away some day, and the assigned one stands in."""
    later = datetime.now(UTC) + timedelta(days=300)
    times = {"starts_at": later.isoformat(), "ends_at": (later + timedelta(days=1)).isoformat()}
    return {"therapist_id": str(scene.unassigned.id), "covering_id": str(scene.assigned.id), **times}


async def derive_links(scene: Scene) -> None:
    """The tokens of the guest's invitation, a reset of the colleague's and the other client's objection, as mailed.

    The guest has a second factor, and the link of whoever forgot their password.
    """
    provider = scene.house.app("auth").state.provider
    digests = provider.digests
    async with scene.house.databases["auth"].arrange() as session:
        forgetful = await session.get_one(Account, scene.ids["guest_id"])
        recovery = Recovery(person_id=forgetful.id, expires_at=expiry(timedelta(minutes=30)))
        session.add(recovery)
        secret = (await totp.begin(session, provider, forgetful)).secret
        assert await totp.confirm(session, provider, forgetful, TOTP(secret).now())
        scene.links["code"] = (await recovery_codes.make(session, digests, forgetful))[0]
        reset = Reset(person_id=scene.colleague.id, expires_at=expiry(timedelta(hours=1)))
        session.add(reset)
        invitation = await session.get_one(Invitation, scene.ids["invitation_id"])
        asked = await session.get_one(FactorReset, scene.ids["factor_reset_id"])
    scene.links.update(
        invitation=token_of(digests, Purpose.invitation, invitation),
        objection=token_of(digests, Purpose.objection, asked),
        recovery=token_of(digests, Purpose.recovery, recovery),
        reset=token_of(digests, Purpose.reset, reset),
    )


async def record_check_ins(scene: Scene) -> None:
    """Both clients made their standing choices and one check-in each; so their data keys are there before any cell."""
    for client in (scene.other_client, scene.client):
        async with open_client(scene.house.app("portal"), scene.token(client, "portal")) as http:
            chosen = await http.put("/api/portal/choices", json={"check_ins": "therapist", "journal": "only_me"})
            made = await http.put(f"/api/portal/check-ins/{new_id()}", json=scene.check_in)
        assert (chosen.status_code, made.status_code) == (200, 201), made.text
        scene.ids["check_in_id"] = UUID(made.json()["id"])


async def write_in_journals(scene: Scene) -> None:
    """Both clients shared an entry with a voice note with their therapist, began to change it, and pinned a line of it.

    The assigned therapist has read the client's.
    """
    for client in (scene.other_client, scene.client):
        entry_id = new_id()
        async with open_client(scene.house.app("portal"), scene.token(client, "portal")) as http:
            made = await http.put(f"/api/portal/journal/{entry_id}", json=entry(text="Hello"))
            kept = await http.put(f"/api/portal/journal/drafts/{entry_id}", json={"base_version": 1, "text": "Hello"})
            note, begun = await record(http, entry_id, sound(500)), new_id()
            await http.put(where(entry_id, begun), json=declared(sound(500)))
            line_id = new_id()
            line = {"entry_id": str(entry_id), "text": "Hello"}
            pinned = await http.put(f"/api/portal/agenda/{line_id}", json=line)
        said = (made.status_code, kept.status_code, pinned.status_code)
        assert said == (201, 200, 201), made.text + kept.text + pinned.text
        scene.ids.update(entry_id=entry_id, line_id=line_id)
        scene.ids.update(note_id=UUID(note.rpartition("/")[2]), begun_note_id=begun)
    async with open_client(scene.house.app("portal"), scene.token(scene.assigned, "portal")) as http:
        read = await http.get("/api/portal/agenda", params={"client": str(scene.client.id)})
        assert len(read.json()["items"]) == 1


async def treat_client(scene: Scene) -> None:
    """The client has a course with two dosing sessions to come, one of them ready for it, one that is open, and a dose.

    Of that session there is a summary, and the therapist has a note of their own. The dose was long ago: on the day of
    one nothing more could be shared. A task follows another dose of two days ago; it was done once today.
    """
    async with open_client(scene.house.app("portal"), scene.token(scene.assigned, "portal")) as http:
        course = await begin(http, scene.client)
        planned, opened, unready, dosed = [await schedule(http, scene.client, course) for _ in range(4)]
        assert (await ready(http, scene.client, planned)).status_code == 201
        for session in (opened, dosed):
            assert (await act(http, scene.client, session, "opening")).status_code == 200
        given = new_id()
        said = {"medicine": "Hello", "setting": "Hello", "present": "Hello", "given_at": "2026-01-02T10:00:00Z"}
        made = await give(http, scene.client, dosed, given, **said)
        assert made.status_code == 201
        summary = str(new_id())
        assert (await write(http, scene.client, dosed, summary, text="Hello")).status_code == 201
        thought = await write_note(http, scene.client, text="Hello")
        words = {"medicine": "Hello", "setting": "Hello", "present": "Hello"}
        recent = await dosed_session(http, scene.client, 2, course, **words)
        task = await assigned(http, scene.client, recent, title="Hello", how="Hello", times_a_day=2)
    async with open_client(scene.house.app("portal"), scene.token(scene.client, "portal")) as http:
        done = new_id()
        assert (await mark(http, task, days_ago(0), done)).status_code == 201
    scene.ids.update(recent_session_id=UUID(recent), task_id=UUID(task), mark_id=done)
    scene.ids.update(course_id=UUID(course), planned_session_id=UUID(planned), open_session_id=UUID(opened))
    scene.ids.update(unready_session_id=UUID(unready), dosed_session_id=UUID(dosed), administration_id=given)
    scene.ids.update(summary_id=UUID(summary), process_note_id=UUID(thought))


async def leave_notes(scene: Scene) -> None:
    """Three who are gone left notes about the client: one's are open to the therapist, one's are asked for."""
    authors = [new_id() for _ in range(3)]
    book = text("INSERT INTO note_books (id, therapist_id, client_id, opened_at) VALUES (:id, :author, :client, now())")
    async with scene.house.databases["portal"].arrange() as session:
        for author in authors:
            await session.execute(book, {"id": new_id(), "author": author, "client": scene.client.id})
            owner = await session.scalar(text("SELECT id FROM note_books WHERE therapist_id = :one"), {"one": author})
            await scene.house.app("portal").state.data_keys.find_or_make(session, owner)
    opened, waiting = new_id(), new_id()
    async with open_client(scene.house.app("portal"), scene.token(scene.assigned, "portal")) as http:
        for opening, author in ((opened, authors[0]), (waiting, authors[1])):
            body = {"author_id": str(author), "ground": "legal", "words": "Hello"}
            path = f"/api/portal/sealed-notes/openings/{opening}"
            assert (await http.put(path, params={"client": str(scene.client.id)}, json=body)).status_code == 201
    async with open_client(scene.house.app("portal"), scene.token(scene.admin, "portal")) as http:
        path = f"/api/portal/sealed-notes/openings/{opened}/decision"
        assert (await http.put(path, json={"approved": True})).status_code == 201
    scene.ids.update(opening_id=opened, waiting_opening_id=waiting, new_author_id=authors[2])


async def write_messages(scene: Scene) -> None:
    """Each client has a conversation with their therapist, with one message in it."""
    pairs = [(scene.other_client, scene.unassigned), (scene.client, scene.assigned)]
    for client, therapist in pairs:
        between = select(Conversation).filter_by(client_id=client.id, therapist_id=therapist.id)
        async with scene.house.databases["messaging"].arrange() as session:
            conversation_id = (await session.execute(between)).scalar_one().id
        async with open_client(scene.house.app("messaging"), scene.token(client, "messaging")) as http:
            sent = await http.put(
                f"/api/messaging/conversations/{conversation_id}/messages/{new_id()}", json={"text": "Hello"}
            )
        assert sent.status_code == 201, sent.text
        scene.ids.update(conversation_id=conversation_id, message_id=UUID(sent.json()["id"]))
        await attach_files(scene, Pair(client, therapist, new_id(), conversation_id))
    await save_an_answer(scene)
    await write_for_later(scene)


async def write_for_later(scene: Scene) -> None:
    """The client's own, in the conversation with the assigned therapist."""
    async with open_client(scene.house.app("messaging"), scene.token(scene.client, "messaging")) as http:
        path = f"/api/messaging/conversations/{scene.ids['conversation_id']}/scheduled-messages/{new_id()}"
        send_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        made = await http.put(path, json={"text": "Hello", "send_at": send_at})
    assert made.status_code == 201, made.text
    scene.ids.update(scheduled_id=UUID(made.json()["id"]))


async def save_an_answer(scene: Scene) -> None:
    """The assigned therapist's own."""
    async with open_client(scene.house.app("messaging"), scene.token(scene.assigned, "messaging")) as http:
        path = f"/api/messaging/saved-answers/{new_id()}"
        saved = await http.put(path, json={"name": "Hello", "text": "Hello"})
    assert saved.status_code == 201, saved.text
    scene.ids.update(answer_id=UUID(saved.json()["id"]))


async def attach_files(scene: Scene, pair: Pair) -> None:
    """The client's conversation has a message with a file, an upload that is whole and one that was just begun."""
    content, begun = numbered(500), new_id()
    async with open_client(scene.house.app("messaging"), scene.token(pair.client, "messaging")) as http:
        sent, whole = await upload_ready(http, pair, content), await upload(http, pair, content)
        assert (await send_with(http, pair, sent)).status_code == 201
        declaring = await http.put(f"{pair.path}/attachments/{begun}", json={"size": 500, "name": "Hello"})
        assert declaring.status_code == 201
    scene.ids.update(attachment_id=UUID(sent.id), whole_attachment_id=UUID(whole.id), begun_attachment_id=begun)
