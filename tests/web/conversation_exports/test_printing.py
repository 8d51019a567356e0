"""The PDF: words as they were written whatever they look like, fonts inside, bounded, in two languages."""

import json
import re
import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_design.languages import speaking
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_web.conversation_exports import printing
from afterglow_web.conversation_exports.printing import TooLongToPrintError, laid_out, printed, set_in_type
from afterglow_web.conversation_exports.records import Export

from tests.web.browser import Browser, words
from tests.web.fake_messaging import FakeMessaging

MARKUP = '#panic("read") #import "x" #read("/etc/passwd") *a* _b_ $x$ <c> @d `e` // f\n= g\n- h \\ ] } #sys.inputs'
BEGUN = datetime(2026, 3, 1, 8, tzinfo=UTC)
ROWAN, IMANI = new_id(), new_id()


def export_of(*texts: str | None, **last: Any) -> Export:
    messages: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "sequence": number + 1,
            "sender_id": (ROWAN, IMANI)[number % 2],
            "text": text,
            "sent_at": BEGUN + number * timedelta(hours=1),
        }
        for number, text in enumerate(texts)
    ]
    if messages:
        messages[-1] |= last
    parties = {"client": {"id": ROWAN, "name": "#Rowan"}, "therapist": {"id": IMANI, "name": "Imani"}}
    return Export.model_validate({**parties, "exported_at": BEGUN, "messages": messages})


def opened(pdf: bytes) -> bytes:
    """A PDF with its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            unpacked.append(stream)
    return pdf + b"".join(unpacked)


async def test_markup_is_words_and_fonts_are_inside() -> None:
    """Were any of it read as markup, the first word would end the printing."""
    pdf = await printed(export_of(MARKUP, "años ☀️", "\u202e reversed \x07", None), "Europe/London")
    assert pdf.startswith(b"%PDF-")
    assert b"LibertinusSerif" in opened(pdf)
    assert b"FontFile" in opened(pdf)


async def test_nothing_written() -> None:
    assert (await printed(export_of(), "UTC")).startswith(b"%PDF-")


def test_days_and_notes_in_the_readers_language_and_zone() -> None:
    export = export_of("one", "two\r\nthree", None, withdrawn_at=BEGUN)
    export.messages[1].reply_to = export.messages[0].id
    export.messages[0].corrected_at = BEGUN + timedelta(minutes=3)
    (day,) = laid_out(export, "Europe/London")["days"]
    assert day["name"] == "Sunday, 1 March 2026"
    first, second, third = day["entries"]
    file = {"id": new_id(), "name": "a #1.pdf", "media_type": "application/pdf", "size": 3}
    carrying = laid_out(export_of("one", attachments=[file]), "UTC")["days"][0]["entries"][0]
    assert carrying["note"] == "files: a #1.pdf"
    assert (first["writer"], first["time"], first["note"]) == ("#Rowan", "08:00", "changed 08:03")
    assert (second["lines"], second["note"]) == (["two", "three"], "answers #Rowan, Sun 1 Mar, 08:00")
    assert (third["lines"], third["note"]) == ([], "withdrawn")
    with speaking("es"):
        spanish = laid_out(export, "Pacific/Auckland")
    assert (spanish["language"], spanish["days"][0]["entries"][2]["note"]) == ("es", "retirado")
    assert spanish["days"][0]["name"].startswith("domingo")


def test_who_stood_in_is_said_between_the_messages_in_order() -> None:
    times = {"starts_at": BEGUN + timedelta(minutes=30), "ends_at": BEGUN + timedelta(days=1)}
    line = {"covering": {"id": new_id(), "name": "#Sam"}, **times}
    lines = [
        {**line, "id": "a", "kind": "cover_begins", "after": 1, "at": times["starts_at"]},
        {**line, "id": "b", "kind": "cover_ends", "after": 2, "at": times["ends_at"]},
    ]
    export = Export.model_validate({**export_of("one", "two").model_dump(), "covers": lines})
    first, second = laid_out(export, "Europe/London")["days"]
    assert [one.get("said") or one["lines"][0] for one in first["entries"]] == [
        "one",
        "#Sam stands in for Imani from Sun 1 Mar, 08:30 to Mon 2 Mar, 08:00, and does not read this conversation.",
        "two",
    ]
    assert second == {
        "name": "Monday, 2 March 2026",
        "entries": [{"said": "Mon 2 Mar, 08:00: #Sam no longer stands in for Imani."}],
    }
    with_lines_alone = Export.model_validate({**export_of().model_dump(), "covers": [{**lines[0], "after": 0}]})
    assert len(laid_out(with_lines_alone, "UTC")["days"][0]["entries"]) == 1
    assert set_in_type(json.dumps(laid_out(export, "UTC"))).startswith(b"%PDF-")


def test_whoever_joined_late_has_every_line_in_its_place() -> None:
    """Their numbers begin later, and between two of their times there are messages that they do not see."""
    export = export_of("six", "nine")
    export.messages[0].sequence, export.messages[1].sequence = 6, 9
    member = {"id": IMANI, "name": "Imani"}
    lines = [
        {"id": str(number), "kind": kind, "after": after, "at": BEGUN, "member": member}
        for number, (kind, after) in enumerate([("joins", 0), ("leaves", 6), ("joins", 8), ("leaves", 9)])
    ]
    export = Export.model_validate({**export.model_dump(), "covers": lines})
    said = [one.get("said") or one["lines"][0] for day in laid_out(export, "UTC")["days"] for one in day["entries"]]
    joins = "Sun 1 Mar, 08:00: Imani joined the care team, and reads what is written here from then on."
    leaves = "Sun 1 Mar, 08:00: Imani left the care team."
    assert said == [joins, "six", leaves, joins, "nine", leaves]


async def test_two_thousand_messages_in_bounded_time_and_no_more() -> None:
    text = "We talked for an hour about the sea, and I wrote some of it down. " * 6
    begun = time.monotonic()
    pdf = await printed(export_of(*[text] * 2_000), "UTC")
    assert time.monotonic() - begun < 30  # two seconds here; a machine may be busy
    assert len(pdf) > 100_000
    for texts in (["a"] * 2_001, ["a" * 10_000] * 101, ["\n" + "a\n" * 4_900] * 4):
        with pytest.raises(TooLongToPrintError):
            await printed(export_of(*texts), "UTC")


async def test_the_page_gives_it_or_says_why_not(
    browser: Browser,
    client_person: Person,
    therapist: Person,
    messaging: FakeMessaging,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = messaging.open(client_person, therapist, "The sea", MARKUP)
    address = f"/conversations/{found.id}/export"
    await browser.open_signed_in(client_person, address)
    answer = await browser.post(address, {"kind": "pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="messages-[0-9-]{10}\.pdf"', answer.headers["content-disposition"])
    assert answer.content.startswith(b"%PDF-")
    monkeypatch.setattr(printing, "MOST_MESSAGES", 1)
    await browser.get(address)
    refused = await browser.post(address, {"kind": "pdf"})
    assert (refused.status_code, "too long for a PDF" in words(refused)) == (409, True)
    assert (await browser.post(address, {"kind": "exe"})).status_code == 422
