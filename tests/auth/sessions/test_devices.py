"""What a browser calls itself, in a few words of ours."""

import pytest
from afterglow_auth.sessions.devices import device_of, in_words
from afterglow_design.languages import speaking

ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
ON_A_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("sent", "device"),
    [
        (f"{ON_WINDOWS} Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (f"{ON_WINDOWS} {CHROMIUM} Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        (f"{ON_A_PHONE} Version/19.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{ON_A_PHONE} CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 16; K) {CHROMIUM} Mobile Safari/537.36", "Chrome on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROMIUM} Safari/537.36", "Chrome on ChromeOS"),
        ("python-httpx/0.28", None),
        ("Firefox/140.0", "Firefox"),
        ("", None),
        (None, None),
        ("x" * 100_000, None),
    ],
)
def test_only_names_that_we_know_are_kept(sent: str | None, device: str | None):
    assert device_of(sent) == device


def test_it_is_said_in_the_language_of_the_page():
    with speaking("es"):
        assert in_words("Firefox on Windows") == "Firefox en Windows"
    assert in_words("Safari") == "Safari"
    assert "did not say" in in_words(None)
