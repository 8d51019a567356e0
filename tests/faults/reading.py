"""All of a list, however many pages it has."""

from typing import Any

import httpx


async def every_item(http: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await http.get(path, params={"limit": 100, **after})).raise_for_status().json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}
