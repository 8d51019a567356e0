"""The content security policy as data."""

import pytest
from afterglow_design.security_headers import PAGE_HEADERS, PAGE_POLICY, extend, header, origin_of


def test_the_policy_allows_nothing_by_default_and_nothing_inline():
    value = header(PAGE_POLICY)
    assert value.startswith("default-src 'none'; ")
    assert "unsafe" not in value
    assert "data:" not in value
    assert {"base-uri", "frame-ancestors"} <= {name for name, sources in PAGE_POLICY.items() if sources == ("'none'",)}


def test_a_page_may_send_its_form_on_to_one_more_origin():
    policy = extend(PAGE_POLICY, form_action="https://client.example:8443/callback?state=1")
    assert policy["form-action"] == ("'self'", "https://client.example:8443")
    assert "form-action 'self' https://client.example:8443;" in header(policy)
    assert PAGE_POLICY["form-action"] == ("'self'",)


@pytest.mark.parametrize("directive", ["script_src", "style_src", "frame_ancestors", "default_src", "object_src"])
def test_what_runs_cannot_be_widened(directive: str):
    with pytest.raises(ValueError, match="cannot be widened"):
        extend(PAGE_POLICY, **{directive: "https://a.example"})


@pytest.mark.parametrize(
    "source",
    ["*", "https://*.example", "https://a.example; script-src *", "'unsafe-inline'", "data:", "javascript:x", "/path",
     "https://", "https://u:p@a.example", "https://a.example\nX: y", "", "https:", "blob:x"],
)  # fmt: skip
def test_only_an_origin_is_accepted(source: str):
    with pytest.raises(ValueError, match=r"polic|origin|scheme|Port|port"):
        extend(PAGE_POLICY, form_action=source)


def test_loopback_and_private_use_schemes_of_native_clients():
    assert origin_of("http://127.0.0.1:8765/callback") == "http://127.0.0.1:8765"
    assert origin_of("org.example.app:/callback") == "org.example.app:"


def test_pages_are_never_stored():
    assert PAGE_HEADERS["Cache-Control"] == "no-store"
