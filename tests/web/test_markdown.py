"""Markdown: what may become of it, and what never does."""

import re
import time
from collections.abc import Callable
from itertools import product

import pytest
from afterglow_web.markdown import place, render, render_said
from markupsafe import Markup


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


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One:\n- *a*\n- **b**", "<p>One:</p>\n<ul>\n<li><em>a</em></li>\n<li><strong>b</strong></li>\n</ul>\n"),
        ("# one\n---\n    `two` &amp; ~~~", "<p># one<br />\n---<br />\n`two` &amp;amp; ~~~</p>\n"),
        ("5 * 3 * 2, snake_case_name", "<p>5 * 3 * 2, snake_case_name</p>\n"),
        ("https://", "<p>https://</p>\n"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>\n"),
    ],
)
def test_what_people_say_to_each_other_knows_less_of_it(text: str, html: str) -> None:
    assert str(render_said(text)) == html


@pytest.mark.parametrize("reading", [render, render_said])
@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("1986. was the year", "<p>1986. was the year</p>\n"),
        ("It was in\n1986. Then", "<p>It was in<br />\n1986. Then</p>\n"),
        ("> 120) of them", "<blockquote>\n<p>120) of them</p>\n</blockquote>\n"),
        ("1. one\n2. two", "<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n"),
        ("31. the last", '<ol start="31">\n<li>the last</li>\n</ol>\n'),
        ("- 1986. was", "<ul>\n<li>1986. was</li>\n</ul>\n"),
    ],
)
def test_a_year_begins_no_list(reading: Callable[[str], Markup], text: str, html: str) -> None:
    assert str(reading(text)) == html


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Look: https://a.example/b_c?d=1&e=2.", ["https://a.example/b_c?d=1&amp;e=2"]),
        ("[here](https://a.example) and <https://b.example>", ["https://a.example", "https://b.example"]),
        ("xhttps://a.example", []),
        ("http://b.example!\nhttps://c.example/?", ["http://b.example", "https://c.example/"]),
    ],
)
def test_an_address_is_a_link_as_it_stands(text: str, addresses: list[str]) -> None:
    assert re.findall('href="([^"]*)"', str(render_said(text))) == addresses


def test_a_place_is_made_where_words_are_and_nowhere_else() -> None:
    link = [Markup('<a class="reference" href="/x">it</a>')]
    said = str(render_said(f'**{place(0)}** [a](https://b.example "{place(0)}") {place(7)}', link))
    assert said == (
        '<p><strong><a class="reference" href="/x">it</a></strong> '
        '<a href="https://b.example" rel="noopener noreferrer nofollow">a</a> 7</p>\n'
    )
    assert "[a](" in str(render_said(f"[a]({place(0)})", link))
    assert str(link[0]) in str(render_said("*" * 2000 + f" {place(0)}", link))


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
    for text, read in product(HOSTILE, (render, render_said)):
        html = str(read(text)).lower()
        assert not [tag for tag in ("<script", "<img", "<iframe", "<style") if tag in html], text
        assert all(link.startswith("https://") for link in re.findall(r'href="([^"]*)', html)), text


BOMBS = ["[" * 20_000, "*a " * 6_000, "_a*" * 6_000, "![[" * 6_000, "[a](b" * 4_000, "<" * 20_000, "> " * 10_000 + "a",
         "".join(f"{' ' * depth}- a\n" for depth in range(190)), "`" * 20_000, "&" * 20_000, "\\" * 20_000]  # fmt: skip


def test_a_text_made_to_be_slow_shows_as_it_was_typed() -> None:
    """All of it, and in a fraction of what the reader would take; what is nested too deep loses no word either."""
    started = time.process_time()
    for bomb, read in product(BOMBS, (render, render_said)):
        assert str(read(bomb)).startswith('<p class="note">')
    assert str(render_said("https://a.example " + "*" * 2000)).startswith('<p class="note">https://a.example *')
    for long in ("https://" + "." * 10_000, "https://a " * 1_000, "http://," * 1_200, "https://a" * 1_100):
        render_said(long)
    assert time.process_time() - started < 5  # reading them would take several times that
    assert "<blockquote>" in str(render("> > > > a"))


def test_lines_across_and_wide_indents_are_no_nesting() -> None:
    for line in ("-" * 60, "*" * 9, " - " * 9, "* * * * * * * * * *", f"a\n{' ' * 30}far to the right"):
        assert "<strong>word</strong>" in str(render(f"**word**\n\n{line}\n\nafter")), line
    assert str(render(f"a\n\n{' ' * 30}- deep")).startswith('<p class="note">')
