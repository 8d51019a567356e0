"""Caddy itself reads the file, in each form it is used in."""

import json
import subprocess
from pathlib import Path

import pytest
from afterglow_operator import caddy

from tests.deploy.gateways import CADDYFILE, ROOT, environment

PORTS = {"auth": 9001, "portal": 9002, "messaging": 9003, "web": 9004}
FORMS = {
    "plain": {},
    "internal": {"AFTERGLOW_GATEWAY_TLS": "internal", "AFTERGLOW_GATEWAY_SCHEME": "https"},
    "production": {
        "AFTERGLOW_GATEWAY_TLS": "automatic",
        "AFTERGLOW_GATEWAY_SCHEME": "https",
        "AFTERGLOW_GATEWAY_PORT": "443",
        "AFTERGLOW_GATEWAY_HOST": "portal.example.org",
        "AFTERGLOW_BASE_URL": "https://portal.example.org",
    },
}


def run(action: str, folder: Path, form: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [caddy.program(), action, "--config", CADDYFILE],
        env=environment(folder, 8080, PORTS, **FORMS[form]),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("form", FORMS)
def test_caddy_finds_the_file_valid(tmp_path: Path, form: str) -> None:
    outcome = run("validate", tmp_path, form)
    assert outcome.returncode == 0, outcome.stderr
    warnings = [line for line in outcome.stderr.splitlines() if '"level":"warn"' in line]
    assert all("listening only on the HTTP port" in line for line in warnings), warnings  # meant so


@pytest.mark.parametrize("form", FORMS)
def test_no_administration_interface_and_bounded_connections(tmp_path: Path, form: str) -> None:
    config = json.loads(run("adapt", tmp_path, form).stdout)
    assert config["admin"]["disabled"] is True
    for server in config["apps"]["http"]["servers"].values():
        assert server["read_header_timeout"] <= 10e9
        assert server["read_idle_timeout"] <= 10e9
        assert server["idle_timeout"] <= 120e9
        assert server["max_header_bytes"] == 16 * 1024


@pytest.mark.parametrize("form", ["plain", "internal"])
def test_the_demonstration_listens_on_loopback_only(tmp_path: Path, form: str) -> None:
    servers = json.loads(run("adapt", tmp_path, form).stdout)["apps"]["http"]["servers"]
    addresses = [address for server in servers.values() for address in server["listen"]]
    assert addresses
    assert all(address.startswith("127.0.0.1:") for address in addresses)


def test_production_sends_plain_http_to_the_configured_address_only(tmp_path: Path) -> None:
    servers = json.loads(run("adapt", tmp_path, "production").stdout)["apps"]["http"]["servers"]
    plain = next(server for server in servers.values() if server["listen"] == [":80"])
    (route,) = plain["routes"]
    assert route["match"] == [{"host": ["portal.example.org"]}]
    assert "https://portal.example.org{http.request.uri}" in json.dumps(route)
    assert all(server["automatic_https"]["disable_redirects"] for server in servers.values())


@pytest.mark.parametrize(
    ("form", "value"),
    [("plain", None), ("internal", "max-age=60"), ("production", "max-age=63072000; includeSubDomains")],
)
def test_only_production_asks_browsers_to_keep_to_https_for_long(tmp_path: Path, form: str, value: str | None) -> None:
    config = run("adapt", tmp_path, form).stdout
    assert ("Strict-Transport-Security" in config) == (value is not None)
    assert value is None or f'["{value}"]' in config


def test_the_file_has_caddys_own_form() -> None:
    outcome = subprocess.run([caddy.program(), "fmt", CADDYFILE], capture_output=True, text=True, check=True)
    assert outcome.stdout == CADDYFILE.read_text()


@pytest.mark.parametrize("name", ["refused.html", "unavailable.html"])
def test_error_pages_need_neither_script_nor_inline_style(name: str) -> None:
    page = (ROOT / "deploy/gateway" / name).read_text()
    assert '<html lang="en">' in page
    assert "<title>" in page
    assert "<h1>" in page
    english, spanish = page.split('<section lang="es">')
    assert all('href="tel:988"' in part and 'href="tel:911"' in part for part in (english, spanish))
    assert "marque 988 y\n          oprima 2" in spanish
    assert not any(part in page for part in ("<script", "<style", "style=", " onclick"))
