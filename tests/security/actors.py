"""The ten actors: what each of them shows to be let in, at the APIs a bearer token and at the pages a cookie."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from afterglow_auth.accounts.service import disable
from afterglow_auth.browser import form_token
from afterglow_auth.digests import new_secret
from afterglow_auth.sessions.models import Session
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.session.csrf import make_token
from afterglow_web.session.models import WebSession
from afterglow_web.session.tokens import seal_tokens
from sqlalchemy import select, update
from sqlmodel import col

from tests.security.matrix import Actor, Row
from tests.security.scene import Scene, tell_of, tokens_for

ANOTHER_API = {"accounts": "portal", "portal": "messaging", "messaging": "portal"}
LONG_SINCE = timedelta(hours=1)
OWN_FORM = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}


@dataclass
class Shown:
    """Headers and cookies of a request, and the token that its form carries if it is one."""

    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""


def api_of(row: Row) -> str | None:
    """The API whose bearer tokens the route takes; None for a page."""
    if row.service == "web":
        return None
    if row.service != "auth":
        return row.service
    return "accounts" if row.path.startswith(("/api/accounts", "/auth/userinfo", "/internal")) else None


def person_for(scene: Scene, row: Row, actor: Actor) -> Person | None:
    people = {
        Actor.client: scene.client,
        Actor.other_client: scene.other_client,
        Actor.assigned: scene.assigned,
        Actor.unassigned: scene.unassigned,
        Actor.admin: scene.admin,
    }
    return None if actor == Actor.anonymous else people.get(actor) or people[row.insider]


async def show(scene: Scene, row: Row, actor: Actor) -> Shown:
    """Let the actor come to the route. Changes the databases for those whose account or session has ended."""
    person = person_for(scene, row, actor)
    if person and actor == Actor.disabled:
        await disable_everywhere(scene, person)
    if api := api_of(row):
        return Shown({"authorization": f"Bearer {token(scene, row, actor, person, api)}"} if person else {})
    if person and actor == Actor.expired:
        await expire(scene, person)
    if person and row.service == "web":
        await give_tokens(scene, person)
    if person and actor == Actor.no_step_up:
        await let_proof_grow_old(scene, person)
    return at_auth(scene, actor, person) if row.service == "auth" else at_web(scene, actor, person)


def token(scene: Scene, row: Row, actor: Actor, person: Person, api: str) -> str:
    claims: dict[str, object] = {}
    if row.path == "/auth/userinfo":
        claims = {"aud": [f"{BASE_URL}/auth"]}
    if actor == Actor.wrong_audience:
        claims = {"aud": [f"{BASE_URL}/api/{ANOTHER_API[api]}"]}
    if actor == Actor.expired:
        claims |= {"iat": int(time.time()) - 301, "exp": int(time.time()) - 1}
    if actor == Actor.no_step_up:
        claims |= {"auth_time": int(time.time()) - int(LONG_SINCE.total_seconds())}
    return scene.token(person, api, **claims)


def at_auth(scene: Scene, actor: Actor, person: Person | None) -> Shown:
    """A browser in front of auth's pages; a cookie of web's is none of auth's."""
    cookie = scene.browsers[person.id].auth if person else new_secret()
    if person and actor == Actor.wrong_audience:
        cookie = scene.browsers[person.id].web
    digests = scene.house.app("auth").state.provider.digests
    return Shown(dict(OWN_FORM), {"auth": cookie}, form_token(digests, cookie))


def at_web(scene: Scene, actor: Actor, person: Person | None) -> Shown:
    """A browser in front of web's pages; neither an access token nor auth's cookie is a session there.

    As their module does, it says whose the page is that it has.
    """
    headers = OWN_FORM | {"accept": "text/html"}
    if person is None:
        return Shown(headers)
    headers |= {"afterglow-person": str(person.id)}
    browser = scene.browsers[person.id]
    csrf_token = make_token(browser.form_token)
    if actor == Actor.wrong_audience:
        access = scene.token(person, "portal")
        return Shown(headers | {"authorization": f"Bearer {access}"}, {"web": browser.auth}, csrf_token)
    return Shown(headers, {"web": browser.web}, csrf_token)


async def disable_everywhere(scene: Scene, person: Person) -> None:
    """Close the account at auth, and let the others hear of it."""
    async with scene.house.databases["auth"].arrange() as session:
        await disable(session, person.id)
    await tell_of(scene.house, person, disabled_at=datetime.now(UTC))


async def expire(scene: Scene, person: Person) -> None:
    """Let the person's sessions at auth and web have run out a second ago."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with scene.house.databases["auth"].arrange() as session:
        await session.execute(update(Session).where(col(Session.person_id) == person.id).values(expires_at=past))
    async with scene.house.databases["web"].arrange() as session:
        await session.execute(update(WebSession).where(col(WebSession.person_id) == person.id).values(expires_at=past))


async def give_tokens(scene: Scene, person: Person, auth_time: datetime | None = None) -> None:
    """Let web have tokens of this moment for the person: those of the scene last five minutes, and its tests longer."""
    at = auth_time or datetime.now(UTC)
    tokens = tokens_for(scene.house, person, auth_time=int(at.timestamp()))
    key = await scene.house.app("web").state.vault.key_of(person.id)
    async with scene.house.databases["web"].arrange() as session:
        mine = await session.execute(select(WebSession).where(col(WebSession.person_id) == person.id))
        found = mine.scalar_one()
        values = {**seal_tokens(key, found, tokens), "auth_time": at}
        await session.execute(update(WebSession).where(col(WebSession.id) == found.id).values(**values))


async def let_proof_grow_old(scene: Scene, person: Person) -> None:
    """Let the person have signed in at auth and web an hour ago, and proved nothing since."""
    long_ago = datetime.now(UTC) - LONG_SINCE
    await give_tokens(scene, person, auth_time=long_ago)
    async with scene.house.databases["auth"].arrange() as session:
        await session.execute(update(Session).where(col(Session.person_id) == person.id).values(auth_time=long_ago))
