"""The demonstration's practice: as auth and web take it, in both languages."""

from afterglow_design.languages import LANGUAGES
from afterglow_design.practice import Practice
from afterglow_operator.demo.plan import PRACTICE


def test_its_hours_are_said_in_each_language():
    practice = Practice.model_validate_json(PRACTICE)

    assert {language: practice.spoken(language).hours.split(" ")[0] for language in LANGUAGES} == {
        "en": "The",
        "es": "El",
    }
