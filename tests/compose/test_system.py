"""docker-compose.yml, for real: what each container may, who gets in, and that no power cut loses a word."""

import asyncio
import json
import os
import secrets
import signal
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id

from tests.compose.practice import ADMIN, CLIENT, INVITATION, THERAPIST, Practice, Writers, conversation_of
from tests.compose.project import Project, docker, service_of
from tests.journeys import story
from tests.messaging.processes import Stream

RUNNING = {"auth", "portal", "messaging", "web", "gateway", "postgres"}
OURS = {*RUNNING, "secrets", "init"}
UNDER_LOAD = 3.0
RECOVERY = 90


def by_service(project: Project) -> dict[str, dict[str, Any]]:
    return {service_of(container): container for container in project.containers() if service_of(container) in OURS}


# ---- what every container may and may not


def test_nothing_runs_as_root_or_could_become_it(project: Project) -> None:
    found = by_service(project)
    assert set(found) == OURS
    for name, container in found.items():
        host = container["HostConfig"]
        user, group = container["Config"]["User"].split(":")
        assert int(user) > 0 < int(group), name
        assert host["CapDrop"] == ["ALL"], name
        assert (host["CapAdd"] or []) == (["CAP_NET_BIND_SERVICE"] if name == "gateway" else []), name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert not host["Privileged"], name
        assert host["PidMode"] in {"", None}, name


def test_the_kernel_says_so_too(project: Project) -> None:
    """Of the processes themselves: no capability in effect, and none to be had."""
    for name in RUNNING:
        told = project.inside(name, "cat", "/proc/1/status")
        status = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
        assert status["NoNewPrivs"] == "1", name
        assert int(status["CapEff"], 16) == 0, name
        assert int(status["CapBnd"], 16) == (1 << 10 if name == "gateway" else 0), name
        assert status["Uid"].split()[0] != "0", name


def test_file_systems_are_read_only_and_nothing_writable_runs(project: Project) -> None:
    for name, container in by_service(project).items():
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], name
        writable = {mount["Destination"] for mount in container["Mounts"] if mount["RW"] and mount["Type"] == "volume"}
        expected = {
            "gateway": {"/certificates"},
            "postgres": {"/var/lib/postgresql"},
        }
        if name in RUNNING:
            assert writable == expected.get(name, set()), name
        assert all("exec" not in options.split(",") for options in host["Tmpfs"].values()), name


def test_the_machine_is_shared_within_bounds(project: Project) -> None:
    for name, container in by_service(project).items():
        host = container["HostConfig"]
        assert 0 < host["Memory"] <= 2**30, name
        assert 0 < host["PidsLimit"] <= 512, name
        assert 0 < host["NanoCpus"] <= 2e9, name
        assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "5"}, name
        assert host["RestartPolicy"]["Name"] == ("always" if name in RUNNING else "no"), name
        assert name not in RUNNING or container["State"]["Health"]["Status"] == "healthy", name


def test_two_networks_and_one_door(project: Project) -> None:
    found = by_service(project)
    networks = {
        name: {network.removeprefix(f"{project.name}_") for network in container["NetworkSettings"]["Networks"]}
        for name, container in found.items()
    }
    assert networks == {
        **{name: {"edge", "data"} for name in ("auth", "portal", "messaging", "web")},
        "gateway": {"edge"},
        "postgres": {"data"},
        "init": {"data"},
        "secrets": {"none"},
    }
    published = {name: container["HostConfig"]["PortBindings"] for name, container in found.items()}
    assert set(published.pop("gateway")) == {f"{project.ports[0]}/tcp", "80/tcp"}
    assert not any(published.values())
    assert "true" in docker("network", "inspect", "--format", "{{.Internal}}", f"{project.name}_data")


def test_nobody_mounts_anothers_secrets(project: Project) -> None:
    found = by_service(project)
    prefix, suffix = f"{project.name}_", "-secrets"
    for name in RUNNING:
        mounted = [mount for mount in found[name]["Mounts"] if mount.get("Name", "").endswith(suffix)]
        owners = {mount["Name"].removeprefix(prefix).removesuffix(suffix) for mount in mounted}
        assert owners == ({name} if name != "gateway" else set()), name
        assert not any(mount["RW"] for mount in mounted), name


