"""docker-compose.yml and .env.example, as they read; tests/compose runs them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
ASKED = re.compile(r"\$\{(AFTERGLOW_\w+)")
PASSED_ON = re.compile(r"^ +(AFTERGLOW_\w+):\s*$", re.MULTILINE)
DOCUMENTED = re.compile(r"^#?(AFTERGLOW_\w+)=", re.MULTILINE)


def test_every_variable_is_documented_once_and_nothing_else_is() -> None:
    documented = DOCUMENTED.findall(EXAMPLE)
    assert len(documented) == len(set(documented)) > 15
    assert set(documented) == {*ASKED.findall(COMPOSE), *PASSED_ON.findall(COMPOSE)}


def test_the_example_is_a_trial_and_holds_no_secret() -> None:
    given = dict(re.findall(r"^(AFTERGLOW_\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert given == {
        "AFTERGLOW_HOST": "localhost",
        "AFTERGLOW_FIRST_ADMIN_EMAIL": "admin@example.org",
        "AFTERGLOW_FIRST_ADMIN_NAME": "Admin",
        "AFTERGLOW_FIRST_ADMIN_TIME_ZONE": "UTC",
    }
    assert not re.search(r"(password|secret|key)\w*=\S", EXAMPLE.replace("SMTP_PASSWORD_FILE", ""), re.IGNORECASE)


def test_only_the_three_known_images_and_our_own() -> None:
    images = set(re.findall(r"^ +image: (\S+)$", COMPOSE, re.MULTILINE))
    assert images == {"postgres:18", "caddy:2", "${COMPOSE_PROJECT_NAME}-operator"}
    bases = re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert set(bases) == {"python:3.13-slim", "foundation"}


def test_the_dockerfile_keeps_to_the_classic_builder() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    assert not re.search(r"--mount|--chmod|--link|<<|^# *syntax", dockerfile, re.MULTILINE)
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)


def test_nothing_stands_in_the_way_of_replicas() -> None:
    assert "container_name" not in COMPOSE
    assert COMPOSE.count("ports:") == 1
