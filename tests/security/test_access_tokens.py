"""What resource servers refuse: the list of forged tokens and every other way to come without the right one.

Each is asked for real: its own app, its own audience and scope, a person or a service who would get in.
"""

from typing import Any

import pytest
from afterglow_foundation.bearer import EITHER, Scheme, challenge

from tests.foundation.forgeries import FORGED, MISUSED, OF_PERSONS, OF_SERVICES
from tests.security.doors import DOORS, Door
from tests.security.matrix import Actor
from tests.security.scene import Scene
from tests.security.test_matrix import ROWS

INVALID = challenge(Scheme.bearer, "invalid_token")["WWW-Authenticate"]
at_every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)


def credentials(token: str, scheme: str = "Bearer ") -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"{scheme}{token}".encode())]


@at_every_door
async def test_the_right_token_opens(scene: Scene, door: Door):
    assert (await door.show(scene, door.forger(scene).valid)).status_code == door.opened


@at_every_door
async def test_a_persons_token_opens_in_the_hands_of_a_service_too(scene: Scene, door: Door):
    """The same claims decide; a service needs nobody's stead at its own doors."""
    forger = door.forger(scene)
    held = forger.with_claims(act={"sub": forger.claims()["client_id"]})
    assert (await door.show(scene, held)).status_code == (401 if door.for_services else door.opened)


def test_every_route_that_takes_tokens_is_behind_a_door():
    closed = [
        (row.service, row.path)
        for service, rows in ROWS.items()
        for row in rows
        if service != "web"  # which takes none, as the matrix says cell by cell
        and row.expected[Actor.anonymous] == "401"
        and not any(row.service == door.service and row.path.startswith(door.behind) for door in DOORS)
    ]
    assert closed == []


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@at_every_door
async def test_no_forged_token_opens(scene: Scene, door: Door, record_property: Any):
    forger, wrong = door.forger(scene), []
    cases = {**FORGED, **MISUSED, **(OF_SERVICES if door.for_services else OF_PERSONS)}
    for name, forge in cases.items():
        answer = await door.show(scene, forge(forger))
        challenge = answer.headers.get("www-authenticate")
        if answer.status_code != 401 or challenge != (EITHER if name == "nothing" else INVALID):
            wrong.append((name, answer.status_code, challenge))
    assert wrong == []
    assert len(cases) >= 60
    record_property("counted", f"forged access tokens, {door.name}: {len(cases)}, none taken")
    assert (await door.show(scene, forger.valid)).status_code == door.opened


@at_every_door
async def test_a_token_for_one_opens_no_other(scene: Scene, door: Door):
    for other in DOORS:
        if other != door:
            answer = await door.show(scene, other.forger(scene).valid)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, INVALID), other.name


@at_every_door
async def test_a_scope_is_matched_whole(scene: Scene, door: Door):
    scope, forger = door.scope, door.forger(scene)
    alike = [
        *("", " ", "*", f"{scope}x", f"x{scope}", scope[:-1], scope[1:], scope.upper(), scope.title()),
        *(f"{scope}.read", f"{scope}:read", f"{scope}/", f"{scope},other", f"other,{scope}", f"{scope};", f'"{scope}"'),
        *(f"{scope}\t", f"{scope}\x00", f"{scope}\u200b", f"other+{scope}", f"other%20{scope}"),
        *(f"other\t{scope}", f"other\n{scope}", f"other\u00a0{scope}"),
        *(scope.replace("o", "\u043e").replace("e", "\u0435"), scope.replace("i", "\u0131").replace("o", "\uff4f")),
    ]
    for written in alike:
        answer = await door.show(scene, forger.with_claims(scope=written))
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        assert (answer.status_code, answer.headers["www-authenticate"]) == (403, challenge), repr(written)
    for written in (f"other {scope}", f"{scope} other", f"{scope}  {scope}"):
        assert (await door.show(scene, forger.with_claims(scope=written))).status_code == door.opened


@at_every_door
async def test_audience_scope_and_role_are_needed_together(scene: Scene, door: Door):
    """A person who has a service's audience and scope is still a person, and the other way round."""
    forger = door.forger(scene)
    other = {"role": "client", "sub": str(scene.client.id), "client_id": "web", "sid": str(scene.client.session_id)}
    if not door.for_services:
        other = {"role": "service", "sub": "portal", "client_id": "portal", "sid": None}
    assert (await door.show(scene, forger.with_claims(**other))).status_code == 403


@at_every_door
async def test_a_token_is_taken_from_the_header_only(scene: Scene, door: Door):
    token = door.forger(scene).valid
    ways: list[dict[str, Any]] = [
        {"params": {"access_token": token}},
        {"data": {"access_token": token}},
        {"json": {"access_token": token}},
        {"params": {"authorization": f"Bearer {token}"}},
    ]
    for way in ways:
        answer = await door.answer(scene, [], **way)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, EITHER), way.keys()
    for name in (
        b"cookie",
        b"x-authorization",
        b"proxy-authorization",
        b"x-access-token",
        b"x-forwarded-authorization",
    ):
        assert (await door.answer(scene, [(name, f"access_token={token}".encode())])).status_code == 401
        assert (await door.answer(scene, [(name, f"Bearer {token}".encode())])).status_code == 401


@at_every_door
async def test_two_tokens_are_one_too_many(scene: Scene, door: Door):
    forger = door.forger(scene)
    mine = credentials(forger.valid)
    twice = [mine + mine, mine + credentials("x"), credentials("x") + mine, mine + credentials("x", "Basic ")]
    answers = [await door.answer(scene, headers) for headers in twice]
    answers.append(await door.answer(scene, mine, params={"access_token": forger.valid}))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
        assert answer.headers["www-authenticate"] == challenge(Scheme.bearer, "invalid_request")["WWW-Authenticate"]


@at_every_door
async def test_the_scheme_in_any_case_and_no_other(scene: Scene, door: Door):
    token = door.forger(scene).valid
    for scheme in ("Bearer ", "bearer ", "BEARER ", "bEARER "):
        assert (await door.answer(scene, credentials(token, scheme))).status_code == door.opened
    others = [
        "",
        "Basic ",
        "Token ",
        "JWT ",
        "DPoP ",
        "Bearer",
        "Bearer\t",
        "Bearer:",
        "Bearer=",
        "Bearer  ",
        " Bearer ",
        "B\u0435arer ",
    ]
    for scheme in others:
        assert (await door.answer(scene, credentials(token, scheme))).status_code == 401, repr(scheme)


@at_every_door
async def test_the_host_header_leads_to_no_other_door(scene: Scene, door: Door):
    for other in DOORS:
        if other != door:
            host = (b"host", f"localhost{other.path}?".encode())
            answer = await door.answer(scene, [host, *credentials(other.forger(scene).valid)])
            assert answer.status_code == 401, other.name
