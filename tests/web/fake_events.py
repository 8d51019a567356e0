"""Audit events as any service's API answers them."""

from typing import Any

import httpx

THEN = "2026-03-29T20:10:00Z"
Reply = httpx.Response


def event(number: int, **values: Any) -> dict[str, Any]:
    """An audit event; a greater number is a later one."""
    nothing = dict.fromkeys(("actor_id", "actor_role", "subject_id", "object_id", "purpose", "request_id"))
    kept = {
        "id": f"0195e3a0-{number:04d}-7000-8000-000000000000",
        "at": THEN,
        "action": "sign_in",
        "outcome": "success",
    }
    return {**nothing, **kept, **values}


def events_of(request: httpx.Request, events: list[dict[str, Any]]) -> Reply:
    """One page of these, as any service answers it."""
    asked = request.url.params
    found = [one for one in sorted(events, key=lambda one: one["id"], reverse=True) if wanted(one, asked)]
    limit = int(asked["limit"])
    return Reply(200, json={"items": found[:limit], "next": found[limit - 1]["id"] if len(found) > limit else None})


def wanted(one: dict[str, Any], asked: httpx.QueryParams) -> bool:
    same = all(asked.get(name) in {None, one[name]} for name in ("action", "outcome"))
    about = asked.get("person") in {None, one["actor_id"], one["subject_id"]}
    return same and about and ("after" not in asked or one["id"] < asked["after"])


def openings_of(request: httpx.Request, openings: list[dict[str, Any]]) -> Reply:
    """One page of who opened what, as any service answers it; `kind` of an opening is not told."""
    asked = request.url.params
    newest_first = sorted(openings, key=lambda one: one["id"], reverse=True)
    found = [
        one for one in newest_first if asked.get("kind") in {None, one["kind"]} and one["id"] < asked.get("after", "g")
    ]
    shown = found[: int(asked["limit"])]
    told = [{name: value for name, value in one.items() if name != "kind"} for one in shown]
    return Reply(200, json={"items": told, "next": shown[-1]["id"] if len(found) > len(shown) else None})
