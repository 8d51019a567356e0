"""Roles and databases as SECURITY asks for them, however often they are provisioned."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from afterglow_operator.postgres import Cluster, temporary_cluster
from afterglow_operator.provision import SERVICES, provision, role_names

PASSWORDS = {role: f"made-up-for-{role}" for service in SERVICES for role in role_names(service)}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all tests here, since roles belong to a whole cluster."""
    with temporary_cluster() as started:
        yield started


@pytest.fixture
async def admin(cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    await provision(cluster.admin_url, PASSWORDS)
    connection = await asyncpg.connect(cluster.admin_url)
    yield connection
    await connection.close()


async def connect(cluster: Cluster, service: str, role: str, password: str | None = None) -> asyncpg.Connection:
    return await asyncpg.connect(cluster.url(f"afterglow_{service}", role, password or PASSWORDS[role]))


async def test_no_role_can_pass_row_security_or_make_anything(admin: asyncpg.Connection) -> None:
    rows = {row["rolname"]: row for row in await admin.fetch("SELECT * FROM pg_roles")}
    assert set(PASSWORDS) <= set(rows)
    for role in PASSWORDS:
        assert rows[role]["rolcanlogin"]
        powers = ("rolsuper", "rolbypassrls", "rolcreatedb", "rolcreaterole", "rolreplication", "rolinherit")
        assert not any(rows[role][power] for power in powers), role
    assert (
        await admin.fetchval(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = ANY($1)",
            list(PASSWORDS),
        )
        == 0
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_the_owner_owns_database_and_schema(cluster: Cluster, admin: asyncpg.Connection, service: str) -> None:
    owner = await admin.fetchval(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", f"afterglow_{service}"
    )
    assert owner == f"{service}_owner"
    connection = await connect(cluster, service, f"{service}_owner")
    assert await connection.fetchval("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public'") == (
        f"{service}_owner"
    )
    await connection.execute("CREATE SCHEMA keys; CREATE TABLE mine (id int)")
    await connection.close()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["app", "worker", "auditor"])
async def test_the_others_connect_and_can_make_nothing(
    cluster: Cluster, admin: asyncpg.Connection, service: str, kind: str
) -> None:
    assert not admin.is_closed()
    connection = await connect(cluster, service, f"{service}_{kind}")
    for attempt in ("CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE TEMP TABLE mine (id int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(attempt)
    await connection.close()


async def test_a_service_cannot_connect_to_anothers_database(cluster: Cluster, admin: asyncpg.Connection) -> None:
    assert not admin.is_closed()
    for role in PASSWORDS:
        for service in SERVICES:
            if not role.startswith(service):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connect(cluster, service, role)


async def test_provisioning_again_keeps_data_and_sets_new_passwords(
    cluster: Cluster, admin: asyncpg.Connection
) -> None:
    assert not admin.is_closed()
    owner = await connect(cluster, "portal", "portal_owner")
    await owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await owner.close()
    renewed = PASSWORDS | {"portal_owner": "made-up-anew"}
    await provision(cluster.admin_url, renewed)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(cluster, "portal", "portal_owner")
    owner = await connect(cluster, "portal", "portal_owner", "made-up-anew")
    assert await owner.fetchval("SELECT answer FROM kept") == 42
    await owner.close()


async def test_several_processes_may_provision_at_once(cluster: Cluster) -> None:
    await asyncio.gather(
        provision(cluster.admin_url, PASSWORDS),
        provision(cluster.admin_url, PASSWORDS),
        provision(cluster.admin_url, PASSWORDS, ["portal"], "test_gw0_"),
        provision(cluster.admin_url, PASSWORDS, ["portal"], "test_gw1_"),
    )
    connection = await asyncpg.connect(cluster.url("test_gw1_portal", "portal_app", PASSWORDS["portal_app"]))
    assert await connection.fetchval("SELECT current_database()") == "test_gw1_portal"
    await connection.close()


async def test_a_password_with_quotes_is_taken_as_it_is(cluster: Cluster) -> None:
    awkward = PASSWORDS | {"web_app": 'it\'s; DROP ROLE web_owner --\\ "x"'}
    await provision(cluster.admin_url, awkward, ["web"])
    connection = await asyncpg.connect(
        host="127.0.0.1", port=cluster.port, user="web_app", database="afterglow_web", password=awkward["web_app"]
    )
    assert await connection.fetchval("SELECT current_user") == "web_app"
    await connection.close()
