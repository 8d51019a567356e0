"""The demonstration's accounts: the same at each start, and good enough for auth."""

from uuid import UUID

from afterglow_operator.demonstration.accounts import new_person
from afterglow_operator.demonstration.load import accounts
from afterglow_operator.demonstration.people import clients, people, therapist_of
from afterglow_operator.demonstration.temperaments import TEMPERAMENTS


def test_accounts_come_as_admin_therapists_clients():
    assert [account["role"] for account in accounts()] == ["admin"] + ["therapist"] * 2 + ["client"] * 12


def test_an_account_is_the_same_at_each_start():
    first = accounts()[3]

    assert first == {
        "role": "client",
        "email": "maya.lindqvist@example.org",
        "password": "early-train-along-the-bay",
        "id": first["id"],
        "name": "Maya Lindqvist",
    }
    assert first["id"] == "019b8eac-1180-7058-876b-635af4fc96a2"


def test_ids_addresses_and_passphrases_differ():
    for field in ("id", "email", "password", "name"):
        assert len({account[field] for account in accounts()}) == len(people())
    assert all(UUID(account["id"]).version == 7 for account in accounts())
    assert all(account["email"].endswith("@example.org") for account in accounts())


def test_auth_accepts_every_one():
    assert [new_person(person).email for person in people()] == [account["email"] for account in accounts()]
    assert all(len(person.password) >= 15 for person in people())


def test_the_first_client_has_the_first_therapist_and_the_last_none():
    therapists = [person for person in people() if person.role == "therapist"]

    assert therapist_of(clients()[0]) == therapists[0]
    assert therapist_of(clients()[-1]) is None
    assert {therapist_of(client) for client in clients()[:-1]} == set(therapists)


def test_every_client_has_a_temperament_and_several_zones_occur():
    assert set(TEMPERAMENTS) == {client.name for client in clients()}
    assert len({client.time_zone for client in clients()}) >= 5


def test_all_but_the_first_two_have_chosen():
    assert [bool(client.check_ins and client.journal) for client in clients()] == [False] * 2 + [True] * 10


def test_one_client_is_at_home_in_spanish_and_nobody_else():
    assert [person.name for person in people() if new_person(person).locale != "en"] == ["Elena Paredes"]
