"""Words in texts: found whatever case and accents, and shown with what stands around them."""

import pytest
from afterglow_foundation.sought import around, holds, plain


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        ("The café by the SEA", "cafe sea", True),
        ("Años atrás", "ANOS ATRAS", True),
        ("STRASSE", "straße", True),
        ("the sea", "sea land", False),
        ("100 %", "%", True),
    ],
)
def test_every_word_is_wanted(text: str, question: str, found: bool) -> None:  # a case of the table
    assert holds(text, plain(question).split()) is found


def test_what_stands_around_the_first_of_the_words() -> None:
    text = f"{'before ' * 30}**The sea** {'after ' * 40}"
    shown = around(text, ["sea"], 80)
    assert shown.startswith("…before")
    assert "The sea after" in shown
    assert shown.endswith("after…")
    assert len(shown) <= 81


def test_a_text_without_a_space_is_cut_all_the_same() -> None:
    assert around("x" * 500 + "sea" + "y" * 500, ["sea"], 80).startswith("…xxx")
    assert "sea" in around("x" * 500 + "sea" + "y" * 500, ["sea"], 80)
