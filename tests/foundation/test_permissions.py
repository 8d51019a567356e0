"""Who may: 401 without a caller, an audited 403 without the permission."""

from collections.abc import AsyncIterator

import httpx
import pytest
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database
from afterglow_foundation.errors import Problem
from afterglow_foundation.permissions import AccessControl
from afterglow_foundation.testing.people import Person
from fastapi import APIRouter

from tests.foundation.tiny import Permission, ReadThings, Tiny, WriteThings, events


@pytest.fixture
async def http(tiny: Tiny) -> AsyncIterator[httpx.AsyncClient]:
    """The app of `things`; each request brings its own token."""
    async with tiny.signed_in(tiny.app(things())) as client:
        yield client


def things() -> APIRouter:
    router = APIRouter()

    @router.get("/things")
    async def read(caller: ReadThings) -> dict[str, str | None]:
        return {"id": str(caller.person), "role": caller.role, "client": caller.client_id}

    @router.put("/things")
    async def write(_: WriteThings) -> None:
        pass

    return router


def bearing(tiny: Tiny, person: Person, **claims: object) -> dict[str, str]:
    return {"authorization": f"Bearer {tiny.issuer.token(person, 'things', **claims)}"}


async def test_the_role_that_has_the_permission_comes_in(
    tiny: Tiny, http: httpx.AsyncClient, client_person: Person
) -> None:
    answer = await http.get("/things", headers=bearing(tiny, client_person))
    assert answer.json() == {"id": str(client_person.id), "role": "client", "client": "test"}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic dGVzdDp0ZXN0", "Token abc", "bearer: abc", "\tBearer"]
)
async def test_without_a_bearer_token_the_answer_asks_for_one(http: httpx.AsyncClient, header: str | None) -> None:
    answer = await http.get("/things", headers={} if header is None else {"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer, DPoP algs="ES256 EdDSA"'
    assert answer.json()["code"] == "not_authenticated"


async def test_a_bad_token_is_named_one(http: httpx.AsyncClient) -> None:
    answer = await http.get("/things", headers={"authorization": "Bearer abc.def.ghi"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token", DPoP algs="ES256 EdDSA"'


async def test_the_scheme_is_matched_in_any_case(tiny: Tiny, http: httpx.AsyncClient, client_person: Person) -> None:
    token = tiny.issuer.token(client_person, "things")
    assert (await http.get("/things", headers={"authorization": f"bEARER {token}"})).status_code == 200


@pytest.mark.parametrize("scope", ["", "thing", "things2", "things:read", "Things", "portal", "openid,things"])
async def test_a_scope_is_matched_whole(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, client_person: Person, scope: str
) -> None:
    answer = await http.get("/things", headers=bearing(tiny, client_person, scope=scope))
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="things"' in answer.headers["www-authenticate"]
    (event,) = await events(committed_superuser, request_id=answer.headers["x-request-id"])
    assert (event.action, event.outcome) == ("scope:things", "refused")


async def test_a_role_without_the_permission_is_refused_and_the_attempt_is_kept(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, therapist: Person, admin: Person
) -> None:
    for person, method, permission in ((therapist, "PUT", "things:write"), (admin, "GET", "things:read")):
        answer = await http.request(method, "/things", headers=bearing(tiny, person))
        assert answer.status_code == 403
        (event,) = await events(committed_superuser, actor_id=person.id)
        assert (event.action, event.outcome, event.actor_role) == (permission, "refused", str(person.role))
        assert event.session_id == person.session_id
        assert event.request_id == answer.headers["x-request-id"] == answer.json()["request_id"]


async def test_a_service_in_somebodys_stead_reads_and_does_nothing_else(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, client_person: Person
) -> None:
    in_their_stead = bearing(tiny, client_person, client_id="portal", act={"sub": "portal"})
    assert (await http.get("/things", headers=in_their_stead)).json()["client"] == "portal"
    answer = await http.put("/things", headers=in_their_stead)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "act" not in tiny.issuer.claims(client_person, "things")
    assert (await http.put("/things", headers=bearing(tiny, client_person))).status_code == 200
    (event,) = await events(committed_superuser, actor_id=client_person.id)
    assert (event.action, event.outcome, event.purpose) == ("things:write", "refused", "portal")


async def test_a_refusal_that_cannot_be_kept_is_no_quiet_refusal(
    tiny: Tiny, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tiny.app(things())

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(app.state.audit, "record", broken)
    async with tiny.signed_in(app, admin) as http:
        assert (await http.get("/things")).status_code == 500


async def test_the_token_is_asked_about_once_for_each_request(tiny: Tiny, client_person: Person) -> None:
    asked: list[str] = []

    async def authenticate(_: object) -> Caller:
        asked.append("asked")
        return Caller(id=client_person.id, role=Role.client)

    async with tiny.signed_in(tiny.app(things(), authenticate=authenticate)) as http:
        assert (await http.get("/things")).status_code == 200
    assert asked == ["asked"]


def test_what_no_role_was_given_nobody_has() -> None:
    nobody = AccessControl({})
    assert not any(nobody.allows(role, permission) for role in Role for permission in Permission)


def test_a_service_is_no_person() -> None:
    with pytest.raises(LookupError, match="service"):
        assert Caller(id=None, role=Role.service, client_id="web").person
    assert not issubclass(LookupError, Problem)
