"""Records of a dosing day: added once, never changed, replaced by later ones; the client reads what was written."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import audited, stand_in
from tests.portal.conftest import Open
from tests.portal.course.treating import DAYS, act, begin, of, schedule
from tests.portal.dosing_day.observing import add, adverse, day, earlier, observed, reading

KINDS = {
    "vital-signs": (reading(), reading(pulse=80)),
    "adverse-events": (adverse(), adverse(outcome="It passed")),
    "observations": (observed(), observed(words="")),
    "readiness": ({"steps": ["fasting"]}, {"steps": ["fasting", "escort_home"]}),
    "discharge": ({"steps": ["oriented"], "reason": "Her brother waits outside"}, {"steps": []}),
}


SAID = {"observations": "words", "readiness": "reason", "discharge": "reason"}


@pytest.fixture
async def session(as_therapist: httpx.AsyncClient, client_person: Person) -> str:
    return await schedule(as_therapist, client_person, await begin(as_therapist, client_person))


async def test_whoever_treats_records_and_the_client_reads(
    *, as_therapist: httpx.AsyncClient, as_client: httpx.AsyncClient, client_person: Person, therapist: Person,
    session: str, database: RolledBackDatabase,
):  # fmt: skip
    for kind, (body, _) in KINDS.items():
        assert (await add(as_therapist, client_person, session, kind, body)).status_code == 201, kind
    read = await day(as_client, session)
    assert read == await day(as_therapist, session, client_person)
    (measured,) = read["vital_signs"]
    assert (measured["systolic"], measured["moment"], measured["outside"]) == (124, "baseline", [])
    assert measured["made_by"] == {"id": str(therapist.id), "name": therapist.name}
    (event,) = read["adverse_events"]
    assert (event["kind"], event["what"], event["outcome"]) == ("nausea", "Queasy on standing", "Ginger helped")
    assert (read["observation"]["present"], read["observation"]["words"]) == (
        ["therapist", "nurse"],
        "Ines held the bowl",
    )
    assert read["discharge"]["reason"] == "Her brother waits outside"
    assert "fasting" not in read["readiness"]["missing"]
    assert read["readiness"]["missing"][0] == "escort_home"
    for action in ("vital_signs", "adverse_event", "observation", "readiness", "discharge"):
        (one,) = await audited(database, f"{action}.recorded")
        assert (one.subject_id, one.outcome) == (client_person.id, "success")
    (opened,) = await audited(database, "course.read")
    assert (opened.actor_id, opened.object_id) == (therapist.id, UUID(session))


@pytest.mark.parametrize("kind", KINDS)
async def test_sent_again_sent_otherwise_and_replaced(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str, kind: str
):
    (body, other), record = KINDS[kind], str(new_id())

    async def send(said: dict[str, Any], identity: str) -> httpx.Response:
        return await add(as_therapist, client_person, session, kind, said, record=identity)

    assert [(await send(body, record)).status_code for _ in range(2)] == [201, 200]
    assert (await send(other, record)).json()["code"] == "conflict"
    later = str(new_id())
    assert (await send(other | {"replaces": record}, later)).status_code == 201
    stale = await send(body | {"replaces": record}, str(new_id()))
    assert (stale.status_code, stale.json()["code"]) == (409, "record_changed")
    unknown = await send(body | {"replaces": str(new_id())}, str(new_id()))
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "replaces")
    assert (await send(body, record)).status_code == 200  # it was acknowledged, and stays so


async def test_what_stands_now_is_one_of_each_sheet(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    for kind in ("observations", "readiness", "discharge"):
        assert (await add(as_therapist, client_person, session, kind, KINDS[kind][0])).status_code == 201
        second = await add(as_therapist, client_person, session, kind, KINDS[kind][1])
        assert (second.status_code, second.json()["code"]) == (409, "record_changed")


async def test_a_reading_that_was_wrong_stays_and_is_marked(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    wrong, right = str(new_id()), str(new_id())
    await add(as_therapist, client_person, session, "vital-signs", reading(systolic=214), record=wrong)
    await add(as_therapist, client_person, session, "vital-signs", reading(systolic=124, replaces=wrong), record=right)
    found = {one["id"]: one for one in (await day(as_therapist, session, client_person))["vital_signs"]}
    assert (found[wrong]["replaced"], found[right]["replaced"]) == (True, False)
    assert found[wrong]["outside"] == ["systolic_high"]


async def test_since_when_a_step_is_ticked(as_therapist: httpx.AsyncClient, client_person: Person, session: str):
    first, second = str(new_id()), str(new_id())
    await add(as_therapist, client_person, session, "discharge", {"steps": ["oriented", "escort_here"]}, record=first)
    ticked = (await day(as_therapist, session, client_person))["discharge"]["steps"][0]["ticked_at"]
    more = {"steps": ["oriented", "no_nausea"], "replaces": first}
    await add(as_therapist, client_person, session, "discharge", more, record=second)
    now = (await day(as_therapist, session, client_person))["discharge"]
    steps = {one["step"]: one["ticked_at"] for one in now["steps"]}
    assert (now["id"], steps["oriented"], steps["escort_here"]) == (second, ticked, None)
    assert steps["no_nausea"] > ticked


async def test_what_stood_before_stays_to_be_read(
    *, as_therapist: httpx.AsyncClient, as_client: httpx.AsyncClient, client_person: Person, therapist: Person,
    session: str,
):  # fmt: skip
    """Earlier reasons, ticks and times, with who wrote them: by whoever is in care and by the client."""
    for kind in ("observations", "readiness", "discharge"):
        last = None
        for body in (KINDS[kind][0] | {SAID[kind]: "First"}, KINDS[kind][1] | {SAID[kind]: "Then"}, KINDS[kind][0]):
            record = str(new_id())
            answer = await add(as_therapist, client_person, session, kind, body | {"replaces": last}, record=record)
            assert answer.status_code == 201, answer.text
            last = record
    read = await day(as_therapist, session, client_person)
    assert read == await day(as_client, session)
    who = {"id": str(therapist.id), "name": therapist.name}
    for which, ticked in (("readiness", ["fasting"]), ("discharge", ["oriented"])):
        before = read[which]["before"]
        assert [one["reason"] for one in before] == ["First", "Then"]
        assert (before[0]["ticked"], before[0]["made_by"]) == (ticked, who)
    assert [(one["words"], one["replaced"]) for one in read["observation_before"]] == [("First", True), ("Then", True)]
    assert read["observation"]["words"] == "Ines held the bowl"


async def test_words_are_sealed(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str, database: RolledBackDatabase
):
    for kind, (body, _) in KINDS.items():
        await add(as_therapist, client_person, session, kind, body)
    kept = ""
    async with database.arrange() as arranged:
        for table in ("adverse_events", "observations", "dosing_checklists"):
            kept += await arranged.scalar(text(f"SELECT string_agg(t::text, '') FROM {table} AS t"))  # noqa: S608  # names of ours
    for word in ("Queasy", "Ginger", "Ines", "brother"):
        assert word not in kept
        assert word.encode().hex() not in kept


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("vital-signs", reading(systolic=400), "systolic"),
        ("vital-signs", reading(oxygen=101), "oxygen"),
        ("vital-signs", reading(pulse="72"), "pulse"),
        ("vital-signs", reading(moment="noon"), "moment"),
        ("vital-signs", reading(systolic=80, diastolic=90), "body"),
        ("vital-signs", reading(diastolic=None), "body"),
        ("vital-signs", {"measured_at": earlier(minutes=1), "moment": "other"}, "body"),
        ("vital-signs", reading(measured_at=earlier(hours=-1)), "measured_at"),
        ("adverse-events", adverse(kind="success"), "kind"),
        ("adverse-events", adverse(what="x" * 4_001), "what"),
        ("adverse-events", adverse(ended_at=earlier(hours=4)), "body"),
        ("observations", observed(present=["nurse", "nurse"]), "present"),
        ("observations", observed(ended_at=earlier(hours=-1)), "ended_at"),
        ("readiness", {"steps": ["oriented"]}, "steps.0"),
        ("discharge", {"steps": [], "reason": "\0"}, "reason"),
    ],
)
async def test_bad_input_is_named(
    *, as_therapist: httpx.AsyncClient, client_person: Person, session: str, kind: str, body: dict[str, Any], field: str
):
    answer = await add(as_therapist, client_person, session, kind, body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_only_for_a_dosing_session_that_was_not_cancelled(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    talking = await schedule(as_therapist, client_person, await begin(as_therapist, client_person), kind="counselling")
    assert (await add(as_therapist, client_person, talking, "vital-signs", reading())).json()["code"] == "not_dosing"
    await act(as_therapist, client_person, session, "cancellation")
    late = await add(as_therapist, client_person, session, "vital-signs", reading())
    assert (late.status_code, late.json()["code"]) == (409, "session_cancelled")
    assert (await add(as_therapist, client_person, str(new_id()), "vital-signs", reading())).status_code == 404


async def test_who_may_and_who_may_not(
    *, as_client: httpx.AsyncClient, signed_in: Open, client_person: Person, therapist: Person,
    other_client: Person, other_therapist: Person, session: str, database: RolledBackDatabase,
):  # fmt: skip
    assert (await add(as_client, client_person, session, "vital-signs", reading())).status_code == 403
    async with signed_in(other_client) as http:
        assert (await http.get(f"{DAYS}/{session}")).status_code == 404
    async with signed_in(other_therapist) as http:
        assert (await add(http, client_person, session, "vital-signs", reading())).status_code == 404
        assert (await http.get(f"{DAYS}/{session}", params=of(client_person))).status_code == 404
        (refused,) = await audited(database, "vital_signs.recorded")
        assert (refused.actor_id, refused.outcome) == (other_therapist.id, "refused")
        async with database.arrange() as arranged:
            await stand_in(arranged, client_person, other_therapist, therapist)
        assert (await add(http, client_person, session, "vital-signs", reading())).status_code == 201


async def test_care_that_has_ended_reads_and_writes_nothing(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str, database: RolledBackDatabase
):
    await add(as_therapist, client_person, session, "vital-signs", reading())
    async with database.arrange() as arranged:
        await arranged.execute(text("UPDATE care_relationships SET ended_at = now() - interval '13 days'"))
        for table in ("course_sessions", "vital_signs"):  # what is written after the end they do not read
            await arranged.execute(text(f"UPDATE {table} SET made_at = now() - interval '14 days'"))  # noqa: S608  # names of ours
    assert len((await day(as_therapist, session, client_person))["vital_signs"]) == 1
    assert (await add(as_therapist, client_person, session, "vital-signs", reading())).status_code == 404
