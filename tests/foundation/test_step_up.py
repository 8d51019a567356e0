"""Step-up: 401 with the challenge of RFC 9470 until somebody has proved lately, and strongly enough, who they are."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.callers import Caller, Role, Scheme
from afterglow_foundation.database import Database
from afterglow_foundation.errors import Forbidden, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.step_up import StepUp, require_fresh
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_foundation.testing.proofs import KeyHolder
from fastapi import APIRouter

from tests.foundation.tiny import LockThings, Tiny, WriteThings, events

MFA = "urn:afterglow:acr:mfa"
TEN_MINUTES = StepUp(max_age=timedelta(minutes=10))


@pytest.fixture
async def http(tiny: Tiny) -> AsyncIterator[httpx.AsyncClient]:
    """The app of `things` that can be locked; each request brings its own token."""
    async with tiny.signed_in(tiny.app(things())) as client:
        yield client


def things() -> APIRouter:
    router = APIRouter()

    @router.put("/lock")
    async def lock(_: LockThings) -> str:
        return "locked"

    @router.put("/things/{size}")
    async def write(size: int, caller: WriteThings) -> str:
        if size > 1:
            require_fresh(caller, TEN_MINUTES, Refusal("things:write_large"))
        return "written"

    return router


def bearing(tiny: Tiny, person: Person, *, seconds_ago: int = 0, **claims: object) -> dict[str, str]:
    signed_in = {"auth_time": int(time.time()) - seconds_ago} | claims
    return {"authorization": f"Bearer {tiny.issuer.token(person, 'things', **signed_in)}"}


@pytest.mark.parametrize("acr", [MFA, "urn:afterglow:acr:more"])
async def test_whoever_has_just_proved_it_comes_in(
    tiny: Tiny, http: httpx.AsyncClient, admin: Person, acr: str
) -> None:
    answer = await http.put("/lock", headers=bearing(tiny, admin, seconds_ago=540, acr=acr))
    assert answer.status_code == 200


async def test_no_service_in_their_stead_however_fresh_the_proof(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, admin: Person
) -> None:
    in_their_stead = bearing(tiny, admin, acr=MFA, client_id="portal", act={"sub": "portal"})
    answer = await http.put("/lock", headers=in_their_stead)
    assert (answer.status_code, "max_age" in str(answer.headers)) == (403, False)
    (event,) = await events(committed_superuser, actor_id=admin.id)
    assert (event.action, event.outcome, event.purpose) == ("things:lock", "refused", "portal")
    stead = Caller(admin.id, Role.admin, actor="portal", acr=MFA, authenticated_at=datetime.now(UTC))
    with pytest.raises(Forbidden):
        require_fresh(stead, TEN_MINUTES, Refusal("things:write_large"))


@pytest.mark.parametrize(
    "proof",
    [
        {"acr": MFA, "auth_time": int(time.time()) - 660},
        {"acr": MFA, "auth_time": None},
        {"acr": "urn:afterglow:acr:password"},
        {"acr": "urn:afterglow:acr:mfa "},
        {"acr": "urn:afterglow:acr"},
        {"acr": f"{MFA} urn:afterglow:acr:more"},
        {"acr": None},
        {"amr": ["mfa"]},
    ],
)
async def test_too_old_or_too_weak_a_proof_is_challenged_and_the_attempt_is_kept(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, admin: Person, proof: dict[str, object]
) -> None:
    answer = await http.put("/lock", headers=bearing(tiny, admin, **proof))
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")
    assert answer.headers["www-authenticate"] == (
        'Bearer error="insufficient_user_authentication", error_description="Prove who you are once more", '
        'max_age="600", acr_values="urn:afterglow:acr:mfa urn:afterglow:acr:more"'
    )
    (event,) = await events(committed_superuser, actor_id=admin.id)
    assert (event.action, event.outcome, event.purpose) == ("things:lock", "refused", "step_up")
    assert event.session_id == admin.session_id


async def test_whoever_came_with_a_bound_token_is_challenged_in_its_scheme(
    tiny: Tiny, http: httpx.AsyncClient, admin: Person
) -> None:
    holder = KeyHolder()
    token = tiny.issuer.token(admin, "things", cnf={"jkt": holder.jkt}, auth_time=1, acr=MFA)
    answer = await http.put("/lock", headers=holder.headers(token, "PUT", f"{BASE_URL}/lock"))
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")
    assert answer.headers["www-authenticate"].startswith('DPoP error="insufficient_user_authentication"')


async def test_whoever_may_not_at_all_is_not_asked_to_prove_anything(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, therapist: Person
) -> None:
    answer = await http.put("/lock", headers=bearing(tiny, therapist, seconds_ago=9000))
    assert answer.status_code == 403
    assert "www-authenticate" not in answer.headers
    (event,) = await events(committed_superuser, actor_id=therapist.id)
    assert (event.action, event.purpose) == ("things:lock", None)


async def test_a_route_asks_where_only_some_of_its_acts_need_it(
    tiny: Tiny, http: httpx.AsyncClient, committed_superuser: Database, client_person: Person
) -> None:
    old, new = (bearing(tiny, client_person, seconds_ago=seconds) for seconds in (660, 60))
    assert (await http.put("/things/1", headers=old)).status_code == 200
    assert (await http.put("/things/2", headers=new)).status_code == 200
    answer = await http.put("/things/2", headers=old)
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")
    assert 'max_age="600"' in answer.headers["www-authenticate"]
    assert "acr_values" not in answer.headers["www-authenticate"]
    (event,) = await events(committed_superuser, actor_id=client_person.id)
    assert (event.action, event.outcome, event.purpose) == ("things:write_large", "refused", "step_up")


def test_a_service_has_never_signed_in_and_meets_no_step_up() -> None:
    assert not TEN_MINUTES.is_met_by(Caller(id=None, role=Role.service, client_id="portal"))


def test_the_limit_itself_still_counts() -> None:
    for age, met in ((timedelta(minutes=9, seconds=59), True), (timedelta(minutes=10, seconds=1), False)):
        caller = Caller(id=new_id(), role=Role.admin, authenticated_at=datetime.now(UTC) - age)
        assert TEN_MINUTES.is_met_by(caller) is met


@pytest.mark.parametrize(
    "asked", [TEN_MINUTES, StepUp(timedelta(0), (MFA,)), StepUp(timedelta(seconds=90), (MFA, "urn:afterglow:acr:more"))]
)
def test_a_challenge_is_read_as_it_was_written(asked: StepUp) -> None:
    assert all(StepUp.read(asked.challenge(scheme)) == asked for scheme in Scheme)


@pytest.mark.parametrize("challenge", ["", "Bearer", 'Bearer max_age="x"', 'max_age="-1"', 'max_age="²"', "max_age=60"])
def test_a_challenge_that_names_no_age_is_one_of_ten_minutes(challenge: str) -> None:
    assert StepUp.read(challenge) == TEN_MINUTES
