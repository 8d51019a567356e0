"""With a scanner: what it finds something in is kept back for good, and without its answer nothing is accepted."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from afterglow_messaging.attachments import finishing, scanning
from afterglow_messaging.attachments.finishing import Bench
from afterglow_messaging.attachments.refusals import NotScanned
from afterglow_messaging.attachments.scanning import Scanner, Verdict
from afterglow_messaging.settings import Settings
from sqlalchemy import text

from tests.messaging.attachments.scanner import FakeClamd, fake_clamd
from tests.messaging.attachments.sending import EICAR, finish, numbered, picture, ready, send, upload, write
from tests.messaging.practice import Pair, Practice

INFECTED = b"%PDF-1.7\n" + EICAR + b"\n%%EOF\n"


@pytest_asyncio.fixture(loop_scope="session")
async def clamd(practice: Practice) -> AsyncIterator[FakeClamd]:
    async with fake_clamd() as started:
        bench: Bench = practice.app.state.bench
        practice.app.state.bench = replace(bench, scanner=Scanner(started.address))
        yield started


async def test_what_is_clean_is_taken_and_was_seen_as_it_was_sent(practice: Practice, pair: Pair, clamd: FakeClamd):
    content = picture(size=(900, 900), comment=b"as it was sent")
    async with practice.signed_in(pair.client) as http:
        assert (await write(http, pair, await ready(http, pair, content))).status_code == 201
    assert clamd.scanned == [content]


async def test_what_it_finds_something_in_opens_for_nobody(practice: Practice, pair: Pair, clamd: FakeClamd):
    async with practice.signed_in(pair.client) as http:
        made = await upload(http, pair, INFECTED)
        for _ in range(2):  # asked again, it is not scanned again
            answer = await finish(http, made)
            assert (answer.status_code, answer.json()["code"]) == (422, "quarantined")
            assert answer.json()["title"].startswith("This file was kept back")
        assert len(clamd.scanned) == 1
        assert (await write(http, pair, made)).status_code == 422
        assert (await http.delete(made.address)).status_code == 404
        assert (await send(http, made.address, b"more", len(INFECTED))).status_code == 404
        assert (await http.get(f"{made.address}/content")).status_code == 404
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(f"{made.address}/content")).status_code == 404
    (told,) = await practice.audited(action="attachment.quarantined")
    assert (told.actor_id, told.subject_id, str(told.object_id)) == (pair.client.id, pair.client.id, made.id)
    async with practice.arrange() as session:
        chunks = list(await session.scalars(text("SELECT content FROM attachment_chunks")))
    assert chunks
    assert not any(EICAR in chunk for chunk in chunks)


@pytest.mark.parametrize("fault", ["away", "cut", "silent", "too large for it", "no sense"])
async def test_without_its_answer_nothing_is_accepted_yet(
    practice: Practice, pair: Pair, clamd: FakeClamd, monkeypatch: pytest.MonkeyPatch, fault: str
):
    monkeypatch.setattr(scanning, "PATIENCE", 0.3)
    bench: Bench = practice.app.state.bench
    clamd.cut, clamd.silent = fault == "cut", fault == "silent"
    clamd.answer = {"too large for it": b"INSTREAM size limit exceeded. ERROR\0", "no sense": b"x" * 5000}.get(fault)
    if fault == "away":
        practice.app.state.bench = replace(bench, scanner=Scanner("tcp://127.0.0.1:1"))
    async with practice.signed_in(pair.client) as http:
        made = await upload(http, pair, numbered(500))
        answer = await finish(http, made)
        assert (answer.status_code, answer.json()["code"]) == (503, "not_scanned")
        assert "not accepted yet" in answer.json()["title"]
        assert (await write(http, pair, made)).status_code == 422
        clamd.cut = clamd.silent = False
        clamd.answer, practice.app.state.bench = None, bench
        assert (await finish(http, made)).status_code == 200
        assert (await write(http, pair, made)).status_code == 201


async def test_files_wait_for_their_turn_and_not_without_end(
    practice: Practice, pair: Pair, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(finishing, "PATIENCE", 0.05)
    async with practice.signed_in(pair.client) as http:
        made = await upload(http, pair, numbered(500))
        async with practice.app.state.bench.in_turn():
            answer = await finish(http, made)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
            *(503, "still_checking"),
            "5",
        )
        assert (await finish(http, made)).status_code == 200


@pytest.mark.parametrize("address", ["clamd:3310", "http://clamd:3310", "tcp://clamd", "unix:clamd.ctl"])
def test_an_address_that_is_none_is_refused_at_the_start(settings: Settings, address: str):
    with pytest.raises(ValueError, match="clamd"):
        Settings(**settings.model_dump() | {"clamd": address})


@pytest.fixture
def real_clamd(tmp_path: Path) -> Path:
    """Debian's clamd with one signature, made here, under an unprivileged user."""
    if not shutil.which("clamd"):
        pytest.skip("no clamd is installed here")
    tmp_path.chmod(0o777)
    (tmp_path / "eicar.ndb").write_text(f"Eicar-Signature:0:*:{EICAR.hex()}\n")
    socket = tmp_path / "clamd.sock"
    (tmp_path / "clamd.conf").write_text(
        f"DatabaseDirectory {tmp_path}\nLocalSocket {socket}\nForeground yes\nStreamMaxLength 26M\n"
    )
    return socket


async def test_the_real_one_finds_eicar(real_clamd: Path):
    started = await asyncio.create_subprocess_exec(
        *("clamd", "--config-file", str(real_clamd.with_name("clamd.conf"))), stdout=asyncio.subprocess.DEVNULL
    )
    scanner = Scanner(f"unix:{real_clamd}")
    try:
        async with asyncio.timeout(60):
            while await verdict_or_none(scanner, INFECTED) is None:  # noqa: ASYNC110  # it is another process
                await asyncio.sleep(0.2)
        assert await scanner.scan(INFECTED) == Verdict.infected
        assert await scanner.scan(numbered(25 * 1024 * 1024)) == Verdict.clean
    finally:
        started.terminate()
        await started.wait()


async def verdict_or_none(scanner: Scanner, content: bytes) -> Verdict | None:
    try:
        return await scanner.scan(content)
    except NotScanned:
        return None
