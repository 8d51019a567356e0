"""The snapshot for other services: with a service's own token, and with nothing else."""

from afterglow_auth.accounts.models import Person
from afterglow_auth.care.service import assign
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL

from tests.auth.arranging import Browser, Program, audited, payload

SNAPSHOT = "/internal/events/snapshot"


async def test_a_service_reads_people_and_care(
    browser: Browser, person: Person, staff: dict[str, Person], service: Program, database: RolledBackDatabase
):
    async with database.arrange() as session:
        care = await assign(session, person.id, staff["therapist"].id)
    acting = {"grant_type": "client_credentials", "scope": "security_events", **service.proof()}
    token = (await browser.client.post("/auth/token", data=acting)).json()["access_token"]
    claims = payload(token)
    assert (claims["aud"], claims["role"], claims["sub"]) == ([f"{BASE_URL}/internal/events"], "service", "portal")

    snapshot = (await browser.client.get(SNAPSHOT, headers={"authorization": f"Bearer {token}"})).json()
    assert set(snapshot) == {"people", "care_relationships", "taken_at"}
    assert {one["id"] for one in snapshot["people"]} == {str(one.id) for one in (person, *staff.values())}
    assert set(snapshot["people"][0]) == {"id", "name", "role", "locale", "time_zone", "disabled_at"}
    known = snapshot["care_relationships"][0]
    assert (known["id"], known["client_id"], known["therapist_id"], known["kind"], known["ended_at"]) == (
        str(care.id), str(person.id), str(staff["therapist"].id), "treating", None,
    )  # fmt: skip
    assert [event.purpose for event in await audited(database, "events:read")] == ["portal"]


async def test_nobody_else_reads_it(browser: Browser, staff: dict[str, Person], web: Program):
    assert (await browser.client.get(SNAPSHOT)).status_code == 401
    token = (await browser.tokens(staff["admin"].email, web))["access_token"]
    assert (await browser.client.get(SNAPSHOT, headers={"authorization": f"Bearer {token}"})).status_code == 401
