"""Web push from the button on the page to what shows on the phone, with a push service that is this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from afterglow_auth.notices.models import Notice
from afterglow_auth.notices.service import SEND_NOTICE
from afterglow_foundation import jobs
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_operator.sites.demonstration import Demonstration as Site
from playwright.async_api import Page, expect

from tests.auth.push.receiving import Receiver, verified
from tests.journeys.browsing import PATIENCE, Visit
from tests.journeys.visitor import Visitor

CLIENT = "Grace Yamamoto"
# Chromium has no push service in a private window; what it would say of one is said instead.
SUBSCRIBING = """
    const said = SUBSCRIPTION;
    const one = { toJSON: () => said, unsubscribe: async () => { localStorage.removeItem("there"); return true; } };
    PushManager.prototype.getSubscription = async () => (localStorage.getItem("there") ? one : null);
    PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
        localStorage.setItem("there", `${userVisibleOnly} ${applicationServerKey}`);
        return one;
    };
"""
SHOWN = """async () => {
    const registration = await navigator.serviceWorker.ready;
    const all = await registration.getNotifications();
    return all.map(({ title, body, icon, tag, data, actions }) => ({ title, body, icon, tag, data, actions }));
}"""


async def rung(page: Page) -> list[dict[str, Any]]:
    """What the worker shows, as soon as it shows anything."""
    for _ in range(round(PATIENCE / 100)):
        if shown := await page.evaluate(SHOWN):
            return list(shown)
        await asyncio.sleep(0.1)
    raise AssertionError("Nothing is shown.")


@asynccontextmanager
async def push_service(receiver: Receiver) -> AsyncIterator[asyncio.Event]:
    """Listens on this machine and gives its receiver what comes; set once something did."""
    came = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await reader.readexactly(int({k.lower(): v for k, v in headers.items()}["content-length"]))
        method, path, _ = first.split(" ")
        receiver.answer(
            httpx.Request(method, f"{receiver.endpoint.rpartition('/')[0]}{path}", headers=headers, content=body)
        )
        writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        came.set()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    receiver.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a-browser"
    async with server:
        yield came


async def be_told(var: Path, person: str) -> None:
    """A service hands over what is due now."""
    database = Database.connect(Site.find(var).database_url("auth", "app"), pool_size=1)
    now = datetime.now(UTC)
    times = {"not_before": now, "expires_at": now + timedelta(hours=1), "taken_at": now, "send_at": now}
    notice = Notice(service="portal", id=new_id(), person_id=UUID(person), kind="messages", **times)
    async with database.unit_of_work(RowContext(role=Role.service)) as session:
        session.add(notice)
        await session.flush()
        await jobs.enqueue(session, SEND_NOTICE, {"service": "portal", "id": str(notice.id)})
    await database.close()


async def deliver(page: Page, origin: str, text: bytes) -> None:
    """As the browser does once it has decrypted a message."""
    devtools = await page.context.new_cdp_session(page)
    registered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def note(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not registered.done():
                registered.set_result(one["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", note)
    await devtools.send("ServiceWorker.enable")
    async with asyncio.timeout(PATIENCE / 1000):
        identifier = await registered
    message = {"origin": origin, "registrationId": identifier, "data": text.decode()}
    await devtools.send("ServiceWorker.deliverPushMessage", message)


async def add_this_browser(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto("/notices")
    for label in ("From", "Until"):
        await page.get_by_label(label, exact=True).fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#main").get_by_text("This holds from now on")).to_be_visible()
    await page.get_by_role("button", name="Have notices come to this browser").click()
    await expect(page.locator("#main").get_by_text("From now on notices come to this browser too.")).to_be_visible()
    await expect(page.get_by_text("Signing out ends that.")).to_be_visible()
    await expect(page.get_by_role("radio", name="On my browsers")).to_be_checked()


async def test_a_notice_rings_at_a_browser_and_names_nobody_until_signing_out(visit: Visit, var: Path) -> None:
    receiver = Receiver()
    async with (
        push_service(receiver) as came,
        visit("phone", service_workers="allow", permissions=["notifications"]) as visitor,
    ):
        page, origin = visitor.page, visitor.demonstration.base_url
        await page.add_init_script(SUBSCRIBING.replace("SUBSCRIPTION", json.dumps(receiver.subscription)))
        await visitor.sign_in(CLIENT)
        await page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.state)")
        await add_this_browser(visitor)
        visible, key = (await page.evaluate("localStorage.getItem('there')")).split(" ")
        await be_told(var, visitor.demonstration.account(CLIENT).id)
        async with asyncio.timeout(PATIENCE / 1000):
            await came.wait()
        [request] = receiver.requests
        assert (visible, verified(request, key)["aud"]) == ("true", receiver.endpoint.rpartition("/")[0])
        text = receiver.decrypt(request.content)
        assert json.loads(text) == {"title": "Client portal", "body": "Something new for you", "lang": "en"}
        await deliver(page, origin, text)
        [shown] = await rung(page)
        assert {name: shown[name] for name in ("title", "body", "tag", "data", "actions")} == {
            "title": "Client portal",
            "body": "Something new for you",
            "tag": "notice",
            "data": None,
            "actions": [],
        }
        assert "icon-192" in shown["icon"]
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        assert await page.evaluate("[localStorage.getItem('there'), localStorage.getItem('afterglow-ringing')]") == [
            None,
            None,
        ]


async def test_without_scripts_a_browser_is_told_that_mail_is_the_way(visit: Visit) -> None:
    async with visit("phone", javascript=False) as visitor:
        await visitor.sign_in(CLIENT)
        await visitor.page.goto("/notices")
        assert "so this browser cannot be added. Mail is the way." in await visitor.page.content()
        await expect(visitor.page.get_by_role("button", name="Have notices come")).to_be_hidden()


async def test_who_said_no_is_told_how_it_stands(visit: Visit) -> None:
    async with visit("phone", service_workers="allow") as visitor:
        await visitor.page.add_init_script(
            'Object.defineProperty(Notification, "permission", { get: () => "denied" });'
        )
        await visitor.sign_in(CLIENT)
        await visitor.page.goto("/notices")
        await expect(visitor.page.get_by_text("has been told not to show notices")).to_be_visible()
        await expect(visitor.page.get_by_role("button", name="Have notices come")).to_be_hidden()
