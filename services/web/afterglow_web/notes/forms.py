"""The form of a summary: from what was typed to the body that portal takes."""

from typing import Any
from uuid import UUID

from afterglow_foundation.identifiers import new_id

from afterglow_web.course.forms import Values, text
from afterglow_web.journal.forms import number
from afterglow_web.notes.records import Summary

OPEN, WITHHELD = "open", "withheld"


def values_of(summary: Summary | None) -> Values:
    """What it says now, to be changed under a new id; or nothing yet, and open to its client."""
    if summary is None:
        return {"id": str(new_id()), "base_version": "0", "for": OPEN}
    return {
        "id": str(summary.id),
        "version_id": str(new_id()),
        "base_version": str(summary.version),
        "text": summary.text,
        "for": WITHHELD if summary.withheld else OPEN,
        "withholding_reason": summary.withholding_reason or "",
    }


def contradicts_itself(values: Values) -> bool:
    """A reason to withhold it, and yet open: saved so, its client would read what was meant to be kept back."""
    return values.get("for") != WITHHELD and bool(text(values, "withholding_reason"))


def body_of(values: Values, session_id: UUID) -> dict[str, Any]:
    """With a reason where it is to be withheld; an empty one goes on as it is, and portal names the field."""
    body: dict[str, Any] = {"text": text(values, "text")}
    if values.get("for") == WITHHELD:
        body["withholding_reason"] = text(values, "withholding_reason")
    if number(values.get("base_version", "")):
        return body | {"version_id": values.get("version_id", ""), "base_version": number(values["base_version"])}
    return body | {"session_id": str(session_id)}
