"""A client sees who opened their conversations, and nothing of anybody else's; staff have no such list."""

from uuid import UUID

from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_messaging.access_log.schemas import KINDS, Kind
from afterglow_messaging.audit_actions import AuditAction
from sqlalchemy import text

from tests.messaging.practice import API, Pair, Practice

LOG = f"{API}/access-log"


async def test_a_client_sees_who_opened_what_and_nothing_of_their_own(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    await practice.send(pair, pair.client, "hello")
    for person in (pair.client, pair.therapist):
        async with practice.signed_in(person) as http:
            for path in (pair.path, pair.messages):
                assert (await http.get(path)).status_code == 200
    await practice.end_care(pair)
    async with practice.signed_in(pair.client) as http:
        found = (await http.get(LOG)).json()["items"]
        assert [one["action"] for one in found] == ["messages.read", "conversation.read"]
        assert {(one["actor_name"], UUID(one["object_id"])) for one in found} == {
            (pair.therapist.name, pair.conversation_id)
        }
        assert not {"session_id", "request_id", "purpose"} & set(found[0])
        first = (await http.get(LOG, params={"limit": 1, "kind": Kind.messages})).json()
        rest = (await http.get(LOG, params={"limit": 1, "after": first["next"]})).json()
        assert (first["items"] + rest["items"], rest["next"]) == (found, None)
        assert (await http.get(LOG, params={"kind": Kind.record})).json()["items"] == []
        assert (await http.get(LOG, params={"kind": "all"})).status_code == 422
    async with practice.signed_in(other_pair.client) as http:
        assert (await http.get(LOG)).json() == {"items": [], "next": None}
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(LOG)).status_code == 403


async def test_the_view_shows_a_client_these_verbs_about_them_and_nobody_else_anything(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    insert = text("""
        INSERT INTO audit_events (id, at, actor_id, actor_role, subject_id, action, outcome)
        SELECT uuidv7(), now(), actor, 'therapist', subject, action, outcome
        FROM unnest(CAST(:actions AS text[])) AS action, unnest(CAST(:people AS uuid[])) AS actor,
             unnest(CAST(:people AS uuid[])) AS subject, unnest(ARRAY['success', 'refused']) AS outcome
    """)
    people = [one.id for one in (pair.client, pair.therapist, other_pair.client)]
    async with practice.arrange() as session:
        await session.execute(insert, {"people": people, "actions": [*map(str, AuditAction), "of:tomorrow"]})
    shown = sorted(str(action) for actions in KINDS.values() for action in actions)
    for person in people:
        for role in (None, *Role):
            async with practice.database.unit_of_work(RowContext(person, role)) as session:
                rows = (await session.execute(text("SELECT action, actor_id FROM access_log"))).all()
            others = [one for one in people if one != person]
            expected = [(action, actor) for action in shown for actor in others] if role == Role.client else []
            assert sorted(map(tuple, rows), key=str) == sorted(expected, key=str), (person, role)
