"""Markdown: what may become of it, and what never does."""

import re
import time

import pytest
from afterglow_web.journal.markdown import render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b**", "<p><em>a</em> <strong>b</strong></p>\n"),
        ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("### a\n# b\n#### c", "<h2>a</h2>\n<h2>b</h2>\n<h3>c</h3>\n"),
        ("[a](https://b.example)", '<p><a href="https://b.example" rel="noopener noreferrer nofollow">a</a></p>\n'),
        ("<mailto:a@b.example>", None),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>\n"),
    ],
)
def test_what_becomes_of_it(text: str, html: str | None) -> None:
    said = str(render(text))
    assert said == html if html else 'href="mailto:a@b.example"' in said


HOSTILE = [
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#115;cript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](data:text/html,x)",
    "[a](vbscript:x)",
    "[a](//elsewhere.example)",
    "[a](/sign-out)",
    "[a](https:/sign-out)",
    "[a](https:sign-out)",
    "[a](https:///sign-out)",
    "<https:/sign-out>",
    "[a](file:///etc/passwd)",
    "<javascript:alert(1)>",
    "![a](https://elsewhere.example/pixel.png)",
    "![a][b]\n\n[b]: javascript:alert(1)",
    '<img src="https://elsewhere.example/x">',
    "<iframe src=x>",
    "&lt;script&gt;",
    "<!-- --><style>*{display:none}</style>",
    '[a](https://b.example "onmouseover=alert(1)" x)',
    "```html\n<script>\n```",
]


def test_nothing_runs_and_nothing_loads() -> None:
    for text in HOSTILE:
        html = str(render(text)).lower()
        assert not [tag for tag in ("<script", "<img", "<iframe", "<style") if tag in html], text
        assert all(link.startswith("https://") for link in re.findall(r'href="([^"]*)', html)), text


BOMBS = ["[" * 20_000, "*a " * 6_000, "_a*" * 6_000, "![[" * 6_000, "[a](b" * 4_000, "<" * 20_000, "> " * 10_000 + "a",
         "".join(f"{' ' * depth}- a\n" for depth in range(190)), "`" * 20_000, "&" * 20_000, "\\" * 20_000]  # fmt: skip


def test_a_text_made_to_be_slow_shows_as_it_was_typed() -> None:
    """All of it, and in a fraction of what the reader would take; what is nested too deep loses no word either."""
    started = time.process_time()
    for bomb in BOMBS:
        assert str(render(bomb)).startswith('<p class="note">')
    assert time.process_time() - started < 5  # reading them would take several times that
    assert "<blockquote>" in str(render("> > > > a"))


def test_lines_across_and_wide_indents_are_no_nesting() -> None:
    for line in ("-" * 60, "*" * 9, " - " * 9, "* * * * * * * * * *", f"a\n{' ' * 30}far to the right"):
        assert "<strong>word</strong>" in str(render(f"**word**\n\n{line}\n\nafter")), line
    assert str(render(f"a\n\n{' ' * 30}- deep")).startswith('<p class="note">')
