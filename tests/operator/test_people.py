"""`afterglow people`: auth's own functions from the host, audited as the operator's."""

import asyncio
import pathlib
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from afterglow_auth.accounts.service import NewPerson, import_people
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.testing.databases import MigratedDatabase
from sqlalchemy import text

from tests.operator.sites import Operator, TestSite, reach

PASSWORD = "calm-water-under-the-bridge"


@pytest.fixture(scope="session")
def practice(make_database: Callable[[str, str], MigratedDatabase]) -> MigratedDatabase:
    return make_database("auth", "operator")


@pytest.fixture
def operator(practice: MigratedDatabase, settings_values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Operator:
    query(practice, "TRUNCATE jobs.pgqueuer")
    return reach(TestSite(practice, settings_values | {"token_hashing_key": "only for these tests"}), monkeypatch)


def elsewhere(work: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: the commands under test run loops of their own too."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def query(practice: MigratedDatabase, statement: str, **values: Any) -> list[Any]:
    """Run a statement above row-level security."""

    async def ask() -> list[Any]:
        database = Database.connect(practice.superuser_url, pool_size=1)
        try:
            async with database.engine.begin() as connection:
                result = await connection.execute(text(statement), values)
                return list(result.all()) if result.returns_rows else []
        finally:
            await database.close()

    return list(elsewhere(ask()))


def add(practice: MigratedDatabase, role: str) -> dict[str, str]:
    """Somebody with an account."""
    new = NewPerson(email=f"{secrets.token_hex(8)}@example.org", name="Rowan Hale", role=role, password=PASSWORD)

    async def make() -> UUID:
        database = Database.connect(practice.urls["auth_worker"], pool_size=1)
        try:
            async with database.unit_of_work(RowContext()) as session:
                return (await import_people(session, [new]))[0].id
        finally:
            await database.close()

    return {"email": new.email, "id": str(elsewhere(make()))}


def audited(practice: MigratedDatabase, action: str, subject: str) -> list[tuple[Any, ...]]:
    rows = query(
        practice,
        "SELECT actor_id, purpose, outcome FROM audit_events WHERE action = :action AND subject_id = :subject",
        action=action,
        subject=UUID(subject),
    )
    return [tuple(row) for row in rows]


def letters(practice: MigratedDatabase) -> list[tuple[str, str]]:
    """What is to be sent, and to whom."""
    asked = "SELECT convert_from(payload, 'UTF8')::jsonb FROM jobs.pgqueuer WHERE entrypoint = :name ORDER BY id"
    rows = query(practice, asked, name="send_letter")
    return [(row[0]["letter"], row[0]["to"]) for row in rows]


def test_people_are_listed_by_role_and_state(operator: Operator, practice: MigratedDatabase):
    client, therapist = add(practice, "client"), add(practice, "therapist")
    everybody = {each["id"] for each in operator.json("people", "list")}
    assert {client["id"], therapist["id"]} <= everybody
    assert {each["role"] for each in operator.json("people", "list", "--role", "therapist")} == {"therapist"}
    operator.json("people", "disable", client["email"])
    assert client["id"] in {each["id"] for each in operator.json("people", "list", "--state", "disabled")}
    code, said, _ = operator.run("people", "list")
    assert code == 0
    assert "Rowan Hale" in said
    assert "$argon2" not in said
    listed = query(practice, "SELECT DISTINCT purpose, actor_id FROM audit_events WHERE action = 'people:listed'")
    assert [tuple(row) for row in listed] == [("operator", None)]


@pytest.mark.parametrize("option", ["--role", "--state"])
def test_an_unknown_role_or_state_is_one_sentence(operator: Operator, option: str):
    assert "There is no service; there are " in operator.refused("people", "list", option, "service")


def test_a_client_is_invited_by_mail(operator: Operator, practice: MigratedDatabase):
    email = f"{secrets.token_hex(8)}@example.org"
    made = operator.json("people", "invite", "--email", email, "--name", "Noor Aziz", "--time-zone", "Europe/Berlin")
    assert (made["person"]["state"], made["person"]["role"]) == ("invited", "client")
    assert (("invitation", made["person"]["id"])) in letters(practice)
    assert audited(practice, "invitation:made", made["person"]["id"]) == [(None, "operator", "success")]
    assert operator.refused("people", "invite", "--email", email, "--name", "Somebody else") == (
        "Somebody here has this mail address already."
    )


def test_what_cannot_be_taken_is_named(operator: Operator, practice: MigratedDatabase):
    said = operator.refused("people", "invite", "--email", "x", "--name", " ", "--time-zone", "Mars")
    assert said == "Nobody is invited: --email and --name and --time-zone cannot be used."
    assert letters(practice) == []


def test_staff_take_a_second_person_once_an_admin_can_act(operator: Operator, practice: MigratedDatabase):
    query(practice, "UPDATE people SET disabled_at = now() WHERE role = 'admin' AND disabled_at IS NULL")
    therapist = ["people", "invite", "--email", f"{secrets.token_hex(8)}@example.org", "--name", "T", "--role"]
    assert "invite an admin first" in operator.refused(*therapist, "therapist")
    made = operator.json(
        "people", "invite", "--email", f"{secrets.token_hex(8)}@example.org", "--name", "A", "--role", "admin"
    )
    assert made["person"]["role"] == "admin"
    add(practice, "admin")
    for role in ("therapist", "admin"):
        assert "takes a second person" in operator.refused(*therapist, role)


def test_disabling_ends_everything_once(operator: Operator, practice: MigratedDatabase):
    person = add(practice, "client")
    code, said, _ = operator.run("people", "disable", person["id"])
    assert (code, said) == (0, f"{person['email']} is disabled, and signed out everywhere.\n")
    assert operator.json("people", "disable", person["email"].upper())["state"] == "disabled"
    assert audited(practice, "person:disabled", person["id"]) == [(None, "operator", "success")]
    assert letters(practice) == [("account_closed", person["id"])]


def test_the_last_admin_stays_and_the_attempt_is_kept(operator: Operator, practice: MigratedDatabase):
    admin = add(practice, "admin")
    query(practice, "UPDATE people SET disabled_at = now() WHERE role = 'admin' AND id <> :id", id=UUID(admin["id"]))
    assert "last admin" in operator.refused("people", "disable", admin["email"])
    assert audited(practice, "person:disabled", admin["id"]) == [(None, "operator", "refused")]


def test_nobody_is_one_sentence(operator: Operator):
    assert operator.refused("people", "disable", "nobody@example.org") == (
        "There is nobody with the address or id nobody@example.org."
    )


def test_care_is_assigned_and_both_are_told(operator: Operator, practice: MigratedDatabase):
    client, therapist = add(practice, "client"), add(practice, "therapist")
    made = operator.json("people", "assign", client["email"], therapist["id"])
    assert (made["client"]["id"], made["therapist"]["id"]) == (client["id"], therapist["id"])
    assert {to for _, to in letters(practice)} == {client["id"], therapist["id"]}
    assert operator.json("people", "assign", client["id"], therapist["id"])["id"] == made["id"]
    assert audited(practice, "care:assigned", client["id"]) == [(None, "operator", "success")]


def test_an_unfit_pair_is_refused_in_words(operator: Operator, practice: MigratedDatabase):
    client, other = add(practice, "client"), add(practice, "client")
    said = operator.refused("people", "assign", client["email"], other["email"])
    assert said == "This is no therapist with a live account."
    assert letters(practice) == []


def test_without_a_database_it_says_so(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(operator.site, "database", MigratedDatabase("auth", "", {}))
    assert "afterglow doctor" in operator.refused("people", "list")


def test_a_lone_admin_is_reset_from_the_host_a_day_later(operator: Operator, practice: MigratedDatabase):
    query(practice, "UPDATE people SET disabled_at = now() WHERE role = 'admin' AND disabled_at IS NULL")
    admin = add(practice, "admin")
    made = operator.json("people", "reset", admin["email"])
    assert (made["person"]["state"], made["factor_reset"]["state"]) == ("active", "open")
    assert letters(practice)[0] == ("factor_reset_asked", admin["id"])
    assert audited(practice, "factor_reset:asked", admin["id"]) == [(None, "operator", "success")]
    assert "under way already" in operator.refused("people", "reset", admin["email"])


def test_staff_are_not_reset_from_the_host_while_an_admin_can_act(operator: Operator, practice: MigratedDatabase):
    therapist, client, _ = add(practice, "therapist"), add(practice, "client"), add(practice, "admin")
    assert "takes a second person" in operator.refused("people", "reset", therapist["email"])
    assert operator.json("people", "reset", client["id"])["factor_reset"]["state"] == "open"


def test_an_account_is_opened_again_and_long_closed_staff_only_where_no_admin_can(
    operator: Operator, practice: MigratedDatabase
):
    client, therapist, admin = (add(practice, role) for role in ("client", "therapist", "admin"))
    for who in (client, therapist):
        operator.json("people", "disable", who["email"])
    query(practice, "UPDATE people SET disabled_at = now() - interval '2 days' WHERE disabled_at IS NOT NULL")
    assert operator.json("people", "enable", client["email"])["state"] == "active"
    assert "takes a second person" in operator.refused("people", "enable", therapist["email"])
    query(practice, "UPDATE people SET disabled_at = now() WHERE role = 'admin' AND disabled_at IS NULL")
    assert operator.json("people", "enable", therapist["email"])["state"] == "active"
    assert audited(practice, "person:enabled", therapist["id"]) == [(None, "operator", "success")]
    assert admin


def test_clients_are_imported_from_a_file_or_nobody_is(
    operator: Operator, practice: MigratedDatabase, tmp_path: pathlib.Path
):
    mark, file = secrets.token_hex(8), tmp_path / "clients.csv"
    file.write_text(f"name,email\nNoor Aziz,noor.{mark}@example.org\nAda Byron,ada.{mark}@example.org\n")
    assert operator.json("people", "import", str(file), "--time-zone", "Europe/Berlin") == {"invited": 2}
    assert [letter for letter, _ in letters(practice)] == ["invitation"] * 2
    made = query(practice, "SELECT id, time_zone FROM people WHERE email LIKE :mark", mark=f"%{mark}%")
    assert [row.time_zone for row in made] == ["Europe/Berlin"] * 2
    assert audited(practice, "invitation:made", str(made[0].id)) == [(None, "operator", "success")]
    file.write_text(f"name,email\nNew One,new.{mark}@example.org\nNoor Aziz,noor.{mark}@example.org\n")
    assert operator.refused("people", "import", str(file)) == (
        "Nobody is invited: row 3, email: somebody here has this address already."
    )
    assert "cannot be read" in operator.refused("people", "import", str(tmp_path / "none.csv"))
    assert len(query(practice, "SELECT id FROM people WHERE email LIKE :mark", mark=f"%{mark}%")) == 2
