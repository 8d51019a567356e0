"""Logos: drawn anew whatever comes, served for good under their hash, and refused where they are no picture."""

import struct
import zlib
from io import BytesIO

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.auth.arranging import Browser, Desk, audited, picture, problem

LOGO = "/api/accounts/practice/logo"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def send(desk: Desk, data: bytes, kind: str = "image/png") -> httpx.Response:
    return await desk.client.put(LOGO, content=data, headers={**desk.headers, "content-type": kind})


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few hundred bytes that says it is some gigabytes of points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_drawn_anew_and_served_for_good(desk: Desk, kind: str, database: RolledBackDatabase):
    answer = await send(desk, picture(kind, size=(1200, 600)), f"image/{kind.lower()}")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["version"] == 0  # whoever changes words meanwhile is not in its way
    served = await desk.client.get(f"/auth/logo/{shown['logo']}.png")
    assert (served.status_code, served.headers["content-type"]) == (200, "image/png")
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["x-content-type-options"] == "nosniff"
    with Image.open(BytesIO(served.content)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (512, 256))
    (event,) = await audited(database, "practice:logo_changed")
    assert (event.actor_id, event.outcome) == (desk.person.id, "success")


async def test_nothing_but_the_points_is_kept(desk: Desk):
    written = PngInfo()
    written.add_text("Comment", "taken at home")
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    data = picture(pnginfo=written, exif=exif)
    assert b"taken at home" in data
    shown = (await send(desk, data)).json()
    served = (await desk.client.get(f"/auth/logo/{shown['logo']}.png")).content
    assert b"taken at home" not in served
    assert b"where I live" not in served
    with Image.open(BytesIO(served)) as drawn:
        assert dict(drawn.getexif()) == {}


async def test_the_same_picture_has_the_same_name_and_another_takes_its_place(desk: Desk):
    first = (await send(desk, picture())).json()["logo"]
    assert (await send(desk, picture())).json()["logo"] == first
    other = (await send(desk, picture(size=(30, 30)))).json()["logo"]
    assert (await desk.get("/practice"))["logo"] == other != first
    assert (await desk.client.get(f"/auth/logo/{first}.png")).status_code == 200  # a page in a browser may name it yet


async def test_it_stands_on_pages_until_it_is_taken_away(desk: Desk, other_browser: Browser):
    href = f"/auth/logo/{(await send(desk, picture())).json()['logo']}.png"
    assert href in (await other_browser.client.get("/auth/sign-in")).text
    answer = await desk.ask("DELETE", "/practice/logo")
    assert (answer.status_code, answer.json()["logo"]) == (200, None)
    assert href not in (await other_browser.client.get("/auth/sign-in")).text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (SVG, "no_picture"),
        (b"", "no_picture"),
        (b"GIF89a" + bytes(200), "no_picture"),
        (picture("GIF"), "no_picture"),
        (picture("BMP"), "no_picture"),
        (picture()[:60], "no_picture"),
        (picture("JPEG")[:200], "no_picture"),
        (b"\x89PNG\r\n\x1a\n" + b"<script>", "no_picture"),
        (bomb(), "too_large"),
        (bomb(4001, 4000), "too_large"),
        (bomb(2**31 - 1, 2**31 - 1), "too_large"),  # Pillow itself refuses even to open it
    ],
)
async def test_what_is_no_logo_names_the_field(desk: Desk, data: bytes, code: str):
    answer = await send(desk, data)
    assert problem(answer) == (422, "invalid_input")
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("logo", code)]


@pytest.mark.parametrize("kind", ["image/svg+xml", "image/gif", "text/html", "application/json", ""])
async def test_only_pictures_are_taken_whatever_is_in_them(desk: Desk, kind: str):
    assert problem(await send(desk, picture(), kind)) == (415, "unsupported_media_type")


async def test_one_that_is_too_large_is_not_read(desk: Desk):
    assert problem(await send(desk, bytes(1_000_001))) == (413, "too_large")


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2fetc", "x"])
async def test_there_is_no_other_file(browser: Browser, name: str):
    assert (await browser.client.get(f"/auth/logo/{name}.png")).status_code in {404, 422}
