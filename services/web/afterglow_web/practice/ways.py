"""The ways to get help in a crisis, as rows of a form."""

from collections.abc import Mapping
from typing import Any

from afterglow_design.languages import LazyString, lazy
from afterglow_design.practice import CrisisService

from afterglow_web.practice.fields import Field

MOST = 8
EMPTY_ROWS = 1
KINDS: dict[str, LazyString] = {"tel": lazy("call"), "sms": lazy("write a text message"), "https": lazy("open a page")}


def row_fields(number: int) -> list[Field]:
    """Name, explanation, kind and number or address of one way."""
    return [
        Field(
            f"way_{number}_name", lazy("What it is called"), lazy("Write a name, in at most 60 characters"), longest=60
        ),
        Field(
            f"way_{number}_detail",
            lazy("Who answers, and when (if you like)"),
            lazy("Write at most 120 characters"),
            longest=120,
        ),
        Field(
            f"way_{number}_kind",
            lazy("What one does"),
            kind="choice",
            options=KINDS,
        ),
        Field(
            f"way_{number}_to",
            lazy("Number, or whole address"),
            lazy("Write a number such as 988, or an address that begins with https://"),
            longest=200,
        ),
    ]


def filled(services: tuple[CrisisService, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, service in enumerate(services):
        kind, _, to = service.href.partition(":")
        values |= {
            f"way_{number}_name": str(service.name),
            f"way_{number}_detail": str(service.detail),
            f"way_{number}_kind": kind,
            f"way_{number}_to": service.href if kind == "https" else to,
        }
    return values


def rows_of(values: Mapping[str, str]) -> int:
    """How many rows the form has: those with something in them, and an empty one while there is room."""
    used = [number for number in range(MOST) if any(typed(values, number).values())]
    return min(MOST, (max(used) + 1 if used else 0) + EMPTY_ROWS)


def typed(values: Mapping[str, str], number: int) -> dict[str, str]:
    return {part: values.get(f"way_{number}_{part}", "").strip() for part in ("name", "detail", "to")}


def written(values: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[int]]:
    """The services as auth takes them, and which row each stood in; a row with nothing in it is none."""
    services, rows = [], []
    for number in range(MOST):
        row = typed(values, number)
        if not any(row.values()):
            continue
        kind = values.get(f"way_{number}_kind", "tel")
        to = row["to"] if kind == "https" else f"{kind}:{''.join(row['to'].split())}"
        services.append({"name": row["name"], "detail": row["detail"], "href": to})
        rows.append(number)
    return services, rows
