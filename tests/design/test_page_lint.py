"""The page lint finds each fault it claims to find, and nothing on a clean page."""

import pytest
from afterglow_design.security_headers import PAGE_POLICY, header
from afterglow_design.testing.page_lint import lint_fragment, lint_page

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": header(PAGE_POLICY),
    "Cache-Control": "no-store",
}
CLEAN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Today</title><script src="/a.js"></script></head>
<body><h1>Today</h1>
<form method="post" action="/a"><input type="hidden" name="csrf_token" value="t">
<label for="mood">Mood</label><input id="mood" name="mood" aria-describedby="hint"><p id="hint">Any</p>
<label><input type="radio" name="x"> One</label><button>Save</button></form>
<img src="/a.png" alt=""><a href="/b"><svg aria-hidden="true"><title>B</title></svg>Back</a></body></html>"""


def test_a_clean_page_has_no_faults():
    assert lint_page(CLEAN, HEADERS) == []


FAULTS = [
    ("<!doctype html>", "", "doctype"),
    ("<h1>Today</h1>", "<h1>Today</h1><p><div></div></p>", "unexpected-end-tag"),
    (' lang="en"', "", "no lang"),
    ("<title>Today</title>", "<title> </title>", "title is empty"),
    ("<h1>Today</h1>", "<h2>Today</h2>", "0 h1"),
    ("<h1>Today</h1>", "<h1>Today</h1><h1>Again</h1>", "2 h1"),
    ('<p id="hint">', '<p id="mood">', "'mood' is used twice"),
    ('<p id="hint">', "<p>", "'hint' refers to nothing"),
    ('<label for="mood">Mood</label>', "", "'mood' has no label"),
    ('<label for="mood">Mood</label>', '<label for="mood"> </label>', "'mood' has no label"),
    ('<label><input type="radio" name="x"> One</label>', '<input type="radio" name="x">', "'x' has no label"),
    ("<button>Save</button>", "<button></button>", "button has no text"),
    ("<button>Save</button>", '<button><svg aria-hidden="true"><title>B</title></svg></button>', "button has no text"),
    ("<button>Save</button>", '<button aria-labelledby="none"></button>', "button has no text"),
    ("</svg>Back", "</svg>", "a has no text"),
    (' alt=""', "", "img has no alt"),
    ("<h1>", '<h1 style="color:red">', "a style attribute"),
    ("</head>", "<style>a{}</style></head>", "a style element"),
    ('<script src="/a.js">', "<script>1", "inline script"),
    ("<h1>", '<h1 onclick="a()">', "event attribute onclick"),
    ("<h1>", '<h1 hx-on:click="a()">', "hx-on:click evaluates"),
    ("<h1>", '<h1 data-hx-on:click="a()">', "data-hx-on:click evaluates"),
    ("<h1>", '<h1 hx-vals="js:{a: 1}">', "begins with js:"),
    ("<h1>", '<h1 hx-trigger="click[ctrlKey]">', "has a filter"),
    ('href="/b"', 'href="javascript:a()"', "not an address"),
    ('<input type="hidden" name="csrf_token" value="t">', "", "no csrf_token"),
    (' value="t"', ' value=""', "no csrf_token"),
    ('method="post"', 'method="get"', "would show the csrf_token"),
]


@pytest.mark.parametrize(("good", "bad", "fault"), FAULTS)
def test_each_fault_is_found(good: str, bad: str, fault: str):
    assert good in CLEAN
    faults = lint_page(CLEAN.replace(good, bad), HEADERS)
    assert any(fault in found for found in faults), faults


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("Content-Security-Policy", "", "missing or open"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'", "unsafe"),
        ("Cache-Control", "private", "may be stored"),
        ("Content-Type", "text/html", "not HTML in UTF-8"),
    ],
)
def test_headers_are_looked_at(name: str, value: str, fault: str):
    assert any(fault in found for found in lint_page(CLEAN, {**HEADERS, name: value}))


def test_fragments_need_no_title_but_the_rest():
    assert lint_fragment('<p data-say="Saved.">Saved.</p>') == []
    assert lint_fragment('<input name="a">') == ["the input 'a' has no label"]
    assert lint_fragment('<form method="post"></form>') == ["a post form has no csrf_token"]
