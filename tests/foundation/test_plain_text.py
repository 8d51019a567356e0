"""Markdown as lists show it: words without marks, cut between two of them."""

import pytest
from afterglow_foundation.plain_text import as_read, cut, line_as_read
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("# At *night*", "At night"),
        ("> > - a **very _old_** `song`", "a very old song"),
        ("12. [the sea](https://example.org/a_b) and ![a boat](x)", "the sea and a boat"),
        ("***all three***", "all three"),
        ("2*3 and 3*4, snake_case, a * b", "2*3 and 3*4, snake_case, a * b"),
        (r"\*not softly\* and \# no heading", "*not softly* and # no heading"),
        ("Title\n=====\n\n---\nfirst\n\n```\nsecond\n```", "Title first second"),
        ("- \n-\nword", "- word"),
        ("🌊", "🌊"),
        ("  spaces \t and\u00a0more ", "spaces and more"),
        ("", ""),
    ],
)
def test_as_read(text: str, read: str) -> None:
    assert as_read(text) == read


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 9, "one two…"),
        ("one, two three", 5, "one…"),
        ("unbreakable", 6, "unbre…"),
        ("", 5, ""),
    ],
)
def test_cut(text: str, longest: int, short: str) -> None:
    assert cut(text, longest) == short


@given(st.text(), st.integers(2, 50))
@example("word " * 20, 50)
@example("a" * 20 + " b", 20)
def test_never_longer_and_never_within_a_word_that_fits(text: str, longest: int) -> None:
    text = " ".join(text.split())
    short = cut(text, longest)
    assert len(short) <= longest
    if short != text:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


@pytest.mark.parametrize("flood", ["*a", "[", "`a ", "_", "> ", "[a](", "\\", "*a*", "#"])
def test_what_is_made_to_be_slow_is_read_all_the_same(flood: str) -> None:
    """The whole suite's timeout is the limit: squares of this length would not end within it."""
    text = (flood * 20_000)[:20_000]
    assert len(line_as_read(text)) <= len(text)
