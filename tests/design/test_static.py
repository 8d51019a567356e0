"""Hashed names: stable, followed inside stylesheets and modules, kept for good by browsers."""

import re

import httpx
import pytest
from afterglow_design import static
from fastapi import FastAPI


@pytest.fixture
async def client(gallery: FastAPI):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gallery), base_url="http://test") as client:
        yield client


async def test_hashed_names_are_immutable_and_plain_names_are_asked_again(client: httpx.AsyncClient):
    asset = static.collect()["afterglow.css"]
    hashed = await client.get(f"/static/{asset.hashed_name}")
    plain = await client.get("/static/afterglow.css")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"] == "text/css; charset=utf-8"
    assert hashed.headers["x-content-type-options"] == "nosniff"
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.content == hashed.content


async def test_known_content_is_not_sent_again(client: httpx.AsyncClient):
    first = await client.get("/static/icon.svg")
    again = await client.get("/static/icon.svg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["afterglow.000000000000.css", "../templates/base.html", "vendor/.stamp", "", "%2e%2e/py.typed"]
)
async def test_other_names_are_not_found(client: httpx.AsyncClient, path: str):
    assert (await client.get(f"/static/{path}")).status_code == 404


async def test_only_reading_is_allowed(client: httpx.AsyncClient):
    answer = await client.post("/static/icon.svg")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert (await client.head("/static/icon.svg")).status_code == 200


async def test_every_address_on_the_page_and_in_its_files_resolves(client: httpx.AsyncClient):
    page = (await client.get("/gallery")).text
    addresses = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    assert len(addresses) >= 6
    for address in addresses:
        answer = await client.get(address)
        assert answer.headers["cache-control"] == static.IMMUTABLE
        for inner in re.findall(r'(?:url\("|from ")\./([^"]+)', answer.text if address.endswith(("css", "js")) else ""):
            assert (await client.get(f"/static/{inner}")).headers["cache-control"] == static.IMMUTABLE


def test_the_stylesheet_points_at_hashed_fonts():
    assets = static.collect()
    fonts = re.findall(r'url\("\./([^"]+\.woff2)"\)', assets["afterglow.css"].content.decode())
    assert sorted(fonts) == sorted(asset.hashed_name for name, asset in assets.items() if name.endswith(".woff2"))


def test_a_changed_file_renames_what_refers_to_it():
    before, after = ({"a.css": b'@import url("./b.css");', "b.css": text} for text in (b"one", b"two"))
    names = [static._build("a.css", sources, {}, ()).hashed_name for sources in (before, after)]
    assert names[0] != names[1]


def test_a_reference_to_nothing_stops_the_start():
    with pytest.raises(LookupError, match=r"b\.css"):
        static._build("a.css", {"a.css": b'@import url("./b.css");'}, {}, ())


def test_nested_files_refer_to_their_neighbours():
    sources = {"live/a.js": b'import { b } from "../b.js";', "b.js": b"export const b = 1;"}
    assets: dict[str, static.Asset] = {}
    built = static._build("live/a.js", sources, assets, ())
    assert built.content.decode() == f'import {{ b }} from "../{assets["b.js"].hashed_name}";'


def test_what_a_module_imports_is_known_all_the_way_down():
    sources = {"a.js": b'import "./b.js";', "b.js": b'import { c } from "./c.js";', "c.js": b"export const c = 1;"}
    assets: dict[str, static.Asset] = {}
    assert static._build("a.js", sources, assets, ()).refers_to == {"b.js", "c.js"}
    assert assets["c.js"].refers_to == frozenset()
