"""The demonstration's practice: as auth and web take it, in both languages."""

from afterglow_design.languages import LANGUAGES
from afterglow_design.practice import Practice
from afterglow_operator.demo.plan import PRACTICE
from afterglow_operator.demonstration.conversations import CLOSES, OPENS


def test_its_hours_are_said_in_each_language():
    practice = Practice.model_validate_json(PRACTICE)

    assert {language: practice.spoken(language).hours.split(" ")[0] for language in LANGUAGES} == {
        "en": "The",
        "es": "El",
    }


def test_its_office_hours_are_those_in_which_its_therapists_answer():
    hours = Practice.model_validate_json(PRACTICE).office_hours

    assert hours
    assert [*hours.week] == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert {(f"{OPENS:%H:%M}", f"{CLOSES:%H:%M}")} == {
        (span.opens, span.closes) for spans in hours.week.values() for span in spans
    }
