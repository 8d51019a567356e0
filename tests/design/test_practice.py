"""The practice and its crisis services, as configuration."""

from pathlib import Path

import afterglow_design
import pytest
from afterglow_design.practice import CrisisService, Practice
from afterglow_design.templates import make_templates
from pydantic import ValidationError

RETIRED = "8255"  # the last digits of the number that 988 replaced


def test_the_default_is_neutral_and_reaches_help():
    practice = Practice()
    assert practice.name == "Afterglow"
    assert [service.href for service in practice.crisis_services] == ["tel:988", "sms:988", "tel:911"]


def test_the_retired_number_appears_nowhere():
    files = [
        path
        for path in Path(afterglow_design.__file__).parent.rglob("*")
        if path.suffix in {".py", ".html", ".css", ".js"}
    ]
    own = [path for path in files if "vendor" not in path.parts]
    assert len(own) > 15
    assert [path for path in own if RETIRED in path.read_text()] == []


@pytest.mark.parametrize("href", ["javascript:alert(1)", "http://a.example", "tel:", 'tel:1"onclick="x'])
def test_only_ways_to_reach_someone_are_links(href: str):
    with pytest.raises(ValidationError):
        CrisisService(name="a", detail="b", href=href)


def test_a_practice_without_crisis_services_is_refused():
    with pytest.raises(ValidationError):
        Practice(crisis_services=())


def test_the_telephone_becomes_a_link():
    assert Practice(telephone="+1 (555) 010-0199").telephone_href == "tel:+15550100199"
    assert Practice(telephone="(202) 555-0142").telephone_href == "tel:2025550142"


def test_every_service_and_the_practice_stand_on_the_card():
    practice = Practice(telephone="+44 20 7946 0000", name="Quiet <Harbour>")
    templates = make_templates(None, static_prefix="/static", practice=practice)
    source = '{% import "components.html" as ui %}{{ ui.crisis_services(practice) }}'
    html = templates.environment.from_string(source).render()
    assert all(f'href="{service.href}"' in html for service in practice.crisis_services)
    assert 'href="tel:+442079460000"' in html
    assert "Quiet &lt;Harbour&gt;" in html
