"""The PDF of a conversation, set by Typst in the reader's language and on their clock."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from afterglow_design.dates import clock, full_day, long_full_day, moment
from afterglow_design.languages import _, current
from starlette.concurrency import run_in_threadpool

from afterglow_web.conversation_exports.records import Export, Exported
from afterglow_web.messages.records import CoverLine, TeamLine
from afterglow_web.messages.wording import line_sentence
from afterglow_web.wording import local_day

MOST_MESSAGES = 2_000
MOST_CHARACTERS = 1_000_000
LINE = 60  # characters that a line counts for at least: it takes its room on the page however short it is
TEMPLATE = Path(__file__).parent / "conversation.typ"
ONE_AT_A_TIME = asyncio.Lock()  # it takes a processor for a second or two: pages come first


class TooLongToPrintError(Exception):
    """It would take too long, and nobody reads a thousand pages."""


async def printed(export: Export, zone: str) -> bytes:
    """The PDF. Raises TooLongToPrintError above the bounds."""
    length = sum(max(len(line), LINE) for message in export.messages for line in message.lines or [""])
    if len(export.messages) > MOST_MESSAGES or length > MOST_CHARACTERS:
        raise TooLongToPrintError
    content = json.dumps(laid_out(export, zone))
    async with ONE_AT_A_TIME:
        return await run_in_threadpool(set_in_type, content)


def set_in_type(content: str) -> bytes:
    """Typst reads the template and what it is handed: no other file, no font of the machine, no package."""
    import typst  # noqa: PLC0415  # 60 MB that a process which prints nothing does without

    pdf = typst.compile(
        TEMPLATE.read_bytes(),
        root=str(TEMPLATE.parent),
        format="pdf",
        font_paths=fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": content},
    )
    if not isinstance(pdf, bytes):
        raise TypeError("Typst answers one PDF")
    return pdf


@cache
def fonts() -> Any:  # noqa: ANN401  # of a module that is imported late
    import typst  # noqa: PLC0415  # as above

    return typst.Fonts(include_system_fonts=False)


def laid_out(export: Export, zone: str) -> dict[str, Any]:
    """What the template shows, in words of the current language."""
    days = groupby(in_order(export, zone), key=lambda one: local_day(one[0], zone))
    day = full_day(local_day(export.exported_at, zone))
    return {
        "title": title_of(export),
        "about": [_("As it was on %(day)s. Times are those of %(zone)s.", day=day, zone=zone.replace("_", " "))],
        "footer": _("Private. Nothing protects this file but who keeps it."),
        "language": current(),
        "days": [{"name": long_full_day(day), "entries": [one for _, one in of_day]} for day, of_day in days],
    }


def title_of(export: Export) -> str:
    client = export.client.name
    if export.therapist is None:
        return _("Conversation of the care team of %(client)s", client=client)
    return _("Conversation of %(client)s and %(therapist)s", client=client, therapist=export.therapist.name)


def in_order(export: Export, zone: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Messages, and behind each of them who stood in or was in it from then on, with the time of each.

    A line may stand behind a message that the reader does not see: its number is its place all the same.
    """
    by_id = {message.id: message for message in export.messages}
    for one in sorted([*export.messages, *export.covers], key=place):
        if isinstance(one, Exported):
            original = by_id.get(one.reply_to) if one.reply_to else None
            yield one.sent_at, one_message(export, one, original, zone)
        else:
            yield one.at, {"said": line_sentence(one, export, None, zone)}


def place(one: Exported | CoverLine | TeamLine) -> tuple[int, int]:
    return (one.sequence, 0) if isinstance(one, Exported) else (one.after, 1)


def one_message(export: Export, message: Exported, original: Exported | None, zone: str) -> dict[str, Any]:
    notes = []
    if original:
        name = export.writer(original.sender_id)
        notes.append(_("answers %(name)s, %(when)s", name=name, when=moment(original.sent_at, zone)))
    if message.withdrawn_at:
        notes.append(_("withdrawn"))
    elif message.corrected_at:
        notes.append(_("changed %(when)s", when=clock(message.corrected_at, zone)))
    if message.attachments:
        notes.append(_("files: %(names)s", names=", ".join(file.name for file in message.attachments)))
    return {
        "writer": export.writer(message.sender_id),
        "time": clock(message.sent_at, zone),
        "note": " · ".join(notes) or None,
        "lines": message.lines,
    }