def test_no_secret_stands_in_an_environment_an_image_or_a_log(project: Project) -> None:
    script = "cat /secrets/*/* | tr -s '\\n' ' '"
    kept = project.compose("run", "--rm", "--no-TTY", "--no-deps", "secrets", "sh", "-c", script)
    words = {part for part in kept.replace('"', " ").replace(":", " ").replace("@", " ").split() if len(part) >= 32}
    assert len(words) > 20
    told = docker("inspect", *(container["Id"] for container in project.containers()))
    told += docker("image", "inspect", *{container["Image"] for container in project.containers()})
    told += project.compose("logs", "--no-color", *sorted(OURS), "mailbox")
    assert [word for word in words if word in told] == []
    assert project.mail_password not in told.replace(f"MAILBOX_PASSWORD={project.mail_password}", "")


# ---- the front door


def test_the_certificate_is_the_only_one_trusted_and_http_leads_to_it(project: Project, trust: ssl.SSLContext) -> None:
    with httpx.Client(verify=trust) as http:
        answer = http.get(f"{project.base_url}/healthz")
        assert answer.status_code == HTTPStatus.OK
        assert answer.headers["strict-transport-security"] == "max-age=60"  # a browser's localhost is not ours to keep
        led = http.get(f"http://localhost:{project.ports[1]}/help?x=1")
        assert (led.status_code, led.headers["location"]) == (308, f"{project.base_url}/help?x=1")
        assert http.get(f"{project.base_url}/", headers={"host": "evil.example"}).status_code == 421
        assert http.get(f"{project.base_url}/internal/events/snapshot").status_code == HTTPStatus.NOT_FOUND


async def test_the_first_admin_is_invited_once_by_mail_and_in_the_log(practice: Practice) -> None:
    assert links_in_log(practice.project) == [await practice.mailbox.link_for(ADMIN.email, INVITATION)]


def links_in_log(project: Project) -> list[str]:
    told = project.compose("logs", "--no-color", "--no-log-prefix", "init")
    return [line for line in told.splitlines() if INVITATION in line]


async def test_the_whole_story(practice: Practice) -> None:
    await story.tell(practice.visit, practice.mailbox, admin_name=ADMIN.name, therapist_name=THERAPIST.name)


def test_auth_believes_the_gateway_about_where_people_come_from(project: Project) -> None:
    """Counting by the gateway's own address, back-off would keep everybody waiting for one."""
    found = by_service(project)
    (gateway,) = found["gateway"]["NetworkSettings"]["Networks"].values()
    settings = dict(entry.partition("=")[::2] for entry in found["auth"]["Config"]["Env"])
    (trusted,) = json.loads(settings["AFTERGLOW_TRUSTED_PROXIES"])
    assert ip_address(gateway["IPAddress"]) in ip_network(trusted)


def test_the_doctor_finds_nothing_wrong(practice: Practice) -> None:
    found = json.loads(practice.project.operator("doctor", "--json"))
    assert found["ok"]
    unknown = {finding["what"] for finding in found["findings"] if finding["state"] == "unknown"}
    assert unknown <= {"gateway", "mail server"}  # the operator's container does not see the one, and asks early


# ---- again, more of it, and after a power cut


def test_up_once_more_changes_nothing(practice: Practice) -> None:
    project = practice.project
    before = {container["Id"]: container["State"]["StartedAt"] for container in project.running()}
    kept = "sha256sum /secrets/*/* | sort"
    secrets_before = project.compose("run", "--rm", "--no-TTY", "--no-deps", "secrets", "sh", "-c", kept)
    project.up()
    assert {container["Id"]: container["State"]["StartedAt"] for container in project.running()} == before
    assert project.compose("run", "--rm", "--no-TTY", "--no-deps", "secrets", "sh", "-c", kept) == secrets_before
    assert len(links_in_log(project)) == 1
    invited = [mail for mail in project.mails() if mail["to"] == ADMIN.email and INVITATION in mail["text"]]
    assert len(invited) == 1


def own_address(container: dict[str, Any], project: Project) -> str:
    return f"http://{container['NetworkSettings']['Networks'][f'{project.name}_edge']['IPAddress']}:8000"


