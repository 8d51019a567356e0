"""What happened lately: the person's own events and nobody else's, in plain words, by the days of their own clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent, Verb, record
from afterglow_auth.security.activity.reading import PAGE, about
from afterglow_auth.security.activity.wording import NEVER_TOLD, NOT_ABOUT_A_PERSON, REFUSED_FOR, WORDS, words_of
from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from bs4 import BeautifulSoup
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql

from tests.auth.arranging import Desk
from tests.auth.security.visiting import START, Visitor


async def happened(database: RolledBackDatabase, person_id: UUID, *verbs: Verb) -> None:
    async with database.arrange() as session:
        for verb in verbs:
            await record(session, verb, subject_id=person_id)


async def test_ones_own_acts_and_those_of_others_are_told_apart(visitor: Visitor, other_desk: Desk):
    await other_desk.get(f"/people/{visitor.person.id}")
    page = await visitor.look("/activity")
    assert "You signed in." in page
    assert "in this browser" in page
    assert "Somebody at the practice looked at your account." in page
    assert "192.0.2" not in page  # never from where


async def test_a_refusal_is_told(visitor: Visitor):
    await visitor.browser.submit(await visitor.browser.form(), visitor.person.email, "not the right password")
    page = await visitor.look("/activity")
    assert "Somebody tried to sign in to your account and could not." in page
    assert "did not work" in page


async def test_nobody_reads_what_is_about_others(visitor: Visitor, stranger: Visitor, database: RolledBackDatabase):
    await happened(database, stranger.person.id, Verb.reset_made)
    assert "reset how you sign in" not in await visitor.look("/activity", person_id=str(stranger.person.id))
    assert "reset how you sign in" in await stranger.look("/activity")


async def test_that_downloads_are_held_is_not_told_to_whoever_looks_at_the_page(
    visitor: Visitor, database: RolledBackDatabase
):
    """Somebody may stand beside them: not a word, not an entry, neither when it was done nor when it was refused."""
    before = await entries(visitor)
    await happened(database, visitor.person.id, *sorted(NEVER_TOLD))
    async with database.arrange() as session:
        for verb in sorted(NEVER_TOLD):
            await record(session, verb, subject_id=visitor.person.id, outcome=Outcome.refused)
    assert await entries(visitor) == before
    assert {Verb.exports_held, Verb.exports_released} == NEVER_TOLD


async def entries(visitor: Visitor) -> list[str]:
    page = BeautifulSoup(await visitor.look("/activity"), "html5lib")
    return [entry.get_text() for entry in page.select("li.entry")]


async def test_the_database_shows_each_transaction_its_own_persons_events_only(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person]
):
    await happened(database, person.id, Verb.person_read)
    await happened(database, staff["admin"].id, Verb.person_read)
    for context, seen in (
        (RowContext(), set()),
        (RowContext(new_id(), Role.client), set()),
        (RowContext(person.id, Role.client), {person.id}),
        (RowContext(staff["therapist"].id, Role.therapist), {staff["therapist"].id}),
    ):
        async with database.unit_of_work(context) as session:
            subjects = await session.scalars(select(AuditEvent.subject_id))  # type: ignore[call-overload]  # a column
            assert set(subjects) == seen, context


async def test_pages_follow_each_other_and_none_is_lost_or_twice(visitor: Visitor, database: RolledBackDatabase):
    await happened(database, visitor.person.id, *[Verb.person_read] * PAGE, Verb.reset_used, *[Verb.person_read] * PAGE)
    seen, path, pages = 0, f"{START}/activity", 0
    while path:
        answer = await visitor.browser.client.get(path)
        page = BeautifulSoup(answer.text, "html5lib")
        seen, pages = seen + len(page.select("li.entry")), pages + 1
        more = page.select_one("a.button-quiet")
        path = str(more["href"]) if more else ""
    async with database.arrange() as session:
        everything = await session.scalar(
            text("SELECT count(*) FROM audit_events WHERE subject_id = :id"), {"id": visitor.person.id}
        )
    assert (seen, pages) == (everything, 3)


@pytest.mark.parametrize("before", ["nonsense", "0", "' OR true", str(UUID(int=0))])
async def test_a_cursor_of_somebody_elses_making_shows_no_fault(visitor: Visitor, before: str):
    await visitor.look("/activity", before=before)


async def test_days_are_those_of_the_persons_own_clock(visitor: Visitor, database: RolledBackDatabase):
    """Half past eleven at night in UTC is the next day in Berlin."""
    async with database.arrange() as session:
        at = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
        session.add(AuditEvent(at=at, action=Verb.person_read, subject_id=visitor.person.id, outcome="success"))
    page = await visitor.look("/activity")
    assert "12 March" in page
    assert "00:30" in page


def test_every_verb_about_somebody_has_words():
    """A new verb gets a sentence in `wording.py`, in both languages, or is about nobody, or is not told."""
    assert set(WORDS) | NOT_ABOUT_A_PERSON | NEVER_TOLD == set(Verb)
    assert not set(WORDS) & (NOT_ABOUT_A_PERSON | NEVER_TOLD)


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("outcome", Outcome)
def test_whatever_is_read_has_a_sentence_that_names_nobody(verb: Verb, outcome: Outcome):
    owner = new_id()
    for actor, purpose in ((owner, None), (new_id(), None), (None, "too_soon"), (None, "of a newer version")):
        event = AuditEvent(action=verb, actor_id=actor, subject_id=owner, purpose=purpose, outcome=outcome)
        sentence = str(words_of(event, owner))
        assert sentence.endswith(".")
        assert str(owner) not in sentence
        if purpose in REFUSED_FOR and outcome == Outcome.refused:
            assert sentence == str(REFUSED_FOR[purpose])


def test_a_verb_of_a_newer_version_is_told_in_general_words():
    assert str(words_of(AuditEvent(action="of:tomorrow", outcome="success"), new_id()))


async def test_the_index_finds_a_page_without_reading_other_peoples_events(database: RolledBackDatabase):
    person_id = new_id()
    async with database.arrange() as session:
        await session.execute(
            text("""
                INSERT INTO audit_events (id, at, subject_id, action, outcome)
                SELECT gen_random_uuid(), now(), CASE n % 100 WHEN 0 THEN CAST(:id AS uuid) ELSE gen_random_uuid() END,
                    'person:read', 'success' FROM generate_series(1, 20000) n
            """),
            {"id": person_id},
        )
        await session.execute(text("ANALYZE audit_events"))
    asked = about(person_id, new_id(), PAGE).compile(
        dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
    )
    async with database.unit_of_work(RowContext(person_id, Role.client)) as session:
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {asked}")))
    assert "ix_audit_events_subject_id_id" in plan
    assert "Seq Scan" not in plan


async def test_a_session_that_ended_reads_nothing(visitor: Visitor, database: RolledBackDatabase):
    async with database.arrange() as session:
        await session.execute(text("UPDATE sessions SET ended_at = now()"))
    for path in ("", "/activity", "/sessions"):
        answer = await visitor.browser.client.get(START + path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/auth/sign-in?next=%2Fauth%2Fsecurity")


async def test_being_there_keeps_the_session_alive(visitor: Visitor, database: RolledBackDatabase):
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    async with database.arrange() as session:
        await session.execute(text("UPDATE sessions SET last_seen_at = :at"), {"at": long_ago})
    await visitor.look()
    async with database.arrange() as session:
        seen = await session.scalar(text("SELECT last_seen_at FROM sessions"))
    assert seen > long_ago
