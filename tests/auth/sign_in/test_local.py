"""Where one may be led after signing in at auth itself."""

import pytest
from afterglow_auth.sign_in.local import local_path


@pytest.mark.parametrize("wanted", ["/auth/security", "/auth/security/passkeys", "/auth/security?notice=a%20b"])
def test_pages_of_ours(wanted: str):
    assert local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None, "", "/", "auth/security", "//evil.example", "//evil.example/auth/security", "/\\evil.example",
        "https://evil.example/auth/security", "/auth/securityx", "/auth/security/../authorize", "/auth/sign-out",
        "/auth/security/%2e%2e/authorize", "/auth/security#x", "/auth/security\n", "/auth/security é",
        "/auth/security?" + "x" * 300, "javascript:alert(1)", "/auth/authorize?client_id=web",
    ],
)  # fmt: skip
def test_nothing_else(wanted: str | None):
    assert local_path(wanted) is None