@asynccontextmanager
async def following(reader: httpx.AsyncClient) -> AsyncIterator[Stream]:
    async with reader.stream("GET", "/api/messaging/events", timeout=None) as answer:
        assert answer.status_code == HTTPStatus.OK
        yield Stream(answer)


async def test_what_one_replica_takes_the_other_delivers(practice: Practice) -> None:
    project = practice.project
    await asyncio.to_thread(project.up, "--scale", "portal=2", "--scale", "messaging=2")
    one, other = [own_address(container, project) for container in project.running("messaging")]
    for writing, reading in ((one, other), (other, one)):
        writer, reader = await practice.api(CLIENT, writing), await practice.api(THERAPIST, reading)
        async with writer, reader, following(reader) as stream:
            conversation = await conversation_of(writer)
            await stream.next()
            text = f"Across replicas {secrets.token_hex(4)}"
            sent = time.monotonic()
            path = f"/api/messaging/conversations/{conversation}/messages/{new_id()}"
            assert (await writer.put(path, json={"text": text})).status_code == HTTPStatus.CREATED
            assert await stream.texts(1) == [text]
            assert time.monotonic() - sent < 2


async def test_the_gateway_asks_every_replica(practice: Practice) -> None:
    async with await practice.api(CLIENT) as program:
        for path in ("/api/portal/check-ins", "/api/messaging/conversations"):
            answers = await asyncio.gather(*(program.get(path) for _ in range(40)))
            assert {answer.status_code for answer in answers} == {HTTPStatus.OK}
    for service in ("portal", "messaging"):
        for container in practice.project.running(service):
            async with httpx.AsyncClient() as http:
                measured = (await http.get(f"{own_address(container, practice.project)}/metrics")).text
            assert 'status="200"' in "".join(line for line in measured.splitlines() if "/api/" in line), service


def cut_the_power(project: Project) -> None:
    """Every process at once, as the engine sees it when they die; it starts them again by itself."""
    for container in project.running():
        os.kill(container["State"]["Pid"], signal.SIGKILL)


def kill_and_boot(project: Project) -> None:
    """`docker kill` of everything, and what the engine does when it starts: all at once, in no order.

    The engine takes a kill as somebody's wish and leaves it at that until it starts itself, which is not ours to do
    here; then it starts what has the policy `always` (docs/operations.md says what was tried).
    """
    running = [container["Id"] for container in project.running()]
    docker("kill", *running)
    assert project.running() == []
    docker("start", *secrets.SystemRandom().sample(running, len(running)))


async def test_a_power_cut_loses_nothing_that_was_acknowledged(practice: Practice) -> None:
    project = practice.project
    writers = await Writers.of(practice)
    before = await writers.stored()
    running = {container["Id"] for container in project.running()}
    stop = asyncio.Event()
    writing = [asyncio.create_task(ledger.keep_writing(send, stop)) for ledger, send in writers.sends()]
    cuts = [cut_the_power] if os.geteuid() == 0 else []  # killing past the engine takes root
    for cut in (*cuts, kill_and_boot):
        await asyncio.sleep(UNDER_LOAD)
        await asyncio.to_thread(cut, project)
        await answering(practice)
    await asyncio.sleep(UNDER_LOAD)
    stop.set()
    async with asyncio.timeout(RECOVERY):
        await asyncio.gather(*writing)
    ledgers = [*writers.check_ins, *writers.messages]
    assert [refusal for ledger in ledgers for refusal in ledger.refused] == []
    assert all(ledger.acknowledged for ledger in ledgers)
    assert [ledger.name for ledger in ledgers if "500" in ledger.repeated] == [], "a power cut is no fault of ours"
    assert await writers.stored() - before == writers.acknowledged()
    assert {container["Id"] for container in project.running()} == running


async def answering(practice: Practice) -> None:
    """Wait until the gateway says that web is ready; nobody helps."""
    async with asyncio.timeout(RECOVERY), httpx.AsyncClient(verify=practice.trust) as http:
        while True:
            try:
                answer = await http.get(f"{practice.project.base_url}/healthz")
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return
            await asyncio.sleep(0.2)
