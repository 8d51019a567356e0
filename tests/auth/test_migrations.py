"""Migrations: head equals the models, up and down, and row security on every table."""

import asyncio
from collections.abc import Callable

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.tables import Base
from afterglow_foundation.database import Database
from afterglow_foundation.migrations import downgrade, is_ours, upgrade
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase, unsecured_tables
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

OF_BEFORE = (
    "SET LOCAL session_replication_role = replica",  # whom they name need not be there
    """
    INSERT INTO event_receivers (client_id, registered_at, heard_at, stream_id, status)
    SELECT name, now(), now(), gen_random_uuid(), status
    FROM (VALUES ('portal', 'enabled'), ('gone', 'disabled')) AS receiver (name, status)
    """,
    """
    INSERT INTO covers (id, therapist_id, covering_id, starts_at, ends_at, asked_by, created_at)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), now() + interval '1 day',
           gen_random_uuid(), now()
    """,
    """
    INSERT INTO grants (id, kind, cover_id, client_id, therapist_id, starts_at, ends_at)
    SELECT gen_random_uuid(), 'cover', id, gen_random_uuid(), covering_id, starts_at, ends_at FROM covers
    """,
    """
    INSERT INTO grants (id, kind, client_id, therapist_id, reason_code, starts_at, ends_at)
    SELECT gen_random_uuid(), 'break_glass', gen_random_uuid(), gen_random_uuid(), 'danger', now(),
           now() + interval '1 hour'
    """,
)
TOLD = text("""
    SELECT delivery.receiver, event.type, event.payload
    FROM event_deliveries AS delivery JOIN security_events AS event ON event.id = delivery.event_id
""")


