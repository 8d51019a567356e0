"""Which words of a message are addresses of this portal, and which only look like one."""

import time

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_web.references.addresses import mentions, replaced

HERE = "https://portal.example.org"
ONE, CLIENT = "0195e3a0-0000-7000-8000-000000000001", "0195e3a0-0000-7000-8000-0000000000aa"
JOURNAL, OF_CLIENT = f"/journal/{ONE}", f"/clients/{CLIENT}/journal/{ONE}"
SESSION, DESK = f"/path#session-{ONE}", f"/clients/{CLIENT}/course/sessions/{ONE}"


@pytest.mark.parametrize(
    ("text", "kind", "client"),
    [
        (JOURNAL, "journal_entry", None),
        (HERE + JOURNAL, "journal_entry", None),
        (f"{HERE}{OF_CLIENT}?saved=new#notes", "journal_entry", CLIENT),
        (f"{HERE}/check-ins/{ONE}", "check_in", None),
        (HERE + SESSION, "session", None),
        (HERE + DESK, "session", CLIENT),
        (HERE.upper() + JOURNAL.upper(), "journal_entry", None),
    ],
)
@pytest.mark.parametrize("around", ["{}", "see {}.", "({})", "a\n{}\nb", "<{}>", "«{}»", "“{}”, then", "\u202e{}"])
def test_addresses_of_pages(text: str, kind: str, client: str | None, around: str) -> None:
    said = around.format(text)
    found = list(mentions(said, HERE))
    if around.startswith("\u202e"):  # what turns the reading round is no space: nothing hides before an address
        assert found == []
        return
    (mention,) = found
    assert (mention.reference.kind, str(mention.reference.id)) == (kind, ONE)
    assert mention.client is None if client is None else str(mention.client) == client
    assert said[mention.start : mention.end] == text
    assert replaced(said, HERE, lambda _: "it") == around.format("it")


@pytest.mark.parametrize(
    "text",
    [
        f"https://evil.example{JOURNAL}",
        f"https://evil.example/?to={HERE}{JOURNAL}",
        f"{HERE}@evil.example{JOURNAL}",
        f"{HERE}.evil.example{JOURNAL}",
        f"{HERE}:8443{JOURNAL}",
        f"http://portal.example.org{JOURNAL}",
        f"//evil.example{JOURNAL}",
        f"https://evil.example#{JOURNAL}",
        f"javascript:{JOURNAL}",
        f"{JOURNAL}/write",
        f"{JOURNAL}0",
        f"{JOURNAL}@evil.example",
        f"{JOURNAL}:80",
        f"/journal/{ONE[:-1]}",
        "/journal/new",
        f"/messages/{ONE}",
        f"x{JOURNAL}",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert list(mentions(text, HERE)) == []


def test_many_and_made_to_be_slow_in_bounded_time() -> None:
    ids = [str(new_id()) for _ in range(150)]
    assert [str(one.reference.id) for one in mentions(" ".join(f"/journal/{one}" for one in ids), HERE)] == ids
    for evil in ("/journal/" * 1_111, "?#" * 5_000, f"{JOURNAL}{'?a=b' * 2_400}@", " " * 10_000, "/clients/" * 1_111):
        began = time.perf_counter()
        list(mentions(evil, HERE))
        assert time.perf_counter() - began < 0.5
