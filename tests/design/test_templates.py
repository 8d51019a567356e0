"""Pages: their headers, what is escaped, and names that do not exist."""

import re

import jinja2
import pytest
from afterglow_design.security_headers import PAGE_POLICY, extend
from afterglow_design.templates import Templates, make_templates
from afterglow_design.testing.page_lint import lint_page
from starlette.requests import Request

PROBLEM = {"title": "Not <here>", "what_happened": "Nothing & nobody"}


@pytest.fixture
def templates() -> Templates:
    return make_templates(None, static_prefix="/auth/static")


@pytest.fixture
def request_() -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/nav/deep",
            "query_string": b"",
            "headers": [],
            "server": ("test", 80),
        }
    )


def test_a_page_is_never_stored_and_has_its_policy(templates: Templates, request_: Request):
    policy = extend(PAGE_POLICY, form_action="https://client.example/callback")
    answer = templates.page(request_, "problem.html", 404, policy=policy, headers={"X-A": "b"}, **PROBLEM)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert "form-action 'self' https://client.example;" in answer.headers["content-security-policy"]
    assert answer.headers["x-a"] == "b"
    assert lint_page(bytes(answer.body).decode(), answer.headers) == []


def test_text_is_escaped_in_title_and_heading(templates: Templates, request_: Request):
    html = bytes(templates.page(request_, "problem.html", **PROBLEM).body).decode()
    assert "<title>Not &lt;here&gt; · Client portal</title>" in html
    assert "<h1>Not &lt;here&gt;</h1>" in html
    assert "Nothing &amp; nobody" in html


def test_the_way_to_help_is_on_every_page(templates: Templates, request_: Request):
    html = bytes(templates.page(request_, "problem.html", **PROBLEM).body).decode()
    assert '<a href="/help">Help in a crisis</a>' in html


def test_the_current_place_is_marked_in_the_navigation(templates: Templates, request_: Request):
    nav = [{"label": "Start", "href": "/"}, {"label": "Nav", "href": "/nav"}, {"label": "Other", "href": "/na"}]
    html = bytes(templates.page(request_, "problem.html", nav=nav, **PROBLEM).body).decode()
    assert html.count("aria-current") == 1
    assert 'href="/nav" aria-current="page"' in html


def test_static_addresses_carry_the_prefix_of_the_service(templates: Templates, request_: Request):
    html = bytes(templates.page(request_, "problem.html", **PROBLEM).body).decode()
    assert 'href="/auth/static/afterglow.' in html


def test_what_modules_import_is_fetched_with_them(templates: Templates, request_: Request):
    """Or a phone would hear of it only once it has read them: a round trip later."""
    page = templates.page(request_, "problem.html", modules=["curve.js"], **PROBLEM)
    html = bytes(page.body).decode()
    assert len(re.findall(r'<link rel="modulepreload" href="/auth/static/content\.[0-9a-f]{12}\.js">', html)) == 1
    assert html.count("modulepreload") == 1


def test_a_misspelt_name_is_a_fault(templates: Templates, request_: Request):
    with pytest.raises(jinja2.UndefinedError):
        templates.page(request_, "problem.html", title="A")
    with pytest.raises(KeyError):
        templates.environment.from_string('{{ static("none.css") }}').render()


def test_the_password_is_never_written_back(templates: Templates):
    source = '{% import "components.html" as ui %}{{ ui.field("p", "Password", type="password", value="secret") }}'
    assert "secret" not in templates.environment.from_string(source).render()


def test_nothing_is_chosen_before_the_person_chooses(templates: Templates):
    source = '{% import "components.html" as ui %}{{ ui.visibility() }}{{ ui.slider("mood", "Mood", -5, 5, "a", "b") }}'
    assert "checked" not in templates.environment.from_string(source).render()


@pytest.mark.parametrize("code", [*range(33), *range(0x7F, 0xA1), 0x2026, 0x1F600])
def test_what_html_cannot_have_is_shown_as_no_character(templates: Templates, request_: Request, code: int):
    """Spaces, tabs and ends of lines are characters like others."""
    html = bytes(templates.page(request_, "problem.html", **PROBLEM | {"title": f"a{chr(code)}b"}).body).decode()
    assert (f"a{chr(code)}b" if chr(code) in "\t\n\f\r \xa0\u2026\U0001f600" else "a\ufffdb") in html


def test_a_template_has_no_globals_of_its_own(templates: Templates):
    with pytest.raises(ValueError, match="of its own"):
        templates.environment.get_template("problem.html", globals={"name": "Sam"})