def differences(connection: Connection) -> list[object]:
    options = {"include_schemas": True, "include_name": is_ours, "compare_type": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


async def test_head_is_what_the_models_say(committed_superuser: Database):
    async with committed_superuser.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_every_table_has_row_security(database: RolledBackDatabase):
    async with database.arrange() as session:
        assert await unsecured_tables(session) == {"public.alembic_version"}


async def test_the_app_may_do_no_more_than_it_needs(database: RolledBackDatabase):
    asked = text("""
        SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type)
        FROM information_schema.table_privileges WHERE grantee = :role GROUP BY 1
    """)
    async with database.arrange() as session:
        app = dict((await session.execute(asked, {"role": "auth_app"})).all())
        worker = dict((await session.execute(asked, {"role": "auth_worker"})).all())
    assert app == {
        "access_log": "SELECT",
        "alembic_version": "SELECT",
        "audit_events": "INSERT SELECT",
        "authorizations": "INSERT SELECT UPDATE",
        "break_glass_reviews": "INSERT SELECT",
        "care_relationships": "INSERT SELECT",
        "consent_questions": "DELETE INSERT SELECT",
        "consents": "DELETE INSERT SELECT UPDATE",
        "covers": "INSERT SELECT",
        "event_deliveries": "DELETE INSERT SELECT",
        "event_receivers": "DELETE INSERT SELECT UPDATE",
        "factor_resets": "INSERT SELECT",
        "grants": "INSERT SELECT",
        "invitations": "INSERT SELECT",
        "kept_forms": "DELETE INSERT SELECT UPDATE",
        "notice_changes": "INSERT SELECT",
        "notices": "DELETE INSERT SELECT",
        "oauth_clients": "INSERT SELECT",
        "passkey_challenges": "DELETE INSERT SELECT",
        "passkeys": "DELETE INSERT SELECT",
        "people": "INSERT SELECT",
        "people_imports": "DELETE INSERT SELECT",
        "pgqueuer": "INSERT",
        "pgqueuer_log": "INSERT",
        "practice": "INSERT SELECT UPDATE",
        "practice_logos": "INSERT SELECT",
        "proposals": "INSERT SELECT",
        "push_subscriptions": "DELETE INSERT SELECT",
        "pushed_requests": "DELETE INSERT SELECT",
        "recoveries": "SELECT",
        "recovery_codes": "DELETE INSERT SELECT",
        "refresh_tokens": "INSERT SELECT UPDATE",
        "resets": "INSERT SELECT",
        "security_events": "DELETE INSERT SELECT",
        "sessions": "INSERT SELECT UPDATE",
        "sign_in_stages": "DELETE INSERT SELECT UPDATE",
        "sign_in_tries": "DELETE INSERT SELECT UPDATE",
        "signing_keys": "INSERT SELECT UPDATE",
        "terms_acceptances": "INSERT SELECT",
        "totp_secrets": "DELETE INSERT SELECT",
        "used_assertions": "DELETE INSERT SELECT",
    }
    assert worker == {
        "audit_events": "INSERT",
        "authorizations": "SELECT UPDATE",
        "break_glass_reviews": "SELECT",
        "care_relationships": "INSERT SELECT UPDATE",
        "covers": "INSERT SELECT UPDATE",
        "event_deliveries": "INSERT",
        "event_receivers": "SELECT",
        "factor_resets": "INSERT SELECT UPDATE",
        "grants": "INSERT SELECT UPDATE",
        "invitations": "INSERT SELECT UPDATE",
        "notice_changes": "SELECT",
        "notices": "SELECT UPDATE",
        "oauth_clients": "INSERT SELECT UPDATE",
        "passkeys": "DELETE SELECT",
        "people": "INSERT SELECT UPDATE",
        "pgqueuer": "DELETE INSERT SELECT UPDATE",
        "pgqueuer_log": "DELETE INSERT SELECT",
        "pgqueuer_statistics": "SELECT",
        "practice": "SELECT",
        "people_imports": "SELECT UPDATE",
        "proposals": "SELECT UPDATE",
        "push_deliveries": "INSERT SELECT UPDATE",
        "push_subscriptions": "DELETE SELECT",
        "recoveries": "INSERT SELECT UPDATE",
        "recovery_codes": "DELETE SELECT",
        "resets": "INSERT SELECT UPDATE",
        "security_events": "INSERT",
        "sessions": "SELECT UPDATE",
        "sign_in_stages": "DELETE SELECT",
        "signing_keys": "INSERT SELECT UPDATE",
        "terms_acceptances": "INSERT SELECT",
        "totp_secrets": "DELETE SELECT",
    }


@pytest.mark.parametrize("column", ["id", "email", "name", "role", "locale", "time_zone", "created_at", "disabled_at"])
@pytest.mark.usefixtures("person")
async def test_the_app_cannot_change_who_somebody_is(database: RolledBackDatabase, column: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.sessions() as session, session.begin():
            await session.execute(text(f"UPDATE people SET {column} = {column}"))  # noqa: S608  # a column listed above


async def test_the_app_may_change_what_signing_in_changes(database: RolledBackDatabase, person: Person):
    async with database.sessions() as session, session.begin():
        changed = await session.execute(
            text("UPDATE people SET last_sign_in_at = now(), password_hash = 'x' WHERE id = :id RETURNING id"),
            {"id": person.id},
        )
        assert changed.scalar_one() == person.id


@pytest.mark.parametrize("role", ["auth_app", "auth_worker", "auth_owner"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
)
async def test_nobody_changes_the_audit(committed: MigratedDatabase, role: str, statement: str):
    database = Database.connect(committed.urls[role], pool_size=1)
    with pytest.raises(Exception, match=r"append-only|permission denied"):
        async with database.engine.begin() as connection:
            await connection.execute(text(statement))
    await database.close()


async def test_down_and_up_again(make_database: Callable[[str, str], MigratedDatabase]):
    owner = make_database("auth", "revisions").urls["auth_owner"]
    await asyncio.to_thread(downgrade, "afterglow_auth", owner)
    await asyncio.to_thread(upgrade, "afterglow_auth", owner)


async def test_covers_from_before_say_for_whom_and_are_told_anew(make_database: Callable[[str, str], MigratedDatabase]):
    made = make_database("auth", "covered")
    await asyncio.to_thread(downgrade, "afterglow_auth", made.urls["auth_owner"], "0039-1")
    superuser = Database.connect(made.superuser_url)
    async with superuser.engine.begin() as connection:
        for statement in OF_BEFORE:
            await connection.execute(text(statement))
    await asyncio.to_thread(upgrade, "afterglow_auth", made.urls["auth_owner"])
    async with superuser.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT kind, covered_id IS NULL FROM grants ORDER BY kind"))).all()
        told = (await connection.execute(TOLD)).all()
        therapist = (await connection.execute(text("SELECT therapist_id FROM covers"))).scalar_one()
    await superuser.close()
    assert kept == [("break_glass", True), ("cover", False)]
    ((receiver, event_type, payload),) = told
    fact = GrantFact.model_validate(payload)
    assert (receiver, event_type, fact.kind, fact.covered_id) == ("portal", EventType.grant, "cover", therapist)
