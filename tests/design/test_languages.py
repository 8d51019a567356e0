"""Words in the reader's language."""

from typing import get_args

from afterglow_design.configured import Language
from afterglow_design.languages import LANGUAGES, OurWords, current, gettext, lazy, ngettext, speaking
from afterglow_design.practice import Practice
from afterglow_design.templates import make_templates


def test_words_follow_the_language_that_is_spoken():
    with speaking("es-MX"):
        assert gettext("Sign out") == "Cerrar sesión"
    with speaking("tlh"):
        assert (current(), gettext("Sign out")) == ("en", "Sign out")


def test_lazy_words_are_translated_when_they_are_shown():
    words = lazy("Sign out")
    assert str(words) == "Sign out"
    with speaking("es"):
        assert str(words) == "Cerrar sesión"


def test_values_and_numbers_stand_in_their_places():
    assert gettext("Wait %(wait)s.", wait="2 minutes") == "Wait 2 minutes."
    assert [ngettext("%(num)s day", "%(num)s days", number) for number in (1, 2)] == ["1 day", "2 days"]


def test_one_template_speaks_both_languages():
    environment = make_templates(None, static_prefix="/static").environment
    template = environment.from_string('{{ _("Sign out") }} {% trans who=who %}for {{ who }}{% endtrans %}')
    assert template.render(who="<b>") == "Sign out for &lt;b&gt;"
    with speaking("es"):
        assert template.render(who="x").startswith("Cerrar sesión")


def test_nothing_said_is_nothing_in_every_language():
    with speaking("es"):
        assert gettext("") == ""
        assert OurWords("").__html__() == ""


def test_a_practices_own_words_are_shown_as_they_are_and_the_default_ones_translated():
    source = "{{ practice.hours }}|{{ practice.crisis_line }}"
    environment = make_templates(None, static_prefix="/static", practice=Practice(hours="9 & 5")).environment
    with speaking("es"):
        shown = environment.from_string(source).render()
    assert shown == "9 &amp; 5|Llame o escriba al 988, de día y de noche. En español, marque 988 y oprima 2."


def test_configured_words_are_kept_and_compared_in_the_source_language():
    with speaking("es"):
        assert Practice.model_validate_json(Practice().model_dump_json()) == Practice()
        assert '"Call 988"' in Practice().model_dump_json()


def test_a_practice_can_be_configured_to_speak_every_language():
    assert set(get_args(Language)) == set(LANGUAGES)
